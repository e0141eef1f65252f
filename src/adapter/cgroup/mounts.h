/* The cgroup mounts of /proc/self/mountinfo, as text to values. */
#pragma once

#include <dockscale/conf/config.h>

struct cgroup_mounts {
	char root[CONFIG_TEXT_MAX]; /* where v2 is mounted; "" : nowhere */
	bool legacy; /* a v1 controller is mounted too */
};

/* Takes @text of mountinfo (proc(5)). Among several v2 mounts the first whole one (not a subtree)
 * wins. Lines that do not parse are left out. */
void cgroup_mounts_parse(const char *text, struct cgroup_mounts *ret_mounts);
