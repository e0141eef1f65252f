/* The command line of dockscaled as a table: the help and the man page are made of it. */
#pragma once

#include <dockscale/app/arguments.h>

#include <stdbool.h>
#include <stddef.h>

struct choice {
	const char *config;
	bool dry_run;
	bool check;
	bool version;
	bool help;
};

/* All options; they fill a struct choice. */
const struct argument *choice_arguments(size_t *ret_count);
