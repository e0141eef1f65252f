/*
 * What each expert would do. It goes up at once to what it needs; down to what it keeps, but only
 * once the surplus that it bore has used up its budget: a budget is a hysteresis in
 * replica-seconds, the unit that idle replicas are paid in.
 */
#include "pool.h"

#define PERIOD_SECONDS ((double)AUTO_PERIOD / USEC_PER_SEC)

const double pool_taus[POOL_TAUS] = { 0.7, 0.85, 0.93, 0.97, 0.99 };
const double pool_budgets[POOL_BUDGETS] = { 20, 60, 180 };

struct expert pool_expert(size_t index)
{
	struct expert expert;

	expert.budget = index % POOL_BUDGETS;
	index /= POOL_BUDGETS;
	expert.keep = index % POOL_KEEPS;
	index /= POOL_KEEPS;
	expert.tau = index % POOL_TAUS;
	expert.set = index / POOL_TAUS;
	return expert;
}

size_t pool_index(struct expert expert)
{
	return ((expert.set * POOL_TAUS + expert.tau) * POOL_KEEPS + expert.keep) * POOL_BUDGETS +
	       expert.budget;
}

void pool_init(struct pool *pool)
{
	*pool = (struct pool){ 0 };
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		pool->wishes[POOL_WISHES - 1][i] = 1;
}

unsigned pool_wish(const struct pool *pool, size_t index, size_t age)
{
	return pool->wishes[(pool->count + 2 * POOL_WISHES - 1 - age) % POOL_WISHES][index];
}

static unsigned wish(struct pool *pool, size_t index, unsigned before, unsigned need, unsigned keep,
	double budget)
{
	float *spent = &pool->spent[index];
	unsigned least = need > keep ? need : keep;

	if (need >= before) {
		*spent = 0;
		return need;
	}
	if (before <= least) {
		*spent = 0;
		return before;
	}
	*spent += (float)(PERIOD_SECONDS * (before - least));
	if ((double)*spent < budget)
		return before;
	*spent = 0;
	return least;
}

void pool_wish_all(struct pool *pool, const struct pool_bids *bids)
{
	uint16_t *now = pool->wishes[pool->count % POOL_WISHES];
	const uint16_t *before = pool->wishes[(pool->count + POOL_WISHES - 1) % POOL_WISHES];
	size_t index = 0;

	for (size_t set = 0; set < POOL_SETS; set++)
		for (size_t tau = 0; tau < POOL_TAUS; tau++)
			for (size_t keep = 0; keep < POOL_KEEPS; keep++)
				for (size_t budget = 0; budget < POOL_BUDGETS; budget++, index++)
					now[index] = (uint16_t)wish(pool, index, before[index],
						bids->needs[set][tau], bids->keeps[keep],
						pool_budgets[budget]);
	pool->count++;
}

void pool_raise_all(struct pool *pool, const struct pool_bids *bids)
{
	uint16_t *now = pool->wishes[(pool->count + POOL_WISHES - 1) % POOL_WISHES];
	size_t index = 0;

	for (size_t set = 0; set < POOL_SETS; set++)
		for (size_t tau = 0; tau < POOL_TAUS; tau++)
			for (size_t i = 0; i < POOL_KEEPS * POOL_BUDGETS; i++, index++)
				if (bids->needs[set][tau] > now[index]) {
					now[index] = (uint16_t)bids->needs[set][tau];
					pool->spent[index] = 0;
				}
}
