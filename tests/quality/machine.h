/* Services on one machine that is too small for all their peaks at once. */
#pragma once

#include "rules.h"

#define MACHINE_SERVICES 3

struct machine {
	const struct trace *traces[MACHINE_SERVICES]; /* the first one is of the highest priority */
	unsigned cores; /* a replica may use one */
	unsigned startup;
	uint64_t seed;
};

/* What became of each, and of the machine. */
struct machine_score {
	struct score services[MACHINE_SERVICES];
	double most_running; /* replicas at once, of all */
};

/* Each service by itself, by @rule. @asks: each replica asks for a whole core, as pods do by their requests,
 * and what does not fit onto the machine waits until somebody goes; else all start, and share the cores. */
struct machine_score machine_run_alone(
	const struct machine *machine, const struct rule *rule, bool asks);

/* Ours, with priorities 1, 0 and -1: the engine on the simulated world, whose services share the cores.
 * @pace: of all of them. Ends the program where the world cannot begin. */
struct machine_score machine_run_ours(const struct machine *machine, const char *pace);

/* All rules of the comparison, as a table or as JSON. */
void machine_compare(const struct machine *machine, bool json);
