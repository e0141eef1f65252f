/* Files and labels to configurations. Pure but for reading the files named. */
#pragma once

#include <dockscale/conf/config.h>

/* One thing that is wrong: what, where, and the cure, in one text ("web.ini:12: ..."). */
struct config_problem {
	char service[CONFIG_NAME_MAX]; /* the service it disables; "" : the daemon's file */
	char text[512];
};

#define CONFIG_PROBLEMS_MAX 64

struct config_problems {
	struct config_problem items[CONFIG_PROBLEMS_MAX];
	size_t count; /* may be over CONFIG_PROBLEMS_MAX: the rest was only counted */
};

/* One key = value with its place, kept as text until everything that has a say is known: a
 * service is its file's assignments over its template's labels over the defaults. */
struct assignment {
	char section[CONFIG_NAME_MAX];
	char key[CONFIG_NAME_MAX];
	char value[CONFIG_TEXT_MAX];
	char place[CONFIG_TEXT_MAX]; /* "/etc/dockscale/services.d/web.ini:12", "label
				      * dockscale.max of container web_1" */
};

/* The INI file of a service, read but not yet a configuration. */
struct service_file {
	char name[CONFIG_NAME_MAX]; /* [service] name, else the file's name without .ini */
	char path[CONFIG_TEXT_MAX];
	struct assignment *assignments;
	size_t n_assignments;
	bool broken; /* its problems were reported: this service is disabled */
};

/* Everything that files say. Values are replaced as a whole by a reload. */
struct config {
	struct daemon_config daemon;
	struct service_file *files;
	size_t n_files;
};

/* A label of a container. */
struct label {
	const char *key;
	const char *value;
	bool from_image; /* the image has the same label: nobody who started it chose it */
};

/* The daemon's defaults and no service. Free with config_free(). */
struct config *config_new(void);
void config_free(struct config *config);

/* Reads @directory, which must exist: its dockscale.ini (absent: defaults) and services.d/?*.ini.
 * Every problem of every file is reported, with file:line and cure. Returns 0 with *ret_config when
 * the daemon's file is right; a wrong service file is marked broken (at start that disables the
 * service alone; a reload refuses the whole when problems->count > 0). Negative when the daemon's
 * file is wrong or cannot be read. A file without a usable name is a problem, but not listed. */
int config_load(const char *directory, struct config **ret_config, struct config_problems *problems,
	struct err *err);

/* Reads one service's file, wherever it lies, for a daemon of @daemon: the config has that file and no
 * other. Returns 0, or ERR_INVALID with what is wrong in @problems. */
int config_load_service(const char *path, const struct daemon_config *daemon,
	struct config **ret_config, struct config_problems *problems);

/* Reads one file alone, wherever it lies, and adds what is wrong with it to @problems. A file with
 * [daemon] in it or named dockscale.ini is the daemon's, any other a service's, whose missing
 * values may still come from labels. Returns 0 when it is right, else ERR_INVALID. */
int config_check_file(const char *path, struct config_problems *problems);

/* The configuration of one service: defaults, then @labels (as far as allow_labels lets them and
 * not from_image unless allowed), then its file's assignments (@file may be NULL: labels alone).
 * Cross-validated: an option without effect, min > max and the like are errors naming the place.
 * @container names the container in messages. Returns 0 and *ret_service, or ERR_INVALID. */
int config_resolve(const struct daemon_config *daemon, const struct service_file *file,
	const char *name, const char *container, const struct label *labels, size_t n_labels,
	struct service_config *ret_service, struct err *err);

/* Which service does a container belong to? Gives its name in @service, and *ret_file (NULL when it
 * is known by labels alone). Order: label dockscale.service (not from the image unless allowed, and
 * only when allow_labels permits the section service; on what this daemon's instance made always),
 * then the files' `match` in file order.
 * Returns 0 when it belongs to one, 1 when to none, ERR_INVALID when the label is no usable name. */
int config_select(const struct config *config, const char *container, const struct label *labels,
	size_t n_labels, char service[static CONFIG_NAME_MAX], const struct service_file **ret_file,
	struct err *err);

/* Is this a name that a service may have? [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63. */
bool config_name_valid(const char *name);
