/*
 * What images say in their labels. A digest's labels never change, so that one look is enough;
 * the few images of a machine fit, and where they do not, the longest unused one goes.
 */
#include "parts.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define IMAGES_MAX 64

struct image {
	char digest[80]; /* sha256: and 64 digits */
	cJSON *labels; /* {"Config":{"Labels":{...}}} */
	uint64_t used;
};

struct images {
	struct image items[IMAGES_MAX];
	uint64_t clock; /* counts looks */
};

struct images *images_new(void)
{
	return mem_zero(1, sizeof(struct images));
}

void images_free(struct images *images)
{
	for (size_t i = 0; i < countof(images->items); i++)
		cJSON_Delete(images->items[i].labels);
	free(images);
}

const cJSON *images_get(struct images *images, const char *digest)
{
	for (size_t i = 0; i < countof(images->items); i++) {
		struct image *image = &images->items[i];

		if (image->labels == NULL || strcmp(image->digest, digest) != 0)
			continue;
		image->used = ++images->clock;
		return image->labels;
	}
	return NULL;
}

/* A whole image inspect is 5 to 50 KiB; of it only the labels are kept. */
static cJSON *reduce(const char *inspect)
{
	cJSON *reduced = cJSON_CreateObject();
	cJSON *config = cJSON_AddObjectToObject(reduced, "Config");
	cleanup_json cJSON *tree = NULL;
	struct err err = { 0 };

	if (inspect == NULL || jsontext_parse(inspect, strlen(inspect), &tree, &err) < 0)
		return reduced;
	if (cJSON_IsObject(jsontext_path(tree, "Config", "Labels")))
		(void)cJSON_AddItemToObject(config, "Labels",
			cJSON_DetachItemFromObjectCaseSensitive(
				cJSON_GetObjectItemCaseSensitive(tree, "Config"), "Labels"));
	return reduced;
}

const cJSON *images_put(struct images *images, const char *digest, const char *inspect)
{
	struct image *oldest = &images->items[0];

	for (size_t i = 1; i < countof(images->items); i++)
		if (images->items[i].used < oldest->used)
			oldest = &images->items[i];
	cJSON_Delete(oldest->labels);
	oldest->labels = reduce(inspect);
	oldest->used = ++images->clock;
	(void)mem_strcpy(oldest->digest, sizeof(oldest->digest), digest);
	return oldest->labels;
}
