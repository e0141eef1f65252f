/*
 * The part of a decision that does not depend on the policy: which metrics have a say, what is
 * compared, and which of several reasons to hold is told.
 */
#include "metric.h"

bool metric_counts(const struct policy_settings *settings, const struct policy_input *input,
	enum metric metric)
{
	return settings->metric[metric].enabled &&
	       input->demand[metric].state != READING_UNSUPPORTED;
}

bool metric_any_scales_down(
	const struct policy_settings *settings, const struct policy_input *input)
{
	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++)
		if (metric_counts(settings, input, m) && settings->metric[m].scale_down)
			return true;
	return false;
}

bool metric_objection_outranks(struct objection objection, struct objection other)
{
	/* The first one is what an operator should hear of first: something that is wrong before
	 * something that is busy, and that before what merely takes its time. */
	static const enum reason ranks[] = { REASON_STABILIZING_UP, REASON_UNKNOWN, REASON_WITHIN,
		REASON_PARTIAL, REASON_STABILIZING, REASON_SHORT_HISTORY };

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		if (other.reason == ranks[i])
			return false;
		if (objection.reason == ranks[i])
			return true;
	}
	return false;
}

struct decision metric_decision(
	const struct policy_input *input, enum metric metric, enum reason reason, unsigned wish)
{
	return (struct decision){ .count = wish,
		.from = input->count,
		.reason = reason,
		.metric = metric,
		.value = input->demand[metric].load,
		.wish = wish };
}
