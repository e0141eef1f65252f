/*
 * doctor's look at HAProxy: for each service, can each of its sockets be reached, may we give
 * orders there, and can the backend take replicas and keep them over a reload? What a service's
 * settings are is asked of the daemon, which knows the labels; else the files have to do.
 */
#include "client.h"
#include "doctor_parts.h"

#include <dockscale/adapter/haproxy.h>
#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define TIMEOUT (3 * USEC_PER_SEC)

/* One socket of one service. */
struct look {
	const char *what; /* "haproxy web" */
	const char *service;
	const char *socket;
	const struct haproxy_config *config;
	const char *instance;
};

static void judge_reload(
	struct doctor *doctor, const struct look *look, const struct haproxy_facts *facts)
{
	char cure[256];

	(void)snprintf(
		cure, sizeof(cure), "paste the lines of `dockscalectl haproxy %s`", look->service);
	if (facts->slots == 0 && facts->dynamic_capable)
		doctor_add(doctor, VERDICT_WARN, look->what, cure,
			"no slots of ours in backend %s: servers are added one by one, and an "
			"HAProxy "
			"reload loses them until the next tick",
			look->config->backend);
	else if (facts->slots_literal > 0)
		doctor_add(doctor, VERDICT_WARN, look->what, cure,
			"%u of %u slots come back at their written address after a reload",
			facts->slots_literal, facts->slots);
	else if (facts->slots > 0 && !facts->state_file) {
		if (look->config->state_file[0] == '\0')
			(void)snprintf(cure, sizeof(cure),
				"set [haproxy] state_file = /run/haproxy/dockscale.state, then "
				"paste the lines of `dockscalectl haproxy %s`",
				look->service);
		doctor_add(doctor, VERDICT_WARN, look->what, cure,
			"no server-state-file: a reload empties the slots until the next tick");
	}
}

/* HAProxy does not tell its timeouts to anybody. */
#define QUEUE_TEXT                                                                                 \
	"who waits in HAProxy longer than the backend's `timeout queue` (`timeout connect` where " \
	"there is none) gets a 503"

static void judge_limit(
	struct doctor *doctor, const struct look *look, const struct haproxy_facts *facts)
{
	bool added = facts->slots == 0;
	bool missing = added ? strstr(look->config->server_options, "maxconn ") == NULL
			     : facts->slots_unlimited > 0;

	if (look->config->maxconn == BALANCER_MAXCONN_LEARN)
		doctor_add(doctor, VERDICT_OK, look->what, NULL,
			"requests at once for a replica: learnt in an overload; " QUEUE_TEXT);
	else if (look->config->maxconn == BALANCER_MAXCONN_COUNT)
		doctor_add(doctor, VERDICT_OK, look->what, NULL,
			"requests at once for a replica: %u; " QUEUE_TEXT,
			look->config->maxconn_count);
	else if (missing)
		doctor_add(doctor, VERDICT_WARN, look->what,
			added ? "[haproxy] maxconn = learn, or maxconn N in server_options"
			      : "[haproxy] maxconn = learn, or maxconn N on the server-template "
				"line and `timeout queue 5s` in the backend",
			"servers of backend %s have no maxconn, and nothing is learnt: an overload "
			"at max makes all requests slow, until every answer comes too late",
			look->config->backend);
}

static void judge_servers(
	struct doctor *doctor, const struct look *look, const struct haproxy_facts *facts)
{
	if (facts->slots_resolved)
		doctor_add(doctor, VERDICT_FAIL, look->what,
			"take `resolvers` off their server-template and default-server lines, and "
			"reload HAProxy",
			"the slots of backend %s are looked up by DNS, which overwrites a "
			"replica's address: none is led to them",
			look->config->backend);
	if (facts->down > 0)
		doctor_add(doctor, VERDICT_WARN, look->what,
			"connect HAProxy to the replica's network (docker network connect NETWORK "
			"HAPROXY), and see what its check asks",
			"HAProxy's own check finds %u server%s of ours down in backend %s, one "
			"at %s",
			facts->down, facts->down == 1 ? "" : "s", look->config->backend,
			facts->down_at);
}

/* HAProxy does not tell a backend's options to anybody; what it counted does. */
static void judge_redispatch(
	struct doctor *doctor, const struct look *look, const struct haproxy_facts *facts)
{
	char cure[160];

