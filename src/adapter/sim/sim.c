/*
 * The simulated world as its user sees it: its clock, the hand that makes things happen in it, and
 * what it looks like. How its parts behave is in the rooms beside.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define BOOT_TIME (1000 * USEC_PER_SEC) /* not 0: that would hide times that nobody set */
#define SEED_MIX  0x9e3779b97f4a7c15ULL /* a seed of 0 is as good as any */

struct sim_settings sim_settings_default(void)
{
	return (struct sim_settings){
		.seed = 1,
		.create_delay = 50 * USEC_PER_MSEC,
		.start_delay = 300 * USEC_PER_MSEC,
		.ready_delay = USEC_PER_SEC,
		.stop_delay = 200 * USEC_PER_MSEC,
		.call_delay = 2 * USEC_PER_MSEC,
		.capacity = 1,
		.session_seconds = 0.2,
	};
}

struct sim *sim_new(const struct sim_settings *settings, const struct config *config,
	const char *instance, struct event_sink sink)
{
	struct sim *sim = mem_zero(1, sizeof(*sim));

	sim->settings = *settings;
	sim->config = config;
	sim->sink = sink;
	sim->now = BOOT_TIME;
	sim->settled_at = BOOT_TIME;
	sim->random = (settings->seed ^ SEED_MIX) | 1;
	(void)mem_strcpy(sim->instance, sizeof(sim->instance), instance);
	sim_runtime_init(sim);
	sim_balancer_init(sim);
	sim_source_init(sim);
	sim_prober_init(sim);
	sim_zones_init(sim);
	sim_journal_init(sim);
	return sim;
}

void sim_free(struct sim *sim)
{
	if (sim == NULL)
		return;
	sim_journal_finish(sim);
	for (size_t i = 0; i < sim->n_containers; i++) {
		container_finish(&sim->containers[i]->facts);
		free(sim->containers[i]);
	}
	sim_queue_finish(&sim->queue);
	sim_call_finish(sim);
	for (size_t i = 0; i < sim->n_configs; i++)
		free(sim->configs[i]);
	free(sim->configs);
	free(sim->containers);
	free(sim->servers);
	free(sim->watches);
	free(sim->reloads_told);
	free(sim->loads);
	free(sim);
}

struct runtime *sim_runtime(struct sim *sim)
{
	return &sim->runtime;
}

struct balancer *sim_balancer(struct sim *sim)
{
	return &sim->balancer;
}

struct source *sim_source(struct sim *sim)
{
	return &sim->source;
}

struct prober *sim_prober(struct sim *sim)
{
	return &sim->prober;
}

struct zones *sim_zones(struct sim *sim)
{
	return &sim->zones;
}

struct source *sim_host(struct sim *sim)
{
	return &sim->host;
}

usec_t sim_next(const struct sim *sim)
{
	return sim_queue_next(&sim->queue);
}

void sim_advance(struct sim *sim, usec_t to)
{
	while (sim_queue_next(&sim->queue) <= to) {
		struct sim_due due = sim_queue_pop(&sim->queue);

		if (due.at > sim->now)
			sim->now = due.at;
		due.run(sim, &due);
		sim_call_free(sim, due.call);
	}
	if (to > sim->now)
		sim->now = to;
}

void sim_daemon_restart(struct sim *sim, const struct config *config, struct event_sink sink)
{
	sim_call_forget(sim);
	sim_balancer_forget(sim);
	sim_prober_forget(sim);
	sim->n_watches = 0;
	sim->sink = sink;
	sim->config = config;
	for (size_t i = 0; i < sim->n_containers; i++)
		sim_life_select(sim, sim->containers[i]);
	sim_runtime_reconnect(sim);
}

static struct sim_container *must_find(const struct sim *sim, const char *name)
{
	struct sim_container *container = sim_world_by_name(sim, name);

	if (container == NULL) {
		(void)fprintf(stderr, "sim: no container is called %s\n", name);
		abort();
	}
	return container;
}

void sim_engine_restart(struct sim *sim, bool live_restore)
{
	sim_runtime_restart(sim, live_restore);
}

void sim_set_load(struct sim *sim, const char *service, double cores)
{
	sim_traffic_load(sim, service, &(struct sim_load_settings){ .cores = cores });
}

void sim_set_work(struct sim *sim, const char *service, const struct sim_load_settings *settings)
{
	sim_traffic_load(sim, service, settings);
}

struct sim_work sim_work(struct sim *sim, const char *service)
{
	return sim_traffic_work(sim, service);
}

static void add_label(struct container *facts, const char *text)
{
	const char *equal = strchr(text, '=');
	size_t length = equal != NULL ? (size_t)(equal - text) : strlen(text);
	cleanup_free char *key = mem_strndup(text, length);

	/* more labels than there may be are left out, as the real runtime does */
	(void)container_add_label(facts, key, equal != NULL ? equal + 1 : "", false);
}

