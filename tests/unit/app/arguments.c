/* Command lines, as both programs read them. */
#include <dockscale/app/arguments.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct target {
	const char *config;
	bool json;
	bool watch;
	struct arguments_rest files;
};

static const struct argument table[] = {
	{ "config", 'c', "DIR", "where", offsetof(struct target, config), false },
	{ "json", 'j', NULL, "as JSON", offsetof(struct target, json), false },
	{ "watch", 'w', NULL, "again", offsetof(struct target, watch), false },
	{ "file", 'f', "FILE", "which", offsetof(struct target, files), true },
};

struct outcome {
	struct target target;
	struct arguments_rest rest;
	struct err err;
	int r;
};

static struct outcome parse(char **argv)
{
	struct outcome outcome = { .r = 0 };

	outcome.r = arguments_parse(
		table, countof(table), &outcome.target, argv, &outcome.rest, &outcome.err);
	return outcome;
}

#define PARSE(...) parse((char **)(const char *[]){ __VA_ARGS__, NULL })

static void a_value_may_stand_behind_or_be_joined(void **state)
{
	(void)state;
	assert_string_equal(PARSE("--config", "/a").target.config, "/a");
	assert_string_equal(PARSE("--config=/b").target.config, "/b");
	assert_string_equal(PARSE("-c", "/c").target.config, "/c");
	assert_string_equal(PARSE("-c/d").target.config, "/d");
}

static void what_may_be_said_again_is_gathered(void **state)
{
	struct outcome outcome = PARSE("--file", "/a", "-f/b", "--file=/c");

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_int_equal(outcome.target.files.count, 3);
	assert_string_equal(outcome.target.files.items[0], "/a");
	assert_string_equal(outcome.target.files.items[2], "/c");
}

static void what_may_be_said_again_has_an_end(void **state)
{
	const char *argv[2 * ARGUMENTS_REST_MAX + 3] = { NULL };
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < 2 * (ARGUMENTS_REST_MAX + 1); i++)
		argv[i] = i % 2 == 0 ? "--file" : "/a";
	outcome = parse((char **)argv);
	assert_int_equal(outcome.r, ERR_LIMIT);
	assert_non_null(strstr(outcome.err.msg, "--file"));
}

static void letters_may_be_bundled(void **state)
{
	struct outcome outcome = PARSE("-jwc", "/x");

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_true(outcome.target.json);
	assert_true(outcome.target.watch);
	assert_string_equal(outcome.target.config, "/x");
}

static void words_and_options_may_be_mixed(void **state)
{
	struct outcome outcome = PARSE("scale", "--json", "web", "3");

	(void)state;
	assert_true(outcome.target.json);
	assert_int_equal(outcome.rest.count, 3);
	assert_string_equal(outcome.rest.items[1], "web");
}

static void behind_two_dashes_all_are_words(void **state)
{
	struct outcome outcome = PARSE("--", "--json");

	(void)state;
	assert_false(outcome.target.json);
	assert_string_equal(outcome.rest.items[0], "--json");
}

static void an_unknown_option_is_an_error_that_names_what_was_meant(void **state)
{
	struct outcome outcome = PARSE("--conf");

	(void)state;
	assert_int_equal(outcome.r, ERR_INVALID);
	assert_non_null(strstr(outcome.err.msg, "--config"));
	assert_int_equal(PARSE("-x").r, ERR_INVALID);
}

static void a_missing_value_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--config").r, ERR_INVALID);
	assert_int_equal(PARSE("-c").r, ERR_INVALID);
}

static void a_switch_takes_no_value(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json=yes").r, ERR_INVALID);
}

static void too_many_words_are_an_error(void **state)
{
	static char word[] = "w";
	char *argv[ARGUMENTS_REST_MAX + 2];

	(void)state;
	for (size_t i = 0; i <= ARGUMENTS_REST_MAX; i++)
		argv[i] = word;
	argv[ARGUMENTS_REST_MAX + 1] = NULL;
	assert_int_equal(parse(argv).r, ERR_LIMIT);
}

static void the_help_has_a_line_for_each_option(void **state)
{
	cleanup_str struct str out = { 0 };

	(void)state;
	arguments_print(table, countof(table), &out);
	assert_non_null(strstr(str_text(&out), "-c, --config DIR"));
	assert_non_null(strstr(str_text(&out), "as JSON"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_may_stand_behind_or_be_joined),
		cmocka_unit_test(what_may_be_said_again_is_gathered),
		cmocka_unit_test(what_may_be_said_again_has_an_end),
		cmocka_unit_test(letters_may_be_bundled),
		cmocka_unit_test(words_and_options_may_be_mixed),
		cmocka_unit_test(behind_two_dashes_all_are_words),
		cmocka_unit_test(an_unknown_option_is_an_error_that_names_what_was_meant),
		cmocka_unit_test(a_missing_value_is_an_error),
		cmocka_unit_test(a_switch_takes_no_value),
		cmocka_unit_test(too_many_words_are_an_error),
		cmocka_unit_test(the_help_has_a_line_for_each_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
