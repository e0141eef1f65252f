/*
 * Traffic of the simulated world, as a fluid: a service's load flows to those servers that are
 * enabled and answer, by their weights, and becomes CPU time and sessions there. Between two changes
 * all rates are constant, so that an hour costs no more than what happens in it. Work that waits
 * changes them all the time, and costs a reckoning a second.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <math.h>
#include <string.h>

#define SESSIONS_PER_CORE 10.0 /* opened in a second by a core of load */

double sim_traffic_limit(const struct sim *sim, const struct sim_container *container)
{
	if (container->facts.cpu_limit_cores > 0)
		return container->facts.cpu_limit_cores;
	return sim->settings.capacity > 0 ? sim->settings.capacity : 1.0;
}

uint64_t sim_traffic_reported(const struct sim_container *container)
{
	return (uint64_t)(container->sessions + 0.5) + container->held_sessions;
}

uint64_t sim_traffic_total(const struct sim_container *container)
{
	return (uint64_t)(container->cpu_usec / (double)USEC_PER_SEC * SESSIONS_PER_CORE);
}

uint64_t sim_traffic_sessions(const struct sim_container *container)
{
	return sim_traffic_reported(container) + (uint64_t)(container->old_sessions + 0.5);
}

/* The container that this server's traffic reaches, if it is one of its service that answers. */
static struct sim_container *backend_of(const struct sim *sim, const struct sim_server *server)
{
	struct sim_container *container;

	if (server->state != SERVER_UP)
		return NULL;
	container = sim_world_at(sim, server);
	if (container == NULL || !text_same(container->service, server->service) ||
		!sim_world_answers(container))
		return NULL;
	return container;
}

static double total_weight(const struct sim *sim, const char *service)
{
	double total = 0;

	for (size_t i = 0; i < sim->n_servers; i++)
		if (text_same(sim->servers[i].service, service) &&
			backend_of(sim, &sim->servers[i]) != NULL)
			total += sim->servers[i].weight;
	return total;
}

/* What waits is wanted within the next second. */
static void spread(struct sim *sim, const struct sim_load *load)
{
	double total = total_weight(sim, load->service);
	double cores = load->cores + load->done.waiting;

	if (total <= 0) {
		sim->n_unserved += load->cores > 0;
		return;
	}
	for (size_t i = 0; i < sim->n_servers; i++) {
		struct sim_container *container = backend_of(sim, &sim->servers[i]);

		if (container == NULL || !text_same(sim->servers[i].service, load->service))
			continue;
		container->demand += cores * sim->servers[i].weight / total;
		container->misread = load->misread;
		container->maxconn = sim->servers[i].maxconn;
	}
}

/* An operator's server is the operator's business; HAProxy's own checks watch over it. */
static void count_faults(struct sim *sim, const struct sim_server *server)
{
	const struct sim_container *container;

	if (server->kind == SIM_SERVER_OPERATOR || server->state != SERVER_UP)
		return;
	container = sim_world_at(sim, server);
	if (container == NULL || !sim_world_runs(container))
		sim->n_dead++;
	else if (!text_same(container->service, server->service))
		sim->n_stranger++;
	else if (!container->ready)
		sim->n_unready++;
}

/* CPU of its own while it starts, then that of its traffic, and never more than its limit. */
static void set_rates(const struct sim *sim, struct sim_container *container)
{
	double limit = sim_traffic_limit(sim, container);
	double start = sim->settings.start_cores;
	double wanted = container->demand;

	container->sessions_aim = wanted * SESSIONS_PER_CORE * sim->settings.session_seconds;
	/* Who waits in the balancer's queue burns nothing. */
	if (container->maxconn > 0 && container->sessions_aim > container->maxconn)
		wanted *= container->maxconn / container->sessions_aim;
	if (!sim_world_runs(container))
		wanted = 0;
	else if (!container->ready && start >= 0)
		wanted += start > 0 ? start : limit;
	container->cpu_rate = wanted < limit ? wanted : limit;
	container->throttled_rate = wanted > limit ? 1 : 0;
	container->stalled_rate = container->throttled_rate;
}

static void refresh_rates(struct sim *sim)
{
	sim->rates_stale = false;
	sim->n_dead = 0;
	sim->n_unready = 0;
	sim->n_stranger = 0;
	sim->n_unserved = 0;
	for (size_t i = 0; i < sim->n_containers; i++) {
		sim->containers[i]->demand = 0;
		sim->containers[i]->maxconn = 0;
		sim->containers[i]->misread = 1;
	}
	for (size_t i = 0; i < sim->n_loads; i++)
		spread(sim, &sim->loads[i]);
	for (size_t i = 0; i < sim->n_servers; i++)
		count_faults(sim, &sim->servers[i]);
	for (size_t i = 0; i < sim->n_containers; i++)
		set_rates(sim, sim->containers[i]);
	sim_host_share(sim);
}

