/*
 * What is known of the containers that matter. An event only says that something changed; what
 * is true is asked by an inspect, and several events of one container within one inspect lead to
 * one more. A death is the exception: it is told at once from what is known, because the address
 * must be closed before it belongs to somebody else.
 *
 * A listing is the list of the engine with an inspect of each that matters, told when all are in.
 * It knows nothing of intents: who wants to hear of an inspect asks with a ticket.
 */
#include "parts.h"

#include "clone.h"
#include "inspect.h"
#include "spec.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define CONTAINERS_MAX 1000
#define INSPECTS_MAX   8 /* under way at once: an engine answers about 1,000 a second */
#define ANSWER_TIMEOUT (10 * USEC_PER_SEC) /* of a list or an inspect */

struct entry {
	struct watch *watch;
	struct container container; /* its id from the beginning, the rest once known */
	bool known;
	bool reported; /* the other side has heard of it */
	bool died; /* since the inspect under way began: what that one says is too old */
	bool awaited; /* by the listing under way */
	uint64_t seen; /* the last listing that had it, or was under way when it came */
	uint64_t asked; /* ticket of the last wish for an inspect */
	uint64_t covered; /* ticket that the inspect under way, or the last one, answers */
	struct http_request *request; /* its inspect, or its image's */
	char image[80]; /* digest of the image that is asked for */
};

struct watch {
	struct docker *docker;
	struct entry **entries;
	size_t n_entries;
	size_t n_requests;
	uint64_t tickets;
	uint64_t listings;
	struct http_request *list;
	bool listing; /* one is under way: the list, then the inspects */
	bool again; /* another one was asked for meanwhile */
};

static struct entry *find_entry(const struct watch *watch, const char *id)
{
	for (size_t i = 0; i < watch->n_entries; i++)
		if (strcmp(watch->entries[i]->container.id, id) == 0)
			return watch->entries[i];
	return NULL;
}

static struct entry *add_entry(struct watch *watch, const char *id)
{
	struct entry *entry;

	if (watch->n_entries == CONTAINERS_MAX || strlen(id) >= CONTAINER_ID_MAX)
		return NULL;
	entry = mem_zero(1, sizeof(*entry));
	entry->watch = watch;
	(void)mem_strcpy(entry->container.id, sizeof(entry->container.id), id);
	watch->entries = mem_resize(watch->entries, watch->n_entries + 1, sizeof(void *));
	watch->entries[watch->n_entries++] = entry;
	return entry;
}

static void end_request(struct entry *entry)
{
	if (entry->request == NULL)
		return;
	entry->request = NULL;
	entry->watch->n_requests--;
}

static void cancel_request(struct entry *entry)
{
	if (entry->request != NULL)
		http_cancel(entry->request);
	end_request(entry);
}

static void free_entry(struct entry *entry)
{
	cancel_request(entry);
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
	free_entry(entry);
}

/* Forgets one that is gone, or that matters no longer, and says so to who has heard of it. */
static void drop_entry(struct entry *entry)
{
	struct docker *docker = entry->watch->docker;
	struct event event = { .kind = EVENT_GONE };
	bool reported = entry->reported;

	(void)mem_strcpy(event.gone, sizeof(event.gone), entry->container.id);
	remove_entry(entry);
	if (reported)
		event_push(&docker->sink, &event);
}

static void announce(struct entry *entry)
{
	struct event event = { .kind = EVENT_CONTAINER, .container = &entry->container };

	entry->reported = true;
	event_push(&entry->watch->docker->sink, &event);
}

/* Which service? "" for ours, whatever the files say of it. False: it does not matter. A label that
 * is no usable name matters too: somebody has to be told. */
