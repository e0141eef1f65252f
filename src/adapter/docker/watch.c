/*
 * What is known of the containers that matter. An event only says that something changed; what
 * is true is asked by an inspect, and several events of one container within one inspect lead to
 * one more. A death is the exception: it is told at once from what is known, because the address
 * must be closed before it belongs to somebody else.
 *
 * A listing is the list of the engine with an inspect of each that matters, told when all are in.
 * It knows nothing of intents: who wants to hear of an inspect asks with a ticket.
 */
#include "entries.h"

#include "clone.h"
#include "inspect.h"
#include "spec.h"

#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <string.h>

#define INSPECTS_MAX   8 /* under way at once: an engine answers about 1,000 a second */
#define ANSWER_TIMEOUT (10 * USEC_PER_SEC) /* of a list or an inspect */

static bool is_complete(const struct watch *watch)
{
	for (size_t i = 0; i < watch->n_entries; i++)
		if (watch->entries[i]->awaited)
			return false;
	return watch->list == NULL;
}

static void tell_listing(struct watch *watch)
{
	cleanup_free struct container *containers = mem_zero(watch->n_entries, sizeof(*containers));
	struct event event = { .kind = EVENT_LISTING };
	size_t count = 0;

	for (size_t i = 0; i < watch->n_entries; i++) {
		if (!watch->entries[i]->known)
			continue;
		watch->entries[i]->reported = true;
		containers[count++] = watch->entries[i]->container; /* borrowed for the push */
	}
	event.listing.containers = containers;
	event.listing.count = count;
	event_push(&watch->docker->sink, &event);
}

static void finish_listing(struct watch *watch)
{
	if (!watch->listing || !is_complete(watch))
		return;
	watch->listing = false;
	link_listed(watch->link);
	tell_listing(watch);
	if (watch->again)
		watch_list(watch);
}

static void want_inspect(struct entry *entry)
{
	entry->asked = ++entry->watch->tickets;
	entry->seen = entry->watch->listings;
}

/* The end of an inspect: its facts are there, or @err says why not. */
static void finish_inspect(struct entry *entry, const struct err *err)
{
	struct watch *watch = entry->watch;
	uint64_t covered = entry->covered;
	char id[CONTAINER_ID_MAX];

	(void)mem_strcpy(id, sizeof(id), entry->container.id);
	entry->awaited = false;
	if (err != NULL && err->code == ERR_LIMIT)
		docker_remark(watch->docker, REMARK_INSPECT,
			"the inspect of container %.12s is longer than %zu KiB, and it is left "
			"alone: fewer labels and environment variables cure it",
			id, INSPECT_BYTES_MAX / 1024);
	if (err != NULL && err->code == ERR_NOT_FOUND)
		entry_drop(entry);
	else if (err == NULL && link_is_up(watch->link))
		entry_announce(entry);
	watch->listener.refreshed(watch->listener.context, id, covered, err);
}

/* What @inspect tells of @entry's container, and the service it belongs to. */
static int read_facts(const struct entry *entry, const cJSON *inspect,
	struct container *ret_container, char *ret_service, struct err *err)
{
	struct watch *watch = entry->watch;
	const cJSON *image = images_get(watch->images, jsontext_string(inspect, "Image"));
	int r = inspect_container(inspect, image, ret_container, err);

	if (r < 0)
		return r;
	if (strcmp(ret_container->id, entry->container.id) != 0)
		return err_set(err, ERR_INVALID, "asked for container %.12s, docker tells of %.12s",
			entry->container.id, ret_container->id);
	if (!entries_select(watch->docker, ret_container, ret_service))
		return err_set(err, ERR_NOT_FOUND, "container %s belongs to no service",
			ret_container->name);
	return 0;
}

static void remark_networks(
	struct docker *docker, const struct container *container, const cJSON *inspect)
{
	int networks = cJSON_GetArraySize(jsontext_path(inspect, "NetworkSettings", "Networks"));

	if (networks > CONTAINER_ENDPOINTS_MAX)
		docker_remark(docker, REMARK_NETWORKS,
			"container %.64s is in %d networks; only %d are looked at: where [haproxy] "
			"network names another, leave some",
			container->name, networks, CONTAINER_ENDPOINTS_MAX);
}

