/* Target tracking: the wish, its tolerance, its stabilisation, and what several metrics agree on. */
#include "unit/core/policy_lab.h"

static void the_wish_is_demand_over_target_rounded_up(void **state)
{
	static const struct {
		double units;
		unsigned count;
	} rows[] = { { 0, 1 }, { 0.1, 1 }, { 0.8, 1 }, { 0.82, 2 }, { 1.6, 2 }, { 2.41, 4 },
		{ 4, 5 }, { 7.3, 10 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab = lab_make(&policy_target);

		lab_begin(&lab, 3);
		lab.settings.tolerance = 0;
		assert_int_equal(lab_tick_cpu(&lab, rows[i].units), rows[i].count);
	}
}

static void rounding_errors_ask_for_no_replica(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.tolerance = 0;
	lab.settings.metric[METRIC_CPU].target = 0.7;
	lab_begin(&lab, 3);
	assert_int_equal(lab_tick_cpu(&lab, 0.7 + 0.7 + 0.7), 3);
	assert_int_equal(lab_tick_cpu(&lab, 3 * 0.7 + 1e-12), 3);
}

static void the_decision_says_what_was_compared(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab_begin(&lab, 2);
	lab_tick_cpu(&lab, 1.9);
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_int_equal(lab.decision.limit, REASON_NONE);
	assert_int_equal(lab.decision.metric, METRIC_CPU);
	assert_near(lab.decision.value, 0.95);
	assert_near(lab.decision.threshold, 0.8);
	assert_near(lab.decision.units, 1.9);
	assert_int_equal(lab.decision.wish, 3);
	lab_tick_cpu(&lab, 1.9);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	lab_tick_cpu(&lab, 1.2);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
	assert_int_equal(lab.decision.from, 3);
	assert_int_equal(lab.decision.count, 2);
}

static void within_the_tolerance_nothing_changes(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.tolerance = 0.1;
	lab_begin(&lab, 4);
	assert_int_equal(lab_tick_cpu(&lab, 4 * 0.8 * 1.099), 4);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	assert_int_equal(lab_tick_cpu(&lab, 4 * 0.8 * 1.11), 5);
	lab.settings.max = 200;
	lab_begin(&lab, 100);
	assert_int_equal(lab_tick_cpu(&lab, 100 * 0.8 * 0.91), 100);
	assert_int_equal(lab_tick_cpu(&lab, 100 * 0.8 * 0.89), 89);
}

static void starting_replicas_are_not_asked_for_twice(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab_begin(&lab, 1);
	assert_int_equal(lab_tick_cpu(&lab, 1.5), 2);
	/* One serves and is saturated still, the other one starts. */
	for (int i = 0; i < 20; i++) {
		lab.input.demand[METRIC_CPU] = lab_demand(1.5, 1);
		lab.input.demand[METRIC_CPU].saturated = true;
		lab.input.demand[METRIC_CPU].utilisation = 1;
		assert_int_equal(lab_tick(&lab), 2);
	}
}

static void a_saturated_service_wants_one_more_than_serves(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].target = 0.94;
	lab.settings.tolerance = 0.6; /* which would hold the count otherwise */
	lab_begin(&lab, 2);
	lab.input.demand[METRIC_CPU] = lab_demand(2.4, 2);
	lab.input.demand[METRIC_CPU].saturated = true;
	lab.input.demand[METRIC_CPU].utilisation = 0.97;
	assert_int_equal(lab_tick(&lab), 3);
}

/* An endless loop in one of them must not drive the service to its max. */
static void one_stuck_replica_among_idle_ones_is_not_fed(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab_begin(&lab, 2);
	for (int i = 0; i < 100; i++) {
		double units = DEMAND_SATURATION_GAIN + 0.2;

		lab.input.demand[METRIC_CPU] = lab_demand(units, lab.input.count);
		lab.input.demand[METRIC_CPU].saturated = true;
		lab.input.demand[METRIC_CPU].utilisation = 1.2 / lab.input.count;
		lab_tick(&lab);
	}
	assert_int_equal(lab.input.count, 3);
}

static void downwards_the_largest_wish_of_the_window_counts(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, MINUTE); /* 4 replicas */
	lab_tick_cpu_for(&lab, 1.5, 30 * SECOND); /* 2 */
	lab_tick_cpu_for(&lab, 0.5, 29 * SECOND); /* 1 */
	assert_int_equal(lab.input.count, 4);
	assert_int_equal(lab.decision.reason, REASON_STABILIZING);
	assert_int_equal(lab.decision.wish, 4);
	assert_int_equal(lab_tick_cpu(&lab, 0.5), 2); /* a minute since the last wish for 4 */
	lab_tick_cpu_for(&lab, 0.5, 29 * SECOND);
	assert_int_equal(lab.input.count, 2);
	lab_tick_cpu_for(&lab, 0.5, 2 * SECOND);
	assert_int_equal(lab.input.count, 1);
}

