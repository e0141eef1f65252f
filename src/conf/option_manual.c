/*
 * The table as the reference in the man pages: dockscale.ini(5) by sections, dockscale-labels(7) by
 * the names of labels.
 */
#include "option_text.h"

#include <dockscale/base/mem.h>

#include <string.h>

static void append_value(const struct option *option, struct str *out)
{
	cleanup_str struct str range = { 0 };

	option_append_range(option, &range);
	str_append(out, "\\fI");
	str_append_roff(out, option->placeholder);
	str_append(out, "\\fR");
	str_append_roff(out, str_text(&range));
	if (option->fallback == NULL || option->fallback[0] == '\0')
		return;
	str_append(out, " (default: ");
	str_append_roff(out, option->fallback);
	str_append_char(out, ')');
}

static void append_meaning(const struct option *option, struct str *out)
{
	cleanup_str struct str when = { 0 };

	str_append_char(out, '\n');
	str_append_roff(out, option->help);
	str_append_char(out, '\n');
	option_append_when(option, &when);
	if (when.length == 0)
		return;
	str_append_roff(out, str_text(&when));
	str_append_char(out, '\n');
}

static void append_section(const struct option *option, struct str *out)
{
	str_append(out, ".SS \"[");
	str_append_roff(out, option->section);
	str_append(out, option->scope == OPTION_SCHEDULE ? " \\(dqNAME\\(dq]\"\n" : "]\"\n");
}

void option_print_reference(enum option_scope scope, struct str *out)
{
	const char *section = "";
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		const struct option *option = &options[i];

		if (option->scope != scope)
			continue;
		if (strcmp(option->section, section) != 0)
			append_section(option, out);
		section = option->section;
		str_append(out, ".TP\n\\fB");
		str_append_roff(out, option->key);
		str_append(out, "\\fR = ");
		append_value(option, out);
		append_meaning(option, out);
		if (scope != OPTION_DAEMON && !option->label)
			str_append(out, "Not a label: for the file only.\n");
	}
}

static void append_label(const struct option *option, struct str *out)
{
	str_append(out, ".TP\n\\fBdockscale.");
	if (option->scope == OPTION_SCHEDULE)
		str_append(out, "schedule.\\fINAME\\fB.");
	else if (strcmp(option->section, "service") != 0)
		str_appendf(out, "%s.", option->section);
	str_append_roff(out, option->key);
	str_append(out, "\\fR=");
}

void option_print_labels(struct str *out)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!options[i].label)
			continue;
		append_label(&options[i], out);
		append_value(&options[i], out);
		append_meaning(&options[i], out);
	}
}
