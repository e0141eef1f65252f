/*
 * Containers of the simulated world: how they come, run, end and go. Whoever makes something happen
 * here (the daemon's calls, a person's hand, the engine's restart) is not its business; it keeps the
 * facts right and has them announced.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/hash.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define RESTARTS_MAX    3 /* on-failure:3, as docker_runtime gives it */
#define RESTART_DELAY   (100 * USEC_PER_MSEC) /* Docker's first; doubled each time */
#define RESTARTS_FORGET (10 * USEC_PER_SEC) /* Docker: who ran so long begins anew */
#define ADDRESSES_MAX   65000
#define HEALTH_INTERVAL (30 * USEC_PER_SEC) /* between two of Docker's own probes, by default */

/* Each call gives a later time, so that ages and lives can be told apart. */
static usec_t wall_now(struct sim *sim)
{
	usec_t wall = sim_now(sim).wall;

	if (wall <= sim->last_wall)
		wall = sim->last_wall + 1;
	sim->last_wall = wall;
	return wall;
}

static const char *label(const struct sim_container *container, const char *key, const char *none)
{
	const char *value = container_label(&container->facts, key);

	return value != NULL ? value : none;
}

struct sim_container *sim_life_add(struct sim *sim, const char *name)
{
	struct sim_container *container = mem_zero(1, sizeof(*container));
	char *id = container->facts.id;

	for (size_t i = 0; i < 4; i++)
		(void)snprintf(
			id + 16 * i, 17, "%016llx", (unsigned long long)sim_world_random(sim));
	(void)mem_strcpy(container->facts.name, sizeof(container->facts.name), name);
	container->facts.state = CONTAINER_CREATED;
	container->facts.created_at = wall_now(sim);
	container->facts.n_endpoints = 1;
	container->serial = ++sim->last_serial;
	container->healthy = true;
	container->readable = true;
	container->revision.before = UINT_MAX;
	sim->containers =
		mem_resize(sim->containers, sim->n_containers + 1, sizeof(struct sim_container *));
	sim->containers[sim->n_containers++] = container;
	sim->changes++;
	return container;
}

/* As spec_fill() of the real runtime: what clones inherit, and nothing that is an option of ours. */
static void fill_spec(struct sim_container *container)
{
	struct container *facts = &container->facts;
	uint64_t hash =
		hash_bytes(HASH_BEGIN, &container->revision.now, sizeof(container->revision.now));

	if (container_label(facts, LABEL_OWNER) != NULL) {
		(void)mem_strcpy(
			facts->spec, sizeof(facts->spec), label(container, LABEL_SPEC, ""));
		return;
	}
	hash = hash_bytes(hash, &facts->cpu_limit_cores, sizeof(facts->cpu_limit_cores));
	hash = hash_bytes(hash, &facts->memory_limit_bytes, sizeof(facts->memory_limit_bytes));
	for (size_t i = 0; i < facts->n_labels; i++) {
		if (strncmp(facts->labels[i].key, "dockscale.", strlen("dockscale.")) == 0)
			continue;
		hash = hash_text(hash, facts->labels[i].key);
		hash = hash_text(hash, facts->labels[i].value);
	}
	hash_format(hash, facts->spec);
}

static double memory_label(const struct sim_container *container)
{
	uint64_t mebibytes = 0;
	struct err ignored; /* one that is no number is none */

	(void)parse_unsigned(
		label(container, SIM_LABEL_MEMORY, "0"), 0, 1 << 20, &mebibytes, &ignored);
	return (double)mebibytes * 0x1p20;
}

void sim_life_select(struct sim *sim, struct sim_container *container)
{
	struct container *facts = &container->facts;
	const struct service_file *file = NULL;
	struct err err = { 0 };

	(void)mem_strcpy(facts->endpoints[0].network, sizeof(facts->endpoints[0].network),
		label(container, SIM_LABEL_NETWORK, "bridge"));
	if (container->memory_bytes <= 0)
		container->memory_bytes = memory_label(container);
	fill_spec(container);
	if (container_label(facts, LABEL_OWNER) != NULL) { /* ours, or another daemon's */
		bool ours = strcmp(label(container, LABEL_OWNER, ""), sim->instance) == 0;

		(void)mem_strcpy(container->service, sizeof(container->service),
			ours ? label(container, LABEL_SERVICE, "") : "");
		return;
	}
	/* one with a label that is no name matters to nobody: the real runtime reports it */
	if (config_select(sim->config, facts->name, facts->labels, facts->n_labels,
		    container->service, &file, &err) != 0)
		container->service[0] = '\0';
}

/* The lowest address that is free: one is used again as soon as it can be, so that whoever keeps
 * an old address meets a stranger. What comes back with its engine gets another one. */
static void take_address(const struct sim *sim, struct sim_container *container)
{
	char address[CONTAINER_ADDRESS_MAX];

	for (unsigned n = 2; n < ADDRESSES_MAX; n++) {
		(void)snprintf(address, sizeof(address), "10.88.%u.%u", n / 256, n % 256);
		if (sim_world_by_address(sim, address) == NULL &&
			!(container->comes_back && strcmp(address, container->last_address) == 0))
			break;
	}
	(void)mem_strcpy(container->facts.endpoints[0].address,
		sizeof(container->facts.endpoints[0].address), address);
	container->address_key = sim_world_address_key(address);
}

static void push_life(struct sim *sim, const struct sim_container *container, usec_t delay,
	void (*run)(struct sim *sim, struct sim_due *due))
{
	sim_queue_push(&sim->queue, &(struct sim_due){
					    .at = sim->now + sim_world_delay(sim, delay),
					    .run = run,
					    .serial = container->serial,
					    .life = container->life,
				    });
}

