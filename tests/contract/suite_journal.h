/* What every journal promises (port/ports.h), as tests: run against the simulated one and the one of
 * SQLite. */
#pragma once

#include <dockscale/port/ports.h>

/* The world that a journal is tested in. Every test begins in a world without one, and ends with
 * clear(). */
struct suite_journal_world {
	const char *name; /* for the report */
	void *context;
	/* The journal of a daemon that starts. */
	struct journal *(*open)(void *context, struct event_sink sink);
	/* That daemon ends in order. */
	void (*close)(void *context, struct journal *journal);
	/* It is killed a second after it said something last. */
	void (*kill)(void *context, struct journal *journal);
	/* What the journal found out is told, what it took is written. */
	void (*settle)(void *context, struct journal *journal);
	struct moment (*now)(void *context);
	/* While no daemon runs: a random part of what is stored becomes another one. */
	void (*damage)(void *context, uint64_t chance);
	/* It cannot write any more, or can again. */
	void (*set_away)(void *context, bool away);
	void (*clear)(void *context);
};

/* Runs all tests. Returns how many failed. */
int suite_journal(const struct suite_journal_world *world);
