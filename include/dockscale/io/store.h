/* Rows that outlive the process: values by their key, and a bounded log. One SQLite file, one thread
 * at a time. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/time.h>

#include <stdbool.h>
#include <stddef.h>

/* Damaged files that are kept beside the new one, for whoever wants to look. */
#define STORE_DAMAGED_MAX 3

struct store;

struct store_options {
	const char *path; /* its directory is made when only that is missing */
	int version; /* of what the caller stores, 1 or more: a file of another one is set aside */
	unsigned log_max; /* rows of the log that are kept */
};

enum store_change_kind { STORE_PUT, STORE_FORGET, STORE_LOG };

struct store_change {
	enum store_change_kind kind;
	const char *key; /* log: whom it is about */
	const void *value; /* log: text */
	size_t length;
	usec_t at; /* log: wall clock */
};

/* Opens the file, or begins one that only its owner may read. Returns 0; 1 when what was there was
 * damaged or of another version and a new one was begun (@err tells, the old one is kept as
 * PATH.damaged-TIME); ERR_DENIED, ERR_NOT_FOUND, ERR_SYSTEM when the place is unusable. */
int store_open(const struct store_options *options, struct store **ret_store, struct err *err);
void store_close(struct store *store); /* NULL is fine */

/* Tells every value to @each, by order of keys. */
int store_each(struct store *store,
	void (*each)(void *context, const char *key, const void *value, size_t length),
	void *context, struct err *err);

/* Makes all changes or none; they outlive a kill of the process from then on. After an error the
 * store is to be closed and opened again: that finds out what became of the file. */
int store_commit(
	struct store *store, const struct store_change *changes, size_t n, struct err *err);

/* Is what lies at the path still this file? Somebody may have removed it. */
bool store_is_there(const struct store *store);
