/* A small file, read whole. */
#pragma once

#include <stddef.h>

/* Reads @path (relative to @directory, or absolute) into @buffer of @size bytes and ends it with
 * NUL. 0, or a negative errno; -EFBIG when it does not fit, so that nothing is half read. */
int cgroup_slurp(int directory, const char *path, char *buffer, size_t size);
