/*
 * dockscalectl's command line: a table of commands, from which the help is made too. A command
 * is a row here and a function in the file of its kind.
 */
#include "ctl.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Options that only some commands take. */
enum accepts {
	FOR = 1 << 0,
	WATCH = 1 << 1,
	ALL = 1 << 2,
	CONTAINER = 1 << 3,
	TRACE = 1 << 4, /* and how it is played */
	CONFIGS = 1 << 5, /* more than one --config */
};

static int version_run(const struct ctl *ctl);

static const struct command {
	const char *name;
	const char *usage;
	const char *help;
	unsigned accepts;
	size_t words_min;
	size_t words_max;
	bool service; /* its first word is a service's name */
	int (*run)(const struct ctl *ctl);
} commands[] = {
	{ "status", "[--watch]", "what runs, what is wanted, and why", WATCH, 0, 0, false,
		status_run },
	{ "explain", "SERVICE", "why the count of one service is what it is", 0, 1, 1, true,
		status_explain },
	{ "scale", "SERVICE N [--for 1h]", "set the count by hand", FOR, 2, 2, true, act_scale },
	{ "pause", "SERVICE | --all", "hold the count until resume", ALL, 0, 1, true, act_pause },
	{ "resume", "SERVICE | --all", "scale again", ALL, 0, 1, true, act_resume },
	{ "release", "SERVICE | --all", "drain and remove our replicas, leave the rest to you", ALL,
		0, 1, true, act_release },
	{ "reload", "", "read the files anew: all or nothing", 0, 0, 0, false, act_reload },
	{ "check", "[FILE | DIR]... [--container NAME]",
		"say what is wrong in the files, or whether a container may be cloned", CONTAINER,
		0, ARGUMENTS_REST_MAX, false, check_run },
	{ "doctor", "", "say what this machine is missing, each with its cure", 0, 0, 0, false,
		doctor_run },
	{ "haproxy", "SERVICE", "print the lines to paste into haproxy.cfg", 0, 1, 1, true,
		lines_run },
	{ "simulate", "[SERVICE] --trace FILE.csv --peak N [--config NEW.ini]...",
		"what a service, or files, would have done under a recorded load",
		TRACE | FOR | CONFIGS, 0, 1, true, simulate_run },
	{ "version", "", "print the version", 0, 0, 0, false, version_run },
};

static const struct argument arguments[] = {
	{ "config", 'c', "DIR",
		"configuration (default: the daemon's, else " DOCKSCALE_SYSCONFDIR "); "
		"simulate: also a service's file to try, up to four",
		offsetof(struct ctl, configs), true },
	{ "socket", 's', "PATH", "control socket (default: what the configuration says)",
		offsetof(struct ctl, socket), false },
	{ "json", 'j', NULL, "print JSON", offsetof(struct ctl, json), false },
	{ "watch", 'w', NULL, "status: again each second", offsetof(struct ctl, watch), false },
	{ "for", 0, "TIME", "scale: for so long, such as 30m or 1h; simulate: so much of the load",
		offsetof(struct ctl, duration), false },
	{ "all", 'a', NULL, "pause, resume, release: every service", offsetof(struct ctl, all),
		false },
	{ "container", 0, "NAME", "check: may this container be cloned?",
		offsetof(struct ctl, container), false },
	{ "trace", 't', "FILE", "simulate: the load, lines of \"seconds,rate\"",
		offsetof(struct ctl, trace), false },
	{ "peak", 0, "N", "simulate: replicas that its 99.5th percentile wants",
		offsetof(struct ctl, peak), false },
	{ "per-replica", 0, "RATE", "simulate: or the rate that keeps one replica busy",
		offsetof(struct ctl, per_replica), false },
	{ "start-up", 0, "TIME", "simulate: until a started replica serves (10s)",
		offsetof(struct ctl, startup), false },
	{ "seed", 0, "N", "simulate: of the noise of chance (1)", offsetof(struct ctl, seed),
		false },
	{ "svg", 0, "FILE", "simulate: the plot as a picture", offsetof(struct ctl, svg), false },
	{ "version", 0, NULL, "print the version", offsetof(struct ctl, version), false },
	{ "help", 'h', NULL, "print this", offsetof(struct ctl, help), false },
};

int ctl_fail(int status, const char *format, ...)
{
	va_list args;

	(void)fputs("dockscalectl: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return status;
}

static int version_run(const struct ctl *ctl)
{
	(void)printf(ctl->json ? "{\"version\":\"%s\"}\n" : "dockscalectl %s\n", DOCKSCALE_VERSION);
	return CTL_DONE;
}

static int print_help(void)
{
	cleanup_str struct str text = { 0 };

	str_append(&text, "dockscalectl asks and steers dockscaled.\n\n"
			  "usage: dockscalectl [OPTIONS] COMMAND\n\ncommands:\n");
	for (size_t i = 0; i < countof(commands); i++) {
		str_appendf(&text, "  %s%s%s\n", commands[i].name,
			commands[i].usage[0] != '\0' ? " " : "", commands[i].usage);
		str_appendf(&text, "      %s\n", commands[i].help);
	}
	str_append(&text, "\noptions:\n");
	arguments_print(arguments, countof(arguments), &text);
	str_append(&text, "\nExit status: 0 done, 1 a problem was found, 2 usage, "
			  "3 the daemon cannot be reached.\n");
	(void)fputs(str_text(&text), stdout);
	return CTL_DONE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool options_fit(const struct ctl *ctl, const struct command *command)
{
	const bool trace = ctl->trace != NULL || ctl->peak != NULL || ctl->per_replica != NULL ||
			   ctl->startup != NULL || ctl->seed != NULL || ctl->svg != NULL;
	const unsigned given = (ctl->duration != NULL ? FOR : 0U) | (ctl->watch ? WATCH : 0U) |
			       (ctl->all ? ALL : 0U) | (ctl->container != NULL ? CONTAINER : 0U) |
			       (trace ? TRACE : 0U) | (ctl->configs.count > 1 ? CONFIGS : 0U);

	return (given & ~command->accepts) == 0;
}

static int run(struct ctl *ctl)
{
	const struct command *command;

	if (ctl->words.count == 0)
		return ctl_fail(CTL_USAGE, "a command is missing: see --help");
	command = find_command(ctl->words.items[0]);
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
	struct err err;

	(void)argc;
	if (arguments_parse(arguments, countof(arguments), &ctl, argv + 1, &ctl.words, &err) < 0)
		return ctl_fail(CTL_USAGE, "%s", err.msg);
	if (ctl.configs.count > 0)
		ctl.config = ctl.configs.items[ctl.configs.count - 1];
	if (ctl.help)
		return print_help();
	if (ctl.version)
		return version_run(&ctl);
	return run(&ctl);
}
