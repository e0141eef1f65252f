/*
 * One replica's life: planned by the service, created, started, probed, joined, served, drained,
 * stopped, removed. The runtime's facts lead: whatever we believe, a container that does not run
 * serves nobody, and one that runs anew has to prove its health again. Every state that waits
 * has a deadline, and every call that failed waits before it is made again.
 */
#include "rooms.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* Beyond the engine's own work: a create pulls nothing, but a busy disk takes its time. */
#define CALL_DEADLINE (30 * USEC_PER_SEC)

/* A stop answers after its grace time, and the kill may take a while. */
#define STOP_MARGIN (15 * USEC_PER_SEC)

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

static void on_serving(struct engine *engine, struct service *service, struct replica *replica)
{
	char because[64];

	/* What it used until now was its start, not load. */
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++)
		window_clear(&replica->series[metric].window);
	replica->attempts = 0;
	replica->probe_at = engine->now.boot + service->config.health.serving_interval;
	sick_forget(replica);
	replace_served(service, replica);
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

static struct intent *call(struct engine *engine, struct service *service, struct replica *replica,
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

struct replica *replica_create(struct engine *engine, struct service *service)
{
	struct replica *replica = fleet_add_replica(service);
	struct intent *intent;

	(void)snprintf(replica->name, sizeof(replica->name), "ds-%.40s-%.60s-%06x",
		engine->instance, service->name, (unsigned)(fleet_random(engine) & 0xffffff));
	replica->role = ROLE_CLONE;
	readings_prepare(engine, service, replica);
	replica_enter(engine, service, replica, REPLICA_CREATING);
	guard_tried(engine, service);
	intent = call(engine, service, replica, INTENT_CREATE);
	(void)mem_strcpy(intent->container, sizeof(intent->container), service->template_id);
	return replica;
}

void replica_start(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STARTING);
	guard_tried(engine, service);
	(void)call(engine, service, replica, INTENT_START);
}

void replica_created(struct engine *engine, struct service *service, struct replica *replica)
{
	if (replica->spare && service->config.warm_state == WARM_CREATED)
		replica_enter(engine, service, replica, REPLICA_WARM);
	else
		replica_start(engine, service, replica);
}

void replica_pause(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_WARM);
	(void)call(engine, service, replica, INTENT_PAUSE);
}

void replica_unpause(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STARTING);
	(void)call(engine, service, replica, INTENT_UNPAUSE);
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

	replica->leave = reason;
	replica_enter(engine, service, replica, REPLICA_DRAINING);
	note_replica(engine, service, replica, "replica draining", because[reason]);
}

void replica_stop(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STOPPING);
}

static void watch(struct engine *engine, struct service *service, struct replica *replica)
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

	readings_forget(replica);
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
		replace_failed(engine, service, replica, "it ended before it served", false);
	/* Not at once: the engine itself may be going down and take the others along. */
	replica_retry_later(engine, replica);
	if (service->retry_at < replica->retry_at)
		service->retry_at = replica->retry_at;
	hand_waits(engine, replica);
	replica_enter(engine, service, replica, REPLICA_STOPPED);
}

/* From facts to state. */

void replica_begin_life(struct engine *engine, struct service *service, struct replica *replica)
{
	readings_forget(replica);
	replica->life = replica->facts.started_at;
	replica->probe_at = engine->now.boot;
	replica->probe_pending = false;
	replica->uncertain = false;
	sick_forget(replica);
	watch(engine, service, replica);
	replica_enter(engine, service, replica, REPLICA_PROBING);
}

static void follow_running(struct engine *engine, struct service *service, struct replica *replica)
{
	bool leaving = replica->state == REPLICA_STOPPING || replica->state == REPLICA_REMOVING;

	if (replica->life == replica->facts.started_at)
		return;
	if (leaving) {
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
		died(engine, service, replica);
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

void replica_follow(struct engine *engine, struct service *service, struct replica *replica)
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

void replica_observe(struct engine *engine, struct service *service, struct replica *replica,
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
	replica_follow(engine, service, replica);
	if (limits_changed && replica->watched)
		watch(engine, service, replica);
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
		((!idle && !nobody) || replace_keeps(service, replica)))
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
	intent = call(engine, service, replica, INTENT_STOP);
	intent->stop_timeout = service->config.stop_timeout;
	intent->deadline = engine->now.boot + service->config.stop_timeout + STOP_MARGIN;
}

void replica_step(struct engine *engine, struct service *service, struct replica *replica)
{
	if (replica->state == REPLICA_PROBING)
		health_step(engine, service, replica);
	else if (replica_is_up(replica))
		sick_step(engine, service, replica);
	else if (replica->state == REPLICA_DRAINING)
		step_draining(engine, service, replica);
	if (replica->pending != 0 || engine->now.boot < replica->retry_at ||
		!engine->runtime_known || fleet_dry(engine, service))
		return;
	if (replica->state == REPLICA_STOPPING)
		step_stopping(engine, service, replica);
	else if (replica->state == REPLICA_REMOVING && replica->facts.state != CONTAINER_REMOVING &&
		 replica->role == ROLE_CLONE)
		(void)call(engine, service, replica, INTENT_REMOVE);
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
