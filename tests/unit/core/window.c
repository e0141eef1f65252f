/* Spans weigh what they last inside the window; what is not covered is not known. */
#include "unit/core/policy_lab.h"

#include <dockscale/core/window.h>

struct fixture {
	struct window_span spans[4];
	struct window window;
};

/* Four spans, ten seconds. */
static struct window *begin(struct fixture *fixture)
{
	window_init(&fixture->window, fixture->spans, 4, 10 * SECOND);
	return &fixture->window;
}

static void spans_weigh_what_they_last(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	window_push(window, 0, 9 * SECOND, 0.2);
	window_push(window, 9 * SECOND, 10 * SECOND, 1.2);
	assert_near(window_mean(window, 10 * SECOND, 1).value, 0.3);
}

static void a_span_counts_only_as_far_as_it_lies_inside(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	window_push(window, 0, 10 * SECOND, 1);
	window_push(window, 10 * SECOND, 15 * SECOND, 0);
	assert_near(window_mean(window, 15 * SECOND, 1).value, 0.5);
	/* and what lies after now is not there yet */
	assert_near(window_mean(window, 12 * SECOND, 1).value, 0.8);
}

static void gaps_are_left_out_and_not_zero(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	window_push(window, 0, 2 * SECOND, 0.8);
	window_push(window, 8 * SECOND, 10 * SECOND, 0.6);
	assert_near(window_mean(window, 10 * SECOND, 0.4).value, 0.7);
	assert_true(window_covers(window, 10 * SECOND, 0.4));
	assert_false(window_covers(window, 10 * SECOND, 0.41));
}

static void too_little_coverage_is_unknown(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	assert_int_equal(window_mean(window, 10 * SECOND, 0).state, READING_UNKNOWN);
	window_push(window, 0, 4 * SECOND, 0.8);
	assert_int_equal(window_mean(window, 10 * SECOND, 0.5).state, READING_UNKNOWN);
	assert_int_equal(window_mean(window, 10 * SECOND, 0.4).state, READING_KNOWN);
	assert_int_equal(window_mean(window, 14 * SECOND, 0).state, READING_UNKNOWN);
	assert_false(window_covers(window, 14 * SECOND, 0.01));
}

static void a_full_ring_drops_the_oldest(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	for (int i = 0; i < 7; i++)
		window_push(window, i * SECOND, (i + 1) * SECOND, i);
	assert_int_equal(window->count, 4);
	assert_true(window_covers(window, 7 * SECOND, 0.4));
	assert_false(window_covers(window, 7 * SECOND, 0.41));
	assert_near(window_mean(window, 7 * SECOND, 0).value, (3 + 4 + 5 + 6) / 4.0);
	assert_near(window_min(window, 7 * SECOND).value, 3);
	assert_near(window_max(window, 7 * SECOND).value, 6);
}

static void what_overlaps_is_cut_and_what_is_old_dropped(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	window_push(window, 0, 6 * SECOND, 1);
	window_push(window, 4 * SECOND, 10 * SECOND, 0); /* counts from 6 s on */
	window_push(window, 2 * SECOND, 5 * SECOND, 9);
	window_push(window, 10 * SECOND, 10 * SECOND, 9);
	window_push(window, 12 * SECOND, 11 * SECOND, 9);
	assert_int_equal(window->count, 2);
	assert_near(window_mean(window, 10 * SECOND, 1).value, 0.6);
}

static void a_value_that_is_no_number_is_dropped(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	window_push(window, 0, SECOND, NAN);
	window_push(window, SECOND, 2 * SECOND, INFINITY);
	assert_int_equal(window_mean(window, 2 * SECOND, 0).state, READING_UNKNOWN);
}

static void a_window_without_memory_stays_unknown(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, NULL, 0, 10 * SECOND);
	window_push(&window, 0, SECOND, 1);
	assert_int_equal(window_mean(&window, SECOND, 0).state, READING_UNKNOWN);
	assert_int_equal(window_latest(&window, SECOND, SECOND).state, READING_UNKNOWN);
}

