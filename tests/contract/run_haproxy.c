/*
 * What only HAProxy can get wrong, on a real one: rights, algorithms, places that run out, several
 * sockets, the operator's own server, the state file, reloads under load; and that the lines
 * which we print are lines that it takes.
 */
#include "suite_haproxy_world.h"

#include <dockscale/adapter/haproxy.h>
#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000
#define MEMBERS_MAX 150
#define SLOTS(n)    "\tserver-template ds-t- 1-" n " localhost:80 disabled init-addr last,libc,none\n"

struct stage {
	struct world_haproxy world;
	uv_loop_t loop;
	uv_timer_t patience;
	bool impatient;
	struct balancer *balancer;
	struct service_config config;
	struct member members[MEMBERS_MAX];
	size_t n_members;
	size_t reports;
	struct balancer_report last;
	struct server_report servers[MEMBERS_MAX];
};

static void on_event(void *context, const struct event *event)
{
	struct stage *stage = context;

	stage->last = event->balancer;
	for (size_t i = 0; i < event->balancer.n_servers; i++)
		stage->servers[i] = event->balancer.servers[i];
	stage->reports++;
}

static void on_patience(uv_timer_t *timer)
{
	((struct stage *)timer->data)->impatient = true;
}

static void raise_curtain(struct stage *stage, const char *backend_lines)
{
	struct haproxy_config *haproxy = &stage->config.haproxy;

	world_start(&stage->world, backend_lines);
	assert_int_equal(uv_loop_init(&stage->loop), 0);
	(void)uv_timer_init(&stage->loop, &stage->patience);
	stage->patience.data = stage;
	stage->balancer =
		haproxy_balancer_new(&stage->loop, "t", (struct event_sink){ on_event, stage });
	(void)mem_strcpy(stage->config.name, sizeof(stage->config.name), "shop");
	stage->config.max = 4;
	haproxy->n_sockets = 1;
	(void)mem_strcpy(haproxy->sockets[0], CONFIG_TEXT_MAX, stage->world.socket);
	(void)mem_strcpy(haproxy->backend, CONFIG_NAME_MAX, "web");
	(void)mem_strcpy(haproxy->state_file, CONFIG_TEXT_MAX, stage->world.state_file);
}

static int set_up(void **state)
{
	*state = mem_zero(1, sizeof(struct stage));
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	stage->balancer->vtable->free(stage->balancer);
	uv_close((uv_handle_t *)&stage->patience, NULL);
	(void)uv_run(&stage->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&stage->loop), 0);
	world_finish(&stage->world);
	free(stage);
	return 0;
}

/* One membership and its report. */
static void cycle(struct stage *stage)
{
	struct intent intent = { .kind = INTENT_MEMBERSHIP,
		.config = &stage->config,
		.membership = { stage->members, stage->n_members, false } };
	size_t wanted = stage->reports + 1;

	(void)mem_strcpy(intent.service, sizeof(intent.service), stage->config.name);
	stage->impatient = false;
	uv_update_time(&stage->loop);
	(void)uv_timer_start(&stage->patience, on_patience, PATIENCE_MS, 0);
	stage->balancer->vtable->submit(stage->balancer, &intent);
	while (stage->reports < wanted && !stage->impatient)
		(void)uv_run(&stage->loop, UV_RUN_ONCE);
	(void)uv_timer_stop(&stage->patience);
	assert_int_equal(stage->reports, wanted);
}

/* Until its check has failed often enough. By time: a number of cycles may pass between two checks. */
static void cycle_while_up(struct stage *stage, size_t at)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);

	while (stage->servers[at].state == SERVER_UP && uv_hrtime() < end)
		cycle(stage);
}

static struct member *join(struct stage *stage)
{
	struct member *member = &stage->members[stage->n_members++];

	world_add_replica(&stage->world, member);
	return member;
}

/* A member whose address is nobody's. */
static struct member *join_nobody(struct stage *stage)
{
	size_t n = stage->n_members++;
	struct member *member = &stage->members[n];

	*member = (struct member){ .port = 9, .weight = 100, .ours = true };
	(void)snprintf(member->id, sizeof(member->id), "%012zx", n + 4096);
	(void)snprintf(member->address, sizeof(member->address), "127.0.7.%zu", n + 1);
	return member;
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, text);
}

