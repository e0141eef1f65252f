/*
 * Bursts by the clock. People's schedules and cron's make load rise at fixed times: each half
 * minute of the hour and of the day remembers by how much its peak stood above the level before it,
 * and what comes back often enough is expected.
 */
#include "clock.h"

#include <math.h>

#define SLOT        (30 * USEC_PER_SEC)
#define LEVEL       12 /* samples of the mean that a slot is compared with */
#define WARM        24 /* samples before anything is learned or forecast */
#define OFFSET      0.3 /* replicas: small services jump by large factors */
#define SCALE       4096.0
#define UPLIFT_MOST 1.6
#define ABOVE       1.0001

static int64_t slot_of(usec_t local)
{
	return local / SLOT;
}

static double clip(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

static void slot_learn(struct clock_slot *slot, double jump, double slowest)
{
	double mean = slot->mean / SCALE;
	double deviation = slot->deviation / SCALE;
	double share;

	if (slot->count < UINT8_MAX)
		slot->count++;
	share = fmax(slowest, 1.0 / slot->count);
	deviation += share * (fabs(jump - mean) - deviation);
	mean += share * (jump - mean);
	slot->mean = (int16_t)lround(clip(mean * SCALE, INT16_MIN, INT16_MAX));
	slot->deviation = (uint16_t)lround(clip(deviation * SCALE, 0, UINT16_MAX));
}

static void close_slot(struct clock_table *clock)
{
	double jump;

	if (clock->peak <= 0)
		return;
	jump = log(((double)clock->peak + OFFSET) / ((double)clock->before + OFFSET));
	slot_learn(&clock->hour[clock->slot % CLOCK_HOUR_SLOTS], jump, 0.08);
	slot_learn(&clock->day[clock->slot % CLOCK_DAY_SLOTS], jump, 0.35);
}

void clock_push(struct clock_table *clock, const struct samples *samples, usec_t local)
{
	int64_t slot = slot_of(local);
	float level = (float)samples_mean(samples, LEVEL);

	if (!clock->begun || slot != clock->slot) {
		if (clock->begun && samples->count > WARM + 1 && slot == clock->slot + 1)
			close_slot(clock);
		clock->before = clock->begun && slot == clock->slot + 1 ? clock->next : level;
		clock->next = level;
		clock->peak = 0;
		clock->slot = slot;
		clock->begun = true;
	}
	clock->peak = (float)fmax((double)clock->peak, samples_mean(samples, 2));
}

static double hour_uplift(const struct clock_slot *slot)
{
	double mean = slot->mean / SCALE;
	double deviation = slot->deviation / SCALE;
	double uplift = mean + deviation / 2;

	if (slot->count < 5 || mean <= deviation || uplift <= 0.1)
		return 0;
	return fmin(uplift, UPLIFT_MOST);
}

static double day_uplift(const struct clock_slot *slot)
{
	double mean = slot->mean / SCALE;

	if (slot->count < 2 || mean <= 0.15 || mean <= 1.2 * slot->deviation / SCALE)
		return 0;
	return fmin(mean, UPLIFT_MOST);
}

double clock_forecast(
	const struct clock_table *clock, const struct samples *samples, usec_t local, usec_t ahead)
{
	int64_t first = slot_of(local);
	int64_t last = slot_of(local + ahead);
	double level = samples_mean(samples, LEVEL);
	double largest = 0;

	if (samples->count <= WARM + 1)
		return 0;
	for (int64_t slot = first; slot <= last; slot++) {
		double before = slot == first       ? (double)clock->before
				: slot == first + 1 ? (double)clock->next
						    : level;
		double uplift = fmax(hour_uplift(&clock->hour[slot % CLOCK_HOUR_SLOTS]),
			day_uplift(&clock->day[slot % CLOCK_DAY_SLOTS]));

		if (uplift > 0)
			largest = fmax(largest, (before + OFFSET) * exp(uplift) - OFFSET);
	}
	return largest > ABOVE * level ? largest : 0;
}
