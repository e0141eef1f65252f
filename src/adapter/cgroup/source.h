/* Inside doors of the source, for the bench. */
#pragma once

#include <dockscale/port/ports.h>

/* Watches the cgroup at @path below the root as if it were the container @id's, without asking a
 * process for it. */
void cgroup_source_watch_path(struct source *source, const char *id, const char *path);
