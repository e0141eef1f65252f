/*
 * Online quantile regression. Each prediction is compared with what came, and its weights move a
 * step up or down, as seldom down as the quantile is high.
 */
#include "quantile.h"

#include <math.h>

#define POWER_SHARE 0.005F
#define POWER_LEAST 0.05F
#define ERROR_SHARE 0.01F
#define ERROR_LEAST 0.003
#define STEP_LEAST  0.005
#define STEP_FIRST  0.3

#define MARGINAL_SHARE 0.95

void feature_power_init(struct feature_power *power)
{
	for (size_t i = 0; i < FEATURES; i++)
		power->values[i] = 1;
}

void feature_power_push(struct feature_power *power, const struct features *features)
{
	for (size_t i = 0; i < FEATURES; i++) {
		float value = features != NULL ? features->values[i] : 0;

		power->values[i] += POWER_SHARE * (value * value - power->values[i]);
	}
}

void pace_see(struct pace *pace, double outcome)
{
	pace->error += ERROR_SHARE * ((float)fabs(outcome) - pace->error);
}

double pace_step(struct pace *pace, double error)
{
	pace->count++;
	return fmax(STEP_LEAST, STEP_FIRST / sqrt(pace->count)) * fmax(error, ERROR_LEAST) * 2 /
	       FEATURES;
}

double quantile_predict(const struct quantile *quantile, const struct features *features)
{
	float sum = 0;

	for (size_t i = 0; i < FEATURES; i++)
		sum += quantile->weights[i] * features->values[i];
	return (double)sum;
}

void quantile_learn(struct quantile *quantile, const struct features *features,
	const struct feature_power *power, double share, double outcome, double step)
{
	bool above = outcome > quantile_predict(quantile, features);
	float move = (float)(step * (above ? share : share - 1));

	for (size_t i = 0; i < FEATURES; i++)
		quantile->weights[i] +=
			move * features->values[i] / (power->values[i] + POWER_LEAST);
}

void marginal_push(struct marginal *marginal, double value)
{
	double step;

	if (!marginal->begun) {
		*marginal = (struct marginal){ (float)value, (float)(0.1 * value), true };
		return;
	}
	step = 0.05 * fmax((double)marginal->scale + 0.01 * (fabs(value - (double)marginal->value) -
								    (double)marginal->scale),
			      0.01);
	marginal->scale += 0.01F * ((float)fabs(value - (double)marginal->value) - marginal->scale);
	marginal->value += (float)(step * (value > (double)marginal->value ? MARGINAL_SHARE
									   : MARGINAL_SHARE - 1));
}
