/*
 * What a person, a script or dockscalectl may ask of the daemon. A route is a row; a handler
 * answers at once from the engine's snapshot or turns a body into a command, which the engine
 * judges before it is taken. Everything here is on one Unix socket: who may open it may do it
 * all, and nobody else gets as far as this.
 */
#include <dockscale/app/control.h>

#include <dockscale/adapter/haproxy.h>
#include <dockscale/app/json.h>
#include <dockscale/app/status_json.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/io/clock.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "/api/v1"

/* One request on its way through the table. */
struct call {
	const struct control *control;
	const struct httpd_request *request;
	char service[CONFIG_NAME_MAX]; /* what stood for the route's star */
	struct str *out;
	struct err *err;
};

static int get_version(struct call *call)
{
	json_begin(call->out, NULL, '{');
	json_text(call->out, "version", DOCKSCALE_VERSION);
	json_text(call->out, "api", "v1");
	json_text(call->out, "instance", call->control->instance);
	json_text(call->out, "config", call->control->config_directory);
	json_text(call->out, "docker", call->control->docker);
	json_bool(call->out, "dry_run", call->control->dry_run);
	json_integer(call->out, "pid", getpid());
	json_end(call->out, '}');
	str_append_char(call->out, '\n');
	return 0;
}

static int get_status(struct call *call)
{
	struct snapshot *snapshot = engine_snapshot(call->control->engine, clock_now());

	status_json(snapshot, call->control->dry_run, call->out);
	snapshot_free(snapshot);
	return 0;
}

static const struct service_snapshot *find_service(
	const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->n_services; i++)
		if (strcmp(snapshot->services[i].name, name) == 0)
			return &snapshot->services[i];
	return NULL;
}

static int get_service(struct call *call)
{
	struct snapshot *snapshot = engine_snapshot(call->control->engine, clock_now());
	const struct service_snapshot *service = find_service(snapshot, call->service);
	int r = 0;

	if (service != NULL)
		status_json_explain(service,
			engine_service_config(call->control->engine, call->service), snapshot->at,
			call->out);
	else
		r = err_set(call->err, ERR_NOT_FOUND,
			"there is no service '%s': `dockscalectl status` lists those that are "
			"known",
			call->service);
	snapshot_free(snapshot);
	return r;
}

static int get_haproxy(struct call *call)
{
	const struct service_config *config =
		engine_service_config(call->control->engine, call->service);
	cleanup_str struct str lines = { 0 };

	if (config == NULL)
		return err_set(call->err, ERR_NOT_FOUND,
			"service '%s' is not known, or has no valid configuration yet",
			call->service);
	haproxy_print_lines(config, call->control->instance, &lines);
	json_begin(call->out, NULL, '{');
	json_text(call->out, "service", config->name);
	json_text(call->out, "lines", str_text(&lines));
	json_end(call->out, '}');
	str_append_char(call->out, '\n');
	return 0;
}

/* Lets the engine judge @command, carries it out and says so. */
static int carry_out(struct call *call, const struct command *command, const char *done)
{
	int r = engine_command_check(call->control->engine, command, call->err);

	if (r < 0)
		return r;
	call->control->command(call->control->context, command);
	json_begin(call->out, NULL, '{');
	json_text(call->out, "done", done);
	if (command->service[0] != '\0')
		json_text(call->out, "service", command->service);
	if (command->kind == COMMAND_SCALE)
		json_integer(call->out, "replicas", command->count);
	if (command->duration > 0)
		json_integer(call->out, "for_s", command->duration / USEC_PER_SEC);
	json_end(call->out, '}');
	str_append_char(call->out, '\n');
	return 0;
}

static int simple_command(struct call *call, enum command_kind kind, const char *done)
{
	struct command command = { .kind = kind };

	(void)mem_strcpy(command.service, sizeof(command.service), call->service);
	return carry_out(call, &command, done);
}

static int post_pause(struct call *call)
{
	return simple_command(call, COMMAND_PAUSE, "pause");
}

static int post_resume(struct call *call)
{
	return simple_command(call, COMMAND_RESUME, "resume");
}

static int post_release(struct call *call)
{
	return simple_command(call, COMMAND_RELEASE, "release");
}

static int read_replicas(const cJSON *item, struct command *command, struct err *err)
{
	if (!cJSON_IsNumber(item) || item->valuedouble < 0 ||
		item->valuedouble > CONFIG_REPLICAS_MAX ||
		item->valuedouble != floor(item->valuedouble))
		return err_set(err, ERR_INVALID, "\"replicas\" must be a whole number, 0 to %d",
			CONFIG_REPLICAS_MAX);
	command->count = (unsigned)item->valuedouble;
	return 0;
}

static int read_for(const cJSON *item, struct command *command, struct err *err)
{
	int r;

	if (!cJSON_IsString(item))
		return err_set(err, ERR_INVALID, "\"for\" must be a duration such as \"1h\"");
	r = parse_duration(item->valuestring, false, &command->duration, err);
	if (r < 0)
		return err_wrap(err, "\"for\"");
	if (command->duration == 0)
		return err_set(err, ERR_INVALID,
			"\"for\" is no time at all: use 1s or more, or leave it out");
	return 0;
}

