/*
 * Cross-validation. Each value is right by itself here; what is judged is whether they make sense
 * together: a key that would have no effect is a misunderstanding, and better told than obeyed.
 * Values that follow from others (low, the backend's name, the policy's copy) are filled here too,
 * because only here everything is known.
 */
#include "check.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static bool is_given(const struct check *check, const char *section, const char *key)
{
	return given_find(check->givens, section, key) != NULL;
}

/* As given_name(), by section and key. */
static void name_of(const struct check *check, const char *section, const char *key,
	char text[static GIVEN_TEXT])
{
	given_name(check->givens, option_find(OPTION_SERVICE, section, key), text);
}

static bool has_probe(const struct service_config *service)
{
	return service->health.probe != PROBE_NONE;
}

static bool has_haproxy(const struct service_config *service)
{
	return service->haproxy.balancer == BALANCER_HAPROXY;
}

static bool holds(unsigned bit, const struct service_config *service)
{
	switch ((enum option_when)bit) {
	case WHEN_TARGET:
		return service->policy_type == POLICY_TYPE_TARGET;
	case WHEN_AIM:
		return service->policy_type != POLICY_TYPE_THRESHOLD;
	case WHEN_PREDICT:
		return service->policy.predict.mode != PREDICT_OFF;
	case WHEN_AUTO:
		return service->policy_type == POLICY_TYPE_AUTO;
	case WHEN_THRESHOLD:
		return service->policy_type == POLICY_TYPE_THRESHOLD;
	case WHEN_CLONE:
		return service->mode == SERVICE_MODE_CLONE;
	case WHEN_HAPROXY:
		return has_haproxy(service);
	case WHEN_HTTP_PROBE:
		return service->health.probe == PROBE_HTTP;
	case WHEN_PROBE:
		return has_probe(service);
	case WHEN_SLOTS:
		return service->haproxy.method != BALANCER_METHOD_DYNAMIC;
	case WHEN_DYNAMIC:
		return service->haproxy.method != BALANCER_METHOD_SLOTS;
	case WHEN_CPU_WEIGHTS:
		return service->haproxy.weights == BALANCER_WEIGHTS_CPU;
	case WHEN_MEMORY:
		return service->metric[METRIC_MEMORY].settings.enabled;
	case WHEN_ADDRESS:
		return has_haproxy(service) || has_probe(service);
	}
	return true;
}

/* The choices that decide whether a bit holds. */
static const struct deciding {
	unsigned bits;
	const char *section;
	const char *key;
} deciding[] = {
	{ WHEN_TARGET | WHEN_AIM | WHEN_AUTO | WHEN_THRESHOLD | WHEN_MEMORY, "policy", "type" },
	{ WHEN_CLONE, "service", "mode" },
	{ WHEN_HAPROXY | WHEN_ADDRESS, "haproxy", "balancer" },
	{ WHEN_HTTP_PROBE | WHEN_PROBE | WHEN_ADDRESS, "health", "probe" },
	{ WHEN_SLOTS | WHEN_DYNAMIC, "haproxy", "method" },
	{ WHEN_CPU_WEIGHTS, "haproxy", "weights" },
	{ WHEN_PREDICT, "predict", "mode" },
};

/* NULL for those bits that do not hang on one choice alone. */
static const struct option *deciding_option(unsigned bit)
{
	if (bit == WHEN_MEMORY || bit == WHEN_ADDRESS)
		return NULL;
	for (size_t i = 0; i < countof(deciding); i++)
		if ((deciding[i].bits & bit) != 0)
			return option_find(OPTION_SERVICE, deciding[i].section, deciding[i].key);
	return NULL;
}

/* The file's word stands over the label's, also where it takes a label its effect: nobody can take
 * labels away from a container that runs. */
static bool is_beaten(const struct check *check, const struct given *given, unsigned bit)
{
	for (size_t i = 0; given->label && i < countof(deciding); i++) {
		const struct given *decider;

		if ((deciding[i].bits & bit) == 0)
			continue;
		decider = given_find(check->givens, deciding[i].section, deciding[i].key);
		if (decider != NULL && !decider->label)
			return true;
	}
	return false;
}

