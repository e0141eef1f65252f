/*
 * Which service a container belongs to. Its label comes first, as far as the operator lets labels
 * speak; then what the files match.
 */
#include "given.h"

#include <dockscale/conf/load.h>

#include <string.h>

static const struct label *find_label(const struct label *labels, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(labels[i].key, key) == 0)
			return &labels[i];
	return NULL;
}

static const char *match_of(const struct service_file *file)
{
	for (size_t i = 0; i < file->n_assignments; i++)
		if (strcmp(file->assignments[i].section, "service") == 0 &&
			strcmp(file->assignments[i].key, "match") == 0)
			return file->assignments[i].value;
	return "";
}

static bool matches(const char *match, const char *container, const struct label *labels, size_t n)
{
	const char *sign = strchr(match, '=');
	size_t length = sign != NULL ? (size_t)(sign - match) : 0;

	if (match[0] == '\0')
		return false;
	if (sign == NULL)
		return strcmp(match, container) == 0;
	for (size_t i = 0; i < n; i++)
		if (strlen(labels[i].key) == length && strncmp(labels[i].key, match, length) == 0 &&
			strcmp(labels[i].value, sign + 1) == 0)
			return true;
	return false;
}

/* What a daemon makes bears the service's name by its own hand, whatever labels may say. */
static bool is_made_by_us(const struct daemon_config *daemon, const struct label *labels, size_t n)
{
	const struct label *owner = find_label(labels, n, "dockscale.owner");
	const struct label *role = find_label(labels, n, "dockscale.role");

	return owner != NULL && !owner->from_image && role != NULL && daemon->instance[0] != '\0' &&
	       strcmp(owner->value, daemon->instance) == 0 && strcmp(role->value, "replica") == 0;
}

static const struct service_file *find_file(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_files; i++)
		if (strcmp(config->files[i].name, name) == 0)
			return &config->files[i];
	return NULL;
}

int config_select(const struct config *config, const char *container, const struct label *labels,
	size_t n_labels, char service[static CONFIG_NAME_MAX], const struct service_file **ret_file,
	struct err *err)
{
	const struct daemon_config *daemon = &config->daemon;
	const struct label *label = find_label(labels, n_labels, "dockscale.service");
	bool obeyed = label != NULL &&
		      (is_made_by_us(daemon, labels, n_labels) ||
			      (given_is_allowed(daemon, "service") &&
				      (!label->from_image || daemon->allow_image_labels)));

	if (obeyed && !config_name_valid(label->value))
		return err_set(err, ERR_INVALID,
			"label dockscale.service of container %.130s is no name for a service: use "
			"letters, digits, '_', '.' and '-', a letter or digit first, at most %d",
			container, CONFIG_NAME_MAX - 1);
	if (obeyed) {
		memcpy(service, label->value, strlen(label->value) + 1);
		*ret_file = find_file(config, label->value);
		return 0;
	}
	for (size_t i = 0; i < config->n_files; i++) {
		if (!matches(match_of(&config->files[i]), container, labels, n_labels))
			continue;
		memcpy(service, config->files[i].name, CONFIG_NAME_MAX);
		*ret_file = &config->files[i];
		return 0;
	}
	return 1;
}
