/* Quantiles that are learned one observation at a time. */
#include "unit/core/policy_lab.h"

#include "core/auto/quantile.h"

/* The same sequence each time. */
static double chance(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*state >> 40) / 16777216.0;
}

/* How often what came was above what was predicted, after learning. */
static double share_above(double share)
{
	struct quantile quantile = { 0 };
	struct feature_power power;
	struct pace pace = { 0 };
	uint64_t random = 7;
	unsigned above = 0;

	feature_power_init(&power);
	for (int i = 0; i < 40000; i++) {
		struct features features = { .values = { 1, (float)(2 * chance(&random) - 1) } };
		double outcome = (double)features.values[1] + chance(&random);

		above += i >= 20000 && outcome > quantile_predict(&quantile, &features);
		feature_power_push(&power, &features);
		pace_see(&pace, outcome);
		quantile_learn(&quantile, &features, &power, share, outcome,
			pace_step(&pace, (double)pace.error));
	}
	return above / 20000.0;
}

static void as_much_lies_above_as_the_quantile_leaves(void **state)
{
	(void)state;
	assert_float_equal(share_above(0.7), 0.3, 0.02);
	assert_float_equal(share_above(0.97), 0.03, 0.01);
}

static void it_follows_its_feature(void **state)
{
	struct quantile quantile = { 0 };
	struct feature_power power;
	struct pace pace = { 0 };
	uint64_t random = 7;

	(void)state;
	feature_power_init(&power);
	for (int i = 0; i < 20000; i++) {
		struct features features = { .values = { 1, (float)(2 * chance(&random) - 1) } };
		double outcome = 3 * (double)features.values[1];

		feature_power_push(&power, &features);
		pace_see(&pace, outcome);
		quantile_learn(&quantile, &features, &power, 0.5, outcome,
			pace_step(&pace, (double)pace.error));
	}
	assert_float_equal((double)quantile.weights[1], 3, 0.2);
}

static void a_marginal_finds_what_is_usual(void **state)
{
	struct marginal marginal = { 0 };
	uint64_t random = 3;

	(void)state;
	for (int i = 0; i < 50000; i++)
		marginal_push(&marginal, 10 * chance(&random));
	assert_float_equal((double)marginal.value, 9.5, 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_much_lies_above_as_the_quantile_leaves),
		cmocka_unit_test(it_follows_its_feature),
		cmocka_unit_test(a_marginal_finds_what_is_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
