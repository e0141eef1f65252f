/* The connection to the engine. It is up from the first listing until somebody finds nobody there. */
#pragma once

#include "parts.h"

enum happening_kind { HAPPENING_CHANGED, HAPPENING_SIGNALLED, HAPPENING_DIED, HAPPENING_GONE };

/* What an event tells of a container. */
struct happening {
	enum happening_kind kind;
	const char *id;
	const cJSON *attributes; /* its name and labels; NULL: not told */
	int number; /* signalled: the signal; died: the exit code; 0: not told */
	usec_t at_wall; /* the engine's clock; 0: not told */
};

/* Who hears of the connection. */
struct link_listener {
	void *context;
	/* It is time for a listing: the connection is new, or old. */
	void (*list)(void *context);
	void (*happened)(void *context, const struct happening *happening);
	/* It is lost, which was told: nothing that is under way will be answered. */
	void (*lost)(void *context, const struct err *err);
};

/* Begins to connect, from the loop's next turn on. */
struct link *link_new(struct docker *docker, const struct link_listener *listener);
void link_free(struct link *link);
bool link_is_up(const struct link *link);
/* Is the engine still there? Asks on a new connection; what it finds out it tells. */
void link_doubt(struct link *link);
/* It is not. Told once; connecting begins anew. */
void link_lost(struct link *link, const struct err *err);
/* The first listing of this connection is complete and about to be told. */
void link_listed(struct link *link);
/* The version to speak with an engine whose newest is @theirs; ERR_UNSUPPORTED with the cure. */
int link_choose_version(const char *theirs, unsigned *ret_api, struct err *err);
