/* Recorded answers of HAProxy, and views made by hand. */
#pragma once

#include <adapter/haproxy/plan.h>
#include <adapter/haproxy/view.h>

#include <dockscale/base/mem.h>
#include <dockscale/core/weight.h>

#include <unit/recorded.h>

static inline struct view view_of(const char *name, const char *backend)
{
	cleanup_free char *text = recorded("haproxy", name);
	struct view view = { 0 };
	struct err err = { 0 };

	if (view_parse(text, backend, &view, &err) != 0)
		fail_msg("%s: %s", name, err.msg);
	return view;
}

static inline const struct view_server *server_of(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->n_servers; i++)
		if (strcmp(view->servers[i].name, name) == 0)
			return &view->servers[i];
	fail_msg("no server %s", name);
	return NULL;
}

static inline void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("'%s' is in '%s'", part, text);
}
