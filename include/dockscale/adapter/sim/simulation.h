/* Services under recorded loads on the simulated world, scaled by the engine that the daemon runs. */
#pragma once

#include <dockscale/adapter/sim/score.h>
#include <dockscale/conf/load.h>

#include <stdbool.h>

#define SIMULATION_SERVICES_MAX 16

struct simulation_service {
	const char *name; /* of a file of the configuration, or served by the defaults and labels */
	const struct trace *trace; /* all of one length are simulated to the end of the shortest */
	double cores; /* that a replica may use, its limit; what 1 of the trace's demand needs */
	bool pool; /* replicas exist and are started and stopped, `max` of them */
	unsigned min;
	unsigned max;
	const char *const *labels; /* "dockscale.max=8", of its containers */
	size_t n_labels;
};

struct simulation_settings {
	const struct config *config; /* as the daemon has it; borrowed */
	struct simulation_service services[SIMULATION_SERVICES_MAX];
	size_t n_services;
	usec_t startup; /* from the start of a container until it is healthy */
	double host_cores; /* that all share; 0: as many as they want */
	uint64_t seed;
};

/* How one service is at the end of a second. */
struct simulation_state {
	unsigned serving;
	unsigned running; /* with those that start or drain */
	double demand; /* replicas' worth, as recorded */
};

struct simulation;

/* Everything runs that the loads want at their beginning, and serves. The traces begin on a Monday at
 * midnight, UTC. ERR_CONFLICT when a service does not come to serve: @err has its problem. */
int simulation_new(const struct simulation_settings *settings, struct simulation **ret_simulation,
	struct err *err);
/* NULL is fine. */
void simulation_free(struct simulation *simulation);

/* Lets a second pass. False when a load is over: nothing was done. */
bool simulation_step(struct simulation *simulation);
/* Seconds so far. */
size_t simulation_seconds(const struct simulation *simulation);
struct simulation_state simulation_state(const struct simulation *simulation, size_t service);

/* The accounts up to now, finished, with the cost by what an oracle pays. */
struct score simulation_score(const struct simulation *simulation, size_t service);
/* Replicas that did not come to serve, so far. */
uint64_t simulation_failed(const struct simulation *simulation, size_t service);
/* What keeps the service from what it wants now; "" : nothing. Lives as long as the simulation. */
const char *simulation_problem(struct simulation *simulation, size_t service);
