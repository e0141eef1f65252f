/* The experts: each a way to turn the forecasts into a count. All of them wish at every sample,
 * whoever decides, so that each can be judged by what it would have done. */
#pragma once

#include "samples.h"

#define POOL_SETS                                                                                  \
	((size_t)2) /* forecast learned from all, or from this direction of the load alone */
#define POOL_TAUS    ((size_t)5) /* how sure to meet what comes within a start-up */
#define POOL_KEEPS   ((size_t)7) /* how far down it goes: what is expected later, or usual */
#define POOL_BUDGETS ((size_t)3) /* how much surplus it bears before it goes down */
#define POOL_EXPERTS (POOL_SETS * POOL_TAUS * POOL_KEEPS * POOL_BUDGETS)

#define POOL_STARTUP_SAMPLES_MAX ((size_t)13) /* a minute, and one */
#define POOL_WISHES              (POOL_STARTUP_SAMPLES_MAX + 3)

/* What the forecasts come to, as counts. */
struct pool_bids {
	unsigned needs[POOL_SETS][POOL_TAUS];
	unsigned keeps[POOL_KEEPS];
};

struct pool {
	uint16_t wishes[POOL_WISHES][POOL_EXPERTS]; /* ring by sample */
	float spent[POOL_EXPERTS]; /* surplus borne, in replica-seconds */
	float costs[POOL_EXPERTS]; /* a period, lately */
	uint64_t count; /* samples that all have wished at */
	size_t chosen;
	bool judged; /* costs are more than a first guess */
};

/* An expert by its number. */
struct expert {
	size_t set;
	size_t tau;
	size_t keep;
	size_t budget;
};

extern const double pool_taus[POOL_TAUS];
extern const double pool_budgets[POOL_BUDGETS];

struct expert pool_expert(size_t index);
size_t pool_index(struct expert expert);

void pool_init(struct pool *pool);

/* The wish of expert @index at the sample @age back. */
unsigned pool_wish(const struct pool *pool, size_t index, size_t age);

/* All experts wish. */
void pool_wish_all(struct pool *pool, const struct pool_bids *bids);

/* Between samples: those that need more by now wish for more at once. */
void pool_raise_all(struct pool *pool, const struct pool_bids *bids);
