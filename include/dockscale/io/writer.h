/* A thread that writes to a store, so that no disk can hold up the loop. */
#pragma once

#include <dockscale/io/store.h>

#include <stdint.h>
#include <uv.h>

/* What waits at most while the store cannot be written; the oldest of the log goes first. */
#define WRITER_KEYS_MAX 1024
#define WRITER_LOG_MAX  256

struct writer;

struct writer_options {
	struct store_options store;
	usec_t retry; /* after a failure: so long until the next try */
	/* Mandatory, called on the loop. @err->code is 0 when the store works again (@anew: nothing
	 * of what was put before is in it; the message, if any, says why) or the reason why it
	 * does not. Not called for what stays the same. */
	void (*told)(void *context, const struct err *err, bool anew);
	void *context;
};

/* Writes to @store (taken over; NULL: it cannot be opened now and is tried again, @away says why it
 * cannot, which the caller has told already). Texts of the options are copied. */
struct writer *writer_new(uv_loop_t *loop, const struct writer_options *options,
	struct store *store, const struct err *away);

/* All return at once. A newer value of a key replaces one that waits; what is too much is left out. */
void writer_put(struct writer *writer, const char *key, const void *value, size_t length);
void writer_forget(struct writer *writer, const char *key);
void writer_log(struct writer *writer, usec_t wall, const char *subject, const char *text);

/* Waits until all is written, or cannot be, for @patience at most. Returns whether all was. */
bool writer_flush(struct writer *writer, usec_t patience);

/* Writes what waits within @patience and ends. A thread that hangs in a disk is left behind with its
 * memory. The loop must turn once more. NULL is fine. */
void writer_free(struct writer *writer, usec_t patience);
