/* The pure half of finding a container's cgroup. */
#pragma once

#include <dockscale/base/err.h>

/* Paths below the root of the v2 tree, with NUL. Docker inside Docker needs some 200. */
#define CGROUP_PATH_MAX 1024

/* The cgroup of a container below the root, without a leading slash. */
struct cgroup_path {
	char text[CGROUP_PATH_MAX];
};

/* Takes @text of /proc/PID/cgroup: the path of the "0::" line, cut behind the component that holds
 * @id. ERR_CONFLICT: another cgroup than the container's (a pid that was given to another process);
 * ERR_UNSUPPORTED: no v2 line, or we are inside a cgroup namespace, with the cure. */
int cgroup_locate_parse(
	const char *text, const char *id, struct cgroup_path *ret_path, struct err *err);