static struct sim_container *add_by_hand(struct sim *sim, const char *name,
	const char *const *labels, size_t n_labels, double cpu_limit_cores)
{
	struct sim_container *container;

	if (sim_world_by_name(sim, name) != NULL)
		return NULL;
	container = sim_life_add(sim, name);
	for (size_t i = 0; i < n_labels; i++)
		add_label(&container->facts, labels[i]);
	container->facts.cpu_limit_cores = cpu_limit_cores;
	sim_life_select(sim, container);
	return container;
}

const char *sim_create(struct sim *sim, const char *name, const char *const *labels,
	size_t n_labels, double cpu_limit_cores)
{
	struct sim_container *container = add_by_hand(sim, name, labels, n_labels, cpu_limit_cores);

	if (container == NULL)
		return NULL;
	sim_life_changed(sim, container);
	return container->facts.id;
}

const char *sim_run(struct sim *sim, const char *name, const char *const *labels, size_t n_labels,
	double cpu_limit_cores)
{
	struct sim_container *container = add_by_hand(sim, name, labels, n_labels, cpu_limit_cores);

	if (container == NULL)
		return NULL;
	sim_life_start(sim, container);
	return container->facts.id;
}

void sim_kill(struct sim *sim, const char *name)
{
	struct sim_container *container = must_find(sim, name);

	if (sim_world_lives(container))
		sim_life_end(sim, container, 137, false);
}

static void end_by_hand(struct sim *sim, struct sim_container *container)
{
	enum container_state state = container->facts.state;

	if (sim_world_lives(container) || state == CONTAINER_RESTARTING)
		sim_life_end(sim, container, sim_life_exit_code(container), true);
	container->comes_back = false;
}

void sim_stop(struct sim *sim, const char *name)
{
	end_by_hand(sim, must_find(sim, name));
}

void sim_start(struct sim *sim, const char *name)
{
	struct sim_container *container = must_find(sim, name);

	if (!sim_world_lives(container))
		sim_life_start(sim, container);
}

void sim_pause(struct sim *sim, const char *name)
{
	struct sim_container *container = must_find(sim, name);

	if (!sim_world_runs(container))
		return;
	sim_life_pause(sim, container);
	container->rested = true;
}

void sim_unpause(struct sim *sim, const char *name)
{
	struct sim_container *container = must_find(sim, name);

	if (container->facts.state == CONTAINER_PAUSED)
		sim_life_unpause(sim, container);
}

void sim_remove(struct sim *sim, const char *name)
{
	struct sim_container *container = must_find(sim, name);

	end_by_hand(sim, container);
	sim_life_remove(sim, container);
}

/* What was deployed before, and did not work then, say, is not what is deployed now. */
static void revise(struct sim_container *template)
{
	struct sim_revision *revision = &template->revision;

	revision->before = revision->now;
	revision->now = ++revision->newest;
}

static void go_back(struct sim_container *template)
{
	struct sim_revision *revision = &template->revision;
	unsigned now = revision->now;

	revision->now = revision->before;
	revision->before = now;
}

static void recreate(struct sim *sim, struct sim_container *former, bool same)
{
	struct sim_revision revision = former->revision;
	struct sim_container *next;
	struct container facts;

	container_copy(&facts, &former->facts);
	end_by_hand(sim, former);
	sim_life_remove(sim, former);
	next = sim_life_add(sim, facts.name);
	for (size_t i = 0; i < facts.n_labels; i++)
		(void)container_add_label(&next->facts, facts.labels[i].key, facts.labels[i].value,
			facts.labels[i].from_image); /* no more than the former had */
	next->facts.cpu_limit_cores = facts.cpu_limit_cores;
	next->facts.memory_limit_bytes = facts.memory_limit_bytes;
	next->revision = revision;
	if (!same)
		revise(next);
	container_finish(&facts);
	sim_life_select(sim, next);
	sim_life_start(sim, next);
}

void sim_change_template(struct sim *sim, const char *name, enum sim_change change)
{
	struct sim_container *template = must_find(sim, name);

	if (change == SIM_CHANGE_RECREATED || change == SIM_CHANGE_RECREATED_SAME) {
		recreate(sim, template, change == SIM_CHANGE_RECREATED_SAME);
		return;
	}
	if (change == SIM_CHANGE_IN_PLACE)
		revise(template);
	else
		go_back(template);
	sim_life_changed(sim, template);
}

void sim_set_limit(struct sim *sim, const char *name, double cpu_limit_cores)
{
	struct sim_container *container = must_find(sim, name);

	sim_traffic_change(sim);
	container->facts.cpu_limit_cores = cpu_limit_cores;
	sim_life_changed(sim, container);
}

