/*
 * The lean policy. What comes within a start-up is compared with the largest demand of the minute before
 * it, in units of how far the load usually moves in that time; a quantile of that is the headroom.
 * Down is the minute running out.
 */
#include "lean.h"

#include <math.h>

#define LEVEL_SAMPLES ((size_t)12)
#define STEP          0.02F
#define SIZE_SHARE    0.01F

static float level_of(const struct samples *samples)
{
	return (float)samples_max(samples, LEVEL_SAMPLES);
}

/* A step towards the quantile, subgradient of the pinball loss. */
static void learn(struct lean *lean, float outcome)
{
	lean->size += SIZE_SHARE * (fabsf(outcome) - lean->size);
	lean->headroom +=
		STEP * lean->size *
		(outcome > lean->headroom ? (float)LEAN_SURENESS : (float)LEAN_SURENESS - 1);
}

void lean_push(struct lean *lean, const struct samples *samples, const struct features *now,
	size_t horizon)
{
	size_t at = lean->count % LEAN_PAST;

	if (lean->count >= horizon) {
		size_t then = (lean->count - horizon) % LEAN_PAST;

		learn(lean, ((float)samples_max(samples, horizon) - lean->past[then].level) /
				    lean->past[then].scale);
	}
	lean->past[at].level = level_of(samples);
	lean->past[at].scale = now->scale;
	lean->count++;
}

double lean_expected(const struct lean *lean, const struct samples *samples,
	const struct features *now, double burst)
{
	float expected = level_of(samples) + lean->headroom * now->scale;

	return fmax((double)expected, burst);
}

void lean_forget_past(struct lean *lean)
{
	lean->count = 0;
}
