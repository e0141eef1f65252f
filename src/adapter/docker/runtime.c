/*
 * The Docker Engine behind the runtime port: the parts, and who hears of whom. The connection is
 * link.c's, the containers' facts watch.c's, intents intents.c's.
 */
#include "intents.h"
#include "sole.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/base/mem.h>

#include <string.h>

#define SCHEME "unix://"

/* "" when it is no endpoint that we know. */
static const char *socket_of(const char *endpoint)
{
	return strncmp(endpoint, SCHEME, strlen(SCHEME)) == 0 ? endpoint + strlen(SCHEME) : "";
}

struct docker_runtime {
	struct runtime runtime;
	struct docker docker;
	struct link *link;
	struct watch *watch;
	struct jobs *jobs;
};

static void on_list(void *context)
{
	const struct docker_runtime *self = context;

	watch_list(self->watch);
}

static void on_happened(void *context, const struct happening *happening)
{
	const struct docker_runtime *self = context;

	watch_happened(self->watch, happening);
}

static void on_lost(void *context, const struct err *err)
{
	const struct docker_runtime *self = context;

	watch_suspend(self->watch);
	jobs_suspend(self->jobs, err);
}

static void on_refreshed(void *context, const char *id, uint64_t ticket, const struct err *err)
{
	const struct docker_runtime *self = context;

	jobs_refreshed(self->jobs, id, ticket, err);
}

static struct docker_runtime *self_of(struct runtime *runtime)
{
	return (struct docker_runtime *)runtime; /* its first member */
}

static void submit(struct runtime *runtime, const struct intent *intent)
{
	intents_submit(self_of(runtime)->jobs, intent);
}

static void list(struct runtime *runtime)
{
	const struct docker_runtime *self = self_of(runtime);

	/* Not up: one is under way, or comes with the connection. */
	if (!link_is_up(self->link))
		return;
	link_doubt(self->link);
	watch_list(self->watch);
}

static void configure(struct runtime *runtime, const struct config *config)
{
	self_of(runtime)->docker.config = config;
	list(runtime);
}

static void recall(struct runtime *runtime, const struct journal_record *record)
{
	templates_recall(self_of(runtime)->docker.templates, record);
}

static void free_runtime(struct runtime *runtime)
{
	struct docker_runtime *self = self_of(runtime);

	jobs_free(self->jobs);
	watch_free(self->watch);
	link_free(self->link);
	http_free(self->docker.http);
	templates_free(self->docker.templates);
	free(self);
}

struct runtime *docker_runtime_new(uv_loop_t *loop, const char *endpoint, const char *instance,
	const struct config *config, struct event_sink sink)
{
	static const struct runtime_vtable vtable = { submit, list, recall, configure,
		free_runtime };
	struct docker_runtime *self = mem_zero(1, sizeof(*self));
	struct docker *docker = &self->docker;
	struct err err = { 0 };

	self->runtime.vtable = &vtable;
	docker->loop = loop;
	docker->config = config;
	docker->sink = sink;
	(void)mem_strcpy(docker->endpoint, sizeof(docker->endpoint), endpoint);
	(void)mem_strcpy(docker->instance, sizeof(docker->instance), instance);
	docker->socket = socket_of(docker->endpoint);
	(void)http_new(loop, docker->socket, &docker->http, &err); /* none: link.c tells */
	docker->templates = templates_new(sink);
	self->link = link_new(docker, &(struct link_listener){
					      .context = self,
					      .list = on_list,
					      .happened = on_happened,
					      .lost = on_lost,
				      });
	self->watch = watch_new(docker, self->link,
		&(struct watch_listener){ .context = self, .refreshed = on_refreshed });
	self->jobs = jobs_new(docker, self->link, self->watch);
	return &self->runtime;
}

int docker_check_alone(const char *endpoint, struct err *err)
{
	struct sole sole = { .fd = -1 };
	int r = sole_take(&sole, socket_of(endpoint), err);

	sole_release(&sole);
	return r;
}

static int fetch(const char *socket, const struct http_call *call, struct str *body,
	struct http_answer *ret_answer, struct err *err)
{
	http_fetch(socket, call, body, ret_answer);
	if (ret_answer->err.code == 0 && ret_answer->status >= 200 && ret_answer->status < 300)
		return 0;
	return request_error(ret_answer, err);
}

int docker_fetch(const char *endpoint, const char *path, usec_t timeout, struct str *ret_body,
	struct err *err)
{
	const char *socket = socket_of(endpoint);
	cleanup_str struct str body = { 0 };
	cleanup_str struct str versioned = { 0 };
	struct http_call call = {
		.method = "GET",
		.path = "/_ping",
		.header = "Api-Version",
		.timeout = timeout,
		.body_max = LIST_BYTES_MAX,
	};
	struct http_answer answer;
	unsigned api = 0;
	int r;

	if (socket[0] == '\0')
		return err_set(err, ERR_UNSUPPORTED,
			"'%.120s' is no endpoint that this version knows: use "
			"unix:///run/docker.sock",
			endpoint);
	r = fetch(socket, &call, &body, &answer, err);
	if (r == 0)
		r = link_choose_version(answer.header, &api, err);
	if (r < 0)
		return r;
	str_appendf(&versioned, "/v1.%u%s", api, path);
	call.path = str_text(&versioned);
	r = fetch(socket, &call, &body, &answer, err);
	if (r < 0)
		return r;
	str_clear(ret_body);
	str_append_bytes(ret_body, str_text(&body), body.length);
	return 0;
}
