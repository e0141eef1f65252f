/*
 * From the count there is to the count that is desired. Up: first what drains comes back, then
 * warm replicas are promoted, then what exists is started, then clones are made, a few at a time. Down: first what does not serve
 * yet goes, then the replica with the fewest sessions drains; the template is the last.
 */
#include "steer.h"

#define ATTEMPTS_AWAITED 3

/* A person's that is sick is probed as well, for as long as it takes. */
static unsigned count_starting(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		if (replica_counts(service->replicas[i]) && !replica_is_up(service->replicas[i]) &&
			service->replicas[i]->sick == SICK_NOT)
			count++;
	return count;
}

/* May it serve again? One that is sick or of no use any more goes on its way. */
static bool may_return(const struct service *service, const struct replica *replica)
{
	return replica->state == REPLICA_DRAINING && replica->facts.state == CONTAINER_RUNNING &&
	       !replacement_is_superseded(service, replica) &&
	       (replica->leave == LEAVE_SURPLUS || replica->leave == LEAVE_OUTDATED);
}

/* The youngest one that drains: the load is back. */
static struct replica *find_draining(const struct service *service)
{
	struct replica *best = NULL;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (may_return(service, replica) && (best == NULL || replica->since > best->since))
			best = replica;
	}
	return best;
}

/* The guard is for what keeps failing: the template whose last life did not is not held, when its engine
 * took it along. */
static bool may_try(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	return guard_allows(engine, service) ||
	       (replica == service->template && replica->attempts == 0 && replica->lived);
}

static bool can_start(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	return may_try(engine, service, replica) && replica->state == REPLICA_STOPPED &&
	       replica->pending == 0 && !replica->by_hand &&
	       engine->now.boot >= replica->retry_at && engine->now.boot >= replica->hands_off &&
	       !hand_prepares(service, replica) &&
	       (replica->facts.state == CONTAINER_EXITED ||
		       replica->facts.state == CONTAINER_CREATED);
}

/* What exists and does not run: the template first, then the oldest. */
static struct replica *find_stopped(const struct engine *engine, const struct service *service)
{
	struct replica *best = NULL;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (!can_start(engine, service, replica) ||
			replacement_is_superseded(service, replica))
			continue;
		if (replica == service->template)
			return replica;
		if (best == NULL || replica->facts.created_at < best->facts.created_at)
			best = replica;
	}
	return best;
}

/* Stopped replicas that wait for their next try stand for those that would be made instead, until
 * they have failed too often to be counted on. */
static unsigned count_waiting(const struct engine *engine, const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state == REPLICA_STOPPED && !replica->by_hand &&
			replica->attempts > 0 && replica->attempts <= ATTEMPTS_AWAITED &&
			engine->now.boot >= replica->hands_off &&
			!replacement_is_superseded(service, replica) &&
			(replica->facts.state == CONTAINER_EXITED ||
				replica->facts.state == CONTAINER_CREATED))
			count++;
	}
	return count;
}

/* Whether what is made may be started as well is the guard's to say. */
static bool can_create(const struct engine *engine, const struct service *service)
{
	/* A template that nobody started yet is a beginning: its surroundings may be missing. */
	if (service->template != NULL && hand_prepares(service, service->template) &&
		fleet_count(service) == 0)
		return false;
	return service->config.mode == SERVICE_MODE_CLONE && service->template_id[0] != '\0' &&
	       !service->withdrawing && service->refused_id[0] == '\0' &&
	       service->conflict[0] == '\0' && engine->now.boot >= service->retry_at;
}

static void go_up(struct engine *engine, struct service *service, unsigned missing)
{
	unsigned most = service->config.parallel_starts;
	struct replica *replica;
	unsigned starting;
	unsigned waiting;
	unsigned soon;

	/* None of those is the successor that is to come beside the wanted ones. */
	for (; missing > service->replacement.extra && (replica = find_draining(service)) != NULL;
		missing--) {
		replica_enter(engine, service, replica, REPLICA_JOINING);
		note_replica(engine, service, replica, "drain cancelled", "it is needed again");
	}
	while (missing > 0 && warm_promote(engine, service))
		missing--;
	/* Another one beside it would be more than the machine was asked for. */
	soon = warm_count_soon(service);
	missing = missing > soon ? missing - soon : 0;
	starting = count_starting(service);
	for (; missing > 0 && starting < most && (replica = find_stopped(engine, service)) != NULL;
		missing--, starting++) {
		replica->spare = false;
		replica_start(engine, service, replica);
	}
	waiting = count_waiting(engine, service);
	missing = missing > waiting ? missing - waiting : 0;
	for (; missing > 0 && starting < most && can_create(engine, service) &&
		guard_allows(engine, service);
		missing--, starting++)
		replica_create(engine, service, false);
	service->held_back = starting >= most ? missing : 0;
}

