/*
 * Kernel counters (CPU time, throttled time) only grow, and say something only as a difference.
 * Here a difference becomes a rate, or unknown where there is none: a first value and a counter
 * that began anew say nothing about the time before. It knows no units: the caller does.
 */
#include <dockscale/core/counter.h>

struct reading counter_rate(struct counter *counter, uint64_t value, usec_t at, usec_t *ret_from)
{
	struct counter before = *counter;

	/* Two values of one instant: the older one stays, so that the next rate loses nothing. */
	if (before.primed && at <= before.at)
		return reading_unknown();
	*counter = (struct counter){ .primed = true, .value = value, .at = at };
	if (!before.primed || value < before.value)
		return reading_unknown();
	*ret_from = before.at;
	return reading_known(
		(double)(value - before.value) * (double)USEC_PER_SEC / (double)(at - before.at));
}

void counter_reset(struct counter *counter)
{
	*counter = (struct counter){ 0 };
}
