/* The shape of the last minutes, in units of what the load usually moves. */
#include "unit/core/policy_lab.h"

#include "core/auto/features.h"

#define HORIZON 3

static struct features make(
	const struct samples *samples, double scale, bool saturated, double burst)
{
	struct volatility volatility = { .fast = (float)scale };
	struct features features;

	features_make(samples, &volatility, HORIZON, saturated, burst, &features);
	return features;
}

static void level_load_has_no_shape(void **state)
{
	struct samples samples = { 0 };
	struct features features;

	(void)state;
	for (int i = 0; i < 60; i++)
		samples_push(&samples, 5);
	features = make(&samples, 1, false, 0);
	assert_near((double)features.level, 5);
	assert_near((double)features.values[0], 1);
	for (size_t i = 1; i < 12; i++)
		assert_float_equal((double)features.values[i], 0, 1e-6);
	assert_int_equal(features.direction, DIRECTION_LEVEL);
}

static void rising_load_is_known_by_its_slope(void **state)
{
	struct samples samples = { 0 };
	struct features features;

	(void)state;
	for (int i = 0; i < 60; i++)
		samples_push(&samples, 5 + 0.5 * i);
	features = make(&samples, 1, false, 0);
	assert_float_equal((double)features.values[4], 0.5 * HORIZON, 1e-4);
	assert_int_equal(features.direction, DIRECTION_UP);
}

static void the_same_shape_at_another_size_gives_the_same_features(void **state)
{
	struct samples small = { 0 };
	struct samples large = { 0 };
	struct features a;
	struct features b;

	(void)state;
	for (int i = 0; i < 60; i++) {
		samples_push(&small, 2 + i % 7);
		samples_push(&large, 10 * (2 + i % 7));
	}
	a = make(&small, 2, false, 0);
	b = make(&large, 20, false, 0);
	for (size_t i = 0; i < 11; i++)
		assert_float_equal((double)a.values[i], (double)b.values[i], 1e-4);
}

static void a_full_service_is_at_its_newest_sample_at_least(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	samples_push(&samples, 2);
	samples_push(&samples, 6);
	assert_near((double)make(&samples, 1, false, 0).level, 4);
	assert_near((double)make(&samples, 1, true, 0).level, 6);
}

static void no_feature_is_out_of_bounds(void **state)
{
	struct samples samples = { 0 };
	struct features features;

	(void)state;
	samples_push(&samples, 1);
	samples_push(&samples, 1000000);
	features = make(&samples, 0, false, 1e9);
	for (size_t i = 0; i < FEATURES; i++)
		assert_in_range((int)features.values[i] + 8, 0, 16);
}

static void what_moves_in_a_start_up_is_learned(void **state)
{
	struct samples samples = { 0 };
	struct volatility volatility = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++) {
		samples_push(&samples, i % 6 < 3 ? 1 : 5);
		volatility_push(&volatility, &samples, HORIZON);
	}
	assert_float_equal((double)volatility.fast, 4, 0.1);
	assert_true(volatility.slow < volatility.fast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_load_has_no_shape),
		cmocka_unit_test(rising_load_is_known_by_its_slope),
		cmocka_unit_test(the_same_shape_at_another_size_gives_the_same_features),
		cmocka_unit_test(a_full_service_is_at_its_newest_sample_at_least),
		cmocka_unit_test(no_feature_is_out_of_bounds),
		cmocka_unit_test(what_moves_in_a_start_up_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
