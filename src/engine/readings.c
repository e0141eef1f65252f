/*
 * From samples to demand. A sample belongs to one life of one container; a counter becomes a
 * rate, the rate a share of what the replica may use, the share a span in its window. Replicas
 * that start or drain are no part of demand, and one that has just joined is left out until its
 * window has something to say: its start-up is not load, and no reason to go down either.
 */
#include "judge.h"

#include <dockscale/base/mem.h>

/* A replica waits for a processor for so much of the last seconds: it wants more than it gets. */
#define STALL_MUCH 0.5

/* How many cores are 100 % for this replica. */
static double capacity_cores(const struct engine *engine, const struct service *service,
	const struct replica *replica, const struct sample *sample)
{
	const struct metric_config *cpu = &service->config.metric[METRIC_CPU];

	if (cpu->capacity == CAPACITY_CORES)
		return cpu->capacity_cores;
	if (cpu->capacity == CAPACITY_HOST)
		return engine->host_cores;
	if (reading_is_known(sample->cpu_limit_cores) && sample->cpu_limit_cores.value > 0)
		return sample->cpu_limit_cores.value;
	return replica->facts.cpu_limit_cores > 0 ? replica->facts.cpu_limit_cores : 1.0;
}

static void take_cpu(const struct engine *engine, const struct service *service,
	struct replica *replica, const struct sample *sample)
{
	struct series *series = &replica->series[METRIC_CPU];
	usec_t from = 0;
	struct reading rate;

	series->state = sample->cpu_usec.state;
	if (!reading_is_known(sample->cpu_usec))
		return;
	rate = counter_rate(
		&replica->cpu_counter, (uint64_t)sample->cpu_usec.value, sample->at, &from);
	replica->capacity_cores = capacity_cores(engine, service, replica, sample);
	if (reading_is_known(rate))
		window_push(&series->window, from, sample->at,
			rate.value / (double)USEC_PER_SEC / replica->capacity_cores);
}

static void take_memory(
	const struct engine *engine, struct replica *replica, const struct sample *sample)
{
	struct series *series = &replica->series[METRIC_MEMORY];
	double limit = (double)replica->facts.memory_limit_bytes;

	series->state = sample->memory_bytes.state;
	replica->memory_bytes = sample->memory_bytes;
	if (!reading_is_known(sample->memory_bytes))
		return;
	if (reading_is_known(sample->memory_limit_bytes))
		limit = sample->memory_limit_bytes.value;
	if (limit <= 0) {
		series->state = READING_UNKNOWN;
		return;
	}
	/* A gauge holds for the tick that it ends. */
	window_push(&series->window, sample->at - engine->config->daemon.interval, sample->at,
		sample->memory_bytes.value / limit);
}

/* Of one that we stop, or that is told to have ended, nobody wonders that its cgroup goes. */
static bool is_expected(const struct replica *replica, enum fault fault)
{
	return fault == FAULT_CGROUP_GONE &&
	       (replica->state == REPLICA_STOPPING || replica->state == REPLICA_REMOVING ||
		       replica->facts.end_was_asked || replica->facts.state != CONTAINER_RUNNING);
}

void readings_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct sample *sample)
{
	if (sample->started_at != replica->facts.started_at ||
		replica->series[METRIC_CPU].spans == NULL)
		return;
	if (!is_expected(replica, sample->fault))
		fleet_fault(engine, service, sample->fault);
	replica->lost = replica->lost || sample->ended;
	take_cpu(engine, service, replica, sample);
	take_memory(engine, replica, sample);
	rate_take(&replica->cpu_stall, sample->cpu_pressure_usec, sample->at);
}

/* The newest sample alone, if it began after the last change of who serves: an older one tells of
 * a load that has been shared anew since. */
static struct reading newest(const struct engine *engine, const struct service *service,
	const struct replica *replica, enum metric metric)
{
	const struct window *window = &replica->series[metric].window;
	const struct window_span *span;

	if (replica->series[metric].spans == NULL || window->count == 0)
		return reading_unknown();
	span = &window->spans[(window->first + window->count - 1) % window->capacity];
	if (span->from < service->joined_at ||
		span->to < engine->now.boot - 2 * engine->config->daemon.interval)
		return reading_unknown();
	return reading_known(span->value);
}

/* Without a reading yet, and not old enough to be missed. */
static bool is_new(const struct engine *engine, const struct replica *replica, usec_t window)
{
	return engine->now.boot - replica->since < window + 3 * engine->config->daemon.interval;
}

/* On a saturated host a replica gets no more than its share, whatever it may use: that its tasks wait
 * tells that it is at its limit. Elsewhere they wait for its own quota, and its use tells. */
static struct reading censor(const struct engine *engine, const struct replica *replica,
	struct reading latest, struct reading mean)
{
	struct reading stall = rate_mean(&replica->cpu_stall, engine->now.boot);

	if (!engine->host.arbiter.cpu_full || !reading_is_known(stall) ||
		stall.value < STALL_MUCH || !reading_is_known(mean))
		return latest;
	return reading_known(1);
}

/* One that joins may have its share of the load already, and nobody knows how much. */
void readings_demand(struct engine *engine, struct service *service)
{
	cleanup_free struct demand_input *inputs =
		mem_zero(service->n_replicas, sizeof(struct demand_input));

	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		usec_t window = service->config.metric[metric].window;
		size_t n = 0;

		for (size_t i = 0; i < service->n_replicas; i++) {
			const struct replica *replica = service->replicas[i];
			struct reading mean;
			struct reading latest;

			if (replica->state == REPLICA_JOINING && !replica->stuck)
				inputs[n++] = (struct demand_input){ .fresh = true };
			if (replica->state != REPLICA_SERVING)
				continue;
			mean = series_mean(replica, metric, engine->now.boot, window);
			latest = newest(engine, service, replica, metric);
			if (metric == METRIC_CPU)
				latest = censor(engine, replica, latest, mean);
			inputs[n++] = (struct demand_input){
				.mean = mean,
				.latest = latest,
				.fresh = mean.state == READING_UNKNOWN &&
					 is_new(engine, replica, window),
			};
		}
		service->demand[metric] = demand_sum(inputs, n, metric == METRIC_CPU);
	}
}
