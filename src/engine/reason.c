/*
 * A decision in words. The core decides with numbers and an enum; here they become the sentence
 * that `explain`, the log and the history show. One row a reason, so that none is forgotten.
 */
#include "fleet.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const metric_names[METRIC_COUNT] = {
	[METRIC_NONE] = "nothing",
	[METRIC_CPU] = "cpu",
	[METRIC_MEMORY] = "memory",
};

/* How the reason reads. With @compare the metric, its value and its bound stand before it. */
static const struct {
	bool compare;
	const char *text;
} sentences[REASON_COUNT] = {
	[REASON_NONE] = { false, "no decision yet" },
	[REASON_WITHIN] = { true, "is within its bounds" },
	[REASON_ABOVE] = { true, "is above" },
	[REASON_BELOW] = { true, "is below" },
	[REASON_STABILIZING] = { true, "is below, but was higher within the stabilisation window" },
	[REASON_STABILIZING_UP] = { true, "is above, but not yet for the stabilisation window" },
	[REASON_COOLDOWN] = { true, "waits for the cooldown to end" },
	[REASON_UNKNOWN] = { false, "no usable reading: the count is held" },
	[REASON_PARTIAL] = { true, "is below, but some replicas have no reading" },
	[REASON_SHORT_HISTORY] = { true, "is below, but the stabilisation window is not full yet" },
	[REASON_MIN] = { false, "held at min" },
	[REASON_MAX] = { false, "held at max" },
	[REASON_STEP_UP] = { false, "limited by max_step_up" },
	[REASON_STEP_DOWN] = { false, "limited by max_step_down" },
	[REASON_MANUAL] = { false, "set by hand" },
	[REASON_HAND] = { false, "follows what was started or stopped by hand" },
	[REASON_PAUSED] = { false, "paused by hand" },
	[REASON_RELEASED] = { false, "released by hand: hands off until resume" },
	[REASON_AWAY] = { false, "held until Docker and HAProxy answer again" },
	[REASON_BALANCER] = { false, "HAProxy takes no more" },
	[REASON_STARTING_UP] = { false, "taken over from what runs" },
	[REASON_HOST_CPU] = { false, "the host is saturated" },
	[REASON_HOST_MEMORY] = { false, "the host has no memory for more" },
	[REASON_HOST_PRESSURE] = { false, "the host's tasks wait for memory" },
	[REASON_FLAPS] = { false, "the turns downwards of an hour are used up: flap_budget" },
	[REASON_PREDICTED] = { false, "prediction" }, /* of what: append_numbers() */
	[REASON_MISSING] = { false, "no reading of" }, /* of what: append_numbers() */
	[REASON_BUDGET] = { false, "held at the budget" },
	[REASON_EXPECTED] = { false, "" }, /* its numbers say it, see format_expected() */
	[REASON_LEARNING] = { false, "a few seconds are looked at first" },
	[REASON_GIVES_WAY] = { false, "gives way to a service of higher priority" },
};

static unsigned limit_bound(const struct decision *decision, const struct policy_settings *settings)
{
	if (decision->limit_by > 0)
		return 0;
	switch (decision->limit) {
	case REASON_MIN:
		return settings->min;
	case REASON_MAX:
		return settings->max;
	case REASON_STEP_UP:
		return settings->max_step_up;
	case REASON_STEP_DOWN:
		return settings->max_step_down;
	case REASON_FLAPS:
		return settings->flap_budget;
	default:
		return 0;
	}
}

struct duration_text {
	char text[32];
};

static struct duration_text horizon_text(const struct service_config *config)
{
	struct duration_text duration;

	format_duration(config->policy.predict.horizon, duration.text);
	return duration;
}

