/* Files of time zones: those of the machine against the C library, and made ones with what is new, old,
 * or wrong. */
#include "unit/test.h"

#include <dockscale/base/date.h>
#include <dockscale/base/mem.h>
#include <dockscale/io/zonefile.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR (3600 * USEC_PER_SEC)
#define DAY  (24 * HOUR)

static usec_t utc(int64_t year, unsigned month, unsigned day, unsigned hour)
{
	return date_to_days((struct date){ year, month, day }) * DAY + hour * HOUR;
}

/* A file as RFC 8536 has it: an empty first block, @n changes in the second one, and a footer. */
struct made {
	uint8_t bytes[512];
	size_t size;
};

static void put(struct made *made, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0;)
		made->bytes[made->size++] = (uint8_t)(value >> 8 * i);
}

static void put_header(struct made *made, unsigned n_times, unsigned n_types)
{
	memcpy(made->bytes + made->size, "TZif2", 5);
	made->size += 20;
	put(made, 0, 4);
	put(made, 0, 4);
	put(made, 0, 4);
	put(made, n_times, 4);
	put(made, n_types, 4);
	put(made, 4, 4);
}

static void put_type(struct made *made, int64_t ahead)
{
	put(made, (uint64_t)ahead, 4);
	put(made, 0, 2);
}

/* Clocks one hour ahead, from @change on two, and the footer's rule after it; 0: no change. */
static struct made make(usec_t change, const char *footer)
{
	struct made made = { .size = 0 };
	unsigned n_times = change != 0 ? 1 : 0;

	put_header(&made, 0, 1);
	put_type(&made, 0);
	put(&made, 0, 4);
	put_header(&made, n_times, 2);
	if (change != 0) {
		put(&made, (uint64_t)(change / USEC_PER_SEC), 8);
		put(&made, 1, 1);
	}
	put_type(&made, 3600);
	put_type(&made, 7200);
	put(&made, 0, 4);
	made.bytes[made.size++] = '\n';
	memcpy(made.bytes + made.size, footer, strlen(footer));
	made.size += strlen(footer);
	made.bytes[made.size++] = '\n';
	return made;
}

static struct zone parse(const struct made *made, usec_t from, usec_t until)
{
	struct zone zone = { .n_spans = 0 };
	struct err err;

	assert_int_equal(zonefile_parse(made->bytes, made->size, from, until, &zone, &err), 0);
	return zone;
}

static void the_rule_goes_on_behind_the_last_change(void **state)
{
	struct made made = make(utc(2000, 1, 1, 0), "CET-1CEST,M3.5.0,M10.5.0/3");
	struct zone zone = parse(&made, utc(2026, 1, 1, 0), utc(2027, 1, 1, 0));

	(void)state;
	assert_int_equal(zone.n_spans, 3);
	assert_true(zone.spans[0].ahead == HOUR);
	assert_true(zone.spans[1].from == utc(2026, 3, 29, 1));
	assert_true(zone.spans[1].ahead == 2 * HOUR);
	assert_true(zone.spans[2].from == utc(2026, 10, 25, 1));
	assert_true(zone.spans[2].ahead == HOUR);
}

static void the_south_has_its_summer_over_the_new_year(void **state)
{
	struct made made = make(utc(2000, 1, 1, 0), "AEST-10AEDT,M10.1.0,M4.1.0/3");
	struct zone zone = parse(&made, utc(2026, 1, 1, 0), utc(2026, 12, 31, 0));

	(void)state;
	assert_int_equal(zone.n_spans, 3);
	assert_true(zone.spans[0].ahead == 11 * HOUR);
	assert_true(zone.spans[1].from == utc(2026, 4, 4, 16));
	assert_true(zone.spans[1].ahead == 10 * HOUR);
	assert_true(zone.spans[2].from == utc(2026, 10, 3, 16));
}

static void names_in_brackets_days_of_the_year_and_odd_offsets_are_understood(void **state)
{
	struct made half = make(utc(2000, 1, 1, 0), "<+0545>-5:45");
	struct made julian = make(utc(2000, 1, 1, 0), "<-03>3<-02>,J60/0,J300/-1:30");
	struct zone zone = parse(&half, utc(2026, 1, 1, 0), utc(2027, 1, 1, 0));

	(void)state;
	assert_int_equal(zone.n_spans, 1);
	assert_true(zone.spans[0].ahead == 5 * HOUR + HOUR * 3 / 4);
	zone = parse(&julian, utc(2028, 1, 1, 0), utc(2029, 1, 1, 0));
	assert_int_equal(zone.n_spans, 3);
	assert_true(zone.spans[1].from == utc(2028, 3, 1, 3)); /* a leap year: J60 is 1 March */
	assert_true(zone.spans[2].from == utc(2028, 10, 27, 0) + HOUR / 2);
	assert_true(zone.spans[2].ahead == -3 * HOUR);
}