/* Sessions approach what arrives, and end at a mean of session_seconds. */
static double sessions_kept(const struct sim *sim, usec_t span)
{
	if (sim->settings.session_seconds <= 0)
		return 0;
	return exp(-(double)span / (double)USEC_PER_SEC / sim->settings.session_seconds);
}

/* What is done of a load, as a rate. */
static double served_rate(const struct sim *sim, const struct sim_load *load)
{
	double rate = 0;

	for (size_t i = 0; i < sim->n_containers; i++) {
		const struct sim_container *container = sim->containers[i];

		if (container->demand > 0 && text_same(container->service, load->service))
			rate += fmin(container->cpu_rate, container->demand);
	}
	return rate;
}

static void settle_work(struct sim *sim, struct sim_load *load, usec_t span)
{
	double seconds = (double)span / (double)USEC_PER_SEC;
	double rate = served_rate(sim, load);
	double before = load->done.waiting;
	double there = before + load->cores * seconds;
	double waiting = fmax(0, there - rate * seconds);
	double lost = fmax(0, waiting - load->queue_seconds * rate);

	load->done.arrived += load->cores * seconds;
	load->done.served += there - waiting;
	load->done.lost += lost;
	load->done.waiting = waiting - lost;
	if (before > 0 || waiting > 0)
		sim->rates_stale = true;
}

/* Its CPU time, as it is read: no more than it may use. */
static double cpu_read(const struct sim *sim, const struct sim_container *container)
{
	if (container->misread == 1) /* exactly: nobody errs */
		return container->cpu_rate;
	return fmin(sim_traffic_limit(sim, container), container->cpu_rate * container->misread);
}

void sim_traffic_settle(struct sim *sim)
{
	usec_t span = sim->now - sim->settled_at;
	double kept;

	if (span == 0)
		return;
	if (sim->rates_stale)
		refresh_rates(sim);
	kept = sessions_kept(sim, span);
	for (size_t i = 0; i < sim->n_containers; i++) {
		struct sim_container *container = sim->containers[i];

		container->cpu_usec += cpu_read(sim, container) * (double)span;
		container->throttled_usec += container->throttled_rate * (double)span;
		container->stalled_usec += container->stalled_rate * (double)span;
		if (container->facts.state == CONTAINER_PAUSED)
			continue; /* its sessions wait for it */
		container->sessions = container->sessions_aim +
				      (container->sessions - container->sessions_aim) * kept;
		container->old_sessions *= kept;
	}
	sim->faults.dead += (usec_t)sim->n_dead * span;
	sim->faults.unready += (usec_t)sim->n_unready * span;
	sim->faults.stranger += (usec_t)sim->n_stranger * span;
	sim->faults.unserved += (usec_t)sim->n_unserved * span;
	sim_host_settle(sim, span);
	for (size_t i = 0; i < sim->n_loads; i++)
		if (sim->loads[i].queue_seconds > 0)
			settle_work(sim, &sim->loads[i], span);
	sim->settled_at = sim->now;
}

void sim_traffic_change(struct sim *sim)
{
	sim_traffic_settle(sim);
	sim->rates_stale = true;
	sim->changes++;
}

void sim_traffic_hide(struct sim *sim)
{
	sim_traffic_change(sim);
	for (size_t i = 0; i < sim->n_containers; i++) {
		struct sim_container *container = sim->containers[i];

		container->old_sessions += container->sessions + container->held_sessions;
		container->sessions = 0;
		container->held_sessions = 0;
	}
}

void sim_traffic_end(struct sim_container *container)
{
	container->sessions = 0;
	container->old_sessions = 0;
	container->held_sessions = 0;
}

void sim_traffic_rates(struct sim *sim)
{
	sim_traffic_settle(sim);
	if (sim->rates_stale)
		refresh_rates(sim);
}

static struct sim_load *load_of(struct sim *sim, const char *service)
{
	struct sim_load *load;

	for (size_t i = 0; i < sim->n_loads; i++)
		if (strcmp(sim->loads[i].service, service) == 0)
			return &sim->loads[i];
	sim->loads = mem_resize(sim->loads, sim->n_loads + 1, sizeof(*sim->loads));
	load = &sim->loads[sim->n_loads++];
	*load = (struct sim_load){ .misread = 1 };
	(void)mem_strcpy(load->service, sizeof(load->service), service);
	return load;
}

void sim_traffic_load(
	struct sim *sim, const char *service, const struct sim_load_settings *settings)
{
	struct sim_load *load;

	sim_traffic_change(sim);
	load = load_of(sim, service);
	load->cores = settings->cores;
	load->queue_seconds = settings->queue_seconds;
	load->misread = settings->misread > 0 ? settings->misread : 1;
	if (settings->queue_seconds <= 0)
		load->done.waiting = 0;
}

struct sim_work sim_traffic_work(struct sim *sim, const char *service)
{
	sim_traffic_settle(sim);
	return load_of(sim, service)->done;
}
