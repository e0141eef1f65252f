/* The daemon as a whole: everything made, wired, run and taken down again. */
#pragma once

#include <dockscale/base/err.h>

#include <stdbool.h>

struct daemon_options {
	const char *config_directory;
	bool dry_run; /* over what the file says */
};

/* Runs until a signal ends it. Negative when it could not begin: @err says why. */
int daemon_run(const struct daemon_options *options, struct err *err);
