/*
 * What a step does with one service: its configuration when something changed, each replica, the
 * count, the way there, who is served; and what keeps it from its count, told in words.
 */
#include "step.h"

#include <dockscale/base/mem.h>

#include <stdio.h>

static bool is_disabled(const struct service *service)
{
	return !service->configured || (service->file != NULL && service->file->broken);
}

static void deficit_problem(
	const struct engine *engine, const struct service *service, char *text, size_t size)
{
	/* After a failure one that is tried is no success yet: it would be told each time. */
	bool (*counts)(const struct replica *) =
		service->failures > 0 ? replica_is_up : replica_counts;
	unsigned counted = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		if (counts(service->replicas[i]))
			counted++;
	if (service->n_replicas == 0 && service->template_id[0] == '\0')
		(void)snprintf(text, size,
			"no container of it is known: start one with label %s=%s, or set match",
			LABEL_SERVICE, service->name);
	warm_problem(service, text, size);
	hand_problem(service, text, size);
	orphan_problem(engine, service, text, size);
	if (!service->settled || counted >= service->desired)
		return;
	if (service->refused_id[0] != '\0')
		(void)mem_strcpy(text, size, service->refusal);
	else if (service->failures > 0)
		(void)mem_strcpy(text, size, service->failure);
	else if (service->config.mode == SERVICE_MODE_POOL &&
		 service->n_replicas < service->desired)
		(void)snprintf(text, size, "the pool has %zu containers, %u are wanted: add more",
			service->n_replicas, service->desired);
}

static void tell_problem(struct engine *engine, struct service *service)
{
	char text[sizeof(service->problem)] = "";

	if (!service->released) {
		deficit_problem(engine, service, text, sizeof(text));
		replacement_problem(service, text, sizeof(text));
		guard_problem(service, text, sizeof(text));
		room_problem(service, text, sizeof(text));
		schedule_problem(service, text, sizeof(text));
	}
	if (service->balancer_problem[0] != '\0')
		(void)mem_strcpy(text, sizeof(text), service->balancer_problem);
	if (service->closing && service->n_reachable < service->n_balancers)
		(void)snprintf(text, sizeof(text),
			"nothing is left of it: its servers are closed as soon as HAProxy answers");
	if (service->conflict[0] != '\0')
		(void)mem_strcpy(text, sizeof(text), service->conflict);
	note_problem(engine, service, text);
}

/* The way to what it was granted. */
static void steer(struct engine *engine, struct service *service, bool tick)
{
	unsigned count = 0;

	if (tick)
		overload_step(engine, service);
	if (hand_step(engine, service, &count))
		decide_by_hand(engine, service, count);
	orphan_step(engine, service);
	if (service->released)
		return;
	replace_step(engine, service);
	guard_step(engine, service);
	converge_step(engine, service);
}

static bool is_stepped(const struct engine *engine, const struct service *service)
{
	return !is_disabled(service) && engine->runtime_seen;
}

void service_propose(struct engine *engine, struct service *service, bool tick)
{
	service->proposed = false;
	if (!is_stepped(engine, service))
		return;
	schedule_step(engine, service);
	if (!service->settled && service->schedule.waiting)
		return; /* for a moment: nobody joins before it is known how many may */
	/* First: what is recalled says which of them count, and one without a probe joins at once. */
	if (!service->settled && engine->runtime_known)
		decide_settle(engine, service);
	/* From the end: a step may drop its replica, which moves the last one up. */
	for (size_t i = service->n_replicas; i > 0; i--)
		life_step(engine, service, service->replicas[i - 1]);
	if (tick)
		room_step(engine, service);
	if (service->released)
		release_step(engine, service);
	else if (tick)
		decide_step(engine, service);
}

void service_step(struct engine *engine, struct service *service, bool tick)
{
	if (is_stepped(engine, service)) {
		steer(engine, service, tick);
		membership_step(engine, service, tick);
	}
	if (engine->runtime_seen)
		tell_problem(engine, service);
	memory_step(engine, service, tick);
}

usec_t service_wake(const struct service *service)
{
	usec_t wake = service->retry_at > 0 ? service->retry_at : USEC_NEVER;

	if (service->manual && service->manual_until > 0 && service->manual_until < wake)
		wake = service->manual_until;
	if (hand_wake(service) < wake)
		wake = hand_wake(service);
	if (orphan_wake(service) < wake)
		wake = orphan_wake(service);
	if (guard_wake(service) < wake)
		wake = guard_wake(service);
	return wake;
}
