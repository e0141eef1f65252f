/*
 * The plant of the comparison: what comes is served as far as there is capacity, the rest waits, ten
 * seconds' worth at most. A replica that was ordered serves after its start-up and is paid for from
 * the order on; one that is given back is gone at once, those that start first.
 */
#include "plant.h"

#include <math.h>
#include <string.h>

#define QUEUE_SECONDS 10.0

void plant_begin(struct plant *plant, const struct trace *trace, const struct rule *rule,
	unsigned startup, unsigned first)
{
	*plant = (struct plant){
		.trace = trace,
		.rule = rule,
		.state = rule->begin(rule, trace, startup),
		.ready = first,
	};
}

void plant_wake(struct plant *plant, size_t second)
{
	unsigned served = 0;

	while (served < plant->starting && plant->serves_at[served] <= second)
		served++;
	if (served == 0)
		return;
	plant->ready += served;
	plant->starting -= served;
	memmove(plant->serves_at, plant->serves_at + served,
		plant->starting * sizeof(plant->serves_at[0]));
}

double plant_wanted(const struct plant *plant, size_t second)
{
	return fmin(plant->queue + (double)plant->trace->arrivals[second], plant->ready);
}

static unsigned decide(
	struct plant *plant, size_t second, double used, struct score_second *account)
{
	struct view view = {
		.second = second,
		.ready = plant->ready,
		.starting = plant->starting,
		.used = fmin(plant->ready, used * (double)plant->trace->error[second]),
		.arrived = account->arrived,
		.queue = plant->queue,
	};
	unsigned count = plant->rule->decide(plant->state, &view);

	count = count < 1 ? 1 : count > PLANT_REPLICAS_MAX ? PLANT_REPLICAS_MAX : count;
	account->acted = count != plant->ready + plant->starting;
	return count;
}

unsigned plant_live(struct plant *plant, size_t second, double share)
{
	double arrivals = (double)plant->trace->arrivals[second];
	double served = share * plant_wanted(plant, second);
	struct score_second account = {
		.serving = plant->ready,
		.idle = plant->starting,
		.wanted = plant->trace->wanted[second],
		.arrived = arrivals,
		.capacity = fmax(served, share * plant->ready),
	};
	unsigned count;

	plant->queue += arrivals;
	plant->queue -= served;
	account.lost = fmax(0, plant->queue - QUEUE_SECONDS * plant->ready);
	plant->queue -= account.lost;
	account.waiting = plant->queue;
	count = decide(plant, second, served, &account);
	score_push(&plant->score, &account);
	return count;
}

void plant_set(struct plant *plant, unsigned count, unsigned room, size_t serves_at)
{
	for (; plant->ready + plant->starting < count && room > 0; room--)
		plant->serves_at[plant->starting++] = serves_at;
	while (plant->ready + plant->starting > count) {
		if (plant->starting > 0)
			plant->starting--;
		else
			plant->ready--;
	}
}

struct score plant_end(struct plant *plant)
{
	plant->rule->end(plant->state);
	score_finish(&plant->score);
	return plant->score;
}

struct score plant_run(const struct trace *trace, const struct rule *rule, unsigned startup)
{
	struct plant plant;

	plant_begin(&plant, trace, rule, startup, trace_first_count(trace, PLANT_REPLICAS_MAX));
	for (size_t t = 0; t < trace->seconds; t++) {
		unsigned count;

		plant_wake(&plant, t);
		count = plant_live(&plant, t, 1);
		plant_set(&plant, count, PLANT_REPLICAS_MAX, t + 1 + startup);
	}
	return plant_end(&plant);
}
