/* The whole text, with its range and unit, or an error that says the cure. */
#include "unit/test.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <string.h>

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void assert_says(const struct err *err, const char *part)
{
	assert_int_equal(err->code, ERR_INVALID);
	if (strstr(err->msg, part) == NULL)
		print_error("'%s' is not in '%s'\n", part, err->msg);
	assert_non_null(strstr(err->msg, part));
}

static void whole_numbers_are_digits_within_their_range(void **state)
{
	struct err err = { 0 };
	uint64_t value = 0;

	(void)state;
	assert_int_equal(parse_unsigned("0", 0, 9, &value, &err), 0);
	assert_int_equal(value, 0);
	assert_int_equal(parse_unsigned("256", 1, 256, &value, &err), 0);
	assert_int_equal(value, 256);
	assert_int_equal(parse_unsigned("18446744073709551615", 0, UINT64_MAX, &value, &err), 0);
	assert_true(value == UINT64_MAX);
}

static void what_is_no_whole_number_is_refused_and_leaves_the_value(void **state)
{
	static const char *const texts[] = { "", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1o",
		"ten" };
	struct err err = { 0 };
	uint64_t value = 42;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++)
		assert_int_equal(parse_unsigned(texts[i], 0, 99, &value, &err), ERR_INVALID);
	assert_int_equal(parse_unsigned("0", 1, 256, &value, &err), ERR_INVALID);
	assert_says(&err, "use 1 to 256");
	assert_int_equal(parse_unsigned("257", 1, 256, &value, &err), ERR_INVALID);
	assert_int_equal(
		parse_unsigned("18446744073709551616", 0, UINT64_MAX, &value, &err), ERR_INVALID);
	assert_says(&err, "too large");
	assert_int_equal(value, 42);
}

static void numbers_are_decimal_and_exact(void **state)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = { { "0", 0 }, { "0.1", 0.1 }, { "0.7", 0.7 }, { "0.3", 0.3 }, { "12.25", 12.25 },
		{ ".5", 0.5 }, { "1e3", 1000 }, { "1E+2", 100 }, { "25e-2", 0.25 },
		{ "0.000001", 0.000001 }, { "1.005", 1.005 },
		{ "9007199254740993", 9007199254740992.0 } };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		double value = -1;

		assert_int_equal(parse_number(rows[i].text, 0, 1e18, &value, &err), 0);
		if (value != rows[i].value)
			print_error("%s gives %.17g\n", rows[i].text, value);
		assert_true(value == rows[i].value);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = { "", ".", "1.", "-1", "+1", " 1", "1 ", "0x1", "inf",
		"nan", "1,5", "1e", "1e+", "e3", "1e3x", "1e999", "1e-999",
		"1234567890123456789012345678901234567890", "1.2.3" };
	struct err err = { 0 };
	double value = 42;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		if (parse_number(texts[i], 0, 1e300, &value, &err) != ERR_INVALID)
			print_error("'%s' was taken\n", texts[i]);
		assert_near(value, 42);
	}
	assert_int_equal(parse_number("1.5", 0, 1, &value, &err), ERR_INVALID);
	assert_says(&err, "use 0 to 1");
	assert_near(value, 42);
}

static void durations_have_units_and_add_up(void **state)
{
	static const struct {
		const char *text;
		usec_t duration;
	} rows[] = { { "0", 0 }, { "0s", 0 }, { "500ms", 500 * USEC_PER_MSEC },
		{ "2s", 2 * USEC_PER_SEC }, { "0.5s", 500 * USEC_PER_MSEC }, { "5m", 5 * MINUTE },
		{ "1h30m", 90 * MINUTE }, { "7d", 7 * DAY }, { "366d", 366 * DAY },
		{ "1m30s250ms", 90 * USEC_PER_SEC + 250 * USEC_PER_MSEC } };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		usec_t duration = -1;

		assert_int_equal(parse_duration(rows[i].text, false, &duration, &err), 0);
		assert_true(duration == rows[i].duration);
	}
}

static void what_is_no_duration_is_refused_with_an_example(void **state)
{
	static const char *const texts[] = { "", "30", "s", "5 m", "5M", "5min", "1m30", "0h5",
		"-1s", "1s ", "1e3s", "10x", "5msec", "1h-5m", "30s,5m" };
	struct err err = { 0 };
	usec_t duration = 42;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		assert_int_equal(parse_duration(texts[i], false, &duration, &err), ERR_INVALID);
		assert_says(&err, "30s");
	}
	assert_int_equal(parse_duration("367d", false, &duration, &err), ERR_INVALID);
	assert_says(&err, "366 days");
	assert_true(duration == 42);
}

static void a_bare_number_is_seconds_only_where_that_is_classic(void **state)
{
	struct err err = { 0 };
	usec_t duration = 0;

	(void)state;
	assert_int_equal(parse_duration("300", true, &duration, &err), 0);
	assert_true(duration == 300 * USEC_PER_SEC);
	assert_int_equal(parse_duration("5m30", true, &duration, &err), ERR_INVALID);
	assert_int_equal(parse_duration("300", false, &duration, &err), ERR_INVALID);
}

