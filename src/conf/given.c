/*
 * Files and labels say the same things in two ways. Here both become one list by option, in which
 * the file's word stands over the label's, and each keeps its place for messages. Whether the
 * values go together is judged in check.c.
 */
#include "given.h"

#include <dockscale/base/mem.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LABEL_PREFIX "dockscale."
#define NO_SECTION   "\n" /* before the first key; no line holds one */

bool given_is_schedule(const char *section)
{
	size_t length = strlen(GIVEN_SCHEDULE);

	return strncmp(section, GIVEN_SCHEDULE, length) == 0 &&
	       (section[length] == '\0' || section[length] == ' ' || section[length] == '"');
}

static size_t row_of(const struct option *option)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	assert(n <= GIVEN_MAX);
	return (size_t)(option - options);
}

/* Two names of one value (the classic policy's and the section's). */
static const struct twins {
	const char *one[2];
	const char *other[2];
} twins[] = {
	{ { "cpu", "high" }, { "policy", "cpu_threshold" } },
	{ { "memory", "high" }, { "policy", "memory_threshold" } },
};

static bool is_named(const struct option *option, const char *const name[2])
{
	return strcmp(option->section, name[0]) == 0 && strcmp(option->key, name[1]) == 0;
}

static const struct option *twin_of(const struct option *option)
{
	for (size_t i = 0; i < countof(twins); i++) {
		if (is_named(option, twins[i].one))
			return option_find(option->scope, twins[i].other[0], twins[i].other[1]);
		if (is_named(option, twins[i].other))
			return option_find(option->scope, twins[i].one[0], twins[i].one[1]);
	}
	return NULL;
}

void given_name(
	const struct givens *givens, const struct option *option, char text[static GIVEN_TEXT])
{
	const struct given *given = &givens->items[row_of(option)];
	const char *container = givens->container;

	if (given->value == NULL)
		(void)snprintf(text, GIVEN_TEXT, "[%s] %s", option->section, option->key);
	else if (!given->label)
		(void)snprintf(text, GIVEN_TEXT, "%s: %s", given->place, option->key);
	else if (container[0] == '\0')
		(void)snprintf(text, GIVEN_TEXT, "label %.100s", given->place);
	else
		(void)snprintf(text, GIVEN_TEXT, "label %.100s of container %.130s", given->place,
			container);
}

/* The one that was said by the same kind of source about the same value, or NULL. */
static const struct option *find_repetition(
	const struct givens *givens, const struct option *option, bool label)
{
	const struct option *twin = twin_of(option);
	const struct given *given = &givens->items[row_of(option)];

	if (given->value != NULL && given->label == label)
		return option;
	if (twin == NULL)
		return NULL;
	given = &givens->items[row_of(twin)];
	return given->value != NULL && given->label == label ? twin : NULL;
}

void given_put(struct givens *givens, const struct option *option, const struct given *given,
	struct report *report)
{
	const struct option *first = find_repetition(givens, option, given->label);
	struct givens second = { .container = givens->container };
	char first_text[GIVEN_TEXT];
	char text[GIVEN_TEXT];

	if (first == NULL) {
		givens->items[row_of(option)] = *given;
		return;
	}
	second.items[row_of(option)] = *given;
	given_name(givens, first, first_text);
	given_name(&second, option, text);
	report_add(report,
		first == option ? "%s is given twice (first %s): remove one"
				: "%s is the same value as %s: remove one",
		text, first_text);
}

bool given_is_said(const struct givens *givens, const struct option *option, bool label)
{
	return find_repetition(givens, option, label) != NULL;
}

static bool is_section(enum option_scope scope, const char *section)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++)
		if (options[i].scope == scope && strcmp(options[i].section, section) == 0)
			return true;
	return false;
}