static void nothing_goes_down_before_the_window_is_filled(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 0.5, MINUTE);
	assert_int_equal(lab.input.count, 4);
	assert_int_equal(lab.decision.reason, REASON_SHORT_HISTORY);
	assert_int_equal(lab_tick_cpu(&lab, 0.5), 1);
}

static void a_window_that_was_blind_for_most_of_it_is_not_filled(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, 2 * MINUTE);
	for (int i = 0; i < 58; i++) {
		lab.input.demand[METRIC_CPU] = lab_unknown(4);
		assert_int_equal(lab_tick(&lab), 4);
		assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	}
	lab_tick_cpu_for(&lab, 0.5, 29 * SECOND);
	assert_int_equal(lab.input.count, 4);
	lab_tick_cpu_for(&lab, 0.5, 3 * SECOND);
	assert_int_equal(lab.input.count, 1);
}

static void time_that_nobody_asked_about_does_not_fill_the_window(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, 2 * MINUTE);
	lab.input.now += 10 * MINUTE; /* paused */
	lab_tick_cpu_for(&lab, 0.5, MINUTE);
	assert_int_equal(lab.input.count, 4);
	assert_int_equal(lab.decision.reason, REASON_SHORT_HISTORY);
	assert_int_equal(lab_tick_cpu(&lab, 0.5), 1);
}

static void upwards_the_smallest_wish_of_the_window_counts(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_up = 10 * SECOND;
	lab_begin(&lab, 2);
	lab_tick_cpu_for(&lab, 1.5, 20 * SECOND);
	lab_tick_cpu_for(&lab, 6, 5 * SECOND);
	lab_tick_cpu_for(&lab, 2.3, 4 * SECOND);
	assert_int_equal(lab.input.count, 2);
	assert_int_equal(lab.decision.reason, REASON_STABILIZING_UP);
	assert_int_equal(lab_tick_cpu(&lab, 6), 3);
}

static void a_dip_within_the_window_upwards_starts_the_wait_again(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_up = 10 * SECOND;
	lab_begin(&lab, 2);
	lab_tick_cpu_for(&lab, 1.5, 20 * SECOND);
	for (int i = 0; i < 10; i++) {
		lab_tick_cpu_for(&lab, 6, 9 * SECOND);
		lab_tick_cpu(&lab, 1.5);
		assert_int_equal(lab.input.count, 2);
	}
}

static void hours_of_stabilisation_work_like_minutes(void **state)
{
	struct lab lab = lab_make(&policy_target);
	usec_t waited = 0;

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = 180 * MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, 200 * MINUTE);
	while (lab_tick_cpu(&lab, 0.5) == 4)
		waited += SECOND;
	/* A slot of the window, at most 1/63 of it, may be waited for besides. */
	assert_in_range(waited / SECOND, 179 * 60, 183 * 60);
	assert_int_equal(lab.input.count, 1);
}

static void a_longer_window_after_a_reload_is_filled_again(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = 10 * SECOND;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, 5 * MINUTE);
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_tick_cpu_for(&lab, 0.5, 50 * SECOND);
	assert_int_equal(lab.input.count, 4);
	lab_tick_cpu_for(&lab, 0.5, 12 * SECOND);
	assert_int_equal(lab.input.count, 1);
}

static void a_state_that_is_moved_remembers(void **state)
{
	struct lab lab = lab_make(&policy_target);
	struct lab moved;

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	lab_begin(&lab, 4);
	lab_tick_cpu_for(&lab, 3.1, 2 * MINUTE);
	moved = lab;
	memset(&lab, 0xFF, sizeof(lab));
	lab_tick_cpu_for(&moved, 0.5, 59 * SECOND);
	assert_int_equal(moved.input.count, 4);
	lab_tick_cpu_for(&moved, 0.5, 2 * SECOND);
	assert_int_equal(moved.input.count, 1);
}

static struct lab two_metrics(void)
{
	struct lab lab = lab_make(&policy_target);

	lab.settings.metric[METRIC_MEMORY].enabled = true;
	lab_begin(&lab, 4);
	return lab;
}

static unsigned tick_both(struct lab *lab, struct demand cpu, struct demand memory)
{
	lab->input.demand[METRIC_CPU] = cpu;
	lab->input.demand[METRIC_MEMORY] = memory;
	return lab_tick(lab);
}

