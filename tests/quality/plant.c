/*
 * The plant of the comparison: what comes is served as far as there is capacity, the rest waits, ten
 * seconds' worth at most. A replica that was ordered serves after its start-up and is paid for from
 * the order on; one that is given back is gone at once, those that start first.
 */
#include "plant.h"

#include <math.h>
#include <string.h>

#define QUEUE_SECONDS 10.0

/* Those that start, oldest first. */
struct fleet {
	unsigned ready;
	unsigned starting;
	size_t serves_at[PLANT_REPLICAS_MAX];
};

static void fleet_step(struct fleet *fleet, size_t second)
{
	unsigned served = 0;

	while (served < fleet->starting && fleet->serves_at[served] <= second)
		served++;
	if (served == 0)
		return;
	fleet->ready += served;
	fleet->starting -= served;
	memmove(fleet->serves_at, fleet->serves_at + served,
		fleet->starting * sizeof(fleet->serves_at[0]));
}

static void fleet_set(struct fleet *fleet, unsigned count, size_t serves_at)
{
	while (fleet->ready + fleet->starting < count)
		fleet->serves_at[fleet->starting++] = serves_at;
	while (fleet->ready + fleet->starting > count) {
		if (fleet->starting > 0)
			fleet->starting--;
		else
			fleet->ready--;
	}
}

struct score plant_run(const struct trace *trace, const struct rule *rule, unsigned startup)
{
	struct fleet fleet = { .ready = trace_first_count(trace, PLANT_REPLICAS_MAX) };
	struct score score = { 0 };
	void *state = rule->begin(rule, trace, startup);
	double queue = 0;

	for (size_t t = 0; t < trace->seconds; t++) {
		double arrivals = (double)trace->arrivals[t];
		double served;
		double lost;
		struct view view;
		struct score_second second;
		unsigned count;

		fleet_step(&fleet, t);
		queue += arrivals;
		served = fmin(queue, fleet.ready);
		queue -= served;
		lost = fmax(0, queue - QUEUE_SECONDS * fleet.ready);
		queue -= lost;
		second = (struct score_second){
			.serving = fleet.ready,
			.idle = fleet.starting,
			.wanted = trace->wanted[t],
			.arrived = arrivals,
			.lost = lost,
			.waiting = queue,
			.capacity = fleet.ready,
		};
		view = (struct view){
			.second = t,
			.ready = fleet.ready,
			.starting = fleet.starting,
			.used = fmin(fleet.ready, served * (double)trace->error[t]),
			.arrived = arrivals,
			.queue = queue,
		};
		count = rule->decide(state, &view);
		count = count < 1 ? 1 : count > PLANT_REPLICAS_MAX ? PLANT_REPLICAS_MAX : count;
		second.acted = count != fleet.ready + fleet.starting;
		score_push(&score, &second);
		fleet_set(&fleet, count, t + 1 + startup);
	}
	rule->end(state);
	score_finish(&score);
	return score;
}