	if (facts->stranded == 0)
		return;
	(void)snprintf(cure, sizeof(cure),
		"`option redispatch 1` and `retries 3` in the backend, as `dockscalectl haproxy "
		"%s` prints them",
		look->service);
	doctor_add(doctor, VERDICT_WARN, look->what, cure,
		"%llu requests to backend %s found no connection and none was sent to another "
		"server, since HAProxy began: each replica that dies costs some",
		(unsigned long long)facts->stranded, look->config->backend);
}

static void judge_backend(
	struct doctor *doctor, const struct look *look, const struct haproxy_facts *facts)
{
	const char *backend = look->config->backend;
	char cure[160];

	(void)snprintf(
		cure, sizeof(cure), "paste the lines of `dockscalectl haproxy %s`", look->service);
	if (!facts->backend_found) {
		doctor_add(
			doctor, VERDICT_FAIL, look->what, cure, "there is no backend %s", backend);
		return;
	}
	if (facts->slots == 0 && !facts->dynamic_capable) {
		doctor_add(doctor, VERDICT_FAIL, look->what, cure,
			"backend %s has no slots of ours, and its algorithm%s%s takes no dynamic "
			"servers: use balance roundrobin or leastconn, or slots",
			backend, facts->algorithm[0] != '\0' ? " " : "", facts->algorithm);
		return;
	}
	doctor_add(doctor, VERDICT_OK, look->what, NULL,
		"HAProxy %s at %s, backend %s, %u slots of ours", facts->version, look->socket,
		backend, facts->slots);
	judge_servers(doctor, look, facts);
	judge_redispatch(doctor, look, facts);
	judge_reload(doctor, look, facts);
	judge_limit(doctor, look, facts);
}

static const char *unreachable_cure(int code)
{
	if (code == ERR_DENIED)
		return "adduser dockscale haproxy, or `stats socket PATH mode 660 group haproxy "
		       "level admin`";
	return "start HAProxy with `stats socket PATH mode 660 level admin` in its global section, "
	       "or set [haproxy] socket";
}

static void look_at(struct doctor *doctor, const struct look *look)
{
	struct haproxy_facts facts = { .slots = 0 };
	struct err err = { 0 };
	int r;

	if (look->socket[0] == '/')
		doctor_check_user(doctor, look->what, look->socket);
	r = haproxy_inspect(look->socket, look->config->backend, look->instance, look->config,
		TIMEOUT, &facts, &err);
	if (r < 0) {
		doctor_add(doctor, VERDICT_FAIL, look->what, unreachable_cure(err.code), "%s",
			err.msg);
		return;
	}
	if (!facts.admin) {
		doctor_add(doctor, VERDICT_FAIL, look->what,
			"add `level admin` to that stats socket and reload HAProxy",
			"%s may only be read, not steered", look->socket);
		return;
	}
	judge_backend(doctor, look, &facts);
}

static void look_at_all(struct doctor *doctor, const char *service, const char *instance,
	const struct haproxy_config *config)
{
	char what[CONFIG_NAME_MAX + 16];

	(void)snprintf(what, sizeof(what), "haproxy %s", service);
	if (config->balancer == BALANCER_NONE) {
		doctor_add(doctor, VERDICT_OK, what, NULL, "balancer = none: nothing to look at");
		return;
	}
	for (size_t i = 0; i < config->n_sockets; i++)
		look_at(doctor,
			&(struct look){ what, service, config->sockets[i], config, instance });
}

static void read_text(const cJSON *object, const char *key, char *buffer, size_t size)
{
	(void)mem_strcpy(buffer, size, show_text(object, key));
}

