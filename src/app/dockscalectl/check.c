/*
 * `dockscalectl check`: the daemon's own reading of the files, without the daemon. With
 * --container the question is another one: what would become of this container if it were
 * labelled, and may it be cloned?
 */
#include "client.h"
#include "findings.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/app/files.h>
#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT (5 * USEC_PER_SEC)

#define add(findings, verdict, what, cure, ...)                                                    \
	findings_add(findings, &(struct finding){ verdict, what, cure }, __VA_ARGS__)

/* The container in question, and what is known of it. */
struct candidate {
	const char *name;
	struct config *config;
	struct str inspect;
	struct str image; /* empty: could not be fetched; its labels then count as the person's */
	struct container container;
	struct service_config service;
	struct findings findings;
};

static int fetch_image(struct candidate *candidate, struct err *err)
{
	cJSON *inspect =
		cJSON_ParseWithLength(str_text(&candidate->inspect), candidate->inspect.length);
	char path[256];

	(void)snprintf(path, sizeof(path), "/images/%s/json", show_text(inspect, "Image"));
	cJSON_Delete(inspect);
	return docker_fetch(
		candidate->config->daemon.docker, path, TIMEOUT, &candidate->image, err);
}

static int fetch(struct candidate *candidate, struct err *err)
{
	char path[256];
	int r;

	(void)snprintf(path, sizeof(path), "/containers/%s/json", candidate->name);
	r = docker_fetch(candidate->config->daemon.docker, path, TIMEOUT, &candidate->inspect, err);
	if (r < 0)
		return err_wrap(err, "container %s", candidate->name);
	if (fetch_image(candidate, err) < 0) {
		add(&candidate->findings, VERDICT_WARN, "image", NULL,
			"%s; labels of the image cannot be told from yours", err->msg);
		str_clear(&candidate->image);
	}
	return docker_parse_inspect(str_text(&candidate->inspect),
		candidate->image.length > 0 ? str_text(&candidate->image) : NULL,
		&candidate->container, err);
}

static void judge_service(struct candidate *candidate)
{
	const struct container *container = &candidate->container;
	const struct service_file *file = NULL;
	char name[CONFIG_NAME_MAX];
	struct err err;
	int r = config_select(candidate->config, container->name, container->labels,
		container->n_labels, name, &file, &err);

	if (r < 0) {
		add(&candidate->findings, VERDICT_FAIL, "service", NULL, "%s", err.msg);
		return;
	}
	if (r > 0) {
		add(&candidate->findings, VERDICT_WARN, "service",
			"start it with --label dockscale.service=NAME, or write a file with match",
			"it belongs to none; judged as it would be with the defaults");
		(void)mem_strcpy(name, sizeof(name), "example");
	}
	if (config_resolve(&candidate->config->daemon, file, name, container->name,
		    container->labels, container->n_labels, &candidate->service, &err) < 0) {
		add(&candidate->findings, r > 0 ? VERDICT_WARN : VERDICT_FAIL, "configuration",
			NULL, "%s", err.msg);
		return;
	}
	if (r == 0)
		add(&candidate->findings, VERDICT_OK, "service", NULL,
			"%s, mode %s, min %u, max %u", name,
			candidate->service.mode == SERVICE_MODE_POOL ? "pool" : "clone",
			candidate->service.min, candidate->service.max);
}

static void judge_template(struct candidate *candidate)
{
	cleanup_str struct str remarks = { 0 };
	struct err err;
	int r = docker_judge_template(
		str_text(&candidate->inspect), &candidate->service, &remarks, &err);
	char *line = remarks.data;

	while (line != NULL && *line != '\0') {
		char *end = strchrnul(line, '\n');
		bool last = *end == '\0';

		*end = '\0';
		add(&candidate->findings, VERDICT_WARN, "remark", NULL, "%s", line);
		line = last ? NULL : end + 1;
	}
	if (r < 0)
		add(&candidate->findings, VERDICT_FAIL, "verdict", NULL, "it is not cloned: %s",
			err.msg);
	else
		add(&candidate->findings, VERDICT_OK, "verdict", NULL, "it may be cloned");
}

