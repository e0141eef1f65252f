/*
 * A day of a service in a second: its recorded load comes second by second to the simulated world,
 * the engine scales it as it would scale the real one, and each second is entered into the accounts.
 * The plant is that of all comparisons: work that is too much waits for ten seconds at most.
 */
#include <dockscale/adapter/sim/simulation.h>

#include "adapter/sim/sim_drive.h"

#include <dockscale/base/mem.h>
#include <dockscale/engine/snapshot.h>

#include <stdio.h>
#include <string.h>

#define QUEUE_SECONDS 10.0
#define STOP_SECONDS  (USEC_PER_SEC / 5)
#define SETTLE_TIME   (10 * USEC_PER_SEC) /* until all serve that ran at the beginning */
#define DAY           ((usec_t)86400 * USEC_PER_SEC)
#define MONDAY        ((usec_t)4 * DAY) /* the first one of the epoch */
#define WEEK          (7 * DAY)
#define SLOTS_SPARE   8 /* for replicas that go while others come */
#define LABELS_MAX    32
#define LABEL_MAX     256

struct run {
	struct simulation_service service;
	struct score score;
	struct sim_work work; /* up to the second before */
	bool acted;
	bool served; /* all that ran at the beginning did */
	unsigned first;
	char problem[512];
};

struct simulation {
	struct sim_drive *drive;
	struct sim *sim;
	struct run runs[SIMULATION_SERVICES_MAX];
	size_t n_runs;
	usec_t startup;
	size_t second;
	size_t seconds;
};

/* The labels of one container, with the memory that they need. */
struct labels {
	char own[5][LABEL_MAX];
	const char *items[LABELS_MAX];
	size_t count;
};

static void add_own(struct labels *labels, const char *key, const char *value)
{
	char *text = labels->own[labels->count];

	(void)snprintf(text, LABEL_MAX, "%s=%s", key, value);
	labels->items[labels->count++] = text;
}

static void add_given(struct labels *labels, const struct simulation_service *service)
{
	for (size_t i = 0; i < service->n_labels && labels->count < LABELS_MAX; i++)
		labels->items[labels->count++] = service->labels[i];
}

/* As the daemon would have made it of the template. */
static void run_clone(struct simulation *simulation, const struct run *run, unsigned number)
{
	const struct container *template = sim_container(simulation->sim, run->service.name, 0);
	struct labels labels = { .count = 0 };
	char name[CONTAINER_NAME_MAX];

	(void)snprintf(name, sizeof(name), "%s-first-%u", run->service.name, number);
	add_own(&labels, LABEL_SERVICE, run->service.name);
	add_own(&labels, LABEL_OWNER, sim_drive_instance());
	add_own(&labels, LABEL_ROLE, "replica");
	add_own(&labels, LABEL_INTENT, name);
	add_own(&labels, LABEL_SPEC, template->spec);
	add_given(&labels, &run->service);
	(void)sim_run(simulation->sim, name, labels.items, labels.count, run->service.cores);
}

static void run_own(struct simulation *simulation, const struct run *run, unsigned number)
{
	struct labels labels = { .count = 0 };
	char name[CONTAINER_NAME_MAX];

	(void)snprintf(name, sizeof(name), "%s-%u", run->service.name, number);
	add_own(&labels, LABEL_SERVICE, run->service.name);
	add_given(&labels, &run->service);
	if (number < run->first)
		(void)sim_run(
			simulation->sim, name, labels.items, labels.count, run->service.cores);
	else
		(void)sim_create(
			simulation->sim, name, labels.items, labels.count, run->service.cores);
}

static void run_containers(struct simulation *simulation, const struct run *run)
{
	unsigned own = run->service.pool ? run->service.max : 1;

	for (unsigned i = 0; i < own; i++)
		run_own(simulation, run, i);
	for (unsigned i = own; i < run->first; i++)
		run_clone(simulation, run, i);
}

static void hear(void *context, struct moment now, const struct intent *intent)
{
	struct simulation *simulation = context;

	(void)now;
	if (intent->kind != INTENT_NOTE || intent->note.to < 0)
		return;
	for (size_t i = 0; i < simulation->n_runs; i++)
		if (strcmp(simulation->runs[i].service.name, intent->service) == 0)
			simulation->runs[i].acted = true;
}