static bool select_service(const struct docker *docker, const struct container *container,
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

/* May it matter, as far as its name and its labels tell, of which nobody knows yet which are the
 * image's? The inspect decides. */
static bool may_matter(const struct docker *docker, const char *name, const cJSON *labels)
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
	matters = select_service(docker, &seen, service);
	container_finish(&seen);
	return matters;
}

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
	link_listed(watch->docker->link);
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
	struct docker *docker = watch->docker;
	uint64_t covered = entry->covered;
	char id[CONTAINER_ID_MAX];

	(void)mem_strcpy(id, sizeof(id), entry->container.id);
	entry->awaited = false;
	if (err != NULL && err->code == ERR_NOT_FOUND)
		drop_entry(entry);
	else if (err == NULL && link_is_up(docker->link))
		announce(entry);
	jobs_refreshed(docker->jobs, id, covered, err);
}

/* What @inspect tells of @entry's container, and the service it belongs to. */
static int read_facts(const struct entry *entry, const cJSON *inspect,
	struct container *ret_container, char *ret_service, struct err *err)
{
	struct docker *docker = entry->watch->docker;
	const cJSON *image = images_get(docker->images, jsontext_string(inspect, "Image"));
	int r = inspect_container(inspect, image, ret_container, err);

	if (r < 0)
		return r;
	if (strcmp(ret_container->id, entry->container.id) != 0)
		return err_set(err, ERR_INVALID, "asked for container %.12s, docker tells of %.12s",
			entry->container.id, ret_container->id);
	if (!select_service(docker, ret_container, ret_service))
		return err_set(err, ERR_NOT_FOUND, "container %s belongs to no service",
			ret_container->name);
	return 0;
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
	container_finish(&entry->container);
	entry->container = container;
	entry->known = true;
	if (service[0] != '\0')
		templates_note(entry->watch->docker->templates, service, &entry->container, body);
	finish_inspect(entry, NULL);
}

static void pump(struct watch *watch);

/* After an answer: what waits may go on, unless nobody is there. */
static void go_on(struct watch *watch, const struct err *err)
{
	if (err->code == ERR_UNREACHABLE || err->code == ERR_DENIED) {
		link_lost(watch->docker->link, err);
		return;
	}
	if (err->code == ERR_TIMEOUT)
		link_doubt(watch->docker->link);
	finish_listing(watch);
	pump(watch);
}

static void on_image(void *context, const struct http_answer *answer)
{
	struct entry *entry = context;
	struct watch *watch = entry->watch;
	const char *digest = entry->image;
	struct err err = { 0 };

	end_request(entry);
	if (answer->err.code == 0 && (answer->status == 200 || answer->status == 404)) {
		(void)images_put(
			watch->docker->images, digest, answer->status == 200 ? answer->body : NULL);
		entry->covered = 0; /* inspected again, now that it can be read */
	} else {
		(void)request_error(answer, &err);
		finish_inspect(entry, &err);
	}
	go_on(watch, &err);
}

static void ask_image(struct entry *entry, const char *digest)
{
	struct watch *watch = entry->watch;
	cleanup_str struct str path = { 0 };

	(void)mem_strcpy(entry->image, sizeof(entry->image), digest);
	str_append(&path, "/images/");
	clone_escape(&path, jsontext_span(digest));
	str_append(&path, "/json");
	watch->n_requests++;
	entry->request = request_send(watch->docker, &(struct http_call){
							     .method = "GET",
							     .path = str_text(&path),
							     .timeout = ANSWER_TIMEOUT,
							     .body_max = INSPECT_BYTES_MAX,
							     .on_done = on_image,
							     .context = entry,
						     });
}

static void take_inspect(struct entry *entry, const struct http_answer *answer)
{
	struct docker *docker = entry->watch->docker;
	cleanup_json cJSON *inspect = NULL;
	struct err err = { 0 };
	const char *digest;

	if (jsontext_parse(answer->body, answer->length, &inspect, &err) < 0) {
		finish_inspect(entry, &err);
		return;
	}
	digest = jsontext_string(inspect, "Image");
	if (digest[0] != '\0' && images_get(docker->images, digest) == NULL)
		ask_image(entry, digest);
	else
		take_facts(entry, answer->body, inspect);
}

