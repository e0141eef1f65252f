/* A day in the simulated world in which everything goes wrong that may, by a seed. */
#pragma once

#include "eye.h"

struct day {
	uint64_t seed;
	struct violation violation; /* text "" : none */
	uint64_t looks; /* steps that were looked at */
	uint64_t harms; /* things that went wrong */
	uint64_t changes; /* replicas that began to serve or were stopped */
	uint64_t cut; /* sessions that ended before their time: programs that died, deadlines */
};

/* Lives the day of @seed, with @trace every intent and harm on standard error. */
struct day day_live(uint64_t seed, bool trace);
