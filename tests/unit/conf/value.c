/* Text to value, option by option: what is taken, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <dockscale/conf/option.h>

static struct daemon_config daemon_config;
static struct service_config service;

static int parse(const char *name, const char *text, struct err *err)
{
	char section[64];
	const char *dot = strchr(name, '.');
	bool of_daemon = strncmp(name, "daemon.", 7) == 0;
	const struct option *option;

	(void)snprintf(section, sizeof(section), "%.*s", (int)(dot - name), name);
	option = option_find(of_daemon ? OPTION_DAEMON : OPTION_SERVICE, section, dot + 1);
	assert_non_null(option);
	memset(&daemon_config, 0, sizeof(daemon_config));
	memset(&service, 0, sizeof(service));
	return option->parse(
		option, of_daemon ? (void *)&daemon_config : (void *)&service, text, err);
}

static void assert_taken(const char *name, const char *text)
{
	struct err err = { 0 };

	if (parse(name, text, &err) != 0)
		fail_msg("%s = %s: %s", name, text, err.msg);
}

static void assert_refused(const char *name, const char *text, const char *message)
{
	struct err err = { 0 };

	if (parse(name, text, &err) >= 0)
		fail_msg("%s = %s was taken", name, text);
	assert_contains(err.msg, message);
}

static void counts_have_bounds(void **state)
{
	(void)state;
	assert_taken("service.max", "256");
	assert_int_equal(service.max, 256);
	assert_refused("service.max", "257", "257 is out of range: use 1 to 256");
	assert_refused("service.max", "0", "out of range");
	assert_refused("service.max", "-1", "not a whole number");
	assert_refused("service.max", "", "a whole number is missing");
	assert_refused("service.max", "99999999999999999999", "too large");
	assert_refused("service.min", "0", "0 replicas come with schedules");
	assert_refused("service.min", "00", "out of range");
	assert_taken("policy.max_step_up", "0");
}

static void durations_have_units_and_bounds(void **state)
{
	(void)state;
	assert_taken("daemon.interval", "200ms");
	assert_int_equal(daemon_config.interval, 200 * USEC_PER_MSEC);
	assert_taken("daemon.interval", "1m");
	assert_refused("daemon.interval", "199ms", "199ms is out of range: use 200ms to 1m");
	assert_refused("daemon.interval", "61s", "out of range");
	assert_refused("daemon.interval", "1", "use a number with ms, s, m, h or d");
	assert_taken("policy.cooldown_period", "300");
	assert_int_equal(service.policy.cooldown, 300 * USEC_PER_SEC);
	assert_taken("policy.cooldown_period", "5m");
	assert_taken("service.stop_timeout", "0");
}

static void percentages_have_bounds(void **state)
{
	(void)state;
	assert_taken("cpu.target", "70%");
	assert_float_equal(service.metric[METRIC_CPU].settings.target, 0.7, 1e-9);
	assert_taken("cpu.target", "50.5%");
	assert_refused("cpu.target", "0%", "0% is out of range: use 1% to 100%");
	assert_refused("cpu.target", "101%", "out of range");
	assert_refused("cpu.target", "0.7", "not a percentage");
	assert_taken("policy.hysteresis", "10");
	assert_float_equal(service.hysteresis, 0.1, 1e-9);
	assert_taken("policy.hysteresis", "10%");
	assert_taken("policy.hysteresis", "0");
}

static void choices_tell_what_they_know(void **state)
{
	(void)state;
	assert_taken("health.probe", "none");
	assert_int_equal(service.health.probe, PROBE_NONE);
	assert_refused("health.probe", "icmp", "'icmp' is not known: use tcp, http or none");
	assert_refused("policy.type", "lua",
		"'lua' is not in this version: use auto, target or threshold");
	assert_refused("service.mode", "Clone", "use clone or pool");
	assert_refused("service.dry_run", "maybe", "neither yes nor no");
	assert_taken("daemon.log_level", "error");
	assert_int_equal(daemon_config.log_level, LOG_LEVEL_ERROR);
}

static void names_are_plain(void **state)
{
	(void)state;
	assert_taken("daemon.instance", "host-1.example_x");
	assert_taken("daemon.instance", "");
	assert_refused("daemon.instance", "-x", "a letter or digit first");
	assert_refused("daemon.instance", "a b", "is not a name");
	assert_refused("daemon.control_group", "", "is not a name");
	assert_taken("haproxy.backend", "be:web_1.x-y");
	assert_refused("haproxy.backend", "web;shutdown", "not a backend's name");
	assert_refused("haproxy.backend",
		"a2345678901234567890123456789012345678901234567890123456789012345",
		"it has 65 bytes: 63 is the most");
}

static void paths_are_absolute_and_fit_a_socket(void **state)
{
	char path[200];

	(void)state;
	assert_taken("daemon.state", "/var/lib/x");
	assert_refused("daemon.state", "var/lib/x", "begin it with '/'");
	assert_refused("daemon.state", "", "begin it with '/'");
	assert_taken("daemon.cgroup", "");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	assert_taken("daemon.control", path);
	path[107] = 'x';
	path[108] = '\0';
	assert_refused("daemon.control", path, "the path has 108 bytes: 107 is the most");
}

static void the_engine_is_reached_by_a_socket(void **state)
{
	(void)state;
	assert_taken("daemon.docker", "unix:///run/user/1000/docker.sock");
	assert_refused("daemon.docker", "tcp://10.0.0.1:2375", "not in this version");
	assert_refused("daemon.docker", "/run/docker.sock", "such as unix:///run/docker.sock");
	assert_refused("daemon.docker", "unix://run/docker.sock", "not an engine's address");
}

static void permissions_are_all_none_or_known_sections(void **state)
{
	(void)state;
	assert_taken("daemon.allow_labels", "none");
	assert_int_equal(daemon_config.allow_labels, LABELS_NONE);
	assert_taken("daemon.allow_labels", "cpu,service , haproxy");
	assert_int_equal(daemon_config.n_allowed_sections, 3);
	assert_taken("daemon.allow_labels", "schedule");
	assert_taken("daemon.allow_labels", "cpu,service , haproxy");
	assert_string_equal(daemon_config.allowed_sections[1], "service");
	assert_refused("daemon.allow_labels", "cpu,", "'' is no section");
	assert_refused("daemon.allow_labels", "cpus", "'cpus' is no section of services");
	assert_refused("daemon.allow_labels", "daemon", "is no section of services");
	assert_refused("daemon.allow_labels", "cpu, prometheus", "not in this version");
	assert_refused("daemon.allow_labels",
		"cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu,cpu",
		"more than 16 sections");
}

static void capacity_is_a_limit_cores_or_the_host(void **state)
{
	const struct metric_config *metric = &service.metric[METRIC_CPU];

	(void)state;
	assert_taken("cpu.capacity", "host");
	assert_int_equal(metric->capacity, CAPACITY_HOST);
	assert_taken("cpu.capacity", "limit");
	assert_int_equal(metric->capacity, CAPACITY_LIMIT);
	assert_taken("cpu.capacity", "2 cores");
	assert_int_equal(metric->capacity, CAPACITY_CORES);
	assert_float_equal(metric->capacity_cores, 2, 1e-9);
	assert_taken("cpu.capacity", "0.5 core");
	assert_float_equal(metric->capacity_cores, 0.5, 1e-9);
	assert_refused("cpu.capacity", "2", "a number of cores such as 2 cores");
	assert_refused("cpu.capacity", "cores", "is not known");
	assert_refused("cpu.capacity", "0 cores", "out of range");
	assert_refused("cpu.capacity", "1.2.3 cores", "not a number");
}

static void sockets_are_paths_or_ports(void **state)
{
	(void)state;
	assert_taken("haproxy.socket", "/a.sock, 10.0.0.7:9999 ,[::1]:9999, lb.example:1");
	assert_int_equal(service.haproxy.n_sockets, 4);
	assert_string_equal(service.haproxy.sockets[1], "10.0.0.7:9999");
	assert_string_equal(service.haproxy.sockets[2], "[::1]:9999");
	assert_refused("haproxy.socket", "/a,/b,/c,/d,/e", "more than 4 sockets");
	assert_refused("haproxy.socket", "", "a socket is missing");
	assert_refused("haproxy.socket", "/a,/b, /a", "'/a' is there twice");
	assert_refused("haproxy.socket", "/a,", "a socket is missing");
	assert_refused("haproxy.socket", "haproxy.sock", "neither a socket's path");
	assert_refused("haproxy.socket", ":9999", "neither a socket's path");
	assert_refused("haproxy.socket", "host:0", "the port of 'host:0': 0 is out of range");
	assert_refused("haproxy.socket", "host:http", "not a whole number");
	assert_refused("haproxy.socket", "::1:9999", "in brackets");
	assert_refused("haproxy.socket", "[::1]9999:1", "use [ADDRESS]:PORT");
	assert_refused("haproxy.socket", "[]:1", "use [ADDRESS]:PORT");
	assert_refused("haproxy.socket", "http://host:80", "neither a socket's path");
}

static void slots_are_a_prefix_and_a_range(void **state)
{
	(void)state;
	assert_taken("haproxy.slots", "ds-host1- 1-20");
	assert_string_equal(service.haproxy.slot_prefix, "ds-host1-");
	assert_int_equal(service.haproxy.slot_first, 1);
	assert_int_equal(service.haproxy.slot_last, 20);
	assert_taken("haproxy.slots", "web");
	assert_string_equal(service.haproxy.slot_prefix, "web");
	assert_int_equal(service.haproxy.slot_last, 0);
	assert_taken("haproxy.slots", "");
	assert_refused("haproxy.slots", "web 20-1", "goes down");
	assert_refused("haproxy.slots", "web 5", "use PREFIX FROM-TO");
	assert_refused("haproxy.slots", "web 1-x", "the range '1-x'");
	assert_refused("haproxy.slots", "web 0-5", "out of range");
	assert_refused("haproxy.slots", "w/eb 1-5", "a server's name has letters");
	assert_refused("haproxy.slots", "web 11111111111111111-5", "is not a range");
}

static void maxconn_is_a_word_or_a_number(void **state)
{
	(void)state;
	assert_taken("haproxy.maxconn", "40");
	assert_int_equal(service.haproxy.maxconn, BALANCER_MAXCONN_COUNT);
	assert_int_equal(service.haproxy.maxconn_count, 40);
	assert_taken("haproxy.maxconn", "off");
	assert_int_equal(service.haproxy.maxconn, BALANCER_MAXCONN_OFF);
	assert_taken("haproxy.maxconn", "learn");
	assert_int_equal(service.haproxy.maxconn, BALANCER_MAXCONN_LEARN);
	assert_refused("haproxy.maxconn", "0", "out of range");
	assert_refused("haproxy.maxconn", "100001", "out of range");
	assert_refused("haproxy.maxconn", "many", "use learn, off, or a number");
	assert_refused("haproxy.maxconn", "-1", "use learn, off, or a number");
	assert_refused("haproxy.maxconn", "", "missing");
}

static void server_options_cannot_carry_a_second_command(void **state)
{
	(void)state;
	assert_taken("haproxy.server_options", "ssl verify none maxconn 100 check inter 2s");
	assert_refused("haproxy.server_options", "check; shutdown", "may not hold ;");
	assert_refused("haproxy.server_options", "check <<", "may not hold");
	assert_refused("haproxy.server_options", "check\nquit", "may not hold");
	assert_refused("haproxy.server_options", "a\\ b", "may not hold");
	assert_refused("haproxy.server_options", "caf\xc3\xa9", "may not hold");
}

static void a_probes_path_is_one_word(void **state)
{
	(void)state;
	assert_taken("health.path", "/healthz?full=1");
	assert_refused("health.path", "healthz", "does not begin with '/'");
	assert_refused("health.path", "/a b", "need %XX");
	assert_refused("health.path", "/a\r\nHost: x", "need %XX");
}

static void a_match_is_a_name_or_a_label(void **state)
{
	(void)state;
	assert_taken("service.match", "web_1");
	assert_taken("service.match", "com.docker.compose.service=web app");
	assert_refused("service.match", "web*", "patterns and a leading '/' do not work");
	assert_refused("service.match", "/web", "do not work");
	assert_refused("service.match", "=web", "a label's name is missing");
}

static void a_priority_may_be_below_zero(void **state)
{
	(void)state;
	assert_taken("service.priority", "-100");
	assert_int_equal(service.priority, -100);
	assert_taken("service.priority", "7");
	assert_int_equal(service.priority, 7);
	assert_refused("service.priority", "101", "101 is out of range: use -100 to 100");
	assert_refused("service.priority", "-101", "out of range");
	assert_refused("service.priority", "-", "a whole number is missing");
	assert_refused("service.priority", "high", "not a whole number");
}

static void budgets_are_cores_and_sizes(void **state)
{
	(void)state;
	assert_taken("service.cpu_budget", "2.5 cores");
	assert_true(service.cpu_budget == 2.5);
	assert_refused("service.cpu_budget", "2", "'2' is not a number of cores such as 2 cores");
	assert_refused("service.cpu_budget", "host", "such as 2 cores");
	assert_taken("service.memory_budget", "512MiB");
	assert_int_equal(service.memory_budget, 512 << 20);
	assert_refused("service.memory_budget", "512", "is not a size such as 512MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_bounds),
		cmocka_unit_test(durations_have_units_and_bounds),
		cmocka_unit_test(percentages_have_bounds),
		cmocka_unit_test(choices_tell_what_they_know),
		cmocka_unit_test(names_are_plain),
		cmocka_unit_test(paths_are_absolute_and_fit_a_socket),
		cmocka_unit_test(the_engine_is_reached_by_a_socket),
		cmocka_unit_test(permissions_are_all_none_or_known_sections),
		cmocka_unit_test(capacity_is_a_limit_cores_or_the_host),
		cmocka_unit_test(sockets_are_paths_or_ports),
		cmocka_unit_test(slots_are_a_prefix_and_a_range),
		cmocka_unit_test(maxconn_is_a_word_or_a_number),
		cmocka_unit_test(server_options_cannot_carry_a_second_command),
		cmocka_unit_test(a_probes_path_is_one_word),
		cmocka_unit_test(a_match_is_a_name_or_a_label),
		cmocka_unit_test(a_priority_may_be_below_zero),
		cmocka_unit_test(budgets_are_cores_and_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
