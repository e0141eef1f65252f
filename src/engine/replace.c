/*
 * One replica takes the place of another. There are two causes: the template changed, so that its
 * clones are of a former specification (a roll), and one that served turned unhealthy. Both go the
 * same way, one at a time: there may be one more than the wanted count until the new one serves, and
 * only then the old one drains. Whether one is outdated is read from the world, so that a roll goes
 * on after a restart of ours from where it was.
 *
 * What stops it: a roll whose new ones do not come to serve is given up, and the old ones go on; and
 * where most are unhealthy something fails that they share, which no new replica cures.
 *
 * A person's container is not ours to end. It gets no new sessions while it is sick, and another one
 * stands in for it until it is well.
 */
#include "rooms.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* Failures in a row that end a roll, where each of them alone could be the engine's. */
#define FAILURES_MOST 3

/* Sick ones replaced within such a time of each other wait longer each time. */
#define CURES_FORGET (600 * USEC_PER_SEC)

bool replace_is_outdated(const struct service *service, const struct replica *replica)
{
	const struct replica *template = service->template;

	return replica->role == ROLE_CLONE && template != NULL && template->facts.spec[0] != '\0' &&
	       replica->facts.spec[0] != '\0' &&
	       strcmp(template->facts.spec, replica->facts.spec) != 0;
}

bool replace_is_due(const struct service *service, const struct replica *replica)
{
	const struct replacement *state = &service->replacement;

	if (replica->role != ROLE_CLONE || !replica_counts(replica))
		return false;
	return (replica->sick != SICK_NOT && !state->most_sick) ||
	       (state->rolling && replace_is_outdated(service, replica));
}

bool replace_is_superseded(const struct service *service, const struct replica *replica)
{
	return service->replacement.ready && replace_is_outdated(service, replica);
}

/* A hand may start more than max, until the count has followed it. */
static unsigned wanted(const struct service *service)
{
	unsigned by_hand = hand_wanted(service);

	return by_hand < service->config.policy.max ? by_hand : service->config.policy.max;
}

bool replace_has_well(const struct service *service, const struct replica *but)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica != but && replica->state == REPLICA_SERVING &&
			replica->sick == SICK_NOT)
			return true;
	}
	return false;
}

unsigned replace_wanted(const struct service *service)
{
	return wanted(service) + service->replacement.extra;
}

/* What there is. */
struct tally {
	unsigned due; /* clones that another one should take the place of */
	unsigned ailing; /* a person's that are sick */
	bool returning; /* and one of them is well again, but for its server */
	bool coming; /* a clone that is not outdated does not serve yet */
	bool leaving; /* one that was replaced is not gone yet */
};

static bool is_leaving(const struct replica *replica)
{
	return replica->state >= REPLICA_DRAINING && replica->state <= REPLICA_REMOVING &&
	       (replica->leave == LEAVE_OUTDATED || replica->leave == LEAVE_SICK);
}

static struct tally take_tally(const struct service *service)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];
		bool sick = replica->sick != SICK_NOT;

		tally.leaving = tally.leaving || is_leaving(replica);
		tally.due += replace_is_due(service, replica);
		if (!replica_counts(replica))
			continue;
		if (replica->role == ROLE_CLONE)
			tally.coming =
				tally.coming || (!sick && replica->state != REPLICA_SERVING &&
							!replace_is_outdated(service, replica));
		else if (sick)
			tally.ailing++;
		if (replica->role != ROLE_CLONE && sick && replica->state == REPLICA_JOINING)
			tally.returning = tally.returning || replica->down_since == 0;
	}
	return tally;
}

static void count(struct service *service)
{
	struct replacement *state = &service->replacement;

	state->outdated = state->sick = state->members = 0;
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (!replica_counts(replica))
			continue;
		state->outdated += replace_is_outdated(service, replica);
		state->sick += replica->sick != SICK_NOT;
		state->members += replica->state == REPLICA_SERVING || replica->sick != SICK_NOT;
	}
	/* One alone shares nothing with anybody: another one shows whether it fares better. */
	state->most_sick = state->members > 1 && state->sick * 2 > state->members;
}

