/* What one machine has room for, when several services wish for more of it. Pure: no clock, no
 * memory of its own, no I/O. Policies wish; the arbiter grants, and says what it does not grant. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/decision.h>
#include <dockscale/core/reading.h>

#include <stdbool.h>
#include <stddef.h>

/* How much of the host may be used, 0..1 each; 1 for cpu and pressure is no limit. */
struct arbiter_limits {
	double cpu;
	double memory;
	double pressure; /* share of the time in which something waits for memory */
};

/* The host as it was read. What is unknown or unsupported refuses nothing. */
struct arbiter_host {
	struct reading cores;
	struct reading cores_used;
	struct reading memory_bytes;
	struct reading memory_used_bytes; /* what could not be had at once */
	struct reading cpu_stall; /* PSI some, share of the time */
	struct reading memory_stall;
	/* What was decided and does not show in the readings yet. */
	double reserved_bytes; /* of replicas that were granted and do not use it yet */
	double leaving_bytes; /* of replicas that are about to end */
	double reserved_cores;
	double leaving_cores;
};

/* One replica, in cores or bytes. */
struct arbiter_cost {
	struct reading limit; /* what it may use at most; unknown where it has no limit */
	struct reading used; /* what one uses on average, of those that were read */
};

/* What a service remembers of having given way, so that it does not come and go. Zero at first. */
struct arbiter_yield {
	usec_t at; /* boot clock, the last time; 0: never */
	usec_t hold; /* after that it stays below for so long */
	bool came_back; /* since then */
};

struct arbiter_service {
	int priority; /* higher goes first */
	unsigned min; /* granted whatever the host says */
	unsigned floor; /* others cannot press it below: min, or what is not ours to stop */
	unsigned count; /* as granted so far */
	unsigned wish;
	unsigned ready; /* more of them take no memory: kept warm, it is used already */
	bool spared; /* a person's count, or unreadable: nothing is taken from it */
	bool modest; /* nothing is taken from others for it */
	struct arbiter_cost cpu;
	struct arbiter_cost memory;
	double cpu_budget; /* cores for the service as a whole; 0: no budget */
	double memory_budget; /* bytes */
	struct arbiter_yield yield;

	/* What comes out. */
	unsigned granted;
	unsigned waiting; /* replicas for which others are giving way */
	unsigned pressed; /* of those kept ready: they give way */
	enum reason limit; /* REASON_HOST_CPU, _MEMORY, _PRESSURE, REASON_BUDGET,
			    * REASON_GIVES_WAY; REASON_NONE: all that it wished for */
	enum metric metric; /* of a budget */
	double value; /* what one more would come to: a share of the host, cores or bytes */
	double bound; /* the limit that it would pass */
	/* While deciding. */
	unsigned asked;
	unsigned asked_ready;
};

/* Edges have two sides, so that nothing flaps on them. Zero at first. */
struct arbiter_state {
	bool cpu_full;
	bool stalled;
	double room; /* bytes that were left at the last decision; INFINITY: not known */
};

struct arbiter_input {
	const struct arbiter_limits *limits;
	const struct arbiter_host *host;
	usec_t now; /* boot clock */
};

/* Grants counts. The rules, in this order:
 * - fewer replicas, and those up to min, are granted always;
 * - a budget is the service's own max, in cores or bytes: what a replica may use at most counts
 *   where it has a limit, else what one uses;
 * - while tasks wait for memory for longer than limits.pressure, nobody gets more;
 * - memory is a hard fit: what is used, what is promised and the replica must be within the limit;
 * - CPU is shared: another replica adds no use, it takes its part of it. Only when the host is
 *   saturated (use over the limit, and tasks wait for a processor, where that can be read) it
 *   helps nobody, and is refused;
 * - higher priority is served first; equal ones share, by turns, whoever has least of its wish;
 * - where one is short, those of lower priority give way, what they keep ready before what serves,
 *   the lowest first, down to their floor, if that is enough for another replica at all. For CPU one is granted for another at once; for
 *   memory it waits until it is free. Who gave way comes back after a while, when there is room.
 * Always: granted <= wish, and granted >= the smallest of wish, count and floor. */
void arbiter_decide(struct arbiter_state *state, const struct arbiter_input *input,
	struct arbiter_service *services, size_t n_services);
