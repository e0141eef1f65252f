/*
 * Around every policy, whoever wrote it, the same limits hold: nothing goes down unseen, min and
 * max, steps, cooldowns. They are here, once, so that no policy can forget them. Each leaves its
 * reason in the decision, and the wish stays readable beside what became of it.
 */
#include "metric.h"
#include "wish.h"

void policy_state_init(struct policy_state *state, const struct policy_settings *settings)
{
	*state = (struct policy_state){ .changed_at = USEC_NEVER };
	for (enum metric m = METRIC_NONE; m < METRIC_COUNT; m++) {
		wish_init(&state->down[m], false, settings->metric[m].stabilization_down);
		wish_init(&state->up[m], true, settings->metric[m].stabilization_up);
	}
}

static void limit_to(struct decision *decision, unsigned count, enum reason limit)
{
	decision->count = count;
	decision->limit = limit;
	decision->limit_by = 0;
}

/* Unknown is never idle. The built-in policies hold by themselves, and say better why. */
static void limit_unseen(struct decision *decision, const struct policy_settings *settings,
	const struct policy_input *input)
{
	bool any_usable = false;

	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++) {
		const struct demand *demand = &input->demand[m];

		if (!metric_counts(settings, input, m))
			continue;
		any_usable = any_usable || demand->usable_up;
		if (decision->count < input->count && !demand->usable_down)
			limit_to(decision, input->count,
				demand->usable_up ? REASON_PARTIAL : REASON_UNKNOWN);
	}
	if (decision->count != input->count && !any_usable)
		limit_to(decision, input->count, REASON_UNKNOWN);
}

static void limit_bounds(struct decision *decision, const struct policy_settings *settings)
{
	if (decision->count < settings->min) {
		limit_to(decision, settings->min, REASON_MIN);
		decision->limit_by = settings->min_by;
	}
	if (decision->count > settings->max) {
		limit_to(decision, settings->max, REASON_MAX);
		decision->limit_by = settings->max_by;
	}
}

static void limit_steps(struct decision *decision, const struct policy_settings *settings)
{
	unsigned from = decision->from;

	if (settings->max_step_up > 0 && decision->count > from &&
		decision->count - from > settings->max_step_up)
		limit_to(decision, from + settings->max_step_up, REASON_STEP_UP);
	if (settings->max_step_down > 0 && decision->count < from &&
		from - decision->count > settings->max_step_down)
		limit_to(decision, from - settings->max_step_down, REASON_STEP_DOWN);
}

/* Both cooldowns count from the last change, in whatever direction it went; only when the
 * direction turns from down to up nothing is waited for: the step down was wrong, and the
 * service is short of replicas now. */
static void limit_cooldowns(struct decision *decision, const struct policy_settings *settings,
	const struct policy_state *state, usec_t now)
{
	bool up = decision->count > decision->from;
	usec_t cooldown = up ? settings->cooldown_up : settings->cooldown_down;

	if (decision->count == decision->from || state->changed_at == USEC_NEVER ||
		now - state->changed_at >= cooldown || (up && state->changed_to < 0))
		return;
	limit_to(decision, decision->from, REASON_COOLDOWN);
}

struct decision policy_decide(const struct policy *policy, const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	struct decision decision = policy->decide(settings, state, input);

	decision.from = input->count;
	limit_unseen(&decision, settings, input);
	/* Bounds first, so that at max a cooldown does not hide that max is what holds. */
	limit_bounds(&decision, settings);
	limit_steps(&decision, settings);
	limit_cooldowns(&decision, settings, state, input->now);
	limit_bounds(&decision, settings);
	if (decision.count != decision.from) {
		state->changed_at = input->now;
		state->changed_to = decision.count > decision.from ? 1 : -1;
	}
	return decision;
}
