/*
 * The lines that we print, judged by the HAProxy that has to take them; and what doctor asks of
 * one that runs.
 */
#include "suite_haproxy_world.h"

#include <dockscale/adapter/haproxy.h>
#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT (2 * USEC_PER_SEC)

static struct service_config service(const char *socket)
{
	struct service_config config = { .name = "shop", .max = 6 };

	config.haproxy.balancer = BALANCER_HAPROXY;
	config.haproxy.n_sockets = 1;
	(void)mem_strcpy(config.haproxy.sockets[0], CONFIG_TEXT_MAX, socket);
	(void)mem_strcpy(config.haproxy.backend, CONFIG_NAME_MAX, "web");
	(void)mem_strcpy(config.haproxy.state_file, CONFIG_TEXT_MAX, "/run/dockscale/state");
	return config;
}

/* Runs `haproxy -c` over the text: 0 when it is accepted. */
static int check(const char *text)
{
	char path[] = "/tmp/lines.XXXXXX";
	int fd = mkstemp(path);
	int status = -1;
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) != NULL)
			(void)execl(world_program(), "haproxy", "-c", "-f", path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)unlink(path);
	return status;
}

static char *print_lines(const struct service_config *config)
{
	struct str lines = { 0 };

	haproxy_print_lines(config, "host1", &lines);
	return str_take(&lines);
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, text);
}

static void lines_for_slots_are_a_configuration(void **state)
{
	struct service_config config = service("/tmp/admin.sock");
	cleanup_free char *lines = print_lines(&config);

	(void)state;
	assert_int_equal(check(lines), 0);
	assert_contains(lines, "stats socket /tmp/admin.sock mode 660 level admin\n");
	assert_contains(lines, "server-state-file /run/dockscale/state\n");
	assert_contains(lines, "\tload-server-state-from-file global\n");
	assert_contains(lines, "\toption idle-close-on-response\n");
	assert_contains(lines, "\toption redispatch 1\n");
	assert_contains(lines, "\tretries 3\n");
	assert_contains(lines, "\tretry-on conn-failure empty-response\n");
	assert_contains(lines, "POST");
	assert_contains(lines, "\tserver-template ds-host1- 1-6 localhost:80 check disabled "
			       "init-addr last,libc,none\n");
}

static void a_range_of_the_operators_own_is_printed(void **state)
{
	struct service_config config = service("/tmp/admin.sock");
	cleanup_free char *lines = NULL;

	(void)state;
	(void)mem_strcpy(config.haproxy.slot_prefix, CONFIG_NAME_MAX, "slot");
	config.haproxy.slot_first = 11;
	config.haproxy.slot_last = 20;
	lines = print_lines(&config);
	assert_int_equal(check(lines), 0);
	assert_contains(lines, "server-template slot 11-20 ");
}

static void lines_for_added_servers_are_a_configuration(void **state)
{
	struct service_config config = service("/tmp/admin.sock");
	cleanup_free char *lines = NULL;

	(void)state;
	config.haproxy.method = BALANCER_METHOD_DYNAMIC;
	lines = print_lines(&config);
	assert_int_equal(check(lines), 0);
	assert_null(strstr(lines, "server-template"));
}

static void lines_for_a_socket_on_a_port_are_a_configuration(void **state)
{
	struct service_config config = service("127.0.0.1:9999");
	cleanup_free char *lines = NULL;

	(void)state;
	config.haproxy.state_file[0] = '\0';
	lines = print_lines(&config);
	assert_int_equal(check(lines), 0);
	assert_contains(lines, "stats socket ipv4@127.0.0.1:9999 level admin\n");
	assert_null(strstr(lines, "server-state-file"));
}

static void without_a_balancer_there_are_no_lines(void **state)
{
	struct service_config config = service("/tmp/admin.sock");
	cleanup_free char *lines = NULL;

	(void)state;
	config.haproxy.balancer = BALANCER_NONE;
	lines = print_lines(&config);
	assert_int_equal(lines[0], '#');
	assert_null(strstr(lines, "backend web"));
}

/* What doctor asks. */

static int set_up(void **state)
{
	struct world_haproxy *world = mem_zero(1, sizeof(*world));

	world_start(world,
		"\tbalance leastconn\n"
		"\tserver-template ds-t- 1-3 localhost:80 disabled init-addr last,libc,none\n"
		"\tserver-template ds-t- 7-8 127.0.0.1:80 disabled\n");
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	world_finish(*state);
	free(*state);
	return 0;
}

