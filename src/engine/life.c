/*
 * One replica's life: planned by the service, created, started, probed, joined, served, drained,
 * stopped, removed. The runtime's facts lead: whatever we believe, a container that does not run
 * serves nobody, and one that runs anew has to prove its health again. Here the facts become a state,
 * and each moment asks its own of it; what is done then is replica.c's matter.
 */
#include "take.h"

#include <dockscale/base/mem.h>

#include <stdio.h>

/* A stop answers after its grace time, and the kill may take a while. */
#define STOP_MARGIN (15 * USEC_PER_SEC)

/* Before it lasted: who ended it was not asked to. */
static void count_crash(
	struct engine *engine, struct service *service, const struct replica *replica)
{
	char cause[192];

	if (replica->lasted || replica->facts.end_was_asked ||
		replica->facts.state == CONTAINER_PAUSED)
		return;
	(void)snprintf(cause, sizeof(cause), "%s ended by itself with exit code %d: see its log",
		replica->name, replica->facts.exit_code);
	guard_failed(engine, service, cause);
}

/* It does not run any more, and nobody told us why. */
static void died(struct engine *engine, struct service *service, struct replica *replica)
{
	struct note note = { LOG_LEVEL_WARNING, "replica ended", replica, -1, -1 };
	bool wanted = replica_counts(replica);

	replica_end_life(engine, service, replica);
	if (!wanted) {
		(void)warm_failed(engine, service, replica, "it ended before it was ready");
		replica_stopped(engine, service, replica);
		return;
	}
	if (hand_ended(engine, service, replica)) {
		replica_enter(engine, service, replica, REPLICA_STOPPED);
		return;
	}
	if (replica->facts.state == CONTAINER_PAUSED)
		note_add(engine, service, &note, "it was paused from outside");
	else
		note_add(engine, service, &note, "exit code %d", replica->facts.exit_code);
	fleet_fault(engine, service, FAULT_DIED);
	count_crash(engine, service, replica);
	service->counters.failed++;
	if (replica->state < REPLICA_SERVING && !replica->facts.end_was_asked)
		replacement_failed(engine, service, replica, "it ended before it served", false);
	/* Not at once: the engine itself may be going down and take the others along. */
	replica_retry_later(engine, replica);
	if (service->retry_at < replica->retry_at)
		service->retry_at = replica->retry_at;
	hand_waits(engine, replica);
	replica_enter(engine, service, replica, REPLICA_STOPPED);
}

static void follow_running(struct engine *engine, struct service *service, struct replica *replica)
{
	bool leaving = replica->state == REPLICA_STOPPING || replica->state == REPLICA_REMOVING;

	if (replica->life == replica->facts.started_at)
		return;
	if (leaving) {
		/* Nobody removes one that runs: a removal that was asked for is refused by now, and
		 * the answer may be late or lost. */
		if (replica->pending_kind == INTENT_REMOVE)
			replica->pending = 0;
		replica->life = replica->facts.started_at;
		replica_stop(engine, service, replica);
		return;
	}
	hand_started(engine, service, replica);
	replica_begin_life(engine, service, replica);
}

static void follow_ended(struct engine *engine, struct service *service, struct replica *replica)
{
	switch (replica->state) {
	case REPLICA_CREATING:
	case REPLICA_REMOVING:
		return;
	case REPLICA_STARTING:
		if (replica->pending == 0)
			died(engine, service, replica);
		return;
	case REPLICA_STOPPING:
		if (replica->facts.state != CONTAINER_PAUSED)
			replica_stopped(engine, service, replica);
		return;
	case REPLICA_DRAINING:
		/* Its sessions wait for it to go on, and are cut at the deadline like any others. */
		if (replica->facts.state != CONTAINER_PAUSED)
			died(engine, service, replica);
		return;
	case REPLICA_PROBING:
	case REPLICA_JOINING:
	case REPLICA_SERVING:
		if (!warm_found_late(service, replica)) {
			died(engine, service, replica);
			return;
		}
		replica->spare = true;
		replica->state = REPLICA_WARM;
		warm_follow(engine, service, replica);
		return;
	case REPLICA_WARM:
		warm_follow(engine, service, replica);
		return;
	default:
		replica->spare = warm_found(service, replica);
		replica->state = replica->spare ? REPLICA_WARM : REPLICA_STOPPED;
		return;
	}
}

