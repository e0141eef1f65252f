/* What several HAProxies say of one membership, as one report. */
#include "haproxy_world.h"

#include <adapter/haproxy/report.h>

/* Two HAProxies, each with one slot for each of two members. */
struct scene {
	struct haproxy_config config;
	struct plan_options options;
	struct member members[2];
	struct plan_wish wish;
	struct view_server servers[2][2];
	struct reconciler reconcilers[2];
	struct server_report reported[2];
	struct balancer_report report;
};

static int set_up(void **state)
{
	struct scene *scene = mem_zero(1, sizeof(*scene));

	(void)mem_strcpy(scene->config.backend, sizeof(scene->config.backend), "web");
	scene->config.drain_timeout = 30 * USEC_PER_SEC;
	scene->options = (struct plan_options){ .config = &scene->config, .instance = "t" };
	scene->wish = (struct plan_wish){ scene->members, 2 };
	for (unsigned i = 0; i < 2; i++) {
		struct reconciler *reconciler = &scene->reconcilers[i];

		scene->members[i] = (struct member){ .port = 80, .weight = 100, .ours = true };
		(void)snprintf(scene->members[i].id, CONTAINER_ID_MAX, "%u23456789abc", i);
		(void)snprintf(
			scene->members[i].address, CONTAINER_ADDRESS_MAX, "10.0.0.%u", i + 1);
		(void)snprintf(reconciler->socket, CONFIG_TEXT_MAX, "/run/%u.sock", i);
		reconciler->reachable = true;
		reconciler->plan.slots = true;
		reconciler->plan.capacity = 5 - i;
		reconciler->view.servers = scene->servers[i];
		reconciler->view.n_servers = 2;
		for (unsigned k = 0; k < 2; k++) {
			struct view_server *server = &scene->servers[i][k];

			*server = (struct view_server){ .port = 80,
				.weight = 100,
				.up = true,
				.sessions = reading_known(0),
				.queued = reading_known(0) };
			(void)snprintf(server->name, SERVER_NAME_MAX, "ds-t-%u", k + 1);
			(void)snprintf(server->address, CONTAINER_ADDRESS_MAX, "10.0.0.%u", k + 1);
		}
	}
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void report(struct scene *scene)
{
	report_make(scene->reconcilers, 2, &scene->options, &scene->wish, scene->reported,
		&scene->report);
}

static void away(struct scene *scene, size_t at)
{
	scene->reconcilers[at].reachable = false;
	scene->reconcilers[at].view = (struct view){ 0 };
	(void)mem_strcpy(scene->reconcilers[at].problem, sizeof(scene->reconcilers[at].problem),
		"no answer");
}

static void who_is_up_everywhere_is_up(void **state)
{
	struct scene *scene = *state;

	report(scene);
	assert_int_equal(scene->report.n_servers, 2);
	assert_int_equal(scene->report.n_balancers, 2);
	assert_int_equal(scene->report.n_reachable, 2);
	assert_int_equal(scene->reported[0].state, SERVER_UP);
	assert_string_equal(scene->reported[0].id, "023456789abc");
	assert_string_equal(scene->reported[0].server, "ds-t-1");
	assert_string_equal(scene->report.problem, "");
}

static void who_should_serve_is_as_bad_as_its_worst_place(void **state)
{
	struct scene *scene = *state;

	scene->servers[0][0].up = false;
	scene->reconcilers[1].view.n_servers = 1;
	report(scene);
	assert_int_equal(scene->reported[0].state, SERVER_DOWN);
	assert_int_equal(scene->reported[1].state, SERVER_ABSENT);
}

static void who_should_drain_is_as_open_as_its_most_open_place(void **state)
{
	struct scene *scene = *state;

	scene->members[0].state = scene->members[1].state = MEMBER_DRAINING;
	scene->servers[0][0].drain = true;
	scene->servers[0][1].drain = scene->servers[1][1].drain = true;
	report(scene);
	assert_int_equal(scene->reported[0].state, SERVER_UP);
	assert_int_equal(scene->reported[1].state, SERVER_DRAIN);
}

static void sessions_and_queue_are_summed(void **state)
{
	struct scene *scene = *state;

	scene->servers[0][0].sessions = reading_known(2);
	scene->servers[1][0].sessions = reading_known(3);
	scene->servers[1][0].queued = reading_known(1);
	scene->servers[0][0].total = reading_known(70);
	scene->servers[1][0].total = reading_known(30);
	scene->reconcilers[0].view.queued = reading_known(4);
	scene->reconcilers[1].view.queued = reading_known(5);
	report(scene);
	assert_near(scene->reported[0].total.value, 100);
	assert_near(scene->report.queued.value, 9);
	assert_near(scene->reported[0].sessions.value, 5);
	assert_near(scene->reported[0].queued.value, 1);
	assert_near(scene->reported[1].sessions.value, 0);
}

static void a_sum_with_an_unknown_part_is_unknown(void **state)
{
	struct scene *scene = *state;

	scene->servers[0][0].sessions = reading_known(2);
	scene->servers[1][0].sessions = reading_unknown();
	report(scene);
	assert_int_equal(scene->reported[0].sessions.state, READING_UNKNOWN);
}

static void with_one_away_zero_is_unknown_and_more_is_known(void **state)
{
	struct scene *scene = *state;

	away(scene, 1);
	scene->servers[0][0].sessions = reading_known(2);
	report(scene);
	assert_int_equal(scene->report.n_reachable, 1);
	assert_near(scene->reported[0].sessions.value, 2);
	assert_int_equal(scene->reported[1].sessions.state, READING_UNKNOWN);
	assert_int_equal(scene->reported[1].queued.state, READING_UNKNOWN);
	assert_int_equal(scene->reported[1].state, SERVER_UP);
}

static void with_all_away_nothing_is_said_of_servers(void **state)
{
	struct scene *scene = *state;

	away(scene, 0);
	away(scene, 1);
	report(scene);
	assert_int_equal(scene->report.n_reachable, 0);
	assert_int_equal(scene->report.n_servers, 0);
}

static void zero_sessions_of_who_drains_are_unknown_for_a_while_after_a_reload(void **state)
{
	struct scene *scene = *state;

	scene->members[0].state = MEMBER_DRAINING;
	scene->reconcilers[1].reloaded = true;
	scene->reconcilers[1].view.uptime = scene->config.drain_timeout - 1;
	report(scene);
	assert_int_equal(scene->reported[0].sessions.state, READING_UNKNOWN);
	scene->reconcilers[1].view.uptime = scene->config.drain_timeout;
	report(scene);
	assert_int_equal(scene->reported[0].sessions.state, READING_KNOWN);
}

static void after_a_reload_an_absent_server_is_no_proof_of_no_session(void **state)
{
	struct scene *scene = *state;

	scene->members[1].state = MEMBER_DRAINING;
	for (size_t i = 0; i < 2; i++) {
		scene->reconcilers[i].view.n_servers = 1;
		scene->reconcilers[i].reloaded = true;
	}
	report(scene);
	assert_int_equal(scene->reported[1].state, SERVER_ABSENT);
	assert_int_equal(scene->reported[1].sessions.state, READING_UNKNOWN);
}

static void sessions_of_who_serves_are_known_after_a_reload(void **state)
{
	struct scene *scene = *state;

	scene->reconcilers[1].reloaded = true;
	report(scene);
	assert_int_equal(scene->reported[0].sessions.state, READING_KNOWN);
}

static void a_young_process_that_replaced_nobody_is_believed(void **state)
{
	struct scene *scene = *state;

	scene->members[0].state = MEMBER_DRAINING;
	report(scene);
	assert_int_equal(scene->reported[0].sessions.state, READING_KNOWN);
}

static void the_smallest_capacity_counts_and_of_the_reachable_alone(void **state)
{
	struct scene *scene = *state;

	report(scene);
	assert_int_equal(scene->report.capacity, 4);
	away(scene, 1);
	report(scene);
	assert_int_equal(scene->report.capacity, 5);
}

static void the_method_is_slots_when_all_have_slots(void **state)
{
	struct scene *scene = *state;

	report(scene);
	assert_true(scene->report.slots);
	scene->reconcilers[1].plan.slots = false;
	report(scene);
	assert_false(scene->report.slots);
}

static void a_problem_names_its_socket_once(void **state)
{
	struct scene *scene = *state;

	away(scene, 1);
	report(scene);
	assert_string_equal(scene->report.problem, "/run/1.sock: no answer");
	(void)mem_strcpy(scene->reconcilers[1].problem, sizeof(scene->reconcilers[1].problem),
		"/run/1.sock: no answer");
	report(scene);
	assert_string_equal(scene->report.problem, "/run/1.sock: no answer");
}

static void a_fault_counts_once_for_each_place(void **state)
{
	struct scene *scene = *state;

	scene->reconcilers[0].faults = FAULT_BIT(FAULT_NO_SLOT) | FAULT_BIT(FAULT_STATE_FILE);
	scene->reconcilers[1].faults = FAULT_BIT(FAULT_NO_SLOT);
	report(scene);
	assert_int_equal(scene->report.faults[FAULT_NO_SLOT], 2);
	assert_int_equal(scene->report.faults[FAULT_STATE_FILE], 1);
	assert_int_equal(scene->report.faults[FAULT_BALANCER_AWAY], 0);
}

static void the_first_problem_is_told(void **state)
{
	struct scene *scene = *state;

	away(scene, 0);
	away(scene, 1);
	report(scene);
	assert_string_equal(scene->report.problem, "/run/0.sock: no answer");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_up_everywhere_is_up),
		TEST(who_should_serve_is_as_bad_as_its_worst_place),
		TEST(who_should_drain_is_as_open_as_its_most_open_place),
		TEST(sessions_and_queue_are_summed),
		TEST(a_sum_with_an_unknown_part_is_unknown),
		TEST(with_one_away_zero_is_unknown_and_more_is_known),
		TEST(with_all_away_nothing_is_said_of_servers),
		TEST(zero_sessions_of_who_drains_are_unknown_for_a_while_after_a_reload),
		TEST(after_a_reload_an_absent_server_is_no_proof_of_no_session),
		TEST(sessions_of_who_serves_are_known_after_a_reload),
		TEST(a_young_process_that_replaced_nobody_is_believed),
		TEST(the_smallest_capacity_counts_and_of_the_reachable_alone),
		TEST(the_method_is_slots_when_all_have_slots),
		TEST(a_problem_names_its_socket_once),
		TEST(a_fault_counts_once_for_each_place),
		TEST(the_first_problem_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