static void percentages_become_ratios(void **state)
{
	struct err err = { 0 };
	double ratio = 0;

	(void)state;
	assert_int_equal(parse_percent("70%", false, 1, &ratio, &err), 0);
	assert_true(ratio == 0.7);
	assert_int_equal(parse_percent("0%", false, 1, &ratio, &err), 0);
	assert_near(ratio, 0);
	assert_int_equal(parse_percent("100%", false, 1, &ratio, &err), 0);
	assert_near(ratio, 1);
	assert_int_equal(parse_percent("12.5%", false, 1, &ratio, &err), 0);
	assert_near(ratio, 0.125);
	assert_int_equal(parse_percent("80", true, 1, &ratio, &err), 0);
	assert_true(ratio == 0.8);
}

static void what_is_no_percentage_is_refused(void **state)
{
	static const char *const texts[] = { "", "%", "70", "0.7", "70 %", "-5%", "70%%",
		"70percent" };
	struct err err = { 0 };
	double ratio = 42;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		assert_int_equal(parse_percent(texts[i], false, 1, &ratio, &err), ERR_INVALID);
		assert_says(&err, "such as 70%");
	}
	assert_int_equal(parse_percent("101%", false, 1, &ratio, &err), ERR_INVALID);
	assert_says(&err, "use 0% to 100%");
	assert_near(ratio, 42);
}

static void sizes_have_decimal_or_binary_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = { { "0", 0 }, { "4096B", 4096 }, { "1kB", 1000 }, { "1KB", 1000 },
		{ "1KiB", 1024 }, { "100MB", 100000000 }, { "512MiB", 536870912 },
		{ "1.5GiB", 1610612736 }, { "1TB", 1000000000000 }, { "2TiB", 2199023255552 } };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		uint64_t bytes = 1;

		assert_int_equal(parse_size(rows[i].text, &bytes, &err), 0);
		assert_true(bytes == rows[i].bytes);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const texts[] = { "", "512", "512M", "512 MiB", "80%", "-1B", "1mib",
		"MiB", "1MiBs", "9999999999TiB" };
	struct err err = { 0 };
	uint64_t bytes = 42;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++)
		assert_int_equal(parse_size(texts[i], &bytes, &err), ERR_INVALID);
	assert_says(&err, "too large");
	assert_int_equal(bytes, 42);
}

static void yes_and_no_have_three_words_each(void **state)
{
	static const char *const yes[] = { "yes", "true", "on" };
	static const char *const no[] = { "no", "false", "off" };
	static const char *const neither[] = { "", "1", "0", "Yes", "yes ", "y" };
	struct err err = { 0 };
	bool value = false;

	(void)state;
	for (size_t i = 0; i < countof(yes); i++) {
		assert_int_equal(parse_bool(yes[i], &value, &err), 0);
		assert_true(value);
	}
	for (size_t i = 0; i < countof(no); i++) {
		assert_int_equal(parse_bool(no[i], &value, &err), 0);
		assert_false(value);
	}
	for (size_t i = 0; i < countof(neither); i++) {
		assert_int_equal(parse_bool(neither[i], &value, &err), ERR_INVALID);
		assert_says(&err, "neither yes nor no");
	}
}

static void durations_are_written_as_they_are_read(void **state)
{
	static const struct {
		usec_t duration;
		const char *text;
	} rows[] = { { 0, "0s" }, { 200 * USEC_PER_MSEC, "200ms" }, { 2 * USEC_PER_SEC, "2s" },
		{ 90 * MINUTE, "1h30m" }, { 7 * DAY, "7d" }, { 1, "0s" }, { -5, "0s" },
		{ DAY + HOUR + MINUTE + USEC_PER_SEC + USEC_PER_MSEC, "1d1h1m1s1ms" },
		{ USEC_NEVER, "106751991d4h54s775ms" } };
	struct err err = { 0 };
	char text[32];

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		usec_t again = 0;

		format_duration(rows[i].duration, text);
		assert_string_equal(text, rows[i].text);
		if (rows[i].duration < USEC_PER_MSEC || rows[i].duration == USEC_NEVER)
			continue;
		assert_int_equal(parse_duration(text, false, &again, &err), 0);
		assert_true(again == rows[i].duration);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_digits_within_their_range),
		cmocka_unit_test(what_is_no_whole_number_is_refused_and_leaves_the_value),
		cmocka_unit_test(numbers_are_decimal_and_exact),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(durations_have_units_and_add_up),
		cmocka_unit_test(what_is_no_duration_is_refused_with_an_example),
		cmocka_unit_test(a_bare_number_is_seconds_only_where_that_is_classic),
		cmocka_unit_test(percentages_become_ratios),
		cmocka_unit_test(what_is_no_percentage_is_refused),
		cmocka_unit_test(sizes_have_decimal_or_binary_units),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(yes_and_no_have_three_words_each),
		cmocka_unit_test(durations_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
