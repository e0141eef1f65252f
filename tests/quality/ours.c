/* Our policies on the plant. */
#include "rules.h"

#include <dockscale/base/mem.h>
#include <dockscale/core/auto.h>

struct ours {
	struct auto_policy *policy;
	struct auto_settings settings;
	unsigned startup;
	unsigned count;
	bool begun;
};

static void *begin(const struct rule *rule, const struct trace *trace, unsigned startup)
{
	struct ours *ours = mem_zero(1, sizeof(*ours));

	(void)trace;
	ours->policy = mem_zero(1, auto_size());
	auto_init(ours->policy);
	ours->settings = auto_settings_of(rule->a > 0, (enum caution)rule->b);
	ours->settings.lean = rule->c > 0;
	ours->settings.target = PLANT_TARGET;
	ours->settings.min = 1;
	ours->settings.max = PLANT_REPLICAS_MAX;
	ours->startup = startup;
	return ours;
}

static unsigned decide(void *state, const struct view *view)
{
	struct ours *ours = state;
	struct auto_input input = {
		.now = (usec_t)(view->second + 1) * USEC_PER_SEC,
		.local = (usec_t)(view->second + 1) * USEC_PER_SEC,
		.usage = view->used,
		.capacity = view->ready,
		.backlog = view->queue,
		.startup = (usec_t)ours->startup * USEC_PER_SEC,
	};
	struct auto_verdict verdict;

	if (!ours->begun) {
		ours->begun = true;
		input.now -= USEC_PER_SEC;
		(void)auto_push(ours->policy, &ours->settings, &input, &verdict);
		input.now += USEC_PER_SEC;
	}
	if (auto_push(ours->policy, &ours->settings, &input, &verdict) > 0)
		return verdict.count;
	return view->ready + view->starting;
}

static void end(void *state)
{
	struct ours *ours = state;

	free(ours->policy);
	free(ours);
}

/* a: calm, b: caution, c: lean. */
const struct rule quality_ours[] = {
	{ "dockscale lean", begin, decide, end, .c = 1 },
	{ "dockscale wary", begin, decide, end, .b = CAUTION_WARY },
	{ "dockscale careful", begin, decide, end, .b = CAUTION_CAREFUL },
	{ "dockscale responsive", begin, decide, end, .a = 0 },
	{ "dockscale calm", begin, decide, end, .shipped = true, .a = 1 },
};
const size_t quality_ours_count = countof(quality_ours);
