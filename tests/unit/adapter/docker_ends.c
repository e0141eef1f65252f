/*
 * Which ends of a container were asked for.
 */
#include "adapter/docker/ends.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STARTED (1000 * USEC_PER_SEC)

/* A signal so long after the start, an end so long after the signal. */
static bool asked(int number, usec_t after_start, usec_t until_end)
{
	const struct signalled signal = { .at = STARTED + after_start, .number = number };

	return ends_by(&signal, STARTED, STARTED + after_start + until_end);
}

static void an_end_without_a_signal_was_not_asked_for(void **state)
{
	const struct signalled none = { 0 };

	(void)state;
	assert_false(ends_by(&none, STARTED, STARTED + USEC_PER_SEC));
}

static void an_end_after_a_stop_was_asked_for_however_long_it_took(void **state)
{
	static const int numbers[] = { SIGTERM, SIGKILL, SIGINT, SIGQUIT };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_true(asked(numbers[i], 60 * USEC_PER_SEC, 0));
		assert_true(asked(numbers[i], 60 * USEC_PER_SEC, 600 * USEC_PER_SEC));
	}
}

static void an_end_long_after_a_signal_that_need_not_mean_one_was_not_asked_for(void **state)
{
	(void)state;
	assert_true(asked(SIGHUP, 60 * USEC_PER_SEC, USEC_PER_SEC));
	assert_true(asked(SIGWINCH, 60 * USEC_PER_SEC, 10 * USEC_PER_SEC));
	assert_true(asked(0, 60 * USEC_PER_SEC, USEC_PER_SEC));
	assert_false(asked(SIGHUP, 60 * USEC_PER_SEC, 11 * USEC_PER_SEC));
}

static void one_that_runs_was_told_to_end_by_a_signal_that_means_it(void **state)
{
	struct signalled signal = { .at = STARTED + 1, .number = SIGTERM };

	(void)state;
	assert_true(ends_soon(&signal, STARTED));
	assert_false(ends_soon(&signal, STARTED + 2)); /* of the life before */
	signal.number = SIGHUP;
	assert_false(ends_soon(&signal, STARTED));
	assert_false(ends_soon(&(struct signalled){ 0 }, STARTED));
}

static void a_signal_in_a_former_life_asked_for_nothing(void **state)
{
	(void)state;
	assert_false(asked(SIGTERM, -USEC_PER_SEC, 2 * USEC_PER_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_without_a_signal_was_not_asked_for),
		cmocka_unit_test(an_end_after_a_stop_was_asked_for_however_long_it_took),
		cmocka_unit_test(
			an_end_long_after_a_signal_that_need_not_mean_one_was_not_asked_for),
		cmocka_unit_test(one_that_runs_was_told_to_end_by_a_signal_that_means_it),
		cmocka_unit_test(a_signal_in_a_former_life_asked_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
