/* The limits that hold for every policy, and what must hold whatever comes in. */
#include "unit/core/policy_lab.h"

static void the_count_is_held_between_min_and_max(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.min = 2;
	lab.settings.max = 5;
	lab_begin(&lab, 3);
	assert_int_equal(lab_tick_cpu(&lab, 20), 5);
	assert_int_equal(lab.decision.limit, REASON_MAX);
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_int_equal(lab.decision.wish, 25);
	assert_int_equal(lab_tick_cpu(&lab, 0.1), 2);
	assert_int_equal(lab.decision.limit, REASON_MIN);
	assert_int_equal(lab.decision.reason, REASON_BELOW);
	assert_int_equal(lab.decision.wish, 1);
}

static void min_and_max_hold_without_readings(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.min = 2;
	lab.settings.max = 5;
	lab_begin(&lab, 0);
	lab.input.demand[METRIC_CPU] = lab_unknown(0);
	assert_int_equal(lab_tick(&lab), 2);
	assert_int_equal(lab.decision.reason, REASON_UNKNOWN);
	assert_int_equal(lab.decision.limit, REASON_MIN);
	lab.input.count = 9;
	assert_int_equal(lab_tick(&lab), 5);
	assert_int_equal(lab.decision.limit, REASON_MAX);
}

static void neither_steps_nor_cooldowns_keep_the_count_out_of_bounds(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.max_step_up = lab.settings.max_step_down = 1;
	lab.settings.cooldown_up = lab.settings.cooldown_down = MINUTE;
	lab_begin(&lab, 3);
	assert_int_equal(lab_tick_cpu(&lab, 8), 4);
	lab.settings.max = 2;
	assert_int_equal(lab_tick_cpu(&lab, 8), 2);
	lab.settings.min = lab.settings.max = 6;
	assert_int_equal(lab_tick_cpu(&lab, 0.1), 6);
}

static void max_wins_over_min(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.min = 4;
	lab.settings.max = 2;
	lab_begin(&lab, 3);
	assert_int_equal(lab_tick_cpu(&lab, 2.3), 2);
}

static void steps_are_limited_in_both_directions(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.max_step_up = 3;
	lab.settings.max_step_down = 2;
	lab_begin(&lab, 1);
	assert_int_equal(lab_tick_cpu(&lab, 6.3), 4);
	assert_int_equal(lab.decision.limit, REASON_STEP_UP);
	assert_int_equal(lab.decision.wish, 8);
	assert_int_equal(lab_tick_cpu(&lab, 6.3), 7);
	assert_int_equal(lab_tick_cpu(&lab, 6.3), 8);
	assert_int_equal(lab.decision.limit, REASON_NONE);
	assert_int_equal(lab_tick_cpu(&lab, 0.1), 6);
	assert_int_equal(lab.decision.limit, REASON_STEP_DOWN);
	assert_int_equal(lab.decision.wish, 1);
}

static void a_cooldown_up_counts_from_the_last_change_up(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.cooldown_up = 30 * SECOND;
	lab_begin(&lab, 1);
	assert_int_equal(lab_tick_cpu(&lab, 1.5), 2);
	for (int i = 0; i < 29; i++) {
		assert_int_equal(lab_tick_cpu(&lab, 3.1), 2);
		assert_int_equal(lab.decision.limit, REASON_COOLDOWN);
		assert_int_equal(lab.decision.wish, 4);
	}
	assert_int_equal(lab_tick_cpu(&lab, 3.1), 4);
}

static void a_cooldown_up_does_not_wait_after_a_step_down(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.cooldown_up = 30 * SECOND;
	lab_begin(&lab, 4);
	assert_int_equal(lab_tick_cpu(&lab, 1.5), 2);
	assert_int_equal(lab_tick_cpu(&lab, 3.1), 4);
}

static void a_cooldown_down_counts_from_any_change(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.cooldown_down = 30 * SECOND;
	lab_begin(&lab, 1);
	assert_int_equal(lab_tick_cpu(&lab, 3.1), 4);
	for (int i = 0; i < 29; i++) {
		assert_int_equal(lab_tick_cpu(&lab, 1.5), 4);
		assert_int_equal(lab.decision.limit, REASON_COOLDOWN);
	}
	assert_int_equal(lab_tick_cpu(&lab, 1.5), 2);
	for (int i = 0; i < 29; i++)
		assert_int_equal(lab_tick_cpu(&lab, 0.5), 2);
	assert_int_equal(lab_tick_cpu(&lab, 0.5), 1);
}

