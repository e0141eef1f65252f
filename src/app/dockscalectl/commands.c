/*
 * The table of commands and that of their options. A command is a row here and a function in the
 * file of its kind.
 */
#include "commands.h"

#include <dockscale/base/mem.h>

#include <stddef.h>
#include <string.h>

static const struct command commands[] = {
	{ "status", "[--watch]", "what runs, what is wanted, and why", ACCEPTS_WATCH, 0, 0, false,
		status_run },
	{ "explain", "SERVICE", "why the count of one service is what it is", 0, 1, 1, true,
		status_explain },
	{ "scale", "SERVICE N [--for 1h]", "set the count by hand", ACCEPTS_FOR, 2, 2, true,
		act_scale },
	{ "pause", "SERVICE | --all", "hold the count until resume", ACCEPTS_ALL, 0, 1, true,
		act_pause },
	{ "resume", "SERVICE | --all", "scale again", ACCEPTS_ALL, 0, 1, true, act_resume },
	{ "release", "SERVICE | --all", "drain and remove our replicas, leave the rest to you",
		ACCEPTS_ALL, 0, 1, true, act_release },
	{ "reload", "", "read the files anew: all or nothing", 0, 0, 0, false, act_reload },
	{ "check", "[FILE | DIR]... [--container NAME]",
		"say what is wrong in the files, or whether a container may be cloned",
		ACCEPTS_CONTAINER, 0, ARGUMENTS_REST_MAX, false, check_run },
	{ "doctor", "", "say what this machine is missing, each with its cure", 0, 0, 0, false,
		doctor_run },
	{ "haproxy", "SERVICE", "print the lines to paste into haproxy.cfg", 0, 1, 1, true,
		lines_run },
	{ "simulate", "[SERVICE] --trace FILE.csv --peak N [--config NEW.ini]...",
		"what a service, or files, would have done under a recorded load",
		ACCEPTS_TRACE | ACCEPTS_FOR | ACCEPTS_CONFIGS, 0, 1, true, simulate_run },
	{ "version", "", "print the version", 0, 0, 0, false, ctl_version },
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

const struct command *command_table(size_t *ret_count)
{
	*ret_count = countof(commands);
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const struct argument *command_arguments(size_t *ret_count)
{
	*ret_count = countof(arguments);
	return arguments;
}
