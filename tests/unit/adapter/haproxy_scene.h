/* Planning on a backend and a membership that are made by hand. */
#pragma once

#include "haproxy_world.h"

/* A backend and a membership, made by hand. */
struct scene {
	struct haproxy_config config;
	struct plan_options options;
	struct view_server servers[8];
	struct view view;
	struct member members[8];
	struct plan_wish wish;
	struct plan plan;
};

static inline int set_up(void **state)
{
	struct scene *scene = mem_zero(1, sizeof(*scene));

	(void)mem_strcpy(scene->config.backend, sizeof(scene->config.backend), "web");
	scene->options = (struct plan_options){ .config = &scene->config, .instance = "t" };
	scene->view.servers = scene->servers;
	scene->wish.members = scene->members;
	*state = scene;
	return 0;
}

static inline int tear_down(void **state)
{
	struct scene *scene = *state;

	plan_finish(&scene->plan);
	free(scene);
	return 0;
}

/* An open server that serves at @address. */
static inline struct view_server *server(struct scene *scene, const char *name, const char *address)
{
	struct view_server *server = &scene->servers[scene->view.n_servers++];

	*server = (struct view_server){ .port = 80,
		.weight = WEIGHT_BASE,
		.up = true,
		.sessions = reading_known(0),
		.queued = reading_known(0) };
	(void)mem_strcpy(server->name, sizeof(server->name), name);
	(void)mem_strcpy(server->address, sizeof(server->address), address);
	return server;
}

/* An empty one. */
static inline struct view_server *slot(struct scene *scene, const char *name)
{
	struct view_server *slot = server(scene, name, "127.0.0.1");

	slot->maint = true;
	slot->up = false;
	return slot;
}

/* One that should serve at @address. */
static inline struct member *member(struct scene *scene, const char *address)
{
	size_t n = scene->wish.n_members++;
	struct member *member = &scene->members[n];

	*member = (struct member){ .port = 80, .weight = WEIGHT_BASE, .ours = true };
	(void)snprintf(member->id, sizeof(member->id), "%zu23456789abcdef", n + 1);
	(void)snprintf(member->name, sizeof(member->name), "web-%zu", n + 1);
	(void)mem_strcpy(member->address, sizeof(member->address), address);
	return member;
}

static inline struct member *template(struct scene *scene, const char *address)
{
	struct member *template = member(scene, address);

	template->ours = false;
	return template;
}

static inline const char *make(struct scene *scene)
{
	plan_finish(&scene->plan);
	plan_make(&scene->options, &scene->wish, &scene->view, &scene->plan);
	return str_text(&scene->plan.commands);
}

#define assert_plan(scene, expected) assert_string_equal(make(scene), expected)
