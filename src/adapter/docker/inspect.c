/*
 * A container's inspect to the facts that cross the border. Everything comes from outside: what
 * is missing or of another type is left out, what is too much is cut, and nothing here decides
 * what a fact means.
 */
#include "inspect.h"

#include "spec.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LABEL_VALUE_MAX  4096 /* longer ones are no option of ours and nobody's match */
#define NANO             1e9
#define NETWORK_ID_LEAST 4 /* letters; fewer are no id that somebody wrote */
#define HEALTH_RETRIES   3 /* Docker's default: failures in a row until it calls one unhealthy */
#define CORES_MAX        65536.0 /* more than any machine has: no limit */

/* Digits behind the point, to microseconds. */
static const char *read_fraction(const char *text, usec_t *ret_usec)
{
	usec_t unit = USEC_PER_SEC / 10;
	usec_t fraction = 0;

	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
			fraction += unit * (*text - '0');
	}
	*ret_usec = fraction;
	return text;
}

/* "+02:00" to seconds; "Z" and what is no zone to 0. */
static long read_zone(const char *text)
{
	bool valid = (text[0] == '+' || text[0] == '-') && strlen(text) == 6 && text[3] == ':';
	long seconds;

	for (size_t i = 1; valid && i < 6; i++)
		valid = i == 3 || (text[i] >= '0' && text[i] <= '9');
	if (!valid)
		return 0;
	seconds = ((text[1] - '0') * 10L + (text[2] - '0')) * 3600 +
		  ((text[4] - '0') * 10L + (text[5] - '0')) * 60;
	return text[0] == '-' ? -seconds : seconds;
}

usec_t inspect_time(const char *text)
{
	struct tm parts = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	usec_t fraction = 0;
	time_t seconds;

	if (rest == NULL)
		return 0;
	seconds = timegm(&parts);
	if (seconds <= 0) /* the engine's "never" is the year 1 */
		return 0;
	rest = read_fraction(rest, &fraction);
	seconds -= read_zone(rest);
	return seconds > 0 ? (usec_t)seconds * USEC_PER_SEC + fraction : 0;
}

static enum container_state read_state(const cJSON *state)
{
	static const struct {
		const char *word;
		enum container_state state;
	} words[] = {
		{ "created", CONTAINER_CREATED },
		{ "configured", CONTAINER_CREATED }, /* Podman's word */
		{ "running", CONTAINER_RUNNING },
		{ "paused", CONTAINER_PAUSED },
		{ "restarting", CONTAINER_RESTARTING },
		{ "removing", CONTAINER_REMOVING },
		{ "exited", CONTAINER_EXITED },
		{ "dead", CONTAINER_EXITED },
	};
	const char *word = jsontext_string(state, "Status");

	for (size_t i = 0; i < countof(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].state;
	return CONTAINER_EXITED;
}

/* Docker calls a container unhealthy from the moment it is paused until its next probe after the
 * pause, though no probe has failed (CloseMonitorChannel() in moby's container/health.go). Only as many failures in a row as it takes are a verdict. */
static bool is_verdict(const cJSON *inspect, const cJSON *health)
{
	const cJSON *check = jsontext_path(inspect, "Config", "Healthcheck");
	double retries = jsontext_number(check, "Retries");

	return jsontext_number(health, "FailingStreak") >= (retries > 0 ? retries : HEALTH_RETRIES);
}

static enum container_health read_health(const cJSON *inspect, const cJSON *state)
{
	static const struct {
		const char *word;
		enum container_health health;
	} words[] = {
		{ "starting", HEALTH_STARTING },
		{ "healthy", HEALTH_HEALTHY },
		{ "unhealthy", HEALTH_UNHEALTHY },
	};
	const cJSON *health = jsontext_get(state, "Health");
	const char *word = jsontext_string(health, "Status");

