/* What waits for a service, as work: from requests that are counted to replica-seconds. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/reading.h>

#include <stdbool.h>

/* What is seen of all serving replicas of a service in one tick. */
struct backlog_input {
	usec_t now; /* boot clock */
	struct reading used; /* replicas' worth of CPU */
	struct reading utilisation; /* of what they can use, 1 = all */
	struct reading rate; /* requests that ended in a second, summed */
	struct reading sessions; /* requests that replicas have now, summed */
	struct reading queued; /* requests that wait in the balancer, summed */
};

/* All zero: nothing is known. */
struct backlog {
	double used; /* means of the last half minute */
	double rate;
	double calm_rate; /* the same over times with room alone */
	double calm_sessions;
	double seconds; /* that the means are of */
	double calm_seconds;
	usec_t at; /* the push before; 0: none */
};

/* One tick. Gives the work that waits, in replica-seconds; unknown while the queue cannot be read or too
 * little was seen to tell how much work a request is.
 *
 * A request costs what the replicas use in a second by the requests that they end in a second: the
 * service demand law, D = U / X (Denning and Buzen, 1978). What waits are those in the balancer's queue.
 * Replicas at their limit have a queue inside as well: of the requests that they have, those beyond what
 * they had, at this rate, when there was room (Little's law, N = X W). Requests that stay long because
 * they do little at a time (a connection held open) are no work for at once: they count less by as
 * much as they usually stay over BACKLOG_STAY. */
#define BACKLOG_STAY (10 * USEC_PER_SEC)
struct reading backlog_push(struct backlog *backlog, const struct backlog_input *input);
