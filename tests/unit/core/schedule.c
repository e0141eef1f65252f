/* When rules by the clock are in force, by the clocks of Berlin in 2026: on 29 March they go from 2:00
 * to 3:00, on 25 October from 3:00 back to 2:00. */
#include "unit/test.h"

#include <dockscale/base/date.h>
#include <dockscale/core/schedule.h>

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum { SUNDAY = 1 << 0, MONDAY = 1 << 1, FRIDAY = 1 << 5, SATURDAY = 1 << 6, EVERY_DAY = 0x7F };

static usec_t utc(unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return date_to_days((struct date){ 2026, month, day }) * DAY + hour * HOUR +
	       minute * MINUTE;
}

static struct zone berlin(void)
{
	return (struct zone){
		.n_spans = 3,
		.spans = { { utc(1, 1, 0, 0), HOUR }, { utc(3, 29, 1, 0), 2 * HOUR },
			{ utc(10, 25, 1, 0), HOUR } },
	};
}

static const struct zone greenwich = { .n_spans = 1 };

static struct schedule_rule daily(unsigned from, unsigned to, uint8_t weekdays)
{
	return (struct schedule_rule){ .from = from, .to = to, .weekdays = weekdays };
}

/* At @minute of each hour of @hours, for so long. */
static struct schedule_rule cron(uint64_t minutes, uint32_t hours, usec_t length)
{
	return (struct schedule_rule){
		.form = SCHEDULE_CRON,
		.cron = { .minutes = minutes,
			.hours = hours,
			.days = 0xFFFFFFFE,
			.months = 0x1FFE,
			.weekdays = EVERY_DAY,
			.any_day = true,
			.any_weekday = true },
		.length = length,
	};
}

/* Is it in force from @from up to @to, and not the moment before and after? */
static void assert_holds_from_to(
	const struct schedule_rule *rule, const struct zone *zone, usec_t from, usec_t to)
{
	assert_false(schedule_holds(rule, zone, from - 1));
	for (usec_t at = from; at < to; at += MINUTE)
		assert_true(schedule_holds(rule, zone, at));
	assert_true(schedule_holds(rule, zone, to - 1));
	assert_false(schedule_holds(rule, zone, to));
}

static void a_day_has_its_hours_by_the_clocks_of_its_place(void **state)
{
	struct zone zone = berlin();
	struct schedule_rule rule = daily(8 * 60, 18 * 60 + 30, EVERY_DAY);

	(void)state;
	assert_holds_from_to(&rule, &greenwich, utc(1, 15, 8, 0), utc(1, 15, 18, 30));
	assert_holds_from_to(&rule, &zone, utc(1, 15, 7, 0), utc(1, 15, 17, 30));
	assert_holds_from_to(&rule, &zone, utc(7, 15, 6, 0), utc(7, 15, 16, 30));
}

static void a_night_belongs_to_the_day_on_which_it_begins(void **state)
{
	struct schedule_rule rule = daily(22 * 60, 6 * 60, FRIDAY);

	(void)state; /* 16 January 2026 is a Friday */
	assert_holds_from_to(&rule, &greenwich, utc(1, 16, 22, 0), utc(1, 17, 6, 0));
	assert_false(schedule_holds(&rule, &greenwich, utc(1, 16, 3, 0)));
	assert_false(schedule_holds(&rule, &greenwich, utc(1, 17, 23, 0)));
}

static void whole_days_end_at_midnight(void **state)
{
	struct zone zone = berlin();
	struct schedule_rule rule = daily(0, 24 * 60, SATURDAY | SUNDAY);

	(void)state;
	assert_holds_from_to(&rule, &zone, utc(1, 16, 23, 0), utc(1, 18, 23, 0));
	/* An hour less, and an hour more. */
	assert_holds_from_to(&rule, &zone, utc(3, 27, 23, 0), utc(3, 29, 22, 0));
	assert_holds_from_to(&rule, &zone, utc(10, 23, 22, 0), utc(10, 25, 23, 0));
}

static void a_time_that_the_clocks_leave_out_is_when_they_jump(void **state)
{
	struct zone zone = berlin();
	struct schedule_rule begins = daily(2 * 60 + 30, 5 * 60, EVERY_DAY);
	struct schedule_rule ends = daily(1 * 60, 2 * 60 + 30, EVERY_DAY);
	struct schedule_rule both = daily(2 * 60 + 10, 2 * 60 + 50, EVERY_DAY);

	(void)state;
	assert_holds_from_to(&begins, &zone, utc(3, 29, 1, 0), utc(3, 29, 3, 0));
	assert_holds_from_to(&ends, &zone, utc(3, 29, 0, 0), utc(3, 29, 1, 0));
	for (usec_t at = utc(3, 28, 12, 0); at < utc(3, 29, 12, 0); at += MINUTE)
		assert_false(schedule_holds(&both, &zone, at));
}

static void a_time_that_comes_twice_begins_the_first_time_and_ends_the_second(void **state)
{
	struct zone zone = berlin();
	struct schedule_rule begins = daily(2 * 60 + 30, 5 * 60, EVERY_DAY);
	struct schedule_rule ends = daily(1 * 60, 2 * 60 + 30, EVERY_DAY);

	(void)state;
	assert_holds_from_to(&begins, &zone, utc(10, 25, 0, 30), utc(10, 25, 4, 0));
	assert_holds_from_to(&ends, &zone, utc(10, 24, 23, 0), utc(10, 25, 1, 30));
}

