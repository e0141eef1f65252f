/*
 * The Docker Engine behind the runtime port: what the parts share. The connection is link.c's,
 * the containers' facts watch.c's, intents jobs.c's.
 */
#include "parts.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <string.h>

#define SCHEME "unix://"

/* "" when it is no endpoint that we know. */
static const char *socket_of(const char *endpoint)
{
	return strncmp(endpoint, SCHEME, strlen(SCHEME)) == 0 ? endpoint + strlen(SCHEME) : "";
}

void docker_remark(struct docker *docker, enum remark remark, const char *format, ...)
{
	struct event event = { .kind = EVENT_RUNTIME };
	cleanup_str struct str text = { 0 };
	va_list args;

	if ((docker->remarked & (unsigned)remark) != 0)
		return;
	docker->remarked |= (unsigned)remark;
	va_start(args, format);
	str_vappendf(&text, format, args);
	va_end(args);
	(void)mem_strcpy(event.link.msg, sizeof(event.link.msg), str_text(&text));
	event_push(&docker->sink, &event);
}

static struct docker *docker_of(struct runtime *runtime)
{
	return (struct docker *)runtime; /* its first member */
}

static void submit(struct runtime *runtime, const struct intent *intent)
{
	jobs_submit(docker_of(runtime)->jobs, intent);
}

static void list(struct runtime *runtime)
{
	const struct docker *docker = docker_of(runtime);

	/* Not up: one is under way, or comes with the connection. */
	if (!link_is_up(docker->link))
		return;
	link_doubt(docker->link);
	watch_list(docker->watch);
}

static void configure(struct runtime *runtime, const struct config *config)
{
	docker_of(runtime)->config = config;
	list(runtime);
}

static void recall(struct runtime *runtime, const struct journal_record *record)
{
	templates_recall(docker_of(runtime)->templates, record);
}

static void free_docker(struct runtime *runtime)
{
	struct docker *docker = docker_of(runtime);

	jobs_free(docker->jobs);
	watch_free(docker->watch);
	link_free(docker->link);
	http_free(docker->http);
	sole_release(&docker->sole);
	images_free(docker->images);
	templates_free(docker->templates);
	free(docker);
}

struct runtime *docker_runtime_new(uv_loop_t *loop, const char *endpoint, const char *instance,
	const struct config *config, struct event_sink sink)
{
	static const struct runtime_vtable vtable = { submit, list, recall, configure,
		free_docker };
	struct docker *docker = mem_zero(1, sizeof(*docker));
	struct err err = { 0 };

	docker->runtime.vtable = &vtable;
	docker->loop = loop;
	docker->config = config;
	docker->sink = sink;
	(void)mem_strcpy(docker->endpoint, sizeof(docker->endpoint), endpoint);
	(void)mem_strcpy(docker->instance, sizeof(docker->instance), instance);
	docker->socket = socket_of(docker->endpoint);
	docker->sole.fd = -1;
	(void)http_new(loop, docker->socket, &docker->http, &err); /* none: link.c tells */
	docker->images = images_new();
	docker->templates = templates_new(sink);
	docker->watch = watch_new(docker);
	docker->jobs = jobs_new(docker);
	docker->link = link_new(docker);
	return &docker->runtime;
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
