/* Pushes at any time become parts of a second and periods of five. */
#include "unit/core/policy_lab.h"

#include "core/auto/parts.h"

static size_t push(struct parts *parts, usec_t now, double usage)
{
	struct auto_input input = { .now = now, .usage = usage, .capacity = 4, .backlog = -1 };
	size_t ended = 0;

	if (parts_begin(parts, &input))
		return 0;
	while (parts_next(parts, &input))
		ended++;
	return ended;
}

static void the_first_push_ends_nothing(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	assert_int_equal(push(&parts, 100 * SECOND, 3), 0);
	assert_int_equal(parts.count, 0);
}

static void a_push_holds_since_the_one_before(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	assert_int_equal(push(&parts, SECOND / 2, 1), 0);
	assert_int_equal(push(&parts, SECOND, 3), 1);
	assert_near(parts.done[0].usage, 2);
	assert_near(parts.done[0].capacity, 4);
}

static void a_late_push_ends_several(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	assert_int_equal(push(&parts, 5 * SECOND, 2), 5);
	assert_true(parts_fill_period(&parts));
	assert_true(parts_end_period(&parts));
	assert_near(parts_period(&parts).usage, 2);
}

static void a_period_is_the_mean_of_the_newest_five(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	for (int i = 1; i <= 7; i++)
		(void)push(&parts, i * SECOND, i);
	assert_false(parts_end_period(&parts));
	assert_near(parts_period(&parts).usage, 5); /* 3 to 7 */
}

static void a_push_that_is_a_little_early_ends_its_part(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	assert_int_equal(push(&parts, SECOND - SECOND / 20, 1), 1);
	assert_near(parts_newest(&parts).usage, 1);
	assert_int_equal(push(&parts, 2 * SECOND - SECOND / 20, 3), 1);
	assert_near(parts_newest(&parts).usage, 3);
	assert_int_equal(push(&parts, 2 * SECOND + SECOND / 20, 5), 0);
	assert_int_equal(push(&parts, 3 * SECOND, 5), 1);
	assert_near(parts_newest(&parts).usage, 5);
}

static void a_long_silence_begins_anew(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	(void)push(&parts, 5 * SECOND, 2);
	assert_int_equal(push(&parts, 16 * SECOND, 2), 0);
	assert_int_equal(parts.count, 0);
	assert_int_equal(push(&parts, 17 * SECOND, 2), 1);
}

static void a_queue_that_is_not_known_is_none_of_0(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	(void)push(&parts, 0, 0);
	(void)push(&parts, 5 * SECOND, 2);
	assert_true(parts_period(&parts).backlog < 0);
}

static void push_queue(struct parts *parts, usec_t now, double backlog)
{
	struct auto_input input = { .now = now, .usage = 4, .capacity = 4, .backlog = backlog };

	(void)parts_begin(parts, &input);
	while (parts_next(parts, &input))
		;
}

static void what_a_queue_grows_by_came_beyond_what_was_served(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	for (usec_t i = 0; i <= 10; i++)
		push_queue(&parts, i * SECOND, 3 * (double)i);
	assert_near(parts_newest(&parts).growth, 3);
	assert_near(parts_period(&parts).growth, 3);
	push_queue(&parts, 11 * SECOND, 33 + 4);
	assert_near(parts_newest(&parts).growth, 7);
	assert_near(parts_period(&parts).growth, 3 + 4 / 5.0);
	push_queue(&parts, 12 * SECOND, 30);
	assert_near(parts_newest(&parts).growth, -7);
}

static void how_a_queue_grows_is_not_known_after_one_that_is_not(void **state)
{
	struct parts parts = { 0 };

	(void)state;
	for (usec_t i = 0; i <= 10; i++)
		push_queue(&parts, i * SECOND, -1);
	push_queue(&parts, 11 * SECOND, 30);
	assert_near(parts_newest(&parts).growth, 0);
	assert_near(parts_period(&parts).growth, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_push_ends_nothing),
		cmocka_unit_test(a_push_holds_since_the_one_before),
		cmocka_unit_test(a_late_push_ends_several),
		cmocka_unit_test(a_period_is_the_mean_of_the_newest_five),
		cmocka_unit_test(a_push_that_is_a_little_early_ends_its_part),
		cmocka_unit_test(a_long_silence_begins_anew),
		cmocka_unit_test(a_queue_that_is_not_known_is_none_of_0),
		cmocka_unit_test(what_a_queue_grows_by_came_beyond_what_was_served),
		cmocka_unit_test(how_a_queue_grows_is_not_known_after_one_that_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