	if (strcmp(word, "unhealthy") == 0 && !is_verdict(inspect, health))
		return HEALTH_NONE;
	for (size_t i = 0; i < countof(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].health;
	return HEALTH_NONE;
}

static int64_t whole_number(double value, double most)
{
	return isfinite(value) && value > 0 && value <= most ? (int64_t)value : 0;
}

static double read_cpu_limit(const cJSON *host)
{
	int64_t nano = whole_number(jsontext_number(host, "NanoCpus"), 0x1p62);
	int64_t quota = whole_number(jsontext_number(host, "CpuQuota"), 0x1p62);
	int64_t period = whole_number(jsontext_number(host, "CpuPeriod"), 0x1p62);

	double cores = 0;

	if (nano > 0)
		cores = (double)nano / NANO;
	else if (quota > 0) /* without a period it is the kernel's default */
		cores = (double)quota / (double)(period > 0 ? period : 100000);
	return cores <= CORES_MAX ? cores : 0;
}

/* It goes on to HAProxy's socket: nothing but an address may. */
static bool is_address(int family, const char *text)
{
	struct in6_addr address;

	return inet_pton(family, text, &address) == 1;
}

static void add_endpoint(struct container *container, const cJSON *network)
{
	const char *address = jsontext_string(network, "IPAddress");
	struct container_endpoint *endpoint;
	bool valid = is_address(AF_INET, address);

	if (!valid) {
		address = jsontext_string(network, "GlobalIPv6Address");
		valid = is_address(AF_INET6, address);
	}
	if (!valid || network->string == NULL || container->n_endpoints == CONTAINER_ENDPOINTS_MAX)
		return;
	endpoint = &container->endpoints[container->n_endpoints];
	if (mem_strcpy(endpoint->address, sizeof(endpoint->address), address) != 0 ||
		mem_strcpy(endpoint->network, sizeof(endpoint->network), network->string) != 0)
		return; /* a cut address is another one */
	container->n_endpoints++;
}

/* A network can be named by its id, or by the beginning of it. */
static const cJSON *network_by_id(const cJSON *networks, const char *mode)
{
	const cJSON *network;

	cJSON_ArrayForEach (network, networks)
		if (strlen(mode) >= NETWORK_ID_LEAST &&
			strncmp(jsontext_string(network, "NetworkID"), mode, strlen(mode)) == 0)
			return network;
	return NULL;
}

const cJSON *inspect_primary(const cJSON *inspect)
{
	const cJSON *networks = jsontext_path(inspect, "NetworkSettings", "Networks");
	const char *mode = jsontext_string(jsontext_get(inspect, "HostConfig"), "NetworkMode");
	const cJSON *named;

	if (mode[0] == '\0' || strcmp(mode, "default") == 0)
		mode = "bridge";
	named = jsontext_get(networks, mode);
	return named != NULL ? named : network_by_id(networks, mode);
}

/* The network that the container was made with comes first: it is the one that is meant when no
 * other is named. */
static void read_endpoints(const cJSON *inspect, struct container *container)
{
	const cJSON *networks = jsontext_path(inspect, "NetworkSettings", "Networks");
	const cJSON *primary = inspect_primary(inspect);
	const cJSON *network;

	if (primary != NULL)
		add_endpoint(container, primary);
	cJSON_ArrayForEach (network, networks)
		if (network != primary)
			add_endpoint(container, network);
}

static unsigned read_port(const char *text)
{
	struct err err = { 0 };
	uint64_t port = 0;

	return parse_unsigned(text, 1, 65535, &port, &err) == 0 ? (unsigned)port : 0;
}

static void add_port(struct container *container, unsigned inside, const cJSON *binding)
{
	unsigned outside = read_port(jsontext_string(binding, "HostPort"));
	struct container_port *port;

	if (inside == 0 || outside == 0 || container->n_ports == CONTAINER_PORTS_MAX)
		return;
	port = &container->ports[container->n_ports];
	port->inside = inside;
	port->outside = outside;
	if (mem_strcpy(port->address, sizeof(port->address), jsontext_string(binding, "HostIp")) ==
		0)
		container->n_ports++;
}

static void read_ports(const cJSON *inspect, struct container *container)
{
	const cJSON *ports = jsontext_path(inspect, "NetworkSettings", "Ports");
	const cJSON *port;
	const cJSON *binding;

	cJSON_ArrayForEach (port, ports) {
		char inside[8];
		const char *slash = port->string != NULL ? strstr(port->string, "/tcp") : NULL;

		if (slash == NULL || slash - port->string >= (ptrdiff_t)sizeof(inside))
			continue;
		(void)snprintf(
			inside, sizeof(inside), "%.*s", (int)(slash - port->string), port->string);
		cJSON_ArrayForEach (binding, port)
			add_port(container, read_port(inside), binding);
	}
}

static bool is_from_image(const cJSON *label, const cJSON *image)
{
	const char *value = cJSON_GetStringValue(label);
	const char *same = cJSON_GetStringValue(jsontext_get(image, label->string));

	return value != NULL && same != NULL && strcmp(value, same) == 0;
}

/* An image that was made of a clone (docker commit) has its marks. A container of that image is
 * no clone: a real one has an intent of its own. */
static bool is_inherited(const cJSON *label, const cJSON *labels, const cJSON *image)
{
	static const char *const marks[] = { LABEL_OWNER, LABEL_ROLE, LABEL_INTENT, LABEL_SPEC };
	const cJSON *intent = jsontext_get(labels, LABEL_INTENT);
	bool mark = false;

	for (size_t i = 0; i < countof(marks); i++)
		mark = mark || strcmp(label->string, marks[i]) == 0;
	return mark && intent != NULL && is_from_image(intent, image);
}

static void add_labels(
	struct container *container, const cJSON *labels, const cJSON *image, bool options)
{
	const cJSON *label;

