/*
 * Judged in hindsight. What any expert would have had ready at a moment is known without having
 * followed it: the smallest of its wishes since a start-up ago. So nothing has to be tried out, and
 * a service's own past says which forecast suits it.
 */
#include "hindsight.h"

#include <math.h>

#define MEMORY_SAMPLES (12 * 3600 / 5.0) /* half-life of a judgement: 12 h */
#define SAMPLES_FIRST  60.0 /* what the first guess weighs */
#define NEAR_ENOUGH    1.03
#define OVERLOAD_PRICE 5.0
#define COST_FIRST     0.2
#define CHANGE_SHARE   0.08
#define ROUNDING       1e-9

static double cost_of(const struct pool *pool, size_t index, size_t horizon, double wanted,
	double mean, const struct hindsight_prices *prices)
{
	unsigned supply = pool_wish(pool, index, 1);
	int change = (int)supply - (int)pool_wish(pool, index, 2);
	double ready;
	double cost;

	/* wishes of samples k-horizon-1 to k-2; the newest wish is of k-1 */
	for (size_t age = 2; age <= horizon; age++) {
		unsigned earlier = pool_wish(pool, index, age);

		supply = earlier < supply ? earlier : supply;
	}
	ready = supply;
	cost = ready >= wanted ? ready - wanted : prices->missing * (wanted - ready);
	if (mean > ready)
		cost += OVERLOAD_PRICE * (mean - ready);
	if (change > 0)
		cost += change * prices->startup;
	if (change != 0)
		cost += prices->change * fmax(1, CHANGE_SHARE * ready);
	return cost;
}

void hindsight_judge(struct pool *pool, const struct samples *samples, uint64_t age, size_t horizon,
	double target, const struct hindsight_prices *prices)
{
	double mean;
	double wanted;
	double share;

	if (samples->count <= horizon + 4)
		return;
	if (!pool->judged) {
		double first = fmax(1, samples_mean(samples, SAMPLES_MAX) / target) * COST_FIRST;

		for (size_t i = 0; i < POOL_EXPERTS; i++)
			pool->costs[i] = (float)first;
		pool->judged = true;
	}
	mean = samples_mean(samples, 3);
	wanted = fmax(1, ceil(mean / target - ROUNDING));
	share = fmax(1 - pow(0.5, 1 / MEMORY_SAMPLES),
		1 / (SAMPLES_FIRST + (double)age - (double)horizon));
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		pool->costs[i] +=
			(float)share *
			((float)cost_of(pool, i, horizon, wanted, mean, prices) - pool->costs[i]);
}

size_t hindsight_choose(struct pool *pool)
{
	size_t best = 0;

	for (size_t i = 1; i < POOL_EXPERTS; i++)
		if (pool->costs[i] < pool->costs[best])
			best = i;
	if ((double)pool->costs[pool->chosen] > NEAR_ENOUGH * (double)pool->costs[best])
		pool->chosen = best;
	return pool->chosen;
}
