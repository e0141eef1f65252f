/*
 * Features. All but the first are differences from the level, in units of what the load usually
 * moves in a start-up: so that what was learned at two replicas holds at twenty.
 */
#include "features.h"

#include <math.h>

#define FEATURE_MOST 8.0

/* Of the variance of a replica's worth of requests: 100 a second, over a period. */
#define NOISE_PER_REPLICA 500.0

void volatility_push(struct volatility *volatility, const struct samples *samples, size_t horizon)
{
	double moved;

	if (samples->count <= horizon + 1)
		return;
	moved = fabs(samples_at(samples, 0) - samples_at(samples, horizon));
	volatility->fast += 0.1F * ((float)moved - volatility->fast);
	volatility->slow += 0.002F * ((float)moved - volatility->slow);
}

static double positive(double value)
{
	return value > 0 ? value : 0;
}

static enum direction direction_of(double slope)
{
	if (slope > 0.5)
		return DIRECTION_UP;
	return slope < -0.5 ? DIRECTION_DOWN : DIRECTION_LEVEL;
}

void features_make(const struct samples *samples, const struct volatility *volatility,
	size_t horizon, bool saturated, double burst, struct features *ret_features)
{
	double newest = samples_at(samples, 0);
	double level = samples_mean(samples, 2);
	double steps = (double)horizon;
	double scale;
	double raw[FEATURES];

	if (saturated && newest > level)
		level = newest;
	scale = fmax(fmax((double)volatility->fast, 0.3 * (double)volatility->slow),
		0.02 * fmax(level, 1));
	raw[0] = scale;
	raw[1] = samples_known(samples, 2) == 2 ? newest - samples_at(samples, 1) : 0;
	raw[2] = samples_mean(samples, 6) - level;
	raw[3] = samples_mean(samples, 12) - level;
	raw[4] = samples_slope(samples, 4) * steps;
	raw[5] = samples_slope(samples, 12) * steps;
	raw[6] = samples_slope(samples, 48) * steps;
	raw[7] = samples_max(samples, 6) - level;
	raw[8] = samples_max(samples, 12) - level;
	raw[9] = samples_max(samples, 30) - level;
	raw[10] = samples_min(samples, 12) - level;
	raw[11] = (double)volatility->slow;
	raw[12] = sqrt(level / NOISE_PER_REPLICA);
	raw[13] = positive(samples_slope(samples, 6) * steps);
	raw[14] = positive(burst - level);
	for (size_t i = 0; i < FEATURES; i++)
		ret_features->values[i] =
			(float)fmax(-FEATURE_MOST, fmin(FEATURE_MOST, raw[i] / scale));
	ret_features->level = (float)level;
	ret_features->scale = (float)scale;
	ret_features->direction = direction_of((double)ret_features->values[4]);
}
