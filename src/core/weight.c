/*
 * Shares by CPU. Replicas of one service may differ: a smaller limit, an older core, a busy
 * neighbour. What a replica's utilisation costs per unit of weight tells its size; weights move
 * towards the inverse of that cost, a bounded part of the way at a time, because a window's mean
 * lags behind what it measures. It does not send weights anywhere, and keeps none: the caller's
 * are the truth.
 */
#include <dockscale/core/weight.h>

#include <math.h>

/* Utilisations that lie so near each other are left alone... */
#define WEIGHT_DEAD_BAND 0.05
/* ...and all weights become equal again when equal weights would keep them nearer than this. The
 * inner band is smaller, so that going back never leads out again. */
#define WEIGHT_EQUAL_BAND 0.03
/* Below this a service is idle, and utilisation is mostly what idling costs. */
#define WEIGHT_IDLE 0.05
/* A replica that does nothing has no cost to divide by. */
#define WEIGHT_LEAST_UTILISATION 0.01
/* Of the way to the goal in one change, and the bounds of one change. */
#define WEIGHT_GAIN        0.7
#define WEIGHT_FACTOR_DOWN 0.7
#define WEIGHT_FACTOR_UP   1.3

static bool all_known(const struct reading *utilisations, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!reading_is_known(utilisations[i]) || !isfinite(utilisations[i].value))
			return false;
	return n > 0;
}

static double weight_used(unsigned weight)
{
	return weight < WEIGHT_MIN ? WEIGHT_MIN : weight;
}

/* Utilisation that one unit of weight costs replica @i. */
static double cost(const struct reading *utilisations, const unsigned *weights, size_t i)
{
	return fmax(utilisations[i].value, WEIGHT_LEAST_UTILISATION) / weight_used(weights[i]);
}

struct spread {
	double lowest;
	double highest;
};

static void spread_add(struct spread *spread, double value)
{
	spread->lowest = fmin(spread->lowest, value);
	spread->highest = fmax(spread->highest, value);
}

/* What the replicas look like, now and under equal weights. */
struct picture {
	struct spread now;
	struct spread equal;
	double room; /* sum of 1/cost: what the whole can carry */
};

static struct picture look(const struct reading *utilisations, const unsigned *weights, size_t n)
{
	struct picture picture = { { INFINITY, 0 }, { INFINITY, 0 }, 0 };
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight_used(weights[i]);
	for (size_t i = 0; i < n; i++) {
		double own = cost(utilisations, weights, i);

		spread_add(&picture.now, utilisations[i].value);
		spread_add(&picture.equal, own * sum / (double)n);
		picture.room += 1 / own;
	}
	return picture;
}

static unsigned stepped(unsigned weight, double goal)
{
	double from = weight_used(weight);
	double to = fmin(fmax(goal, from * WEIGHT_FACTOR_DOWN), from * WEIGHT_FACTOR_UP);

	return (unsigned)lround(fmin(fmax(to, WEIGHT_MIN), WEIGHT_MAX));
}

static bool move(unsigned *weight, double goal)
{
	unsigned before = *weight;

	*weight = stepped(before, goal);
	return *weight != before;
}

bool weight_balance(struct weight_state *state, const struct reading *utilisations,
	unsigned *weights, size_t n, usec_t now, usec_t interval)
{
	struct picture picture;
	bool equal;
	bool changed = false;

	if (!all_known(utilisations, n))
		return false;
	if (state->changed_at != 0 && now - state->changed_at < interval)
		return false;
	picture = look(utilisations, weights, n);
	equal = picture.equal.highest - picture.equal.lowest <= WEIGHT_EQUAL_BAND ||
		picture.now.highest < WEIGHT_IDLE;
	if (!equal && picture.now.highest - picture.now.lowest <= WEIGHT_DEAD_BAND)
		return false;
	for (size_t i = 0; i < n; i++) {
		/* The goal's mean is the base: shares change, the sum does not. */
		double goal =
			(double)n * WEIGHT_BASE / (cost(utilisations, weights, i) * picture.room);
		double from = weight_used(weights[i]);

		goal = equal ? WEIGHT_BASE : from + WEIGHT_GAIN * (goal - from);
		changed = move(&weights[i], goal) || changed;
	}
	if (changed)
		state->changed_at = now;
	return changed;
}

#define RAMP_STEPS 10

unsigned weight_ramp(unsigned weight, usec_t age, usec_t length)
{
	unsigned part;

	if (age >= length || weight == 0)
		return weight;
	part = age > 0 ? (unsigned)((double)age / (double)length * RAMP_STEPS) : 0;
	weight = weight * (part + 1) / RAMP_STEPS;
	return weight > 0 ? weight : 1;
}
