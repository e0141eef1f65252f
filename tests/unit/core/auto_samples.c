/* The last samples of demand, newest first. */
#include "unit/core/policy_lab.h"

#include "core/auto/samples.h"

static struct samples three(void)
{
	struct samples samples = { 0 };

	samples_push(&samples, 1);
	samples_push(&samples, 4);
	samples_push(&samples, 2);
	return samples;
}

static void the_newest_is_of_age_0(void **state)
{
	struct samples samples = three();

	(void)state;
	assert_near(samples_at(&samples, 0), 2);
	assert_near(samples_at(&samples, 2), 1);
}

static void what_is_not_there_is_left_out(void **state)
{
	struct samples samples = three();

	(void)state;
	assert_int_equal(samples_known(&samples, 12), 3);
	assert_near(samples_mean(&samples, 12), 7.0 / 3);
	assert_near(samples_mean(&samples, 2), 3);
	assert_near(samples_max(&samples, 12), 4);
	assert_near(samples_max(&samples, 1), 2);
	assert_near(samples_min(&samples, 12), 1);
}

static void the_oldest_give_way(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	for (int i = 0; i < 3 * SAMPLES_MAX; i++)
		samples_push(&samples, i);
	assert_int_equal(samples_known(&samples, 1000), SAMPLES_MAX);
	assert_near(samples_min(&samples, 1000), 2 * SAMPLES_MAX);
	assert_near(samples_max(&samples, 1000), 3 * SAMPLES_MAX - 1);
}

static void a_slope_is_that_of_the_line_through_them(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		samples_push(&samples, 5 + 0.5 * i);
	assert_near(samples_slope(&samples, 4), 0.5);
	assert_near(samples_slope(&samples, 48), 0.5);
	samples_push(&samples, 0);
	assert_true(samples_slope(&samples, 4) < 0);
}

static void two_samples_have_no_slope(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	samples_push(&samples, 1);
	samples_push(&samples, 9);
	assert_near(samples_slope(&samples, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_is_of_age_0),
		cmocka_unit_test(what_is_not_there_is_left_out),
		cmocka_unit_test(the_oldest_give_way),
		cmocka_unit_test(a_slope_is_that_of_the_line_through_them),
		cmocka_unit_test(two_samples_have_no_slope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
