/* What both built-in policies ask of a metric, and how they word an answer. */
#pragma once

#include <dockscale/core/policy.h>

/* Has it a say? One that is switched off or that the machine cannot measure has none. */
bool metric_counts(const struct policy_settings *settings, const struct policy_input *input,
	enum metric metric);

/* May any metric that has a say be a reason to go down? */
bool metric_any_scales_down(
	const struct policy_settings *settings, const struct policy_input *input);

/* Something that speaks against going down, or REASON_NONE. */
struct objection {
	enum reason reason;
	enum metric metric;
};

/* Does @objection explain a hold better than @other? */
bool metric_objection_outranks(struct objection objection, struct objection other);

/* A decision for @wish replicas because of @reason; the caller adds threshold and units. */
struct decision metric_decision(
	const struct policy_input *input, enum metric metric, enum reason reason, unsigned wish);
