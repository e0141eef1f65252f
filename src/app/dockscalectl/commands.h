/* The command line of dockscalectl as a table: the help, the man page and the completions are made
 * of it too. */
#pragma once

#include "ctl.h"

#include <stdbool.h>
#include <stddef.h>

/* Options that only some commands take. */
enum command_accepts {
	ACCEPTS_FOR = 1 << 0,
	ACCEPTS_WATCH = 1 << 1,
	ACCEPTS_ALL = 1 << 2,
	ACCEPTS_CONTAINER = 1 << 3,
	ACCEPTS_TRACE = 1 << 4, /* and how it is played */
	ACCEPTS_CONFIGS = 1 << 5, /* more than one --config */
};

struct command {
	const char *name;
	const char *usage;
	const char *help;
	unsigned accepts; /* bits of enum command_accepts */
	size_t words_min;
	size_t words_max;
	bool service; /* its first word is a service's name */
	int (*run)(const struct ctl *ctl);
};

/* All commands, in the order of the help. */
const struct command *command_table(size_t *ret_count);

/* NULL when there is none. */
const struct command *command_find(const char *name);

/* All options, those of single commands included. */
const struct argument *command_arguments(size_t *ret_count);
