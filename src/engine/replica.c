/*
 * One replica's life: planned by the service, created, started, probed, joined, served, drained,
 * stopped, removed. The runtime's facts lead: whatever we believe, a container that does not run
 * serves nobody, and one that runs anew has to prove its health again. Every state that waits
 * has a deadline, and every call that failed waits before it is made again.
 */
#include "fleet.h"

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
	replica->weight = WEIGHT_BASE;
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

void replica_create(struct engine *engine, struct service *service)
{
	struct replica *replica = fleet_add_replica(service);
	struct intent *intent;

	(void)snprintf(replica->name, sizeof(replica->name), "ds-%.40s-%.60s-%06x",
		engine->instance, service->name, (unsigned)(fleet_random(engine) & 0xffffff));
	replica->role = ROLE_CLONE;
	readings_prepare(engine, service, replica);
	replica_enter(engine, service, replica, REPLICA_CREATING);
	intent = call(engine, service, replica, INTENT_CREATE);
	(void)mem_strcpy(intent->container, sizeof(intent->container), service->template_id);
}

void replica_start(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_STARTING);
	(void)call(engine, service, replica, INTENT_START);
}

void replica_drain(struct engine *engine, struct service *service, struct replica *replica)
{
	replica_enter(engine, service, replica, REPLICA_DRAINING);
	note_replica(engine, service, replica, "replica draining", "not needed any more");
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

static void end_life(struct engine *engine, struct service *service, struct replica *replica)
{
	unwatch(engine, service, replica);
	replica->life = 0;
	replica->adopted = false;
	replica->probe_answer[0] = '\0';
}

static void retry_later(struct engine *engine, struct replica *replica)
{
	replica->attempts++;
	replica->retry_at = engine->now.boot + fleet_backoff(engine, replica->attempts - 1);
}

/* It does not run any more, and we wanted that. */
static void stopped(struct engine *engine, struct service *service, struct replica *replica)
{
	end_life(engine, service, replica);
	if (replica->role == ROLE_CLONE) {
		replica_enter(engine, service, replica, REPLICA_REMOVING);
		return;
	}
	replica_enter(engine, service, replica, REPLICA_STOPPED);
	note_replica(engine, service, replica, "replica stopped", "not needed any more");
}

/* It does not run any more, and nobody told us why. */
static void died(struct engine *engine, struct service *service, struct replica *replica)
{
	struct note note = { LOG_LEVEL_WARNING, "replica ended", replica, -1, -1 };
	bool wanted = replica_counts(replica);

	end_life(engine, service, replica);
	if (!wanted) {
		stopped(engine, service, replica);
		return;
	}
	if (replica->facts.state == CONTAINER_PAUSED)
		note_add(engine, service, &note, "it was paused from outside");
	else
		note_add(engine, service, &note, "exit code %d", replica->facts.exit_code);
	service->counters.failed++;
	/* Not at once: the engine itself may be going down and take the others along. */
	retry_later(engine, replica);
	if (service->retry_at < replica->retry_at)
		service->retry_at = replica->retry_at;
	replica_enter(engine, service, replica, REPLICA_STOPPED);
}

/* It was given its time and its chance. */
static void give_up(
	struct engine *engine, struct service *service, struct replica *replica, const char *text)
{
	struct note note = { LOG_LEVEL_WARNING, "replica failed", replica, -1, -1 };

	replica->failed = true;
	note_add(engine, service, &note, "%s", text);
	fleet_failed(engine, service, text);
	if (replica->role == ROLE_CLONE) {
		if (replica_has_server(replica))
			replica_enter(engine, service, replica, REPLICA_DRAINING);
		else
			replica_stop(engine, service, replica);
		return;
	}
	/* A person's container is not ours to end: it goes on being probed. */
	replica->deadline = USEC_NEVER;
}

/* From facts to state. */

static void begin_life(struct engine *engine, struct service *service, struct replica *replica)
{
	readings_forget(replica);
	replica->life = replica->facts.started_at;
	replica->probe_at = engine->now.boot;
	replica->probe_pending = false;
	replica->uncertain = false;
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
	begin_life(engine, service, replica);
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
		stopped(engine, service, replica);
		return;
	case REPLICA_PROBING:
	case REPLICA_JOINING:
	case REPLICA_SERVING:
	case REPLICA_DRAINING:
		died(engine, service, replica);
		return;
	default:
		replica->state = REPLICA_STOPPED;
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
		if (replica->life != 0)
			end_life(engine, service, replica);
		if (replica->state != REPLICA_STOPPING && replica->state != REPLICA_STARTING)
			replica_enter(engine, service, replica, REPLICA_STARTING);
		return;
	case CONTAINER_REMOVING:
		end_life(engine, service, replica);
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
	replica_follow(engine, service, replica);
	if (limits_changed && replica->watched)
		watch(engine, service, replica);
}

/* Answers. */

static void create_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	switch (event->result.code) {
	case 0:
		(void)mem_strcpy(replica->id, sizeof(replica->id), event->result.container);
		replica_start(engine, service, replica);
		return;
	case ERR_TIMEOUT:
	case ERR_UNREACHABLE:
		/* It may have worked: the next listing tells. */
		replica->uncertain = true;
		(void)fleet_intend(engine, service, INTENT_LIST);
		return;
	case ERR_REFUSED:
		service->counters.refused++;
		(void)mem_strcpy(
			service->refused_id, sizeof(service->refused_id), service->template_id);
		(void)mem_strcpy(service->refusal, sizeof(service->refusal), event->result.msg);
		break;
	default:
		fleet_failed(engine, service, event->result.msg);
		break;
	}
	fleet_drop_replica(engine, service, replica);
}