/* An inspect does not tell: what is known of that end already stays. */
static bool end_was_asked(const struct entry *entry, const struct container *found)
{
	const struct container *known = &entry->container;

	if (found->state == CONTAINER_RUNNING)
		return ends_soon(&entry->signalled, found->started_at);
	if (found->state != CONTAINER_EXITED || found->started_at == 0)
		return false;
	if (entry->known && known->state == CONTAINER_EXITED &&
		known->started_at == found->started_at)
		return known->end_was_asked;
	return ends_by(&entry->signalled, found->started_at, clock_now().wall);
}

/* Facts of one that matters no longer are nobody's affair. */
static void take_facts(struct entry *entry, const char *body, const cJSON *inspect)
{
	struct container container = { 0 };
	char service[CONFIG_NAME_MAX] = "";
	struct err err = { 0 };

	if (read_facts(entry, inspect, &container, service, &err) < 0) {
		container_finish(&container);
		finish_inspect(entry, &err);
		return;
	}
	spec_fill(&container, jsontext_span(body));
	container.end_was_asked = end_was_asked(entry, &container);
	remark_networks(entry->watch->docker, &container, inspect);
	container_finish(&entry->container);
	entry->container = container;
	entry->known = true;
	if (service[0] != '\0')
		templates_note(entry->watch->docker->templates, service, &entry->container, body);
	finish_inspect(entry, NULL);
}

static void pump(struct watch *watch);

/* An entry has one request under way at most. */
static void ask(struct entry *entry, const char *kind, const char *id,
	void (*on_done)(void *context, const struct http_answer *answer))
{
	struct watch *watch = entry->watch;
	cleanup_str struct str path = { 0 };

	str_append(&path, kind);
	clone_escape(&path, jsontext_span(id));
	str_append(&path, "/json");
	watch->n_requests++;
	entry->request = request_send(watch->docker, &(struct http_call){
							     .method = "GET",
							     .path = str_text(&path),
							     .timeout = ANSWER_TIMEOUT,
							     .body_max = INSPECT_BYTES_MAX,
							     .on_done = on_done,
							     .context = entry,
						     });
}

/* After an answer: what waits may go on, unless nobody is there. */
static void go_on(struct watch *watch, const struct err *err)
{
	if (err->code == ERR_UNREACHABLE || err->code == ERR_DENIED) {
		link_lost(watch->link, err);
		return;
	}
	if (err->code == ERR_TIMEOUT)
		link_doubt(watch->link);
	finish_listing(watch);
	pump(watch);
}

static void on_image(void *context, const struct http_answer *answer)
{
	struct entry *entry = context;
	struct watch *watch = entry->watch;
	const char *digest = entry->image;
	struct err err = { 0 };

	entry_end_request(entry);
	if (answer->err.code == 0 && (answer->status == 200 || answer->status == 404)) {
		(void)images_put(
			watch->images, digest, answer->status == 200 ? answer->body : NULL);
		entry->covered = 0; /* inspected again, now that it can be read */
	} else {
		(void)request_error(answer, &err);
		finish_inspect(entry, &err);
	}
	go_on(watch, &err);
}

static void ask_image(struct entry *entry, const char *digest)
{
	(void)mem_strcpy(entry->image, sizeof(entry->image), digest);
	ask(entry, "/images/", digest, on_image);
}

static void take_inspect(struct entry *entry, const struct http_answer *answer)
{
	struct watch *watch = entry->watch;
	cleanup_json cJSON *inspect = NULL;
	struct err err = { 0 };
	const char *digest;

	if (jsontext_parse(answer->body, answer->length, &inspect, &err) < 0) {
		finish_inspect(entry, &err);
		return;
	}
	digest = jsontext_string(inspect, "Image");
	if (strlen(digest) >= sizeof(entry->image)) {
		(void)err_set(&err, ERR_INVALID,
			"container %.12s: an image's digest of %zu letters", entry->container.id,
			strlen(digest));
		finish_inspect(entry, &err);
		return;
	}
	if (digest[0] != '\0' && images_get(watch->images, digest) == NULL)
		ask_image(entry, digest);
	else
		take_facts(entry, answer->body, inspect);
}