static void on_inspect(void *context, const struct http_answer *answer)
{
	struct entry *entry = context;
	struct watch *watch = entry->watch;
	struct err err = { 0 };

	end_request(entry);
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
	struct watch *watch = entry->watch;
	cleanup_str struct str path = { 0 };

	str_append(&path, "/containers/");
	clone_escape(&path, jsontext_span(entry->container.id));
	str_append(&path, "/json");
	entry->covered = entry->asked;
	entry->died = false;
	watch->n_requests++;
	entry->request = request_send(watch->docker, &(struct http_call){
							     .method = "GET",
							     .path = str_text(&path),
							     .timeout = ANSWER_TIMEOUT,
							     .body_max = INSPECT_BYTES_MAX,
							     .on_done = on_inspect,
							     .context = entry,
						     });
}

/* Sends the inspects that are wanted, a few at a time. While nobody is there they wait for the
 * listing that comes with the connection. */
static void pump(struct watch *watch)
{
	bool connected = watch->listing || link_is_up(watch->docker->link);

	for (size_t i = 0; connected && i < watch->n_entries; i++) {
		struct entry *entry = watch->entries[i];

		if (watch->n_requests == INSPECTS_MAX)
			return;
		if (entry->request == NULL && entry->asked > entry->covered)
			ask_inspect(entry);
	}
}

void watch_changed(struct watch *watch, const char *id, const cJSON *attributes)
{
	struct entry *entry = find_entry(watch, id);

	if (entry == NULL &&
		may_matter(watch->docker, jsontext_string(attributes, "name"), attributes))
		entry = add_entry(watch, id);
	if (entry == NULL)
		return;
	want_inspect(entry);
	pump(watch);
}

void watch_died(struct watch *watch, const char *id, int exit_code, usec_t at_wall)
{
	struct entry *entry = find_entry(watch, id);

	if (entry == NULL)
		return;
	want_inspect(entry);
	/* The death of a former life says nothing of this one. */
	if (entry->known && at_wall >= entry->container.started_at) {
		entry->container.state = CONTAINER_EXITED;
		entry->container.exit_code = exit_code;
		entry->container.pid = 0;
		entry->container.n_endpoints = 0;
		entry->container.n_ports = 0;
		if (entry->reported)
			announce(entry);
	}
	entry->died = entry->request != NULL;
	pump(watch);
}

static void no_longer(struct entry *entry)
{
	struct docker *docker = entry->watch->docker;
	char id[CONTAINER_ID_MAX];
	struct err err = { 0 };

	(void)mem_strcpy(id, sizeof(id), entry->container.id);
	(void)err_set(&err, ERR_NOT_FOUND, "container %s was removed", entry->container.name);
	drop_entry(entry);
	jobs_refreshed(docker->jobs, id, UINT64_MAX, &err);
}

void watch_gone(struct watch *watch, const char *id)
{
	struct entry *entry = find_entry(watch, id);

	if (entry == NULL)
		return;
	no_longer(entry);
	finish_listing(watch);
	pump(watch);
}

const struct container *watch_find(const struct watch *watch, const char *id)
{
	const struct entry *entry = find_entry(watch, id);

	return entry != NULL && entry->known ? &entry->container : NULL;
}

uint64_t watch_refresh(struct watch *watch, const char *id)
{
	struct entry *entry = find_entry(watch, id);

	if (entry == NULL)
		entry = add_entry(watch, id);
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
		!may_matter(watch->docker, name_of(item), jsontext_get(item, "Labels")))
		return;
	entry = find_entry(watch, id);
	if (entry == NULL)
		entry = add_entry(watch, id);
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
	if (err.code != 0) {
		link_lost(watch->docker->link, &err);
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
		cancel_request(watch->entries[i]);
		watch->entries[i]->awaited = false;
	}
	watch->listing = false;
	watch->again = false;
}

struct watch *watch_new(struct docker *docker)
{
	struct watch *watch = mem_zero(1, sizeof(*watch));

	watch->docker = docker;
	return watch;
}

void watch_free(struct watch *watch)
{
	watch_suspend(watch);
	for (size_t i = 0; i < watch->n_entries; i++)
		free_entry(watch->entries[i]);
	free(watch->entries);
	free(watch);
}
