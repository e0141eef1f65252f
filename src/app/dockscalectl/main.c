/*
 * Reads the command line and gives it to the command: see commands.c.
 */
#include "commands.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static int print_help(void)
{
	cleanup_str struct str text = { 0 };
	size_t n = 0;
	const struct command *commands = command_table(&n);
	const struct argument *arguments;

	str_append(&text, "dockscalectl asks and steers dockscaled.\n\n"
			  "usage: dockscalectl [OPTIONS] COMMAND\n\ncommands:\n");
	for (size_t i = 0; i < n; i++) {
		str_appendf(&text, "  %s%s%s\n", commands[i].name,
			commands[i].usage[0] != '\0' ? " " : "", commands[i].usage);
		str_appendf(&text, "      %s\n", commands[i].help);
	}
	str_append(&text, "\noptions:\n");
	arguments = command_arguments(&n);
	arguments_print(arguments, n, &text);
	str_append(&text, "\nExit status: 0 done, 1 a problem was found, 2 usage, "
			  "3 the daemon cannot be reached.\n");
	(void)fputs(str_text(&text), stdout);
	return CTL_DONE;
}

static bool options_fit(const struct ctl *ctl, const struct command *command)
{
	const bool trace = ctl->trace != NULL || ctl->peak != NULL || ctl->per_replica != NULL ||
			   ctl->startup != NULL || ctl->seed != NULL || ctl->svg != NULL;
	const unsigned given =
		(ctl->duration != NULL ? ACCEPTS_FOR : 0U) | (ctl->watch ? ACCEPTS_WATCH : 0U) |
		(ctl->all ? ACCEPTS_ALL : 0U) | (ctl->container != NULL ? ACCEPTS_CONTAINER : 0U) |
		(trace ? ACCEPTS_TRACE : 0U) | (ctl->configs.count > 1 ? ACCEPTS_CONFIGS : 0U);

	return (given & ~command->accepts) == 0;
}

static int run(struct ctl *ctl)
{
	const struct command *command;

	if (ctl->words.count == 0)
		return ctl_fail(CTL_USAGE, "a command is missing: see --help");
	command = command_find(ctl->words.items[0]);
	if (command == NULL)
		return ctl_fail(CTL_USAGE, "'%s' is no command: see --help", ctl->words.items[0]);
	ctl->words.count--;
	memmove(ctl->words.items, ctl->words.items + 1,
		ctl->words.count * sizeof(ctl->words.items[0]));
	if (ctl->words.count < command->words_min || ctl->words.count > command->words_max ||
		!options_fit(ctl, command))
		return ctl_fail(
			CTL_USAGE, "usage: dockscalectl %s %s", command->name, command->usage);
	if (command->service && ctl->words.count > 0 && !config_name_valid(ctl->words.items[0]))
		return ctl_fail(CTL_USAGE,
			"'%s' is no service's name: letters, digits and _ . - only",
			ctl->words.items[0]);
	return command->run(ctl);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .config = NULL };
	size_t n = 0;
	const struct argument *arguments = command_arguments(&n);
	struct err err;

	(void)argc;
	if (arguments_parse(arguments, n, &ctl, argv + 1, &ctl.words, &err) < 0)
		return ctl_fail(CTL_USAGE, "%s", err.msg);
	if (ctl.configs.count > 0)
		ctl.config = ctl.configs.items[ctl.configs.count - 1];
	if (ctl.help)
		return print_help();
	if (ctl.version)
		return ctl_version(&ctl);
	return run(&ctl);
}