static void extremes_are_those_of_every_span_that_touches_the_window(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	assert_int_equal(window_max(window, 0).state, READING_UNKNOWN);
	assert_int_equal(window_min(window, 0).state, READING_UNKNOWN);
	window_push(window, 0, SECOND, 7);
	window_push(window, SECOND, 2 * SECOND, -3);
	window_push(window, 2 * SECOND, 3 * SECOND, 2);
	assert_near(window_max(window, 10 * SECOND).value, 7);
	assert_near(window_max(window, 11 * SECOND - 1).value, 7);
	assert_near(window_max(window, 11 * SECOND).value, 2); /* (1 s, 11 s] begins behind it */
	assert_near(window_min(window, 11 * SECOND).value, -3);
	assert_near(window_min(window, 12 * SECOND).value, 2);
	assert_int_equal(window_min(window, 13 * SECOND).state, READING_UNKNOWN);
}

static void the_newest_value_is_known_while_it_is_young(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	assert_int_equal(window_latest(window, 0, SECOND).state, READING_UNKNOWN);
	window_push(window, 0, SECOND, 0.4);
	window_push(window, SECOND, 2 * SECOND, 0.6);
	assert_near(window_latest(window, 2 * SECOND, 0).value, 0.6);
	assert_near(window_latest(window, 4 * SECOND, 2 * SECOND).value, 0.6);
	assert_int_equal(window_latest(window, 4 * SECOND + 1, 2 * SECOND).state, READING_UNKNOWN);
}

static void a_cleared_window_is_empty_and_usable(void **state)
{
	struct fixture fixture;
	struct window *window = begin(&fixture);

	(void)state;
	for (int i = 0; i < 6; i++)
		window_push(window, i * SECOND, (i + 1) * SECOND, 1);
	window_clear(window);
	assert_false(window_covers(window, 6 * SECOND, 0.01));
	window_push(window, 0, 5 * SECOND, 3);
	assert_near(window_mean(window, 10 * SECOND, 0.5).value, 3);
}

/* The mean by the plainest way there is: every millisecond looked at by itself. */
static double mean_by_hand(const struct window_span *spans, size_t n, usec_t now, usec_t length)
{
	double sum = 0;
	double total = 0;

	for (usec_t t = now - length; t < now; t += USEC_PER_MSEC)
		for (size_t i = 0; i < n; i++)
			if (spans[i].from <= t && t < spans[i].to) {
				sum += spans[i].value;
				total++;
			}
	return total > 0 ? sum / total : NAN;
}

static void irregular_samples_give_the_mean_of_their_time(void **state)
{
	struct window_span pushed[64];
	struct window_span ring[64];
	struct window window;
	uint64_t seed = 7;
	usec_t at = 0;

	(void)state;
	window_init(&window, ring, 64, 3 * SECOND);
	for (size_t i = 0; i < 64; i++) {
		usec_t from = at + lab_random_below(&seed, 300) * USEC_PER_MSEC;

		at = from + (1 + lab_random_below(&seed, 400)) * USEC_PER_MSEC;
		pushed[i] = (struct window_span){ from, at, lab_random(&seed) };
		window_push(&window, from, at, pushed[i].value);
		assert_near(window_mean(&window, at, 0).value,
			mean_by_hand(pushed, i + 1, at, 3 * SECOND));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_weigh_what_they_last),
		cmocka_unit_test(a_span_counts_only_as_far_as_it_lies_inside),
		cmocka_unit_test(gaps_are_left_out_and_not_zero),
		cmocka_unit_test(too_little_coverage_is_unknown),
		cmocka_unit_test(a_full_ring_drops_the_oldest),
		cmocka_unit_test(what_overlaps_is_cut_and_what_is_old_dropped),
		cmocka_unit_test(a_value_that_is_no_number_is_dropped),
		cmocka_unit_test(a_window_without_memory_stays_unknown),
		cmocka_unit_test(extremes_are_those_of_every_span_that_touches_the_window),
		cmocka_unit_test(the_newest_value_is_known_while_it_is_young),
		cmocka_unit_test(a_cleared_window_is_empty_and_usable),
		cmocka_unit_test(irregular_samples_give_the_mean_of_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
