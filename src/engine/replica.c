/*
 * What we do with one replica: it is created, started, paused, drained, stopped, watched. Every state
 * that waits has a deadline, and every call that failed waits before it is made again. What the world
 * says of it, and what each moment asks, is life.c's matter.
 */
#include "steer.h"

#include <dockscale/base/mem.h>

#include <stdio.h>

/* A start-up counts for so many of the lasting mean. */
#define STARTUPS 4

/* Beyond the engine's own work: a create pulls nothing, but a busy disk takes its time. */
#define CALL_DEADLINE (30 * USEC_PER_SEC)

/* How long a stop waits for the balancer to confirm that the server is closed. */
#define CLOSE_PATIENCE (2 * USEC_PER_SEC)

static usec_t state_deadline(
	const struct engine *engine, const struct service *service, enum replica_state state)
{
	switch (state) {
	case REPLICA_PROBING:
		return engine->now.boot + service->config.health.startup_grace;
	case REPLICA_DRAINING:
		return engine->now.boot + service->config.haproxy.drain_timeout;
	case REPLICA_STOPPING:
		return engine->now.boot + CLOSE_PATIENCE;
	default:
		return USEC_NEVER;
	}
}

/* How long it takes from the decision: some are slow, and the policy plans for what is usual. One
 * that was warm tells nothing about the next one that is not. */
static void measure_startup(
	const struct engine *engine, struct service *service, struct replica *replica)
{
	usec_t took = engine->now.boot - replica->wanted_at;

	if (replica->wanted_at > 0)
		service->startup =
			service->startup == 0
				? took
				: service->startup + (took - service->startup) / STARTUPS;
	replica->wanted_at = 0;
}

static void on_serving(struct engine *engine, struct service *service, struct replica *replica)
{
	char because[64];

	/* What it used until now was its start, not load. */
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++)
		window_clear(&replica->series[metric].window);
	replica->attempts = 0;
	replica->probe_at = engine->now.boot + service->config.health.serving_interval;
	sick_forget(replica);
	measure_startup(engine, service, replica);
	replacement_served(service, replica);
	replica->weight = WEIGHT_BASE;
	slow_start_serving(engine, replica);
	service->failures = 0;
	service->failure[0] = '\0';
	service->joined_at = engine->now.boot;
	service->counters.created++;
	(void)snprintf(
		because, sizeof(because), "healthy at %s port %u", replica->address, replica->port);
	note_replica(engine, service, replica, "replica serving",
		replica->port > 0 ? because : "running");
}

void replica_enter(struct engine *engine, struct service *service, struct replica *replica,
	enum replica_state state)
{
	bool was_up = replica_is_up(replica);

	replica->state = state;
	replica->since = engine->now.boot;
	replica->deadline = state_deadline(engine, service, state);
	replica->idle_reports = 0;
	if (state == REPLICA_STARTING || state == REPLICA_PROBING)
		replica->lasted = false;
	if (was_up && !replica_is_up(replica))
		service->joined_at = engine->now.boot;
	if (state == REPLICA_SERVING)
		on_serving(engine, service, replica);
}

/* Calls. */

struct intent *replica_call(struct engine *engine, struct service *service, struct replica *replica,
	enum intent_kind kind)
{
	struct intent *intent = fleet_intend(engine, service, kind);

	(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	(void)mem_strcpy(intent->name, sizeof(intent->name), replica->name);
	intent->deadline = engine->now.boot + CALL_DEADLINE;
	replica->pending = intent->id;
	replica->pending_kind = kind;
	return intent;
}

struct replica *replica_create(struct engine *engine, struct service *service, bool spare)
{
	struct replica *replica = fleet_add_replica(service);
	struct intent *intent;

	(void)snprintf(replica->name, sizeof(replica->name), "ds-%.40s-%.60s-%06x",
		engine->instance, service->name, (unsigned)(fleet_random(engine) & 0xffffff));
	replica->role = ROLE_CLONE;
	replica->wanted_at = engine->now.boot;
	replica->spare = spare;
	series_prepare(engine, service, replica);
	replica_enter(engine, service, replica, REPLICA_CREATING);
	if (!spare || service->config.warm_state != WARM_CREATED)
		guard_tried(engine, service);
	intent = replica_call(engine, service, replica, INTENT_CREATE);
	(void)mem_strcpy(intent->container, sizeof(intent->container), service->template_id);
	return replica;
}

void replica_start(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STARTING);
	guard_tried(engine, service);
	(void)replica_call(engine, service, replica, INTENT_START);
}

