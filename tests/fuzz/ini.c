/* Whatever a file may hold: it is read as a daemon's and as a service's. Each problem names the file,
 * and what is accepted is a configuration that the rest of the house can rely on. */
#include "service.h"

#include <conf/given.h>
#include <conf/reader.h>

#include <dockscale/base/mem.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++) {
		require_message(problems->items[i].text);
		require(strstr(problems->items[i].text, "web.ini") != NULL);
	}
}

static void read_daemon(const struct assignments *assignments, struct config_problems *problems)
{
	struct givens givens = { .container = "" };
	struct report report = { .service = "", .problems = problems };
	struct daemon_config daemon;

	problems->count = 0;
	memset(&daemon, 0, sizeof(daemon));
	given_take_file(&givens, OPTION_DAEMON, assignments->items, assignments->count, &report);
	given_apply(&givens, OPTION_DAEMON, &daemon, &report);
	require_problems(problems);
	if (report.count > 0)
		return;
	require(daemon.interval >= 200 * USEC_PER_MSEC);
	require(daemon.n_allowed_sections <= CONFIG_SECTIONS_MAX);
	require(strncmp(daemon.docker, "unix:///", 8) == 0);
	require(daemon.control[0] == '/' && daemon.state[0] == '/');
}

static void read_service(struct assignments *assignments, const struct daemon_config *daemon)
{
	const struct label port = { "dockscale.haproxy.port", "80", false };
	struct service_file file = {
		.name = "web",
		.path = "web.ini",
		.assignments = assignments->items,
		.n_assignments = assignments->count,
	};
	struct service_config service;
	struct err err = { 0 };

	if (config_resolve(daemon, &file, "web", "web_1", &port, 1, &service, &err) == 0)
		require_service(&service);
	else
		require_message(err.msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = mem_strndup("", 0);
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	struct report report = { .service = "web", .problems = problems };
	struct assignments assignments = { 0 };
	struct config *config = config_new();

	text = mem_resize(text, size + 1, 1); /* as reader_load() gives it: NUL behind the end */
	memcpy(text, data, size);
	text[size] = '\0';
	reader_parse("web.ini", text, size, &assignments, &report);
	require_problems(problems);
	for (size_t i = 0; i < assignments.count; i++)
		require(strncmp(assignments.items[i].place, "web.ini:", 8) == 0);
	read_daemon(&assignments, problems);
	read_service(&assignments, &config->daemon);
	free(assignments.items);
	config_free(config);
	return 0;
}
