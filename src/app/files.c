/*
 * Start and reload differ in what a mistake means. At start a service whose file is wrong is
 * disabled alone and the others run. At a reload everything runs already: a mistake leaves it
 * all as it is, and whoever asked for the reload is told each thing that is wrong.
 */
#include <dockscale/app/files.h>

#include <dockscale/base/mem.h>

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void files_instance_name(const char *host, char name[static CONFIG_NAME_MAX])
{
	size_t n = 0;

	for (; *host != '\0' && n < CONFIG_NAME_MAX - 1; host++) {
		bool usable = isalnum((unsigned char)*host) || strchr("_.-", *host) != NULL;

		if (n == 0 && !isalnum((unsigned char)*host))
			continue; /* names begin with a letter or a digit */
		name[n++] = usable ? *host : '-';
	}
	name[n] = '\0';
	if (n == 0)
		(void)mem_strcpy(name, CONFIG_NAME_MAX, "host");
}

static void fill_in(const struct files_options *options, struct daemon_config *config)
{
	char host[256] = "";

	if (options->dry_run)
		config->dry_run = true;
	if (config->instance[0] != '\0')
		return;
	(void)gethostname(host, sizeof(host) - 1); /* fails: the name becomes "host" */
	files_instance_name(host, config->instance);
}

int files_load(const struct files_options *options, struct config **ret_config,
	struct config_problems *problems, struct err *err)
{
	struct config *config = NULL;
	int r = config_load(options->directory, &config, problems, err);

	if (r < 0)
		return r;
	fill_in(options, &config->daemon);
	*ret_config = config;
	return 0;
}

/* Sockets are open, names are on containers, descriptors are held: a restart changes these, and it
 * loses nothing. */
static const struct fixed_key {
	const char *name;
	size_t offset;
	size_t size;
} fixed_keys[] = {
	{ "instance", offsetof(struct daemon_config, instance), CONFIG_NAME_MAX },
	{ "docker", offsetof(struct daemon_config, docker), CONFIG_TEXT_MAX },
	{ "control", offsetof(struct daemon_config, control), CONFIG_TEXT_MAX },
	{ "control_group", offsetof(struct daemon_config, control_group), CONFIG_NAME_MAX },
	{ "state", offsetof(struct daemon_config, state), CONFIG_TEXT_MAX },
	{ "cgroup", offsetof(struct daemon_config, cgroup), CONFIG_TEXT_MAX },
};

static void keep_fixed(
	const struct daemon_config *running, struct daemon_config *config, struct str *remarks)
{
	for (size_t i = 0; i < countof(fixed_keys); i++) {
		const char *now = (const char *)running + fixed_keys[i].offset;
		char *wish = (char *)config + fixed_keys[i].offset;

		if (strcmp(now, wish) == 0)
			continue;
		str_appendf(remarks,
			"[daemon] %s = %s waits for a restart (replicas stay as they are); it is "
			"%s\n",
			fixed_keys[i].name, wish, now);
		(void)mem_strcpy(wish, fixed_keys[i].size, now);
	}
}

int files_reload(struct files_reload *reload, struct config **ret_config, struct err *err)
{
	struct config *config = NULL;
	int r = files_load(reload->options, &config, reload->problems, err);

	if (r < 0)
		return r;
	keep_fixed(reload->running, &config->daemon, reload->remarks);
	if (reload->problems->count == 0)
		engine_check(reload->engine, config, reload->problems);
	if (reload->problems->count > 0) {
		config_free(config);
		return err_set(err, ERR_INVALID,
			"the running configuration stays: %zu thing%s to correct in %s",
			reload->problems->count, reload->problems->count == 1 ? "" : "s",
			reload->options->directory);
	}
	*ret_config = config;
	return 0;
}
