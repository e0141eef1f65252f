/* The classic: over any upper threshold up, under every lower one down, then quiet. */
#include "unit/core/policy_lab.h"

static struct lab classic(usec_t cooldown)
{
	struct lab lab = lab_make(&policy_threshold);

	lab.settings.metric[METRIC_MEMORY].enabled = true;
	lab.settings.cooldown = cooldown;
	lab_begin(&lab, 4);
	return lab;
}

/* Loads of a replica, over all of them. */
static unsigned tick(struct lab *lab, double cpu, double memory)
{
	size_t n = lab->input.count;

	lab->input.demand[METRIC_CPU] = lab_demand(cpu * (double)n, n);
	lab->input.demand[METRIC_MEMORY] = lab_demand(memory * (double)n, n);
	return lab_tick(lab);
}

static void any_metric_over_its_threshold_goes_up_by_the_amount(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	assert_int_equal(tick(&lab, 0.81, 0.1), 5);
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_int_equal(lab.decision.metric, METRIC_CPU);
	assert_near(lab.decision.value, 0.81);
	assert_near(lab.decision.threshold, 0.8);
	lab.settings.scale_up_amount = 3;
	assert_int_equal(tick(&lab, 0.1, 0.9), 8);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
}

static void all_metrics_under_their_threshold_go_down_by_the_amount(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	assert_int_equal(tick(&lab, 0.1, 0.69), 3);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
	assert_near(lab.decision.value, 0.69);
	assert_near(lab.decision.threshold, 0.7);
	lab.settings.scale_down_amount = 2;
	assert_int_equal(tick(&lab, 0.1, 0.1), 1);
}

static void between_the_thresholds_the_count_holds(void **state)
{
	static const double loads[][2] = { { 0.75, 0.1 }, { 0.1, 0.75 }, { 0.8, 0.7 },
		{ 0.7, 0.1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		struct lab lab = classic(0);

		assert_int_equal(tick(&lab, loads[i][0], loads[i][1]), 4);
		assert_int_equal(lab.decision.reason, REASON_WITHIN);
		assert_int_equal(lab.decision.limit, REASON_NONE);
	}
}

static void saturation_counts_with_its_gain(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.settings.metric[METRIC_CPU].high = 0.98;
	lab.input.demand[METRIC_CPU] = lab_demand(4 * 1.45, 4);
	lab.input.demand[METRIC_CPU].saturated = true;
	lab.input.demand[METRIC_CPU].utilisation = 0.97;
	lab.input.demand[METRIC_MEMORY] = lab_demand(1, 4);
	assert_int_equal(lab_tick(&lab), 5);
}

static void after_a_change_it_is_quiet_for_the_cooldown(void **state)
{
	struct lab lab = classic(300 * SECOND);

	(void)state;
	assert_int_equal(tick(&lab, 0.9, 0.1), 5);
	for (int i = 0; i < 299; i++) {
		assert_int_equal(tick(&lab, i % 2 ? 0.9 : 0.1, 0.1), 5);
		assert_int_equal(lab.decision.limit, REASON_COOLDOWN);
		assert_int_equal(lab.decision.wish, i % 2 ? 6 : 4);
	}
	assert_int_equal(tick(&lab, 0.9, 0.1), 6);
}

static void the_cooldown_holds_when_the_direction_turns_too(void **state)
{
	struct lab lab = classic(60 * SECOND);

	(void)state;
	assert_int_equal(tick(&lab, 0.1, 0.1), 3);
	for (int i = 0; i < 59; i++)
		assert_int_equal(tick(&lab, 0.9, 0.9), 3);
	assert_int_equal(tick(&lab, 0.9, 0.9), 4);
}

static void within_its_thresholds_no_cooldown_is_told(void **state)
{
	struct lab lab = classic(300 * SECOND);

	(void)state;
	tick(&lab, 0.9, 0.1);
	tick(&lab, 0.75, 0.1);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	assert_int_equal(lab.decision.limit, REASON_NONE);
}

static void without_a_reading_it_holds(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.input.demand[METRIC_CPU] = lab_unknown(4);
	lab.input.demand[METRIC_MEMORY] = lab_demand(0.4, 4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	assert_int_equal(lab.decision.metric, METRIC_CPU);
	lab.input.demand[METRIC_MEMORY] = lab_demand(3.9, 4);
	assert_int_equal(lab_tick(&lab), 5);
}

static void partial_readings_do_not_go_down(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.input.demand[METRIC_CPU] = lab_partial(0.4, 4);
	lab.input.demand[METRIC_MEMORY] = lab_demand(0.4, 4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.reason, REASON_PARTIAL);
	lab.input.demand[METRIC_CPU] = lab_partial(3.9, 4);
	assert_int_equal(lab_tick(&lab), 5);
}

static void unsupported_metrics_are_left_out(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.input.demand[METRIC_CPU] = lab_demand(0.4, 4);
	lab.input.demand[METRIC_MEMORY] = lab_unsupported(4);
	assert_int_equal(lab_tick(&lab), 3);
	lab.input.demand[METRIC_CPU] = lab_unsupported(3);
	assert_int_equal(lab_tick(&lab), 3);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
}

static void metrics_that_may_not_scale_down_never_do_alone(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.settings.metric[METRIC_MEMORY].scale_down = false;
	assert_int_equal(tick(&lab, 0.1, 0.1), 3);
	lab.settings.metric[METRIC_CPU].enabled = false;
	assert_int_equal(tick(&lab, 0.1, 0.1), 3);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	assert_int_equal(tick(&lab, 0.1, 0.9), 4);
}

static void it_never_wishes_for_no_replica(void **state)
{
	struct lab lab = classic(0);

	(void)state;
	lab.settings.min = 0;
	lab.settings.scale_down_amount = 4;
	assert_int_equal(tick(&lab, 0.1, 0.1), 1);
	assert_int_equal(tick(&lab, 0.1, 0.1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_metric_over_its_threshold_goes_up_by_the_amount),
		cmocka_unit_test(all_metrics_under_their_threshold_go_down_by_the_amount),
		cmocka_unit_test(between_the_thresholds_the_count_holds),
		cmocka_unit_test(saturation_counts_with_its_gain),
		cmocka_unit_test(after_a_change_it_is_quiet_for_the_cooldown),
		cmocka_unit_test(the_cooldown_holds_when_the_direction_turns_too),
		cmocka_unit_test(within_its_thresholds_no_cooldown_is_told),
		cmocka_unit_test(without_a_reading_it_holds),
		cmocka_unit_test(partial_readings_do_not_go_down),
		cmocka_unit_test(unsupported_metrics_are_left_out),
		cmocka_unit_test(metrics_that_may_not_scale_down_never_do_alone),
		cmocka_unit_test(it_never_wishes_for_no_replica),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
