/* A counter becomes a rate, or unknown: never a wrong number. */
#include "unit/test.h"

#include <dockscale/core/counter.h>

#define SECOND USEC_PER_SEC

static void the_first_value_gives_no_rate(void **state)
{
	struct counter counter = { 0 };
	usec_t from = 42;

	(void)state;
	assert_int_equal(counter_rate(&counter, 5000, 0, &from).state, READING_UNKNOWN);
	assert_int_equal(from, 42);
}

static void growth_per_second_holds_since_the_value_before(void **state)
{
	struct counter counter = { 0 };
	struct reading rate;
	usec_t from = 0;

	(void)state;
	counter_rate(&counter, 1000000, 10 * SECOND, &from);
	rate = counter_rate(&counter, 1500000, 10 * SECOND + 250000, &from);
	assert_true(reading_is_known(rate));
	assert_near(rate.value, 2000000);
	assert_true(from == 10 * SECOND);
	rate = counter_rate(&counter, 1500000, 12 * SECOND, &from);
	assert_true(reading_is_known(rate));
	assert_near(rate.value, 0);
	assert_true(from == 10 * SECOND + 250000);
}

static void a_late_value_gives_the_mean_of_the_longer_time(void **state)
{
	struct counter counter = { 0 };
	usec_t from = 0;

	(void)state;
	counter_rate(&counter, 0, SECOND, &from);
	assert_near(counter_rate(&counter, 700, 8 * SECOND, &from).value, 100);
}

static void a_smaller_value_is_a_new_beginning(void **state)
{
	struct counter counter = { 0 };
	usec_t from = 42;

	(void)state;
	counter_rate(&counter, 5000, SECOND, &from);
	assert_int_equal(counter_rate(&counter, 100, 2 * SECOND, &from).state, READING_UNKNOWN);
	assert_int_equal(from, 42);
	assert_near(counter_rate(&counter, 400, 3 * SECOND, &from).value, 300);
	assert_true(from == 2 * SECOND);
}

static void time_that_stands_still_gives_no_rate_and_loses_nothing(void **state)
{
	struct counter counter = { 0 };
	usec_t from = 0;

	(void)state;
	counter_rate(&counter, 100, 2 * SECOND, &from);
	assert_int_equal(counter_rate(&counter, 150, 2 * SECOND, &from).state, READING_UNKNOWN);
	assert_int_equal(counter_rate(&counter, 160, SECOND, &from).state, READING_UNKNOWN);
	assert_near(counter_rate(&counter, 200, 3 * SECOND, &from).value, 100);
}

static void a_reset_counter_begins_anew(void **state)
{
	struct counter counter = { 0 };
	usec_t from = 0;

	(void)state;
	counter_rate(&counter, 100, SECOND, &from);
	counter_reset(&counter);
	assert_int_equal(counter_rate(&counter, 9000, 2 * SECOND, &from).state, READING_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_value_gives_no_rate),
		cmocka_unit_test(growth_per_second_holds_since_the_value_before),
		cmocka_unit_test(a_late_value_gives_the_mean_of_the_longer_time),
		cmocka_unit_test(a_smaller_value_is_a_new_beginning),
		cmocka_unit_test(time_that_stands_still_gives_no_rate_and_loses_nothing),
		cmocka_unit_test(a_reset_counter_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
