/*
 * Learned thresholds. A moment's demand is compared with the largest one that came within a start-up
 * after it; a high quantile of that growth is learned online, by steps along the subgradient of the
 * pinball loss (Koenker and Bassett, 1978) that become smaller as more is known. The upper threshold is
 * then the utilisation from which such a growth would just fill the replicas there are; the lower one
 * follows from it, by what would be left after a step down.
 */
#include <dockscale/core/adaptive.h>

#include <dockscale/core/demand.h>

#include <math.h>

/* Replicas: a service that does next to nothing grows by large factors, and needs nothing for it. */
#define OFFSET 0.3

#define LEARNED_LEAST 100
#define LEARNED_MOST  1000 /* then a step is as small as it gets */
#define SIZE_SHARE    0.01
#define SIZE_LEAST    0.01 /* one percent of growth is noise */

/* Within these a threshold is of use, whatever was learned. */
#define HIGH_LEAST 0.2
#define HIGH_MOST  DEMAND_SATURATION /* beyond it demand is not seen */

static void learn(struct adaptive *adaptive, double sureness, double growth)
{
	double count;
	double step;

	if (adaptive->learned < LEARNED_MOST)
		adaptive->learned++;
	count = adaptive->learned;
	adaptive->size += fmax(SIZE_SHARE, 1 / count) * (growth - adaptive->size);
	/* Steps go with what is known, so that growth which was once is forgotten as fast as it came. */
	step = fmax(fmax(adaptive->size, adaptive->growth), SIZE_LEAST) / sqrt(count);
	adaptive->growth += step * (growth > adaptive->growth ? sureness : sureness - 1);
	adaptive->growth = fmax(adaptive->growth, 0);
}

void adaptive_push(struct adaptive *adaptive, const struct adaptive_settings *settings, usec_t now,
	usec_t startup, double demand)
{
	struct lookout *lookout = &adaptive->lookout;
	struct lookout_moment due;

	lookout_see(lookout, now, demand);
	while (lookout_take(lookout, now, startup, &due))
		learn(adaptive, settings->sureness,
			log((due.peak + OFFSET) / (due.value + OFFSET)));
	if (lookout_wants(lookout, now, startup))
		lookout_add(lookout, now, demand, demand);
}

bool adaptive_is_ready(const struct adaptive *adaptive)
{
	return adaptive->learned >= LEARNED_LEAST;
}

double adaptive_growth(const struct adaptive *adaptive)
{
	return exp(adaptive->growth);
}

double adaptive_high(const struct adaptive *adaptive, unsigned count)
{
	double most = count > 0 ? count : 1;
	double demand = (DEMAND_SATURATION * most + OFFSET) / adaptive_growth(adaptive) - OFFSET;

	return fmin(fmax(demand / most, HIGH_LEAST), HIGH_MOST);
}

double adaptive_low(
	const struct adaptive_settings *settings, double high, unsigned count, unsigned step)
{
	double left = count > step ? count - step : 0;

	return count > 0 ? fmax(high - settings->margin, 0) * left / count : 0;
}
