/*
 * The table of the daemon's options.
 */
#include "choice.h"

#include <dockscale/base/mem.h>

static const struct argument arguments[] = {
	{ "config", 'c', "DIR", "configuration (default " DOCKSCALE_SYSCONFDIR ")",
		offsetof(struct choice, config), false },
	{ "dry-run", 'n', NULL, "decide and say so, change nothing",
		offsetof(struct choice, dry_run), false },
	{ "check", 0, NULL, "read the configuration, say what is wrong, and end",
		offsetof(struct choice, check), false },
	{ "version", 0, NULL, "print the version and end", offsetof(struct choice, version),
		false },
	{ "help", 'h', NULL, "print this and end", offsetof(struct choice, help), false },
};

const struct argument *choice_arguments(size_t *ret_count)
{
	*ret_count = countof(arguments);
	return arguments;
}