static void what_is_listed_holds_up_to_the_last_change(void **state)
{
	struct made made = make(utc(2030, 6, 1, 0), "CET-1CEST,M3.5.0,M10.5.0/3");
	struct zone zone = parse(&made, utc(2029, 6, 1, 0), utc(2030, 12, 1, 0));

	(void)state;
	assert_int_equal(zone.n_spans, 3);
	assert_true(zone.spans[0].ahead == HOUR);
	assert_true(zone.spans[1].from == utc(2030, 6, 1, 0));
	assert_true(zone.spans[2].from == utc(2030, 10, 27, 1));
}

static void a_file_without_a_rule_stays_as_it_was_last(void **state)
{
	struct made made = make(utc(2000, 1, 1, 0), "");
	struct zone zone = parse(&made, utc(2026, 1, 1, 0), utc(2027, 1, 1, 0));

	(void)state;
	assert_int_equal(zone.n_spans, 1);
	assert_true(zone.spans[0].ahead == 2 * HOUR);
}

static void what_is_damaged_is_refused_wherever_it_is_cut(void **state)
{
	static const char *const footers[] = { "CE", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0",
		"CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "<+01-1", "CET-1CEST,X,Y",
		"CET-999" };
	struct made made = make(utc(2000, 1, 1, 0), "CET-1CEST,M3.5.0,M10.5.0/3");
	struct zone zone = { .n_spans = 0 };
	struct err err;

	(void)state;
	for (size_t size = 0; size < made.size; size++) {
		uint8_t *cut = mem_zero(size + 1, 1); /* so that a look beyond is found */

		memcpy(cut, made.bytes, size);
		assert_int_equal(zonefile_parse(cut, size, utc(2026, 1, 1, 0), utc(2027, 1, 1, 0),
					 &zone, &err),
			ERR_INVALID);
		free(cut);
	}
	for (size_t i = 0; i < countof(footers); i++) {
		made = make(utc(2000, 1, 1, 0), footers[i]);
		assert_int_equal(zonefile_parse(made.bytes, made.size, utc(2026, 1, 1, 0),
					 utc(2027, 1, 1, 0), &zone, &err),
			ERR_INVALID);
	}
	made = make(utc(2000, 1, 1, 0), "");
	memset(made.bytes + 20, 0xFF, 24); /* counts */
	assert_int_equal(zonefile_parse(made.bytes, made.size, 0, DAY, &zone, &err), ERR_INVALID);
	assert_int_equal(zone.n_spans, 0);
}

/* The C library is asked for one zone at a time, which is fine in a test. */
static void the_machines_files_say_what_the_c_library_says(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "America/New_York",
		"Australia/Sydney", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca",
		"UTC" };

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		struct zone zone;
		struct err err;

		if (zonefile_read(ZONE_DIRECTORY, names[i], utc(2026, 1, 1, 0), utc(2027, 1, 1, 0),
			    &zone, &err) < 0)
			fail_msg("%s", err.msg); /* packaging/dependencies names tzdata */
		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		for (usec_t at = utc(2026, 1, 1, 0); at < utc(2027, 1, 1, 0); at += HOUR / 2) {
			time_t seconds = (time_t)(at / USEC_PER_SEC);
			struct tm parts;

			assert_non_null(localtime_r(&seconds, &parts));
			assert_int_equal(zone_ahead(&zone, at) / USEC_PER_SEC, parts.tm_gmtoff);
		}
	}
}

static void what_is_no_zone_is_not_found(void **state)
{
	static const char *const names[] = { "Europe/Berln", "../../etc/passwd", "/etc/passwd" };
	struct zone zone;
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(names); i++)
		assert_int_equal(zonefile_read(ZONE_DIRECTORY, names[i], 0, DAY, &zone, &err),
			ERR_NOT_FOUND);
	assert_int_equal(zonefile_read("/", "tmp", 0, DAY, &zone, &err), ERR_INVALID);
	assert_int_equal(zonefile_read("/etc", "hostname", 0, DAY, &zone, &err), ERR_INVALID);
}

static void the_machines_own_zone_is_there(void **state)
{
	struct zone zone = { .n_spans = 0 };
	struct err err;

	(void)state;
	assert_int_equal(zonefile_read(ZONE_DIRECTORY, "", utc(2026, 1, 1, 0), utc(2027, 1, 1, 0),
				 &zone, &err),
		0);
	assert_in_range(zone.n_spans, 1, ZONE_SPANS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rule_goes_on_behind_the_last_change),
		cmocka_unit_test(the_south_has_its_summer_over_the_new_year),
		cmocka_unit_test(names_in_brackets_days_of_the_year_and_odd_offsets_are_understood),
		cmocka_unit_test(what_is_listed_holds_up_to_the_last_change),
		cmocka_unit_test(a_file_without_a_rule_stays_as_it_was_last),
		cmocka_unit_test(what_is_damaged_is_refused_wherever_it_is_cut),
		cmocka_unit_test(the_machines_files_say_what_the_c_library_says),
		cmocka_unit_test(what_is_no_zone_is_not_found),
		cmocka_unit_test(the_machines_own_zone_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
