/* The table: complete, with defaults that its own parsers take, and answers about misspelt keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <dockscale/conf/option.h>

#include <conf/given.h>

static void every_row_is_complete_and_alone(void **state)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	(void)state;
	assert_in_range(n, 60, GIVEN_MAX);
	for (size_t i = 0; i < n; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "%s.%s", options[i].section, options[i].key);
		assert_string_equal(options[i].name, name);
		assert_non_null(options[i].parse);
		assert_non_null(options[i].placeholder);
		assert_int_equal(options[i].help[strlen(options[i].help) - 1], '.');
		assert_true(options[i].scope != OPTION_DAEMON || !options[i].label);
		assert_ptr_equal(option_find(options[i].scope, options[i].section, options[i].key),
			&options[i]);
		assert_true(i == 0 || options[i].scope >= options[i - 1].scope);
	}
}

static void every_default_is_taken_by_its_own_parser(void **state)
{
	struct givens nothing = { .container = "" };
	struct config_problems problems = { .count = 0 };
	struct report report = { .service = "", .problems = &problems };
	struct daemon_config daemon_config;
	struct service_config service;
	struct schedule_config schedule;

	(void)state;
	memset(&schedule, 0, sizeof(schedule));
	memset(&daemon_config, 0, sizeof(daemon_config));
	memset(&service, 0, sizeof(service));
	given_apply(&nothing, OPTION_DAEMON, &daemon_config, &report);
	given_apply(&nothing, OPTION_SERVICE, &service, &report);
	given_apply(&nothing, OPTION_SCHEDULE, &schedule, &report);
	assert_int_equal(report.count, 0);
}

static void every_printed_default_can_be_uncommented_and_means_the_same(void **state)
{
	size_t n = 0;
	const struct option *options = option_table(&n);
	cleanup_str struct str text = { 0 };

	(void)state;
	option_print_defaults(OPTION_DAEMON, &text);
	option_print_defaults(OPTION_SERVICE, &text);
	for (size_t i = 0; i < n; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "\n# %s =%s%s\n", options[i].key,
			options[i].fallback != NULL && options[i].fallback[0] != '\0' ? " " : "",
			options[i].fallback != NULL ? options[i].fallback : "");
		assert_contains(str_text(&text), line);
		assert_true(strlen(line) < 199); /* what a line may have */
	}
}

static void the_reference_has_every_key_and_every_label(void **state)
{
	size_t n = 0;
	const struct option *options = option_table(&n);
	cleanup_str struct str reference = { 0 };
	cleanup_str struct str labels = { 0 };
	size_t paragraphs = 0;

	(void)state;
	option_print_reference(OPTION_DAEMON, &reference);
	option_print_reference(OPTION_SERVICE, &reference);
	option_print_reference(OPTION_SCHEDULE, &reference);
	option_print_labels(&labels);
	for (size_t i = 0; i < n; i++) {
		char line[128];

		(void)snprintf(line, sizeof(line), "\n.TP\n\\fB%s\\fR = ", options[i].key);
		assert_contains(str_text(&reference), line);
		paragraphs += options[i].label;
	}
	for (const char *at = str_text(&labels); (at = strstr(at, ".TP\n")) != NULL; at++)
		paragraphs--;
	assert_int_equal(paragraphs, 0);
	assert_contains(str_text(&labels),
		"\\fBdockscale.cpu.target\\fR=\\fIPERCENT\\fR, 1% to 100% (default: 80%)\n");
	assert_contains(str_text(&labels), "\\fBdockscale.min\\fR=");
	assert_contains(str_text(&labels), "\\fBdockscale.schedule.\\fINAME\\fB.timezone\\fR=");
	assert_null(strstr(str_text(&labels), "dockscale.match"));
}

static void every_condition_has_words(void **state)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 1; bit <= options[i].when; bit <<= 1)
			if ((options[i].when & bit) != 0)
				assert_true(option_when_text(bit)[0] == '[');
	assert_string_equal(option_when_text(1U << 30), "");
}

static void near_misses_find_their_key(void **state)
{
	static const struct {
		const char *section;
		const char *key;
		const char *nearest; /* NULL: nothing is near */
	} rows[] = {
		{ "cpu", "targte", "cpu.target" },
		{ "memory", "targte", "memory.target" },
		{ "cpu", "Target", "cpu.target" },
		{ "service", "maximum", NULL },
		{ "service", "stoptimeout", "service.stop_timeout" },
		{ "haproxy", "weigths", "haproxy.weights" },
		{ "service", "backend", "haproxy.backend" },
		{ "hapoxy", "backend", "haproxy.backend" },
		{ "policy", "cooldown_periode", "policy.cooldown_period" },
		{ "service", "", NULL },
		{ "service", "xyzzy", NULL },
		{ "cpu",
			"a_key_that_is_far_longer_than_any_word_that_somebody_would_misspell_by_"
			"chance",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		const char *nearest = option_nearest(OPTION_SERVICE, rows[i].section, rows[i].key);

		if (rows[i].nearest == NULL)
			assert_null(nearest);
		else
			assert_string_equal(nearest, rows[i].nearest);
	}
	assert_string_equal(option_nearest(OPTION_DAEMON, "daemon", "contol"), "daemon.control");
	assert_null(option_nearest(OPTION_DAEMON, "daemon", "backend"));
}

static void keys_and_sections_of_later_versions_are_known_as_such(void **state)
{
	(void)state;
	assert_true(option_is_planned(OPTION_SERVICE, "lua", "script"));
	assert_true(option_is_planned(OPTION_SERVICE, "prometheus \"rps\"", "url"));
	assert_false(option_is_planned(OPTION_SERVICE, "service", "max"));
	assert_false(option_is_planned(OPTION_SERVICE, "luas", "script"));
	assert_false(option_is_planned(OPTION_SERVICE, "", ""));
	assert_false(option_is_planned(OPTION_DAEMON, "lua", "script"));
}

static void no_planned_key_is_in_the_table(void **state)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_false(
			option_is_planned(options[i].scope, options[i].section, options[i].key));
}

static void a_choice_is_given_back_as_its_word(void **state)
{
	struct service_config service;

	(void)state;
	memset(&service, 0, sizeof(service));
	service.policy_type = POLICY_TYPE_THRESHOLD;
	assert_string_equal(
		option_word(option_find(OPTION_SERVICE, "policy", "type"), &service), "threshold");
	assert_string_equal(
		option_word(option_find(OPTION_SERVICE, "service", "max"), &service), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete_and_alone),
		cmocka_unit_test(every_default_is_taken_by_its_own_parser),
		cmocka_unit_test(every_printed_default_can_be_uncommented_and_means_the_same),
		cmocka_unit_test(the_reference_has_every_key_and_every_label),
		cmocka_unit_test(every_condition_has_words),
		cmocka_unit_test(near_misses_find_their_key),
		cmocka_unit_test(keys_and_sections_of_later_versions_are_known_as_such),
		cmocka_unit_test(no_planned_key_is_in_the_table),
		cmocka_unit_test(a_choice_is_given_back_as_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
