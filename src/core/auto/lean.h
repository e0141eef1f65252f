/* The lean policy: the largest demand of the last minute and a headroom that is learned. It needs no more
 * than seconds to be of use, and decides while too little was seen to forecast from. */
#pragma once

#include "features.h"
#include "pool.h"

#define LEAN_SURENESS 0.9
#define LEAN_SECONDS  60 /* it does not go below what these had */
#define LEAN_PAST     (POOL_STARTUP_SAMPLES_MAX + 1)

struct lean {
	struct {
		float level; /* largest of the last minute */
		float scale; /* how far the load moves in a start-up */
	} past[LEAN_PAST]; /* ring by sample */
	uint64_t count; /* samples since the last gap */
	float headroom; /* in scales: a quantile of what came within a start-up above the level */
	float size; /* mean of what came, without its sign */
};

/* One more sample, after samples_push(); @now are its features, @horizon a start-up in samples. */
void lean_push(struct lean *lean, const struct samples *samples, const struct features *now,
	size_t horizon);

/* The demand to be ready for; @burst: clock_forecast(). */
double lean_expected(const struct lean *lean, const struct samples *samples,
	const struct features *now, double burst);

/* What is to come is not compared with what was before. */
void lean_forget_past(struct lean *lean);