static void assert_told(struct stage *stage, const char *what, const char *cure)
{
	assert_contains(stage->last.problem, what);
	assert_contains(stage->last.problem, cure);
}

static void do_ask(struct stage *stage, const char *line)
{
	char *answer = world_ask(stage->world.socket, line);

	assert_non_null(answer);
	free(answer);
}

static void assert_world_has(struct stage *stage, const char *line, const char *part)
{
	char *answer = world_ask(stage->world.socket, line);

	assert_contains(answer, part);
	free(answer);
}

static bool world_has(struct stage *stage, const char *line, const char *part)
{
	cleanup_free char *answer = world_ask(stage->world.socket, line);

	return strstr(answer, part) != NULL;
}

/* For what no report waits for: a service that moved is withdrawn where it was beside its cycles. */
static bool cycle_until_world_lacks(struct stage *stage, const char *line, const char *part)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);

	while (world_has(stage, line, part) && uv_hrtime() < end)
		cycle(stage);
	return !world_has(stage, line, part);
}

/* The template, with a server that the operator wrote. */
static struct member *join_template(struct stage *stage)
{
	struct member *member = join(stage);
	cleanup_str struct str line = { 0 };

	member->ours = false;
	str_appendf(&line, "set server web/theirs addr %s port %u", member->address, member->port);
	do_ask(stage, str_text(&line));
	return member;
}

static void the_template_keeps_the_operators_server(void **state)
{
	struct stage *stage = *state;
	struct member *template;

	raise_curtain(stage, "\tbalance leastconn\n\tserver theirs 127.0.0.1:9\n" SLOTS("2"));
	template = join_template(stage);
	cycle(stage);
	assert_string_equal(stage->servers[0].server, "theirs");
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_int_equal(stage->servers[0].weight, 100);
	assert_int_equal(stage->last.capacity, 3);
	template->state = MEMBER_DRAINING;
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_DRAIN);
	template->state = MEMBER_SERVING;
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
}

static void a_template_without_a_server_takes_a_slot(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	join(stage)->ours = false;
	cycle(stage);
	assert_string_equal(stage->servers[0].server, "ds-t-1");
	assert_int_equal(stage->servers[0].state, SERVER_UP);
}

static void what_a_person_put_into_maintenance_stays_there(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n\tserver theirs 127.0.0.1:9\n" SLOTS("2"));
	(void)join_template(stage);
	do_ask(stage, "set server web/theirs state maint");
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_MAINT);
	assert_told(stage, "maintenance by hand", "set server web/theirs state ready");
}

static void an_address_where_nobody_answers_is_down(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n\tdefault-server inter 50ms\n"
			     "\tserver-template ds-t- 1-2 localhost:80 check disabled init-addr "
			     "last,libc,none\n");
	(void)join_nobody(stage);
	cycle(stage);
	cycle_while_up(stage, 0);
	assert_int_equal(stage->servers[0].state, SERVER_DOWN);
}

static void an_unknown_backend_is_told_with_its_cure(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n");
	(void)mem_strcpy(stage->config.haproxy.backend, CONFIG_NAME_MAX, "wep");
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->last.n_reachable, 1);
	assert_int_equal(stage->servers[0].state, SERVER_ABSENT);
	assert_told(stage, "no backend 'wep'", "[haproxy] backend");
}

/* `show stat NAME` means the frontend then. */
static void a_backend_called_as_a_frontend_has_its_sessions_counted(void **state)
{
	struct stage *stage = *state;
	struct haproxy_facts facts;
	struct err err = { 0 };

	raise_curtain(stage, "\tbalance leastconn\nfrontend twin\n"
			     "backend twin\n\tbalance leastconn\n" SLOTS("2"));
	(void)mem_strcpy(stage->config.haproxy.backend, CONFIG_NAME_MAX, "twin");
	(void)join(stage);
	for (int i = 0; i < 2; i++) {
		cycle(stage);
		assert_int_equal(stage->servers[0].state, SERVER_UP);
		assert_true(reading_is_known(stage->servers[0].sessions));
		world_reload(&stage->world);
	}
	assert_int_equal(haproxy_inspect(stage->world.socket, "twin", "t", &stage->config.haproxy,
				 USEC_PER_SEC, &facts, &err),
		0);
	assert_string_equal(facts.algorithm, "leastconn");
}