/* Says once for each run of its keys that a section is wrong. */
static bool is_section_right(enum option_scope scope, const struct assignment *item,
	const char *former, struct report *report)
{
	enum option_scope other = scope == OPTION_DAEMON ? OPTION_SERVICE : OPTION_DAEMON;

	if (is_section(scope, item->section))
		return true;
	if (strcmp(former, item->section) == 0)
		return false;
	if (item->section[0] == '\0')
		report_add(report, "%s: %s stands before any section: put [%s] above it",
			item->place, item->key, scope == OPTION_DAEMON ? "daemon" : "service");
	else if (option_is_planned(scope, item->section, ""))
		report_add(report, "%s: section [%s] is not in this version: remove it",
			item->place, item->section);
	else if (is_section(other, item->section) || given_is_schedule(item->section))
		report_add(report, "%s: section [%s] belongs into %s", item->place, item->section,
			other == OPTION_DAEMON ? "dockscale.ini"
					       : "the file of a service, services.d/NAME.ini");
	else
		report_add(report, "%s: unknown section [%s]: use %s", item->place, item->section,
			scope == OPTION_DAEMON ? "[daemon]"
					       : "[service], [cpu], [memory], [policy], "
						 "[adaptive], [predict], [health], "
						 "[haproxy] or "
						 "[schedule \"NAME\"]");
	return false;
}

void given_unknown_key(
	enum option_scope scope, const struct assignment *item, struct report *report)
{
	const char *near = option_nearest(scope, item->section, item->key);
	const char *dot = near != NULL ? strchr(near, '.') : NULL;
	size_t length = dot != NULL ? (size_t)(dot - near) : 0;

	if (option_is_planned(scope, item->section, item->key))
		report_add(report, "%s: %s in [%s] is not in this version: remove the line",
			item->place, item->key, item->section);
	else if (dot == NULL)
		report_add(report, "%s: unknown key '%s' in [%s]: remove the line", item->place,
			item->key, item->section);
	else if (strlen(item->section) == length && strncmp(near, item->section, length) == 0)
		report_add(report, "%s: unknown key '%s' in [%s]: did you mean '%s'?", item->place,
			item->key, item->section, dot + 1);
	else
		report_add(report, "%s: unknown key '%s' in [%s]: did you mean '%s' in [%.*s]?",
			item->place, item->key, item->section, dot + 1, (int)length, near);
}

void given_take_file(struct givens *givens, enum option_scope scope,
	const struct assignment *assignments, size_t n, struct report *report)
{
	for (size_t i = 0; i < n; i++) {
		const struct assignment *item = &assignments[i];
		const struct option *option = option_find(scope, item->section, item->key);
		const struct given given = { .value = item->value, .place = item->place };

		if (scope == OPTION_SERVICE && given_is_schedule(item->section))
			continue; /* schedules_take_file() takes it */
		if (!is_section_right(
			    scope, item, i > 0 ? assignments[i - 1].section : NO_SECTION, report))
			continue;
		if (option != NULL)
			given_put(givens, option, &given, report);
		else
			given_unknown_key(scope, item, report);
	}
}

bool given_is_allowed(const struct daemon_config *daemon, const char *section)
{
	if (daemon->allow_labels != LABELS_LISTED)
		return daemon->allow_labels == LABELS_ALL;
	for (size_t i = 0; i < daemon->n_allowed_sections; i++)
		if (strcmp(daemon->allowed_sections[i], section) == 0)
			return true;
	return false;
}

/* Labels that are not options: who a container belongs to, and what is ours. */
static bool is_reserved(const char *rest)
{
	static const char *const reserved[] = { "service", "owner", "role", "intent" };

	for (size_t i = 0; i < countof(reserved); i++)
		if (strcmp(rest, reserved[i]) == 0)
			return true;
	return false;
}

/* "cpu.target" is target of cpu, "max" is max of service. */
static void split_label(
	const char *rest, char section[static CONFIG_NAME_MAX], const char **ret_key)
{
	const char *dot = strchr(rest, '.');
	size_t length = dot != NULL ? (size_t)(dot - rest) : 0;

	(void)mem_strcpy(section, CONFIG_NAME_MAX, dot != NULL ? rest : "service");
	if (dot != NULL && length < CONFIG_NAME_MAX)
		section[length] = '\0';
	*ret_key = dot != NULL ? dot + 1 : rest;
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			return false;
	return true;
}

void given_label_title(const char *key, const char *container, char text[static GIVEN_TEXT])
{
	(void)snprintf(text, GIVEN_TEXT, "label %.100s of container %.130s",
		is_printable(key) ? key : LABEL_PREFIX "(unprintable)", container);
}