/* The template that ended, with its engine or by itself, is started again also when clones of it make
 * up the count by now: it is the last to go. */
static void return_template(struct engine *engine, struct service *service)
{
	if (service->config.mode == SERVICE_MODE_CLONE && service->template != NULL &&
		service->desired > 0 && can_start(engine, service, service->template))
		replica_start(engine, service, service->template);
}

/* The clone that stands in for a template on its way goes when that one serves, unless there would be
 * more than max. */
static unsigned count_surplus(const struct service *service, unsigned counted)
{
	const struct replica *template = service->template;
	bool on_its_way = template != NULL && replica_counts(template) && !replica_is_up(template);
	unsigned surplus = counted - replacement_wanted(service);

	/* What a hand ended is gone by itself: below min nobody else goes for it. */
	if (hand_is_at_work(service) && counted <= service->config.policy.min)
		return 0;
	if (surplus > 0 && on_its_way && counted <= service->config.policy.max)
		surplus--;
	return surplus;
}

static void go_down(struct engine *engine, struct service *service, unsigned surplus)
{
	struct replica *victim;

	for (; surplus > 0 && (victim = victim_find(service)) != NULL; surplus--) {
		if (replica_is_up(victim) || replica_has_server(victim))
			replica_drain(engine, service, victim,
				replacement_reason(engine, service, victim));
		else
			replica_stop(engine, service, victim);
	}
}

/* What is left of an earlier life (a kill between create and start, a reboot) and not needed. */
static void clear_leftovers(struct engine *engine, struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		/* One that somebody stopped may be started again in a moment, or looked at. */
		if (replica->by_hand && (hand_is_at_work(service) || service->paused))
			continue;
		if (replica->role == ROLE_CLONE && replica->state == REPLICA_STOPPED &&
			replica->pending == 0 && replica->facts.state != CONTAINER_PAUSED)
			replica_enter(engine, service, replica, REPLICA_REMOVING);
	}
}

/* Warm ones are made while nothing else is under way: they never stand before those that are needed. */
static bool may_refill(const struct engine *engine, const struct service *service, unsigned wanted)
{
	return fleet_count(service) >= wanted && count_starting(service) == 0 && !service->paused &&
	       !hand_is_at_work(service) && !fleet_is_adopting(service) &&
	       can_create(engine, service);
}

/* All that ran before us joined, one that had been draining among them, and now the runtime is away: the
 * first word to the balancer is not of more than max all the same. A drain needs no runtime. */
static void hold_max(struct engine *engine, struct service *service)
{
	unsigned most = service->config.policy.max;
	unsigned up = 0;

	if (service->membership_at > 0 || fleet_is_adopting(service))
		return;
	for (size_t i = 0; i < service->n_replicas; i++)
		up += replica_is_up(service->replicas[i]);
	for (; up > most; up--) {
		struct replica *victim = victim_find_up(service);

		if (victim == NULL || !replica_is_up(victim))
			return;
		replica_drain(engine, service, victim, replacement_reason(engine, service, victim));
	}
}

void converge_step(struct engine *engine, struct service *service)
{
	unsigned counted;
	unsigned wanted;

	if (!service->settled || fleet_dry(engine, service))
		return;
	if (!engine->runtime_known) {
		hold_max(engine, service);
		return;
	}
	return_template(engine, service);
	service->held_back = 0;
	counted = fleet_count(service);
	wanted = replacement_wanted(service);
	if (counted < wanted)
		go_up(engine, service, wanted - counted);
	else if (!fleet_is_adopting(service)) /* who serves is not known: none may be stopped */
		go_down(engine, service, count_surplus(service, counted));
	if (fleet_count(service) >= wanted)
		clear_leftovers(engine, service);
	warm_step(engine, service, may_refill(engine, service, wanted));
}
