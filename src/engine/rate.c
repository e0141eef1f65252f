/*
 * A counter of time as a share of the time: for how long tasks waited, how many cores were busy. What
 * is unsupported stays so; what was not read leaves a gap, and no zero.
 */
#include "fleet.h"

#define COVERAGE 0.5

void rate_init(struct rate *rate, usec_t length)
{
	rate->state = READING_UNKNOWN;
	counter_reset(&rate->counter);
	window_init(&rate->window, rate->spans, RATE_SPANS, length);
}

void rate_take(struct rate *rate, struct reading total, usec_t at)
{
	usec_t from = 0;
	struct reading growth;

	rate->state = total.state;
	if (!reading_is_known(total))
		return;
	growth = counter_rate(&rate->counter, (uint64_t)total.value, at, &from);
	if (reading_is_known(growth))
		window_push(&rate->window, from, at, growth.value / (double)USEC_PER_SEC);
}

struct reading rate_mean(const struct rate *rate, usec_t now)
{
	if (rate->state == READING_UNSUPPORTED)
		return reading_unsupported();
	return window_mean(&rate->window, now, COVERAGE);
}

struct reading rate_newest(const struct rate *rate)
{
	if (rate->state != READING_KNOWN)
		return reading_unknown();
	return window_latest(&rate->window, rate->counter.at, 0);
}
