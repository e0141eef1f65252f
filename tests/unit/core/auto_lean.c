/* The lean policy: the minute's largest demand and a headroom that is learned. */
#include "unit/core/policy_lab.h"

#include "core/auto/lean.h"

#define HORIZON 3

struct load {
	struct samples samples;
	struct lean lean;
	struct features now;
};

static void push(struct load *load, double demand, double scale)
{
	samples_push(&load->samples, demand);
	load->now = (struct features){ .level = (float)demand, .scale = (float)scale };
	lean_push(&load->lean, &load->samples, &load->now, HORIZON);
}

static double expected(const struct load *load, double burst)
{
	return lean_expected(&load->lean, &load->samples, &load->now, burst);
}

static void level_load_needs_no_headroom(void **state)
{
	struct load load = { 0 };

	(void)state;
	for (int i = 0; i < 500; i++)
		push(&load, 4, 0.5);
	assert_near(expected(&load, 0), 4);
}

static void what_was_there_a_minute_ago_is_kept(void **state)
{
	struct load load = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++)
		push(&load, 9, 1);
	for (int i = 0; i < 11; i++)
		push(&load, 2, 1);
	assert_true(expected(&load, 0) > 8.5);
	for (int i = 0; i < 12; i++)
		push(&load, 2, 1);
	assert_true(expected(&load, 0) < 3);
}

/* Every two minutes it goes up by four within a start-up, and down slowly. */
static void saw(struct load *load, int rounds)
{
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < 24; i++)
			push(load, i < 6 ? 6 : 2, 1);
}

static void load_that_jumps_is_given_room_beforehand(void **state)
{
	struct load load = { 0 };

	(void)state;
	saw(&load, 100);
	assert_true(expected(&load, 0) > 2.5);
}

static void headroom_is_in_the_units_of_how_far_the_load_moves(void **state)
{
	struct load load = { 0 };
	double small;

	(void)state;
	saw(&load, 100);
	small = expected(&load, 0) - 2;
	load.now.scale = 2;
	assert_true(small > 0);
	assert_true(fabs(expected(&load, 0) - 2 - 2 * small) < 1e-5);
}

static void a_burst_by_the_clock_is_expected(void **state)
{
	struct load load = { 0 };

	(void)state;
	for (int i = 0; i < 30; i++)
		push(&load, 2, 0.1);
	assert_near(expected(&load, 7), 7);
}

static void nothing_is_compared_across_a_gap(void **state)
{
	struct load load = { 0 };
	float before;

	(void)state;
	saw(&load, 100);
	before = load.lean.headroom;
	lean_forget_past(&load.lean);
	load.samples = (struct samples){ 0 };
	for (int i = 0; i < HORIZON; i++)
		push(&load, 50, 1);
	assert_true(load.lean.headroom == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_load_needs_no_headroom),
		cmocka_unit_test(what_was_there_a_minute_ago_is_kept),
		cmocka_unit_test(load_that_jumps_is_given_room_beforehand),
		cmocka_unit_test(headroom_is_in_the_units_of_how_far_the_load_moves),
		cmocka_unit_test(a_burst_by_the_clock_is_expected),
		cmocka_unit_test(nothing_is_compared_across_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
