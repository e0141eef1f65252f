/*
 * How a replica proves that it is healthy: by our own probe, delayed by Docker's health check where
 * there is one; and what becomes of one that does not within its grace.
 */
#include "steer.h"

#include <dockscale/base/mem.h>

#include <stdio.h>

/* It was given its time and its chance. */
static void give_up(
	struct engine *engine, struct service *service, struct replica *replica, const char *text)
{
	struct note note = { LOG_LEVEL_WARNING, "replica failed", replica, -1, -1 };

	replica->failed = true;
	fleet_fault(engine, service, FAULT_NEVER_HEALTHY);
	note_add(engine, service, &note, "%s", text);
	if (!warm_failed(engine, service, replica, text)) {
		fleet_failed(engine, service, text);
		replacement_failed(engine, service, replica, text, true);
		guard_failed(engine, service, text);
	}
	if (replica->role == ROLE_CLONE) {
		if (replica_has_server(replica))
			replica_drain(engine, service, replica, LEAVE_FAILED);
		else
			replica_stop(engine, service, replica);
		return;
	}
	/* A person's container is not ours to end: it goes on being probed, and when it lasts after all
	 * that is as good as a new one. */
	replica->deadline = USEC_NEVER;
	replica->sick = SICK_START;
	replica->lasted = false;
}

/* Is it one that was to be kept warm, by what is recalled, and perhaps serves by now? The balancer, which
 * was not heard yet, knows. */
static bool may_serve(const struct service *service, const struct replica *replica)
{
	return replica->inherited && (service->n_balancers > 0 || service->membership_at == 0);
}

static void join(struct engine *engine, struct service *service, struct replica *replica)
{
	bool admitted = replica->spare || replace_admits(engine, service, replica);
	bool served = replica->adopted; /* before this daemon came, most likely */

	replica->adopted = false;
	replica->promoted = false;
	if (!admitted)
		return;
	if (replica->spare && may_serve(service, replica)) {
		replica->deadline = engine->now.boot + service->config.health.startup_grace;
		return;
	}
	if (replica->spare) {
		replica_pause(engine, service, replica);
		return;
	}
	if (!served)
		slow_start_begin(replica);
	replica_enter(engine, service, replica,
		fleet_dry(engine, service) ? REPLICA_SERVING : REPLICA_JOINING);
}

void health_probed(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	replica->probe_pending = false;
	if (replica->state == REPLICA_SERVING)
		sick_probed(service, replica, event->probe.healthy);
	else if (replica->state == REPLICA_PROBING && event->probe.healthy)
		join(engine, service, replica);
	else if (replica->state == REPLICA_PROBING)
		replica->adopted = false;
	if (event->probe.healthy)
		return;
	(void)mem_strcpy(replica->probe_answer, sizeof(replica->probe_answer), event->probe.msg);
	if (replica->state == REPLICA_PROBING && replica->promoted)
		warm_dropped(engine, service, replica, event->probe.msg);
}

static void probe(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent = fleet_intend(engine, service, INTENT_PROBE);
	const struct health_config *health = &service->config.health;
	bool calm;

	(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	(void)mem_strcpy(intent->probe.address, sizeof(intent->probe.address), replica->address);
	intent->probe.kind = health->probe;
	intent->probe.port = health->port > 0 ? health->port : replica->port;
	intent->probe.timeout = health->timeout;
	intent->deadline = engine->now.boot + health->timeout;
	replica->probe_pending = true;
	calm = replica->state == REPLICA_SERVING || replica->sick != SICK_NOT;
	replica->probe_at = engine->now.boot + (calm ? health->serving_interval : health->interval);
}

static bool has_probe(const struct service *service, const struct replica *replica)
{
	const struct health_config *health = &service->config.health;

	return health->probe != PROBE_NONE && (health->port > 0 || replica->port > 0);
}

static void probe_in_time(struct engine *engine, struct service *service, struct replica *replica)
{
	if (has_probe(service, replica) && replica->address[0] != '\0' && !replica->probe_pending &&
		engine->now.boot >= replica->probe_at)
		probe(engine, service, replica);
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
	if (!has_probe(service, replica)) {
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
	probe_in_time(engine, service, replica);
}

void health_step(struct engine *engine, struct service *service, struct replica *replica)
{
	if (replica->state == REPLICA_PROBING) {
		step_probing(engine, service, replica);
		return;
	}
	if (replica->state == REPLICA_SERVING)
		probe_in_time(engine, service, replica);
	if (replica_is_up(replica))
		sick_step(engine, service, replica);
}
