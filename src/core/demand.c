/*
 * From the replicas' own readings to one number for the service. Two things spoil a plain sum: a
 * replica at its limit cannot show how much more it was asked for, and a replica that was not read
 * is not idle. The first is corrected by a gain, the second by the mean of those that were read,
 * with the state saying how far the result may be trusted. What to do with it is the policies'.
 */
#include <dockscale/core/demand.h>

#include <math.h>

struct tally {
	size_t n_fresh;
	size_t n_read;
	size_t n_unsupported;
	double used; /* as read */
	double wanted; /* with the gain of saturated replicas */
	bool saturated;
};

static bool usable(struct reading reading)
{
	return reading_is_known(reading) && isfinite(reading.value) && reading.value >= 0;
}

static void tally_add(struct tally *tally, const struct demand_input *input, bool censored)
{
	if (input->fresh) {
		tally->n_fresh++;
		return;
	}
	if (input->mean.state == READING_UNSUPPORTED)
		tally->n_unsupported++;
	if (censored && usable(input->latest) && input->latest.value > DEMAND_SATURATION) {
		tally->saturated = true;
		tally->used += input->latest.value;
		tally->wanted += input->latest.value * DEMAND_SATURATION_GAIN;
		tally->n_read++;
	} else if (usable(input->mean)) {
		tally->used += input->mean.value;
		tally->wanted += input->mean.value;
		tally->n_read++;
	}
}

struct demand demand_sum(const struct demand_input *inputs, size_t n, bool censored)
{
	struct demand demand = { .state = READING_UNKNOWN };
	struct tally tally = { 0 };

	for (size_t i = 0; i < n; i++)
		tally_add(&tally, &inputs[i], censored);
	n -= tally.n_fresh;
	demand.replicas = n;
	if (n > 0 && tally.n_unsupported == n && tally.n_read == 0) {
		demand.state = READING_UNSUPPORTED;
		return demand;
	}
	/* Fewer than half would be guessed from: no number at all is safer than that one. */
	if (tally.n_read == 0 || tally.n_read * 2 < n)
		return demand;
	demand.load = tally.wanted / (double)tally.n_read;
	demand.units = demand.load * (double)n;
	demand.utilisation = tally.used / (double)tally.n_read;
	demand.saturated = tally.saturated;
	demand.usable_up = true;
	demand.usable_down = tally.n_read == n && tally.n_fresh == 0;
	if (tally.n_read == n)
		demand.state = READING_KNOWN;
	return demand;
}
