/*
 * The table as a file that a person edits: every key with its sentence and its default, commented,
 * so that a fresh installation changes nothing and shows everything.
 */
#include "option_text.h"

#include <dockscale/base/mem.h>

#include <string.h>

static const char *const introductions[] = {
	[OPTION_DAEMON] =
		"# The daemon of dockscale. Every key below is commented and shows its default:\n"
		"# take away the '#' of a line to change it, then `dockscalectl check` and\n"
		"# `dockscalectl reload`. A comment behind a value begins with ' ;'.\n",
	[OPTION_SERVICE] =
		"# A service of dockscale: copy this file to services.d/NAME.ini; a file here is "
		"not\n"
		"# loaded. Every key is commented and shows its default, or nothing where there "
		"is\n"
		"# none. A key outside [service] is the label dockscale.SECTION.KEY, one of "
		"[service]\n"
		"# the label dockscale.KEY, one of [schedule \"NAME\"] the label\n"
		"# dockscale.schedule.NAME.KEY: what the file says beats the label. A key that "
		"would have\n"
		"# no effect is an error. Durations are 200ms 30s 5m 1h, percentages 70%.\n",
};

static void print_option(const struct option *option, struct str *out)
{
	const char *fallback = option->fallback != NULL ? option->fallback : "";

	str_appendf(out, "\n# %s\n", option->help);
	if (option->when != 0)
		str_append(out, "# ");
	option_append_when(option, out);
	if (option->when != 0)
		str_append(out, "\n");
	if (option->scope != OPTION_DAEMON && !option->label)
		str_append(out, "# Not a label: for this file only.\n");
	str_appendf(out, "# Value: %s", option->placeholder);
	option_append_range(option, out);
	str_appendf(out, "\n# %s =%s%s\n", option->key, fallback[0] != '\0' ? " " : "", fallback);
}

static void print_section(const struct option *option, struct str *out)
{
	if (option->scope == OPTION_SCHEDULE)
		str_appendf(out,
			"\n# As many of these as %d, each under a name of its own.\n[%s "
			"\"NAME\"]\n",
			CONFIG_SCHEDULES_MAX, option->section);
	else
		str_appendf(out, "\n[%s]\n", option->section);
}

static void print_options(enum option_scope scope, struct str *out)
{
	const char *section = "";
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (options[i].scope != scope)
			continue;
		if (strcmp(options[i].section, section) != 0)
			print_section(&options[i], out);
		section = options[i].section;
		print_option(&options[i], out);
	}
}

void option_print_defaults(enum option_scope scope, struct str *out)
{
	str_append(out, introductions[scope]);
	print_options(scope, out);
	if (scope == OPTION_SERVICE)
		print_options(OPTION_SCHEDULE, out);
}