static bool has_health(const struct sim_container *container)
{
	return strcmp(label(container, SIM_LABEL_HEALTH, ""), "docker") == 0;
}

/* What Docker's own health check says, where the image has one. */
static void judge_health(const struct sim *sim, struct sim_container *container)
{
	if (!sim_world_lives(container) || !has_health(container))
		return;
	if (!sim_world_runs(container) || sim->now < container->health_from)
		container->facts.health = HEALTH_NONE; /* nobody knows, since the pause */
	else if (!container->ready)
		container->facts.health = HEALTH_STARTING;
	else
		container->facts.health = container->healthy ? HEALTH_HEALTHY : HEALTH_UNHEALTHY;
}

void sim_life_changed(struct sim *sim, struct sim_container *container)
{
	judge_health(sim, container);
	fill_spec(container);
	sim_announce_container(sim, container);
}

static void get_ready(struct sim *sim, struct sim_due *due)
{
	struct sim_container *container = sim_world_by_serial(sim, due->serial);

	if (container == NULL || container->life != due->life || container->never_ready ||
		!sim_world_runs(container))
		return;
	sim_traffic_change(sim);
	container->ready = true;
	if (has_health(container))
		sim_life_changed(sim, container);
}

void sim_life_start(struct sim *sim, struct sim_container *container)
{
	struct container *facts = &container->facts;

	sim_traffic_change(sim);
	take_address(sim, container); /* while it does not run, so that it is not in its own way */
	facts->state = CONTAINER_RUNNING;
	facts->started_at = wall_now(sim);
	facts->pid = ++sim->last_pid;
	facts->exit_code = 0;
	facts->end_was_asked = false;
	container->health_from = 0;
	container->life++;
	container->rested = false;
	container->ready = false;
	container->stopping = false;
	container->comes_back = false;
	container->cpu_usec = 0;
	container->throttled_usec = 0;
	container->stalled_usec = 0;
	push_life(sim, container, sim->settings.ready_delay, get_ready);
	sim_life_changed(sim, container);
}

void sim_life_pause(struct sim *sim, struct sim_container *container)
{
	sim_traffic_change(sim);
	container->facts.state = CONTAINER_PAUSED;
	sim_life_changed(sim, container);
}

static void judge_again(struct sim *sim, struct sim_due *due)
{
	struct sim_container *container = sim_world_by_serial(sim, due->serial);

	if (container != NULL && container->life == due->life && sim_world_runs(container))
		sim_life_changed(sim, container);
}

/* A start that was interrupted takes its time once more. */
void sim_life_unpause(struct sim *sim, struct sim_container *container)
{
	sim_traffic_change(sim);
	container->facts.state = CONTAINER_RUNNING;
	if (!container->ready)
		push_life(sim, container, sim->settings.ready_delay, get_ready);
	if (has_health(container)) {
		container->health_from = sim->now + HEALTH_INTERVAL;
		sim_queue_push(&sim->queue, &(struct sim_due){
						    .at = container->health_from,
						    .run = judge_again,
						    .serial = container->serial,
						    .life = container->life,
					    });
	}
	sim_life_changed(sim, container);
}

bool sim_life_comes_back(const struct sim *sim, const struct sim_container *container)
{
	bool ours = strcmp(label(container, LABEL_OWNER, ""), sim->instance) == 0;
	const char *policy = label(container, SIM_LABEL_RESTART, ours ? "on-failure" : "no");

	return strcmp(policy, "always") == 0 ||
	       (strcmp(policy, "on-failure") == 0 && container->facts.exit_code != 0);
}

int sim_life_exit_code(const struct sim_container *container)
{
	return strcmp(label(container, SIM_LABEL_EXIT, "143"), "0") == 0 ? 0 : 143;
}

static void restart(struct sim *sim, struct sim_due *due)
{
	struct sim_container *container = sim_world_by_serial(sim, due->serial);

	if (container != NULL && container->life == due->life)
		sim_life_start(sim, container);
}

void sim_life_end(struct sim *sim, struct sim_container *container, int exit_code, bool told)
{
	struct container *facts = &container->facts;

	sim_traffic_change(sim);
	if (sim_now(sim).wall - facts->started_at > RESTARTS_FORGET)
		container->restarts = 0;
	facts->state = CONTAINER_EXITED;
	facts->health = HEALTH_NONE;
	facts->exit_code = exit_code;
	facts->end_was_asked = told && sim->link == SIM_LINK_UP; /* only events tell */
	facts->pid = 0;
	(void)mem_strcpy(container->last_address, sizeof(container->last_address),
		facts->endpoints[0].address);
	facts->endpoints[0].address[0] = '\0';
	container->address_key = sim_world_address_key("");
	container->life++;
	container->ready = false;
	sim_traffic_end(container);
	if (!told && sim_life_comes_back(sim, container) && container->restarts < RESTARTS_MAX) {
		facts->state = CONTAINER_RESTARTING;
		push_life(sim, container, RESTART_DELAY << container->restarts++, restart);
	}
	sim_announce_container(sim, container);
}

void sim_life_remove(struct sim *sim, struct sim_container *container)
{
	sim_traffic_change(sim);
	for (size_t i = 0; i < sim->n_containers; i++) {
		if (sim->containers[i] != container)
			continue;
		memmove(&sim->containers[i], &sim->containers[i + 1],
			(--sim->n_containers - i) * sizeof(struct sim_container *));
		break;
	}
	sim_announce_gone(sim, container);
	container_finish(&container->facts);
	free(container);
}
