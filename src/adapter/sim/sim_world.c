/*
 * What every room of the simulated world needs: chance, and who is there.
 */
#include "adapter/sim/sim_world.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define EPOCH_WALL ((usec_t)1750000000 * USEC_PER_SEC) /* a day in 2025 */

struct moment sim_now(const struct sim *sim)
{
	return (struct moment){ .boot = sim->now, .wall = EPOCH_WALL + sim->now + sim->wall_ahead };
}

uint64_t sim_world_random(struct sim *sim)
{
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return sim->random * 0x2545f4914f6cdd1dULL;
}

double sim_world_chance(struct sim *sim)
{
	return (double)(sim_world_random(sim) >> 11) / (double)(1ULL << 53);
}

usec_t sim_world_delay(struct sim *sim, usec_t delay)
{
	double chance = sim_world_chance(sim);

	return delay + (usec_t)((2 * chance - 1) * sim->settings.jitter * (double)delay);
}

const struct sim_failure *sim_world_failure(struct sim *sim, enum intent_kind kind)
{
	if (sim->failures[kind].count == 0)
		return NULL;
	sim->failures[kind].count--;
	return &sim->failures[kind];
}

struct sim_container *sim_world_by_id(const struct sim *sim, const char *id)
{
	for (size_t i = 0; i < sim->n_containers; i++)
		if (text_same(sim->containers[i]->facts.id, id))
			return sim->containers[i];
	return NULL;
}

struct sim_container *sim_world_by_name(const struct sim *sim, const char *name)
{
	for (size_t i = 0; i < sim->n_containers; i++)
		if (strcmp(sim->containers[i]->facts.name, name) == 0)
			return sim->containers[i];
	return NULL;
}

struct sim_container *sim_world_by_serial(const struct sim *sim, uint64_t serial)
{
	for (size_t i = 0; i < sim->n_containers; i++)
		if (sim->containers[i]->serial == serial)
			return sim->containers[i];
	return NULL;
}

bool sim_world_runs(const struct sim_container *container)
{
	return container->facts.state == CONTAINER_RUNNING;
}

bool sim_world_lives(const struct sim_container *container)
{
	return sim_world_runs(container) || container->facts.state == CONTAINER_PAUSED;
}

bool sim_world_answers(const struct sim_container *container)
{
	return sim_world_runs(container) && container->ready && container->healthy &&
	       !container->stopping;
}

/* FNV-1a. */
uint32_t sim_world_address_key(const char *address)
{
	uint32_t key = 2166136261U;

	for (; *address != '\0'; address++)
		key = (key ^ (unsigned char)*address) * 16777619U;
	return key;
}

static struct sim_container *living_at(const struct sim *sim, const char *address, uint32_t key)
{
	if (address[0] == '\0')
		return NULL;
	for (size_t i = 0; i < sim->n_containers; i++)
		if (sim->containers[i]->address_key == key && sim_world_lives(sim->containers[i]) &&
			strcmp(sim->containers[i]->facts.endpoints[0].address, address) == 0)
			return sim->containers[i];
	return NULL;
}

struct sim_container *sim_world_by_address(const struct sim *sim, const char *address)
{
	return living_at(sim, address, sim_world_address_key(address));
}

struct sim_container *sim_world_at(const struct sim *sim, const struct sim_server *server)
{
	return living_at(sim, server->address, server->address_key);
}
