/*
 * The classic policy: some replicas more when any metric is over its upper threshold, some fewer
 * when all are under their lower one, and quiet for a cooldown after each change. It looks at the
 * mean over the metric's window alone; there is no stabilisation besides the cooldown.
 */
#include "metric.h"

static struct objection highest(
	const struct policy_settings *settings, const struct policy_input *input)
{
	struct objection above = { REASON_NONE, METRIC_NONE };
	double excess = 0;

	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++) {
		double over = input->demand[m].load - settings->metric[m].high;

		if (!metric_counts(settings, input, m) || !input->demand[m].usable_up ||
			over <= excess)
			continue;
		excess = over;
		above = (struct objection){ REASON_ABOVE, m };
	}
	return above;
}

static enum reason objection_of(
	const struct demand *demand, const struct metric_settings *own, double load)
{
	if (!demand->usable_up)
		return REASON_UNKNOWN;
	if (load >= own->low)
		return REASON_WITHIN;
	return demand->usable_down ? REASON_NONE : REASON_PARTIAL;
}

/* The weightiest objection against going down, or REASON_BELOW with the metric that is nearest
 * to its lower threshold. */
static struct objection weigh(
	const struct policy_settings *settings, const struct policy_input *input)
{
	struct objection weightiest = { REASON_NONE, METRIC_NONE };
	struct objection below = { REASON_UNKNOWN, METRIC_NONE };
	double nearest = 0;

	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++) {
		const struct metric_settings *own = &settings->metric[m];
		double load = input->demand[m].load;
		struct objection own_objection = { objection_of(&input->demand[m], own, load), m };

		if (!metric_counts(settings, input, m))
			continue;
		if (metric_objection_outranks(own_objection, weightiest))
			weightiest = own_objection;
		if (below.metric == METRIC_NONE || load - own->low > nearest) {
			nearest = load - own->low;
			below = (struct objection){ REASON_BELOW, m };
		}
	}
	if (weightiest.reason != REASON_NONE)
		return weightiest;
	if (below.reason == REASON_BELOW && !metric_any_scales_down(settings, input))
		below.reason = REASON_WITHIN;
	return below;
}

/* The classic cooldown knows no direction: that is what its users expect of it. */
static void hold_while_cooling(const struct policy_settings *settings,
	const struct policy_state *state, const struct policy_input *input,
	struct decision *decision)
{
	if (decision->wish == input->count || state->changed_at == USEC_NEVER ||
		input->now - state->changed_at >= settings->cooldown)
		return;
	decision->count = input->count;
	decision->limit = REASON_COOLDOWN;
}

/* Learns from CPU that was read of all, and gives the settings with what was learned. */
static struct policy_settings adapt(
	const struct policy_settings *settings, const struct policy_input *input)
{
	const struct demand *demand = &input->demand[METRIC_CPU];
	struct policy_settings adapted = *settings;
	struct metric_settings *cpu = &adapted.metric[METRIC_CPU];

	if (!settings->adaptive.learn || input->adaptive == NULL)
		return adapted;
	if (demand->usable_down && demand->replicas > 0)
		adaptive_push(input->adaptive, &settings->adaptive, input->now, input->startup,
			demand->units);
	if (!adaptive_is_ready(input->adaptive))
		return adapted;
	cpu->high = adaptive_high(input->adaptive, input->ready);
	cpu->low = adaptive_low(
		&settings->adaptive, cpu->high, input->count, settings->scale_down_amount);
	return adapted;
}

static struct decision decide_by(const struct policy_settings *settings,
	const struct policy_state *state, const struct policy_input *input)
{
	struct objection because = highest(settings, input);
	struct decision decision;
	unsigned wish = input->count;

	if (because.reason == REASON_NONE)
		because = weigh(settings, input);
	if (because.reason == REASON_ABOVE)
		wish += settings->scale_up_amount;
	/* Never to 0: without a replica no demand would be seen. */
	if (because.reason == REASON_BELOW && wish > 1)
		wish = wish > settings->scale_down_amount ? wish - settings->scale_down_amount : 1;
	decision = metric_decision(input, because.metric, because.reason, wish);
	decision.threshold = because.reason == REASON_ABOVE ? settings->metric[because.metric].high
							    : settings->metric[because.metric].low;
	hold_while_cooling(settings, state, input, &decision);
	return decision;
}

static struct decision threshold_decide(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	struct policy_settings adapted = adapt(settings, input);
	struct decision decision = decide_by(&adapted, state, input);

	decision.learned = decision.metric == METRIC_CPU && settings->adaptive.learn &&
			   input->adaptive != NULL && adaptive_is_ready(input->adaptive);
	return decision;
}

const struct policy policy_threshold = { .name = "threshold", .decide = threshold_decide };
