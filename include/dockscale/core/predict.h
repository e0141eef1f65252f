/* Prediction: what may come within a horizon, how good that has been so far, and how many replicas it
 * asks for. It may only ask for more than a policy does. Pure; what is known of the load is learned by
 * auto.h. */
#pragma once

#include <dockscale/core/auto.h>
#include <dockscale/core/lookout.h>

enum predict {
	PREDICT_OFF,
	PREDICT_OBSERVE, /* it is shown beside what came, and changes nothing */
	PREDICT_FLOOR, /* the count is not below it */
};

struct predict_settings {
	enum predict mode;
	usec_t horizon;
};

/* Zero at first. May be copied. */
struct predictor {
	struct lookout lookout;
	double forecast; /* replica units; the newest */
	bool known;
	unsigned judged; /* forecasts that have come due, up to a limit */
	double error; /* mean difference to what came, replica units */
	double missed; /* share of them that were less than what came */
};

/* Demand at @now is @demand, and the largest that is to come is @forecast. */
void predict_push(struct predictor *predictor, const struct predict_settings *settings, usec_t now,
	double demand, double forecast);

/* Nothing is known of this moment. */
void predict_skip(struct predictor *predictor);

/* Were enough forecasts judged to show how good they are? */
bool predict_is_judged(const struct predictor *predictor);

/* As many replicas as serve the forecast at @target utilisation; 0: no forecast. */
unsigned predict_count(const struct predictor *predictor, double target);