static void on_inspect(void *context, const struct http_answer *answer)
{
	struct entry *entry = context;
	struct watch *watch = entry->watch;
	struct err err = { 0 };

	entry_end_request(entry);
	if (answer->err.code != 0 || answer->status != 200) {
		(void)request_error(answer, &err);
		finish_inspect(entry, &err);
	} else if (entry->died) {
		entry->died = false; /* told already; what came is from before, and one follows */
	} else {
		take_inspect(entry, answer);
	}
	go_on(watch, &err);
}

static void ask_inspect(struct entry *entry)
{
	entry->covered = entry->asked;
	entry->died = false;
	ask(entry, "/containers/", entry->container.id, on_inspect);
}

/* Sends the inspects that are wanted, a few at a time. While nobody is there they wait for the
 * listing that comes with the connection. */
static void pump(struct watch *watch)
{
	bool connected = watch->listing || link_is_up(watch->link);

	for (size_t i = 0; connected && i < watch->n_entries; i++) {
		struct entry *entry = watch->entries[i];

		if (watch->n_requests == INSPECTS_MAX)
			return;
		if (entry->request == NULL && entry->asked > entry->covered)
			ask_inspect(entry);
	}
}

/* @attributes (may be NULL) are its name and labels. */
static void take_change(struct watch *watch, const char *id, const cJSON *attributes)
{
	struct entry *entry = entries_find(watch, id);

	if (entry == NULL &&
		entries_may_matter(watch->docker, jsontext_string(attributes, "name"), attributes))
		entry = entries_add(watch, id);
	if (entry == NULL)
		return;
	want_inspect(entry);
	pump(watch);
}

/* Somebody let the engine send it a signal: an end that follows was asked for. */
static void take_signal(struct watch *watch, const char *id, int number, usec_t at_wall)
{
	struct entry *entry = entries_find(watch, id);

	/* An engine that goes down ends all of them, and nobody asked for it. */
	if (entry == NULL || !link_is_up(watch->link))
		return;
	entry->signalled = (struct signalled){ .at = at_wall, .number = number };
	if (!entry->known || !entry->reported || entry->container.state != CONTAINER_RUNNING ||
		!ends_soon(&entry->signalled, entry->container.started_at))
		return;
	entry->container.end_was_asked = true;
	entry_announce(entry);
}

static void take_death(struct watch *watch, const char *id, int exit_code, usec_t at_wall)
{
	struct entry *entry = entries_find(watch, id);

	if (entry == NULL)
		return;
	want_inspect(entry);
	/* The death of a former life says nothing of this one. */
	if (entry->known && at_wall >= entry->container.started_at) {
		entry->container.state = CONTAINER_EXITED;
		entry->container.exit_code = exit_code;
		entry->container.end_was_asked =
			ends_by(&entry->signalled, entry->container.started_at, at_wall);
		entry->container.pid = 0;
		entry->container.n_endpoints = 0;
		entry->container.n_ports = 0;
		if (entry->reported)
			entry_announce(entry);
	}
	entry->died = entry->request != NULL;
	pump(watch);
}

static void no_longer(struct entry *entry)
{
	struct watch *watch = entry->watch;
	char id[CONTAINER_ID_MAX];
	struct err err = { 0 };

	(void)mem_strcpy(id, sizeof(id), entry->container.id);
	(void)err_set(&err, ERR_NOT_FOUND, "container %s was removed", entry->container.name);
	entry_drop(entry);
	watch->listener.refreshed(watch->listener.context, id, UINT64_MAX, &err);
}

static void take_removal(struct watch *watch, const char *id)
{
	struct entry *entry = entries_find(watch, id);

	if (entry == NULL)
		return;
	no_longer(entry);
	finish_listing(watch);
	pump(watch);
}

void watch_happened(struct watch *watch, const struct happening *happening)
{
	switch (happening->kind) {
	case HAPPENING_CHANGED:
		take_change(watch, happening->id, happening->attributes);
		return;
	case HAPPENING_SIGNALLED:
		take_signal(watch, happening->id, happening->number, happening->at_wall);
		return;
	case HAPPENING_DIED:
		take_death(watch, happening->id, happening->number, happening->at_wall);
		return;
	case HAPPENING_GONE:
		take_removal(watch, happening->id);
		return;
	}
}