static struct haproxy_facts inspect(const char *socket, const char *backend)
{
	struct service_config config = service(socket);
	struct haproxy_facts facts;
	struct err err = { 0 };

	if (haproxy_inspect(socket, backend, "t", &config.haproxy, TIMEOUT, &facts, &err) < 0)
		fail_msg("%s", err.msg);
	return facts;
}

static void an_inspection_tells_what_is_there(void **state)
{
	struct world_haproxy *world = *state;
	struct haproxy_facts facts = inspect(world->socket, "web");

	assert_true(facts.admin);
	assert_true(facts.backend_found);
	assert_true(facts.dynamic_capable);
	assert_true(facts.version[0] >= '2' && facts.version[0] <= '9');
	assert_int_equal(strtol(facts.pid, NULL, 10), world->pid);
	assert_string_equal(facts.algorithm, "leastconn");
	assert_int_equal(facts.slots, 5);
	assert_int_equal(facts.slots_literal, 2);
	assert_false(facts.state_file);
}

/* "web ds-t-1 127.0.0.1 5 80;..." without what time changes by itself. */
static char *list_servers(const struct world_haproxy *world)
{
	cleanup_free char *answer = world_ask(world->socket, "show servers state");
	struct str list = { 0 };

	for (const char *line = answer; (line = strchr(line, '\n')) != NULL;) {
		char backend[64];
		char name[64];
		char address[64];
		char admin[16];

		line++;
		if (sscanf(line, "%*s %63s %*s %63s %63s %*s %15s", backend, name, address,
			    admin) == 4)
			str_appendf(&list, "%s %s %s %s;", backend, name, address, admin);
	}
	return str_take(&list);
}

static void an_inspection_changes_nothing(void **state)
{
	struct world_haproxy *world = *state;
	cleanup_free char *before = list_servers(world);
	cleanup_free char *after = NULL;

	(void)inspect(world->socket, "web");
	after = list_servers(world);
	assert_string_equal(before, after);
	assert_contains(after, "web ds-t-8 127.0.0.1 ");
}

static void an_inspection_tells_a_level_that_is_too_low(void **state)
{
	struct world_haproxy *world = *state;
	char socket[128];

	(void)snprintf(socket, sizeof(socket), "%s.operator", world->socket);
	assert_false(inspect(socket, "web").admin);
}

static void an_inspection_tells_a_static_algorithm(void **state)
{
	struct world_haproxy *world = *state;
	struct haproxy_facts facts = inspect(world->socket, "fixed");

	assert_true(facts.backend_found);
	assert_false(facts.dynamic_capable);
	assert_string_equal(facts.algorithm, "static-rr");
}

static void an_inspection_tells_a_backend_that_is_not_there(void **state)
{
	struct world_haproxy *world = *state;
	struct haproxy_facts facts = inspect(world->socket, "wep");

	assert_false(facts.backend_found);
	assert_true(facts.admin);
	assert_true(facts.version[0] != '\0');
}

static void an_inspection_of_nobody_says_where_nobody_is(void **state)
{
	struct world_haproxy *world = *state;
	struct service_config config = service("/tmp/nobody/is/here");
	struct haproxy_facts facts;
	struct err err = { 0 };

	(void)world;
	assert_int_equal(haproxy_inspect("/tmp/nobody/is/here", "web", "t", &config.haproxy,
				 TIMEOUT, &facts, &err),
		ERR_NOT_FOUND);
	assert_contains(err.msg, "/tmp/nobody/is/here");
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_for_slots_are_a_configuration),
		cmocka_unit_test(a_range_of_the_operators_own_is_printed),
		cmocka_unit_test(lines_for_added_servers_are_a_configuration),
		cmocka_unit_test(lines_for_a_socket_on_a_port_are_a_configuration),
		cmocka_unit_test(without_a_balancer_there_are_no_lines),
		LIVE(an_inspection_tells_what_is_there),
		LIVE(an_inspection_changes_nothing),
		LIVE(an_inspection_tells_a_level_that_is_too_low),
		LIVE(an_inspection_tells_a_static_algorithm),
		LIVE(an_inspection_tells_a_backend_that_is_not_there),
		LIVE(an_inspection_of_nobody_says_where_nobody_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
