/* The self-tuning policy among the others: what it does with unknown readings, and beside memory. */
#include "unit/core/policy_lab.h"

#include <dockscale/base/mem.h>

static struct lab begin(void)
{
	struct lab lab = lab_make(&policy_auto);

	lab.settings.self_tuning = (struct auto_settings){ .target = 0.8,
		.caution = 20,
		.change_price = 40,
		.glance = 12,
		.min = lab.settings.min,
		.max = lab.settings.max };
	return lab;
}

/* With the memory that it learns in; free it. */
static struct auto_policy *start(struct lab *lab, unsigned count)
{
	struct auto_policy *learning = mem_zero(1, auto_size());

	auto_init(learning);
	lab_begin(lab, count);
	lab->input.self_tuning = learning;
	lab->input.startup = 10 * SECOND;
	return learning;
}

static void the_count_is_held_until_a_period_was_seen(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = start(&lab, 4);

	(void)state;
	assert_non_null(learning);
	for (int i = 0; i < 5; i++)
		assert_int_equal(lab_tick_cpu(&lab, 0.1), 4);
	assert_int_equal(lab.decision.reason, REASON_LEARNING);
	(void)lab_tick_cpu(&lab, 0.1);
	assert_int_equal(lab.decision.reason, REASON_EXPECTED);
}

static void a_full_service_need_not_wait_for_a_period(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = start(&lab, 2);

	(void)state;
	assert_non_null(learning);
	lab.input.demand[METRIC_CPU] = lab_demand(2 * DEMAND_SATURATION_GAIN, 2);
	lab.input.demand[METRIC_CPU].utilisation = 1;
	lab.input.demand[METRIC_CPU].saturated = true;
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_int_equal(lab_tick_cpu(&lab, 1), 4); /* and nothing goes down yet */
}

static void demand_decides(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = start(&lab, 1);

	(void)state;
	assert_non_null(learning);
	lab_tick_cpu_for(&lab, 0.7, 5 * MINUTE);
	assert_int_equal(lab.input.count, 1);
	lab_tick_cpu_for(&lab, 4.3, 5 * MINUTE);
	assert_in_range(lab.input.count, 6, 7);
	lab_tick_cpu_for(&lab, 0.3, 20 * MINUTE);
	assert_in_range(lab.input.count, 1, 2);
}

static void without_a_reading_the_count_is_held(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = start(&lab, 6);

	(void)state;
	assert_non_null(learning);
	lab_tick_cpu_for(&lab, 4.3, 5 * MINUTE);
	for (int i = 0; i < 600; i++) {
		lab.input.demand[METRIC_CPU] = lab_unknown(lab.input.count);
		(void)lab_tick(&lab);
		assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	}
	assert_in_range(lab.input.count, 6, 7);
}

static void memory_has_the_last_word_where_it_wants_more(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = NULL;

	(void)state;
	lab.settings.metric[METRIC_MEMORY].enabled = true;
	learning = start(&lab, 2);
	assert_non_null(learning);
	for (int i = 0; i < 60; i++) {
		lab.input.demand[METRIC_MEMORY] = lab_demand(3.9, lab.input.count);
		(void)lab_tick_cpu(&lab, 0.2);
	}
	assert_int_equal(lab.input.count, 5);
	assert_int_equal(lab.decision.metric, METRIC_MEMORY);
}

static void memory_that_is_not_read_keeps_it_from_going_down(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = NULL;

	(void)state;
	lab.settings.metric[METRIC_MEMORY].enabled = true;
	learning = start(&lab, 5);
	assert_non_null(learning);
	for (int i = 0; i < 1200; i++) {
		lab.input.demand[METRIC_MEMORY] = lab_unknown(lab.input.count);
		(void)lab_tick_cpu(&lab, 0.2);
	}
	assert_int_equal(lab.input.count, 5);
}

static void a_persons_word_is_not_undone_in_the_next_second(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = NULL;

	(void)state;
	lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	learning = start(&lab, 1);
	assert_non_null(learning);
	lab_tick_cpu_for(&lab, 0.5, 20 * MINUTE);
	assert_int_equal(lab.input.count, 1);
	lab.input.count = 4; /* by hand: the policy's past ends */
	policy_state_init(&lab.state, &lab.settings);
	lab_tick_cpu_for(&lab, 0.5, 55 * SECOND);
	assert_int_equal(lab.input.count, 4);
	assert_int_equal(lab.decision.reason, REASON_SHORT_HISTORY);
	lab_tick_cpu_for(&lab, 0.5, MINUTE);
	assert_int_equal(lab.input.count, 1);
}

static void max_and_min_hold(void **state)
{
	struct lab lab = begin();
	cleanup_free struct auto_policy *learning = NULL;

	(void)state;
	lab.settings.min = lab.settings.self_tuning.min = 2;
	lab.settings.max = lab.settings.self_tuning.max = 3;
	learning = start(&lab, 2);
	assert_non_null(learning);
	lab_tick_cpu_for(&lab, 2, 5 * MINUTE);
	assert_int_equal(lab.input.count, 3);
	lab_tick_cpu_for(&lab, 0.01, 20 * MINUTE);
	assert_int_equal(lab.input.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_count_is_held_until_a_period_was_seen),
		cmocka_unit_test(a_full_service_need_not_wait_for_a_period),
		cmocka_unit_test(demand_decides),
		cmocka_unit_test(without_a_reading_the_count_is_held),
		cmocka_unit_test(memory_has_the_last_word_where_it_wants_more),
		cmocka_unit_test(memory_that_is_not_read_keeps_it_from_going_down),
		cmocka_unit_test(a_persons_word_is_not_undone_in_the_next_second),
		cmocka_unit_test(max_and_min_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
