/*
 * The self-tuning policy as a whole. Once a period one sample of demand goes in: all that is learned
 * learns from it, every expert wishes, and the one in charge is heard. In between, once a part, the
 * same features are made of the last period as it is by then, and who needs more wishes for more at
 * once; nothing is learned from that, and nothing goes down.
 */
#include "brain.h"
#include "hindsight.h"

#include <dockscale/base/mem.h>

#include <math.h>

#define SATURATED       0.95
#define SATURATION_GAIN 1.5
#define SATURATION_SURE 1.05 /* a full service wants more than it gets, if little */
#define BACKLOG_LEAST   0.05 /* replica-seconds: less is no queue */
#define BACKLOG_SECONDS 10.0 /* that what waits is to be worked off in */
#define GROWTH_SHARE    0.7 /* of what came beyond what was served, that comes again */
#define ROUNDING        1e-9
#define LEAN_SAMPLES    12 /* in which no forecast has learned enough: the lean policy decides */
#define FIRST_SAMPLES   60 /* in which the experts are not known well enough */
#define AHEAD_SAMPLES   2 /* beyond a start-up: a decision takes a moment too */
#define LEARN_SAMPLES   3 /* and so many more before anything is learned */

/* The noise of a period's mean: of requests that come by chance, and of reading. */
#define NOISE_PER_REPLICA 500.0
#define NOISE_READING     0.01
#define DEMAND_LEAST      0.1

static const size_t keep_samples[KEEP_HORIZONS] = { 6, 12, KEEP_LONGEST };
static const double keep_taus[KEEP_TAUS] = { 0.25, 0.5 };

/* Until the first ones are judged: a wary one that is in no hurry to go down. */
static const struct expert first_expert = { .set = 0, .tau = 1, .keep = 4, .budget = 2 };

/* One look at a period: what it showed, and what follows. */
struct look {
	const struct auto_settings *settings;
	size_t horizon; /* a start-up in samples */
	usec_t local;
	usec_t startup;
	double demand;
	bool saturated;
	struct features now;
	double burst; /* by the clock */
	struct pool_bids bids;
};

struct auto_settings auto_settings_of(bool calm, enum caution caution)
{
	static const double prices[] = {
		[CAUTION_NORMAL] = 20, [CAUTION_CAREFUL] = 60, [CAUTION_WARY] = 800
	};

	return (struct auto_settings){
		.caution = prices[caution],
		.change_price = calm ? 44 : 4.5,
		.glance = calm ? 12 : 5,
	};
}

size_t auto_size(void)
{
	return sizeof(struct auto_policy);
}

void auto_init(struct auto_policy *policy)
{
	*policy = (struct auto_policy){ .age = 0 };
	feature_power_init(&policy->power);
	pool_init(&policy->pool);
}

static size_t horizon_of(usec_t startup)
{
	size_t horizon = (size_t)((startup + AUTO_PERIOD - 1) / AUTO_PERIOD) + 1;

	return horizon < POOL_STARTUP_SAMPLES_MAX ? horizon : POOL_STARTUP_SAMPLES_MAX;
}

/* What was wanted: a service that is full shows only a part of it. What waits in a queue tells the
 * rest, and where no queue is seen it is guessed. */
static double demand_of(const struct part *period, bool saturated)
{
	double least = saturated ? SATURATION_SURE * period->usage : 0;

	if (period->backlog > BACKLOG_LEAST)
		return fmax(least, period->usage + GROWTH_SHARE * fmax(period->growth, 0) +
					   period->backlog / BACKLOG_SECONDS);
	return saturated ? SATURATION_GAIN * period->usage : period->usage;
}

static bool is_full(const struct part *part)
{
	return part->usage > SATURATED * part->capacity;
}

static struct look look_at(const struct auto_policy *policy, const struct auto_settings *settings,
	const struct auto_input *input)
{
	struct part period = parts_period(&policy->parts);
	bool saturated = is_full(&period);

	return (struct look){
		.settings = settings,
		.horizon = horizon_of(input->startup),
		.local = input->local,
		.startup = input->startup,
		.demand = demand_of(&period, saturated),
		.saturated = saturated,
	};
}

static const struct features *forecast_of(const struct auto_policy *policy, size_t age)
{
	if (policy->samples.count <= age)
		return NULL;
	return &policy->forecasts[(policy->samples.count - 1 - age) % FORECASTS];
}

/* The largest of what came since @then, in its own units. */
static double outcome_of(
	const struct auto_policy *policy, const struct features *then, size_t since)
{
	return (samples_max(&policy->samples, since) - (double)then->level) / (double)then->scale;
}

