/* Whatever may answer in HAProxy's place: every text goes through the view, the plan, the replies and
 * the report. What comes of it changes servers of ours alone, and can be sent as one line. */
#include <adapter/haproxy/replies.h>
#include <adapter/haproxy/report.h>
#include <adapter/haproxy/statefile.h>

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define MEMBERS 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool right)
{
	if (!right)
		abort();
}

static const struct member members[MEMBERS] = {
	{ .id = "0123456789abcdef",
		.name = "web-1",
		.address = "127.0.0.11",
		.port = 8080,
		.weight = 100,
		.ours = true },
	{ .id = "ba9876543210cdef",
		.name = "web-2",
		.address = "127.0.0.12",
		.port = 8080,
		.state = MEMBER_DRAINING,
		.weight = 50,
		.ours = true },
	{ .id = "cccccccccccccdef",
		.name = "web",
		.address = "127.0.0.9",
		.port = 8080,
		.weight = 1000000 },
	{ .id = "aaaaaaaaaaaacdef",
		.name = "web-3",
		.address = "fd00::3",
		.port = 80,
		.ours = true },
	{ .id = "bbbbbbbbbbbbcdef",
		.name = "web-4",
		.address = ";nonsense",
		.port = 80,
		.ours = true },
};

/* A server of the view that a person wrote and that is where the template is. */
static bool is_templates(const struct view *view, const char *name, size_t length)
{
	for (size_t i = 0; i < view->n_servers; i++) {
		const struct view_server *server = &view->servers[i];

		if (strlen(server->name) == length && strncmp(server->name, name, length) == 0 &&
			server->port == members[2].port &&
			strcmp(server->address, members[2].address) == 0)
			return true;
	}
	return false;
}

static bool is_added(const char *name, size_t length)
{
	return length == 18 && strncmp(name, "ds-t-c", 6) == 0 &&
	       strspn(name + 6, "0123456789abcdef") == 12;
}

static bool is_slot(const char *name, size_t length)
{
	return length > 5 && length <= 11 && strncmp(name, "ds-t-", 5) == 0 &&
	       strspn(name + 5, "0123456789") == length - 5;
}

static bool is_another_instances(const char *name, size_t length)
{
	return length > 9 && strncmp(name, "ds-other-", 9) == 0 &&
	       strspn(name + 9, "0123456789") == length - 9;
}

/* @command begins behind the verb: "web/NAME ...". */
static void require_ours(const struct view *view, const char *command, bool changes)
{
	const char *name = command + 4;
	size_t length;

	require(strncmp(command, "web/", 4) == 0);
	length = strcspn(name, " ;");
	require(length > 0 && length < SERVER_NAME_MAX);
	if (is_added(name, length))
		return;
	require(changes);
	require(is_slot(name, length) ||
		(is_templates(view, name, length) && !is_another_instances(name, length)));
}

static void require_state(const char *state, size_t length)
{
	static const char *const states[] = { "ready", "drain", "maint" };
	bool found = false;

	for (size_t i = 0; i < countof(states); i++)
		found = found ||
			(strlen(states[i]) == length && strncmp(state, states[i], length) == 0);
	require(found);
}

static void require_set(const char *command)
{
	const char *words = strchr(command, ' ');
	const char *end = strchr(command, ';');
	unsigned number = 1000;

	require(words != NULL && words < end);
	words++;
	if (strncmp(words, "state ", 6) == 0) {
		require_state(words + 6, (size_t)(end - words) - 6);
	} else if (strncmp(words, "weight ", 7) == 0) {
		require(sscanf(words, "weight %u;", &number) == 1 && number <= 256);
	} else {
		require(strncmp(words, "addr ", 5) == 0);
		require(strspn(words + 5, "0123456789abcdef.:") ==
			(size_t)(strchr(words + 5, ' ') - words) - 5);
	}
}

