/* The file from which HAProxy takes the servers' state when it is reloaded. */
#pragma once

#include <dockscale/base/err.h>

#include <stdbool.h>
#include <stddef.h>

/* Is @text the whole answer to `show servers state`? Of half a file HAProxy would take half. */
bool statefile_is_whole(const char *text, size_t length);

/* Replaces @path by @text at once: a reload in between reads the old one or the new one, whole. */
int statefile_write(const char *path, const char *text, size_t length, struct err *err);
