/*
 * Target tracking on demand: as many replicas as keep each of them at the target. The wish of a
 * moment is absolute (demand in replica units over the target), so that replicas which still
 * start are not asked for twice; it is steadied by the stabilisation windows of wish.c. Knows
 * nothing of min, max, steps and cooldowns: policy.c does.
 */
#include "metric.h"
#include "wish.h"

#include <math.h>

/* A wish larger than any fleet: keeps nonsense from outside within an unsigned. */
#define WISH_MOST 1000000.0

/* Demand that is a whole number of replicas but for rounding asks for no more than that. */
#define WISH_ROUNDING 1e-9

/* What one metric asks for. */
struct opinion {
	unsigned wish; /* of this moment */
	unsigned up; /* smallest of its window upwards */
	unsigned down; /* largest of its window downwards */
	struct objection objection; /* against going down */
};

static unsigned wish_of_moment(const struct demand *demand, double target, double tolerance)
{
	double wished = ceil(demand->units / target - WISH_ROUNDING);
	unsigned wish = 1; /* without a replica no demand would be seen: 0 is not for readings */

	/* A replica at its limit among busy ones needs another, whatever rounding and tolerance
	 * say. Among idle ones it is stuck or badly balanced: then every new replica would
	 * leave it as it is and ask for the next, up to max. */
	if (demand->saturated && demand->utilisation > target)
		wished = fmax(wished, (double)demand->replicas + 1);
	else if (fabs(demand->load / target - 1) <= tolerance)
		wished = (double)demand->replicas;
	if (wished > 1)
		wish = (unsigned)fmin(wished, WISH_MOST);
	return wish;
}

/* Why @metric does not let the count go down, or REASON_NONE. */
static enum reason objection_of(const struct opinion *opinion, const struct policy_input *input,
	const struct demand *demand, bool filled)
{
	if (!demand->usable_up)
		return REASON_UNKNOWN;
	if (opinion->wish > input->count)
		return REASON_STABILIZING_UP;
	if (opinion->wish == input->count)
		return REASON_WITHIN;
	if (!demand->usable_down)
		return REASON_PARTIAL;
	if (opinion->down >= input->count)
		return REASON_STABILIZING;
	return filled ? REASON_NONE : REASON_SHORT_HISTORY;
}

static struct opinion form_opinion(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input, enum metric metric)
{
	const struct metric_settings *own = &settings->metric[metric];
	const struct demand *demand = &input->demand[metric];
	struct wish_window *up = &state->up[metric];
	struct wish_window *down = &state->down[metric];
	struct opinion opinion = { 0 };

	wish_set_length(up, own->stabilization_up, input->now);
	wish_set_length(down, own->stabilization_down, input->now);
	if (demand->usable_up) {
		opinion.wish = wish_of_moment(demand, own->target, settings->tolerance);
		wish_push(up, input->now, opinion.wish, true);
		wish_push(down, input->now, opinion.wish, demand->usable_down);
		opinion.up = wish_limit(up, input->now);
		opinion.down = wish_limit(down, input->now);
	} else {
		wish_skip(up);
		wish_skip(down);
	}
	opinion.objection.metric = metric;
	opinion.objection.reason =
		objection_of(&opinion, input, demand, wish_filled(down, input->now));
	return opinion;
}

/* What all opinions come to. */
struct verdict {
	struct opinion up; /* the one that wants most upwards */
	enum metric up_metric;
	struct opinion down; /* the one that wants most downwards: all others agree to less */
	enum metric down_metric;
	struct objection objection; /* the weightiest */
};

static void verdict_add(struct verdict *verdict, struct opinion opinion, enum metric metric)
{
	if (verdict->up_metric == METRIC_NONE || opinion.up > verdict->up.up) {
		verdict->up = opinion;
		verdict->up_metric = metric;
	}
	if (verdict->down_metric == METRIC_NONE || opinion.down > verdict->down.down) {
		verdict->down = opinion;
		verdict->down_metric = metric;
	}
	if (metric_objection_outranks(opinion.objection, verdict->objection))
		verdict->objection = opinion.objection;
}

static struct decision target_decision(const struct policy_settings *settings,
	const struct policy_input *input, struct objection because, unsigned wish)
{
	struct decision decision = metric_decision(input, because.metric, because.reason, wish);

	decision.threshold = settings->metric[because.metric].target;
	decision.units = input->demand[because.metric].units;
	return decision;
}

static struct decision target_decide(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	struct verdict verdict = { 0 };
	struct objection because;

	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++)
		if (metric_counts(settings, input, m))
			verdict_add(&verdict, form_opinion(settings, state, input, m), m);
	if (verdict.up_metric == METRIC_NONE) {
		because = (struct objection){ REASON_UNKNOWN, METRIC_NONE };
		return target_decision(settings, input, because, input->count);
	}
	if (verdict.up.up > input->count) {
		because = (struct objection){ REASON_ABOVE, verdict.up_metric };
		return target_decision(settings, input, because, verdict.up.up);
	}
	if (verdict.objection.reason != REASON_NONE)
		return target_decision(settings, input, verdict.objection, input->count);
	if (!metric_any_scales_down(settings, input)) {
		because = (struct objection){ REASON_WITHIN, verdict.down_metric };
		return target_decision(settings, input, because, input->count);
	}
	because = (struct objection){ REASON_BELOW, verdict.down_metric };
	return target_decision(settings, input, because, verdict.down.down);
}

const struct policy policy_target = { .name = "target", .decide = target_decide };
