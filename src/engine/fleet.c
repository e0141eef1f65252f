/*
 * The fleet's ground: services and replicas as memory, found, added and dropped, and what every
 * room of the engine needs to say something: an intent with its number, a name, a time to wait.
 * It decides nothing.
 */
#include "fleet.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* The first retry waits a second: an engine that goes down takes no longer to say so. */
#define BACKOFF_FIRST USEC_PER_SEC
#define BACKOFF_MOST  (300 * USEC_PER_SEC)

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016). */
uint64_t fleet_random(struct engine *engine)
{
	engine->random ^= engine->random >> 12;
	engine->random ^= engine->random << 25;
	engine->random ^= engine->random >> 27;
	return (engine->random * 0x2545F4914F6CDD1DULL) >> 16;
}

usec_t fleet_backoff(struct engine *engine, unsigned failures)
{
	usec_t delay = BACKOFF_FIRST << (failures < 9 ? failures : 9);

	if (delay > BACKOFF_MOST)
		delay = BACKOFF_MOST;
	/* Up to a fifth more, so that services that failed together do not retry together. */
	return delay + (usec_t)(fleet_random(engine) % (uint64_t)(delay / 5 + 1));
}

struct intent *fleet_intend(
	struct engine *engine, const struct service *service, enum intent_kind kind)
{
	struct intent *intent = intents_add(engine->intents, kind);

	intent->id = engine->next_intent++;
	if (service == NULL)
		return intent;
	(void)mem_strcpy(intent->service, sizeof(intent->service), service->name);
	intent->config = &service->config;
	return intent;
}

bool fleet_dry(const struct engine *engine, const struct service *service)
{
	return engine->config->daemon.dry_run || service->config.dry_run;
}

struct service *fleet_find_service(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->n_services; i++)
		if (text_same(engine->services[i]->name, name))
			return engine->services[i];
	return NULL;
}

struct replica *fleet_find_replica(
	const struct engine *engine, const char *id, struct service **ret_service)
{
	for (size_t i = 0; i < engine->n_services; i++) {
		struct service *service = engine->services[i];

		for (size_t k = 0; k < service->n_replicas; k++) {
			if (!text_same(service->replicas[k]->id, id))
				continue;
			*ret_service = service;
			return service->replicas[k];
		}
	}
	return NULL;
}

struct service *fleet_add_service(struct engine *engine, const char *name)
{
	struct service *service = mem_zero(1, sizeof(*service));

	(void)mem_strcpy(service->name, sizeof(service->name), name);
	service->dirty = true;
	service->capacity = UINT32_MAX;
	engine->services =
		mem_resize(engine->services, engine->n_services + 1, sizeof(struct service *));
	engine->services[engine->n_services++] = service;
	return service;
}

static void replica_free(struct replica *replica)
{
	container_finish(&replica->facts);
	series_finish(replica);
	free(replica);
}

void fleet_free_service(struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		replica_free(service->replicas[i]);
	free(service->replicas);
	free(service->members);
	memory_free(service->memory);
	free(service->self_tuning);
	free(service);
}

struct replica *fleet_add_replica(struct service *service)
{
	struct replica *replica = mem_zero(1, sizeof(*replica));

	replica->state = REPLICA_STOPPED;
	replica->deadline = USEC_NEVER;
	replica->weight = WEIGHT_BASE;
	series_forget(replica);
	service->replicas =
		mem_resize(service->replicas, service->n_replicas + 1, sizeof(struct replica *));
	service->replicas[service->n_replicas++] = replica;
	return replica;
}

void fleet_drop_replica(struct engine *engine, struct service *service, struct replica *replica)
{
	struct intent *intent;

	if (replica->watched) {
		intent = fleet_intend(engine, service, INTENT_UNWATCH);
		(void)mem_strcpy(intent->container, sizeof(intent->container), replica->id);
	}
	if (replica_is_up(replica))
		service->joined_at = engine->now.boot;
	if (service->template == replica)
		service->template = NULL;
	if (replica->role != ROLE_CLONE)
		service->dirty = true;
	for (size_t i = 0; i < service->n_replicas; i++) {
		if (service->replicas[i] != replica)
			continue;
		service->replicas[i] = service->replicas[--service->n_replicas];
		break;
	}
	replica_free(replica);
}

bool fleet_is_adopting(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->adopted && service->replicas[i]->state == REPLICA_PROBING)
			return true;
	return false;
}

void fleet_fault(struct engine *engine, struct service *service, enum fault fault)
{
	uint64_t *counts = service != NULL ? service->faults : engine->faults;

	if (fault != FAULT_NONE)
		counts[fault]++;
}

void fleet_failed(struct engine *engine, struct service *service, const char *text)
{
	service->counters.failed++;
	service->retry_at = engine->now.boot + fleet_backoff(engine, service->failures);
	service->failures++;
	(void)mem_strcpy(service->failure, sizeof(service->failure), text);
}
