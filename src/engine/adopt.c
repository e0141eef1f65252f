/*
 * Containers to services and replicas. The world is the truth: a listing is compared with what
 * we believe, and we give way. What we made is known by its owner label, what a person started
 * by its labels or a service file's match; a create that timed out but worked is found here by
 * its name.
 */
#include "take.h"

#include <dockscale/base/mem.h>

#include <string.h>

static bool is_ours(const struct engine *engine, const struct container *container)
{
	const char *owner = container_label(container, LABEL_OWNER);
	const char *role = container_label(container, LABEL_ROLE);

	return owner != NULL && strcmp(owner, engine->instance) == 0 && role != NULL &&
	       strcmp(role, "replica") == 0 && container_label(container, LABEL_SERVICE) != NULL;
}

/* Another daemon's replica: read by nobody here. */
static bool is_anothers(const struct engine *engine, const struct container *container)
{
	const char *owner = container_label(container, LABEL_OWNER);

	return owner != NULL && strcmp(owner, engine->instance) != 0;
}

/* Listings come again and again: a container is told of once, and of @TOLD_MAX at most. */
static bool is_told(struct engine *engine, const char *id)
{
	for (size_t i = 0; i < engine->n_told; i++)
		if (strcmp(engine->told[i], id) == 0)
			return true;
	if (engine->n_told == TOLD_MAX)
		return true;
	(void)mem_strcpy(engine->told[engine->n_told++], CONTAINER_ID_MAX, id);
	return false;
}

static void forget_told(struct engine *engine, const char *id)
{
	for (size_t i = 0; i < engine->n_told; i++) {
		if (strcmp(engine->told[i], id) != 0)
			continue;
		if (i < --engine->n_told)
			memcpy(engine->told[i], engine->told[engine->n_told], CONTAINER_ID_MAX);
		return;
	}
}

static void tell_unusable(
	struct engine *engine, const struct container *container, const struct err *err)
{
	struct note note = { LOG_LEVEL_WARNING, "container left alone", NULL, -1, -1 };

	if (!is_told(engine, container->id))
		note_add(engine, NULL, &note, "%s", err->msg);
}

/* The name of the service it belongs to; false: to none. */
static bool belongs_to(
	struct engine *engine, const struct container *container, char name[static CONFIG_NAME_MAX])
{
	const struct service_file *file = NULL;
	struct err err;
	int r;

	if (is_anothers(engine, container))
		return false;
	if (is_ours(engine, container)) {
		(void)mem_strcpy(name, CONFIG_NAME_MAX, container_label(container, LABEL_SERVICE));
		return true;
	}
	r = config_select(engine->config, container->name, container->labels, container->n_labels,
		name, &file, &err);
	if (r < 0)
		tell_unusable(engine, container, &err);
	return r == 0;
}

/* The replica whose create was given this container's name and has no answer yet. */
static struct replica *find_expected(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->id[0] == '\0' &&
			strcmp(service->replicas[i]->name, name) == 0)
			return service->replicas[i];
	return NULL;
}

static struct replica *find_or_add(
	struct engine *engine, struct service *service, const struct container *container)
{
	struct replica *replica = find_expected(service, container->name);

	if (replica != NULL)
		return replica;
	replica = fleet_add_replica(service);
	replica->role = is_ours(engine, container) ? ROLE_CLONE : ROLE_FOREIGN;
	replica->since = engine->now.boot;
	replica->adopted = !service->settled && container->state == CONTAINER_RUNNING;
	/* A person's server is left as it is: our probe may be the one that is wrong. */
	replica->inherited = replica->adopted && replica->role == ROLE_CLONE;
	if (replica->role != ROLE_CLONE || !service->configured)
		service->dirty = true;
	if (service->configured)
		series_prepare(engine, service, replica);
	return replica;
}

/* A create without an answer, found by its name: it worked, and goes on from there. */
static void settle_uncertain(
	struct engine *engine, struct service *service, struct replica *replica)
{
	if (!replica->uncertain)
		return;
	replica->uncertain = false;
	if (replica->state == REPLICA_CREATING)
		replica_created(engine, service, replica);
}

void adopt_container(struct engine *engine, const struct container *container)
{
	struct service *holder = NULL;
	struct replica *replica = fleet_find_replica(engine, container->id, &holder);
	char name[CONFIG_NAME_MAX];
	struct service *service;

	if (!belongs_to(engine, container, name)) {
		if (replica != NULL)
			fleet_drop_replica(engine, holder, replica);
		return;
	}
	if (replica != NULL && strcmp(holder->name, name) != 0) {
		fleet_drop_replica(engine, holder, replica);
		replica = NULL;
	}
	service = fleet_find_service(engine, name);
	if (service == NULL)
		service = fleet_add_service(engine, name);
	if (replica == NULL)
		replica = find_or_add(engine, service, container);
	life_observe(engine, service, replica, container);
	settle_uncertain(engine, service, replica);
}

/* What the listing did not show is gone, unless a call for it is under way or it was announced
 * since the last listing: a listing is a little older than the announcements that came meanwhile. */
static void drop_unseen(struct engine *engine, struct service *service)
{
	for (size_t i = service->n_replicas; i > 0; i--) {
		struct replica *replica = service->replicas[i - 1];

		if (replica->seen || replica->pending != 0) {
			replica->seen = false;
			continue;
		}
		if (replica->uncertain) {
			const char *text = "a create got no answer and did not work";

			if (!warm_failed(engine, service, replica, text))
				fleet_failed(engine, service, text);
		} else {
			note_replica(engine, service, replica, "replica gone",
				"it is not in the runtime's listing");
		}
		fleet_drop_replica(engine, service, replica);
	}
}

void adopt_listing(struct engine *engine, const struct container *containers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		adopt_container(engine, &containers[i]);
	for (size_t i = 0; i < engine->n_services; i++)
		drop_unseen(engine, engine->services[i]);
	engine->runtime_known = true;
	engine->runtime_seen = true;
}

void adopt_gone(struct engine *engine, const char *id)
{
	struct service *service = NULL;
	struct replica *replica = fleet_find_replica(engine, id, &service);

	forget_told(engine, id);
	if (replica == NULL)
		return;
	/* One that somebody removes is told as being removed too. */
	if (replica->state == REPLICA_REMOVING && replica->pending_kind == INTENT_REMOVE)
		note_removed(engine, service, replica);
	else
		note_replica(
			engine, service, replica, "replica gone", "it was removed from outside");
	fleet_drop_replica(engine, service, replica);
}
