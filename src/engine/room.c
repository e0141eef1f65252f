/*
 * What the balancer takes. A replica to which nobody can be led serves nobody, and another one beside
 * it would serve as little: HAProxy has no slot left, refuses the server, or its own check does not
 * reach what our probe reaches (it runs in a container on another network, say). Then the count is
 * not raised, whatever is read. What waits is not removed and made again: it joins when the cause is
 * gone. Down goes on as ever, and so does what a person says.
 */
#include "judge.h"

#include <stdio.h>

void room_step(struct engine *engine, struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];
		bool stuck = sick_is_stuck(engine, service, replica);

		if (stuck && !replica->stuck && replica->server_state == SERVER_DOWN)
			fleet_fault(engine, service, FAULT_SERVER_DOWN);
		replica->stuck = stuck;
	}
}

static const struct replica *find_stuck(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->stuck)
			return service->replicas[i];
	return NULL;
}

void room_limit(struct engine *engine, struct service *service, struct decision *decision)
{
	unsigned most = service->capacity;
	bool was_full = service->full;

	service->full = false;
	if (find_stuck(service) != NULL || most < service->desired)
		most = service->desired;
	if (most < service->config.policy.min)
		most = service->config.policy.min;
	if (decision->count <= service->desired || decision->count <= most)
		return;
	decision->count = most;
	decision->limit = REASON_BALANCER;
	service->full = find_stuck(service) == NULL;
	if (service->full && !was_full)
		fleet_fault(engine, service, FAULT_NO_SLOT);
}

static const char *network_of(const struct service *service, const struct replica *replica)
{
	if (service->config.haproxy.network[0] != '\0')
		return service->config.haproxy.network;
	return replica->facts.n_endpoints > 0 ? replica->facts.endpoints[0].network : "bridge";
}

void room_problem(const struct service *service, char *text, size_t size)
{
	const struct replica *replica = find_stuck(service);

	if (service->full)
		(void)snprintf(text, size,
			"HAProxy has places for %u replicas of it, and more are wanted: raise the "
			"last number of its server-template line, and reload HAProxy",
			service->capacity);
	if (replica == NULL || replica->server_state != SERVER_DOWN)
		return;
	(void)snprintf(text, size,
		"%s is healthy at %s port %u, but HAProxy's own check finds it down: is HAProxy on "
		"its network (docker network connect %s HAPROXY), and does the check ask what the "
		"application answers?",
		replica->name, replica->address, replica->port, network_of(service, replica));
}