/* What status_json_haproxy() wrote, as far as an inspection needs it. */
static void read_settings(const cJSON *object, struct haproxy_config *config)
{
	const char *method = show_text(object, "method");
	const cJSON *socket;

	*config = (struct haproxy_config){ .balancer = BALANCER_HAPROXY };
	if (strcmp(show_text(object, "balancer"), "none") == 0)
		config->balancer = BALANCER_NONE;
	if (strcmp(method, "slots") == 0)
		config->method = BALANCER_METHOD_SLOTS;
	else if (strcmp(method, "dynamic") == 0)
		config->method = BALANCER_METHOD_DYNAMIC;
	read_text(object, "server_options", config->server_options, CONFIG_TEXT_MAX);
	if (strcmp(show_text(object, "maxconn"), "off") == 0)
		config->maxconn = BALANCER_MAXCONN_OFF;
	else if (strcmp(show_text(object, "maxconn"), "count") == 0)
		config->maxconn = BALANCER_MAXCONN_COUNT;
	config->maxconn_count = (unsigned)show_number(object, "maxconn_count");
	read_text(object, "backend", config->backend, sizeof(config->backend));
	read_text(object, "slot_prefix", config->slot_prefix, sizeof(config->slot_prefix));
	read_text(object, "state_file", config->state_file, sizeof(config->state_file));
	config->port = (unsigned)show_number(object, "port");
	config->slot_first = (unsigned)show_number(object, "slot_first");
	config->slot_last = (unsigned)show_number(object, "slot_last");
	cJSON_ArrayForEach (socket, cJSON_GetObjectItemCaseSensitive(object, "sockets")) {
		if (cJSON_IsString(socket) && config->n_sockets < CONFIG_SOCKETS_MAX)
			(void)mem_strcpy(config->sockets[config->n_sockets++], CONFIG_TEXT_MAX,
				socket->valuestring);
	}
}

static void look_by_file(struct doctor *doctor, const struct service_file *file)
{
	cleanup_free struct service_config *service = mem_zero(1, sizeof(*service));
	const struct daemon_config *daemon = &doctor->config->daemon;
	struct err err;

	if (file->broken)
		return; /* told by check_files() */
	if (config_resolve(daemon, file, file->name, "", NULL, 0, service, &err) == 0)
		look_at_all(doctor, file->name, daemon->instance, &service->haproxy);
	else
		doctor_add(doctor, VERDICT_WARN, "service",
			"start the daemon and a container: its labels may complete this",
			"%s cannot be looked at by its file alone: %s", file->name, err.msg);
}

/* A service that the daemon has not settled: its file tells what there is to tell. */
static void look_by_name(struct doctor *doctor, const char *service, const char *problem)
{
	for (size_t i = 0; i < doctor->config->n_files; i++) {
		if (strcmp(doctor->config->files[i].name, service) != 0)
			continue;
		look_by_file(doctor, &doctor->config->files[i]);
		return;
	}
	doctor_add(doctor, VERDICT_WARN, "service", "see the problem, or start a container of it",
		"%s has no valid configuration yet: %s", service,
		problem[0] != '\0' ? problem : "no container is known");
}

/* What keeps a service from its count the daemon has found out, with the cure. */
static void tell_problem(struct doctor *doctor, const char *service, const char *problem)
{
	char what[CONFIG_NAME_MAX + 16];

	(void)snprintf(what, sizeof(what), "service %s", service);
	if (problem[0] != '\0')
		doctor_add(doctor, VERDICT_WARN, what, NULL, "%s", problem);
}

static void look_by_daemon(struct doctor *doctor, const char *service)
{
	struct client_reply reply = { .status = 0 };
	struct haproxy_config config;
	char path[128];
	cJSON *tree;
	const cJSON *settings;
	struct err err;

	(void)snprintf(path, sizeof(path), "/services/%s", service);
	if (client_ask(doctor->ctl, &(struct client_request){ "GET", path, NULL }, &reply, &err) <
		0)
		return; /* it ended meanwhile: check_daemon() saw it alive */
	tree = cJSON_ParseWithLength(str_text(&reply.body), reply.body.length);
	settings = cJSON_GetObjectItemCaseSensitive(tree, "haproxy");
	if (cJSON_IsObject(settings)) {
		read_settings(settings, &config);
		tell_problem(doctor, service, show_text(tree, "problem"));
		look_at_all(doctor, service, show_text(doctor->status, "instance"), &config);
	} else {
		look_by_name(doctor, service, show_text(tree, "problem"));
	}
	cJSON_Delete(tree);
	str_finish(&reply.body);
}

void doctor_haproxy(struct doctor *doctor)
{
	const cJSON *services = cJSON_GetObjectItemCaseSensitive(doctor->status, "services");
	const cJSON *service;

	if (doctor->status == NULL)
		for (size_t i = 0; i < doctor->config->n_files; i++)
			look_by_file(doctor, &doctor->config->files[i]);
	cJSON_ArrayForEach (service, services)
		look_by_daemon(doctor, show_text(service, "name"));
}
