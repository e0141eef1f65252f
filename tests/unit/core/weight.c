/* The busier replica gets a smaller share, and equal ones get equal shares: on a plant whose
 * utilisation is its part of the load over its capacity, and never over 1. */
#include "unit/core/policy_lab.h"

#include <dockscale/core/weight.h>

#include <stdlib.h>

#define INTERVAL     (5 * SECOND)
#define REPLICAS_MAX 16

struct plant {
	size_t n;
	double load; /* in replicas of capacity 1 */
	double capacity[REPLICAS_MAX];
	unsigned weights[REPLICAS_MAX];
	struct weight_state state;
	usec_t now;
	unsigned changes;
	double noise; /* of a utilisation, to both sides */
	uint64_t seed;
};

static struct plant plant_make(size_t n, double load)
{
	struct plant plant = { .n = n, .load = load, .now = START, .seed = 1 };

	for (size_t i = 0; i < n; i++) {
		plant.capacity[i] = 1;
		plant.weights[i] = WEIGHT_BASE;
	}
	return plant;
}

static double used(const struct plant *plant, size_t i)
{
	double sum = 0;

	for (size_t k = 0; k < plant->n; k++)
		sum += plant->weights[k];
	return fmin(1, plant->load * plant->weights[i] / sum / plant->capacity[i]);
}

/* A second later, weighed anew. Gives whether weights changed. */
static bool plant_tick(struct plant *plant)
{
	struct reading readings[REPLICAS_MAX];
	bool changed;

	plant->now += SECOND;
	for (size_t i = 0; i < plant->n; i++)
		readings[i] = reading_known(fmax(
			0, used(plant, i) + plant->noise * (2 * lab_random(&plant->seed) - 1)));
	changed = weight_balance(
		&plant->state, readings, plant->weights, plant->n, plant->now, INTERVAL);
	plant->changes += changed;
	for (size_t i = 0; i < plant->n; i++)
		assert_in_range(plant->weights[i], WEIGHT_MIN, WEIGHT_MAX);
	return changed;
}

static void plant_run(struct plant *plant, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++)
		plant_tick(plant);
}

static double spread(const struct plant *plant)
{
	double low = 1;
	double high = 0;

	for (size_t i = 0; i < plant->n; i++) {
		low = fmin(low, used(plant, i));
		high = fmax(high, used(plant, i));
	}
	return high - low;
}

static void assert_equal_weights(const struct plant *plant)
{
	for (size_t i = 0; i < plant->n; i++)
		assert_int_equal(plant->weights[i], WEIGHT_BASE);
}

static void half_a_replica_gets_half_the_share_within_six_changes(void **state)
{
	(void)state;
	for (int percent = 20; percent <= 145; percent += 5) {
		struct plant plant = plant_make(2, percent / 100.0);

		plant.capacity[0] = 0.5;
		plant_run(&plant, 30);
		if (spread(&plant) > 0.1)
			print_error("load %d %%: %u and %u\n", percent, plant.weights[0],
				plant.weights[1]);
		assert_true(spread(&plant) <= 0.1);
		assert_true(plant.changes <= 6);
		plant_run(&plant, 60);
		assert_true(spread(&plant) <= 0.06);
	}
}

static void the_shares_go_to_two_to_one(void **state)
{
	struct plant plant = plant_make(2, 0.9);

	(void)state;
	plant.capacity[0] = 0.5;
	plant_run(&plant, 60);
	assert_true(fabs((double)plant.weights[1] / plant.weights[0] - 2) < 0.15);
	assert_int_equal((plant.weights[0] + plant.weights[1] + 1) / 2, WEIGHT_BASE);
}

static void weights_are_exactly_equal_again_when_the_replicas_are(void **state)
{
	(void)state;
	for (int percent = 10; percent <= 160; percent += 10) {
		struct plant plant = plant_make(2, percent / 100.0);

		plant.capacity[0] = 0.5;
		plant_run(&plant, 30);
		plant.capacity[0] = 1;
		plant_run(&plant, 30);
		assert_equal_weights(&plant);
	}
}

static void weights_change_at_most_once_in_the_interval(void **state)
{
	struct plant plant = plant_make(2, 0.9);
	usec_t changed_at = 0;

	(void)state;
	for (int i = 0; i < 120; i++) {
		plant.capacity[0] = i % 20 < 10 ? 0.5 : 2;
		if (!plant_tick(&plant))
			continue;
		assert_true(changed_at == 0 || plant.now - changed_at >= INTERVAL);
		changed_at = plant.now;
	}
	assert_true(plant.changes >= 6);
}

static void one_change_is_a_bounded_step(void **state)
{
	struct plant plant = plant_make(2, 0.3);

	(void)state;
	plant.capacity[0] = 0.1;
	assert_true(plant_tick(&plant));
	assert_int_equal(plant.weights[0], 70);
	assert_int_equal(plant.weights[1], 130);
}

static void nothing_moves_inside_the_dead_band(void **state)
{
	struct plant plant = plant_make(2, 1.2);

	(void)state;
	plant.capacity[0] = 0.93; /* 60 % and 64.5 % */
	plant_run(&plant, 120);
	assert_int_equal(plant.changes, 0);
}

