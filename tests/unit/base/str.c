/* The growable string, and JSON text. */
#include "unit/test.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>

#include <string.h>

static void an_empty_string_is_text_without_memory(void **state)
{
	cleanup_str struct str s = { 0 };

	(void)state;
	assert_string_equal(str_text(&s), "");
	assert_null(s.data);
	str_clear(&s);
	assert_string_equal(str_text(&s), "");
}

static void what_is_appended_lies_in_order(void **state)
{
	cleanup_str struct str s = { 0 };

	(void)state;
	str_append(&s, "web");
	str_append_char(&s, '-');
	str_appendf(&s, "%d/%s", 12, "x");
	str_append_bytes(&s, "abc", 2);
	str_append_bytes(&s, NULL, 0);
	assert_string_equal(str_text(&s), "web-12/xab");
	assert_int_equal(s.length, strlen("web-12/xab"));
}

static void it_grows_past_every_size_and_keeps_its_text(void **state)
{
	cleanup_str struct str s = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		str_appendf(&s, "%04d", i);
	assert_int_equal(s.length, 20000);
	assert_memory_equal(s.data, "00000001", 8);
	assert_string_equal(s.data + 19996, "4999");
	assert_true(s.capacity > s.length);
}

static void clear_keeps_the_memory_for_the_next_use(void **state)
{
	cleanup_str struct str s = { 0 };
	const char *before;

	(void)state;
	str_append(&s, "something");
	before = s.data;
	str_clear(&s);
	assert_string_equal(str_text(&s), "");
	str_append(&s, "x");
	assert_ptr_equal(s.data, before);
}

static void taken_text_is_never_null_and_leaves_the_string_empty(void **state)
{
	cleanup_str struct str s = { 0 };
	cleanup_free char *nothing = str_take(&s);
	cleanup_free char *text = NULL;

	(void)state;
	assert_string_equal(nothing, "");
	str_append(&s, "mine");
	text = str_take(&s);
	assert_string_equal(text, "mine");
	assert_string_equal(str_text(&s), "");
	assert_int_equal(s.capacity, 0);
}

struct json_row {
	const char *text;
	const char *json;
};

static void assert_json(const struct json_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_str struct str s = { 0 };

		str_append_json(&s, rows[i].text);
		assert_string_equal(str_text(&s), rows[i].json);
	}
}

static void json_escapes_what_would_end_or_break_a_string(void **state)
{
	static const struct json_row rows[] = {
		{ "", "\"\"" },
		{ "plain / text", "\"plain / text\"" },
		{ "say \"no\"", "\"say \\\"no\\\"\"" },
		{ "C:\\temp", "\"C:\\\\temp\"" },
		{ "a\nb\tc", "\"a\\nb\\tc\"" },
		{ "\x01\x1f\r\x7f", "\"\\u0001\\u001f\\u000d\\u007f\"" },
		{ "\x1b[31mred", "\"\\u001b[31mred\"" },
	};

	(void)state;
	assert_json(rows, countof(rows));
}

static void json_passes_well_formed_utf8_through(void **state)
{
	static const struct json_row rows[] = {
		{ "\xC3\xA9", "\"\xC3\xA9\"" }, /* U+00E9 */
		{ "\xE2\x82\xAC", "\"\xE2\x82\xAC\"" }, /* U+20AC */
		{ "\xF0\x9F\x90\xB3", "\"\xF0\x9F\x90\xB3\"" }, /* U+1F433 */
		{ "\xED\x9F\xBF\xEE\x80\x80",
			"\"\xED\x9F\xBF\xEE\x80\x80\"" }, /* beside surrogates */
		{ "\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\"" }, /* U+10FFFF */
		{ "\xE0\xA0\x80", "\"\xE0\xA0\x80\"" }, /* U+0800, the first of three bytes */
		{ "\xC2\x9B", "\"\\u009b\"" }, /* a terminal's control sequence introducer */
	};

	(void)state;
	assert_json(rows, countof(rows));
}

#define REPLACED "\xEF\xBF\xBD"

static void json_replaces_bytes_that_are_not_utf8(void **state)
{
	static const struct json_row rows[] = {
		{ "a\xFFz", "\"a" REPLACED "z\"" },
		{ "\x80", "\"" REPLACED "\"" }, /* continues nothing */
		{ "\xC3", "\"" REPLACED "\"" }, /* ends too early */
		{ "\xE2\x82", "\"" REPLACED REPLACED "\"" },
		{ "\xC0\xAF", "\"" REPLACED REPLACED "\"" }, /* '/' written too long */
		{ "\xE0\x9F\xBF", "\"" REPLACED REPLACED REPLACED "\"" },
		{ "\xED\xA0\x80", "\"" REPLACED REPLACED REPLACED "\"" }, /* a surrogate */
		{ "\xF4\x90\x80\x80", "\"" REPLACED REPLACED REPLACED REPLACED "\"" },
		{ "\xF5\x80", "\"" REPLACED REPLACED "\"" },
		{ "\xF0\x9F\x90\"", "\"" REPLACED REPLACED REPLACED "\\\"\"" },
	};

	(void)state;
	assert_json(rows, countof(rows));
}

static void roff_escapes_what_would_be_a_request(void **state)
{
	static const struct {
		const char *text;
		const char *roff;
	} rows[] = {
		{ "plain text. And more", "plain text. And more" },
		{ ".dockscale", "\\&.dockscale" },
		{ "a\n'b\nc", "a\n\\&'b\nc" },
		{ "--json", "\\-\\-json" },
		{ "a\\fBb", "a\\efBb" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_str struct str s = { 0 };

		str_append_roff(&s, rows[i].text);
		assert_string_equal(str_text(&s), rows[i].roff);
	}
}

static void xml_escapes_what_would_end_or_break_a_text(void **state)
{
	static const struct {
		const char *text;
		const char *xml;
	} rows[] = {
		{ "", "" },
		{ "plain, 100 %\n\t", "plain, 100 %\n\t" },
		{ "a<b>&\"'", "a&#60;b&#62;&#38;&#34;&#39;" },
		{ "\x01\x1b\x7f", REPLACED REPLACED REPLACED },
		{ "caf\xC3\xA9\xFF", "caf\xC3\xA9" REPLACED },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_str struct str s = { 0 };

		str_append_xml(&s, rows[i].text);
		assert_string_equal(str_text(&s), rows[i].xml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_is_text_without_memory),
		cmocka_unit_test(what_is_appended_lies_in_order),
		cmocka_unit_test(it_grows_past_every_size_and_keeps_its_text),
		cmocka_unit_test(clear_keeps_the_memory_for_the_next_use),
		cmocka_unit_test(taken_text_is_never_null_and_leaves_the_string_empty),
		cmocka_unit_test(json_escapes_what_would_end_or_break_a_string),
		cmocka_unit_test(json_passes_well_formed_utf8_through),
		cmocka_unit_test(json_replaces_bytes_that_are_not_utf8),
		cmocka_unit_test(roff_escapes_what_would_be_a_request),
		cmocka_unit_test(xml_escapes_what_would_end_or_break_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
