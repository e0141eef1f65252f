/* The file from which HAProxy takes the servers' state when it is reloaded. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>

#include <stdbool.h>
#include <stddef.h>

/* Is @text the whole answer to `show servers state`? Of half a file HAProxy would take half. */
bool statefile_is_whole(const char *text, size_t length);

/* Which servers are closed in a text. */
struct statefile_edit {
	const char *backend;
	bool (*closes)(void *context, const char *server);
	void *context;
};

/* Copies @text to the empty @ret_text with those servers in maintenance; all else stays, line by
 * line. Returns how many were closed. */
size_t statefile_close(const char *text, const struct statefile_edit *edit, struct str *ret_text);

/* Reads @path into the empty @ret_text. ERR_NOT_FOUND, ERR_LIMIT or what open() says. */
int statefile_read(const char *path, struct str *ret_text, struct err *err);

/* Replaces @path by @text at once: a reload in between reads the old one or the new one, whole. */
int statefile_write(const char *path, const char *text, size_t length, struct err *err);