static void set_work(struct simulation *simulation, const struct run *run, double demand)
{
	const struct trace *trace = run->service.trace;
	struct sim_load_settings load = {
		.cores = demand * run->service.cores,
		.queue_seconds = QUEUE_SECONDS,
		.misread = (double)trace->error[simulation->second],
	};

	sim_set_work(simulation->sim, run->service.name, &load);
}

/* On a second of both clocks, so that ticks, loads and accounts are of the same seconds. */
static void set_clock(struct simulation *simulation)
{
	struct moment now = sim_now(simulation->sim);

	if (now.boot % USEC_PER_SEC != 0)
		sim_drive_run(simulation->drive, USEC_PER_SEC - now.boot % USEC_PER_SEC);
	now = sim_now(simulation->sim);
	sim_jump_clock(simulation->sim, 2 * WEEK - SETTLE_TIME - (now.wall - MONDAY) % WEEK);
}

static int check_serving(struct simulation *simulation, struct err *err)
{
	for (size_t i = 0; i < simulation->n_runs; i++) {
		const struct run *run = &simulation->runs[i];

		if (!run->served)
			return err_set(err, ERR_CONFLICT,
				"%s: %zu of %u replicas came to serve at the beginning: %s",
				run->service.name, sim_serving(simulation->sim, run->service.name),
				run->first, simulation_problem(simulation, i));
	}
	return 0;
}

static bool look_who_serves(struct sim_drive *drive, void *context)
{
	struct simulation *simulation = context;

	(void)drive;
	for (size_t i = 0; i < simulation->n_runs; i++) {
		struct run *run = &simulation->runs[i];

		run->served |= sim_serving(simulation->sim, run->service.name) >= run->first;
	}
	return false;
}

/* What ran before the daemon began is found by it, as after any restart. */
static int begin(struct simulation *simulation, uint64_t seed, struct err *err)
{
	sim_drive_kill(simulation->drive);
	for (size_t i = 0; i < simulation->n_runs; i++) {
		run_containers(simulation, &simulation->runs[i]);
		set_work(simulation, &simulation->runs[i],
			trace_first_demand(simulation->runs[i].service.trace));
	}
	sim_drive_run(simulation->drive, simulation->startup + USEC_PER_SEC);
	set_clock(simulation);
	sim_drive_start(simulation->drive, seed);
	sim_drive_listen(simulation->drive, hear, simulation);
	(void)sim_drive_until(simulation->drive, look_who_serves, simulation, SETTLE_TIME);
	for (size_t i = 0; i < simulation->n_runs; i++) {
		struct run *run = &simulation->runs[i];

		run->work = sim_work(simulation->sim, run->service.name);
		run->acted = false;
	}
	return check_serving(simulation, err);
}

static unsigned within(unsigned count, unsigned min, unsigned max)
{
	return count < min ? min : count > max ? max : count;
}

static void add_run(struct simulation *simulation, const struct simulation_service *service)
{
	struct run *run = &simulation->runs[simulation->n_runs++];

	run->service = *service;
	run->first =
		within(trace_first_count(service->trace, service->max), service->min, service->max);
	if (simulation->seconds == 0 || service->trace->seconds < simulation->seconds)
		simulation->seconds = service->trace->seconds;
}

static struct sim_settings world_of(const struct simulation_settings *settings)
{
	struct sim_settings world = {
		.seed = settings->seed,
		.ready_delay = settings->startup,
		.stop_delay = STOP_SECONDS,
		.call_delay = 2 * USEC_PER_MSEC,
		.session_seconds = 0.2,
		.start_cores = -1, /* as in all comparisons: what starts burns nothing */
		.host_cores = settings->host_cores,
	};

	for (size_t i = 0; i < settings->n_services; i++)
		if (settings->services[i].max + SLOTS_SPARE > world.slots)
			world.slots = settings->services[i].max + SLOTS_SPARE;
	return world;
}

