/* The journal in a file of SQLite. */
#pragma once

#include <dockscale/port/ports.h>

#include <uv.h>

/* Of @instance, in @directory. Never NULL: a place that cannot be used is told by EVENT_JOURNAL and
 * tried again now and then. */
struct journal *sqlite_journal_new(
	uv_loop_t *loop, const char *directory, const char *instance, struct event_sink sink);

/* Waits until all that was taken is written or cannot be, for @patience at most (for tests). */
void sqlite_journal_flush(struct journal *journal, usec_t patience);

/* Remembers nothing and tells nothing: for a dry run. */
struct journal *journal_none_new(void);

/* Could a journal be kept in @directory? ERR_DENIED, ERR_NOT_FOUND, ERR_SYSTEM and the cure if not;
 * leaves nothing behind. */
int sqlite_journal_check(const char *directory, struct err *err);
