/*
 * A template is a specification, and it outlives its container: clones can still be made in the
 * time between its removal and its successor. So the inspect of each service's template is kept as
 * text. It is memory only; what was never seen in this life of the daemon cannot be cloned.
 */
#include "parts.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define TEMPLATES_MAX 256

struct template
{
	char service[CONFIG_NAME_MAX];
	char id[CONTAINER_ID_MAX];
	usec_t created_at;
	char *inspect;
};

struct templates {
	struct template items[TEMPLATES_MAX];
	size_t count;
};

struct templates *templates_new(void)
{
	return mem_zero(1, sizeof(struct templates));
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

void templates_set(struct templates *templates, const char *service,
	const struct container *container, const char *inspect)
{
	struct template *template = of_service(templates, service);

	if (template == NULL && templates->count == TEMPLATES_MAX)
		return; /* cannot be cloned once it is gone: no more than that */
	if (template == NULL)
		template = &templates->items[templates->count++];
	free(template->inspect);
	template->inspect = mem_strdup(inspect);
	template->created_at = container->created_at;
	(void)mem_strcpy(template->service, sizeof(template->service), service);
	(void)mem_strcpy(template->id, sizeof(template->id), container->id);
}

void templates_note(struct templates *templates, const char *service,
	const struct container *container, const char *inspect)
{
	const struct template *known = of_service(templates, service);

	if (known == NULL || strcmp(known->id, container->id) == 0 ||
		container->created_at < known->created_at)
		templates_set(templates, service, container, inspect);
}

const char *templates_find(const struct templates *templates, const char *id)
{
	for (size_t i = 0; i < templates->count; i++)
		if (strcmp(templates->items[i].id, id) == 0)
			return templates->items[i].inspect;
	return NULL;
}