static void at_max_the_reason_is_max_and_not_the_cooldown(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.cooldown_up = MINUTE;
	lab.settings.max = 3;
	lab_begin(&lab, 2);
	assert_int_equal(lab_tick_cpu(&lab, 6), 3);
	assert_int_equal(lab_tick_cpu(&lab, 6), 3);
	assert_int_equal(lab.decision.limit, REASON_MAX);
}

static void what_changes_nothing_starts_no_cooldown(void **state)
{
	struct lab lab = lab_make(&policy_target);

	(void)state;
	lab.settings.cooldown_up = lab.settings.cooldown_down = MINUTE;
	lab_begin(&lab, 2);
	lab_tick_cpu_for(&lab, 1.5, 10 * SECOND);
	assert_true(lab.state.changed_at == USEC_NEVER);
	assert_int_equal(lab_tick_cpu(&lab, 3.1), 4);
	assert_true(lab.state.changed_at == lab.input.now);
	assert_int_equal(lab.state.changed_to, 1);
}

static struct decision always_one(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	(void)settings;
	(void)state;
	return (struct decision){ .count = 1, .wish = 1, .from = input->count };
}

static struct decision always_nine(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	(void)settings;
	(void)state;
	return (struct decision){ .count = 9, .wish = 9, .from = input->count };
}

static void no_policy_can_go_down_without_readings(void **state)
{
	static const struct policy reckless = { "reckless", always_one };
	struct lab lab = lab_make(&reckless);

	(void)state;
	lab_begin(&lab, 4);
	lab.input.demand[METRIC_CPU] = lab_unknown(4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.limit, REASON_UNKNOWN);
	assert_int_equal(lab.decision.wish, 1);
	lab.input.demand[METRIC_CPU] = lab_partial(0.1, 4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.limit, REASON_PARTIAL);
	lab.input.demand[METRIC_CPU] = lab_unsupported(4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab_tick_cpu(&lab, 0.1), 1);
}

static void no_policy_can_go_up_without_any_reading(void **state)
{
	static const struct policy reckless = { "reckless", always_nine };
	struct lab lab = lab_make(&reckless);

	(void)state;
	lab_begin(&lab, 4);
	lab.input.demand[METRIC_CPU] = lab_unknown(4);
	assert_int_equal(lab_tick(&lab), 4);
	assert_int_equal(lab.decision.limit, REASON_UNKNOWN);
	lab.input.demand[METRIC_CPU] = lab_partial(0.1, 4);
	assert_int_equal(lab_tick(&lab), 9);
}

/* Settings without a pattern, each of them one that a configuration may hold. */
static struct policy_settings random_settings(uint64_t *seed)
{
	struct policy_settings settings = {
		.tolerance = lab_random(seed) * 0.2,
		.scale_up_amount = 1 + lab_random_below(seed, 4),
		.scale_down_amount = 1 + lab_random_below(seed, 4),
		.cooldown = lab_random_below(seed, 20) * SECOND,
		.cooldown_up = lab_random_below(seed, 20) * SECOND,
		.cooldown_down = lab_random_below(seed, 20) * SECOND,
		.min = lab_random_below(seed, 5),
		.max_step_up = lab_random_below(seed, 4),
		.max_step_down = lab_random_below(seed, 4),
	};

	settings.max = settings.min + lab_random_below(seed, 12);
	for (enum metric m = METRIC_CPU; m < METRIC_COUNT; m++)
		settings.metric[m] = (struct metric_settings){
			.enabled = m == METRIC_CPU || lab_random(seed) < 0.5,
			.target = 0.3 + 0.6 * lab_random(seed),
			.high = 0.6 + 0.3 * lab_random(seed),
			.low = 0.6 * lab_random(seed),
			.scale_down = lab_random(seed) < 0.7,
			.stabilization_down = lab_random_below(seed, 30) * SECOND,
			.stabilization_up = lab_random_below(seed, 10) * SECOND,
		};
	return settings;
}

/* Demand through demand_sum(), with readings that fail, lack or saturate now and then. */
static struct demand random_demand(uint64_t *seed, unsigned ready)
{
	struct demand_input inputs[64];
	double level = lab_random(seed);
	double fault = lab_random(seed) < 0.6 ? 0 : lab_random(seed);

	for (unsigned i = 0; i < ready; i++) {
		inputs[i].fresh = lab_random(seed) < fault / 4;
		inputs[i].mean = inputs[i].latest =
			reading_known(fmin(1, 2 * level * lab_random(seed)));
		if (lab_random(seed) < fault)
			inputs[i].mean = inputs[i].latest = reading_unknown();
		if (fault > 0.97)
			inputs[i].mean = inputs[i].latest = reading_unsupported();
	}
	return demand_sum(inputs, ready, true);
}

