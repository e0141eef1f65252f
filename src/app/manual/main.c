/*
 * Makes man pages and completions: copies a template, and puts what the tables of options and
 * commands say where the template names it. A page can so never tell of an option that is not there,
 * or be silent on one that is. Part of the build, not installed.
 */
#include "app/dockscalectl/commands.h"
#include "app/dockscaled/choice.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/option.h>

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

/* Paragraphs of a man page. */

static void append_argument(const struct argument *argument, struct str *out)
{
	str_append(out, ".TP\n");
	if (argument->letter != 0)
		str_appendf(out, "\\fB\\-%c\\fR, ", argument->letter);
	str_append(out, "\\fB\\-\\-");
	str_append_roff(out, argument->name);
	str_append(out, "\\fR");
	if (argument->value != NULL)
		str_appendf(out, " \\fI%s\\fR", argument->value);
	str_append_char(out, '\n');
	str_append_roff(out, argument->help);
	str_append_char(out, '\n');
}

static void append_daemon_options(struct str *out)
{
	size_t n = 0;
	const struct argument *arguments = choice_arguments(&n);

	for (size_t i = 0; i < n; i++)
		append_argument(&arguments[i], out);
}

static void append_ctl_options(struct str *out)
{
	size_t n = 0;
	const struct argument *arguments = command_arguments(&n);

	for (size_t i = 0; i < n; i++)
		append_argument(&arguments[i], out);
}

static void append_commands(struct str *out)
{
	size_t n = 0;
	const struct command *commands = command_table(&n);

	for (size_t i = 0; i < n; i++) {
		str_appendf(out, ".TP\n\\fB%s\\fR ", commands[i].name);
		str_append_roff(out, commands[i].usage);
		str_append_char(out, '\n');
		str_append_roff(out, commands[i].help);
		str_append_char(out, '\n');
	}
}

static void append_daemon_reference(struct str *out)
{
	option_print_reference(OPTION_DAEMON, out);
}

static void append_service_reference(struct str *out)
{
	option_print_reference(OPTION_SERVICE, out);
	option_print_reference(OPTION_SCHEDULE, out);
}

/* Words of a completion. */

static void append_command_words(struct str *out)
{
	size_t n = 0;
	const struct command *commands = command_table(&n);

	for (size_t i = 0; i < n; i++)
		str_appendf(out, "%s%s", i > 0 ? " " : "", commands[i].name);
}

/* Commands whose first word is a service's name. */
static void append_service_commands(struct str *out)
{
	size_t n = 0;
	const char *join = "";
	const struct command *commands = command_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!commands[i].service)
			continue;
		str_appendf(out, "%s%s", join, commands[i].name);
		join = " | ";
	}
}

static void append_words(const struct argument *arguments, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++) {
		str_appendf(out, "%s--%s", i > 0 ? " " : "", arguments[i].name);
		if (arguments[i].letter != 0)
			str_appendf(out, " -%c", arguments[i].letter);
	}
}

static void append_ctl_words(struct str *out)
{
	size_t n = 0;
	const struct argument *arguments = command_arguments(&n);

	append_words(arguments, n, out);
}

static void append_daemon_words(struct str *out)
{
	size_t n = 0;
	const struct argument *arguments = choice_arguments(&n);

	append_words(arguments, n, out);
}

static void append_version(struct str *out)
{
	str_append(out, DOCKSCALE_VERSION);
}

static const struct place {
	const char *name;
	void (*append)(struct str *out);
} places[] = {
	{ "@daemon-options@", append_daemon_options },
	{ "@ctl-options@", append_ctl_options },
	{ "@commands@", append_commands },
	{ "@daemon-reference@", append_daemon_reference },
	{ "@service-reference@", append_service_reference },
	{ "@labels@", option_print_labels },
	{ "@command-words@", append_command_words },
	{ "@service-commands@", append_service_commands },
	{ "@ctl-words@", append_ctl_words },
	{ "@daemon-words@", append_daemon_words },
	{ "@version@", append_version },
};

/* The first place in @text, and where it is. */
static const struct place *find_place(const char *text, const char **ret_at)
{
	const struct place *first = NULL;

	for (size_t i = 0; i < countof(places); i++) {
		const char *at = strstr(text, places[i].name);

		if (at == NULL || (first != NULL && at > *ret_at))
			continue;
		first = &places[i];
		*ret_at = at;
	}
	return first;
}

/* A line that is a place alone becomes whole lines; in the midst of one it is replaced. */
static void fill(const char *line, struct str *out)
{
	const char *at = NULL;
	const struct place *place = find_place(line, &at);

	while (place != NULL) {
		str_append_bytes(out, line, (size_t)(at - line));
		place->append(out);
		line = at + strlen(place->name);
		place = find_place(line, &at);
	}
	if (line[0] == '\n' && out->length > 0 && out->data[out->length - 1] == '\n')
		line++;
	str_append(out, line);
}

static int copy(FILE *template, FILE *page)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), template) != NULL) {
		cleanup_str struct str text = { 0 };

		fill(line, &text);
		if (fputs(str_text(&text), page) == EOF)
			return -1;
	}
	return ferror(template) != 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	FILE *template;
	FILE *page;
	int r;

	if (argc != 3) {
		(void)fputs("usage: manual TEMPLATE PAGE\n", stderr);
		return 2;
	}
	template = fopen(argv[1], "re");
	if (template == NULL) {
		perror(argv[1]);
		return 1;
	}
	page = fopen(argv[2], "we");
	r = page != NULL ? copy(template, page) : -1;
	if (page != NULL && fclose(page) == EOF)
		r = -1;
	if (r < 0)
		perror(argv[2]);
	(void)fclose(template);
	return r < 0;
}