void sim_set_memory(struct sim *sim, const char *name, uint64_t bytes, uint64_t limit_bytes)
{
	struct sim_container *container = must_find(sim, name);

	container->memory_bytes = (double)bytes;
	container->facts.memory_limit_bytes = limit_bytes;
	sim_life_changed(sim, container);
}

void sim_set_host_use(struct sim *sim, double cores, uint64_t bytes)
{
	sim_traffic_change(sim);
	sim->host_other_cores = cores;
	sim->host_other_bytes = (double)bytes;
}

void sim_set_sessions(struct sim *sim, const char *name, unsigned count)
{
	must_find(sim, name)->held_sessions = count;
}

void sim_set_healthy(struct sim *sim, const char *name, bool healthy)
{
	struct sim_container *container = must_find(sim, name);

	sim_traffic_change(sim);
	container->healthy = healthy;
	if (container_label(&container->facts, SIM_LABEL_HEALTH) != NULL)
		sim_life_changed(sim, container);
}

void sim_set_clones_healthy(struct sim *sim, bool healthy)
{
	sim->clones_never_ready = !healthy;
}

void sim_set_readable(struct sim *sim, const char *name, bool readable)
{
	must_find(sim, name)->readable = readable;
	sim->changes++;
}

void sim_add_server(struct sim *sim, const char *service, const char *name, unsigned port)
{
	sim_balancer_add(sim, service, must_find(sim, name), port);
}

void sim_fail(struct sim *sim, enum intent_kind kind, unsigned count, int code, bool worked)
{
	sim->failures[kind] = (struct sim_failure){
		.count = count,
		.code = code,
		.worked = worked,
	};
}

void sim_fail_by(struct sim *sim, enum intent_kind kind, unsigned count, enum fault fault)
{
	/* As the real runtime gives them: most of an engine's trouble is a 500. */
	static const int codes[FAULT_COUNT] = {
		[FAULT_ENGINE_SLOW] = ERR_TIMEOUT,
		[FAULT_ENGINE_AWAY] = ERR_UNREACHABLE,
		[FAULT_ENGINE_DENIED] = ERR_DENIED,
		[FAULT_CONFLICT] = ERR_CONFLICT,
		[FAULT_CONTAINER_GONE] = ERR_NOT_FOUND,
		[FAULT_IMAGE_GONE] = ERR_NOT_FOUND,
	};

	sim_fail(sim, kind, count, codes[fault] != 0 ? codes[fault] : ERR_REMOTE, false);
	sim->failures[kind].fault = fault;
}

void sim_jump_clock(struct sim *sim, usec_t by)
{
	sim->wall_ahead += by;
}

void sim_set_chances(struct sim *sim, const struct sim_chances *chances)
{
	sim->chances = *chances;
}

static bool is_of(const struct sim_container *container, const char *service)
{
	return strcmp(container->service, service) == 0;
}

size_t sim_running(const struct sim *sim, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < sim->n_containers; i++)
		n += is_of(sim->containers[i], service) && sim_world_runs(sim->containers[i]);
	return n;
}

size_t sim_containers(const struct sim *sim, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < sim->n_containers; i++)
		n += is_of(sim->containers[i], service);
	return n;
}

bool sim_exists(const struct sim *sim, const char *name)
{
	return sim_world_by_name(sim, name) != NULL;
}

size_t sim_enabled(const struct sim *sim, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < sim->n_servers; i++)
		n += strcmp(sim->servers[i].service, service) == 0 &&
		     sim->servers[i].state == SERVER_UP;
	return n;
}

unsigned sim_maxconn(const struct sim *sim, const char *service)
{
	unsigned most = 0;

	for (size_t i = 0; i < sim->n_servers; i++)
		if (strcmp(sim->servers[i].service, service) == 0 && sim->servers[i].maxconn > most)
			most = sim->servers[i].maxconn;
	return most;
}

size_t sim_serving(const struct sim *sim, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < sim->n_servers; i++) {
		const struct sim_container *container;

		if (strcmp(sim->servers[i].service, service) != 0 ||
			sim->servers[i].state != SERVER_UP)
			continue;
		container = sim_world_at(sim, &sim->servers[i]);
		n += container != NULL && is_of(container, service) && sim_world_answers(container);
	}
	return n;
}

const struct container *sim_container(const struct sim *sim, const char *service, size_t index)
{
	for (size_t i = 0; i < sim->n_containers; i++)
		if (is_of(sim->containers[i], service) && index-- == 0)
			return &sim->containers[i]->facts;
	return NULL;
}

double sim_cpu_share(struct sim *sim, const char *name)
{
	const struct sim_container *container = must_find(sim, name);

	sim_traffic_rates(sim);
	return container->cpu_rate / sim_traffic_limit(sim, container);
}

uint64_t sim_sessions_cut(const struct sim *sim)
{
	return sim->sessions_cut;
}

struct sim_faults sim_faults(struct sim *sim)
{
	sim_traffic_settle(sim);
	return sim->faults;
}
