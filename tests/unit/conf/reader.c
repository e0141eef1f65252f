/* The text of a file to assignments: what inih would misread is told, with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <conf/reader.h>

struct parsed {
	struct assignments assignments;
	struct config_problems problems;
};

static int setup(void **state)
{
	*state = mem_zero(1, sizeof(struct parsed));
	return 0;
}

static int teardown(void **state)
{
	struct parsed *parsed = *state;

	free(parsed->assignments.items);
	free(parsed);
	return 0;
}

static void parse_bytes(struct parsed *parsed, const char *text, size_t length)
{
	struct report report = { .service = "web", .problems = &parsed->problems };

	free(parsed->assignments.items);
	*parsed = (struct parsed){ .problems.count = 0 };
	reader_parse("web.ini", text, length, &parsed->assignments, &report);
}

static void assert_value(
	struct parsed *parsed, const char *text, const char *value, const char *place)
{
	parse_bytes(parsed, text, strlen(text));
	assert_int_equal(parsed->problems.count, 0);
	assert_int_equal(parsed->assignments.count, 1);
	assert_string_equal(parsed->assignments.items[0].section, "s");
	assert_string_equal(parsed->assignments.items[0].key, "key");
	assert_string_equal(parsed->assignments.items[0].value, value);
	assert_string_equal(parsed->assignments.items[0].place, place);
}

static void assert_problem(struct parsed *parsed, const char *text, const char *problem)
{
	parse_bytes(parsed, text, strlen(text));
	assert_int_equal(parsed->problems.count, 1);
	assert_string_equal(parsed->problems.items[0].text, problem);
}

static void assignments_carry_their_line(void **state)
{
	assert_value(*state, "[s]\n\n# comment\n; comment\nkey = value\n", "value", "web.ini:5");
	assert_value(*state, "[s]\nkey=value", "value", "web.ini:2");
}

static void blanks_around_are_no_part_of_the_value(void **state)
{
	assert_value(*state, "\t[s] ; section\n   key\t = a b  \n", "a b", "web.ini:2");
	assert_value(*state, "[s]\nkey =\n", "", "web.ini:2");
	assert_value(*state, "[s]\nkey = 2\tcores\t; all\n", "2 cores", "web.ini:2");
}

static void a_semicolon_behind_a_blank_begins_a_comment(void **state)
{
	assert_value(*state, "[s]\nkey = a;b ; c\n", "a;b", "web.ini:2");
	assert_value(*state, "[s]\nkey = a=b:c # d\n", "a=b:c # d", "web.ini:2");
}

static void an_indented_line_does_not_go_on_the_one_above(void **state)
{
	assert_problem(*state, "[s]\nkey = a\n  more\n",
		"web.ini:3: there is no '=': write KEY = VALUE, or '#' before a comment");
}

static void a_line_that_is_too_long_is_told_and_not_split(void **state)
{
	struct parsed *parsed = *state;
	char text[512] = "[s]\nkey = ";

	memset(text + strlen(text), 'x', 300);
	assert_problem(
		parsed, text, "web.ini:2: the line has 306 bytes: 199 is the most, shorten it");
	assert_int_equal(parsed->assignments.count, 0);
}

static void the_longest_line_is_read_whole(void **state)
{
	char text[512] = "[s]\nkey = ";
	char value[256] = "";

	memset(value, 'x', 193);
	memcpy(text + strlen(text), value, sizeof(value));
	assert_value(*state, text, value, "web.ini:2");
}

static void a_long_comment_is_fine(void **state)
{
	char text[1024] = "[s]\nkey = a\n# ";

	memset(text + strlen(text), 'x', 900);
	assert_value(*state, text, "a", "web.ini:2");
}

static void names_that_inih_would_cut_are_told(void **state)
{
	char text[256] = "[s]\n";

	memset(text + 4, 'k', 50);
	memcpy(text + 54, " = 1\n", 6);
	assert_problem(*state, text, "web.ini:2: no key has 50 letters");
	text[0] = '[';
	memset(text + 1, 's', 50);
	memcpy(text + 51, "]\nkey = 1\n", 11);
	assert_problem(*state, text, "web.ini:1: no section has a name of 50 letters");
}

static void a_wrong_section_line_hides_its_keys_only(void **state)
{
	struct parsed *parsed = *state;

	assert_problem(parsed, "[s\nlost = 1\n[s]\nkey = 2\n",
		"web.ini:1: the section's name does not end: write [NAME]");
	assert_int_equal(parsed->assignments.count, 1);
	assert_string_equal(parsed->assignments.items[0].place, "web.ini:4");
	assert_problem(parsed, "[s] key = 1\n",
		"web.ini:1: there is more behind ']': begin a new line for it");
}

static void lines_without_key_or_sign_are_told(void **state)
{
	assert_problem(
		*state, "[s]\n= 1\n", "web.ini:2: there is no key before '=': write KEY = VALUE");
	assert_problem(*state, "[s]\nkey: 1\n",
		"web.ini:2: there is no '=': write KEY = VALUE, or '#' before a comment");
	assert_problem(*state, "[s]\nkey ; = 1\n",
		"web.ini:2: there is no '=': write KEY = VALUE, or '#' before a comment");
}

static void text_of_another_kind_is_told_by_its_first_sign(void **state)
{
	struct parsed *parsed = *state;

	assert_problem(parsed, "[s]\r\nkey = 1\r\n",
		"web.ini:1: the line ends as on Windows (CR LF): convert the file, as with sed -i "
		"'s/\\r$//'");
	assert_problem(parsed, "\xEF\xBB\xBF[s]\nkey = 1\n",
		"web.ini:1: the file begins with a byte order mark: save it as UTF-8 without one");
	parse_bytes(parsed, "[s]\nke\0y = 1\n", 13);
	assert_int_equal(parsed->problems.count, 1);
	assert_contains(parsed->problems.items[0].text, "web.ini:2: a NUL byte");
	assert_problem(
		parsed, "[s]\nkey = \x1b[1m\n", "web.ini:2: a control character (0x1b): remove it");
}

static void more_keys_than_the_limit_are_told_once(void **state)
{
	struct parsed *parsed = *state;
	cleanup_str struct str text = { 0 };

	str_append(&text, "[s]\n");
	for (int i = 0; i < 1000; i++)
		str_appendf(&text, "k%d = 1\n", i);
	parse_bytes(parsed, text.data, text.length);
	assert_int_equal(parsed->problems.count, 1);
	assert_contains(parsed->problems.items[0].text, "web.ini:514: more than 512 keys");
	assert_int_equal(parsed->assignments.count, 512);
}

static void a_file_over_the_limit_is_not_read(void **state)
{
	struct world *world = world_new();
	cleanup_free char *bytes = mem_zero(READER_FILE_MAX + 1, 1);
	cleanup_free char *text = NULL;
	char path[256];
	size_t length = 0;
	struct err err;

	(void)state;
	memset(bytes, '\n', READER_FILE_MAX + 1);
	(void)snprintf(path, sizeof(path), "%s/big.ini", world->directory);
	world_write_bytes(world, "big.ini", bytes, READER_FILE_MAX);
	assert_int_equal(reader_load(path, &text, &length, &err), 0);
	assert_int_equal(length, READER_FILE_MAX);
	free(take_ptr(text));
	world_write_bytes(world, "big.ini", bytes, READER_FILE_MAX + 1);
	assert_int_equal(reader_load(path, &text, &length, &err), ERR_LIMIT);
	assert_contains(err.msg, "big.ini is larger than 256 KiB");
	world_free(world);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(assignments_carry_their_line),
		test(blanks_around_are_no_part_of_the_value),
		test(a_semicolon_behind_a_blank_begins_a_comment),
		test(an_indented_line_does_not_go_on_the_one_above),
		test(a_line_that_is_too_long_is_told_and_not_split),
		test(the_longest_line_is_read_whole),
		test(a_long_comment_is_fine),
		test(names_that_inih_would_cut_are_told),
		test(a_wrong_section_line_hides_its_keys_only),
		test(lines_without_key_or_sign_are_told),
		test(text_of_another_kind_is_told_by_its_first_sign),
		test(more_keys_than_the_limit_are_told_once),
		test(a_file_over_the_limit_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