static void report_unknown_label(
	const char *name, const char *section, const char *key, struct report *report)
{
	const char *near = option_nearest(OPTION_SERVICE, section, key);

	if (option_is_planned(OPTION_SERVICE, section, key)) {
		report_add(report, "%s is not in this version: remove it", name);
		return;
	}
	if (near == NULL) {
		report_add(report, "%s is unknown: remove it", name);
		return;
	}
	if (strncmp(near, "service.", 8) == 0)
		near += 8;
	report_add(report, "%s is unknown: did you mean " LABEL_PREFIX "%s?", name, near);
}

static void take_label(struct givens *givens, const struct daemon_config *daemon,
	const struct label *label, struct report *report)
{
	struct given given = { .value = label->value, .place = label->key, .label = true };
	char section[CONFIG_NAME_MAX];
	char name[GIVEN_TEXT];
	const char *key;
	const struct option *option;

	split_label(label->key + strlen(LABEL_PREFIX), section, &key);
	option = option_find(OPTION_SERVICE, section, key);
	given_label_title(label->key, givens->container, name);
	if (option == NULL) {
		report_unknown_label(name, section, key, report);
		return;
	}
	if (!option->label) {
		report_add(report, "%s is not for labels: write %s into [%s] of the service's file",
			name, option->key, option->section);
		return;
	}
	if (!given_is_allowed(daemon, section)) {
		report_add(report,
			"%s is not permitted: remove it, or add %s to allow_labels of "
			"dockscale.ini",
			name, section);
		return;
	}
	if (find_repetition(givens, option, false) == NULL) /* the file's word stands over it */
		given_put(givens, option, &given, report);
}

void given_take_labels(
	struct givens *givens, const struct given_labels *labels, struct report *report)
{
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->labels[i];

		if (strncmp(label->key, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0 ||
			strncmp(label->key, LABEL_PREFIX "schedule.",
				strlen(LABEL_PREFIX "schedule.")) == 0 ||
			is_reserved(label->key + strlen(LABEL_PREFIX)))
			continue;
		if (label->from_image && !labels->daemon->allow_image_labels)
			continue; /* nobody who started it chose it */
		take_label(givens, labels->daemon, label, report);
	}
}

const struct given *given_find(const struct givens *givens, const char *section, const char *key)
{
	const struct option *option = option_find(OPTION_SERVICE, section, key);
	const struct given *given = &givens->items[row_of(option)];

	return given->value != NULL ? given : NULL;
}

static void apply_one(const struct givens *givens, const struct option *option, void *config,
	struct report *report)
{
	const struct given *given = &givens->items[row_of(option)];
	char name[GIVEN_TEXT];
	struct err err;

	given_name(givens, option, name);
	if (!is_printable(given->value)) {
		report_add(report, "%s: the value holds a control character: remove it", name);
		return;
	}
	if (strlen(given->value) >= CONFIG_TEXT_MAX) {
		report_add(report, "%s: the value has %zu bytes: %d is the most", name,
			strlen(given->value), CONFIG_TEXT_MAX - 1);
		return;
	}
	if (option->parse(option, config, given->value, &err) == 0)
		return;
	/* What people know from other formats and what this one does not have. */
	if (!given->label && strstr(given->value, " #") != NULL)
		report_add(report, "%s: %s (a comment behind a value begins with ' ;')", name,
			err.msg);
	else if (given->value[0] == '"' || given->value[0] == '\'')
		report_add(report, "%s: %s (write it without quotes)", name, err.msg);
	else
		report_add(report, "%s: %s", name, err.msg);
}

void given_apply(
	const struct givens *givens, enum option_scope scope, void *config, struct report *report)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	/* All defaults first: twins write the same member. */
	for (size_t i = 0; i < n; i++) {
		struct err err = { 0 };

		if (options[i].scope != scope || options[i].fallback == NULL)
			continue;
		if (options[i].parse(&options[i], config, options[i].fallback, &err) < 0)
			report_add(report, "the default of %s is wrong: %s", options[i].name,
				err.msg); /* a mistake of the table; the tests look for it */
	}
	for (size_t i = 0; i < n; i++)
		if (options[i].scope == scope && givens->items[i].value != NULL)
			apply_one(givens, &options[i], config, report);
}
