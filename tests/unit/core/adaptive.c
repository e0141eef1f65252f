/* Thresholds that are learned from how demand grows while a replica starts. */
#include "unit/core/policy_lab.h"

#include <dockscale/core/adaptive.h>

#define STARTUP (10 * SECOND)

static const struct adaptive_settings settings = { .learn = true, .sureness = 0.95, .margin = 0.1 };

/* Some minutes of demand that begins a ramp each minute, up by @growth within a start-up. */
static struct adaptive live(double level, double growth, unsigned minutes)
{
	struct adaptive adaptive = { .learned = 0 };
	usec_t now = START;

	for (unsigned i = 0; i < minutes * 60; i++, now += SECOND) {
		double ramp = i % 60 < 10 ? (double)(i % 60) / 10 : i % 60 < 30 ? 1 : 0;

		adaptive_push(
			&adaptive, &settings, now, STARTUP, level * (1 + (growth - 1) * ramp));
	}
	return adaptive;
}

static void nothing_is_ready_before_a_dozen_start_ups(void **state)
{
	struct adaptive adaptive = { .learned = 0 };

	(void)state;
	assert_false(adaptive_is_ready(&adaptive));
	adaptive = live(2, 1, 1);
	assert_false(adaptive_is_ready(&adaptive));
	adaptive = live(2, 1, 5);
	assert_true(adaptive_is_ready(&adaptive));
}

static void steady_load_may_fill_its_replicas(void **state)
{
	struct adaptive adaptive = live(4, 1, 30);

	(void)state;
	assert_true(adaptive_growth(&adaptive) < 1.02);
	assert_true(adaptive_high(&adaptive, 5) > 0.92);
	assert_true(adaptive_high(&adaptive, 5) <= DEMAND_SATURATION);
}

static void load_that_doubles_within_a_start_up_needs_half_of_them_free(void **state)
{
	struct adaptive adaptive = live(4, 2, 60);

	(void)state;
	assert_in_range(adaptive_growth(&adaptive) * 100, 165, 205);
	assert_in_range(adaptive_high(&adaptive, 10) * 100, 45, 55);
}

static void a_small_service_that_doubles_still_fits_into_one(void **state)
{
	struct adaptive small = live(0.1, 2, 60);
	struct adaptive large = live(4, 2, 60);

	(void)state;
	assert_true(adaptive_high(&small, 1) > 0.6);
	assert_true(adaptive_high(&small, 1) > adaptive_high(&large, 1));
}

static void a_step_down_leaves_the_margin(void **state)
{
	(void)state;
	assert_near(adaptive_low(&settings, 0.8, 4, 1), 0.7 * 3 / 4);
	assert_near(adaptive_low(&settings, 0.8, 4, 2), 0.7 * 2 / 4);
	assert_near(adaptive_low(&settings, 0.8, 1, 1), 0);
	assert_near(adaptive_low(&settings, 0.8, 2, 3), 0);
	assert_near(adaptive_low(&settings, 0.8, 0, 1), 0);
	assert_near(adaptive_low(&settings, 0.05, 4, 1), 0);
}

static void what_comes_after_a_gap_is_no_growth(void **state)
{
	struct adaptive adaptive = live(1, 1, 10);
	double before = adaptive.growth;

	(void)state;
	for (unsigned i = 0; i < 20; i++) /* ten times as much, after it was not seen for a while */
		adaptive_push(&adaptive, &settings, START + (3600 + 120 * i) * SECOND, STARTUP,
			i % 2 == 0 ? 10 : 1);
	assert_true(adaptive.growth <= before);
}

static void more_sureness_is_more_caution(void **state)
{
	struct adaptive wary = { .learned = 0 };
	struct adaptive bold = { .learned = 0 };
	const struct adaptive_settings sure = { .sureness = 0.99 };
	const struct adaptive_settings unsure = { .sureness = 0.5 };
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < 3600; i++) {
		double demand = 4 + lab_random(&seed);

		adaptive_push(&wary, &sure, START + i * SECOND, STARTUP, demand);
		adaptive_push(&bold, &unsure, START + i * SECOND, STARTUP, demand);
	}
	assert_true(adaptive_high(&wary, 6) < adaptive_high(&bold, 6));
}

/* The same in the policy: 0.8 is what is configured. */
static void the_policy_goes_by_what_it_has_learned(void **state)
{
	struct lab lab = lab_make(&policy_threshold);
	struct adaptive adaptive = live(4, 2, 60);

	(void)state;
	lab.settings.adaptive = settings;
	lab_begin(&lab, 5);
	lab.input.adaptive = &adaptive;
	lab.input.startup = STARTUP;
	assert_int_equal(lab_tick_cpu(&lab, 3.5), 6); /* 70 % */
	assert_int_equal(lab.decision.reason, REASON_ABOVE);
	assert_true(lab.decision.learned);
	assert_true(lab.decision.threshold < 0.6);
	assert_int_equal(lab_tick_cpu(&lab, 2.4), 6); /* 40 %: five would be too near to it */
	assert_int_equal(lab_tick_cpu(&lab, 1.2), 5);
	lab.settings.adaptive.learn = false;
	assert_int_equal(lab_tick_cpu(&lab, 3.6), 5); /* 72 % is within 70 to 80 */
	assert_false(lab.decision.learned);
}

static void what_was_not_read_of_all_is_not_learned_from(void **state)
{
	struct lab lab = lab_make(&policy_threshold);
	struct adaptive adaptive = { .learned = 0 };

	(void)state;
	lab.settings.adaptive = settings;
	lab_begin(&lab, 3);
	lab.input.adaptive = &adaptive;
	lab.input.startup = STARTUP;
	for (unsigned i = 0; i < 600; i++) {
		lab.input.demand[METRIC_CPU] = i % 2 == 0 ? lab_partial(2.25, 3) : lab_unknown(3);
		(void)lab_tick(&lab);
	}
	assert_int_equal(adaptive.learned, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_ready_before_a_dozen_start_ups),
		cmocka_unit_test(steady_load_may_fill_its_replicas),
		cmocka_unit_test(load_that_doubles_within_a_start_up_needs_half_of_them_free),
		cmocka_unit_test(a_small_service_that_doubles_still_fits_into_one),
		cmocka_unit_test(a_step_down_leaves_the_margin),
		cmocka_unit_test(what_comes_after_a_gap_is_no_growth),
		cmocka_unit_test(more_sureness_is_more_caution),
		cmocka_unit_test(the_policy_goes_by_what_it_has_learned),
		cmocka_unit_test(what_was_not_read_of_all_is_not_learned_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
