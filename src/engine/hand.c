/*
 * A person's hand: what somebody starts or ends beside us. Whether the count follows it (adopt), is
 * restored (enforce), or nothing is done any more until somebody says so (pause) is the service's to
 * say. A hand is given a moment to finish: who restarts or recreates a container ends and starts
 * one, and an engine that goes down ends all of them as if somebody had.
 */
#include "judge.h"

#include <stdio.h>

/* After the last thing that a hand did. An engine that stops is found out within it; whoever
 * recreates a container is done within it once the old one has ended. */
#define PATIENCE (5 * USEC_PER_SEC)

/* Between a create and its start: volumes are filled, networks connected, others awaited. */
#define PREPARING (10 * USEC_PER_SEC)

/* For one that was told to end; a program need not obey. */
#define ENDING_MOST (60 * USEC_PER_SEC)

/* An engine that stops ends its containers one after the other, each within its own time. */
#define ENGINE_STOPS (15 * USEC_PER_SEC)

static bool enforces(const struct service *service)
{
	return service->config.manual == MANUAL_ENFORCE;
}

/* Did a hand move so lately that it may have been the engine's, which goes down? */
static bool is_fresh(const struct hand *hand, usec_t now)
{
	return hand->until > 0 || (hand->settled_at > 0 && now - hand->settled_at <= ENGINE_STOPS);
}

bool hand_is_certain(const struct engine *engine, const struct service *service)
{
	return !is_fresh(&service->hand, engine->now.boot);
}

static void move(struct engine *engine, struct service *service, int change)
{
	struct hand *hand = &service->hand;

	if (!is_fresh(hand, engine->now.boot))
		hand->before = service->desired;
	hand->change += change;
	hand->until = engine->now.boot + PATIENCE;
}

/* Is it one too many anyway, as the clone that stood in for its template, or another one's successor? That it
 * is ended is no wish for less. */
static bool is_surplus(const struct service *service, const struct replica *replica)
{
	unsigned others = fleet_count(service) - (replica_counts(replica) ? 1 : 0);

	return others >= hand_wanted(service);
}

bool hand_ended(struct engine *engine, struct service *service, struct replica *replica)
{
	bool paused = replica->facts.state == CONTAINER_PAUSED;

	if (!service->settled || enforces(service) || !(replica->facts.end_was_asked || paused))
		return false;
	replica->by_hand = true;
	replica->surplus = is_surplus(service, replica);
	if (!replica->surplus)
		move(engine, service, -1);
	note_replica(engine, service, replica, "replica ended by hand",
		paused ? "it was paused from outside" : "it was stopped from outside");
	return true;
}

void hand_told(const struct engine *engine, struct replica *replica)
{
	if (replica->facts.state != CONTAINER_RUNNING || !replica->facts.end_was_asked)
		replica->ending_since = 0;
	else if (replica->ending_since == 0)
		replica->ending_since = engine->now.boot;
}

void hand_waits(const struct engine *engine, struct replica *replica)
{
	if (replica->role != ROLE_CLONE && replica->facts.end_was_asked)
		replica->hands_off = engine->now.boot + PATIENCE;
}

bool hand_prepares(const struct service *service, const struct replica *replica)
{
	return service->config.mode == SERVICE_MODE_CLONE && replica->role != ROLE_CLONE &&
	       replica->facts.state == CONTAINER_CREATED && replica->facts.started_at == 0;
}

static void go_on(struct service *service)
{
	service->stopped_by_hand = false;
	service->paused = false;
	policy_state_init(&service->policy, &service->config.policy);
}

/* Was it made by whoever ended another one just now? `docker run` creates before it starts, and in
 * between the start may be ours. */
static bool is_successor(const struct service *service)
{
	return service->hand.until > 0 && service->hand.change < 0;
}

/* Is it one that is missing anyway? What a person starts where too few run is no wish for more: the
 * first `docker run` of a service, which is there with its minimum before anything of it runs. */
static bool is_missing(const struct service *service, const struct replica *replica)
{
	unsigned others = fleet_count(service) - (replica_counts(replica) ? 1 : 0);

	return service->hand.change >= 0 && others + 1 <= hand_wanted(service);
}

void hand_started(struct engine *engine, struct service *service, struct replica *replica)
{
	bool by_hand = replica->by_hand || (replica->role != ROLE_CLONE && !replica->lived);
	bool was_counted = !replica->surplus;

	replica->by_hand = false;
	replica->surplus = false;
	replica->lived = true;
	if (!service->settled || !by_hand || !was_counted || enforces(service) ||
		(replica->state == REPLICA_STARTING && !is_successor(service)) ||
		is_missing(service, replica))
		return;
	move(engine, service, 1);
	note_replica(engine, service, replica, "replica started by hand", "it counts");
	if (service->stopped_by_hand)
		go_on(service);
}

