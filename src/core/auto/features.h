/* What a forecast is made of: the shape of the last minutes, measured by how restless the load is. */
#pragma once

#include "clock.h"

#define FEATURES 15

enum direction { DIRECTION_LEVEL, DIRECTION_UP, DIRECTION_DOWN, DIRECTION_COUNT };

struct features {
	float values[FEATURES];
	float level; /* where the load is, in replicas */
	float scale; /* how far it moves in a start-up, in replicas */
	enum direction direction;
};

/* How far the load moves in a start-up, fast and slow. */
struct volatility {
	float fast;
	float slow;
};

/* After samples_push(); @horizon: a start-up in samples. */
void volatility_push(struct volatility *volatility, const struct samples *samples, size_t horizon);

/* @burst: clock_forecast(). A level that a full service hides is at least its newest sample. */
void features_make(const struct samples *samples, const struct volatility *volatility,
	size_t horizon, bool saturated, double burst, struct features *ret_features);
