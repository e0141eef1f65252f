/*
 * `set maxconn server` has no way back: HAProxy keeps the number that was written, forgets the one
 * from its file, and tells neither which is which nor who wrote it. So the number that was there
 * before ours is kept here, for as long as the process lives; the file speaks again after a reload.
 * A number that is neither ours nor the one before is somebody's hand, and becomes the one before.
 */
#include "limits.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/config.h>

#include <stdio.h>
#include <string.h>

/* Written over a limit that ends: 2.6 lets go of nobody who waits when the limit becomes 0, "none",
 * so that they wait for their timeout. */
#define EVERYBODY 1000000u

void limits_finish(struct limits *limits)
{
	free(limits->items);
	*limits = (struct limits){ 0 };
}

static bool is_in(const struct view *view, const char *server)
{
	for (size_t i = 0; i < view->n_servers; i++)
		if (strcmp(view->servers[i].name, server) == 0)
			return true;
	return false;
}

static void drop(struct limits *limits, struct limit *limit)
{
	*limit = limits->items[--limits->count];
}

void limits_forget(struct limits *limits, const struct view *view)
{
	for (size_t i = limits->count; i > 0; i--)
		if (!is_in(view, limits->items[i - 1].server))
			drop(limits, &limits->items[i - 1]);
}

static struct limit *find(const struct limits *limits, const char *server)
{
	for (size_t i = 0; i < limits->count; i++)
		if (strcmp(limits->items[i].server, server) == 0)
			return &limits->items[i];
	return NULL;
}

static struct limit *add(struct limits *limits, const char *server, unsigned now)
{
	struct limit *limit;

	limits->items = mem_resize(limits->items, limits->count + 1, sizeof(*limits->items));
	limit = &limits->items[limits->count++];
	*limit = (struct limit){ .before = now, .wrote = now, .earlier = now };
	(void)mem_strcpy(limit->server, sizeof(limit->server), server);
	return limit;
}

static unsigned give_back(struct limits *limits, struct limit *limit, unsigned now)
{
	unsigned before = limit->before;

	if (now == before)
		drop(limits, limit);
	return before;
}

static unsigned permitted(const struct limits_wish *wish, unsigned before)
{
	return wish->cautious && before > 0 && before < wish->maxconn ? before : wish->maxconn;
}

static unsigned target(struct limits *limits, unsigned now, const struct limits_wish *wish)
{
	struct limit *limit = limits != NULL ? find(limits, wish->server) : NULL;

	if (limit == NULL && limits != NULL && wish->recalled && now == wish->maxconn && now > 0) {
		limit = add(limits, wish->server, now);
		limit->before = 0;
	}
	if (limit != NULL && now != limit->wrote && now != limit->earlier)
		limit->before = now;
	if (wish->maxconn == 0)
		return limit != NULL ? give_back(limits, limit, now) : now;
	if (limits == NULL || (limit == NULL && permitted(wish, now) == now))
		return permitted(wish, now);
	if (limit == NULL)
		limit = add(limits, wish->server, now);
	if (now == limit->wrote)
		limit->earlier = limit->wrote;
	limit->wrote = permitted(wish, limit->before);
	return limit->wrote;
}

static void set(const struct limits_wish *wish, unsigned maxconn, struct str *commands)
{
	str_appendf(commands, "set maxconn server %s/%s %u;", wish->backend, wish->server, maxconn);
}

void limits_plan(struct limits *limits, const struct limits_wish *wish, struct str *commands)
{
	unsigned now = (unsigned)wish->now.value;
	unsigned next;

	if (!reading_is_known(wish->now))
		return;
	next = target(limits, now, wish);
	if (next == now)
		return;
	if (next == 0)
		set(wish, EVERYBODY, commands);
	set(wish, next, commands);
}

struct reading limits_given(const char *server_options)
{
	char text[CONFIG_TEXT_MAX + 1];
	const char *found;
	unsigned long given = 0;

	(void)snprintf(text, sizeof(text), " %s", server_options);
	found = strstr(text, " maxconn ");
	if (found != NULL)
		given = strtoul(found + strlen(" maxconn "), NULL, 10);
	return reading_known(given < EVERYBODY ? (double)given : 0);
}
