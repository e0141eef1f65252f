/* What servers had as maxconn before we wrote there. */
#pragma once

#include "view.h"

#include <dockscale/base/str.h>

#include <stdbool.h>
#include <stddef.h>

struct limit {
	char server[SERVER_NAME_MAX];
	unsigned before; /* as HAProxy's file, or somebody's hand, has it; 0: none */
	unsigned wrote; /* by us, last */
	unsigned earlier; /* and before that: the last command may not have been heard */
};

/* Empty at declaration; of one HAProxy process. */
struct limits {
	struct limit *items;
	size_t count;
};

struct limits_wish {
	const char *backend;
	const char *server;
	struct reading now; /* its maxconn; 0: none */
	unsigned maxconn; /* that it is to have; 0: as it was */
	bool recalled; /* where it is so already we wrote it in another life, over none */
	bool cautious; /* never more than was there before us */
};

void limits_finish(struct limits *limits);

/* Servers that are gone. */
void limits_forget(struct limits *limits, const struct view *view);

/* Appends the commands that make it so, and notes what they take the place of. @limits NULL: nothing is
 * remembered. */
void limits_plan(struct limits *limits, const struct limits_wish *wish, struct str *commands);

/* The maxconn that an added server has from @server_options. */
struct reading limits_given(const char *server_options);
