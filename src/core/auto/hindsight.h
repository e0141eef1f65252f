/* What each expert would have cost, and who is cheapest. */
#pragma once

#include "pool.h"

struct hindsight_prices {
	double missing; /* a missing replica, in idle ones */
	double change; /* a change of the count, in idle replica-periods */
	double startup; /* periods that one is paid for before it serves */
};

/* Judges all experts by the demand that has come by now. @age: samples ever, @horizon: a start-up in
 * samples. Call it after samples_push() and before the wishes of the same sample. */
void hindsight_judge(struct pool *pool, const struct samples *samples, uint64_t age, size_t horizon,
	double target, const struct hindsight_prices *prices);

/* Puts the cheapest in charge, unless the one that is comes near enough. Gives its number. */
size_t hindsight_choose(struct pool *pool);
