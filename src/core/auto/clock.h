/* Bursts that come back at the same time of the hour or of the day. */
#pragma once

#include "samples.h"

#include <dockscale/base/time.h>

#define CLOCK_HOUR_SLOTS 120 /* of 30 s */
#define CLOCK_DAY_SLOTS  2880

/* How a slot's peak compares with the level before it, as a logarithm. 16 bits each: a day's worth
 * of slots is what the memory of the policy goes to. */
struct clock_slot {
	int16_t mean; /* in 1/4096 */
	uint16_t deviation; /* in 1/4096 */
	uint8_t count;
};

struct clock_table {
	struct clock_slot hour[CLOCK_HOUR_SLOTS];
	struct clock_slot day[CLOCK_DAY_SLOTS];
	int64_t slot; /* that is under way, since the epoch of the local time */
	bool begun;
	float peak; /* of the slot so far */
	float before; /* the level at which this slot is measured: a minute's mean up to the
		       * first sample of the slot before */
	float next; /* the same for the next slot */
};

/* After samples_push(). @local as in struct auto_sample. */
void clock_push(struct clock_table *clock, const struct samples *samples, usec_t local);

/* The largest demand that is expected by the clock between now and @ahead from now; 0: nothing
 * above what there is. */
double clock_forecast(
	const struct clock_table *clock, const struct samples *samples, usec_t local, usec_t ahead);
