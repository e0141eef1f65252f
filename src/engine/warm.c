/*
 * Warm replicas: clones that are kept ready beside those that serve. A spare is made like any other
 * clone, but it counts for nothing: not towards min or max, not as load, and no server or name leads
 * to it. Once our own probe and Docker's health have found it healthy it is paused (or, where that is
 * what the service wants, it is only created). One more replica is then one call and one probe away.
 *
 * What is warm is the world's to say and is stored nowhere: a paused clone of ours that we never saw
 * run is one. Their number is restored in the background, one at a time, and only while the service
 * lacks nothing else.
 *
 * A promoted one has proven its health before the pause. Our own probe confirms it, and one answer
 * decides: whoever does not answer now goes, and the next one, or the long way, takes its place.
 */
#include "steer.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static bool only_created(const struct service *service)
{
	return service->config.warm_state == WARM_CREATED;
}

static bool is_in_the_making(const struct replica *replica)
{
	return replica->spare && replica->state >= REPLICA_CREATING &&
	       replica->state <= REPLICA_PROBING;
}

static bool is_kept(const struct replica *replica)
{
	return replica->state == REPLICA_WARM || is_in_the_making(replica);
}

/* Made of what its template is no more, where the template shows that it can be made anew. Until then it
 * is better than none, as those that serve are. */
static bool is_superseded(const struct service *service, const struct replica *replica)
{
	const struct replica *template = service->template;

	return replacement_is_outdated(service, replica) && template->state == REPLICA_SERVING &&
	       template->sick == SICK_NOT &&
	       strcmp(service->replacement.failed_spec, template->facts.spec) != 0;
}

/* Is it of the kind that the service wants by now? One that was only created can still be started. */
static bool fits(const struct service *service, const struct replica *replica)
{
	return !only_created(service) || replica->state == REPLICA_CREATING ||
	       replica->facts.state == CONTAINER_CREATED;
}

static unsigned wanted(const struct service *service)
{
	unsigned most = service->config.warm;

	if (service->config.mode != SERVICE_MODE_CLONE || service->withdrawing)
		return 0;
	if (service->settled && service->desired == 0) /* nobody is to serve: none is kept for it */
		return 0;
	return service->warm.yields_until > 0 && service->warm.most < most ? service->warm.most
									   : most;
}

/* Promotion. */

static bool can_promote(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	/* One that was only created has proven nothing yet. */
	if (replica->facts.state == CONTAINER_CREATED && !guard_allows(engine, service))
		return false;
	/* One that runs, since it could not be paused so far, needs no call. */
	return replica->state == REPLICA_WARM && replica->pending == 0 &&
	       (engine->now.boot >= replica->retry_at ||
		       replica->facts.state == CONTAINER_RUNNING) &&
	       !is_superseded(service, replica);
}

/* Those that run already come first, those that have to start last. */
static int nearness(const struct replica *replica)
{
	switch (replica->facts.state) {
	case CONTAINER_RUNNING:
		return 2;
	case CONTAINER_PAUSED:
		return 1;
	default:
		return 0;
	}
}

static struct replica *find_ready(const struct engine *engine, const struct service *service)
{
	struct replica *best = NULL;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (can_promote(engine, service, replica) &&
			(best == NULL || nearness(replica) > nearness(best)))
			best = replica;
	}
	return best;
}

bool warm_is_ready(const struct engine *engine, const struct service *service)
{
	return find_ready(engine, service) != NULL;
}

/* The one that is furthest on its way. */
static struct replica *find_in_the_making(const struct service *service)
{
	struct replica *best = NULL;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (is_in_the_making(replica) && !is_superseded(service, replica) &&
			(best == NULL || replica->state > best->state))
			best = replica;
	}
	return best;
}

bool warm_promote(struct engine *engine, struct service *service)
{
	struct replica *replica = find_ready(engine, service);

	if (replica == NULL) {
		replica = find_in_the_making(service);
		if (replica != NULL)
			replica->spare = false; /* and goes on as one that counts */
		return replica != NULL;
	}
	replica->spare = false;
	note_replica(engine, service, replica, "warm replica promoted", "one more is needed");
	replica->promoted = replica->facts.state != CONTAINER_CREATED;
	if (replica->facts.state == CONTAINER_PAUSED)
		replica_unpause(engine, service, replica);
	else if (replica->facts.state == CONTAINER_RUNNING)
		replica_begin_life(engine, service, replica);
	else
		replica_start(engine, service, replica);
	return true;
}

unsigned warm_count_soon(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		count += replica->state == REPLICA_WARM && replica->pending != 0 &&
			 !is_superseded(service, replica);
	}
	return count;
}

static void fail(struct engine *engine, struct service *service, const char *text)
{
	struct warm *warm = &service->warm;

	service->counters.failed++;
	warm->retry_at = engine->now.boot + fleet_backoff(engine, warm->failures);
	warm->failures++;
	(void)mem_strcpy(warm->failure, sizeof(warm->failure), text);
}

bool warm_failed(struct engine *engine, struct service *service, const struct replica *replica,
	const char *text)
{
	struct note note = { LOG_LEVEL_WARNING, "warm replica failed", replica, -1, -1 };

	if (!replica->spare)
		return false;
	note_add(engine, service, &note, "%s", text);
	fail(engine, service, text);
	return true;
}

