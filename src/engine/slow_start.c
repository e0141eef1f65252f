/*
 * A replica that has just joined begins with a small share of the requests, which grows: its caches
 * are empty, its connections are not open yet. By our own weights, so that it works for slots and
 * for added servers, and beside weights by CPU, which leave it out until its share has grown.
 *
 * One that serves alone gets everything, whatever its weight, so there is nothing to grow. A drain
 * that is taken back begins nothing anew, nor does a daemon that finds it serving.
 */
#include "judge.h"

void slow_start_begin(struct replica *replica)
{
	replica->slow = true;
	replica->slow_from = 0;
}

void slow_start_serving(const struct engine *engine, struct replica *replica)
{
	if (replica->slow && replica->slow_from == 0)
		replica->slow_from = engine->now.boot;
}

bool slow_start_holds(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	return replica->slow && service->config.haproxy.slow_start > 0 &&
	       (replica->slow_from == 0 ||
		       engine->now.boot - replica->slow_from < service->config.haproxy.slow_start);
}

unsigned slow_start_weight(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	usec_t age = replica->slow_from > 0 ? engine->now.boot - replica->slow_from : 0;

	if (!slow_start_holds(engine, service, replica))
		return replica->weight;
	return weight_ramp(replica->weight, age, service->config.haproxy.slow_start);
}

void slow_start_step(struct service *service)
{
	struct replica *alone = NULL;

	for (size_t i = 0; i < service->n_replicas; i++) {
		if (!replica_is_up(service->replicas[i]))
			continue;
		if (alone != NULL)
			return;
		alone = service->replicas[i];
	}
	if (alone != NULL)
		alone->slow = false;
}
