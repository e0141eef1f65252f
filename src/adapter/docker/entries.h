/* The containers that matter: what watch.c and entries.c share. */
#pragma once

#include "ends.h"
#include "watch.h"

struct entry {
	struct watch *watch;
	struct container container; /* its id from the beginning, the rest once known */
	bool known;
	bool reported; /* the other side has heard of it */
	bool died; /* since the inspect under way began: what that one says is too old */
	struct signalled signalled;
	bool awaited; /* by the listing under way */
	uint64_t seen; /* the last listing that had it, or was under way when it came */
	uint64_t asked; /* ticket of the last wish for an inspect */
	uint64_t covered; /* ticket that the inspect under way, or the last one, answers */
	struct http_request *request; /* its inspect, or its image's */
	char image[80]; /* digest of the image that is asked for */
};

struct watch {
	struct docker *docker;
	struct link *link;
	struct watch_listener listener;
	struct images *images;
	struct entry **entries;
	size_t n_entries;
	size_t n_requests;
	uint64_t tickets;
	uint64_t listings;
	struct http_request *list;
	bool listing; /* one is under way: the list, then the inspects */
	bool again; /* another one was asked for meanwhile */
};

/* NULL: it has none. */
struct entry *entries_find(const struct watch *watch, const char *id);
/* NULL: there is no room for another one. */
struct entry *entries_add(struct watch *watch, const char *id);
/* Which service? "" for ours, whatever the files say of it. False: it does not matter. A label that
 * is no usable name matters too: somebody has to be told. */
bool entries_select(const struct docker *docker, const struct container *container,
	char service[static CONFIG_NAME_MAX]);
/* May it matter, as far as its name and its labels tell, of which nobody knows yet which are the
 * image's? The inspect decides. */
bool entries_may_matter(const struct docker *docker, const char *name, const cJSON *labels);

void entry_end_request(struct entry *entry);
void entry_cancel_request(struct entry *entry);
void entry_free(struct entry *entry);
/* Forgets one that is gone, or that matters no longer, and says so to who has heard of it. */
void entry_drop(struct entry *entry);
void entry_announce(struct entry *entry);
