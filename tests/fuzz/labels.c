/* Whatever labels a container may bear. Each line of the input is one: KEY=VALUE, from the image when
 * it begins with '!'; the key's prefix is given, so that most of the input is about us. A line that
 * begins with '&' has no prefix. The first byte says what labels may do. */
#include "service.h"

#include <dockscale/base/mem.h>

#define LABELS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bag {
	struct label labels[LABELS_MAX];
	char *keys[LABELS_MAX];
	size_t count;
};

static void put_label(struct bag *bag, char *line)
{
	bool from_image = line[0] == '!';
	bool bare = line[0] == '&';
	char *sign = strchr(line, '=');
	size_t length;

	if (sign == NULL || bag->count == LABELS_MAX)
		return;
	*sign = '\0';
	line += from_image || bare ? 1 : 0;
	if (line > sign)
		return;
	length = strlen(line) + sizeof("dockscale.");
	bag->keys[bag->count] = mem_zero(length, 1);
	if (!bare)
		memcpy(bag->keys[bag->count], "dockscale.", 10);
	memcpy(bag->keys[bag->count] + (bare ? 0 : 10), line, strlen(line));
	bag->labels[bag->count] = (struct label){ bag->keys[bag->count], sign + 1, from_image };
	bag->count++;
}

static void permit(struct daemon_config *daemon, uint8_t how)
{
	daemon->allow_image_labels = (how & 1) != 0;
	daemon->allow_labels = (how & 2) != 0 ? LABELS_LISTED : LABELS_ALL;
	daemon->n_allowed_sections = 2;
	(void)mem_strcpy(daemon->allowed_sections[0], CONFIG_NAME_MAX, "haproxy");
	(void)mem_strcpy(daemon->allowed_sections[1], CONFIG_NAME_MAX, "service");
	(void)mem_strcpy(daemon->instance, CONFIG_NAME_MAX, "host1");
}

static void judge(const struct config *config, const struct bag *bag)
{
	const struct service_file *file = NULL;
	struct service_config service;
	char name[CONFIG_NAME_MAX];
	struct err err = { 0 };
	int r = config_select(config, "web_1", bag->labels, bag->count, name, &file, &err);

	require(r == 0 || r == 1 || r == ERR_INVALID);
	if (r < 0)
		require_message(err.msg);
	if (r == 0)
		require(config_name_valid(name));
	if (config_resolve(&config->daemon, NULL, r == 0 ? name : "web", "web_1", bag->labels,
		    bag->count, &service, &err) == 0)
		require_service(&service);
	else
		require_message(err.msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = NULL;
	struct bag bag = { .count = 0 };
	struct config *config;
	char *rest;
	char *line;

	if (size == 0)
		return 0;
	text = mem_strndup((const char *)data + 1, size - 1);
	rest = text;
	config = config_new();
	permit(&config->daemon, data[0]);
	while ((line = strsep(&rest, "\n")) != NULL)
		put_label(&bag, line);
	judge(config, &bag);
	for (size_t i = 0; i < bag.count; i++)
		free(bag.keys[i]);
	config_free(config);
	return 0;
}
