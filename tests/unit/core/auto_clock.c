/* What comes back at the same time of the hour is expected. */
#include "unit/core/policy_lab.h"

#include "core/auto/clock.h"

struct past {
	struct samples samples;
	struct clock_table clock;
	usec_t local;
};

static void go_on(struct past *past, double demand)
{
	past->local += AUTO_PERIOD;
	samples_push(&past->samples, demand);
	clock_push(&past->clock, &past->samples, past->local);
}

/* One replica's worth, and four from the 10th minute of each hour for a minute. */
static void live(struct past *past, int hours)
{
	for (int i = 0; i < hours * 720; i++)
		go_on(past, i % 720 >= 120 && i % 720 < 132 ? 4 : 1);
}

static void a_burst_of_each_hour_is_expected_before_it_comes(void **state)
{
	struct past past = { 0 };

	(void)state;
	live(&past, 6);
	for (int i = 0; i < 118; i++)
		go_on(&past, 1);
	/* 10 s before it */
	assert_true(clock_forecast(&past.clock, &past.samples, past.local, 20 * SECOND) > 3);
	assert_near(clock_forecast(&past.clock, &past.samples, past.local, 0), 0);
}

static void what_came_but_twice_is_not_expected_each_hour(void **state)
{
	struct past past = { 0 };

	(void)state;
	live(&past, 2);
	for (int i = 0; i < 118; i++)
		go_on(&past, 1);
	assert_near(clock_forecast(&past.clock, &past.samples, past.local, 20 * SECOND), 0);
}

static void what_came_on_two_days_is_expected_on_the_third(void **state)
{
	struct past past = { 0 };

	(void)state;
	for (int i = 0; i < 2 * 17280; i++)
		go_on(&past, i % 17280 >= 6000 && i % 17280 < 6012 ? 4 : 1);
	for (int i = 0; i < 5998; i++)
		go_on(&past, 1);
	assert_true(clock_forecast(&past.clock, &past.samples, past.local, 20 * SECOND) > 3);
}

static void level_load_expects_nothing(void **state)
{
	struct past past = { 0 };

	(void)state;
	for (int i = 0; i < 6 * 720; i++) {
		go_on(&past, 2);
		assert_near(clock_forecast(&past.clock, &past.samples, past.local, 60 * SECOND), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_of_each_hour_is_expected_before_it_comes),
		cmocka_unit_test(what_came_but_twice_is_not_expected_each_hour),
		cmocka_unit_test(what_came_on_two_days_is_expected_on_the_third),
		cmocka_unit_test(level_load_expects_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
