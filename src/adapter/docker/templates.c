/*
 * A template is a specification, and it outlives its container: clones can still be made in the
 * time between its removal and its successor. So the inspect of each service's template is kept as
 * text, and told to the journal, so that it outlives the daemon too, below two lines of ours: what
 * was never seen cannot be cloned.
 */
#include "parts.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/base/str.h>

#include <inttypes.h>
#include <string.h>

#define TEMPLATES_MAX 256
#define HEAD          "dockscale-template 1 "

struct template
{
	char service[CONFIG_NAME_MAX];
	char id[CONTAINER_ID_MAX];
	usec_t created_at;
	char *inspect;
	bool gone; /* its container: whoever comes next is the template */
};

struct templates {
	struct event_sink sink;
	struct template items[TEMPLATES_MAX];
	size_t count;
};

struct templates *templates_new(struct event_sink sink)
{
	struct templates *templates = mem_zero(1, sizeof(*templates));

	templates->sink = sink;
	return templates;
}

void templates_free(struct templates *templates)
{
	for (size_t i = 0; i < templates->count; i++)
		free(templates->items[i].inspect);
	free(templates);
}

static struct template *of_service(struct templates *templates, const char *service)
{
	for (size_t i = 0; i < templates->count; i++)
		if (strcmp(templates->items[i].service, service) == 0)
			return &templates->items[i];
	return NULL;
}

static void put(struct templates *templates, const char *service, const char *id, usec_t created_at,
	const char *inspect)
{
	struct template *template = of_service(templates, service);

	if (template == NULL && templates->count == TEMPLATES_MAX)
		return; /* cannot be cloned once it is gone: no more than that */
	if (template == NULL)
		template = &templates->items[templates->count++];
	free(template->inspect);
	template->inspect = mem_strdup(inspect);
	template->gone = false;
	template->created_at = created_at;
	(void)mem_strcpy(template->service, sizeof(template->service), service);
	(void)mem_strcpy(template->id, sizeof(template->id), id);
}

/* "dockscale-template 1 ID CREATED_AT", then the inspect. */
static void tell(const struct templates *templates, const char *service,
	const struct container *container, const char *inspect)
{
	struct event event = { .kind = EVENT_TEMPLATE };
	cleanup_str struct str text = { 0 };

	str_appendf(&text, HEAD "%s %" PRId64 "\n", container->id, container->created_at);
	str_append(&text, inspect);
	if (text.length > RECORD_BYTES_MAX)
		return; /* cannot be cloned once it and this daemon are gone: no more than that */
	(void)mem_strcpy(event.specification.service, sizeof(event.specification.service), service);
	(void)mem_strcpy(event.specification.id, sizeof(event.specification.id), container->id);
	(void)mem_strcpy(
		event.specification.spec, sizeof(event.specification.spec), container->spec);
	event.specification.text = str_text(&text);
	event.specification.length = text.length;
	event_push(&templates->sink, &event);
}

void templates_set(struct templates *templates, const char *service,
	const struct container *container, const char *inspect)
{
	put(templates, service, container->id, container->created_at, inspect);
	tell(templates, service, container, inspect);
}

/* The first line, cut into its two words; false: it is none of ours. */
static bool read_head(char *line, const char **ret_id, usec_t *ret_created_at)
{
	uint64_t created_at = 0;
	struct err ignored;
	char *rest = line;

	if (strncmp(line, HEAD, strlen(HEAD)) != 0)
		return false;
	rest += strlen(HEAD);
	*ret_id = strsep(&rest, " ");
	if (rest == NULL || (*ret_id)[0] == '\0' || strlen(*ret_id) >= CONTAINER_ID_MAX ||
		parse_unsigned(rest, 0, INT64_MAX, &created_at, &ignored) < 0)
		return false;
	*ret_created_at = (usec_t)created_at;
	return true;
}

void templates_recall(struct templates *templates, const struct journal_record *record)
{
	cleanup_free char *text = mem_strndup(record->text, record->length);
	char *inspect = text;
	char *line = strsep(&inspect, "\n");
	usec_t created_at = 0;
	const char *id = "";

	struct template *template;

	if (inspect == NULL || !read_head(line, &id, &created_at))
		return;
	put(templates, record->service, id, created_at, inspect);
	template = of_service(templates, record->service);
	if (template != NULL)
		template->gone = true; /* until it is seen: another one may be there by now */
}

void templates_note(struct templates *templates, const char *service,
	const struct container *container, const char *inspect)
{
	const struct template *known = of_service(templates, service);

	if (known == NULL || known->gone || strcmp(known->id, container->id) == 0 ||
		container->created_at < known->created_at)
		templates_set(templates, service, container, inspect);
}

bool templates_gone(struct templates *templates, const char *id)
{
	for (size_t i = 0; i < templates->count; i++) {
		if (strcmp(templates->items[i].id, id) != 0)
			continue;
		templates->items[i].gone = true;
		return true;
	}
	return false;
}

const char *templates_find(const struct templates *templates, const char *id)
{
	for (size_t i = 0; i < templates->count; i++)
		if (strcmp(templates->items[i].id, id) == 0)
			return templates->items[i].inspect;
	return NULL;
}
