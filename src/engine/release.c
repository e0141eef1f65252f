/*
 * A service that a person releases: its clones drain and go, its servers in the balancer are closed
 * with them, and from then on nothing is decided for it until `resume`. The template and what
 * persons started stay as they are. Who is served goes on being told, so that a template that sits
 * in a server of ours keeps it.
 *
 * How clones leave together is here too: a service whose template was removed loses them the same
 * way.
 */
#include "steer.h"

void release_clones(struct engine *engine, struct service *service, enum leave_reason reason)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (replica->role != ROLE_CLONE || replica->pending != 0 || replica->uncertain)
			continue;
		if (replica->state == REPLICA_DRAINING)
			replica->leave = reason; /* no drain is taken back any more */
		else if (replica->state == REPLICA_STOPPING || replica->state == REPLICA_REMOVING)
			continue;
		else if (replica_is_up(replica) ||
			 (replica_counts(replica) && replica_has_server(replica)))
			replica_drain(engine, service, replica, reason);
		else if (replica->facts.state == CONTAINER_EXITED ||
			 replica->facts.state == CONTAINER_CREATED)
			replica_enter(engine, service, replica, REPLICA_REMOVING);
		else
			replica_stop(engine, service, replica);
	}
}

/* What persons run is the count, whatever it is. */
static unsigned count_theirs(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		count += service->replicas[i]->role != ROLE_CLONE &&
			 replica_counts(service->replicas[i]);
	return count;
}

void release_step(struct engine *engine, struct service *service)
{
	service->hand = (struct hand){ 0 }; /* whatever they do is theirs to do */
	service->desired = count_theirs(service);
	service->manual = false;
	service->held_back = 0;
	service->decision = (struct decision){
		.count = service->desired,
		.from = service->desired,
		.wish = service->desired,
		.reason = REASON_RELEASED,
	};
	if (engine->runtime_known && !fleet_dry(engine, service) && !fleet_is_adopting(service))
		release_clones(engine, service, LEAVE_RELEASED);
}

void release_resumed(struct service *service)
{
	service->released = false;
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_DRAINING &&
			service->replicas[i]->leave == LEAVE_RELEASED)
			service->replicas[i]->leave = LEAVE_SURPLUS;
}
