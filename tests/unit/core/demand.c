/* Replica units: what is used together, corrected for what cannot be seen. */
#include "unit/test.h"

#include <dockscale/core/demand.h>

static struct demand_input known(double mean)
{
	return (struct demand_input){ reading_known(mean), reading_known(mean), false };
}

static struct demand_input unknown(void)
{
	return (struct demand_input){ reading_unknown(), reading_unknown(), false };
}

static struct demand_input unsupported(void)
{
	return (struct demand_input){ reading_unsupported(), reading_unsupported(), false };
}

static void units_are_the_sum_of_what_replicas_use(void **state)
{
	const struct demand_input inputs[] = { known(0.5), known(0.7), known(0.3) };
	struct demand demand = demand_sum(inputs, 3, true);

	(void)state;
	assert_int_equal(demand.state, READING_KNOWN);
	assert_near(demand.units, 1.5);
	assert_near(demand.utilisation, 0.5);
	assert_near(demand.load, 0.5);
	assert_int_equal(demand.replicas, 3);
	assert_false(demand.saturated);
	assert_true(demand.usable_up);
	assert_true(demand.usable_down);
}

static void a_saturated_replica_counts_at_once_with_the_gain(void **state)
{
	const struct demand_input inputs[] = { { reading_known(0.4), reading_known(1), false },
		known(0.5) };
	struct demand demand = demand_sum(inputs, 2, true);

	(void)state;
	assert_true(demand.saturated);
	assert_near(demand.units, 1.5 + 0.5);
	assert_near(demand.load, 1);
	assert_near(demand.utilisation, 0.75);
	assert_int_equal(demand.state, READING_KNOWN);
}

static void saturation_begins_above_its_limit(void **state)
{
	const struct demand_input at = known(DEMAND_SATURATION);
	const struct demand_input above = known(DEMAND_SATURATION + 0.001);

	(void)state;
	assert_false(demand_sum(&at, 1, true).saturated);
	assert_true(demand_sum(&above, 1, true).saturated);
}

static void a_busy_mean_without_a_busy_newest_sample_has_no_gain(void **state)
{
	const struct demand_input input = { reading_known(0.99), reading_known(0.6), false };
	struct demand demand = demand_sum(&input, 1, true);

	(void)state;
	assert_false(demand.saturated);
	assert_near(demand.units, 0.99);
}

static void memory_is_never_censored(void **state)
{
	const struct demand_input input = { reading_known(0.9), reading_known(1), false };
	struct demand demand = demand_sum(&input, 1, false);

	(void)state;
	assert_false(demand.saturated);
	assert_near(demand.units, 0.9);
}

static void a_saturated_newest_sample_needs_no_mean(void **state)
{
	const struct demand_input input = { reading_unknown(), reading_known(1), false };
	struct demand demand = demand_sum(&input, 1, true);

	(void)state;
	assert_int_equal(demand.state, READING_KNOWN);
	assert_near(demand.units, 1.5);
}

static void replicas_without_reading_count_like_the_mean_of_the_others(void **state)
{
	const struct demand_input inputs[] = { known(0.6), unknown(), known(0.8), unknown() };
	struct demand demand = demand_sum(inputs, 4, true);

	(void)state;
	assert_int_equal(demand.state, READING_UNKNOWN);
	assert_near(demand.units, 2.8);
	assert_near(demand.utilisation, 0.7);
	assert_true(demand.usable_up);
	assert_false(demand.usable_down);
}

static void fewer_than_half_give_nothing(void **state)
{
	const struct demand_input inputs[] = { known(0.6), unknown(), unknown() };
	struct demand demand = demand_sum(inputs, 3, true);

	(void)state;
	assert_int_equal(demand.state, READING_UNKNOWN);
	assert_near(demand.units, 0);
	assert_false(demand.usable_up);
	assert_false(demand.usable_down);
}

static void a_metric_that_no_replica_supports_is_unsupported(void **state)
{
	const struct demand_input inputs[] = { unsupported(), unsupported() };
	struct demand demand = demand_sum(inputs, 2, false);

	(void)state;
	assert_int_equal(demand.state, READING_UNSUPPORTED);
	assert_false(demand.usable_up);
	assert_false(demand.usable_down);
}

static void one_replica_without_the_controller_is_one_without_reading(void **state)
{
	const struct demand_input some[] = { unsupported(), known(0.5) };
	const struct demand_input none[] = { unsupported(), unknown() };
	struct demand demand = demand_sum(some, 2, false);

	(void)state;
	assert_int_equal(demand.state, READING_UNKNOWN);
	assert_true(demand.usable_up);
	assert_false(demand.usable_down);
	assert_near(demand.units, 1);
	assert_int_equal(demand_sum(none, 2, false).state, READING_UNKNOWN);
}

static void without_replicas_nothing_is_known(void **state)
{
	struct demand demand = demand_sum(NULL, 0, true);

	(void)state;
	assert_int_equal(demand.state, READING_UNKNOWN);
	assert_false(demand.usable_up);
	assert_false(demand.usable_down);
	assert_near(demand.units, 0);
}

static void a_value_that_is_no_number_is_no_reading(void **state)
{
	const struct demand_input inputs[] = { known(NAN), known(INFINITY), known(-1), known(0.5),
		known(0.5), known(0.5) };
	struct demand demand = demand_sum(inputs, 6, true);

	(void)state;
	assert_near(demand.units, 3);
	assert_false(demand.usable_down);
	assert_false(demand.saturated);
}

/* It took over some of the load, and nobody has seen yet how much. */
static void a_fresh_replica_counts_upwards_for_nothing_and_forbids_to_go_down(void **state)
{
	const struct demand_input fresh = { reading_unknown(), reading_unknown(), true };
	const struct demand_input inputs[] = { known(0.5), fresh, fresh, fresh };
	struct demand demand = demand_sum(inputs, 4, true);

	(void)state;
	assert_near(demand.units, 0.5);
	assert_int_equal(demand.replicas, 1);
	assert_int_equal(demand.state, READING_KNOWN);
	assert_true(demand.usable_up);
	assert_false(demand.usable_down);
}

/* The reason for replica units: they do not move when a replica comes. */
static void another_replica_does_not_change_the_demand(void **state)
{
	const struct demand_input two[] = { known(0.6), known(0.6) };
	const struct demand_input three[] = { known(0.4), known(0.4), known(0.4) };

	(void)state;
	assert_near(demand_sum(two, 2, true).units, demand_sum(three, 3, true).units);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_the_sum_of_what_replicas_use),
		cmocka_unit_test(a_saturated_replica_counts_at_once_with_the_gain),
		cmocka_unit_test(saturation_begins_above_its_limit),
		cmocka_unit_test(a_busy_mean_without_a_busy_newest_sample_has_no_gain),
		cmocka_unit_test(memory_is_never_censored),
		cmocka_unit_test(a_saturated_newest_sample_needs_no_mean),
		cmocka_unit_test(replicas_without_reading_count_like_the_mean_of_the_others),
		cmocka_unit_test(fewer_than_half_give_nothing),
		cmocka_unit_test(a_metric_that_no_replica_supports_is_unsupported),
		cmocka_unit_test(one_replica_without_the_controller_is_one_without_reading),
		cmocka_unit_test(without_replicas_nothing_is_known),
		cmocka_unit_test(a_fresh_replica_counts_upwards_for_nothing_and_forbids_to_go_down),
		cmocka_unit_test(a_value_that_is_no_number_is_no_reading),
		cmocka_unit_test(another_replica_does_not_change_the_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