static void start_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (replica->state != REPLICA_STARTING)
		return; /* it runs already, or has ended again */
	if (event->result.code == 0) {
		replica_follow(engine, service, replica);
		return;
	}
	replica->state = REPLICA_STOPPED;
	retry_later(engine, replica);
	if (event->result.code == ERR_TIMEOUT || event->result.code == ERR_UNREACHABLE) {
		(void)fleet_intend(engine, service, INTENT_LIST);
		return;
	}
	replica->failed = true;
	fleet_failed(engine, service, event->result.msg);
	if (replica->role == ROLE_CLONE)
		replica_enter(engine, service, replica, REPLICA_REMOVING);
}

static void stop_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (event->result.code == 0) {
		stopped(engine, service, replica);
		return;
	}
	retry_later(engine, replica);
	(void)fleet_intend(engine, service, INTENT_LIST);
}

static void remove_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (event->result.code == 0) {
		note_removed(engine, service, replica);
		fleet_drop_replica(engine, service, replica);
		return;
	}
	retry_later(engine, replica);
	if (event->result.code == ERR_CONFLICT)
		replica_stop(engine, service, replica); /* it runs: stop it first */
}

/* An announcement may have come first and have led on: then the answer is no news. */
void replica_result(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	replica->pending = 0;
	switch (replica->pending_kind) {
	case INTENT_CREATE:
		if (replica->state == REPLICA_CREATING)
			create_answered(engine, service, replica, event);
		return;
	case INTENT_STOP:
		if (replica->state == REPLICA_STOPPING)
			stop_answered(engine, service, replica, event);
		return;
	case INTENT_REMOVE:
		if (replica->state == REPLICA_REMOVING)
			remove_answered(engine, service, replica, event);
		return;
	default:
		start_answered(engine, service, replica, event);
		return;
	}
}

static void join(struct engine *engine, struct service *service, struct replica *replica)
{
	replica->adopted = false;
	replica_enter(engine, service, replica,
		fleet_dry(engine, service) ? REPLICA_SERVING : REPLICA_JOINING);
}

void replica_probed(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	replica->probe_pending = false;
	if (replica->state != REPLICA_PROBING)
		return;
	if (event->probe.healthy) {
		join(engine, service, replica);
		return;
	}
	replica->adopted = false;
	(void)mem_strcpy(replica->probe_answer, sizeof(replica->probe_answer), event->probe.msg);
}

/* What this moment asks. */

static void probe(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent = fleet_intend(engine, service, INTENT_PROBE);
	const struct health_config *health = &service->config.health;

	(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	(void)mem_strcpy(intent->probe.address, sizeof(intent->probe.address), replica->address);
	intent->probe.kind = health->probe;
	intent->probe.port = health->port > 0 ? health->port : replica->port;
	intent->probe.timeout = health->timeout;
	intent->deadline = engine->now.boot + health->timeout;
	replica->probe_pending = true;
	replica->probe_at = engine->now.boot + health->interval;
}

static void step_probing(struct engine *engine, struct service *service, struct replica *replica)
{
	const struct health_config *health = &service->config.health;
	bool docker_waits = health->docker == DOCKER_HEALTH_WAIT &&
			    replica->facts.health != HEALTH_NONE &&
			    replica->facts.health != HEALTH_HEALTHY;
	char text[320];

	/* What its health is by now, nobody can tell. */
	if (docker_waits && !engine->runtime_known && engine->now.boot >= replica->deadline)
		replica->deadline = engine->now.boot + engine->config->daemon.interval;
	if (engine->now.boot >= replica->deadline) {
		(void)snprintf(text, sizeof(text), "%s not healthy within startup_grace%s%s%s",
			replica->name, docker_waits ? ": its own health check has not passed" : "",
			replica->probe_answer[0] != '\0' ? ": " : "", replica->probe_answer);
		give_up(engine, service, replica, text);
		return;
	}
	if (docker_waits) {
		replica->adopted = false;
		return;
	}
	if (health->probe == PROBE_NONE || (health->port == 0 && replica->port == 0)) {
		join(engine, service, replica);
		return;
	}
	if (replica->address[0] == '\0') {
		replica->adopted = false;
		(void)snprintf(replica->probe_answer, sizeof(replica->probe_answer),
			"it has no address on %s%s: see [haproxy] network and address",
			service->config.haproxy.network[0] != '\0' ? "network " : "any network",
			service->config.haproxy.network);
		return;
	}
	if (!replica->probe_pending && engine->now.boot >= replica->probe_at)
		probe(engine, service, replica);
}

static void step_draining(struct engine *engine, struct service *service, struct replica *replica)
{
	usec_t idle_for = engine->now.boot - replica->idle_since;
	/* Two readings of one moment would be one: a session may just be on its way. */
	bool idle = replica->idle_reports >= 2 &&
		    idle_for >= engine->config->daemon.interval * 9 / 10 &&
		    idle_for >= service->config.haproxy.drain_idle;
	bool nobody = service->config.haproxy.balancer == BALANCER_NONE;
	struct note note = { LOG_LEVEL_WARNING, "drain ended by its deadline", replica, -1, -1 };

	if (!idle && !nobody && engine->now.boot < replica->deadline)
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
		step_probing(engine, service, replica);
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
	return wake;
}
