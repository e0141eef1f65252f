/*
 * A container's facts as they cross the border. Labels are the only part of unknown size, so
 * they are the only part on the heap.
 */
#include <dockscale/port/container.h>

#include <dockscale/base/mem.h>

#include <string.h>

const char *container_label(const struct container *container, const char *key)
{
	for (size_t i = 0; i < container->n_labels; i++)
		if (strcmp(container->labels[i].key, key) == 0)
			return container->labels[i].value;
	return NULL;
}

void container_finish(struct container *container)
{
	for (size_t i = 0; i < container->n_labels; i++) {
		free((char *)container->labels[i].key);
		free((char *)container->labels[i].value);
	}
	free(container->labels);
	container->labels = NULL;
	container->n_labels = 0;
}

int container_add_label(
	struct container *container, const char *key, const char *value, bool from_image)
{
	if (container->n_labels >= CONTAINER_LABELS_MAX)
		return ERR_LIMIT;
	container->labels =
		mem_resize(container->labels, container->n_labels + 1, sizeof(*container->labels));
	container->labels[container->n_labels++] = (struct label){
		.key = mem_strdup(key),
		.value = mem_strdup(value),
		.from_image = from_image,
	};
	return 0;
}

void container_copy(struct container *to, const struct container *from)
{
	*to = *from;
	to->labels = NULL;
	to->n_labels = 0;
	for (size_t i = 0; i < from->n_labels; i++)
		(void)container_add_label(to, from->labels[i].key, from->labels[i].value,
			from->labels[i].from_image); /* cannot pass the limit: from did not */
}
