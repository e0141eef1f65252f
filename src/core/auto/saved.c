/*
 * What was learned, as bytes for a later life: no samples, since between two lives nobody looked, but all
 * that was made of them. Bytes of another version or size, and numbers that could not have been learned,
 * are refused as a whole: it is learned anew then.
 */
#include "brain.h"

#include <dockscale/base/mem.h>

#include <math.h>
#include <string.h>

#define VERSION       1
#define WEIGHT_MOST   1e4
#define REPLICAS_MOST 1e6

struct saved {
	uint32_t version;
	uint32_t chosen;
	uint64_t age;
	uint32_t judged;
	uint32_t begun; /* the usual */
	struct volatility volatility;
	struct pace pace;
	struct pace direction_pace[DIRECTION_COUNT];
	struct pace keep_pace[KEEP_HORIZONS];
	float usual[2]; /* value and scale */
	struct feature_power power;
	struct quantile needs[POOL_TAUS];
	struct quantile direction_needs[DIRECTION_COUNT][POOL_TAUS];
	struct quantile keeps[KEEP_HORIZONS][KEEP_TAUS];
	float costs[POOL_EXPERTS];
	struct clock_slot hour[CLOCK_HOUR_SLOTS];
	struct clock_slot day[CLOCK_DAY_SLOTS];
};

_Static_assert(sizeof(struct saved) <= AUTO_SAVED_MAX, "the journal takes so much");

size_t auto_saved_size(void)
{
	return sizeof(struct saved);
}

uint64_t auto_age(const struct auto_policy *policy)
{
	return policy->age;
}

void auto_save(const struct auto_policy *policy, void *ret_bytes)
{
	struct saved *saved = ret_bytes;

	memset(saved, 0, sizeof(*saved)); /* padding too */
	saved->version = VERSION;
	saved->chosen = (uint32_t)policy->pool.chosen;
	saved->age = policy->age;
	saved->judged = policy->pool.judged;
	saved->begun = policy->usual.begun;
	saved->volatility = policy->volatility;
	saved->pace = policy->pace;
	memcpy(saved->direction_pace, policy->direction_pace, sizeof(saved->direction_pace));
	memcpy(saved->keep_pace, policy->keep_pace, sizeof(saved->keep_pace));
	saved->usual[0] = policy->usual.value;
	saved->usual[1] = policy->usual.scale;
	saved->power = policy->power;
	memcpy(saved->needs, policy->needs, sizeof(saved->needs));
	memcpy(saved->direction_needs, policy->direction_needs, sizeof(saved->direction_needs));
	memcpy(saved->keeps, policy->keeps, sizeof(saved->keeps));
	memcpy(saved->costs, policy->pool.costs, sizeof(saved->costs));
	memcpy(saved->hour, policy->clock.hour, sizeof(saved->hour));
	memcpy(saved->day, policy->clock.day, sizeof(saved->day));
}

static bool within(const float *values, size_t n, double least, double most)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]) || (double)values[i] < least || (double)values[i] > most)
			return false;
	return true;
}

static bool are_weights(const struct quantile *quantiles, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!within(quantiles[i].weights, FEATURES, -WEIGHT_MOST, WEIGHT_MOST))
			return false;
	return true;
}

static bool are_paces(const struct pace *paces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!within(&paces[i].error, 1, 0, REPLICAS_MOST))
			return false;
	return true;
}

static bool is_sound(const struct saved *saved)
{
	return saved->version == VERSION && saved->chosen < POOL_EXPERTS && saved->judged <= 1 &&
	       saved->begun <= 1 && within(&saved->volatility.fast, 1, 0, REPLICAS_MOST) &&
	       within(&saved->volatility.slow, 1, 0, REPLICAS_MOST) &&
	       within(saved->usual, 2, -REPLICAS_MOST, REPLICAS_MOST) &&
	       within(saved->power.values, FEATURES, 0, REPLICAS_MOST) &&
	       within(saved->costs, POOL_EXPERTS, 0, REPLICAS_MOST) && are_paces(&saved->pace, 1) &&
	       are_paces(saved->direction_pace, DIRECTION_COUNT) &&
	       are_paces(saved->keep_pace, KEEP_HORIZONS) && are_weights(saved->needs, POOL_TAUS) &&
	       are_weights(saved->direction_needs[0], DIRECTION_COUNT * POOL_TAUS) &&
	       are_weights(saved->keeps[0], KEEP_HORIZONS * KEEP_TAUS);
}

bool auto_restore(struct auto_policy *policy, const void *bytes, size_t size)
{
	struct saved saved;

	if (size != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	if (!is_sound(&saved))
		return false;
	auto_init(policy);
	policy->age = saved.age;
	policy->volatility = saved.volatility;
	policy->pace = saved.pace;
	memcpy(policy->direction_pace, saved.direction_pace, sizeof(saved.direction_pace));
	memcpy(policy->keep_pace, saved.keep_pace, sizeof(saved.keep_pace));
	policy->usual = (struct marginal){ saved.usual[0], saved.usual[1], saved.begun != 0 };
	policy->power = saved.power;
	memcpy(policy->needs, saved.needs, sizeof(saved.needs));
	memcpy(policy->direction_needs, saved.direction_needs, sizeof(saved.direction_needs));
	memcpy(policy->keeps, saved.keeps, sizeof(saved.keeps));
	memcpy(policy->pool.costs, saved.costs, sizeof(saved.costs));
	policy->pool.chosen = saved.chosen;
	policy->pool.judged = saved.judged != 0;
	memcpy(policy->clock.hour, saved.hour, sizeof(saved.hour));
	memcpy(policy->clock.day, saved.day, sizeof(saved.day));
	return true;
}