static void the_largest_metric_wins_upwards(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_demand(4.2, 4)), 6);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_near(lab.decision.units, 4.2);
}

static void all_metrics_must_agree_downwards(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_demand(3.1, 4)), 4);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_demand(2.3, 4)), 3);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
}

static void a_metric_that_may_not_scale_down_only_agrees(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	lab.settings.metric[METRIC_MEMORY].scale_down = false;
	assert_int_equal(tick_both(&lab, lab_demand(3.1, 4), lab_demand(0.5, 4)), 4);
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_demand(1.5, 4)), 2);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
}

static void metrics_that_may_not_scale_down_never_do_alone(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	lab.settings.metric[METRIC_MEMORY].scale_down = false;
	assert_int_equal(tick_both(&lab, lab_unsupported(4), lab_demand(0.5, 4)), 4);
	assert_int_equal(lab.decision.reason, REASON_WITHIN);
	assert_int_equal(tick_both(&lab, lab_unsupported(4), lab_demand(3.3, 4)), 5);
}

static void without_a_reading_the_count_holds(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	assert_int_equal(tick_both(&lab, lab_unknown(4), lab_unknown(4)), 4);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_unknown(4)), 4);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
	assert_int_equal(tick_both(&lab, lab_unsupported(4), lab_unsupported(4)), 4);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
}

static void a_metric_without_reading_does_not_keep_another_from_going_up(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	assert_int_equal(tick_both(&lab, lab_demand(3.7, 4), lab_unknown(4)), 5);
	assert_int_equal(lab.decision.metric, METRIC_CPU);
}

static void an_unsupported_metric_is_left_out(void **state)
{
	struct lab lab = two_metrics();

	(void)state;
	assert_int_equal(tick_both(&lab, lab_demand(0.5, 4), lab_unsupported(4)), 1);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
}

static void partial_readings_go_up_and_never_down(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab_begin(&lab, 4);
	lab.input.demand[METRIC_CPU] = lab_partial(3.7, 4);
	assert_int_equal(lab_tick(&lab), 5);
	for (int i = 0; i < 300; i++) {
		lab.input.demand[METRIC_CPU] = lab_partial(0.5, 5);
		assert_int_equal(lab_tick(&lab), 5);
		assert_int_equal(lab.decision.reason, REASON_PARTIAL);
	}
}

static void a_wish_never_leaves_its_range(void **state)
{
	static const double units[] = { 1e300, INFINITY, 1e12 };

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct lab lab = lab_make(&policy_target);

		lab_begin(&lab, 2);
		assert_int_equal(lab_tick_cpu(&lab, units[i]), 10);
		assert_int_equal(lab.decision.limit, REASON_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wish_is_demand_over_target_rounded_up),
		cmocka_unit_test(rounding_errors_ask_for_no_replica),
		cmocka_unit_test(the_decision_says_what_was_compared),
		cmocka_unit_test(within_the_tolerance_nothing_changes),
		cmocka_unit_test(starting_replicas_are_not_asked_for_twice),
		cmocka_unit_test(a_saturated_service_wants_one_more_than_serves),
		cmocka_unit_test(one_stuck_replica_among_idle_ones_is_not_fed),
		cmocka_unit_test(downwards_the_largest_wish_of_the_window_counts),
		cmocka_unit_test(nothing_goes_down_before_the_window_is_filled),
		cmocka_unit_test(a_window_that_was_blind_for_most_of_it_is_not_filled),
		cmocka_unit_test(time_that_nobody_asked_about_does_not_fill_the_window),
		cmocka_unit_test(upwards_the_smallest_wish_of_the_window_counts),
		cmocka_unit_test(a_dip_within_the_window_upwards_starts_the_wait_again),
		cmocka_unit_test(hours_of_stabilisation_work_like_minutes),
		cmocka_unit_test(a_longer_window_after_a_reload_is_filled_again),
		cmocka_unit_test(a_state_that_is_moved_remembers),
		cmocka_unit_test(the_largest_metric_wins_upwards),
		cmocka_unit_test(all_metrics_must_agree_downwards),
		cmocka_unit_test(a_metric_that_may_not_scale_down_only_agrees),
		cmocka_unit_test(metrics_that_may_not_scale_down_never_do_alone),
		cmocka_unit_test(without_a_reading_the_count_holds),
		cmocka_unit_test(a_metric_without_reading_does_not_keep_another_from_going_up),
		cmocka_unit_test(an_unsupported_metric_is_left_out),
		cmocka_unit_test(partial_readings_go_up_and_never_down),
		cmocka_unit_test(a_wish_never_leaves_its_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
