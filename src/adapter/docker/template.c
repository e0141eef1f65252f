/*
 * The judgement before the first clone. A clone that shares what must not be shared damages data,
 * so whatever is not known to be safe is refused, with its cure; what a clone merely lacks is a
 * remark. One check a row; each looks at the inspect alone and knows nothing of how a clone is
 * made (clone.c).
 */
#include "template.h"

#include <dockscale/adapter/docker.h>

#include <stdio.h>
#include <string.h>

#define SECRETS       "/run/secrets/"
#define CHANGE_ADDED  1 /* of the engine's kinds: 0 modified, 1 added, 2 deleted */
#define COMPOSE_LABEL "com.docker.compose.project"

/* What the checks write to. */
struct verdict {
	const cJSON *inspect;
	const cJSON *host;
	const struct service_config *config;
	const char *name; /* of the container */
	struct str *findings;
	struct err *err; /* the first refusal */
	unsigned refusals;
};

static void refuse(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void remark(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Names and paths come from whoever made the container or its image: none of them may begin a line
 * of its own or command the terminal that findings are printed to. */
static void make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			*text = '?';
}

/* One line of the findings. */
static void add_finding(const struct verdict *verdict, const char *kind, const char *text)
{
	size_t from = verdict->findings->length;

	str_appendf(verdict->findings, "%s: container %s: %s", kind, verdict->name, text);
	make_plain(verdict->findings->data + from);
	str_append_char(verdict->findings, '\n');
}

static void refuse(struct verdict *verdict, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_finding(verdict, "refused", text);
	if (verdict->refusals++ > 0)
		return;
	(void)err_set(verdict->err, ERR_REFUSED, "container %s: %s", verdict->name, text);
	make_plain(verdict->err->msg);
}

static void remark(struct verdict *verdict, const char *format, ...)
{
	cleanup_str struct str text = { 0 };
	va_list args;

	va_start(args, format);
	str_vappendf(&text, format, args);
	va_end(args);
	add_finding(verdict, "remark", str_text(&text));
}

static void check_network_mode(struct verdict *verdict)
{
	const char *mode = jsontext_string(verdict->host, "NetworkMode");

	if (strcmp(mode, "host") == 0)
		refuse(verdict, "it uses the host's network (network_mode host): every clone would "
				"listen on the same ports. Give it a network of its own");
	else if (strncmp(mode, "container:", 10) == 0)
		refuse(verdict,
			"it uses the network of another container (network_mode %.32s): clones "
			"would share its ports. Give it a network of its own",
			mode);
}

/* Does the configuration name this volume or path? What it does not name is anonymous. */
static bool is_named(const struct verdict *verdict, const char *volume)
{
	const cJSON *item;
	size_t length = strlen(volume);

	cJSON_ArrayForEach (item, jsontext_get(verdict->host, "Binds")) {
		const char *bind = cJSON_GetStringValue(item);

		if (bind != NULL && strncmp(bind, volume, length) == 0 && bind[length] == ':')
			return true;
	}
	cJSON_ArrayForEach (item, jsontext_get(verdict->host, "Mounts"))
		if (strcmp(jsontext_string(item, "Source"), volume) == 0)
			return true;
	return cJSON_GetArraySize(jsontext_get(verdict->host, "VolumesFrom")) > 0;
}

static void judge_mount(struct verdict *verdict, const cJSON *mount)
{
	const char *type = jsontext_string(mount, "Type");
	const char *at = jsontext_string(mount, "Destination");
	bool volume = strcmp(type, "volume") == 0;
	const char *what = jsontext_string(mount, volume ? "Name" : "Source");

	if (strcmp(type, "tmpfs") == 0 || cJSON_IsFalse(jsontext_get(mount, "RW")))
		return;
	if (volume && !is_named(verdict, what)) {
		remark(verdict,
			"the volume at %.100s has no name: every clone begins with an empty one of "
			"its own",
			at);
	} else if (verdict->config->shared_volumes == SHARED_VOLUMES_ALLOW) {
		remark(verdict,
			"%s %.100s at %.100s is writable and shared with all clones, "
			"as shared_volumes = allow says",
			volume ? "volume" : "path", what, at);
	} else {
		refuse(verdict,
			"%s %.70s at %.70s is writable and would be shared with every clone; two "
			"databases on one volume destroy it. Mount it read-only (:ro), or set "
			"[service] shared_volumes = allow (label dockscale.shared_volumes=allow) "
			"where sharing is meant",
			volume ? "volume" : "path", what, at);
	}
}

static void check_mounts(struct verdict *verdict)
{
	const cJSON *mount;

	cJSON_ArrayForEach (mount, jsontext_get(verdict->inspect, "Mounts"))
		judge_mount(verdict, mount);
}

static bool is_fixed_port(const cJSON *binding)
{
	const char *port = jsontext_string(binding, "HostPort");

	return port[0] != '\0' && strcmp(port, "0") != 0;
}

static const cJSON *find_fixed_port(const cJSON *bindings)
{
	const cJSON *port;
	const cJSON *binding;

	cJSON_ArrayForEach (port, bindings) {
		cJSON_ArrayForEach (binding, port)
			if (is_fixed_port(binding))
				return binding;
	}
	return NULL;
}

bool template_ports_are_free(const cJSON *inspect)
{
	const cJSON *host = jsontext_get(inspect, "HostConfig");
	const cJSON *bindings = jsontext_get(host, "PortBindings");

	return find_fixed_port(bindings) == NULL &&
	       (cJSON_GetArraySize(bindings) > 0 || jsontext_bool(host, "PublishAllPorts"));
}

static void check_ports(struct verdict *verdict)
{
	const cJSON *fixed = find_fixed_port(jsontext_get(verdict->host, "PortBindings"));

	if (verdict->config->haproxy.address == BALANCER_ADDRESS_HOST_PORT &&
		verdict->config->haproxy.balancer == BALANCER_HAPROXY) {
		if (!template_ports_are_free(verdict->inspect))
			refuse(verdict,
				"[haproxy] address = host-port needs a host port of its own for "
				"every clone; moving a fixed one is not in this version. Publish "
				"the port without a host port (-p 8080), or use address = "
				"container");
	} else if (fixed != NULL) {
		remark(verdict,
			"host port %.8s is the container's own: clones get no host port, "
			"the balancer reaches them by address",
			jsontext_string(fixed, "HostPort"));
	}
}

static void check_addresses(struct verdict *verdict)
{
	const cJSON *network;

	cJSON_ArrayForEach (
		network, jsontext_path(verdict->inspect, "NetworkSettings", "Networks")) {
		const cJSON *fixed = jsontext_get(network, "IPAMConfig");
		const char *address = jsontext_string(fixed, "IPv4Address");

		if (address[0] == '\0')
			address = jsontext_string(fixed, "IPv6Address");
		if (address[0] != '\0')
			remark(verdict, "the fixed address %.46s is its own: clones get another",
				address);
	}
}

static void check_rights(struct verdict *verdict)
{
	if (jsontext_bool(verdict->host, "Privileged"))
		remark(verdict, "it is privileged, and so is every clone");
	if (cJSON_GetArraySize(jsontext_get(verdict->host, "Devices")) > 0 ||
		cJSON_GetArraySize(jsontext_get(verdict->host, "DeviceRequests")) > 0)
		remark(verdict, "its devices are shared with every clone");
}

static void check_removal(struct verdict *verdict)
{
	if (jsontext_bool(verdict->host, "AutoRemove"))
		remark(verdict, "it vanishes when it ends (--rm) and cannot be started again; "
				"clones are kept until they are removed on purpose");
}

/* Compose copies secrets and configs with inline content into the container after the create.
 * Nothing in the inspect tells so. */
static void check_compose(struct verdict *verdict)
{
	const cJSON *labels = jsontext_path(verdict->inspect, "Config", "Labels");

	if (jsontext_string(labels, COMPOSE_LABEL)[0] != '\0')
		remark(verdict, "Compose made it: configs with inline content would be missing in "
				"clones. Use file: configs, which are mounted");
}

int template_judge(const cJSON *inspect, const struct service_config *config, struct str *findings,
	struct err *err)
{
	static void (*const checks[])(struct verdict * verdict) = { check_network_mode,
		check_mounts, check_ports, check_addresses, check_rights, check_removal,
		check_compose };
	const char *name = jsontext_string(inspect, "Name");
	struct verdict verdict = {
		.inspect = inspect,
		.host = jsontext_get(inspect, "HostConfig"),
		.config = config,
		.name = name + (name[0] == '/'),
		.findings = findings,
		.err = err,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&verdict);
	return verdict.refusals > 0 ? ERR_REFUSED : 0;
}

bool template_wants_changes(const cJSON *inspect)
{
	const cJSON *labels = jsontext_path(inspect, "Config", "Labels");

	return jsontext_string(labels, COMPOSE_LABEL)[0] != '\0';
}

static bool is_mounted(const cJSON *inspect, const char *path)
{
	const cJSON *mount;

	cJSON_ArrayForEach (mount, jsontext_get(inspect, "Mounts")) {
		const char *at = jsontext_string(mount, "Destination");
		size_t length = strlen(at);

		/* The path itself, or what is below it. */
		if (length > 0 && strncmp(path, at, length) == 0 &&
			(path[length] == '\0' || path[length] == '/' || at[length - 1] == '/'))
			return true;
	}
	return false;
}

int template_judge_changes(
	const cJSON *inspect, const cJSON *changes, struct str *findings, struct err *err)
{
	const char *name = jsontext_string(inspect, "Name");
	const cJSON *change;
	struct verdict verdict = {
		.inspect = inspect,
		.name = name + (name[0] == '/'),
		.findings = findings,
		.err = err,
	};

	cJSON_ArrayForEach (change, changes) {
		const char *path = jsontext_string(change, "Path");

		if (jsontext_number(change, "Kind") != CHANGE_ADDED ||
			strncmp(path, SECRETS, strlen(SECRETS)) != 0 || is_mounted(inspect, path))
			continue;
		refuse(&verdict,
			"%.100s was copied into it, as Compose does with inline secrets: "
			"clones would lack it. Use secrets with file:, which are mounted",
			path);
	}
	return verdict.refusals > 0 ? ERR_REFUSED : 0;
}

int docker_judge_template(const char *inspect_json, const struct service_config *config,
	struct str *findings, struct err *err)
{
	cleanup_json cJSON *inspect = NULL;
	int r = jsontext_parse(inspect_json, strlen(inspect_json), &inspect, err);

	if (r < 0)
		return r;
	return template_judge(inspect, config, findings, err);
}
