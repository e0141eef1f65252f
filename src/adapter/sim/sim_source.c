/*
 * The simulated cgroup files and those of the machine behind the source port: counters of what the
 * traffic did.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define MEMORY_UNLIMITED 17179869184.0 /* 16 GiB: what memory without a limit is a share of */

static struct sim *sim_of(struct source *source)
{
	return (struct sim *)((char *)source - offsetof(struct sim, source));
}

static struct sim_watch *find_watch(const struct sim *sim, const char *id)
{
	for (size_t i = 0; i < sim->n_watches; i++)
		if (text_same(sim->watches[i].id, id))
			return &sim->watches[i];
	return NULL;
}

static void watch(struct sim *sim, const struct intent *intent)
{
	struct sim_watch *watch = find_watch(sim, intent->container);

	if (watch == NULL) {
		sim->watches = mem_resize(sim->watches, sim->n_watches + 1, sizeof(*sim->watches));
		watch = &sim->watches[sim->n_watches++];
		(void)mem_strcpy(watch->id, sizeof(watch->id), intent->container);
	}
	watch->started_at = intent->watch.started_at;
	watch->told_gone = false;
}

static void unwatch(struct sim *sim, const char *id)
{
	struct sim_watch *watch = find_watch(sim, id);

	if (watch != NULL)
		*watch = sim->watches[--sim->n_watches];
}

static void submit(struct source *source, const struct intent *intent)
{
	if (intent->kind == INTENT_WATCH)
		watch(sim_of(source), intent);
	else if (intent->kind == INTENT_UNWATCH)
		unwatch(sim_of(source), intent->container);
}

static struct reading memory_of(const struct sim *sim, const struct sim_container *container)
{
	if (sim->settings.memory_unsupported)
		return reading_unsupported();
	return reading_known(sim_memory_of(container));
}

static void read_files(
	const struct sim *sim, const struct sim_container *container, struct sample *sample)
{
	const struct container *facts = &container->facts;
	bool supported = !sim->settings.memory_unsupported;

	sample->cpu_usec = reading_known(container->cpu_usec);
	sample->throttled_usec = reading_known(container->throttled_usec);
	sample->cpu_pressure_usec = reading_known(container->stalled_usec);
	if (facts->cpu_limit_cores > 0)
		sample->cpu_limit_cores = reading_known(facts->cpu_limit_cores);
	sample->memory_bytes = memory_of(sim, container);
	sample->memory_limit_bytes =
		reading_known(facts->memory_limit_bytes > 0 ? (double)facts->memory_limit_bytes
							    : MEMORY_UNLIMITED);
	sample->memory_pressure_usec = supported ? reading_known(0) : reading_unsupported();
	sample->oom_kills = supported ? reading_known(0) : reading_unsupported();
}

/* Of a life that is over there is nothing to read. */
static void sample(struct source *source, struct moment now)
{
	struct sim *sim = sim_of(source);

	sim_traffic_settle(sim);
	for (size_t i = 0; i < sim->n_watches; i++) {
		struct sim_watch *watch = &sim->watches[i];
		const struct sim_container *container = sim_world_by_id(sim, watch->id);
		struct event event = { .kind = EVENT_SAMPLE };

		(void)mem_strcpy(event.sample.id, sizeof(event.sample.id), watch->id);
		event.sample.started_at = watch->started_at;
		event.sample.at = now.boot;
		if (container != NULL && sim_world_lives(container) && container->readable &&
			container->facts.started_at == watch->started_at)
			read_files(sim, container, &event.sample);
		else if (!watch->told_gone)
			event.sample.fault = FAULT_CGROUP_GONE;
		event.sample.ended = event.sample.fault == FAULT_CGROUP_GONE &&
				     !(container != NULL && sim_world_lives(container) &&
					     container->facts.started_at == watch->started_at);
		watch->told_gone = !reading_is_known(event.sample.cpu_usec);
		event_push(&sim->sink, &event);
	}
}

static void submit_nothing(struct source *source, const struct intent *intent)
{
	(void)source;
	(void)intent;
}

static void sample_host(struct source *source, struct moment now)
{
	struct sim *sim = (struct sim *)((char *)source - offsetof(struct sim, host));
	struct event event = { .kind = EVENT_HOST, .host = { .at = now.boot } };
	struct host_sample *host = &event.host;
	double free_bytes;

	sim_traffic_settle(sim);
	free_bytes = sim_host_memory(sim) - sim_host_memory_used(sim);
	if (!sim->settings.host_unreadable) {
		host->cores = reading_known(sim_host_cores(sim));
		host->busy_usec = reading_known(sim->host_busy_usec);
		host->memory_bytes = reading_known(sim_host_memory(sim));
		host->memory_available_bytes = reading_known(free_bytes > 0 ? free_bytes : 0);
		host->cpu_pressure_usec = reading_known(sim->host_cpu_stall_usec);
		host->memory_pressure_usec = reading_known(sim->host_memory_stall_usec);
		host->io_pressure_usec = reading_known(0);
	}
	event_push(&sim->sink, &event);
}

static void free_nothing(struct source *source)
{
	(void)source;
}

void sim_source_init(struct sim *sim)
{
	static const struct source_vtable vtable = {
		.submit = submit,
		.sample = sample,
		.free = free_nothing,
	};
	static const struct source_vtable host_vtable = {
		.submit = submit_nothing,
		.sample = sample_host,
		.free = free_nothing,
	};

	sim->source.vtable = &vtable;
	sim->host.vtable = &host_vtable;
}