static void assert_promises(const struct policy_settings *settings,
	const struct policy_input *input, const struct decision *decision)
{
	bool down = decision->count < input->count;
	bool up = decision->count > input->count;
	bool inside = input->count >= settings->min && input->count <= settings->max;

	assert_true(decision->count <= settings->max);
	assert_true(decision->count >= settings->min);
	assert_int_equal(decision->from, input->count);
	assert_true(decision->reason > REASON_NONE && decision->reason < REASON_COUNT);
	assert_true(decision->wish == decision->count || decision->limit != REASON_NONE);
	for (enum metric m = METRIC_CPU; m < METRIC_COUNT && down && inside; m++)
		if (settings->metric[m].enabled && input->demand[m].state != READING_UNSUPPORTED)
			assert_true(input->demand[m].usable_down);
	if (up && inside)
		assert_true(decision->metric != METRIC_NONE &&
			    input->demand[decision->metric].usable_up);
	if (inside && settings->max_step_up > 0)
		assert_true(decision->count <= input->count + settings->max_step_up);
	if (inside && settings->max_step_down > 0)
		assert_true(decision->count + settings->max_step_down >= input->count);
}

static void live_a_random_life(const struct policy *policy, uint64_t *seed)
{
	struct policy_settings settings = random_settings(seed);
	struct policy_input input = { .now = START };
	struct policy_state policy_state;
	unsigned count = lab_random_below(seed, 20);

	policy_state_init(&policy_state, &settings);
	for (int i = 0; i < 400; i++) {
		struct decision decision;

		input.now += 1 + (usec_t)(lab_random(seed) * 3 * SECOND);
		input.count = count;
		input.ready = count > 0 ? lab_random_below(seed, count + 1) : 0;
		for (enum metric m = METRIC_CPU; m < METRIC_COUNT; m++)
			input.demand[m] = random_demand(seed, input.ready);
		decision = policy_decide(policy, &settings, &policy_state, &input);
		assert_promises(&settings, &input, &decision);
		count = decision.count;
		if (lab_random(seed) < 0.01) /* a reload */
			settings = random_settings(seed);
	}
}

static void bounds_hold_and_nothing_goes_down_unseen_whatever_comes(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 300; i++) {
		live_a_random_life(&policy_target, &seed);
		live_a_random_life(&policy_threshold, &seed);
	}
}

static void the_same_past_gives_the_same_decision(void **state)
{
	struct lab one = lab_make(&policy_target);
	struct lab other;
	uint64_t seed = 5;

	(void)state;
	one.settings.metric[METRIC_CPU].stabilization_down = 20 * SECOND;
	lab_begin(&one, 3);
	other = one;
	for (int i = 0; i < 500; i++) {
		double units = 8 * lab_random(&seed);

		lab_tick_cpu(&one, units);
		lab_tick_cpu(&other, units);
		assert_int_equal(one.decision.count, other.decision.count);
		assert_int_equal(one.decision.reason, other.decision.reason);
	}
}

/* More demand at every moment never asks for fewer replicas: checked from the same past. */
static void more_demand_never_gives_fewer_replicas(void **state)
{
	const struct policy *const policies[] = { &policy_target, &policy_threshold };
	uint64_t seed = 11;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct lab lab = lab_make(policies[i % 2]);
		struct lab more;
		double units = 8 * lab_random(&seed);

		lab.settings.tolerance = 0;
		lab_begin(&lab, 1 + lab_random_below(&seed, 9));
		more = lab;
		lab_tick_cpu(&lab, units);
		lab_tick_cpu(&more, units + lab_random(&seed));
		assert_true(more.decision.count >= lab.decision.count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_count_is_held_between_min_and_max),
		cmocka_unit_test(min_and_max_hold_without_readings),
		cmocka_unit_test(neither_steps_nor_cooldowns_keep_the_count_out_of_bounds),
		cmocka_unit_test(max_wins_over_min),
		cmocka_unit_test(steps_are_limited_in_both_directions),
		cmocka_unit_test(a_cooldown_up_counts_from_the_last_change_up),
		cmocka_unit_test(a_cooldown_up_does_not_wait_after_a_step_down),
		cmocka_unit_test(a_cooldown_down_counts_from_any_change),
		cmocka_unit_test(at_max_the_reason_is_max_and_not_the_cooldown),
		cmocka_unit_test(what_changes_nothing_starts_no_cooldown),
		cmocka_unit_test(no_policy_can_go_down_without_readings),
		cmocka_unit_test(no_policy_can_go_up_without_any_reading),
		cmocka_unit_test(bounds_hold_and_nothing_goes_down_unseen_whatever_comes),
		cmocka_unit_test(the_same_past_gives_the_same_decision),
		cmocka_unit_test(more_demand_never_gives_fewer_replicas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
