/* How often a service may turn downwards, and what is done without readings of a metric. */
#include "unit/core/policy_lab.h"

#define HOUR (60 * MINUTE)

/* Up to four replicas and down to two again, a minute each. */
static unsigned swing(struct lab *lab)
{
	lab_tick_cpu_for(lab, 3.1, MINUTE);
	lab_tick_cpu_for(lab, 1.5, MINUTE);
	return lab->input.count;
}

static struct lab flapping(unsigned budget)
{
	struct lab lab = lab_make(&policy_target);

	lab.settings.flap_budget = budget;
	lab_begin(&lab, 2);
	return lab;
}

static void turns_within_the_budget_are_free(void **state)
{
	struct lab lab = flapping(3);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(swing(&lab), 2);
	assert_int_equal(lab.decision.limit, REASON_NONE);
}

static void then_the_service_stays_up_until_an_hour_is_over(void **state)
{
	struct lab lab = flapping(3);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		(void)swing(&lab);
	assert_int_equal(swing(&lab), 4);
	assert_int_equal(lab.decision.limit, REASON_FLAPS);
	assert_int_equal(lab.decision.wish, 2);
	lab_tick_cpu_for(&lab, 1.5, HOUR - 8 * MINUTE);
	assert_int_equal(lab.input.count, 4);
	lab_tick_cpu_for(&lab, 1.5, 4 * MINUTE);
	assert_int_equal(lab.input.count, 2);
}

static void upwards_nothing_is_held(void **state)
{
	struct lab lab = flapping(1);

	(void)state;
	(void)swing(&lab);
	assert_int_equal(swing(&lab), 4);
	assert_int_equal(lab_tick_cpu(&lab, 6), 8);
}

static void further_down_nothing_is_held(void **state)
{
	struct lab lab = flapping(1);

	(void)state;
	lab_begin(&lab, 8);
	lab.settings.max_step_down = 1;
	lab.settings.metric[METRIC_CPU].stabilization_down = 0;
	lab_tick_cpu_for(&lab, 6.2, MINUTE);
	(void)lab_tick_cpu(&lab, 6.6); /* up */
	assert_int_equal(lab.input.count, 9);
	lab_tick_cpu_for(&lab, 1.5, MINUTE); /* one turn, many steps */
	assert_int_equal(lab.input.count, 2);
}

static void without_a_budget_there_is_no_end_to_it(void **state)
{
	struct lab lab = flapping(0);

	(void)state;
	for (unsigned i = 0; i < 3 * FLAPS_MAX; i++)
		assert_int_equal(swing(&lab), 2);
}

static void the_bounds_hold_over_the_budget(void **state)
{
	struct lab lab = flapping(1);

	(void)state;
	(void)swing(&lab);
	assert_int_equal(swing(&lab), 4);
	lab.settings.max = 3;
	assert_int_equal(lab_tick_cpu(&lab, 1.5), 3);
	assert_int_equal(lab.decision.limit, REASON_MAX);
}

/* Two replicas of CPU load, of which nothing is read any more. */
static struct lab blinded(const struct policy *policy, struct missing_rule rule)
{
	struct lab lab = lab_make(policy);

	lab.settings.metric[METRIC_CPU].missing = rule;
	lab_begin(&lab, 3);
	lab_tick_cpu_for(&lab, 2.2, MINUTE);
	assert_int_equal(lab.input.count, 3);
	lab.input.demand[METRIC_CPU] = lab_unknown(3);
	return lab;
}

static void lab_tick_for(struct lab *lab, usec_t duration)
{
	for (usec_t t = 0; t < duration; t += SECOND)
		(void)lab_tick(lab);
}

static void the_count_is_held_unless_something_else_is_said(void **state)
{
	struct lab lab = blinded(&policy_target, (struct missing_rule){ MISSING_HOLD, 0 });

	(void)state;
	lab_tick_for(&lab, HOUR);
	assert_int_equal(lab.input.count, 3);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
}