/* The numbers of a host that is full, of a budget that is used up, or of a metric that is missing. */
static void append_numbers(const struct decision *decision, const struct service_config *config,
	char *text, size_t size)
{
	size_t used = strlen(text);
	double value = decision->limit_value;
	double bound = decision->limit_bound;

	text += used;
	size -= used;
	if (decision->limit == REASON_MISSING)
		(void)snprintf(text, size, " %s: at least %u by on_missing",
			metric_names[decision->limit_metric],
			config->policy.metric[decision->limit_metric].missing.count);
	else if (decision->limit == REASON_PREDICTED)
		(void)snprintf(text, size, ": %.2f replicas' worth may come within %s", value,
			horizon_text(config).text);
	else if (decision->limit == REASON_HOST_CPU)
		(void)snprintf(text, size, ", room for %u: CPU %.0f%% of %.0f%%", decision->count,
			value * 100, bound * 100);
	else if (decision->limit == REASON_HOST_MEMORY)
		(void)snprintf(text, size, ", room for %u: one more is %.0f%% of %.0f%%",
			decision->count, value * 100, bound * 100);
	else if (decision->limit == REASON_HOST_PRESSURE)
		(void)snprintf(
			text, size, " %.0f%% of the time, over %.0f%%", value * 100, bound * 100);
	else if (decision->limit == REASON_BUDGET && decision->limit_metric == METRIC_CPU)
		(void)snprintf(text, size, ": %u of it would be %.2f of %.2f cores",
			decision->count + 1, value, bound);
	else if (decision->limit == REASON_BUDGET)
		(void)snprintf(text, size, ": %u of it would be %.0f of %.0f MiB",
			decision->count + 1, value / 0x1p20, bound / 0x1p20);
}

/* A bound of a schedule has its name; after a reload there may be no such schedule any more. */
static void append_schedule(const struct decision *decision, const struct service_config *config,
	char *text, size_t size)
{
	size_t used = strlen(text);
	const char *name = decision->limit_by <= config->n_schedules
				   ? config->schedules[decision->limit_by - 1].name
				   : "";

	(void)snprintf(text + used, size - used, "; wanted %u, schedule %s: at %s %u",
		decision->wish, name, decision->limit == REASON_MIN ? "least" : "most",
		decision->count);
}

static void append_limit(const struct decision *decision, const struct service_config *config,
	char *text, size_t size)
{
	size_t used = strlen(text);
	unsigned bound = limit_bound(decision, &config->policy);

	if (decision->limit == REASON_NONE)
		return;
	if (decision->limit_by > 0) {
		append_schedule(decision, config, text, size);
		return;
	}
	(void)snprintf(text + used, size - used, "; wanted %u, %s", decision->wish,
		sentences[decision->limit].text);
	used = strlen(text);
	if (bound > 0)
		(void)snprintf(text + used, size - used, " %u", bound);
	append_numbers(decision, config, text, size);
}

static unsigned needed_for(double demand, double target)
{
	double needed = target > 0 ? ceil(demand / target - 1e-9) : 0;

	return needed < 1 ? 1 : (unsigned)needed;
}

/* Which expert decided, on which forecast, in numbers that can be checked against what came. */
static void format_expected(const struct decision *decision, char *text, size_t size)
{
	unsigned needed = needed_for(decision->expected, decision->threshold);
	size_t used;

	(void)snprintf(text, size,
		"demand is %.2f replicas, and up to %.2f may come within a start-up (%.0f%% sure): "
		"%u at %.0f%% each",
		decision->units, decision->expected, decision->sureness * 100, needed,
		decision->threshold * 100);
	used = strlen(text);
	if (decision->lean)
		used += (size_t)snprintf(
			text + used, size - used, " (too little was seen to learn from)");
	if (decision->wish <= needed)
		return;
	if (needed_for(decision->kept, decision->threshold) < decision->wish)
		(void)snprintf(text + used, size - used,
			"; %u until what is too much has cost %.0f replica-seconds", decision->wish,
			decision->budget);
	else if (decision->kept_seconds > 0)
		(void)snprintf(text + used, size - used,
			"; %u for the %.2f that may come back within %u s", decision->wish,
			decision->kept, decision->kept_seconds);
	else
		(void)snprintf(text + used, size - used, "; %u for the %.2f that is usual",
			decision->wish, decision->kept);
}

void reason_format(const struct decision *decision, const struct service_config *config, char *text,
	size_t size)
{
	size_t used;

	if (decision->reason == REASON_EXPECTED) {
		format_expected(decision, text, size);
	} else if (!sentences[decision->reason].compare) {
		(void)mem_strcpy(text, size, sentences[decision->reason].text);
	} else {
		(void)snprintf(text, size, "%s %.0f%% against %.0f%% %s",
			metric_names[decision->metric], decision->value * 100,
			decision->threshold * 100, sentences[decision->reason].text);
		used = strlen(text);
		if (decision->units > 0)
			(void)snprintf(text + used, size - used, "; demand is %.2f replicas",
				decision->units);
		used = strlen(text);
		if (decision->learned)
			(void)snprintf(text + used, size - used, "; the threshold is learned");
	}
	append_limit(decision, config, text, size);
}
