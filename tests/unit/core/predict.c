/* Forecasts beside what came, and a floor that they may be. */
#include "unit/core/policy_lab.h"

#include <dockscale/base/mem.h>

#include <stdlib.h>

#define HOUR    (60 * MINUTE)
#define HORIZON (5 * MINUTE)

static const struct predict_settings observe = { PREDICT_OBSERVE, HORIZON };

static void a_forecast_is_judged_when_its_time_is_over(void **state)
{
	struct predictor predictor = { .judged = 0 };
	usec_t now = START;

	(void)state;
	for (; now <= START + HORIZON - SECOND; now += SECOND)
		predict_push(&predictor, &observe, now, 2, 3);
	assert_int_equal(predictor.judged, 0);
	for (unsigned i = 0; i < 120; i++, now += SECOND)
		predict_push(&predictor, &observe, now, 2, 3);
	assert_in_range(predictor.judged, 1, 5);
	assert_near(predictor.error, 1);
	assert_near(predictor.missed, 0);
}

static void one_that_was_too_low_is_counted(void **state)
{
	struct predictor predictor = { .judged = 0 };
	usec_t now = START;

	(void)state;
	for (; now < START + 3 * HOUR; now += SECOND)
		predict_push(&predictor, &observe, now, (now - START) % HOUR < HOUR / 2 ? 4 : 2, 3);
	assert_true(predict_is_judged(&predictor));
	assert_in_range(predictor.missed * 100, 45, 65);
	assert_near(predictor.error, 1);
}

static void it_asks_for_as_many_as_serve_it(void **state)
{
	struct predictor predictor = { .judged = 0 };

	(void)state;
	assert_int_equal(predict_count(&predictor, 0.8), 0);
	predict_push(&predictor, &observe, START, 1, 3.2);
	assert_int_equal(predict_count(&predictor, 0.8), 4);
	assert_int_equal(predict_count(&predictor, 0.5), 7);
	predict_push(&predictor, &observe, START, 1, 0.1);
	assert_int_equal(predict_count(&predictor, 0.8), 1);
	predict_skip(&predictor);
	assert_int_equal(predict_count(&predictor, 0.8), 0);
}

struct house {
	struct lab lab;
	struct predictor predictor;
	struct auto_policy *learned;
};

static void house_init(struct house *house, const struct policy *policy, enum predict mode)
{
	*house = (struct house){ .lab = lab_make(policy), .learned = mem_zero(1, auto_size()) };
	auto_init(house->learned);
	house->lab.settings.predict = (struct predict_settings){ mode, HORIZON };
	house->lab.settings.self_tuning = auto_settings_of(true, false);
	house->lab.settings.self_tuning.target = 0.8;
	house->lab.settings.self_tuning.min = 1;
	house->lab.settings.self_tuning.max = 10;
	lab_begin(&house->lab, 2);
	house->lab.input.self_tuning = house->learned;
	house->lab.input.predictor = &house->predictor;
	house->lab.input.startup = 10 * SECOND;
}

/* Demand of 1, and of 4 in the first five minutes of each hour by the clock. */
static void live(struct house *house, usec_t duration)
{
	for (usec_t t = 0; t < duration; t += SECOND) {
		house->lab.input.local = house->lab.input.now + SECOND;
		(void)lab_tick_cpu(&house->lab, house->lab.input.local % HOUR < 5 * MINUTE ? 4 : 1);
	}
}

/* Up to a minute before the next full hour. */
static void live_until_before_the_hour(struct house *house)
{
	usec_t to_hour = HOUR - house->lab.input.now % HOUR;

	live(house, to_hour > MINUTE ? to_hour - MINUTE : to_hour + HOUR - MINUTE);
}

static void what_comes_back_each_hour_is_there_before_it(void **state)
{
	struct house house;

	(void)state;
	house_init(&house, &policy_target, PREDICT_FLOOR);
	live(&house, 8 * HOUR);
	live_until_before_the_hour(&house);
	assert_in_range(house.lab.input.count, 4, 6);
	assert_int_equal(house.lab.decision.limit, REASON_PREDICTED);
	assert_true(house.lab.decision.limit_value > 3);
	assert_true(predict_is_judged(&house.predictor));
	free(house.learned);
}

static void observed_it_changes_nothing(void **state)
{
	struct house house;
	struct lab plain = lab_make(&policy_target);

	(void)state;
	house_init(&house, &policy_target, PREDICT_OBSERVE);
	lab_begin(&plain, 2);
	for (usec_t t = 0; t < 8 * HOUR; t += SECOND) {
		live(&house, SECOND);
		(void)lab_tick_cpu(
			&plain, plain.input.now % HOUR >= HOUR - SECOND ||
						(plain.input.now + SECOND) % HOUR < 5 * MINUTE
					? 4
					: 1);
		assert_int_equal(house.lab.input.count, plain.input.count);
	}
	assert_true(house.predictor.forecast > 0);
	free(house.learned);
}

static void nothing_is_taken_away_and_max_holds(void **state)
{
	static const struct policy *const policies[] = { &policy_target, &policy_threshold,
		&policy_auto };
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct house house;

		house_init(&house, policies[i], PREDICT_FLOOR);
		house.lab.settings.max = 5;
		for (unsigned k = 0; k < 4 * 3600; k++) {
			struct decision decision;

			house.lab.input.local = house.lab.input.now;
			(void)lab_tick_cpu(&house.lab, 0.5 + 5 * lab_random(&seed));
			decision = house.lab.decision;
			assert_in_range(decision.count, 1, 5);
			if (decision.limit == REASON_PREDICTED)
				assert_true(decision.count >= decision.wish);
		}
		free(house.learned);
	}
}

static void without_readings_there_is_none(void **state)
{
	struct house house;

	(void)state;
	house_init(&house, &policy_target, PREDICT_FLOOR);
	live(&house, HOUR);
	assert_true(house.predictor.known);
	house.lab.input.demand[METRIC_CPU] = lab_unknown(2);
	(void)lab_tick(&house.lab);
	assert_false(house.predictor.known);
	free(house.learned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forecast_is_judged_when_its_time_is_over),
		cmocka_unit_test(one_that_was_too_low_is_counted),
		cmocka_unit_test(it_asks_for_as_many_as_serve_it),
		cmocka_unit_test(what_comes_back_each_hour_is_there_before_it),
		cmocka_unit_test(observed_it_changes_nothing),
		cmocka_unit_test(nothing_is_taken_away_and_max_holds),
		cmocka_unit_test(without_readings_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
