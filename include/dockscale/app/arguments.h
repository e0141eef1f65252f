/* Command lines from a table of options. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>

#include <stdbool.h>

#define ARGUMENTS_REST_MAX 64

struct argument {
	const char *name; /* "config": --config */
	char letter; /* 'c': -c; 0: none */
	const char *value; /* what its value looks like, "DIR"; NULL: a switch */
	const char *help; /* one line */
	size_t offset; /* in the target: of a const char * (value), or a bool (switch) */
	bool many; /* may be said again: the offset is that of a struct arguments_rest */
};

struct arguments_rest {
	const char *items[ARGUMENTS_REST_MAX];
	size_t count;
};

/* Fills @target from --name VALUE, --name=VALUE, -c VALUE, -cVALUE and switches; what is no option
 * goes to @ret_rest in order; "--" ends the options. Texts point into @argv. ERR_INVALID names the
 * option that is wrong and, where one is near, the one that was meant. */
int arguments_parse(const struct argument *table, size_t n, void *target, char **argv,
	struct arguments_rest *ret_rest, struct err *err);

/* "  -c, --config DIR   help" a line each, aligned. */
void arguments_print(const struct argument *table, size_t n, struct str *out);