static void after_a_while_there_are_as_many_as_are_said(void **state)
{
	struct lab lab = blinded(&policy_threshold, (struct missing_rule){ MISSING_COUNT, 5 });

	(void)state;
	lab_tick_for(&lab, MISSING_PATIENCE);
	assert_int_equal(lab.input.count, 3);
	lab_tick_for(&lab, 2 * SECOND);
	assert_int_equal(lab.input.count, 5);
	lab_tick_for(&lab, MINUTE);
	assert_int_equal(lab.input.count, 5);
}

static void it_says_which_metric_is_missing(void **state)
{
	struct lab lab = blinded(&policy_target, (struct missing_rule){ MISSING_COUNT, 5 });

	(void)state;
	lab_tick_for(&lab, MISSING_PATIENCE);
	lab.input.count = 3;
	(void)lab_tick(&lab);
	assert_int_equal(lab.decision.count, 5);
	assert_int_equal(lab.decision.limit, REASON_MISSING);
	assert_int_equal(lab.decision.limit_metric, METRIC_CPU);
}

static void fewer_than_there_are_take_none_away(void **state)
{
	struct lab lab = blinded(&policy_target, (struct missing_rule){ MISSING_COUNT, 1 });

	(void)state;
	lab_tick_for(&lab, HOUR);
	assert_int_equal(lab.input.count, 3);
}

static void one_reading_begins_the_while_anew(void **state)
{
	struct lab lab = blinded(&policy_target, (struct missing_rule){ MISSING_COUNT, 5 });

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		lab_tick_for(&lab, MISSING_PATIENCE - SECOND);
		(void)lab_tick_cpu(&lab, 2.2);
		lab.input.demand[METRIC_CPU] = lab_unknown(3);
	}
	assert_int_equal(lab.input.count, 3);
}

static void where_nobody_serves_nothing_is_missing(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].missing = (struct missing_rule){ MISSING_COUNT, 5 };
	lab_begin(&lab, 1);
	lab.input.demand[METRIC_CPU] = lab_unknown(0);
	lab_tick_for(&lab, HOUR);
	assert_int_equal(lab.input.count, 1);
}

static void the_last_reading_may_be_a_reason_to_go_up(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].missing = (struct missing_rule){ MISSING_LAST, 0 };
	lab.settings.max_step_up = 1;
	lab_begin(&lab, 3);
	assert_int_equal(lab_tick_cpu(&lab, 4.5), 4);
	for (unsigned i = 0; i < 10; i++) {
		lab.input.demand[METRIC_CPU] = lab_unknown(lab.input.count);
		(void)lab_tick(&lab);
	}
	assert_int_equal(lab.input.count, 6);
	lab.settings.metric[METRIC_CPU].missing.what = MISSING_HOLD;
	lab_begin(&lab, 4);
	lab.input.demand[METRIC_CPU] = lab_unknown(4);
	assert_int_equal(lab_tick(&lab), 4);
}

static void the_last_reading_is_never_a_reason_to_go_down(void **state)
{
	static const struct policy *const policies[] = { &policy_target, &policy_threshold };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab lab = blinded(policies[i], (struct missing_rule){ MISSING_LAST, 0 });

		lab.state.last[METRIC_CPU] = lab_demand(0.1, 3);
		for (unsigned k = 0; k < 3600; k++) {
			lab.input.demand[METRIC_CPU] = lab_unknown(3);
			assert_int_equal(lab_tick(&lab), 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_within_the_budget_are_free),
		cmocka_unit_test(then_the_service_stays_up_until_an_hour_is_over),
		cmocka_unit_test(upwards_nothing_is_held),
		cmocka_unit_test(further_down_nothing_is_held),
		cmocka_unit_test(without_a_budget_there_is_no_end_to_it),
		cmocka_unit_test(the_bounds_hold_over_the_budget),
		cmocka_unit_test(the_count_is_held_unless_something_else_is_said),
		cmocka_unit_test(after_a_while_there_are_as_many_as_are_said),
		cmocka_unit_test(it_says_which_metric_is_missing),
		cmocka_unit_test(fewer_than_there_are_take_none_away),
		cmocka_unit_test(one_reading_begins_the_while_anew),
		cmocka_unit_test(where_nobody_serves_nothing_is_missing),
		cmocka_unit_test(the_last_reading_may_be_a_reason_to_go_up),
		cmocka_unit_test(the_last_reading_is_never_a_reason_to_go_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