void warm_dropped(struct engine *engine, struct service *service, struct replica *replica,
	const char *because)
{
	struct note note = { LOG_LEVEL_WARNING, "warm replica dropped", replica, -1, -1 };

	note_add(engine, service, &note, "%s", because);
	replica->promoted = false;
	replica->failed = true;
	fail(engine, service, because);
	replica_stop(engine, service, replica);
}

/* From the facts. */

bool warm_found(const struct service *service, const struct replica *replica)
{
	return replica->role == ROLE_CLONE && !replica->lived && !replica->by_hand &&
	       (replica->facts.state == CONTAINER_PAUSED ||
		       (replica->facts.state == CONTAINER_CREATED && only_created(service) &&
			       wanted(service) > 0));
}

bool warm_found_late(const struct service *service, const struct replica *replica)
{
	return replica->state == REPLICA_PROBING && replica->role == ROLE_CLONE &&
	       !replica->spare && replica->wanted_at == 0 && !replica_has_server(replica) &&
	       !only_created(service) && wanted(service) > 0 &&
	       replica->facts.state == CONTAINER_PAUSED;
}

void warm_follow(struct engine *engine, struct service *service, struct replica *replica)
{
	switch (replica->facts.state) {
	case CONTAINER_CREATED:
		return;
	case CONTAINER_PAUSED:
		if (replica->life == 0)
			return;
		replica_end_life(engine, service, replica);
		replica->attempts = 0;
		service->warm.failures = 0;
		service->warm.failure[0] = '\0';
		guard_end(engine, service, "one was made ready, and is warm");
		note_replica(engine, service, replica, "replica warm", "healthy, and paused");
		return;
	default: /* stopped by hand, or with its engine */
		replica_end_life(engine, service, replica);
		replica->spare = false;
		replica->state = REPLICA_STOPPED;
		return;
	}
}

/* The number that is kept. */

/* Removes what is too much, of the wrong kind or outdated; gives how many stay. Those that are ready
 * are counted first, so that they stay rather than one in the making. */
static unsigned clear_surplus(struct engine *engine, struct service *service)
{
	unsigned kept = 0;

	for (int ready = 1; ready >= 0; ready--) {
		for (size_t i = 0; i < service->n_replicas; i++) {
			struct replica *replica = service->replicas[i];

			if (!is_kept(replica) || (replica->state == REPLICA_WARM) != (ready == 1))
				continue;
			if (replica->pending != 0 || replica->uncertain ||
				(kept < wanted(service) && fits(service, replica) &&
					!is_superseded(service, replica)))
				kept++;
			else
				replica_stop(engine, service, replica);
		}
	}
	return kept;
}

/* It is ready, but its pause has not come about yet. */
static bool is_unpaused(const struct replica *replica)
{
	return replica->state == REPLICA_WARM && replica->facts.state == CONTAINER_RUNNING;
}

static bool is_refilling(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (is_in_the_making(service->replicas[i]) || is_unpaused(service->replicas[i]))
			return true;
	return false;
}

static struct replica *find_unstarted(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_WARM &&
			service->replicas[i]->pending == 0 &&
			service->replicas[i]->facts.state == CONTAINER_CREATED)
			return service->replicas[i];
	return NULL;
}

static void refill(struct engine *engine, struct service *service, unsigned kept)
{
	struct replica *unstarted = only_created(service) ? NULL : find_unstarted(service);

	if (is_refilling(service) || engine->now.boot < service->warm.retry_at ||
		(!only_created(service) && !guard_allows(engine, service)))
		return;
	service->warm.crowded =
		(unstarted != NULL || kept < wanted(service)) && !host_take_room(engine, service);
	if (service->warm.crowded)
		return;
	if (unstarted != NULL)
		replica_start(engine, service, unstarted);
	else if (kept < wanted(service))
		replica_create(engine, service, true);
}

void warm_step(struct engine *engine, struct service *service, bool may_refill)
{
	unsigned kept;

	if (engine->now.boot >= service->warm.yields_until)
		service->warm.yields_until = 0;
	kept = clear_surplus(engine, service);
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (is_unpaused(replica) && replica->pending == 0 &&
			engine->now.boot >= replica->retry_at)
			replica_pause(engine, service, replica); /* the last try failed */
	}
	if (may_refill)
		refill(engine, service, kept);
}

void warm_problem(const struct service *service, char *text, size_t size)
{
	if (service->warm.yields_until > 0 && service->config.warm > 0)
		(void)mem_strcpy(
			text, size, "its warm replicas gave way to a service of higher priority");
	if (wanted(service) == 0)
		return;
	if (service->refused_id[0] != '\0')
		(void)mem_strcpy(text, size, service->refusal);
	else if (service->warm.crowded)
		(void)mem_strcpy(text, size,
			"the host has no memory for another warm replica ([daemon] host_memory)");
	else if (service->warm.failures > 0)
		(void)snprintf(
			text, size, "no warm replica can be made ready: %s", service->warm.failure);
}