static void a_socket_without_the_right_is_told_with_its_cure(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	(void)snprintf(stage->config.haproxy.sockets[0], CONFIG_TEXT_MAX, "%s.operator",
		stage->world.socket);
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->last.n_reachable, 1);
	assert_int_not_equal(stage->servers[0].state, SERVER_UP);
	assert_told(stage, "Permission denied", "level admin");
}

static void a_static_algorithm_is_told_with_its_cure(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n");
	(void)mem_strcpy(stage->config.haproxy.backend, CONFIG_NAME_MAX, "fixed");
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_ABSENT);
	assert_told(stage, "static", "balance leastconn");
}

static void a_wrong_word_among_the_options_is_told(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n");
	(void)mem_strcpy(stage->config.haproxy.server_options, CONFIG_TEXT_MAX, "maxcon 5");
	(void)join(stage);
	cycle(stage);
	assert_told(stage, "maxcon", "server_options");
}

static void options_reach_an_added_server(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n");
	(void)mem_strcpy(stage->config.haproxy.server_options, CONFIG_TEXT_MAX, "check inter 50ms");
	(void)join(stage);
	(void)join_nobody(stage);
	cycle(stage);
	cycle_while_up(stage, 1);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_int_equal(stage->servers[1].state, SERVER_DOWN);
	assert_int_equal(stage->last.capacity, UINT32_MAX);
	assert_false(stage->last.slots);
}

static void slots_that_run_out_are_told_and_the_others_serve(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	for (int i = 0; i < 3; i++)
		(void)join(stage);
	cycle(stage);
	assert_true(stage->last.slots);
	assert_int_equal(stage->last.capacity, 2);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_int_equal(stage->servers[1].state, SERVER_UP);
	assert_int_equal(stage->servers[2].state, SERVER_ABSENT);
	assert_told(stage, "all 2 slots", "server-template");
}

static void slots_that_dns_leads_are_told_and_left_alone(void **state)
{
	struct stage *stage = *state;
	struct haproxy_facts facts;
	struct err err = { 0 };

	raise_curtain(stage, "\tbalance leastconn\n\tdefault-server resolvers dns\n" SLOTS(
				     "2") "resolvers dns\n\tnameserver nobody 127.0.0.1:9\n");
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_ABSENT);
	assert_int_equal(stage->last.capacity, 0);
	assert_int_equal(stage->last.faults[FAULT_SLOT_UNUSABLE], 1);
	assert_told(stage, "up by DNS", "`resolvers`");
	assert_world_has(stage, "show servers state web", " ds-t-1 127.0.0.1 0 5 ");
	assert_int_equal(haproxy_inspect(stage->world.socket, "web", "t", &stage->config.haproxy,
				 USEC_PER_SEC, &facts, &err),
		0);
	assert_true(facts.slots_resolved);
	assert_int_equal(facts.slots, 2);
	assert_world_has(stage, "show servers state web", " ds-t-1 127.0.0.1 0 5 ");
}

/* Two members, one of which is nobody, and a few requests; what an inspection says of them then. */
static uint64_t strand(struct stage *stage)
{
	struct haproxy_facts facts;
	struct err err = { 0 };

	(void)join(stage);
	(void)join_nobody(stage);
	cycle(stage);
	for (int i = 0; i < 4; i++)
		(void)world_answer(world_request(&stage->world, "/"));
	assert_int_equal(haproxy_inspect(stage->world.socket, "web", "t", &stage->config.haproxy,
				 USEC_PER_SEC, &facts, &err),
		0);
	return facts.stranded;
}

static void requests_that_no_other_server_gets_are_found(void **state)
{
	struct stage *stage = *state;

	raise_curtain(
		stage, "\tbalance roundrobin\n\tno option redispatch\n\tretries 1\n" SLOTS("2"));
	assert_int_equal(strand(stage), 2);
}

static void requests_that_another_server_gets_are_not(void **state)
{
	struct stage *stage = *state;

	raise_curtain(
		stage, "\tbalance roundrobin\n\toption redispatch 1\n\tretries 3\n" SLOTS("2"));
	assert_int_equal(strand(stage), 0);
}

static void slots_that_are_not_there_are_told(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n");
	stage->config.haproxy.method = BALANCER_METHOD_SLOTS;
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->last.capacity, 0);
	assert_told(stage, "has no slots", "dockscalectl haproxy");
}

