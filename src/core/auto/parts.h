/* Pushes come when they come; this makes parts of AUTO_PART of them, and of the last ones a period. */
#pragma once

#include <dockscale/core/auto.h>

#define PARTS_PERIOD ((size_t)(AUTO_PERIOD / AUTO_PART))

struct part {
	double usage;
	double capacity;
	double backlog; /* at its end; below 0: not known */
	double growth; /* of the backlog a second, so much more came than was served */
};

struct parts {
	struct part done[PARTS_PERIOD + 1]; /* ring: a period, and the one before it */
	size_t count; /* of parts that are done since the last gap */
	struct part sum; /* of the one under way, times its microseconds */
	usec_t began; /* of the one under way */
	usec_t last; /* push */
	bool begun;
};

/* Is what was before too long ago? Then all begins anew with this push, which ends no part. */
bool parts_begin(struct parts *parts, const struct auto_input *input);

/* Goes on to the end of the next part within the push: false when there is none. */
bool parts_next(struct parts *parts, const struct auto_input *input);

/* Are there enough for a period? Does one end with the newest, counted from the beginning? */
bool parts_fill_period(const struct parts *parts);
bool parts_end_period(const struct parts *parts);

struct part parts_newest(const struct parts *parts);
/* The mean of the period that ends with the newest. */
struct part parts_period(const struct parts *parts);