static void a_cron_line_lasts_for_so_long_from_each_of_its_times(void **state)
{
	struct schedule_rule rule = cron(1ULL << 15 | 1ULL << 45, 1U << 8 | 1U << 20, 10 * MINUTE);

	(void)state;
	assert_holds_from_to(&rule, &greenwich, utc(1, 15, 8, 15), utc(1, 15, 8, 25));
	assert_holds_from_to(&rule, &greenwich, utc(1, 15, 8, 45), utc(1, 15, 8, 55));
	assert_holds_from_to(&rule, &greenwich, utc(1, 15, 20, 45), utc(1, 15, 20, 55));
	assert_false(schedule_holds(&rule, &greenwich, utc(1, 15, 9, 20)));
	rule.length = 60 * MINUTE; /* they run into each other */
	assert_holds_from_to(&rule, &greenwich, utc(1, 15, 8, 15), utc(1, 15, 9, 45));
}

static void a_cron_line_may_last_for_days(void **state)
{
	struct schedule_rule rule = cron(1, 1U << 20, 7 * DAY);

	(void)state;
	rule.cron.days = 1U << 31; /* of January, March and so on */
	rule.cron.any_day = false;
	assert_holds_from_to(&rule, &greenwich, utc(1, 31, 20, 0), utc(2, 7, 20, 0));
	assert_holds_from_to(&rule, &greenwich, utc(3, 31, 20, 0), utc(4, 7, 20, 0));
}

static void a_day_of_the_month_and_one_of_the_week_are_either(void **state)
{
	struct schedule_rule rule = cron(1, 1U << 9, HOUR);

	(void)state; /* 1 January 2026 is a Thursday */
	rule.cron.days = 1U << 15;
	rule.cron.weekdays = MONDAY;
	rule.cron.any_day = rule.cron.any_weekday = false;
	assert_true(schedule_holds(&rule, &greenwich, utc(1, 15, 9, 0)));
	assert_true(schedule_holds(&rule, &greenwich, utc(1, 12, 9, 0)));
	assert_false(schedule_holds(&rule, &greenwich, utc(1, 13, 9, 0)));
	rule.cron.months = 1U << 2;
	assert_false(schedule_holds(&rule, &greenwich, utc(1, 15, 9, 0)));
	assert_true(schedule_holds(&rule, &greenwich, utc(2, 15, 9, 0)));
}

static void a_cron_line_begins_once_in_an_hour_that_comes_twice_and_when_one_is_left_out(
	void **state)
{
	struct zone zone = berlin();
	struct schedule_rule rule = cron(1ULL << 30, 1U << 2, 20 * MINUTE);

	(void)state;
	assert_holds_from_to(&rule, &zone, utc(10, 25, 0, 30), utc(10, 25, 0, 50));
	assert_false(schedule_holds(&rule, &zone, utc(10, 25, 1, 30)));
	assert_holds_from_to(&rule, &zone, utc(3, 29, 1, 0), utc(3, 29, 1, 20));
}

static void the_highest_min_and_the_lowest_max_hold(void **state)
{
	const struct schedule low = { .min = 2, .max = 6 };
	const struct schedule high = { .min = 4, .max = 5 };
	const struct schedule silent = { .min = SCHEDULE_SILENT, .max = SCHEDULE_SILENT };
	struct schedule_bounds bounds = schedule_bounds_begin(3, 10);

	(void)state;
	schedule_bounds_add(&bounds, &silent, 1);
	assert_int_equal(bounds.min, 3);
	assert_int_equal(bounds.max, 10);
	assert_int_equal(bounds.min_by, 0);
	schedule_bounds_add(&bounds, &low, 2); /* also below the service's own */
	assert_int_equal(bounds.min, 2);
	schedule_bounds_add(&bounds, &high, 3);
	schedule_bounds_add(&bounds, &low, 4);
	schedule_bounds_end(&bounds);
	assert_int_equal(bounds.min, 4);
	assert_int_equal(bounds.min_by, 3);
	assert_int_equal(bounds.max, 5);
	assert_int_equal(bounds.max_by, 3);
}

static void a_max_stands_over_the_services_min_and_a_min_over_another_schedules_max(void **state)
{
	const struct schedule none = { .min = SCHEDULE_SILENT, .max = 0 };
	const struct schedule some = { .min = 3, .max = SCHEDULE_SILENT };
	struct schedule_bounds bounds = schedule_bounds_begin(2, 10);

	(void)state;
	schedule_bounds_add(&bounds, &none, 1);
	schedule_bounds_end(&bounds);
	assert_int_equal(bounds.min, 0);
	assert_int_equal(bounds.max, 0);
	assert_int_equal(bounds.min_by, 1);
	bounds = schedule_bounds_begin(2, 10);
	schedule_bounds_add(&bounds, &none, 1);
	schedule_bounds_add(&bounds, &some, 2);
	schedule_bounds_end(&bounds);
	assert_int_equal(bounds.min, 3);
	assert_int_equal(bounds.max, 3);
	assert_int_equal(bounds.max_by, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_has_its_hours_by_the_clocks_of_its_place),
		cmocka_unit_test(a_night_belongs_to_the_day_on_which_it_begins),
		cmocka_unit_test(whole_days_end_at_midnight),
		cmocka_unit_test(a_time_that_the_clocks_leave_out_is_when_they_jump),
		cmocka_unit_test(a_time_that_comes_twice_begins_the_first_time_and_ends_the_second),
		cmocka_unit_test(a_cron_line_lasts_for_so_long_from_each_of_its_times),
		cmocka_unit_test(a_cron_line_may_last_for_days),
		cmocka_unit_test(a_day_of_the_month_and_one_of_the_week_are_either),
		cmocka_unit_test(
			a_cron_line_begins_once_in_an_hour_that_comes_twice_and_when_one_is_left_out),
		cmocka_unit_test(the_highest_min_and_the_lowest_max_hold),
		cmocka_unit_test(
			a_max_stands_over_the_services_min_and_a_min_over_another_schedules_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