static void report_useless(const struct check *check, const struct option *option, unsigned bit,
	const struct service_config *service, struct report *report)
{
	const struct option *choice = deciding_option(bit);
	const char *when = option_when_text(bit);
	const char *setting = strstr(when, "] ");
	char name[GIVEN_TEXT];

	given_name(check->givens, option, name);
	if (choice == NULL)
		report_add(report, "%s works with %s; this service has neither: remove it", name,
			when);
	else
		report_add(report,
			"%s works with %s only; this service has %s = %s: remove it or set %s",
			name, when, choice->key, option_word(choice, service),
			setting != NULL ? setting + 2 : when);
}

static void check_effects(
	const struct check *check, const struct service_config *service, struct report *report)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		const struct given *given = &check->givens->items[i];
		unsigned failed = 0;

		if (options[i].scope != OPTION_SERVICE || given->value == NULL)
			continue;
		for (unsigned bit = 1; bit <= options[i].when && failed == 0; bit <<= 1)
			if ((options[i].when & bit) != 0 && !holds(bit, service))
				failed = bit;
		if (failed != 0 && !is_beaten(check, given, failed))
			report_useless(check, &options[i], failed, service, report);
	}
}

static void check_bounds(
	const struct check *check, const struct service_config *service, struct report *report)
{
	char min[GIVEN_TEXT];
	char max[GIVEN_TEXT];

	if (service->min <= service->max)
		return;
	name_of(check, "service", "min", min);
	name_of(check, "service", "max", max);
	if (!is_given(check, "service", "min"))
		report_add(report, "%s = %u is under min = %u (the default): raise it or lower min",
			max, service->max, service->min);
	else if (!is_given(check, "service", "max"))
		report_add(report, "%s = %u is over max = %u (the default): lower it or raise max",
			min, service->min, service->max);
	else
		report_add(report, "%s = %u is over max = %u (%s): lower it or raise max", min,
			service->min, service->max, max);
}

/* Which of two keys of the same value was written. */
static void name_high(const struct check *check, const char *section, char text[static GIVEN_TEXT])
{
	char classic[CONFIG_NAME_MAX];

	(void)snprintf(classic, sizeof(classic), "%s_threshold", section);
	if (is_given(check, "policy", classic))
		name_of(check, "policy", classic, text);
	else
		name_of(check, section, "high", text);
}

/* low from high and hysteresis, where it was not given. */
static void settle_low(const struct check *check, enum metric metric,
	struct service_config *service, struct report *report)
{
	const char *section = metric == METRIC_CPU ? "cpu" : "memory";
	struct metric_settings *settings = &service->metric[metric].settings;
	char high[GIVEN_TEXT];
	char low[GIVEN_TEXT];

	name_high(check, section, high);
	if (is_given(check, section, "low")) {
		name_of(check, section, "low", low);
		if (settings->low >= settings->high)
			report_add(report,
				"%s = %g%% is not below %g%% (%s): replicas would come and go "
				"without "
				"end; lower it",
				low, settings->low * 100, settings->high * 100, high);
		return;
	}
	settings->low = settings->high - service->hysteresis;
	if (settings->low > 0)
		return;
	name_of(check, "policy", "hysteresis", low);
	report_add(report,
		"%s = %g leaves nothing below the threshold of %g%% (%s): lower it, or give low in "
		"[%s]",
		low, service->hysteresis * 100, settings->high * 100, high, section);
}

/* What is learned stands in place of a lower threshold, and is as far from the upper one. */
static void settle_adaptive(
	const struct check *check, struct service_config *service, struct report *report)
{
	char name[GIVEN_TEXT];
	char low[GIVEN_TEXT];

	service->policy.adaptive.margin = service->hysteresis;
	name_of(check, "adaptive", "learn", name);
	name_of(check, "cpu", "low", low);
	if (service->policy.adaptive.learn && is_given(check, "cpu", "low"))
		report_add(report,
			"%s is learned by %s: remove one of them; [policy] hysteresis holds for "
			"both",
			low, name);
	if (!service->policy.adaptive.learn && is_given(check, "adaptive", "sureness")) {
		name_of(check, "adaptive", "sureness", name);
		report_add(report, "%s has no effect without learn = yes in [adaptive]", name);
	}
}

