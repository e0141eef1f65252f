/*
 * Around every policy, whoever wrote it, the same limits hold: nothing goes down unseen, min and
 * max, steps, cooldowns. They are here, once, so that no policy can forget them. Each leaves its
 * reason in the decision, and the wish stays readable beside what became of it.
 */
#include "metric.h"
#include "wish.h"

#include <math.h>

#define FLAPS_SPAN (3600 * USEC_PER_SEC)

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

/* Takes note of what was read, and puts the last reading where one is missing and that is wanted: it may
 * be a reason to go up, and never one to go down. Where nobody serves nothing is missing. */
static void fill_missing(const struct policy_settings *settings, struct policy_state *state,
	struct policy_input *input)
{
	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++) {
		struct demand *demand = &input->demand[m];
		struct demand *last = &state->last[m];

		if (demand->usable_up || demand->replicas == 0 ||
			!metric_counts(settings, input, m)) {
			state->missing_since[m] = 0;
			if (demand->usable_up)
				*last = *demand;
			continue;
		}
		if (state->missing_since[m] == 0)
			state->missing_since[m] = input->now;
		if (settings->metric[m].missing.what != MISSING_LAST || !last->usable_up)
			continue;
		demand->units = last->units;
		demand->load = last->units / (double)demand->replicas;
		demand->utilisation =
			last->utilisation * (double)last->replicas / (double)demand->replicas;
		demand->usable_up = demand->stale = true;
	}
}

static void limit_missing(struct decision *decision, const struct policy_settings *settings,
	const struct policy_state *state, usec_t now)
{
	for (enum metric m = METRIC_NONE + 1; m < METRIC_COUNT; m++) {
		const struct missing_rule *rule = &settings->metric[m].missing;

		if (rule->what != MISSING_COUNT || state->missing_since[m] == 0 ||
			now - state->missing_since[m] < MISSING_PATIENCE ||
			decision->count >= rule->count)
			continue;
		limit_to(decision, rule->count, REASON_MISSING);
		decision->limit_metric = m;
	}
}

/* Too little was learned before that. */
#define PREDICT_PERIODS 60

/* What auto expects, or would. */
static bool expect(const struct policy_settings *settings, const struct policy_input *input,
	const struct decision *decision, double *ret_expected)
{
	const struct demand *demand = &input->demand[METRIC_CPU];
	usec_t horizon = settings->predict.horizon;
	struct auto_verdict verdict;
	struct auto_input seen = {
		.now = input->now,
		.local = input->local,
		.usage = demand->utilisation * (double)demand->replicas,
		.capacity = (double)demand->replicas,
		.backlog = reading_is_known(input->backlog) ? input->backlog.value : -1,
		.startup = horizon,
	};

	if (!demand->usable_up || demand->stale)
		return false;
	if (decision->reason == REASON_EXPECTED)
		*ret_expected = decision->expected;
	else if (auto_push(input->self_tuning, &settings->self_tuning, &seen, &verdict) > 0)
		*ret_expected = verdict.expected;
	else
		return false;
	*ret_expected = fmax(*ret_expected, auto_burst(input->self_tuning, input->local, horizon));
	return auto_age(input->self_tuning) >= PREDICT_PERIODS;
}

static double target_of(const struct policy *policy, const struct policy_settings *settings)
{
	const struct metric_settings *cpu = &settings->metric[METRIC_CPU];

	return policy == &policy_threshold ? cpu->high : cpu->target;
}

/* A floor, never a ceiling. */
static void limit_predicted(const struct policy *policy, struct decision *decision,
	const struct policy_settings *settings, const struct policy_input *input)
{
	double expected = 0;
	unsigned count;

	if (settings->predict.mode == PREDICT_OFF || input->predictor == NULL ||
		input->self_tuning == NULL)
		return;
	if (!expect(settings, input, decision, &expected)) {
		predict_skip(input->predictor);
		return;
	}
	predict_push(input->predictor, &settings->predict, input->now,
		input->demand[METRIC_CPU].units, expected);
	count = predict_count(input->predictor, target_of(policy, settings));
	if (settings->predict.mode == PREDICT_FLOOR && decision->count < count) {
		limit_to(decision, count, REASON_PREDICTED);
		decision->limit_value = expected;
	}
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

static bool turns_down(const struct decision *decision, const struct policy_state *state)
{
	return decision->count < decision->from && state->changed_to > 0;
}

/* To go up and down in turns is what a budget is for; upwards and further down nothing is held. */
static void limit_flaps(struct decision *decision, const struct policy_settings *settings,
	const struct policy_state *state, usec_t now)
{
	const struct flaps *flaps = &state->flaps;
	unsigned budget = settings->flap_budget < FLAPS_MAX ? settings->flap_budget : FLAPS_MAX;

	/* The turn that is the budget's length back decides: those before it are older. */
	if (budget == 0 || flaps->count < budget || !turns_down(decision, state) ||
		now - flaps->at[(flaps->count - budget) % FLAPS_MAX] >= FLAPS_SPAN)
		return;
	limit_to(decision, decision->from, REASON_FLAPS);
}

struct decision policy_decide(const struct policy *policy, const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input)
{
	struct policy_input seen = *input;
	struct decision decision;

	fill_missing(settings, state, &seen);
	decision = policy->decide(settings, state, &seen);
	decision.from = input->count;
	limit_unseen(&decision, settings, &seen);
	limit_missing(&decision, settings, state, input->now);
	limit_predicted(policy, &decision, settings, &seen);
	/* Bounds first, so that at max a cooldown does not hide that max is what holds. */
	limit_bounds(&decision, settings);
	limit_steps(&decision, settings);
	limit_cooldowns(&decision, settings, state, input->now);
	limit_flaps(&decision, settings, state, input->now);
	limit_bounds(&decision, settings);
	if (turns_down(&decision, state))
		state->flaps.at[state->flaps.count++ % FLAPS_MAX] = input->now;
	if (decision.count != decision.from) {
		state->changed_at = input->now;
		state->changed_to = decision.count > decision.from ? 1 : -1;
	}
	return decision;
}
