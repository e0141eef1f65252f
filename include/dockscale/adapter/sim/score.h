/* What a way of scaling cost, and what it missed: the figures of all comparisons. */
#pragma once

#include <dockscale/adapter/sim/trace.h>

#include <stdbool.h>

/* What a second was like. */
struct score_second {
	unsigned serving;
	unsigned idle; /* paid for beside those that serve: they start, or drain */
	unsigned wanted;
	double arrived; /* replica-seconds of work */
	double lost;
	double waiting; /* at its end */
	double capacity; /* replica-seconds that could be done in it */
	bool acted; /* the count was changed */
};

/* Begins as zero. Sums while it grows; after score_finish() shares and rates. */
struct score {
	double seconds;
	double arrived;
	double idle; /* replica-seconds that were paid for and not wanted */
	double missing; /* replica-seconds */
	double wanted; /* replica-seconds */
	double paid; /* replica-seconds */
	double under; /* percent of the time with too few */
	double over; /* percent of the time with too many */
	double theta_under; /* percent of what is wanted that is missing, on average */
	double theta_over; /* percent that is too much, on average */
	double late; /* percent of what arrived */
	double lost; /* percent of what arrived */
	double actions; /* changes of the count */
	double actions_per_hour;
	double cost; /* paid, by what the oracle pays; the caller's to fill */
	double w20; /* percent: idle replica-time and 20 times the missing, by what is wanted */
};

/* Late is all that arrives in a second at whose end more waits than half a second can do (those ahead
 * of it make it wait), and what is lost. The measures are those of the SPEC research group's
 * elasticity metrics (Herbst et al., 2016). */
void score_push(struct score *score, const struct score_second *second);
/* Once, after the last second. */
void score_finish(struct score *score);

/* The count that an oracle gives when second @second is over, and so from the next one on: it knows
 * the future as far as a replica of @startup seconds needs, and keeps what was wanted in the last
 * @held seconds. It decides each five seconds: 0 says that it does not now. */
unsigned score_oracle(const struct trace *trace, size_t second, unsigned startup, size_t held);
/* Replica-seconds that the oracle without a hold pays for, of at most @most replicas. */
double score_oracle_paid(const struct trace *trace, unsigned startup, unsigned most);
