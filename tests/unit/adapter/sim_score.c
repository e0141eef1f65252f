/*
 * The accounts of a comparison, against what can be reckoned by hand; and the oracle, which starts
 * just in time.
 */
#include "unit/test.h"

#include <dockscale/adapter/sim/score.h>
#include <dockscale/base/mem.h>

static struct score score_of(const struct score_second *seconds, size_t n)
{
	struct score score = { 0 };

	for (size_t i = 0; i < n; i++)
		score_push(&score, &seconds[i]);
	score_finish(&score);
	return score;
}

static void four_seconds_reckoned_by_hand(void **state)
{
	const struct score_second seconds[] = {
		{ .serving = 4, .wanted = 4, .arrived = 3, .capacity = 4 },
		{ .serving = 6,
			.idle = 1,
			.wanted = 4,
			.arrived = 3,
			.capacity = 6,
			.acted = true },
		{ .serving = 3, .wanted = 4, .arrived = 3, .waiting = 1.4, .capacity = 3 },
		{ .serving = 2,
			.wanted = 4,
			.arrived = 3,
			.waiting = 1.1,
			.lost = 0.5,
			.capacity = 2,
			.acted = true },
	};
	struct score score = score_of(seconds, countof(seconds));

	(void)state;
	assert_near(score.paid, 4 + 7 + 3 + 2);
	assert_near(score.wanted, 16);
	assert_near(score.idle, 2 + 1);
	assert_near(score.missing, 1 + 2);
	assert_near(score.under, 50);
	assert_near(score.over, 25);
	assert_near(score.theta_under, 100 * (0.25 + 0.5) / 4);
	assert_near(score.theta_over, 100 * 0.5 / 4);
	assert_near(score.late, 100 * 3 / 12.0); /* the last second's alone */
	assert_near(score.lost, 100 * 0.5 / 12);
	assert_near(score.actions, 2);
	assert_near(score.actions_per_hour, 1800);
	assert_near(score.w20, 100 * (3 + 20 * 3) / 16.0);
}

static void nothing_at_all_costs_nothing(void **state)
{
	struct score score = score_of(NULL, 0);

	(void)state;
	assert_near(score.w20, 0);
	assert_near(score.late, 0);
	assert_near(score.actions_per_hour, 0);
}

/* 60 s that want two, 60 s that want four. */
static struct trace *two_then_four(void)
{
	struct trace *trace = trace_constant(1.5, 120, 1);

	for (size_t t = 60; t < trace->seconds; t++)
		trace->wanted[t] = 4;
	return trace;
}

static void the_oracle_starts_just_in_time(void **state)
{
	struct trace *trace = two_then_four();

	(void)state;
	assert_int_equal(score_oracle(trace, 3, 10, 0), 0); /* not each second */
	assert_int_equal(score_oracle(trace, 34, 10, 0), 2); /* looks 20 s ahead: to 55 */
	assert_int_equal(score_oracle(trace, 44, 10, 0), 4);
	assert_int_equal(score_oracle(trace, 44, 1, 0), 2);
	trace->wanted[30] = 9;
	assert_int_equal(score_oracle(trace, 34, 1, 0), 2);
	assert_int_equal(score_oracle(trace, 34, 1, 60), 9);
	trace_free(trace);
}

static void what_the_oracle_pays_is_counted_from_its_orders_on(void **state)
{
	struct trace *trace = two_then_four();

	(void)state;
	/* from second 45 on, 20 s ahead of the end of a block of five that holds second 60 */
	assert_near(score_oracle_paid(trace, 10, 64), 45 * 2 + 75 * 4);
	assert_near(score_oracle_paid(trace, 10, 3), 45 * 2 + 75 * 3);
	trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_seconds_reckoned_by_hand),
		cmocka_unit_test(nothing_at_all_costs_nothing),
		cmocka_unit_test(the_oracle_starts_just_in_time),
		cmocka_unit_test(what_the_oracle_pays_is_counted_from_its_orders_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
