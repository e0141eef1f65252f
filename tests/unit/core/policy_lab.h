/* A service on paper, for the tests of policies: settings, state, and a tick of a second. */
#pragma once

#include "unit/test.h"

#include <dockscale/core/policy.h>

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define START  (1000 * SECOND) /* of the boot clock */

struct lab {
	const struct policy *policy;
	struct policy_settings settings;
	struct policy_state state;
	struct policy_input input;
	struct decision decision; /* the last one */
};

/* Demand of @units on @replicas that were all read. */
static inline struct demand lab_demand(double units, size_t replicas)
{
	double load = units / (double)replicas;

	return (struct demand){ .state = READING_KNOWN,
		.units = units,
		.replicas = replicas,
		.load = load,
		.utilisation = load,
		.usable_up = true,
		.usable_down = true };
}

static inline struct demand lab_unknown(size_t replicas)
{
	return (struct demand){ .state = READING_UNKNOWN, .replicas = replicas };
}

static inline struct demand lab_unsupported(size_t replicas)
{
	return (struct demand){ .state = READING_UNSUPPORTED, .replicas = replicas };
}

/* As lab_demand(), but some replicas had no reading. */
static inline struct demand lab_partial(double units, size_t replicas)
{
	struct demand demand = lab_demand(units, replicas);

	demand.state = READING_UNKNOWN;
	demand.usable_down = false;
	return demand;
}

/* CPU alone, 1 to 10 replicas, no waiting for anything. A test changes settings before
 * lab_begin(). */
static inline struct lab lab_make(const struct policy *policy)
{
	struct lab lab = { .policy = policy };

	lab.settings = (struct policy_settings){
		.tolerance = 0.01,
		.scale_up_amount = 1,
		.scale_down_amount = 1,
		.min = 1,
		.max = 10,
	};
	lab.settings.metric[METRIC_CPU] = (struct metric_settings){
		.enabled = true, .target = 0.8, .high = 0.8, .low = 0.7, .scale_down = true
	};
	lab.settings.metric[METRIC_MEMORY] = lab.settings.metric[METRIC_CPU];
	lab.settings.metric[METRIC_MEMORY].enabled = false;
	return lab;
}

static inline void lab_begin(struct lab *lab, unsigned count)
{
	policy_state_init(&lab->state, &lab->settings);
	lab->input = (struct policy_input){ .now = START, .count = count, .ready = count };
}

/* A second later, with what input.demand says. The count follows at once. */
static inline unsigned lab_tick(struct lab *lab)
{
	lab->input.now += SECOND;
	lab->decision = policy_decide(lab->policy, &lab->settings, &lab->state, &lab->input);
	assert_int_equal(lab->decision.from, lab->input.count);
	lab->input.count = lab->input.ready = lab->decision.count;
	return lab->decision.count;
}

static inline unsigned lab_tick_cpu(struct lab *lab, double units)
{
	lab->input.demand[METRIC_CPU] = lab_demand(units, lab->input.count);
	return lab_tick(lab);
}

static inline void lab_tick_cpu_for(struct lab *lab, double units, usec_t duration)
{
	for (usec_t t = 0; t < duration; t += SECOND)
		(void)lab_tick_cpu(lab, units);
}

/* Numbers without a pattern, the same in every run (Knuth's MMIX generator). */
static inline double lab_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (double)(*state >> 11) / 9007199254740992.0;
}

static inline unsigned lab_random_below(uint64_t *state, unsigned end)
{
	return (unsigned)(lab_random(state) * end);
}
