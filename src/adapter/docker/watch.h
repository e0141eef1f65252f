/* The containers that matter, and their facts. */
#pragma once

#include "link.h"

/* Who asked for an inspect hears of its end. */
struct watch_listener {
	void *context;
	/* A container was inspected and announced (@err NULL), or could not be. Wishes of this
	 * ticket and of those before it are answered. */
	void (*refreshed)(void *context, const char *id, uint64_t ticket, const struct err *err);
};

struct watch *watch_new(
	struct docker *docker, struct link *link, const struct watch_listener *listener);
void watch_free(struct watch *watch);
/* Lists anew, inspects each, and tells all at once. While one listing is under way another one
 * follows it. */
void watch_list(struct watch *watch);
/* The connection is lost: nothing is under way any more. */
void watch_suspend(struct watch *watch);
void watch_happened(struct watch *watch, const struct happening *happening);
/* What was known of it last; NULL: nothing. Valid until something comes. */
const struct container *watch_find(const struct watch *watch, const char *id);
/* Inspects a container anew and announces it; the listener hears of it with this ticket or a later
 * one afterwards. 0: there is no room for another container. */
uint64_t watch_refresh(struct watch *watch, const char *id);