static void a_range_of_slots_is_kept(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("9"));
	stage->config.haproxy.slot_first = 4;
	stage->config.haproxy.slot_last = 5;
	(void)join(stage);
	cycle(stage);
	assert_string_equal(stage->servers[0].server, "ds-t-4");
	assert_int_equal(stage->last.capacity, 2);
}

static void a_hundred_members_join_at_once(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("120"));
	for (int i = 0; i < 120; i++)
		join_nobody(stage)->weight = 90;
	cycle(stage);
	for (int i = 0; i < 120; i++)
		assert_int_equal(stage->servers[i].state, SERVER_UP);
	assert_string_equal(stage->last.problem, "");
}

static void a_service_that_moved_is_closed_where_it_was(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	(void)join(stage);
	cycle(stage);
	assert_world_has(stage, "show stat web 4 -1", "no check");
	(void)mem_strcpy(stage->config.haproxy.backend, CONFIG_NAME_MAX, "spare");
	cycle(stage);
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_world_has(stage, "show stat spare 4 -1", "no check");
	assert_true(cycle_until_world_lacks(stage, "show stat web 4 -1", "no check"));
}

static void with_one_of_two_away_zero_sessions_are_unknown(void **state)
{
	struct stage *stage = *state;
	struct member *member;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	member = join(stage);
	cycle(stage);
	stage->config.haproxy.n_sockets = 2;
	(void)snprintf(
		stage->config.haproxy.sockets[1], CONFIG_TEXT_MAX, "%s.away", stage->world.socket);
	member->state = MEMBER_DRAINING;
	cycle(stage);
	assert_int_equal(stage->last.n_balancers, 2);
	assert_int_equal(stage->last.n_reachable, 1);
	assert_int_equal(stage->servers[0].state, SERVER_DRAIN);
	assert_false(reading_is_known(stage->servers[0].sessions));
	assert_contains(stage->last.problem, "admin.sock.away");
}

static void a_member_is_up_when_it_is_up_in_both(void **state)
{
	struct stage *stage = *state;
	struct world_haproxy second;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	world_start(&second, "\tbalance leastconn\n" SLOTS("1"));
	stage->config.haproxy.n_sockets = 2;
	(void)mem_strcpy(stage->config.haproxy.sockets[1], CONFIG_TEXT_MAX, second.socket);
	(void)join(stage);
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->last.n_reachable, 2);
	assert_int_equal(stage->last.capacity, 1);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_int_equal(stage->servers[1].state, SERVER_ABSENT);
	world_finish(&second);
}

static void a_socket_that_hangs_does_not_keep_the_report_from_coming(void **state)
{
	struct stage *stage = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	raise_curtain(stage, "\tbalance leastconn\n");
	(void)snprintf(
		address.sun_path, sizeof(address.sun_path), "%s/hangs", stage->world.directory);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	(void)mem_strcpy(stage->config.haproxy.sockets[0], CONFIG_TEXT_MAX, address.sun_path);
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->last.n_reachable, 0);
	assert_contains(stage->last.problem, "no answer within 1s");
	(void)unlink(address.sun_path);
	(void)close(fd);
}

