/* cgroup v2 files behind the source port. */
#pragma once

#include <dockscale/port/ports.h>

/* Where to look; all may be "" or NULL for this machine's own. Tests point them at recorded trees. */
struct cgroup_options {
	const char *root; /* of the v2 tree */
	const char *proc; /* "/proc" */
};

/* What the machine has. */
struct cgroup_facts {
	char root[CONFIG_TEXT_MAX]; /* "" : no v2 tree */
	bool hybrid; /* v2 is mounted beside v1 */
	bool cpu; /* controller available in the v2 tree */
	bool memory;
	bool pressure; /* PSI */
	bool libcgroup; /* found through libcgroup, else mountinfo */
};

int cgroup_discover(
	const struct cgroup_options *options, struct cgroup_facts *ret_facts, struct err *err);

/* Fails only where there is no v2 tree at all (ERR_UNSUPPORTED, with the cure). */
int cgroup_source_new(const struct cgroup_options *options, struct event_sink sink,
	struct source **ret_source, struct err *err);

/* The machine's own readings, of /proc alone: a source that watches nothing and gives one EVENT_HOST
 * a sample. Never fails: what cannot be read is unknown. Of @options only proc counts. */
struct source *cgroup_host_new(const struct cgroup_options *options, struct event_sink sink);

/* The path of a container's cgroup below the root, found by its pid and checked against its id. */
int cgroup_locate(const struct cgroup_options *options, const char *root, int64_t pid,
	const char *id, char *ret_path, size_t size, struct err *err);
