/* Limits further up the tree than the container's own cgroup. */
#pragma once

#include <dockscale/core/reading.h>

/* Known INFINITY: none. Unknown: one of them could not be read. */
struct cgroup_limits {
	struct reading cpu_cores;
	struct reading memory_bytes;
};

/* The smaller one; unknown if one of them is, since it might be the smaller; what is unsupported
 * limits nothing. */
struct reading cgroup_limits_smaller(struct reading a, struct reading b);

/* The smallest limits of all cgroups above @path, which is below the root that @root is open on.
 * The root itself has no limits. */
struct cgroup_limits cgroup_limits_above(int root, const char *path);
