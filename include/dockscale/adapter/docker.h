/* The Docker Engine API behind the runtime port. */
#pragma once

#include <dockscale/base/str.h>
#include <dockscale/port/ports.h>

#include <uv.h>

/* @endpoint is "unix:///run/docker.sock". Connects by itself, negotiates the API version, lists,
 * follows events, and begins anew when the engine comes back. @config stays the caller's and lives
 * until the next configure. Never NULL: an engine that is away is told by EVENT_RUNTIME. */
struct runtime *docker_runtime_new(uv_loop_t *loop, const char *endpoint, const char *instance,
	const struct config *config, struct event_sink sink);

/* Does no other daemon look after this engine? ERR_CONFLICT with who and the cure. For the start: the
 * runtime holds the engine from its first connection on, and is away while another one holds it. */
int docker_check_alone(const char *endpoint, struct err *err);

/* One object of the engine, fetched synchronously on a loop of its own (for dockscalectl check and
 * doctor). @path is unversioned, such as "/containers/web/json". *ret_body is JSON text. */
int docker_fetch(const char *endpoint, const char *path, usec_t timeout, struct str *ret_body,
	struct err *err);

/* What a template's inspect says about cloning it. Appends one line a finding to @findings (what,
 * where, the cure). Returns 0 (may be cloned; findings are remarks), or ERR_REFUSED. */
int docker_judge_template(const char *inspect_json, const struct service_config *config,
	struct str *findings, struct err *err);

/* Parses a container inspect (and, when given, its image's inspect, to tell the image's labels). */
int docker_parse_inspect(const char *inspect_json, const char *image_json,
	struct container *ret_container, struct err *err);