void life_follow(struct engine *engine, struct service *service, struct replica *replica)
{
	if (!service->configured || replica->id[0] == '\0')
		return;
	address_update(service, replica);
	switch (replica->facts.state) {
	case CONTAINER_RUNNING:
		follow_running(engine, service, replica);
		return;
	case CONTAINER_RESTARTING:
		/* The engine starts it again by itself: wait for that, do not double it. */
		if (replica->life != 0 && replica_counts(replica))
			count_crash(engine, service, replica);
		if (replica->life != 0)
			replica_end_life(engine, service, replica);
		if (replica->state != REPLICA_STOPPING && replica->state != REPLICA_STARTING)
			replica_enter(engine, service, replica, REPLICA_STARTING);
		return;
	case CONTAINER_REMOVING:
		replica_end_life(engine, service, replica);
		replica_enter(engine, service, replica, REPLICA_REMOVING);
		return;
	default:
		follow_ended(engine, service, replica);
		return;
	}
}

void life_observe(struct engine *engine, struct service *service, struct replica *replica,
	const struct container *container)
{
	bool limits_changed = replica->facts.cpu_limit_cores != container->cpu_limit_cores ||
			      replica->facts.memory_limit_bytes != container->memory_limit_bytes;

	container_finish(&replica->facts);
	container_copy(&replica->facts, container);
	(void)mem_strcpy(replica->id, sizeof(replica->id), container->id);
	(void)mem_strcpy(replica->name, sizeof(replica->name), container->name);
	replica->seen = true;
	replica->lost = false; /* whatever is told now is newer */
	hand_told(engine, replica);
	life_follow(engine, service, replica);
	if (limits_changed && replica->watched)
		replica_watch(engine, service, replica);
}

/* What this moment asks. */

static void step_draining(struct engine *engine, struct service *service, struct replica *replica)
{
	usec_t idle_for = engine->now.boot - replica->idle_since;
	/* Two readings of one moment would be one: a session may just be on its way. */
	bool idle = replica->idle_reports >= 2 &&
		    idle_for >= engine->config->daemon.interval * 9 / 10 &&
		    idle_for >= service->config.haproxy.drain_idle;
	bool nobody = service->config.haproxy.balancer == BALANCER_NONE;
	struct note note = { LOG_LEVEL_WARNING, "drain ended by its deadline", replica, -1, -1 };

	if (engine->now.boot < replica->deadline &&
		((!idle && !nobody) || replacement_keeps(service, replica)))
		return;
	if (!idle && !nobody)
		note_add(engine, service, &note, "sessions that are left will be cut");
	replica_stop(engine, service, replica);
}

static bool server_open(const struct service *service, const struct replica *replica)
{
	return service->n_reachable > 0 && replica_has_server(replica);
}

static void step_stopping(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent;

	if (server_open(service, replica) && engine->now.boot < replica->deadline)
		return; /* closed in the balancer first, stopped then */
	intent = replica_call(engine, service, replica, INTENT_STOP);
	intent->stop_timeout = service->config.stop_timeout;
	intent->deadline = engine->now.boot + service->config.stop_timeout + STOP_MARGIN;
}

void life_step(struct engine *engine, struct service *service, struct replica *replica)
{
	if (replica->state == REPLICA_DRAINING)
		step_draining(engine, service, replica);
	else
		health_step(engine, service, replica);
	if (replica->pending != 0 || engine->now.boot < replica->retry_at ||
		!engine->runtime_known || fleet_dry(engine, service))
		return;
	if (replica->state == REPLICA_STOPPING)
		step_stopping(engine, service, replica);
	else if (replica->state == REPLICA_REMOVING && replica->facts.state != CONTAINER_REMOVING &&
		 replica->role == ROLE_CLONE)
		(void)replica_call(engine, service, replica, INTENT_REMOVE);
}