int simulation_new(const struct simulation_settings *settings, struct simulation **ret_simulation,
	struct err *err)
{
	struct simulation *simulation = mem_zero(1, sizeof(*simulation));
	struct sim_settings world = world_of(settings);
	int r;

	simulation->startup = settings->startup;
	simulation->drive = sim_drive_new(&world, settings->config, settings->seed);
	simulation->sim = sim_drive_sim(simulation->drive);
	for (size_t i = 0; i < settings->n_services && i < SIMULATION_SERVICES_MAX; i++)
		add_run(simulation, &settings->services[i]);
	r = begin(simulation, settings->seed, err);
	if (r < 0) {
		simulation_free(simulation);
		return r;
	}
	*ret_simulation = simulation;
	return 0;
}

void simulation_free(struct simulation *simulation)
{
	if (simulation == NULL)
		return;
	sim_drive_free(simulation->drive);
	free(simulation);
}

static void account(struct simulation *simulation, struct run *run)
{
	struct simulation_state state =
		simulation_state(simulation, (size_t)(run - simulation->runs));
	struct sim_work work = sim_work(simulation->sim, run->service.name);
	double cores = run->service.cores;
	struct score_second second = {
		.serving = state.serving,
		.idle = state.running > state.serving ? state.running - state.serving : 0,
		.wanted = run->service.trace->wanted[simulation->second],
		.arrived = (work.arrived - run->work.arrived) / cores,
		.lost = (work.lost - run->work.lost) / cores,
		.waiting = work.waiting / cores,
		/* while something waits, all that can be done is done */
		.capacity = (work.served - run->work.served) / cores,
		.acted = run->acted,
	};

	score_push(&run->score, &second);
	run->work = work;
	run->acted = false;
}

bool simulation_step(struct simulation *simulation)
{
	if (simulation->second >= simulation->seconds)
		return false;
	for (size_t i = 0; i < simulation->n_runs; i++) {
		const struct run *run = &simulation->runs[i];

		set_work(simulation, run, (double)run->service.trace->arrivals[simulation->second]);
	}
	sim_drive_run(simulation->drive, USEC_PER_SEC);
	for (size_t i = 0; i < simulation->n_runs; i++)
		account(simulation, &simulation->runs[i]);
	simulation->second++;
	return true;
}

size_t simulation_seconds(const struct simulation *simulation)
{
	return simulation->second;
}

struct simulation_state simulation_state(const struct simulation *simulation, size_t service)
{
	const struct run *run = &simulation->runs[service];
	size_t second = simulation->second < simulation->seconds ? simulation->second
								 : simulation->seconds - 1;

	return (struct simulation_state){
		.serving = (unsigned)sim_serving(simulation->sim, run->service.name),
		.running = (unsigned)sim_running(simulation->sim, run->service.name),
		.demand = (double)run->service.trace->demand[second],
	};
}

struct score simulation_score(const struct simulation *simulation, size_t service)
{
	const struct run *run = &simulation->runs[service];
	unsigned startup = (unsigned)((simulation->startup + USEC_PER_SEC - 1) / USEC_PER_SEC);
	struct score score = run->score;
	double oracle = score_oracle_paid(run->service.trace, startup, TRACE_WANTED_MAX);

	score_finish(&score);
	if (oracle > 0)
		score.cost = score.paid / oracle;
	return score;
}

static struct service_snapshot shown(const struct simulation *simulation, size_t service)
{
	struct snapshot *snapshot =
		engine_snapshot(sim_drive_engine(simulation->drive), sim_now(simulation->sim));
	struct service_snapshot found = { 0 };

	for (size_t i = 0; i < snapshot->n_services; i++)
		if (strcmp(snapshot->services[i].name, simulation->runs[service].service.name) == 0)
			found = snapshot->services[i];
	found.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return found;
}

uint64_t simulation_failed(const struct simulation *simulation, size_t service)
{
	return shown(simulation, service).counters.failed;
}

const char *simulation_problem(struct simulation *simulation, size_t service)
{
	struct run *run = &simulation->runs[service];
	struct service_snapshot now = shown(simulation, service);

	(void)mem_strcpy(run->problem, sizeof(run->problem), now.problem);
	return run->problem;
}