static int check_container(const struct ctl *ctl)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	cleanup_free struct candidate *candidate = mem_zero(1, sizeof(*candidate));
	char directory[CONFIG_TEXT_MAX];
	struct files_options options = { .directory = directory };
	struct err err;
	int exit_status;

	client_config(ctl, directory);
	if (files_load(&options, &candidate->config, problems, &err) < 0) {
		/* a person may ask before anything is installed: the defaults answer */
		if (ctl->config != NULL || access(directory, F_OK) == 0)
			return ctl_fail(CTL_PROBLEM, "%s", err.msg);
		candidate->config = config_new();
	}
	candidate->name = ctl->container;
	if (fetch(candidate, &err) < 0) {
		exit_status = ctl_fail(CTL_PROBLEM, "%s", err.msg);
	} else {
		judge_service(candidate);
		judge_template(candidate);
		exit_status = findings_print(&candidate->findings, ctl->json);
	}
	findings_finish(&candidate->findings);
	container_finish(&candidate->container);
	str_finish(&candidate->inspect);
	str_finish(&candidate->image);
	config_free(candidate->config);
	return exit_status;
}

static void add_problems(struct findings *findings, const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++) {
		const char *service = problems->items[i].service;

		add(findings, VERDICT_FAIL, service[0] != '\0' ? service : "daemon", NULL, "%s",
			problems->items[i].text);
	}
	if (problems->count > CONFIG_PROBLEMS_MAX)
		add(findings, VERDICT_FAIL, "more", NULL, "%zu problems are not shown",
			problems->count - CONFIG_PROBLEMS_MAX);
}

static void check_directory(struct findings *findings, const char *directory)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	struct files_options options = { .directory = directory };
	struct config *config = NULL;
	struct err err;
	int r = files_load(&options, &config, problems, &err);

	add_problems(findings, problems);
	if (r < 0 && problems->count == 0)
		add(findings, VERDICT_FAIL, directory, NULL, "%s", err.msg);
	if (r == 0 && problems->count == 0)
		add(findings, VERDICT_OK, directory, NULL, "right, %zu service file%s",
			config->n_files, config->n_files == 1 ? "" : "s");
	config_free(config);
}

static void check_file(struct findings *findings, const char *path)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));

	(void)config_check_file(path, problems); /* the list tells */
	add_problems(findings, problems);
	if (problems->count == 0)
		add(findings, VERDICT_OK, path, NULL, "right");
}

static void check_path(struct findings *findings, const char *path)
{
	struct stat there;

	if (stat(path, &there) < 0)
		add(findings, VERDICT_FAIL, path, NULL, "%s", strerror(errno));
	else if (S_ISDIR(there.st_mode))
		check_directory(findings, path);
	else
		check_file(findings, path);
}

/* As the engine names containers; anything else would change the path that is asked for. */
static bool is_container_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strlen(name) < CONTAINER_NAME_MAX &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

int check_run(const struct ctl *ctl)
{
	struct findings findings = { .worst = VERDICT_OK };
	char directory[CONFIG_TEXT_MAX];
	int exit_status;

	if (ctl->container != NULL && ctl->words.count > 0)
		return ctl_fail(CTL_USAGE, "check: files, or --container, not both");
	if (ctl->container != NULL && !is_container_name(ctl->container))
		return ctl_fail(CTL_USAGE,
			"check: '%.80s' is no container's name or id: `docker ps -a` lists them",
			ctl->container);
	if (ctl->container != NULL)
		return check_container(ctl);
	for (size_t i = 0; i < ctl->words.count; i++)
		check_path(&findings, ctl->words.items[i]);
	if (ctl->words.count == 0) {
		client_config(ctl, directory);
		check_directory(&findings, directory);
	}
	exit_status = findings_print(&findings, ctl->json);
	findings_finish(&findings);
	return exit_status;
}
