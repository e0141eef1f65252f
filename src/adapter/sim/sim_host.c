/*
 * The machine on which the simulated containers run: its processors, which they share when all of
 * them together want more than there is, and its memory, which they add up to. What else runs on
 * it is a number that the script sets.
 */
#include "adapter/sim/sim_ports.h"

#define MACHINE_CORES     1024.0 /* more than any story uses */
#define MACHINE_MEMORY    0x1p50
#define MEMORY_OF_PROGRAM 33554432.0 /* 32 MiB */
#define MEMORY_OF_SESSION 262144.0 /* 256 KiB */

double sim_host_cores(const struct sim *sim)
{
	return sim->settings.host_cores > 0 ? sim->settings.host_cores : MACHINE_CORES;
}

double sim_host_memory(const struct sim *sim)
{
	return sim->settings.host_memory_bytes > 0 ? (double)sim->settings.host_memory_bytes
						   : MACHINE_MEMORY;
}

double sim_memory_of(const struct sim_container *container)
{
	if (!sim_world_lives(container))
		return 0;
	if (container->memory_bytes > 0)
		return container->memory_bytes;
	return MEMORY_OF_PROGRAM + MEMORY_OF_SESSION * container->sessions;
}

double sim_host_memory_used(const struct sim *sim)
{
	double used = sim->host_other_bytes;

	for (size_t i = 0; i < sim->n_containers; i++)
		used += sim_memory_of(sim->containers[i]);
	return used;
}

/* As the kernel's scheduler among equals: who wants less than an even share gets what it wants, and
 * what is left is shared evenly by the others. */
static double even_share(const struct sim *sim, double cores)
{
	double share = 0;

	for (size_t turn = 0; turn <= sim->n_containers; turn++) {
		double left = cores;
		size_t n = 0;

		for (size_t i = 0; i < sim->n_containers; i++) {
			if (sim->containers[i]->cpu_rate <= share)
				left -= sim->containers[i]->cpu_rate;
			else
				n++;
		}
		if (n == 0 || left / (double)n <= share)
			break;
		share = left / (double)n;
	}
	return share;
}

void sim_host_share(struct sim *sim)
{
	double cores = sim_host_cores(sim);
	double wanted = sim->host_other_cores;
	double share;

	for (size_t i = 0; i < sim->n_containers; i++)
		wanted += sim->containers[i]->cpu_rate;
	sim->host_saturated = wanted > cores;
	sim->host_rate = wanted < cores ? wanted : cores;
	if (!sim->host_saturated)
		return;
	share = even_share(sim, cores - sim->host_other_cores);
	for (size_t i = 0; i < sim->n_containers; i++) {
		if (sim->containers[i]->cpu_rate <= share)
			continue;
		sim->containers[i]->cpu_rate = share;
		sim->containers[i]->stalled_rate = 1;
	}
}

void sim_host_settle(struct sim *sim, usec_t span)
{
	sim->host_busy_usec += sim->host_rate * (double)span;
	if (sim->host_saturated)
		sim->host_cpu_stall_usec += (double)span;
	if (sim->settings.host_memory_bytes > 0 && sim_host_memory_used(sim) > sim_host_memory(sim))
		sim->host_memory_stall_usec += (double)span;
}