/* {"replicas": N, "for": "1h"}; an unknown key is an error, as in the files. */
static int read_scale(const cJSON *body, struct command *command, struct err *err)
{
	static const struct {
		const char *key;
		int (*read)(const cJSON *item, struct command *command, struct err *err);
	} keys[] = { { "replicas", read_replicas }, { "for", read_for } };
	bool seen[countof(keys)] = { false };

	if (!cJSON_IsObject(body))
		return err_set(err, ERR_INVALID,
			"the body must be JSON such as {\"replicas\": 3, \"for\": \"1h\"}");
	for (const cJSON *item = body->child; item != NULL; item = item->next) {
		size_t i = 0;
		int r;

		while (i < countof(keys) && strcmp(item->string, keys[i].key) != 0)
			i++;
		if (i == countof(keys) || seen[i])
			return err_set(err, ERR_INVALID,
				"\"%.64s\" is %s: use \"replicas\" and \"for\"", item->string,
				i < countof(keys) ? "there twice" : "no known key");
		seen[i] = true;
		r = keys[i].read(item, command, err);
		if (r < 0)
			return r;
	}
	if (!seen[0])
		return err_set(err, ERR_INVALID, "\"replicas\" is missing");
	return 0;
}

static int post_scale(struct call *call)
{
	struct command command = { .kind = COMMAND_SCALE };
	cJSON *body = cJSON_ParseWithLength(call->request->body, call->request->body_length);
	int r = read_scale(body, &command, call->err);

	cJSON_Delete(body);
	if (r < 0)
		return r;
	(void)mem_strcpy(command.service, sizeof(command.service), call->service);
	return carry_out(call, &command, "scale");
}

static void append_lines(struct str *out, const char *key, const char *lines)
{
	json_begin(out, key, '[');
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		char *line = mem_strndup(lines, length);

		json_text(out, NULL, line);
		free(line);
		lines += length + (lines[length] == '\n');
	}
	json_end(out, ']');
}

static void append_problems(struct str *out, const struct config_problems *problems)
{
	json_begin(out, "problems", '[');
	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++) {
		json_begin(out, NULL, '{');
		json_text_or_null(out, "service", problems->items[i].service);
		json_text(out, "text", problems->items[i].text);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static int post_reload(struct call *call)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	cleanup_str struct str remarks = { 0 };
	int r = call->control->reload(call->control->context, problems, &remarks, call->err);

	json_begin(call->out, NULL, '{');
	if (r < 0) {
		json_begin(call->out, "error", '{');
		json_text(call->out, "code", err_code_name(r));
		json_text(call->out, "message", call->err->msg);
		append_problems(call->out, problems);
		json_end(call->out, '}');
	} else {
		json_text(call->out, "done", "reload");
		append_lines(call->out, "remarks", str_text(&remarks));
	}
	json_end(call->out, '}');
	str_append_char(call->out, '\n');
	return r;
}

static const struct route {
	const char *method;
	const char *path; /* behind PREFIX; a star stands for one service's name */
	int (*handle)(struct call *call); /* may have written its own error */
} routes[] = {
	{ "GET", "/version", get_version },
	{ "GET", "/status", get_status },
	{ "GET", "/services/*", get_service },
	{ "GET", "/services/*/haproxy", get_haproxy },
	{ "POST", "/services/*/scale", post_scale },
	{ "POST", "/services/*/pause", post_pause },
	{ "POST", "/services/*/resume", post_resume },
	{ "POST", "/services/*/release", post_release },
	{ "POST", "/release", post_release },
	{ "POST", "/pause", post_pause },
	{ "POST", "/resume", post_resume },
	{ "POST", "/reload", post_reload },
};

/* Does @path have the shape of @pattern? What stands for the star goes to @name. */
static bool matches(const char *pattern, const char *path, char name[static CONFIG_NAME_MAX])
{
	name[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		size_t length;

		if (*pattern != '*') {
			if (*path++ != *pattern)
				return false;
			continue;
		}
		length = strcspn(path, "/");
		if (length == 0 || length >= CONFIG_NAME_MAX)
			return false;
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
	}
	return *path == '\0';
}

static const struct route *find_route(struct call *call, struct err *err)
{
	const char *path = call->request->path;
	const struct route *other = NULL;

	if (strncmp(path, PREFIX, strlen(PREFIX)) == 0)
		path += strlen(PREFIX);
	else
		path = "";
	for (size_t i = 0; i < countof(routes); i++) {
		if (!matches(routes[i].path, path, call->service))
			continue;
		if (strcmp(routes[i].method, call->request->method) == 0)
			return &routes[i];
		other = &routes[i];
	}
	if (other != NULL)
		(void)err_set(err, ERR_UNSUPPORTED, "use %s for this path", other->method);
	else
		(void)err_set(
			err, ERR_NOT_FOUND, "no such path: use %s/status and the like", PREFIX);
	return NULL;
}

static int http_status(int code)
{
	static const struct {
		int code;
		int status;
	} rows[] = { { ERR_INVALID, 400 }, { ERR_DENIED, 403 }, { ERR_NOT_FOUND, 404 },
		{ ERR_UNSUPPORTED, 405 }, { ERR_CONFLICT, 409 }, { ERR_REFUSED, 409 },
		{ ERR_LIMIT, 413 }, { ERR_UNREACHABLE, 503 }, { ERR_TIMEOUT, 504 } };

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].code == code)
			return rows[i].status;
	return 500;
}

void control_handle(
	void *context, const struct httpd_request *request, struct httpd_response *response)
{
	struct err err = { 0 };
	struct call call = {
		.control = context,
		.request = request,
		.out = &response->body,
		.err = &err,
	};
	const struct route *route = find_route(&call, &err);
	int r = route != NULL ? route->handle(&call) : err.code;

	if (r >= 0)
		return;
	response->status = http_status(r);
	if (response->body.length == 0)
		json_error(&response->body, &err);
}
