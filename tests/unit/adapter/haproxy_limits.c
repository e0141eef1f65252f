/* What a server had before a limit of ours comes back, whatever happens in between. */
#include "haproxy_world.h"

#include "adapter/haproxy/limits.h"

#define SERVER "ds-t-1"

struct server {
	struct limits limits;
	unsigned now;
	bool cautious;
	bool recalled;
	struct str commands;
};

static int set_up(void **state)
{
	*state = mem_zero(1, sizeof(struct server));
	return 0;
}

static int tear_down(void **state)
{
	struct server *server = *state;

	limits_finish(&server->limits);
	str_finish(&server->commands);
	free(server);
	return 0;
}

static const char *plan(struct server *server, unsigned maxconn)
{
	str_clear(&server->commands);
	limits_plan(&server->limits,
		&(struct limits_wish){
			.backend = "web",
			.server = SERVER,
			.now = reading_known(server->now),
			.maxconn = maxconn,
			.cautious = server->cautious,
			.recalled = server->recalled,
		},
		&server->commands);
	return str_text(&server->commands);
}

/* Plans, and HAProxy does it. */
static unsigned wish(struct server *server, unsigned maxconn)
{
	const char *last = strrchr(plan(server, maxconn), ' ');

	if (last != NULL)
		server->now = (unsigned)strtoul(last + 1, NULL, 10);
	return server->now;
}

static void a_server_that_is_as_wished_gets_no_command(void **state)
{
	struct server *server = *state;

	assert_string_equal(plan(server, 0), "");
	server->now = 8;
	assert_string_equal(plan(server, 0), "");
	assert_string_equal(plan(server, 8), "");
}

static void a_limit_is_written_and_given_back(void **state)
{
	struct server *server = *state;

	server->now = 50;
	assert_string_equal(plan(server, 8), "set maxconn server web/" SERVER " 8;");
	assert_int_equal(wish(server, 8), 8);
	assert_string_equal(plan(server, 8), "");
	assert_int_equal(wish(server, 0), 50);
	assert_string_equal(plan(server, 0), "");
}

static void who_waits_is_let_go_when_there_was_no_limit(void **state)
{
	struct server *server = *state;

	assert_int_equal(wish(server, 8), 8);
	assert_string_equal(plan(server, 0), "set maxconn server web/" SERVER " 1000000;"
					     "set maxconn server web/" SERVER " 0;");
}

static void a_limit_that_moves_still_knows_what_was_before(void **state)
{
	struct server *server = *state;

	server->now = 50;
	(void)wish(server, 20);
	(void)wish(server, 10);
	(void)wish(server, 12);
	assert_int_equal(wish(server, 0), 50);
}

static void a_command_that_is_not_heard_is_said_again(void **state)
{
	struct server *server = *state;

	server->now = 50;
	(void)wish(server, 20);
	(void)plan(server, 10);
	(void)plan(server, 7);
	assert_string_equal(plan(server, 7), "set maxconn server web/" SERVER " 7;");
	assert_int_equal(server->now, 20);
	assert_int_equal(wish(server, 0), 50);
}

static void a_hand_that_writes_another_number_is_given_back_that_one(void **state)
{
	struct server *server = *state;

	(void)wish(server, 20);
	server->now = 99;
	assert_int_equal(wish(server, 20), 20);
	assert_int_equal(wish(server, 0), 99);
}

static void what_is_learnt_is_never_more_than_was_there(void **state)
{
	struct server *server = *state;

	server->cautious = true;
	server->now = 10;
	assert_int_equal(wish(server, 20), 10);
	assert_int_equal(wish(server, 6), 6);
	assert_int_equal(wish(server, 20), 10);
	server->cautious = false;
	assert_int_equal(wish(server, 20), 20);
	assert_int_equal(wish(server, 0), 10);
}

static void a_limit_of_another_life_is_ours_to_lift(void **state)
{
	struct server *server = *state;

	server->cautious = server->recalled = true;
	server->now = 8;
	assert_int_equal(wish(server, 8), 8);
	assert_int_equal(wish(server, 12), 12);
	assert_int_equal(wish(server, 0), 0);
}

static void a_reload_in_between_leaves_the_word_to_the_file(void **state)
{
	struct server *server = *state;

	server->cautious = server->recalled = true;
	server->now = 50; /* not what was recalled */
	assert_int_equal(wish(server, 8), 8);
	assert_int_equal(wish(server, 0), 50);
}

static void a_server_that_is_gone_is_forgotten(void **state)
{
	struct server *server = *state;

	(void)wish(server, 20);
	limits_forget(&server->limits, &(struct view){ .n_servers = 0 });
	assert_string_equal(plan(server, 0), "");
}

static void what_is_not_told_is_not_limited(void **state)
{
	struct server *server = *state;

	limits_plan(&server->limits,
		&(struct limits_wish){ .backend = "web", .server = SERVER, .maxconn = 5 },
		&server->commands);
	assert_int_equal(server->commands.length, 0);
}

static void an_added_server_has_what_its_options_say(void **state)
{
	(void)state;
	assert_int_equal(limits_given("").value, 0);
	assert_int_equal(limits_given("maxconn 5 check").value, 5);
	assert_int_equal(limits_given("check maxconn 70").value, 70);
	assert_int_equal(limits_given("check pool-max-conn 9").value, 0);
	assert_int_equal(limits_given("maxconn").value, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_that_is_as_wished_gets_no_command),
		TEST(a_limit_is_written_and_given_back),
		TEST(who_waits_is_let_go_when_there_was_no_limit),
		TEST(a_limit_that_moves_still_knows_what_was_before),
		TEST(a_command_that_is_not_heard_is_said_again),
		TEST(a_hand_that_writes_another_number_is_given_back_that_one),
		TEST(what_is_learnt_is_never_more_than_was_there),
		TEST(a_limit_of_another_life_is_ours_to_lift),
		TEST(a_reload_in_between_leaves_the_word_to_the_file),
		TEST(a_server_that_is_gone_is_forgotten),
		TEST(what_is_not_told_is_not_limited),
		cmocka_unit_test(an_added_server_has_what_its_options_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