	cJSON_ArrayForEach (label, labels) {
		const char *key = label->string;
		const char *value = cJSON_GetStringValue(label);
		cleanup_free char *begin = NULL;

		if (key == NULL || value == NULL ||
			(!options && strlen(key) + strlen(value) > LABEL_VALUE_MAX) ||
			(strncmp(key, "dockscale.", 10) == 0) != options ||
			(options && is_inherited(label, labels, image)))
			continue;
		/* An option of ours that is too long is refused by who reads it, not overheard. */
		begin = mem_strndup(value, LABEL_VALUE_MAX);
		if (container_add_label(container, key, begin, is_from_image(label, image)) < 0)
			return; /* too many: the rest is left out */
	}
}

int inspect_container(
	const cJSON *inspect, const cJSON *image, struct container *container, struct err *err)
{
	const cJSON *state = jsontext_get(inspect, "State");
	const cJSON *host = jsontext_get(inspect, "HostConfig");
	const cJSON *labels = jsontext_path(inspect, "Config", "Labels");
	const cJSON *image_labels = jsontext_path(image, "Config", "Labels");
	const char *name = jsontext_string(inspect, "Name");
	const char *id = jsontext_string(inspect, "Id");

	*container = (struct container){ 0 };
	if (id[0] == '\0' || !cJSON_IsObject(state))
		return err_set(err, ERR_INVALID, "no container: Id or State is missing");
	if (mem_strcpy(container->id, sizeof(container->id), id) != 0)
		return err_set(err, ERR_INVALID, "an id of %zu letters", strlen(id));
	(void)mem_strcpy(container->name, sizeof(container->name), name + (name[0] == '/'));
	container->state = read_state(state);
	container->health = read_health(inspect, state);
	if (container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED)
		container->pid = whole_number(jsontext_number(state, "Pid"), INT32_MAX);
	container->exit_code = (int)whole_number(jsontext_number(state, "ExitCode"), INT32_MAX);
	container->created_at = inspect_time(jsontext_string(inspect, "Created"));
	container->started_at = inspect_time(jsontext_string(state, "StartedAt"));
	container->cpu_limit_cores = read_cpu_limit(host);
	container->memory_limit_bytes =
		(uint64_t)whole_number(jsontext_number(host, "Memory"), 0x1p62);
	read_endpoints(inspect, container);
	read_ports(inspect, container);
	/* Ours first: where there are too many, the others are left out. */
	add_labels(container, labels, image_labels, true);
	add_labels(container, labels, image_labels, false);
	return 0;
}

int docker_parse_inspect(const char *inspect_json, const char *image_json,
	struct container *ret_container, struct err *err)
{
	cleanup_json cJSON *inspect = NULL;
	cleanup_json cJSON *image = NULL;
	int r = jsontext_parse(inspect_json, strlen(inspect_json), &inspect, err);

	if (r == 0 && image_json != NULL)
		r = jsontext_parse(image_json, strlen(image_json), &image, err);
	if (r == 0)
		r = inspect_container(inspect, image, ret_container, err);
	if (r == 0)
		spec_fill(ret_container, jsontext_span(inspect_json));
	return r;
}

void inspect_message(const char *body, size_t length, char *ret_message, size_t size)
{
	cleanup_json cJSON *tree = NULL;
	struct err err = { 0 };
	const char *message = "";

	if (length > 0 && jsontext_parse(body, length, &tree, &err) == 0)
		message = jsontext_string(tree, "message");
	(void)mem_strcpy(ret_message, size, message[0] != '\0' ? message : body);
}
