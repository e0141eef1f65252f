/* The configuration files as the daemon takes them: at start, and at a reload. */
#pragma once

#include <dockscale/base/str.h>
#include <dockscale/conf/load.h>
#include <dockscale/engine/engine.h>

struct files_options {
	const char *directory;
	bool dry_run; /* over what the file says */
};

/* Reads the files. The instance gets its default, the host's name, here. As config_load(). */
int files_load(const struct files_options *options, struct config **ret_config,
	struct config_problems *problems, struct err *err);

struct files_reload {
	const struct files_options *options;
	const struct daemon_config *running;
	const struct engine *engine;
	struct config_problems *problems; /* filled: every single thing that is wrong */
	struct str *remarks; /* filled: one line for each key that waits for a restart */
};

/* Reads the files for a daemon that runs. Any problem, of a file or of a service that the engine
 * knows, refuses the whole (ERR_INVALID). Keys that only a restart can change keep their value. */
int files_reload(struct files_reload *reload, struct config **ret_config, struct err *err);

/* Makes an instance's name of a host's: other characters than [A-Za-z0-9_.-] become '-'. */
void files_instance_name(const char *host, char name[static CONFIG_NAME_MAX]);
