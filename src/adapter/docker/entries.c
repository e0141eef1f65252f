/*
 * The containers that matter, one entry each: which of them do, what is known of them, and that
 * the other side hears of it. When to ask the engine, and what its answers mean, is watch.c's affair.
 */
#include "entries.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define CONTAINERS_MAX 1000

struct entry *entries_find(const struct watch *watch, const char *id)
{
	for (size_t i = 0; i < watch->n_entries; i++)
		if (strcmp(watch->entries[i]->container.id, id) == 0)
			return watch->entries[i];
	return NULL;
}

struct entry *entries_add(struct watch *watch, const char *id)
{
	struct entry *entry;

	if (watch->n_entries == CONTAINERS_MAX)
		docker_remark(watch->docker, REMARK_CONTAINERS,
			"more than %d containers belong to services, and those beyond are left "
			"alone: remove stopped ones, or let `match` name fewer",
			CONTAINERS_MAX);
	if (watch->n_entries == CONTAINERS_MAX || strlen(id) >= CONTAINER_ID_MAX)
		return NULL;
	entry = mem_zero(1, sizeof(*entry));
	entry->watch = watch;
	(void)mem_strcpy(entry->container.id, sizeof(entry->container.id), id);
	watch->entries = mem_resize(watch->entries, watch->n_entries + 1, sizeof(void *));
	watch->entries[watch->n_entries++] = entry;
	return entry;
}

void entry_end_request(struct entry *entry)
{
	if (entry->request == NULL)
		return;
	entry->request = NULL;
	entry->watch->n_requests--;
}

void entry_cancel_request(struct entry *entry)
{
	if (entry->request != NULL)
		http_cancel(entry->request);
	entry_end_request(entry);
}

void entry_free(struct entry *entry)
{
	entry_cancel_request(entry);
	container_finish(&entry->container);
	free(entry);
}

static void remove_entry(struct entry *entry)
{
	struct watch *watch = entry->watch;

	for (size_t i = 0; i < watch->n_entries; i++) {
		if (watch->entries[i] != entry)
			continue;
		watch->entries[i] = watch->entries[--watch->n_entries];
		break;
	}
	entry_free(entry);
}

/* A template was removed: who is there already may be the next one, and is asked for its inspect once
 * more, since that is kept of templates alone. */
static void find_successor(struct watch *watch)
{
	for (size_t i = 0; i < watch->n_entries; i++)
		if (watch->entries[i]->known &&
			container_label(&watch->entries[i]->container, LABEL_OWNER) == NULL)
			watch->entries[i]->asked = ++watch->tickets;
}

void entry_drop(struct entry *entry)
{
	struct watch *watch = entry->watch;
	struct docker *docker = watch->docker;
	struct event event = { .kind = EVENT_GONE };
	bool reported = entry->reported;

	(void)mem_strcpy(event.gone, sizeof(event.gone), entry->container.id);
	remove_entry(entry);
	if (templates_gone(docker->templates, event.gone))
		find_successor(watch);
	if (reported)
		event_push(&docker->sink, &event);
}

void entry_announce(struct entry *entry)
{
	struct event event = { .kind = EVENT_CONTAINER, .container = &entry->container };

	entry->reported = true;
	event_push(&entry->watch->docker->sink, &event);
}

bool entries_select(const struct docker *docker, const struct container *container,
	char service[static CONFIG_NAME_MAX])
{
	const char *owner = container_label(container, LABEL_OWNER);
	const struct service_file *file = NULL;
	struct err err = { 0 };
	int r;

	service[0] = '\0';
	if (owner != NULL)
		return strcmp(owner, docker->instance) == 0 &&
		       container_label(container, LABEL_SERVICE) != NULL;
	r = config_select(docker->config, container->name, container->labels, container->n_labels,
		service, &file, &err);
	if (r != 0)
		service[0] = '\0';
	return r != 1;
}

bool entries_may_matter(const struct docker *docker, const char *name, const cJSON *labels)
{
	struct container seen = { 0 };
	char service[CONFIG_NAME_MAX];
	const cJSON *label;
	bool matters;

	if (jsontext_get(labels, LABEL_OWNER) != NULL)
		return true;
	(void)mem_strcpy(seen.name, sizeof(seen.name), name);
	cJSON_ArrayForEach (label, labels) {
		const char *value = cJSON_GetStringValue(label);

		if (label->string != NULL && value != NULL &&
			container_add_label(&seen, label->string, value, false) < 0)
			break;
	}
	matters = entries_select(docker, &seen, service);
	container_finish(&seen);
	return matters;
}
