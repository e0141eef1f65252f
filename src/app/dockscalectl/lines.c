/*
 * `dockscalectl haproxy SERVICE`: the lines to paste into haproxy.cfg. The daemon knows what a
 * service's labels and file say together; while it does not run, the file alone has to do.
 */
#include "client.h"

#include <dockscale/adapter/haproxy.h>
#include <dockscale/app/files.h>
#include <dockscale/app/json.h>
#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static void print_lines(const struct ctl *ctl, const char *service, const char *lines)
{
	cleanup_str struct str out = { 0 };

	if (!ctl->json) {
		(void)fputs(lines, stdout);
		return;
	}
	json_begin(&out, NULL, '{');
	json_text(&out, "service", service);
	json_text(&out, "lines", lines);
	json_end(&out, '}');
	(void)puts(str_text(&out));
}

static const struct service_file *find_file(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_files; i++)
		if (strcmp(config->files[i].name, name) == 0)
			return &config->files[i];
	return NULL;
}

/* Why the daemon cannot tell, and what that means for the exit status. */
struct excuse {
	int exit_status;
	struct err err;
};

static int print_from_config(
	const struct ctl *ctl, const struct config *config, const struct excuse *excuse)
{
	const char *name = ctl->words.items[0];
	const struct service_file *file = find_file(config, name);
	cleanup_free struct service_config *service = mem_zero(1, sizeof(*service));
	cleanup_str struct str lines = { 0 };
	struct err err;

	if (file == NULL)
		return ctl_fail(excuse->exit_status,
			"service '%s' has no file, and the daemon does not know its labels: %s",
			name, excuse->err.msg);
	if (config_resolve(&config->daemon, file, name, "", NULL, 0, service, &err) < 0)
		return ctl_fail(CTL_PROBLEM, "%s", err.msg);
	haproxy_print_lines(service, config->daemon.instance, &lines);
	print_lines(ctl, name, str_text(&lines));
	return CTL_DONE;
}

static int print_from_files(const struct ctl *ctl, const struct excuse *excuse)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	char directory[CONFIG_TEXT_MAX];
	struct files_options options = { .directory = directory };
	struct config *config = NULL;
	struct err err;
	int exit_status;

	client_config(ctl, directory);
	if (files_load(&options, &config, problems, &err) < 0)
		return ctl_fail(excuse->exit_status, "%s; %s", excuse->err.msg, err.msg);
	exit_status = print_from_config(ctl, config, excuse);
	config_free(config);
	return exit_status;
}

int lines_run(const struct ctl *ctl)
{
	struct client_reply reply = { .status = 0 };
	struct excuse excuse = { .exit_status = CTL_UNREACHABLE };
	cJSON *tree;
	char path[256];

	(void)snprintf(path, sizeof(path), "/services/%s/haproxy", ctl->words.items[0]);
	if (client_ask(ctl, &(struct client_request){ "GET", path, NULL }, &reply, &excuse.err) < 0)
		return print_from_files(ctl, &excuse);
	tree = cJSON_ParseWithLength(str_text(&reply.body), reply.body.length);
	if (reply.status == 200) {
		excuse.exit_status = CTL_DONE;
		print_lines(ctl, show_text(tree, "service"), show_text(tree, "lines"));
	} else { /* no container of it yet, so the daemon has not settled what it is */
		(void)err_set(&excuse.err, ERR_NOT_FOUND, "%s",
			show_text(cJSON_GetObjectItemCaseSensitive(tree, "error"), "message"));
		excuse.exit_status = CTL_PROBLEM;
		excuse.exit_status = print_from_files(ctl, &excuse);
	}
	cJSON_Delete(tree);
	str_finish(&reply.body);
	return excuse.exit_status;
}
