/*
 * Schedules are the one kind of section that a service may have several of. Each is a small
 * configuration by itself, with rows of the option table in a scope of its own; here what was said is
 * sorted by their names, and judged together with the service's bounds.
 */
#include "schedules.h"

#include "value.h"

#include <dockscale/base/mem.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LABEL_PREFIX "dockscale.schedule."

/* Letters, digits, '_' and '-': dots part a label's words. */
static bool is_name(const char *name, size_t length)
{
	if (length == 0 || length >= CONFIG_SCHEDULE_NAME_MAX || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_-", name[i]) == NULL)
			return false;
	return true;
}

static const char *const name_cure =
	"a name has letters, digits, '_' and '-', a letter or digit first, at most 31";

/* The one of that name; a new one when there is none. NULL: there are too many. */
static struct given_schedule *find(struct given_schedules *schedules, const char *name,
	size_t length, const char *place, struct report *report)
{
	struct given_schedule *found;

	for (size_t i = 0; i < schedules->count; i++) {
		found = &schedules->items[i];
		if (strlen(found->name) == length && strncmp(found->name, name, length) == 0)
			return found;
	}
	if (schedules->count == CONFIG_SCHEDULES_MAX) {
		report_add(report, "%s: more than %d schedules", place, CONFIG_SCHEDULES_MAX);
		return NULL;
	}
	found = &schedules->items[schedules->count++];
	memcpy(found->name, name, length);
	found->place = place;
	found->givens.container = "";
	return found;
}

/* [schedule "night"]: night. */
static const char *name_of_section(const char *section, size_t *ret_length)
{
	const char *name = section + strlen(GIVEN_SCHEDULE);
	size_t length;

	name += strspn(name, " ");
	length = strlen(name);
	if (length < 2 || name[0] != '"' || name[length - 1] != '"' ||
		!is_name(name + 1, length - 2))
		return NULL;
	*ret_length = length - 2;
	return name + 1;
}

static void take_assignment(
	struct given_schedules *schedules, const struct assignment *item, struct report *report)
{
	struct assignment plain = *item;
	struct given_schedule *schedule;
	size_t length = 0;
	const char *name = name_of_section(item->section, &length);
	const struct option *option = option_find(OPTION_SCHEDULE, GIVEN_SCHEDULE, item->key);

	if (name == NULL) {
		report_add(report, "%s: section [%s]: write [" GIVEN_SCHEDULE " \"NAME\"]; %s",
			item->place, item->section, name_cure);
		return;
	}
	schedule = find(schedules, name, length, item->place, report);
	if (schedule == NULL)
		return;
	if (option == NULL) {
		(void)mem_strcpy(plain.section, sizeof(plain.section), GIVEN_SCHEDULE);
		given_unknown_key(OPTION_SCHEDULE, &plain, report);
		return;
	}
	given_put(&schedule->givens, option,
		&(struct given){ .value = item->value, .place = item->place }, report);
}

void schedules_take_file(struct given_schedules *schedules, const struct assignment *assignments,
	size_t n, struct report *report)
{
	for (size_t i = 0; i < n; i++)
		if (given_is_schedule(assignments[i].section))
			take_assignment(schedules, &assignments[i], report);
}

static void take_label(struct given_schedules *schedules, const char *container,
	const struct label *label, struct report *report)
{
	const char *name = label->key + strlen(LABEL_PREFIX);
	size_t length = strcspn(name, ".");
	const char *key = name[length] == '.' ? name + length + 1 : "";
	const struct option *option = option_find(OPTION_SCHEDULE, GIVEN_SCHEDULE, key);
	const struct given given = { .value = label->value, .place = label->key, .label = true };
	struct given_schedule *schedule;
	char title[GIVEN_TEXT];

	given_label_title(label->key, container, title);
	if (!is_name(name, length) || option == NULL) {
		report_add(report,
			"%s is unknown: write " LABEL_PREFIX "NAME.KEY, with a KEY such "
			"as from, to, days, cron, for, timezone, min or max; %s",
			title, name_cure);
		return;
	}
	schedule = find(schedules, name, length, label->key, report);
	if (schedule == NULL)
		return;
	schedule->givens.container = container;
	if (!given_is_said(&schedule->givens, option, false)) /* the file's word stands over it */
		given_put(&schedule->givens, option, &given, report);
}

void schedules_take_labels(struct given_schedules *schedules, const char *container,
	const struct given_labels *labels, struct report *report)
{
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->labels[i];
		char title[GIVEN_TEXT];

		if (strncmp(label->key, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0 ||
			(label->from_image && !labels->daemon->allow_image_labels))
			continue;
		given_label_title(label->key, container, title);
		if (given_is_allowed(labels->daemon, GIVEN_SCHEDULE))
			take_label(schedules, container, label, report);
		else
			report_add(report,
				"%s is not permitted: remove it, or add " GIVEN_SCHEDULE " to "
				"allow_labels of dockscale.ini",
				title);
	}
}

/* How messages about one of its keys begin. */
static void name_key(
	const struct given_schedule *schedule, const char *key, char text[static GIVEN_TEXT])
{
	given_name(&schedule->givens, option_find(OPTION_SCHEDULE, GIVEN_SCHEDULE, key), text);
}

static bool is_given(const struct given_schedule *schedule, const char *key)
{
	return given_is_said(&schedule->givens, option_find(OPTION_SCHEDULE, GIVEN_SCHEDULE, key),
		       true) ||
	       given_is_said(
		       &schedule->givens, option_find(OPTION_SCHEDULE, GIVEN_SCHEDULE, key), false);
}

/* A daily one has from, to and days; one by cron has for; a key of the other form is none of it. */
static void check_form(const struct given_schedule *schedule, const struct schedule_config *config,
	struct report *report)
{
	static const char *const daily[] = { "from", "to", "days" };
	char text[GIVEN_TEXT];

	if (!is_given(schedule, "cron")) {
		name_key(schedule, is_given(schedule, "to") ? "to" : "from", text);
		if (config->schedule.rule.from == config->schedule.rule.to)
			report_add(report,
				"%s: schedule %s ends when it begins: for the whole day leave out "
				"from and to",
				text, config->name);
		name_key(schedule, "for", text);
		if (is_given(schedule, "for"))
			report_add(report, "%s is for cron: give cron, or to in place of it", text);
		return;
	}
	for (size_t i = 0; i < countof(daily); i++) {
		name_key(schedule, daily[i], text);
		if (is_given(schedule, daily[i]))
			report_add(
				report, "%s has no effect beside cron: remove one of them", text);
	}
	name_key(schedule, "cron", text);
	if (!is_given(schedule, "for"))
		report_add(report,
			"%s says when schedule %s begins, and nothing how long it lasts: give for "
			"= DURATION",
			text, config->name);
}

static void check_bounds(const struct given_schedule *schedule,
	const struct schedule_config *config, const struct service_config *service,
	struct report *report)
{
	unsigned min = config->schedule.min;
	unsigned max = config->schedule.max;
	char text[GIVEN_TEXT];

	if (min == SCHEDULE_SILENT && max == SCHEDULE_SILENT) {
		report_add(report,
			"%s: schedule %s has no effect without min or max: give one of them",
			schedule->place, config->name);
		return;
	}
	name_key(schedule, "min", text);
	if (min != SCHEDULE_SILENT && max != SCHEDULE_SILENT && min > max)
		report_add(report, "%s = %u is over max = %u of schedule %s: lower it or raise max",
			text, min, max, config->name);
	else if (min != SCHEDULE_SILENT && min > service->max)
		report_add(report,
			"%s = %u is over [service] max = %u, which holds always: lower it or raise "
			"that",
			text, min, service->max);
	name_key(schedule, "max", text);
	if (max != SCHEDULE_SILENT && max > service->max)
		report_add(report,
			"%s = %u is over [service] max = %u, which holds always: lower it or raise "
			"that",
			text, max, service->max);
}

static void apply_one(const struct given_schedule *schedule, struct service_config *service,
	struct report *report)
{
	struct schedule_config *config = &service->schedules[service->n_schedules++];
	size_t before = report->count;

	(void)mem_strcpy(config->name, sizeof(config->name), schedule->name);
	config->schedule.min = config->schedule.max = SCHEDULE_SILENT;
	given_apply(&schedule->givens, OPTION_SCHEDULE, config, report);
	if (report->count > before)
		return;
	check_form(schedule, config, report);
	check_bounds(schedule, config, service, report);
}

void schedules_apply(const struct given_schedules *schedules, struct service_config *service,
	struct report *report)
{
	for (size_t i = 0; i < schedules->count; i++)
		apply_one(&schedules->items[i], service, report);
}

void schedules_check_zones(const struct given_schedules *schedules,
	const struct service_config *service, struct report *report)
{
	for (size_t i = 0; i < service->n_schedules; i++) {
		char text[GIVEN_TEXT];
		struct err err;

		name_key(&schedules->items[i], "timezone", text);
		if (value_zone_check(service->schedules[i].timezone, &err) < 0)
			report_add(report, "%s: %s", text, err.msg);
	}
}