static void settle_thresholds(
	const struct check *check, struct service_config *service, struct report *report)
{
	char name[GIVEN_TEXT];

	if (service->policy_type != POLICY_TYPE_THRESHOLD)
		return;
	settle_low(check, METRIC_CPU, service, report);
	settle_low(check, METRIC_MEMORY, service, report);
	settle_adaptive(check, service, report);
	if (!is_given(check, "policy", "hysteresis") || !is_given(check, "cpu", "low") ||
		!is_given(check, "memory", "low"))
		return;
	name_of(check, "policy", "hysteresis", name);
	report_add(report, "%s has no effect beside low in [cpu] and in [memory]: remove it", name);
}

/* A probe needs a port. Without one and without a word about the probe there is none. */
static void settle_probe(
	const struct check *check, struct service_config *service, struct report *report)
{
	char name[GIVEN_TEXT];

	if (has_haproxy(service) || service->health.port != 0 || !has_probe(service))
		return;
	if (!is_given(check, "health", "probe")) {
		service->health.probe = PROBE_NONE;
		return;
	}
	if (check->labels_follow)
		return;
	name_of(check, "health", "probe", name);
	report_add(report,
		"%s = %s needs a port, and balancer = none has none: set port in [health], or "
		"probe = none",
		name, option_word(option_find(OPTION_SERVICE, "health", "probe"), service));
}

static void check_port(
	const struct check *check, const struct service_config *service, struct report *report)
{
	if (!has_haproxy(service) || service->haproxy.port != 0 || check->labels_follow ||
		is_given(check, "haproxy", "port"))
		return;
	report_add(report,
		"%s: the application's port is missing: write port = PORT into [haproxy] of the "
		"service's file, or give the container the label dockscale.haproxy.port=PORT "
		"(a worker that serves no requests: balancer = none)",
		check->source);
}

static void check_missing(const struct check *check, const char *section,
	const struct missing_rule *rule, const struct service_config *service,
	struct report *report)
{
	char name[GIVEN_TEXT];

	name_of(check, section, "on_missing", name);
	if (rule->what == MISSING_COUNT && rule->count > service->max)
		report_add(report, "%s = %u is over max = %u: lower it or raise max", name,
			rule->count, service->max);
	if (rule->what == MISSING_LAST && service->policy_type == POLICY_TYPE_AUTO)
		report_add(report,
			"%s = last works with [policy] type = target or threshold only: auto "
			"learns from what it reads; use hold or a count",
			name);
}

/* A metric's own word, else the policy's. */
static void settle_missing(
	const struct check *check, struct service_config *service, struct report *report)
{
	static const char *const sections[METRIC_COUNT] = {
		[METRIC_CPU] = "cpu",
		[METRIC_MEMORY] = "memory",
	};

	check_missing(check, "policy", &service->missing, service, report);
	for (enum metric m = METRIC_CPU; m < METRIC_COUNT; m++) {
		struct missing_rule *rule = &service->metric[m].settings.missing;

		if (is_given(check, sections[m], "on_missing"))
			check_missing(check, sections[m], rule, service, report);
		else
			*rule = service->missing;
	}
}

static void settle_auto(struct service_config *service)
{
	struct auto_settings *settings = &service->policy.self_tuning;
	*settings = auto_settings_of(service->pace == PACE_CALM, service->caution);
	settings->target = service->metric[METRIC_CPU].settings.target;
	settings->min = service->min;
	settings->max = service->max;
}

static void settle_policy(struct service_config *service)
{
	/* The engine compares policies by memcmp: memcpy takes the padding too. */
	for (size_t i = 0; i < METRIC_COUNT; i++)
		memcpy(&service->policy.metric[i], &service->metric[i].settings,
			sizeof(service->policy.metric[i]));
	settle_auto(service);
	service->policy.min = service->min;
	service->policy.max = service->max;
}

void check_service(const struct check *check, struct service_config *service, struct report *report)
{
	service->metric[METRIC_CPU].settings.enabled = true;
	/* It is a reason by itself; only memory has to be told. */
	service->metric[METRIC_CPU].settings.scale_down = true;
	service->metric[METRIC_MEMORY].settings.enabled =
		service->policy_type == POLICY_TYPE_THRESHOLD ||
		is_given(check, "memory", "target");
	if (service->haproxy.backend[0] == '\0' && has_haproxy(service))
		(void)mem_strcpy(
			service->haproxy.backend, sizeof(service->haproxy.backend), service->name);
	settle_probe(check, service, report);
	settle_thresholds(check, service, report);
	settle_missing(check, service, report);
	check_effects(check, service, report);
	check_bounds(check, service, report);
	check_port(check, service, report);
	settle_policy(service);
}