static void nothing_moves_while_a_utilisation_is_unknown(void **state)
{
	struct weight_state weights_state = { 0 };
	unsigned weights[] = { 100, 100 };
	const struct reading rows[][2] = {
		{ reading_known(0.9), reading_unknown() },
		{ reading_unsupported(), reading_known(0.1) },
		{ reading_known(NAN), reading_known(0.1) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(weight_balance(&weights_state, rows[i], weights, 2, START, INTERVAL));
	assert_false(weight_balance(&weights_state, NULL, weights, 0, START, INTERVAL));
	assert_int_equal(weights[0], 100);
	assert_int_equal(weights[1], 100);
}

static void an_idle_service_drifts_back_to_equal(void **state)
{
	struct plant plant = plant_make(2, 0.9);

	(void)state;
	plant.capacity[0] = 0.5;
	plant_run(&plant, 30);
	assert_true(plant.weights[0] < 80);
	plant.load = 0.06;
	plant_run(&plant, 30);
	assert_equal_weights(&plant);
	plant.changes = 0;
	plant_run(&plant, 60);
	assert_int_equal(plant.changes, 0);
}

static void a_single_replica_has_the_base_weight(void **state)
{
	struct plant plant = plant_make(1, 0.7);

	(void)state;
	plant.weights[0] = 60;
	plant_run(&plant, 30);
	assert_equal_weights(&plant);
}

static void a_replica_that_nobody_asks_does_not_run_away(void **state)
{
	struct weight_state weights_state = { 0 };
	unsigned weights[] = { 100, 100, 100 };
	const struct reading readings[] = { reading_known(0.6), reading_known(0.6),
		reading_known(0) };

	(void)state;
	for (usec_t t = START; t < START + 10 * MINUTE; t += SECOND)
		weight_balance(&weights_state, readings, weights, 3, t, INTERVAL);
	for (size_t i = 0; i < 3; i++)
		assert_in_range(weights[i], WEIGHT_MIN, WEIGHT_MAX);
}

static void ten_replicas_of_many_sizes_are_balanced_within_a_minute(void **state)
{
	struct plant plant = plant_make(10, 4);
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < plant.n; i++)
		plant.capacity[i] = 0.4 + 0.8 * lab_random(&seed);
	plant_run(&plant, 60);
	assert_true(spread(&plant) <= 0.1);
}

static void noise_does_not_make_equal_replicas_wander(void **state)
{
	struct plant plant = plant_make(4, 2.4);

	(void)state;
	plant.noise = 0.02;
	plant_run(&plant, 3600);
	assert_int_equal(plant.changes, 0);
	plant.capacity[0] = 0.5;
	plant_run(&plant, 60);
	assert_true(spread(&plant) <= 0.1);
	plant.capacity[0] = 1;
	plant_run(&plant, 120);
	assert_equal_weights(&plant);
}

static void a_new_one_begins_with_a_tenth_and_grows_to_all(void **state)
{
	unsigned last = 0;

	(void)state;
	assert_int_equal(weight_ramp(100, 0, 30 * SECOND), 10);
	assert_int_equal(weight_ramp(100, 3 * SECOND, 30 * SECOND), 20);
	assert_int_equal(weight_ramp(100, 15 * SECOND, 30 * SECOND), 60);
	assert_int_equal(weight_ramp(100, 30 * SECOND, 30 * SECOND), 100);
	for (usec_t age = 0; age < 40 * SECOND; age += SECOND / 7) {
		unsigned weight = weight_ramp(WEIGHT_MAX, age, 30 * SECOND);

		assert_in_range(weight, last, WEIGHT_MAX);
		last = weight;
	}
	assert_int_equal(last, WEIGHT_MAX);
}

static void a_ramp_never_gives_nothing_and_needs_a_length(void **state)
{
	(void)state;
	assert_int_equal(weight_ramp(1, 0, SECOND), 1);
	assert_int_equal(weight_ramp(WEIGHT_MIN, 0, SECOND), 1);
	assert_int_equal(weight_ramp(0, 0, SECOND), 0);
	assert_int_equal(weight_ramp(100, 0, 0), 100);
	assert_int_equal(weight_ramp(100, -SECOND, SECOND), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_replica_gets_half_the_share_within_six_changes),
		cmocka_unit_test(the_shares_go_to_two_to_one),
		cmocka_unit_test(weights_are_exactly_equal_again_when_the_replicas_are),
		cmocka_unit_test(weights_change_at_most_once_in_the_interval),
		cmocka_unit_test(one_change_is_a_bounded_step),
		cmocka_unit_test(nothing_moves_inside_the_dead_band),
		cmocka_unit_test(nothing_moves_while_a_utilisation_is_unknown),
		cmocka_unit_test(an_idle_service_drifts_back_to_equal),
		cmocka_unit_test(a_single_replica_has_the_base_weight),
		cmocka_unit_test(a_replica_that_nobody_asks_does_not_run_away),
		cmocka_unit_test(ten_replicas_of_many_sizes_are_balanced_within_a_minute),
		cmocka_unit_test(noise_does_not_make_equal_replicas_wander),
		cmocka_unit_test(a_new_one_begins_with_a_tenth_and_grows_to_all),
		cmocka_unit_test(a_ramp_never_gives_nothing_and_needs_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