const struct container *watch_find(const struct watch *watch, const char *id)
{
	const struct entry *entry = entries_find(watch, id);

	return entry != NULL && entry->known ? &entry->container : NULL;
}

uint64_t watch_refresh(struct watch *watch, const char *id)
{
	struct entry *entry = entries_find(watch, id);

	if (entry == NULL)
		entry = entries_add(watch, id);
	if (entry == NULL)
		return 0;
	want_inspect(entry);
	pump(watch);
	return entry->asked;
}

/* A container has one name of its own; "/other/alias" is one that a link gave it. */
static const char *name_of(const cJSON *item)
{
	const cJSON *element;

	cJSON_ArrayForEach (element, jsontext_get(item, "Names")) {
		const char *name = cJSON_GetStringValue(element);

		if (name != NULL && name[0] == '/' && strchr(name + 1, '/') == NULL)
			return name + 1;
	}
	return "";
}

static void take_listed(struct watch *watch, const cJSON *item)
{
	const char *id = jsontext_string(item, "Id");
	struct entry *entry;

	if (id[0] == '\0' ||
		!entries_may_matter(watch->docker, name_of(item), jsontext_get(item, "Labels")))
		return;
	entry = entries_find(watch, id);
	if (entry == NULL)
		entry = entries_add(watch, id);
	if (entry == NULL)
		return;
	want_inspect(entry);
	entry->awaited = true;
}

/* The listing tells that they are gone: no event of their own is needed. */
static void drop_unlisted(struct watch *watch)
{
	for (size_t i = watch->n_entries; i-- > 0;) {
		struct entry *entry = watch->entries[i];

		if (entry->seen == watch->listings)
			continue;
		entry->reported = false;
		no_longer(entry);
	}
}

static void on_list(void *context, const struct http_answer *answer)
{
	struct watch *watch = context;
	cleanup_json cJSON *list = NULL;
	const cJSON *item;
	struct err err = { 0 };

	watch->list = NULL;
	if (answer->err.code != 0 || answer->status != 200)
		(void)request_error(answer, &err);
	else
		(void)jsontext_parse(answer->body, answer->length, &list, &err);
	if (err.code == 0 && !cJSON_IsArray(list))
		(void)err_set(&err, ERR_REMOTE,
			"docker at %s gives no list of containers: is that a Docker engine's "
			"socket?",
			watch->docker->endpoint);
	if (err.code != 0) {
		link_lost(watch->link, &err);
		return;
	}
	cJSON_ArrayForEach (item, list)
		take_listed(watch, item);
	drop_unlisted(watch);
	finish_listing(watch);
	pump(watch);
}

void watch_list(struct watch *watch)
{
	watch->again = watch->listing;
	if (watch->listing)
		return;
	watch->listing = true;
	watch->listings++;
	watch->list = request_send(watch->docker, &(struct http_call){
							  .method = "GET",
							  .path = "/containers/json?all=1",
							  .timeout = ANSWER_TIMEOUT,
							  .body_max = LIST_BYTES_MAX,
							  .on_done = on_list,
							  .context = watch,
						  });
}

void watch_suspend(struct watch *watch)
{
	if (watch->list != NULL)
		http_cancel(take_ptr(watch->list));
	for (size_t i = 0; i < watch->n_entries; i++) {
		entry_cancel_request(watch->entries[i]);
		watch->entries[i]->awaited = false;
		watch->entries[i]->signalled = (struct signalled){ 0 };
	}
	watch->listing = false;
	watch->again = false;
}

struct watch *watch_new(
	struct docker *docker, struct link *link, const struct watch_listener *listener)
{
	struct watch *watch = mem_zero(1, sizeof(*watch));

	watch->docker = docker;
	watch->link = link;
	watch->listener = *listener;
	watch->images = images_new();
	return watch;
}

void watch_free(struct watch *watch)
{
	watch_suspend(watch);
	for (size_t i = 0; i < watch->n_entries; i++)
		entry_free(watch->entries[i]);
	free(watch->entries);
	images_free(watch->images);
	free(watch);
}
