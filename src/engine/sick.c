/*
 * Whether one that serves is healthy still. Three may say that it is not: our own probe, which goes
 * on at a calm pace, its own health check where Docker runs one, and HAProxy's check. One answer that
 * is missing is no illness: our probe has to fail several times in a row, and a server has to be
 * down for some seconds. What is done about it is replace.c's matter.
 *
 * And whether one that joins comes to serve at all: it is stuck when its server is missing or down for
 * longer than that takes (room.c), and sick when it stays down for as long as a start may last.
 */
#include "judge.h"

/* A reload of HAProxy, or a server that was just added, may be down until its first check. */
#define DOWN_PATIENCE (5 * USEC_PER_SEC)

/* One that joins: HAProxy's checks may be seconds apart, and need some of them. */
#define JOINS_PATIENCE (15 * USEC_PER_SEC)

/* Ticks in which a server is made, at most two; one more that an HAProxy may be busy. */
#define ABSENT_TICKS 3

/* Good answers in a row until one is well again: one that answers now and then stays sick. */
#define WELL_AFTER 2

const char *sick_because(enum sickness sick)
{
	static const char *const texts[SICK_COUNT] = {
		[SICK_NOT] = "",
		[SICK_PROBE] = "our probe finds it unhealthy",
		[SICK_DOCKER] = "its own health check fails",
		[SICK_BALANCER] = "HAProxy finds it down",
		[SICK_START] = "it did not become healthy",
	};

	return texts[sick];
}

void sick_forget(struct replica *replica)
{
	replica->sick = SICK_NOT;
	replica->probe_failures = 0;
	replica->probe_successes = 0;
	replica->down_since = 0;
}

void sick_probed(const struct service *service, struct replica *replica, bool healthy)
{
	bool was_sick = replica->probe_failures >= service->config.health.failures;

	replica->probe_successes = healthy ? replica->probe_successes + 1 : 0;
	if (!healthy)
		replica->probe_failures++;
	else if (!was_sick || replica->probe_successes >= WELL_AFTER)
		replica->probe_failures = 0;
}

void sick_reported(const struct engine *engine, struct replica *replica, enum server_state state)
{
	if (state != SERVER_DOWN)
		replica->down_since = 0;
	else if (replica->down_since == 0)
		replica->down_since = engine->now.boot;
}

/* Is its server down for so long? What was heard last tells, while anybody is heard at all. */
static bool is_down_for(const struct engine *engine, const struct service *service,
	const struct replica *replica, usec_t patience)
{
	return replica->down_since > 0 && service->n_reachable > 0 &&
	       engine->now.boot - replica->down_since >= patience;
}

bool sick_is_stuck(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	usec_t ticks = ABSENT_TICKS * engine->config->daemon.interval;

	if (replica->state != REPLICA_JOINING || replica->server_state == SERVER_UP)
		return false;
	if (replica->server_state == SERVER_DOWN)
		return is_down_for(
			engine, service, replica, ticks > JOINS_PATIENCE ? ticks : JOINS_PATIENCE);
	return service->n_reachable > 0 && engine->now.boot - replica->since > ticks;
}

/* One that has just joined is given its time, as it was to become healthy. */
static usec_t down_patience(const struct service *service, const struct replica *replica)
{
	return replica->state == REPLICA_JOINING ? service->config.health.startup_grace
						 : DOWN_PATIENCE;
}

/* Docker's word is as old as the last thing that was heard of it, and HAProxy's too. */
static enum sickness judge(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	const struct health_config *health = &service->config.health;

	if (replica->probe_failures >= health->failures)
		return SICK_PROBE;
	if (health->docker == DOCKER_HEALTH_WAIT && replica->facts.health == HEALTH_UNHEALTHY &&
		engine->runtime_known)
		return SICK_DOCKER;
	if (is_down_for(engine, service, replica, down_patience(service, replica)))
		return SICK_BALANCER;
	return SICK_NOT;
}

void sick_step(struct engine *engine, struct service *service, struct replica *replica)
{
	struct note note = { LOG_LEVEL_WARNING, "replica unhealthy", replica, -1, -1 };
	enum sickness sick = judge(engine, service, replica);

	if (sick == replica->sick)
		return;
	if (sick == SICK_NOT)
		note_replica(engine, service, replica, "replica healthy again", "it answers");
	else if (replica->sick == SICK_NOT)
		note_add(engine, service, &note, "%s%s%s", sick_because(sick),
			sick == SICK_PROBE ? ": " : "",
			sick == SICK_PROBE ? replica->probe_answer : "");
	replica->sick = sick;
}
