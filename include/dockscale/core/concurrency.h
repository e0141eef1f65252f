/* How many requests at once a replica can use: the limit that is learnt in an overload. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/reading.h>

#include <stdbool.h>

#define CONCURRENCY_MIN 2
#define CONCURRENCY_MAX 10000

/* What is seen of all serving replicas of a service in one tick. */
struct concurrency_input {
	usec_t now; /* boot clock */
	unsigned replicas; /* that serve */
	bool fixed; /* no other replica is on its way: these have to bear it */
	struct reading utilisation; /* of what they can use, 1 = all, over the last seconds */
	struct reading sessions; /* that they have now, summed */
	struct reading queued; /* that wait in the balancer, summed */
	struct reading rate; /* sessions that ended in a second, summed */
};

/* All zero: nothing is known, nothing limited. */
struct concurrency {
	unsigned limit; /* a replica's; 0: none */
	unsigned low; /* the largest limit that left a replica room; 0: none is known */
	usec_t low_until; /* asked anew then */
	usec_t full_since; /* fixed and full, without a limit; 0: not so */
	usec_t calm_since; /* nobody waits, and there is room; 0: not so */
	usec_t moved_at; /* the limit's last change */
	unsigned before; /* the limit before a step down that is being judged; 0: none is */
	double rate_before; /* and what was answered under it */
};

/* One tick; returns true when the limit changed. */
bool concurrency_learn(struct concurrency *concurrency, const struct concurrency_input *input);

/* The replicas are others now: what was learnt does not hold for them. */
void concurrency_forget(struct concurrency *concurrency);
