/*
 * The self-tuning policy (auto/) behind the table of policies. It decides by CPU; memory, where it has
 * a target, is judged as the target policy does, and has the last word where it wants more: as ever the
 * larger counts upwards, and downwards all must agree.
 */
#include "metric.h"
#include "wish.h"

#include <math.h>

#define ROUNDING 1e-9

/* Too little was seen to learn from. A service that is full need not wait for that. */
static struct decision at_first(
	const struct policy_settings *settings, const struct policy_input *input)
{
	const struct demand *demand = &input->demand[METRIC_CPU];
	double target = settings->self_tuning.target;
	double wanted = fmin(ceil(demand->units / target - ROUNDING), settings->self_tuning.max);
	struct decision decision;

	if (!demand->saturated || demand->utilisation <= target || wanted <= input->count)
		return metric_decision(input, METRIC_CPU, REASON_LEARNING, input->count);
	decision = metric_decision(input, METRIC_CPU, REASON_ABOVE, (unsigned)wanted);
	decision.threshold = target;
	decision.units = demand->units;
	return decision;
}

static struct decision by_cpu(
	const struct policy_settings *settings, const struct policy_input *input)
{
	const struct demand *demand = &input->demand[METRIC_CPU];
	struct auto_input seen = {
		.now = input->now,
		.local = input->local,
		.usage = demand->utilisation * (double)demand->replicas,
		.capacity = (double)demand->replicas,
		.backlog = reading_is_known(input->backlog) ? input->backlog.value : -1,
		.startup = input->startup,
	};
	struct auto_verdict verdict;
	struct decision decision;

	if (!demand->usable_up || demand->stale)
		return metric_decision(input, METRIC_CPU, REASON_UNKNOWN, input->count);
	if (auto_push(input->self_tuning, &settings->self_tuning, &seen, &verdict) == 0)
		return at_first(settings, input);
	decision = metric_decision(input, METRIC_CPU, REASON_EXPECTED, verdict.count);
	decision.threshold = settings->self_tuning.target;
	decision.units = verdict.demand;
	decision.expected = verdict.expected;
	decision.sureness = verdict.sureness;
	decision.kept = verdict.kept;
	decision.kept_seconds = verdict.kept_seconds;
	decision.budget = verdict.budget;
	decision.lean = verdict.lean;
	return decision;
}

/* Its wish is absolute: without this the tick after a person's word, or after the daemon's start, would
 * take away what was there. So the window that steadies the target policy has to be full once. */
static struct decision not_down_at_once(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input, struct decision decision)
{
	struct wish_window *window = &state->down[METRIC_CPU];

	wish_set_length(window, settings->metric[METRIC_CPU].stabilization_down, input->now);
	if (!input->demand[METRIC_CPU].usable_up) {
		wish_skip(window);
		return decision;
	}
	wish_push(window, input->now, decision.count, input->demand[METRIC_CPU].usable_down);
	if (decision.count >= input->count || state->settled)
		return decision;
	if (wish_filled(window, input->now)) {
		state->settled = true;
		return decision;
	}
	decision.count = input->count;
	decision.reason = REASON_SHORT_HISTORY;
	return decision;
}

static struct decision auto_decide(const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	struct decision decision =
		not_down_at_once(settings, state, input, by_cpu(settings, input));
	struct policy_settings others = *settings;
	struct decision other;

	if (!metric_counts(settings, input, METRIC_MEMORY))
		return decision;
	others.metric[METRIC_CPU].enabled = false;
	other = policy_target.decide(&others, state, input);
	return other.count > decision.count ? other : decision;
}

const struct policy policy_auto = { .name = "auto", .decide = auto_decide };