static void learn_needs(struct auto_policy *policy, size_t horizon)
{
	const struct features *then = forecast_of(policy, horizon);
	struct quantile *own;
	double outcome;
	double step;
	double own_step;

	feature_power_push(&policy->power, then);
	if (policy->samples.count <= horizon + LEARN_SAMPLES)
		return;
	outcome = outcome_of(policy, then, horizon);
	own = policy->direction_needs[then->direction];
	pace_see(&policy->pace, outcome);
	step = pace_step(&policy->pace, (double)policy->pace.error);
	own_step = pace_step(&policy->direction_pace[then->direction], (double)policy->pace.error);
	for (size_t i = 0; i < POOL_TAUS; i++) {
		quantile_learn(
			&policy->needs[i], then, &policy->power, pool_taus[i], outcome, step);
		quantile_learn(&own[i], then, &policy->power, pool_taus[i], outcome, own_step);
	}
}

static void learn_keeps(struct auto_policy *policy, size_t horizon)
{
	for (size_t i = 0; i < KEEP_HORIZONS; i++) {
		size_t due = horizon + keep_samples[i];
		const struct features *then = forecast_of(policy, due);
		double outcome;
		double step;

		if (policy->samples.count <= due + LEARN_SAMPLES)
			continue;
		outcome = outcome_of(policy, then, due);
		pace_see(&policy->keep_pace[i], outcome);
		step = pace_step(&policy->keep_pace[i], (double)policy->keep_pace[i].error);
		for (size_t k = 0; k < KEEP_TAUS; k++)
			quantile_learn(&policy->keeps[i][k], then, &policy->power, keep_taus[k],
				outcome, step);
	}
}

static unsigned count_for(double demand, const struct auto_settings *settings)
{
	double count = ceil(demand / settings->target - ROUNDING);

	if (count < settings->min)
		return settings->min;
	return count > settings->max ? settings->max : (unsigned)count;
}

static double expected(const struct features *now, const struct quantile *quantile)
{
	return (double)now->level + (double)now->scale * quantile_predict(quantile, now);
}

static double need_of(
	const struct auto_policy *policy, const struct look *look, size_t set, size_t tau)
{
	const struct quantile *quantile =
		set == 0 ? &policy->needs[tau] : &policy->direction_needs[look->now.direction][tau];

	return fmax(look->saturated ? look->demand : 0, expected(&look->now, quantile));
}

static double keep_of(const struct auto_policy *policy, const struct look *look, size_t keep)
{
	if (keep == POOL_KEEPS - 1)
		return (double)policy->usual.value;
	return expected(&look->now, &policy->keeps[keep / KEEP_TAUS][keep % KEEP_TAUS]);
}

static void make_bids(
	const struct auto_policy *policy, const struct samples *samples, struct look *look)
{
	look->burst = clock_forecast(&policy->clock, samples, look->local,
		(usec_t)(look->horizon + AHEAD_SAMPLES) * AUTO_PERIOD);
	features_make(samples, &policy->volatility, look->horizon, look->saturated, look->burst,
		&look->now);
	for (size_t set = 0; set < POOL_SETS; set++)
		for (size_t tau = 0; tau < POOL_TAUS; tau++)
			look->bids.needs[set][tau] =
				count_for(need_of(policy, look, set, tau), look->settings);
	for (size_t keep = 0; keep < POOL_KEEPS; keep++)
		look->bids.keeps[keep] = count_for(keep_of(policy, look, keep), look->settings);
}

static struct auto_verdict say_lean(
	const struct auto_policy *policy, const struct samples *samples, const struct look *look)
{
	double expected = lean_expected(&policy->lean, samples, &look->now, look->burst);

	if (look->saturated)
		expected = fmax(expected, look->demand);
	return (struct auto_verdict){
		.count = count_for(expected, look->settings),
		.lean = true,
		.demand = look->demand,
		.expected = expected,
		.sureness = LEAN_SURENESS,
		.kept = samples_max(samples, LEAN_SECONDS / (size_t)(AUTO_PERIOD / USEC_PER_SEC)),
		.kept_seconds = LEAN_SECONDS,
	};
}

static size_t in_charge(const struct auto_policy *policy)
{
	return policy->age > FIRST_SAMPLES ? policy->pool.chosen : pool_index(first_expert);
}

/* The wish of an expert. A budget lets stay what is there; it is no reason to go up where another expert,
 * which has gone down by now, was in charge before. */
static unsigned wish_of(const struct auto_policy *policy, const struct look *look, size_t index)
{
	struct expert expert = pool_expert(index);
	unsigned wish = pool_wish(&policy->pool, index, 0);
	unsigned need = look->bids.needs[expert.set][expert.tau];
	unsigned keep = look->bids.keeps[expert.keep];
	unsigned least = need > keep ? need : keep;
	unsigned before = policy->verdict.count;

	if (before == 0 || wish <= before || wish <= least)
		return wish;
	return before > least ? before : least;
}

