/* All that the policy keeps of one service. */
#pragma once

#include "lean.h"
#include "parts.h"
#include "pool.h"
#include "quantile.h"

#define KEEP_HORIZONS ((size_t)3)
#define KEEP_TAUS     ((size_t)2)
#define KEEP_LONGEST  ((size_t)48)
#define FORECASTS     (POOL_STARTUP_SAMPLES_MAX + KEEP_LONGEST + 1)
#define MEMORY_MOST   ((size_t)64 * 1024)

struct auto_policy {
	struct parts parts;
	uint64_t age; /* samples ever */
	struct samples samples; /* since the last gap */
	struct samples glances[PARTS_PERIOD - 1]; /* the same, a part or more later each */
	struct volatility volatility;
	struct clock_table clock;
	struct marginal usual;
	struct features forecasts[FORECASTS]; /* ring by sample: to be compared with what came */
	struct feature_power power;
	struct pace pace; /* of the general set; its error serves the others too */
	struct pace direction_pace[DIRECTION_COUNT];
	struct quantile needs[POOL_TAUS];
	struct quantile direction_needs[DIRECTION_COUNT][POOL_TAUS];
	struct pace keep_pace[KEEP_HORIZONS];
	struct quantile keeps[KEEP_HORIZONS][KEEP_TAUS];
	struct pool pool;
	struct lean lean;
	struct auto_verdict verdict; /* the last one; count 0: none yet */
};

_Static_assert(sizeof(struct auto_policy) <= MEMORY_MOST, "a service may cost so much");
