/* Quantiles that are learned online, one observation at a time. */
#pragma once

#include "features.h"

/* A quantile as a linear function of the features. */
struct quantile {
	float weights[FEATURES];
};

/* The mean square of each feature: the steps of learning are measured by it. */
struct feature_power {
	float values[FEATURES];
};

/* How fast a set of quantiles learns: fast at first, and in the units of what it predicts. */
struct pace {
	float error; /* mean size of what is predicted */
	unsigned count;
};

void feature_power_init(struct feature_power *power);
/* @features NULL: none is due yet. */
void feature_power_push(struct feature_power *power, const struct features *features);

/* What is predicted was @outcome: for all sets that learn from it, before their pace_step(). */
void pace_see(struct pace *pace, double outcome);
/* One more observation; gives the size of the step. */
double pace_step(struct pace *pace, double error);

double quantile_predict(const struct quantile *quantile, const struct features *features);
/* A step towards the @share quantile: subgradient of the pinball loss (Koenker and Bassett, 1978). */
void quantile_learn(struct quantile *quantile, const struct features *features,
	const struct feature_power *power, double share, double outcome, double step);

/* A quantile of the load itself, without features. */
struct marginal {
	float value;
	float scale;
	bool begun;
};

void marginal_push(struct marginal *marginal, double value);