void replica_created(struct engine *engine, struct service *service, struct replica *replica)
{
	if (replica->spare)
		replica->wanted_at = 0;
	if (replica->spare && service->config.warm_state == WARM_CREATED)
		replica_enter(engine, service, replica, REPLICA_WARM);
	else
		replica_start(engine, service, replica);
}

void replica_pause(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_WARM);
	(void)replica_call(engine, service, replica, INTENT_PAUSE);
}

void replica_unpause(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STARTING);
	(void)replica_call(engine, service, replica, INTENT_UNPAUSE);
}

void replica_drain(struct engine *engine, struct service *service, struct replica *replica,
	enum leave_reason reason)
{
	static const char *const because[] = {
		[LEAVE_SURPLUS] = "not needed any more",
		[LEAVE_FAILED] = "it never became healthy",
		[LEAVE_WITHDRAWN] = "its template was removed",
		[LEAVE_OUTDATED] = "its template changed",
		[LEAVE_SICK] = "it is unhealthy",
		[LEAVE_RELEASED] = "the service was released",
	};

	if (reason == LEAVE_SURPLUS)
		guard_untried(engine, service, replica);
	replica->leave = reason;
	replica_enter(engine, service, replica, REPLICA_DRAINING);
	note_replica(engine, service, replica, "replica draining", because[reason]);
}

void replica_stop(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STOPPING);
}

void replica_watch(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent = fleet_intend(engine, service, INTENT_WATCH);

	(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	intent->watch.pid = replica->facts.pid;
	intent->watch.started_at = replica->facts.started_at;
	intent->watch.cpu_limit_cores = replica->facts.cpu_limit_cores;
	intent->watch.memory_limit_bytes = replica->facts.memory_limit_bytes;
	replica->watched = true;
}

static void unwatch(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent;

	series_forget(replica);
	if (!replica->watched)
		return;
	intent = fleet_intend(engine, service, INTENT_UNWATCH);
	(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	replica->watched = false;
}

/* The ends of a life. */

void replica_end_life(struct engine *engine, struct service *service, struct replica *replica)
{
	unwatch(engine, service, replica);
	replica->life = 0;
	replica->adopted = false;
	replica->inherited = false;
	replica->promoted = false;
	replica->probe_answer[0] = '\0';
}

void replica_retry_later(struct engine *engine, struct replica *replica)
{
	replica->attempts++;
	replica->retry_at = engine->now.boot + fleet_backoff(engine, replica->attempts - 1);
}

/* It does not run any more, and we wanted that. */
void replica_stopped(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_end_life(engine, service, replica);
	if (replica->role == ROLE_CLONE) {
		replica_enter(engine, service, replica, REPLICA_REMOVING);
		return;
	}
	replica_enter(engine, service, replica, REPLICA_STOPPED);
	note_replica(engine, service, replica, "replica stopped", "not needed any more");
}

void replica_begin_life(struct engine *engine, struct service *service, struct replica *replica)
{
	series_forget(replica);
	replica->life = replica->facts.started_at;
	replica->began_at = engine->now.boot;
	replica->probe_at = engine->now.boot;
	replica->probe_pending = false;
	replica->uncertain = false;
	sick_forget(replica);
	replica_watch(engine, service, replica);
	replica_enter(engine, service, replica, REPLICA_PROBING);
}

usec_t replica_wake(const struct replica *replica)
{
	usec_t wake = replica->deadline;

	if (replica->state == REPLICA_PROBING && !replica->probe_pending &&
		replica->probe_at < wake)
		wake = replica->probe_at;
	if (replica->pending == 0 && replica->retry_at > replica->since && replica->retry_at < wake)
		wake = replica->retry_at;
	if (replica->state == REPLICA_STOPPED && replica->hands_off > replica->since &&
		replica->hands_off < wake)
		wake = replica->hands_off;
	return wake;
}
