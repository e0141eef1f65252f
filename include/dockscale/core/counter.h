/* A counter that only grows, turned into a rate. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/reading.h>

#include <stdint.h>

/* Empty at declaration. One a counter and container; a restarted container begins anew. */
struct counter {
	bool primed;
	uint64_t value;
	usec_t at;
};

/* Takes the counter's value read at @at (boot clock) and gives its growth per second since the
 * last one. Unknown for the first value, after a reset (a smaller value), and when time did not
 * advance. *ret_from is the time of the value before: the rate holds for (from, at]. */
struct reading counter_rate(struct counter *counter, uint64_t value, usec_t at, usec_t *ret_from);

/* Forgets the last value: the next one begins anew. */
void counter_reset(struct counter *counter);
