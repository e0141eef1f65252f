/* Demand in replica units: what the service's serving replicas use together, divided by what one
 * of them may use. Counts of replicas do not make it jump, as a mean utilisation would. */
#pragma once

#include <dockscale/core/reading.h>

#include <stddef.h>

/* One metric of one serving replica. Starting, draining and dead ones are not passed. */
struct demand_input {
	struct reading mean; /* share of what it may use (1 = all), mean over the window */
	struct reading latest; /* the same over the newest sample alone */
	bool fresh; /* serves for a moment only, and no reading can be expected of it yet */
};

struct demand {
	enum reading_state state; /* known: every replica was read; unknown: see usable_up */
	double units; /* replica units, corrected for saturation, scaled up to all
				   * replicas when some have no reading */
	size_t replicas; /* that were asked about and are not fresh: units are theirs */
	double load; /* units / replicas: what policies compare, over 1 when saturated */
	double utilisation; /* the same without correction */
	bool saturated; /* some replica was at its limit in its newest sample */
	bool usable_up; /* at least half of the replicas were read */
	bool stale; /* read a while ago: not to learn from */
	bool usable_down; /* all were read, and none is fresh: what it took over is not seen yet */
};

/* Above DEMAND_SATURATION of what it may use, usage says nothing about demand any more: it is
 * taken as DEMAND_SATURATION_GAIN times the usage (decisions.md: demand is censored). */
#define DEMAND_SATURATION      0.95
#define DEMAND_SATURATION_GAIN 1.5

/* Sums @n replicas. With @censored (CPU) a saturated replica's newest sample counts at once,
 * times the gain, instead of the window's mean; without (memory) only means count. An
 * unsupported metric gives state READING_UNSUPPORTED. n = 0 gives unknown, not usable. */
struct demand demand_sum(const struct demand_input *inputs, size_t n, bool censored);