/* @samples: up to the look. */
static struct auto_verdict say(
	const struct auto_policy *policy, const struct samples *samples, const struct look *look)
{
	size_t index = in_charge(policy);
	struct expert expert = pool_expert(index);
	struct auto_verdict verdict = {
		.count = wish_of(policy, look, index),
		.demand = look->demand,
		.expected = need_of(policy, look, expert.set, expert.tau),
		.sureness = pool_taus[expert.tau],
		.by_direction = expert.set != 0,
		.kept = keep_of(policy, look, expert.keep),
		.budget = pool_budgets[expert.budget],
	};

	if (look->settings->lean || policy->age <= LEAN_SAMPLES)
		return say_lean(policy, samples, look);
	if (expert.keep < POOL_KEEPS - 1)
		verdict.kept_seconds =
			(unsigned)((look->horizon + keep_samples[expert.keep / KEEP_TAUS]) *
				   (size_t)(AUTO_PERIOD / USEC_PER_SEC));
	return verdict;
}

static void learn(struct auto_policy *policy, struct look *look)
{
	const struct hindsight_prices prices = {
		.missing = look->settings->caution,
		.change = look->settings->change_price,
		.startup = (double)look->startup / (double)AUTO_PERIOD,
	};

	policy->age++;
	samples_push(&policy->samples, look->demand);
	hindsight_judge(&policy->pool, &policy->samples, policy->age, look->horizon,
		look->settings->target, &prices);
	marginal_push(&policy->usual, look->demand);
	volatility_push(&policy->volatility, &policy->samples, look->horizon);
	learn_needs(policy, look->horizon);
	learn_keeps(policy, look->horizon);
	clock_push(&policy->clock, &policy->samples, look->local);
	make_bids(policy, &policy->samples, look);
	policy->forecasts[(policy->samples.count - 1) % FORECASTS] = look->now;
	lean_push(&policy->lean, &policy->samples, &look->now, look->horizon);
	pool_wish_all(&policy->pool, &look->bids);
	if (policy->age > FIRST_SAMPLES)
		(void)hindsight_choose(&policy->pool);
	policy->verdict = say(policy, &policy->samples, look);
}

/* Is it more than chance that it rises? A full service need not be sure. */
static bool rises(const struct auto_policy *policy, const struct look *look)
{
	double demand = fmax(look->demand, DEMAND_LEAST);
	double reading = NOISE_READING * demand;
	double noise = sqrt(demand / NOISE_PER_REPLICA + reading * reading);

	return look->saturated ||
	       look->demand - samples_at(&policy->samples, 0) > look->settings->glance * noise;
}

static void glance(struct auto_policy *policy, struct look *look)
{
	struct samples *samples = &policy->glances[policy->parts.count % PARTS_PERIOD - 1];
	struct part newest = parts_newest(&policy->parts);
	struct auto_verdict verdict;

	if (is_full(&newest)) { /* for a whole part: the mean of the period need not be waited for */
		look->saturated = true;
		look->demand = fmax(look->demand, demand_of(&newest, true));
	}
	samples_push(samples, look->demand);
	if (policy->samples.count == 0 || !rises(policy, look))
		return;
	make_bids(policy, samples, look);
	pool_raise_all(&policy->pool, &look->bids);
	verdict = say(policy, samples, look);
	if (verdict.count >= policy->verdict.count)
		policy->verdict = verdict;
}

/* What was before is compared with nothing that comes after. */
static void forget_past(struct auto_policy *policy)
{
	policy->samples = (struct samples){ 0 };
	for (size_t i = 0; i < countof(policy->glances); i++)
		policy->glances[i] = (struct samples){ 0 };
	policy->clock.begun = false;
	lean_forget_past(&policy->lean);
}

int auto_push(struct auto_policy *policy, const struct auto_settings *settings,
	const struct auto_input *input, struct auto_verdict *ret_verdict)
{
	if (parts_begin(&policy->parts, input))
		forget_past(policy);
	while (parts_next(&policy->parts, input)) {
		struct look look;

		if (!parts_fill_period(&policy->parts))
			continue;
		look = look_at(policy, settings, input);
		if (parts_end_period(&policy->parts))
			learn(policy, &look);
		else
			glance(policy, &look);
	}
	if (policy->samples.count == 0)
		return 0;
	*ret_verdict = policy->verdict;
	return 1;
}

double auto_burst(const struct auto_policy *policy, usec_t local, usec_t ahead)
{
	return clock_forecast(&policy->clock, &policy->samples, local, ahead);
}
