/*
 * One replica takes the place of another. There are two causes: the template changed, so that its
 * clones are of a former specification (a roll), and one that served turned unhealthy. Both go the
 * same way, one at a time: there may be one more than the wanted count until the new one serves, and
 * only then the old one drains.
 *
 * What stops it: a roll whose new ones do not come to serve is given up, and the old ones go on; and
 * where most are unhealthy something fails that they share, which no new replica cures.
 *
 * A person's container is not ours to end. It gets no new sessions while it is sick, and another one
 * stands in for it until it is well.
 */
#include "steer.h"

/* What there is. */
struct tally {
	unsigned due; /* clones that another one should take the place of, and that can go */
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

/* One whose call is under way cannot: its successor would be the one too many. */
static bool can_go(const struct replica *replica)
{
	return replica->pending == 0 && !replica->uncertain;
}

/* One that HAProxy alone finds down keeps its place among max: at max nobody could stand in for it. */
static bool leaves_room(const struct service *service, const struct replica *ailing)
{
	return !replica_is_up(ailing) || hand_wanted(service) < service->config.policy.max;
}

static struct tally take_tally(const struct service *service)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];
		bool sick = replica->sick != SICK_NOT;

		tally.leaving = tally.leaving || is_leaving(replica);
		tally.due += replacement_is_due(service, replica) && can_go(replica);
		if (!replica_counts(replica))
			continue;
		if (replica->role == ROLE_CLONE)
			tally.coming =
				tally.coming || (!sick && replica->state != REPLICA_SERVING &&
							!replacement_is_outdated(service, replica));
		else if (sick && leaves_room(service, replica))
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
		state->outdated += replacement_is_outdated(service, replica);
		state->sick += replica->sick != SICK_NOT;
		state->members += replica->state == REPLICA_SERVING || replica->sick != SICK_NOT;
	}
	/* One alone shares nothing with anybody: another one shows whether it fares better. */
	state->most_sick = state->members > 1 && state->sick * 2 > state->members;
}

static void look_at_roll(struct engine *engine, struct service *service)
{
	struct replacement *state = &service->replacement;
	const struct replica *template = service->template;
	struct note note = { LOG_LEVEL_INFO, "rolling", NULL, -1, -1 };
	bool was = state->rolling;

	if (template != NULL && !replacement_is_given_up(service) &&
		state->failed_spec[0] != '\0') {
		state->failed_spec[0] = '\0';
		state->failures = 0;
	}
	state->rolling = state->outdated > 0 && !service->paused &&
			 !replacement_is_given_up(service) &&
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

/* A template that turned sick was healthy before: what is made of it may well be. */
static bool has_worked(const struct replica *template)
{
	return template != NULL && template->sick != SICK_NOT && template->sick != SICK_START;
}

/* Is one at hand that was healthy, or did one of what the template is by now come to serve? */
static bool is_proven(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state == REPLICA_WARM && replica->facts.state == CONTAINER_PAUSED)
			return true;
		if (replica->role == ROLE_CLONE && replica->state == REPLICA_SERVING &&
			replica->sick == SICK_NOT && !replacement_is_outdated(service, replica))
			return true;
	}
	return false;
}

/* Do fewer serve than may? Then a try of what nobody knows whether it works is better than none. */
static bool is_short(const struct service *service)
{
	unsigned well = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		well += service->replicas[i]->state == REPLICA_SERVING &&
			service->replicas[i]->sick == SICK_NOT;
	return well < service->config.policy.min;
}

/* Before the template serves, what is made of it is not worth a try, unless something speaks for it. */
static bool speaks_for_it(const struct service *service)
{
	return has_worked(service->template) || is_proven(service) || is_short(service);
}

/* Is there something to make a new one of, and the peace to do so? */
static bool may_begin(
	const struct engine *engine, const struct service *service, const struct tally *tally)
{
	const struct replacement *state = &service->replacement;

	if (service->paused || hand_is_at_work(service) || tally->coming || state->most_sick)
		return false;
	if (state->rolling && !speaks_for_it(service))
		return state->ready;
	return engine->now.boot >= state->retry_at;
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
	bool more = fleet_count(service) > replacement_wanted(service);
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
			replica->sick != SICK_BALANCER || replacement_is_outdated(service, replica))
			continue;
		replica->failed = true;
		fleet_failed(engine, service, text);
		replacement_failed(engine, service, replica, text, true);
		replica_drain(engine, service, replica, LEAVE_FAILED);
		return;
	}
}

/* A new successor in a roll asks the host for its room, as a warm one has done before. For a sick one
 * nobody is asked: it serves nobody any more, and another one only takes its part. */
static bool has_room(struct engine *engine, const struct service *service)
{
	const struct replacement *state = &service->replacement;

	return !state->rolling || state->sick > 0 || warm_is_ready(engine, service) ||
	       host_take_room(engine, service);
}

void replace_step(struct engine *engine, struct service *service)
{
	struct replacement *state = &service->replacement;
	unsigned before = state->extra; /* promised already */
	struct tally tally;

	state->extra = 0;
	state->crowded = false;
	if (!service->settled || !engine->runtime_known || fleet_dry(engine, service))
		return;
	count(service);
	look_at_roll(engine, service);
	if (!state->most_sick && !service->paused && replacement_has_well(service, NULL)) {
		withhold(engine, service);
		give_up_joining(engine, service);
	}
	tally = take_tally(service);
	state->extra = extra(engine, service, &tally);
	state->crowded = state->extra > before && !has_room(engine, service);
	if (state->crowded)
		state->extra = 0;
}

/* Is there a clone that could make room, but for its call? */
static bool is_busy(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->role == ROLE_CLONE && replica_is_up(replica) && !can_go(replica))
			return true;
	}
	return false;
}

bool replace_admits(struct engine *engine, struct service *service, const struct replica *replica)
{
	struct replica *victim;

	/* One that ran before us may be serving, and must not be taken for one that does not. */
	if (!service->settled || replica->adopted || fleet_dry(engine, service) ||
		count_up(service) < service->config.policy.max)
		return true;
	victim = victim_find(service);
	/* A person's that is one too many waits until it is known what the hand was up to. */
	if (victim == NULL || !replica_is_up(victim))
		return replica->role != ROLE_CLONE && !hand_is_at_work(service) &&
		       !is_busy(service);
	if (replica->role == ROLE_CLONE && !replacement_is_due(service, victim))
		return false;
	replica_drain(engine, service, victim, replacement_reason(engine, service, victim));
	return true;
}