static bool is_given_up(const struct service *service)
{
	return service->template != NULL && service->replacement.failed_spec[0] != '\0' &&
	       strcmp(service->replacement.failed_spec, service->template->facts.spec) == 0;
}

static void look_at_roll(struct engine *engine, struct service *service)
{
	struct replacement *state = &service->replacement;
	const struct replica *template = service->template;
	struct note note = { LOG_LEVEL_INFO, "rolling", NULL, -1, -1 };
	bool was = state->rolling;

	if (template != NULL && !is_given_up(service) && state->failed_spec[0] != '\0') {
		state->failed_spec[0] = '\0';
		state->failures = 0;
	}
	state->rolling = state->outdated > 0 && !service->paused && !is_given_up(service) &&
			 service->config.mode == SERVICE_MODE_CLONE;
	state->ready = state->rolling && template != NULL && template->state == REPLICA_SERVING &&
		       template->sick == SICK_NOT;
	if (state->rolling && !was)
		note_add(engine, service, &note,
			"its template changed: %u clones of what it was are replaced, one by one",
			state->outdated);
	note.what = "roll over";
	if (was && !state->rolling && state->outdated == 0)
		note_add(engine, service, &note, "all clones are of what the template is");
}

/* Is there something to make a new one of, and the peace to do so? */
static bool may_begin(
	const struct engine *engine, const struct service *service, const struct tally *tally)
{
	const struct replacement *state = &service->replacement;

	return !service->paused && !hand_is_at_work(service) && !tally->coming &&
	       !state->most_sick &&
	       (state->rolling ? state->ready : engine->now.boot >= state->retry_at);
}

static unsigned count_up(const struct service *service)
{
	unsigned n = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		n += replica_is_up(service->replicas[i]);
	return n;
}

static unsigned extra(
	const struct engine *engine, const struct service *service, const struct tally *tally)
{
	bool more = converge_count(service) > wanted(service);
	bool begins = !more && may_begin(engine, service, tally);

	/* After a restart of ours all that ran before may be up, and too many by one. */
	if (count_up(service) > service->config.policy.max)
		return 0;
	if (tally->ailing > 0) /* the stand-in stays until it is well and serves */
		return more || (begins && !tally->returning);
	if (tally->due == 0)
		return 0;
	return more ? tally->coming : begins && !tally->leaving;
}

/* A person's that is sick gets no new sessions: it has to prove its health again. One that HAProxy
 * itself finds down gets none anyway. */
static void withhold(struct engine *engine, struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];
		enum sickness sick = replica->sick;

		if (replica->role == ROLE_CLONE || replica->state != REPLICA_SERVING ||
			(sick != SICK_PROBE && sick != SICK_DOCKER))
			continue;
		replica_enter(engine, service, replica, REPLICA_PROBING);
		replica->deadline = USEC_NEVER;
		note_replica(engine, service, replica, "no new sessions", sick_because(sick));
	}
}

/* Healthy for us, and down for HAProxy's check since it joined: it will not come to serve. Where most
 * are so, it is not its fault. */
static void give_up_joining(struct engine *engine, struct service *service)
{
	static const char text[] = "a new one is healthy for us, and down for HAProxy's check";

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (replica->role != ROLE_CLONE || replica->state != REPLICA_JOINING ||
			replica->sick != SICK_BALANCER || replace_is_outdated(service, replica))
			continue;
		replica->failed = true;
		fleet_failed(engine, service, text);
		replace_failed(engine, service, replica, text, true);
		replica_drain(engine, service, replica, LEAVE_FAILED);
		return;
	}
}

