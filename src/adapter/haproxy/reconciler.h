/* One HAProxy socket for one service: makes a membership so, one cycle at a time. */
#pragma once

#include "plan.h"

#include <dockscale/io/exchange.h>

struct reconciler {
	uv_loop_t *loop;
	char socket[CONFIG_TEXT_MAX];
	/* What the last cycle found; valid until the next one begins. */
	bool reachable;
	struct view view; /* after all changes */
	struct plan plan; /* method, capacity */
	bool refused; /* servers that should be added were not */
	bool reloaded; /* the process took the place of one that we knew */
	char problem[256];
	fault_set faults;
	/* Its own. */
	struct exchange *exchange;
	const struct plan_options *options;
	const struct plan_wish *wish;
	const char *state_file; /* NULL: another one writes it */
	uint64_t saved; /* fingerprint of what the state file holds; 0: nothing yet */
	char saved_in[CONFIG_TEXT_MAX]; /* its path */
	struct limits limits; /* of that process */
	int64_t pid; /* of the process that answered last; 0: none yet */
	uint64_t backend_id; /* by which statistics are asked for; 0: by its name */
	bool renumbered; /* in this cycle */
	bool asked; /* that process, whether it looks the names of slots up */
	bool resolved; /* and it does */
	unsigned retries;
	unsigned rounds;
	unsigned waits;
	bool more; /* the plan is not at its end with this exchange */
	struct str sent; /* the commands of the last round */
	void (*done)(void *context);
	void *context;
};

void reconciler_init(struct reconciler *reconciler, uv_loop_t *loop, const char *socket);

/* Ends a cycle that is under way without done(), and frees what it holds. */
void reconciler_finish(struct reconciler *reconciler);

/* Begins a cycle: @options and @wish are borrowed until done(), which is called once, later. */
void reconciler_start(struct reconciler *reconciler, const struct plan_options *options,
	const struct plan_wish *wish, const char *state_file);
