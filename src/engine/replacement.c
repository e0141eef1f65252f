/*
 * Replicas that another one should take the place of: outdated ones, made of what the template was,
 * and sick ones. Here is what is so: who is one, how far a roll is, whether it was given up, and what
 * is told of it. What is done about it is replace.c's matter.
 *
 * Whether one is outdated is read from the world, so that a roll goes on after a restart of ours from
 * where it was.
 */
#include "judge.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* Failures in a row that end a roll, where each of them alone could be the engine's. */
#define FAILURES_MOST 3

/* Sick ones replaced within such a time of each other wait longer each time. */
#define CURES_FORGET (600 * USEC_PER_SEC)

bool replacement_is_outdated(const struct service *service, const struct replica *replica)
{
	const struct replica *template = service->template;

	return replica->role == ROLE_CLONE && template != NULL && template->facts.spec[0] != '\0' &&
	       replica->facts.spec[0] != '\0' &&
	       strcmp(template->facts.spec, replica->facts.spec) != 0;
}

bool replacement_is_due(const struct service *service, const struct replica *replica)
{
	const struct replacement *state = &service->replacement;

	if (replica->role != ROLE_CLONE || !replica_counts(replica))
		return false;
	return (replica->sick != SICK_NOT && !state->most_sick) ||
	       (state->rolling && replacement_is_outdated(service, replica));
}

bool replacement_is_superseded(const struct service *service, const struct replica *replica)
{
	return service->replacement.ready && replacement_is_outdated(service, replica);
}

/* A hand may start more than max, until the count has followed it. */
static unsigned wanted(const struct service *service)
{
	unsigned by_hand = hand_wanted(service);

	return by_hand < service->config.policy.max ? by_hand : service->config.policy.max;
}

bool replacement_has_well(const struct service *service, const struct replica *but)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica != but && replica->state == REPLICA_SERVING &&
			replica->sick == SICK_NOT)
			return true;
	}
	return false;
}

unsigned replacement_wanted(const struct service *service)
{
	return wanted(service) + service->replacement.extra;
}

bool replacement_is_given_up(const struct service *service)
{
	return service->template != NULL && service->replacement.failed_spec[0] != '\0' &&
	       strcmp(service->replacement.failed_spec, service->template->facts.spec) == 0;
}

enum leave_reason replacement_reason(
	struct engine *engine, struct service *service, const struct replica *victim)
{
	struct replacement *state = &service->replacement;

	if (!replacement_is_due(service, victim))
		return LEAVE_SURPLUS;
	if (victim->sick == SICK_NOT)
		return LEAVE_OUTDATED;
	if (state->cured_at > 0 && engine->now.boot - state->cured_at > CURES_FORGET)
		state->cures = 0;
	state->cured_at = engine->now.boot;
	state->retry_at = engine->now.boot + fleet_backoff(engine, state->cures++);
	return LEAVE_SICK;
}

bool replacement_keeps(const struct service *service, const struct replica *replica)
{
	if (replica->leave != LEAVE_OUTDATED)
		return false;
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_JOINING &&
			service->replicas[i]->server_state == SERVER_DOWN)
			return true;
	return false;
}

void replacement_failed(struct engine *engine, struct service *service,
	const struct replica *replica, const char *text, bool hopeless)
{
	struct replacement *state = &service->replacement;
	struct note note = { LOG_LEVEL_WARNING, "roll stopped", NULL, -1, -1 };

	if (!state->rolling || replica->role != ROLE_CLONE || service->template == NULL ||
		replacement_is_outdated(service, replica))
		return;
	state->failures += hopeless ? FAILURES_MOST : 1;
	if (state->failures < FAILURES_MOST)
		return;
	(void)mem_strcpy(
		state->failed_spec, sizeof(state->failed_spec), service->template->facts.spec);
	(void)mem_strcpy(state->failure, sizeof(state->failure), text);
	state->rolling = state->ready = false;
	note_add(engine, service, &note, "%u clones of what the template was go on: %s",
		state->outdated, text);
}

void replacement_served(struct service *service, const struct replica *replica)
{
	if (replica->role == ROLE_CLONE && !replacement_is_outdated(service, replica))
		service->replacement.failures = 0;
}

void replacement_resumed(struct service *service)
{
	service->replacement.failed_spec[0] = '\0';
	service->replacement.failures = 0;
	service->refused_id[0] = '\0';
}

struct roll_snapshot replacement_show(const struct service *service)
{
	const struct replacement *state = &service->replacement;
	struct roll_snapshot shown = { .of = state->outdated };

	if (state->outdated == 0)
		return (struct roll_snapshot){ 0 };
	for (size_t i = 0; i < service->n_replicas; i++)
		shown.replaced += service->replicas[i]->role == ROLE_CLONE &&
				  service->replicas[i]->state == REPLICA_SERVING &&
				  !replacement_is_outdated(service, service->replicas[i]);
	shown.of += shown.replaced;
	shown.state = replacement_is_given_up(service)  ? ROLL_STOPPED
		      : state->ready && !state->crowded ? ROLL_UNDER_WAY
							: ROLL_WAITING;
	return shown;
}

void replacement_problem(const struct service *service, char *text, size_t size)
{
	const struct replacement *state = &service->replacement;
	const struct replica *template = service->template;

	if (replacement_is_given_up(service) && state->outdated > 0)
		(void)snprintf(text, size,
			"the roll stopped, %u clones of what the template was go on: %s. Change "
			"the "
			"template again, or `dockscalectl resume %s` tries once more",
			state->outdated, state->failure, service->name);
	else if (state->rolling && !state->ready && template != NULL && template->sick != SICK_NOT)
		(void)snprintf(text, size,
			"the roll waits, %u clones of what the template was go on: %s is not "
			"healthy (%s)",
			state->outdated, template->name, sick_because(template->sick));
	else if (state->crowded)
		(void)snprintf(text, size,
			"the roll waits, %u clones of what the template was go on: the host has no "
			"memory for one more beside them ([daemon] host_memory)",
			state->outdated);
	if (state->most_sick)
		(void)snprintf(text, size,
			"%u of %u replicas are unhealthy: something that they share has failed (a "
			"database, a network, a disk), and none is replaced until most are well",
			state->sick, state->members);
}