static void the_state_file_keeps_slots_over_a_reload(void **state)
{
	struct stage *stage = *state;
	struct stat before;
	struct stat after;
	char *answer;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	(void)join(stage);
	stage->members[0].weight = 42;
	cycle(stage);
	assert_int_equal(stat(stage->world.state_file, &before), 0);
	cycle(stage);
	assert_int_equal(stat(stage->world.state_file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* nothing changed: not written again */
	world_reload(&stage->world);
	assert_int_equal(world_answer(world_request(&stage->world, "/")),
		stage->members[0].port); /* before any cycle */
	answer = world_ask(stage->world.socket, "get weight web/ds-t-1");
	assert_contains(answer, "42");
	free(answer);
}

static void a_state_file_that_moved_or_went_is_written_anew(void **state)
{
	struct stage *stage = *state;
	char moved[CONFIG_TEXT_MAX];

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	(void)snprintf(moved, sizeof(moved), "%s.moved", stage->world.state_file);
	(void)join(stage);
	cycle(stage);
	(void)mem_strcpy(stage->config.haproxy.state_file, CONFIG_TEXT_MAX, moved);
	cycle(stage);
	assert_int_equal(unlink(moved), 0);
	cycle(stage);
	assert_int_equal(unlink(moved), 0);
}

static void a_state_file_that_cannot_be_written_is_told(void **state)
{
	struct stage *stage = *state;

	raise_curtain(stage, "\tbalance leastconn\n" SLOTS("2"));
	(void)snprintf(stage->config.haproxy.state_file, CONFIG_TEXT_MAX, "%s/none/state",
		stage->world.directory);
	(void)join(stage);
	cycle(stage);
	assert_int_equal(stage->servers[0].state, SERVER_UP);
	assert_told(stage, "state file", "[haproxy] state_file");
}

/* Under load. */

static pid_t start_wrk(struct stage *stage, char *output, size_t size)
{
	char script[128];
	char url[64];
	FILE *file;
	pid_t pid;

	(void)snprintf(script, sizeof(script), "%s/think.lua", stage->world.directory);
	(void)snprintf(output, size, "%s/wrk", stage->world.directory);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", stage->world.port);
	file = fopen(script, "w");
	assert_non_null(file);
	(void)fputs("function delay() return math.random(50, 150) end\n", file);
	assert_int_equal(fclose(file), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (freopen(output, "w", stdout) != NULL)
		(void)execlp("wrk", "wrk", "-t1", "-c50", "-d12s", "--timeout", "10s", "-s", script,
			url, (char *)NULL);
	_exit(127);
}

static void end_wrk(struct stage *stage, pid_t pid, const char *output)
{
	char script[128];
	char text[4096] = "";
	int status;
	FILE *file;
	long requests = 0;
	const char *line;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	file = fopen(output, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	(void)unlink(output);
	(void)snprintf(script, sizeof(script), "%s/think.lua", stage->world.directory);
	(void)unlink(script);
	line = strstr(text, "requests in ");
	assert_non_null(line);
	while (line > text && line[-1] != '\n')
		line--;
	requests = strtol(line, NULL, 10);
	print_message("%ld requests\n", requests);
	assert_true(requests > 1000);
	assert_null(strstr(text, "Socket errors"));
	assert_null(strstr(text, "Non-2xx"));
}

static void twenty_reloads_under_load_lose_no_request(void **state)
{
	struct stage *stage = *state;
	char output[128];
	pid_t pid;

	raise_curtain(stage, "\tbalance leastconn\n\toption redispatch 1\n\tretries 3\n"
			     "\tretry-on conn-failure empty-response\n" SLOTS("6"));
	for (int i = 0; i < 3; i++)
		(void)join(stage);
	cycle(stage);
	pid = start_wrk(stage, output, sizeof(output));
	for (int i = 0; i < 20; i++) {
		world_reload(&stage->world);
		for (int k = 0; k < 5; k++) {
			cycle(stage);
			(void)usleep(100000); /* the pace of the reloads, nothing waits for it */
		}
		assert_int_equal(stage->servers[2].state, SERVER_UP);
	}
	end_wrk(stage, pid, output);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_template_keeps_the_operators_server),
		TEST(a_template_without_a_server_takes_a_slot),
		TEST(what_a_person_put_into_maintenance_stays_there),
		TEST(an_address_where_nobody_answers_is_down),
		TEST(an_unknown_backend_is_told_with_its_cure),
		TEST(a_backend_called_as_a_frontend_has_its_sessions_counted),
		TEST(a_socket_without_the_right_is_told_with_its_cure),
		TEST(a_static_algorithm_is_told_with_its_cure),
		TEST(a_wrong_word_among_the_options_is_told),
		TEST(options_reach_an_added_server),
		TEST(slots_that_run_out_are_told_and_the_others_serve),
		TEST(slots_that_dns_leads_are_told_and_left_alone),
		TEST(requests_that_no_other_server_gets_are_found),
		TEST(requests_that_another_server_gets_are_not),
		TEST(slots_that_are_not_there_are_told),
		TEST(a_range_of_slots_is_kept),
		TEST(a_hundred_members_join_at_once),
		TEST(a_service_that_moved_is_closed_where_it_was),
		TEST(with_one_of_two_away_zero_sessions_are_unknown),
		TEST(a_member_is_up_when_it_is_up_in_both),
		TEST(a_socket_that_hangs_does_not_keep_the_report_from_coming),
		TEST(the_state_file_keeps_slots_over_a_reload),
		TEST(a_state_file_that_moved_or_went_is_written_anew),
		TEST(a_state_file_that_cannot_be_written_is_told),
		TEST(twenty_reloads_under_load_lose_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