static void require_command(const struct view *view, const char *command)
{
	if (strncmp(command, "set server ", 11) == 0) {
		require_ours(view, command + 11, true);
		require_set(command + 11);
	} else if (strncmp(command, "add server ", 11) == 0) {
		require_ours(view, command + 11, false);
	} else if (strncmp(command, "del server ", 11) == 0) {
		require_ours(view, command + 11, false);
	} else {
		require(strncmp(command, "enable health ", 14) == 0);
		require_ours(view, command + 14, false);
	}
}

static void require_commands(const struct view *view, const struct plan *plan)
{
	const char *command = str_text(&plan->commands);
	size_t n = 0;

	require(strlen(command) == plan->commands.length);
	for (; *command != '\0'; n++) {
		const char *end = strchr(command, ';');

		require(end != NULL);
		for (const char *c = command; c < end; c++)
			require((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7F && *c != '\\');
		require_command(view, command);
		command = end + 1;
	}
	/* A server is closed and deleted, or led, weighed and opened; a member adds one at most. */
	require(n <= 3 * view->n_servers + (size_t)4 * MEMBERS);
}

static void plan_and_report(const struct view *view, const struct plan_options *options)
{
	struct reconciler reconcilers[2] = {
		{ .socket = "/run/a", .reachable = true, .view = *view, .reloaded = true },
		{ .socket = "/run/b", .problem = "away" },
	};
	struct plan_wish wish = { members, MEMBERS };
	struct server_report servers[MEMBERS];
	struct balancer_report report;
	struct plan *plan = &reconcilers[0].plan;

	plan_make(options, &wish, view, plan);
	require_commands(view, plan);
	require(memchr(plan->problem, '\0', sizeof(plan->problem)) != NULL);
	report_make(reconcilers, 2, options, &wish, servers, &report);
	require(report.n_servers == MEMBERS && report.n_reachable == 1);
	for (size_t i = 0; i < MEMBERS; i++) {
		require(strcmp(servers[i].id, members[i].id) == 0);
		require(!reading_is_known(servers[i].sessions) || servers[i].sessions.value > 0);
	}
	plan_finish(plan);
}

static void require_view(const struct view *view)
{
	require(view->n_servers <= VIEW_SERVERS_MAX);
	require(view->pid >= 0 && view->uptime >= 0);
	require(view_fingerprint(view) != 0);
	for (size_t i = 0; i < view->n_servers; i++) {
		require(view_is_name(view->servers[i].name));
		require(!reading_is_known(view->servers[i].sessions) ||
			view->servers[i].sessions.value >= 0);
	}
}

static void require_message(const char *text)
{
	require(text[0] != '\0');
	for (; *text != '\0'; text++)
		require((unsigned char)*text >= ' ' && *text != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum balancer_method methods[] = { BALANCER_METHOD_AUTO, BALANCER_METHOD_SLOTS,
		BALANCER_METHOD_DYNAMIC };
	cleanup_free char *text = mem_strndup((const char *)data, size);
	cleanup_free struct haproxy_config *config = mem_zero(1, sizeof(*config));
	struct plan_options options = { .config = config, .instance = "t" };
	char problem[256] = "";
	struct view view = { 0 };
	struct err err = { 0 };

	(void)mem_strcpy(config->backend, sizeof(config->backend), "web");
	(void)mem_strcpy(config->server_options, sizeof(config->server_options), "check");
	(void)statefile_is_whole(text, strlen(text));
	replies_judge(text, problem, sizeof(problem));
	if (problem[0] != '\0')
		require_message(problem);
	if (view_parse(text, "web", &view, &err) < 0) {
		require_message(err.msg);
		require(view.servers == NULL);
		return 0;
	}
	require_view(&view);
	for (size_t i = 0; i < countof(methods); i++) {
		config->method = methods[i];
		plan_and_report(&view, &options);
	}
	options.withdrawn = true;
	plan_and_report(&view, &options);
	view_finish(&view);
	return 0;
}
