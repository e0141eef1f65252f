/* A decision is a value with a reason. Pure: the words are made by engine/reason.c. */
#pragma once

#include <stdbool.h>

enum metric { METRIC_NONE, METRIC_CPU, METRIC_MEMORY, METRIC_COUNT };

enum reason {
	REASON_NONE,
	REASON_WITHIN, /* the metric is within its bounds: hold */
	REASON_ABOVE, /* the metric is above its target or threshold: up */
	REASON_BELOW, /* every metric is below: down */
	REASON_STABILIZING, /* a wish to go down waits for its stabilisation window */
	REASON_STABILIZING_UP, /* a wish to go up waits for its stabilisation window */
	REASON_COOLDOWN, /* the last change is too young */
	REASON_UNKNOWN, /* no reading: hold */
	REASON_PARTIAL, /* some replicas without reading: not down */
	REASON_SHORT_HISTORY, /* the window is not filled yet: hold */
	REASON_MIN, /* held at or raised to min */
	REASON_MAX, /* held at or lowered to max */
	REASON_STEP_UP, /* limited by max_step_up */
	REASON_STEP_DOWN, /* limited by max_step_down */
	REASON_MANUAL, /* a person's `scale` */
	REASON_HAND, /* what a person started or stopped */
	REASON_PAUSED, /* a person's `pause` */
	REASON_RELEASED, /* a person's `release` */
	REASON_AWAY, /* the runtime or every balancer is away: hold */
	REASON_BALANCER, /* the balancer takes no more */
	REASON_STARTING_UP, /* first look at the world: what runs is taken over */
	REASON_HOST_CPU, /* the host's processors are saturated */
	REASON_HOST_MEMORY, /* the host has no memory for another replica */
	REASON_HOST_PRESSURE, /* the host's tasks wait for memory */
	REASON_BUDGET, /* held at or lowered to the service's own budget */
	REASON_GIVES_WAY, /* a service of higher priority needs what it would use */
	REASON_EXPECTED, /* auto: that is what may come within a start-up */
	REASON_LEARNING, /* auto: less than a period was seen: hold */
	REASON_FLAPS, /* it turned downwards often enough for an hour */
	REASON_MISSING, /* a metric without a reading for a while: as many as are said for that */
	REASON_PREDICTED, /* so many may be needed within the horizon */
	REASON_COUNT,
};

struct decision {
	unsigned count; /* replicas wished */
	unsigned from; /* replicas before */
	enum reason reason; /* what decided */
	enum reason limit; /* what changed the policy's wish afterwards, or REASON_NONE */
	unsigned limit_by; /* min, max: 0 the service's own, else the number of the schedule whose
			    * bound it is */
	enum metric metric; /* whose value decided */
	double value; /* its utilisation as it was compared: with the gain of saturated replicas,
			* so that it may be over 1 */
	double threshold; /* what it was compared with, 0..1 */
	bool learned; /* the threshold was */
	double units; /* demand in replica units (target policy), else 0 */
	unsigned wish; /* what the policy wanted before limits */
	/* Of REASON_EXPECTED: */
	double expected; /* demand that may come, replica units */
	double sureness; /* 0..1 */
	double kept; /* demand that it does not go below, replica units */
	unsigned kept_seconds; /* that is expected within; 0: what is usual */
	double budget; /* surplus that is borne, replica-seconds */
	bool lean; /* by the lean rule: too little was seen for another one */
	/* Of a limit by the host, a budget or a missing reading: */
	enum metric limit_metric; /* budget, missing: of what */
	double limit_value; /* what one more would come to: share of the host, cores, bytes */
	double limit_bound;
};