unsigned hand_wanted(const struct service *service)
{
	int wanted = (int)service->desired + service->hand.change;

	return wanted > 0 ? (unsigned)wanted : 0;
}

unsigned hand_ended_count(const struct service *service)
{
	return service->hand.change < 0 ? (unsigned)-service->hand.change : 0;
}

bool hand_is_at_work(const struct service *service)
{
	return service->hand.until != 0;
}

static void end_hand(struct service *service)
{
	service->desired = hand_wanted(service);
	service->hand.change = 0;
	service->hand.until = 0;
}

void hand_meant(const struct engine *engine, struct service *service)
{
	if (!hand_is_at_work(service))
		return;
	end_hand(service);
	service->hand.settled_at = engine->now.boot;
}

void hand_resumed(struct service *service)
{
	end_hand(service); /* what was done is no reason to pause once more */
	service->stopped_by_hand = false;
	for (size_t i = 0; i < service->n_replicas; i++)
		service->replicas[i]->by_hand = false;
}

void hand_forget(struct engine *engine)
{
	usec_t now = engine->now.boot;

	for (size_t i = 0; i < engine->n_services; i++) {
		struct service *service = engine->services[i];
		struct hand *hand = &service->hand;

		if (!is_fresh(hand, now))
			continue;
		service->desired = hand->before;
		if (service->stopped_by_hand || hand->paused)
			go_on(service);
		*hand = (struct hand){ 0 };
		for (size_t k = 0; k < service->n_replicas; k++)
			if (now - service->replicas[k]->since <= ENGINE_STOPS)
				service->replicas[k]->by_hand = false;
	}
}

/* Does anything run, or wait for its next try after an end of its own? */
static bool anything_counts(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica_counts(replica) || (replica->state == REPLICA_STOPPED &&
						       !replica->by_hand && replica->attempts > 0))
			return true;
	}
	return false;
}

static void pause_service(struct engine *engine, struct service *service, const char *because)
{
	struct note note = { LOG_LEVEL_WARNING, "paused", NULL, (int)service->desired,
		(int)hand_wanted(service) };

	note_add(engine, service, &note, "%s", because);
	service->desired = hand_wanted(service);
	service->paused = true;
	service->hand.paused = true;
}

/* Is one about to be started, as whoever recreates a container does? */
static bool is_preparing(const struct engine *engine, const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (hand_prepares(service, service->replicas[i]) &&
			engine->now.boot - service->replicas[i]->since < PREPARING)
			return true;
	return false;
}

static bool settle(struct engine *engine, struct service *service, unsigned *ret_count)
{
	struct hand *hand = &service->hand;
	bool follow = false;

	hand->paused = false;
	if (hand->change < 0 && !anything_counts(service)) {
		service->stopped_by_hand = true;
		hand->change = -(int)service->desired;
		pause_service(engine, service,
			"all of it was stopped by hand: start a container of it, or resume it");
	} else if (hand->change != 0 && service->config.manual == MANUAL_PAUSE) {
		pause_service(
			engine, service, "it was changed by hand, and manual = pause: resume it");
	} else if (hand->change != 0 && !service->paused) {
		*ret_count = hand_wanted(service);
		follow = true;
	} else {
		service->desired = hand_wanted(service);
	}
	hand->change = 0;
	hand->until = 0;
	hand->settled_at = engine->now.boot;
	return follow;
}

/* Is one about to end, as the last ones of a stop of all do? Our own stops are none of this. */
static bool is_ending(const struct engine *engine, const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (replica_counts(service->replicas[i]) &&
			service->replicas[i]->ending_since > 0 &&
			engine->now.boot - service->replicas[i]->ending_since < ENDING_MOST)
			return true;
	return false;
}

bool hand_step(struct engine *engine, struct service *service, unsigned *ret_count)
{
	return service->hand.until != 0 && engine->now.boot >= service->hand.until &&
	       !is_preparing(engine, service) && !is_ending(engine, service) &&
	       settle(engine, service, ret_count);
}

usec_t hand_wake(const struct service *service)
{
	return service->hand.until > 0 ? service->hand.until : USEC_NEVER;
}

void hand_problem(const struct service *service, char *text, size_t size)
{
	if (service->template != NULL && hand_prepares(service, service->template) &&
		!anything_counts(service))
		(void)snprintf(text, size, "%s was created and never started: start it",
			service->template->name);
}
