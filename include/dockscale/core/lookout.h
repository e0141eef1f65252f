/* Moments that wait for what comes within a time after them: the past of a forecast. Pure. */
#pragma once

#include <dockscale/base/time.h>

#include <stdbool.h>

/* A span is looked at in so many parts, less one. */
#define LOOKOUT_PAST 9

struct lookout_moment {
	usec_t at;
	double value; /* what was said or seen then */
	double peak; /* the largest demand since then */
};

/* Zero at first. May be copied. */
struct lookout {
	struct lookout_moment past[LOOKOUT_PAST]; /* ring */
	unsigned first;
	unsigned count;
	usec_t last; /* demand was seen */
};

/* Demand at @now; after a gap in which it was not seen no moment waits any more. */
void lookout_see(struct lookout *lookout, usec_t now, double demand);

/* The oldest moment whose @span is over: false when there is none. */
bool lookout_take(
	struct lookout *lookout, usec_t now, usec_t span, struct lookout_moment *ret_moment);

/* Is it time for another one? Takes those that are due first. */
bool lookout_wants(const struct lookout *lookout, usec_t now, usec_t span);

/* @now begins to wait, at @demand. */
void lookout_add(struct lookout *lookout, usec_t now, double value, double demand);
