/*
 * A configuration as a value on the heap. How it comes from files is in config_load.c, and what a
 * service makes of it in config_resolve.c.
 */
#include "given.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/load.h>

#include <ctype.h>
#include <string.h>

bool config_name_valid(const char *name)
{
	size_t length = strnlen(name, CONFIG_NAME_MAX);

	if (length == CONFIG_NAME_MAX || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	return true;
}

struct config *config_new(void)
{
	struct config *config = mem_zero(1, sizeof(*config));
	struct givens nothing = { .container = "" };
	struct report report = { .service = "" };

	given_apply(&nothing, OPTION_DAEMON, &config->daemon, &report);
	return config;
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->n_files; i++)
		free(config->files[i].assignments);
	free(config->files);
	free(config);
}