void replace_step(struct engine *engine, struct service *service)
{
	struct replacement *state = &service->replacement;
	struct tally tally;

	state->extra = 0;
	if (!service->settled || !engine->runtime_known || fleet_dry(engine, service))
		return;
	count(service);
	look_at_roll(engine, service);
	if (!state->most_sick && !service->paused && replace_has_well(service, NULL)) {
		withhold(engine, service);
		give_up_joining(engine, service);
	}
	tally = take_tally(service);
	state->extra = extra(engine, service, &tally);
}

bool replace_admits(struct engine *engine, struct service *service, const struct replica *replica)
{
	struct replica *victim;

	/* One that ran before us may be serving, and must not be taken for one that does not. */
	if (!service->settled || replica->adopted || fleet_dry(engine, service) ||
		count_up(service) < service->config.policy.max)
		return true;
	victim = converge_victim(service);
	if (victim == NULL || !replica_is_up(victim))
		return replica->role != ROLE_CLONE;
	if (replica->role == ROLE_CLONE && !replace_is_due(service, victim))
		return false;
	replica_drain(engine, service, victim, replace_reason(engine, service, victim));
	return true;
}

enum leave_reason replace_reason(
	struct engine *engine, struct service *service, const struct replica *victim)
{
	struct replacement *state = &service->replacement;

	if (!replace_is_due(service, victim))
		return LEAVE_SURPLUS;
	if (victim->sick == SICK_NOT)
		return LEAVE_OUTDATED;
	if (state->cured_at > 0 && engine->now.boot - state->cured_at > CURES_FORGET)
		state->cures = 0;
	state->cured_at = engine->now.boot;
	state->retry_at = engine->now.boot + fleet_backoff(engine, state->cures++);
	return LEAVE_SICK;
}

bool replace_keeps(const struct service *service, const struct replica *replica)
{
	if (replica->leave != LEAVE_OUTDATED)
		return false;
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_JOINING &&
			service->replicas[i]->server_state == SERVER_DOWN)
			return true;
	return false;
}

void replace_failed(struct engine *engine, struct service *service, const struct replica *replica,
	const char *text, bool hopeless)
{
	struct replacement *state = &service->replacement;
	struct note note = { LOG_LEVEL_WARNING, "roll stopped", NULL, -1, -1 };

	if (!state->rolling || replica->role != ROLE_CLONE || service->template == NULL ||
		replace_is_outdated(service, replica))
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

void replace_served(struct service *service, const struct replica *replica)
{
	if (replica->role == ROLE_CLONE && !replace_is_outdated(service, replica))
		service->replacement.failures = 0;
}

void replace_resumed(struct service *service)
{
	service->replacement.failed_spec[0] = '\0';
	service->replacement.failures = 0;
	service->refused_id[0] = '\0';
}

struct roll_snapshot replace_show(const struct service *service)
{
	const struct replacement *state = &service->replacement;
	struct roll_snapshot shown = { .of = state->outdated };

	if (state->outdated == 0)
		return (struct roll_snapshot){ 0 };
	for (size_t i = 0; i < service->n_replicas; i++)
		shown.replaced += service->replicas[i]->role == ROLE_CLONE &&
				  service->replicas[i]->state == REPLICA_SERVING &&
				  !replace_is_outdated(service, service->replicas[i]);
	shown.of += shown.replaced;
	shown.state = is_given_up(service) ? ROLL_STOPPED
		      : state->ready       ? ROLL_UNDER_WAY
					   : ROLL_WAITING;
	return shown;
}

void replace_problem(const struct service *service, char *text, size_t size)
{
	const struct replacement *state = &service->replacement;
	const struct replica *template = service->template;

	if (is_given_up(service) && state->outdated > 0)
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
	if (state->most_sick)
		(void)snprintf(text, size,
			"%u of %u replicas are unhealthy: something that they share has failed (a "
			"database, a network, a disk), and none is replaced until most are well",
			state->sick, state->members);
}
