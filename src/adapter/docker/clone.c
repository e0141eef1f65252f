/*
 * The clone's specification: the template's own text with the few members replaced that must not
 * be the same. Nothing is printed from numbers, so that what this version of the engine knows
 * and we do not goes through unchanged. Whether the template may be cloned at all is template.c's
 * affair.
 */
#include "clone.h"

#include <dockscale/base/hash.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define COMPOSE          "com.docker.compose."
#define NETWORK_ID_LEAST 4 /* letters; fewer are no id that somebody wrote */

/* Members are written by a table: what is not in it is copied as it came. */
struct member {
	const char *key;
	/* Writes the value; NULL: the member is left out. */
	void (*write)(const struct clone *clone, struct jsontext_span value, struct str *out);
};

static void append_span(struct str *out, struct jsontext_span span)
{
	str_append_bytes(out, span.text, span.length);
}

/* Before a member or an element that is not the first. */
static void append_comma(struct str *out)
{
	if (out->length > 0 && strchr("{[,", out->data[out->length - 1]) == NULL)
		str_append_char(out, ',');
}

static void append_key(struct str *out, struct jsontext_span key)
{
	append_comma(out);
	str_append_char(out, '"');
	append_span(out, key);
	str_append(out, "\":");
}

static const struct member *find_member(
	const struct member *members, size_t n_members, struct jsontext_span key)
{
	for (size_t i = 0; i < n_members; i++)
		if (jsontext_is(key, members[i].key))
			return &members[i];
	return NULL;
}

static void copy_members(const struct clone *clone, struct jsontext_span object,
	const struct member *members, size_t n_members, struct str *out)
{
	struct jsontext_walk walk = jsontext_walk(object);
	struct jsontext_span key;
	struct jsontext_span value;

	while (jsontext_next(&walk, &key, &value)) {
		const struct member *member = find_member(members, n_members, key);

		if (member != NULL && member->write == NULL)
			continue;
		append_key(out, key);
		if (member != NULL)
			member->write(clone, value, out);
		else
			append_span(out, value);
	}
}

/* Each element by @append, which may leave it out. What is no list is copied as it came. */
static void copy_elements(const struct clone *clone, struct jsontext_span value,
	void (*append)(const struct clone *clone, struct jsontext_span element, struct str *out),
	struct str *out)
{
	struct jsontext_walk walk = jsontext_walk(value);
	struct jsontext_span none;
	struct jsontext_span element;

	if (value.text[0] != '[') {
		append_span(out, value);
		return;
	}
	str_append_char(out, '[');
	while (jsontext_next(&walk, &none, &element))
		append(clone, element, out);
	str_append_char(out, ']');
}

/* The short id that the engine gives as a name is each container's own; a chosen one is kept. */
static void write_hostname(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	struct jsontext_span id = jsontext_member(clone->inspect, "Id");

	/* Both begin with a quote; a short id is 12 letters. */
	if (value.length == 14 && id.length >= 14 && memcmp(value.text, id.text, 13) == 0)
		str_append(out, "\"\"");
	else
		append_span(out, value);
}

/* Podman tells the hostname as a variable too, and gives each container its own again. */
static bool is_own_variable(const struct clone *clone, struct jsontext_span element)
{
	static const char begin[] = "\"HOSTNAME=";
	struct jsontext_span id = jsontext_member(clone->inspect, "Id");

	return element.length == strlen(begin) + 13 && id.length >= 13 &&
	       memcmp(element.text, begin, strlen(begin)) == 0 &&
	       memcmp(element.text + strlen(begin), id.text + 1, 12) == 0;
}

static void append_variable(
	const struct clone *clone, struct jsontext_span variable, struct str *out)
{
	if (is_own_variable(clone, variable))
		return;
	append_comma(out);
	append_span(out, variable);
}

static void write_environment(
	const struct clone *clone, struct jsontext_span value, struct str *out)
{
	copy_elements(clone, value, append_variable, out);
}

static void append_label(struct str *out, const char *key, const char *value)
{
	append_key(out, jsontext_span(key));
	str_append_json(out, value);
}

static void append_marks(const struct clone *clone, struct str *out)
{
	append_label(out, LABEL_SERVICE, clone->service);
	append_label(out, LABEL_OWNER, clone->instance);
	append_label(out, LABEL_ROLE, "replica");
	append_label(out, LABEL_INTENT, clone->name);
	if (clone->spec[0] != '\0')
		append_label(out, LABEL_SPEC, clone->spec);
}

/* Compose sorts its containers by number and keeps the lowest: far behind what it gives itself. */
static void append_number(const struct clone *clone, struct str *out)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u",
		1000 + (unsigned)(hash_text(HASH_BEGIN, clone->name) % 9000));
	append_label(out, COMPOSE "container-number", number);
}

/* Compose 1.29 finds its containers by the project alone, Compose 2 by the project and the
 * configuration's hash: without all of its labels a clone is neither of them safely. What is one
 * container's own is not copied. */
static bool is_dropped(const struct clone *clone, struct jsontext_span key)
{
	static const char *const own[] = { COMPOSE "container-number", COMPOSE "slug",
		COMPOSE "replace" };

	if (jsontext_begins(key, "dockscale."))
		return true; /* the options belong to the template */
	if (!jsontext_begins(key, COMPOSE))
		return false;
	for (size_t i = 0; i < countof(own); i++)
		if (jsontext_is(key, own[i]))
			return true;
	return clone->bare || !clone->compose;
}

static void write_labels(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	struct jsontext_walk walk = jsontext_walk(value);
	struct jsontext_span key;
	struct jsontext_span text;
	bool numbered = false;

	str_append_char(out, '{');
	while (jsontext_next(&walk, &key, &text)) {
		numbered = numbered || jsontext_is(key, COMPOSE "container-number");
		if (is_dropped(clone, key))
			continue;
		append_key(out, key);
		append_span(out, text);
	}
	if (numbered && clone->compose && !clone->bare)
		append_number(clone, out);
	if (!clone->bare)
		append_marks(clone, out);
	str_append_char(out, '}');
}

/* Comes back on failure by itself, also while nobody watches; never after a stop. */
static void write_restart_policy(
	const struct clone *clone, struct jsontext_span value, struct str *out)
{
	(void)clone;
	(void)value;
	str_append(out, "{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}");
}

static void write_bindings(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	if (clone->keep_ports)
		append_span(out, value);
	else
		str_append(out, "{}");
}

static void write_publish_all(
	const struct clone *clone, struct jsontext_span value, struct str *out)
{
	if (clone->keep_ports)
		append_span(out, value);
	else
		str_append(out, "false");
}

static void write_false(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	(void)clone;
	(void)value;
	str_append(out, "false");
}

/* Podman tells a limit in both ways, and like Docker takes only one. */
static void write_cpu_time(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	struct jsontext_span host = jsontext_member(clone->inspect, "HostConfig");
	struct jsontext_span nano = jsontext_member(host, "NanoCpus");

	append_span(out, nano.length == 0 || jsontext_is(nano, "0") ? value : jsontext_span("0"));
}

/* Podman tells "RLIMIT_NOFILE" of what it takes as "nofile". */
static void append_limit_name(struct str *out, struct jsontext_span name)
{
	static const char begin[] = "\"RLIMIT_";
	size_t length = strlen(begin);

	if (name.length < length || memcmp(name.text, begin, length) != 0) {
		append_span(out, name);
		return;
	}
	str_append_char(out, '"');
	for (size_t i = length; i < name.length; i++) {
		char letter = name.text[i];

		if (letter >= 'A' && letter <= 'Z')
			letter = (char)(letter - 'A' + 'a');
		str_append_char(out, letter);
	}
}

static void append_limit(const struct clone *clone, struct jsontext_span limit, struct str *out)
{
	struct jsontext_walk walk = jsontext_walk(limit);
	struct jsontext_span key;
	struct jsontext_span value;

	(void)clone;
	append_comma(out);
	if (limit.text[0] != '{') {
		append_span(out, limit);
		return;
	}
	str_append_char(out, '{');
	while (jsontext_next(&walk, &key, &value)) {
		append_key(out, key);
		if (jsontext_is(key, "Name"))
			append_limit_name(out, value);
		else
			append_span(out, value);
	}
	str_append_char(out, '}');
}

static void write_limits(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	copy_elements(clone, value, append_limit, out);
}

/* "/a:/me/b" is how a link is told, "a:b" how it is asked for. */
static void append_link(const struct clone *clone, struct jsontext_span link, struct str *out)
{
	const char *end = link.text + link.length;
	const char *colon = memchr(link.text, ':', link.length);
	const char *alias = colon;

	for (const char *s = colon; s != NULL && s < end; s++)
		if (*s == '/')
			alias = s;
	(void)clone;
	append_comma(out);
	if (colon == NULL || link.length < 3 || link.text[1] != '/') {
		append_span(out, link);
		return;
	}
	str_append_char(out, '"');
	str_append_bytes(out, link.text + 2, (size_t)(colon - link.text) - 2);
	str_append_char(out, ':');
	str_append_bytes(out, alias + 1, (size_t)(end - alias) - 1);
}

static void write_links(const struct clone *clone, struct jsontext_span value, struct str *out)
{
	copy_elements(clone, value, append_link, out);
}

/* Addresses, names and ids of an endpoint are one container's own; an alias would bring neighbours
 * to a clone that is not ready. */
static void append_endpoint(struct str *out, struct jsontext_span network)
{
	static const char *const kept[] = { "Links", "DriverOpts" };

	str_append_char(out, '{');
	for (size_t i = 0; i < countof(kept); i++) {
		struct jsontext_span value = jsontext_member(network, kept[i]);

		if (value.length == 0 || jsontext_is(value, "null"))
			continue;
		append_key(out, jsontext_span(kept[i]));
		append_span(out, value);
	}
	str_append_char(out, '}');
}

static struct jsontext_span unquoted(struct jsontext_span text)
{
	if (text.length < 2 || text.text[0] != '"')
		return (struct jsontext_span){ 0 };
	return (struct jsontext_span){ text.text + 1, text.length - 2 };
}

static bool same(struct jsontext_span a, struct jsontext_span b)
{
	return a.length == b.length && a.length > 0 && memcmp(a.text, b.text, a.length) == 0;
}

static struct jsontext_span networks_of(const struct clone *clone)
{
	return jsontext_member(jsontext_member(clone->inspect, "NetworkSettings"), "Networks");
}

/* The name of the network where NetworkMode leads, which may be a name, an id or the beginning of
 * one. A name counts before an id. */
static struct jsontext_span primary_of(const struct clone *clone)
{
	struct jsontext_span host = jsontext_member(clone->inspect, "HostConfig");
	struct jsontext_span mode = unquoted(jsontext_member(host, "NetworkMode"));
	struct jsontext_walk walk = jsontext_walk(networks_of(clone));
	struct jsontext_span primary = { 0 };
	struct jsontext_span name;
	struct jsontext_span network;

	if (mode.length == 0 || jsontext_is(mode, "default"))
		mode = jsontext_span("bridge");
	while (jsontext_next(&walk, &name, &network)) {
		struct jsontext_span id = unquoted(jsontext_member(network, "NetworkID"));

		if (same(mode, name))
			return name;
		if (primary.length == 0 && mode.length >= NETWORK_ID_LEAST &&
			id.length >= mode.length && memcmp(id.text, mode.text, mode.length) == 0)
			primary = name;
	}
	return primary;
}

/* Podman takes all of them at once, though its version says no. It tells no id of a network but its
 * name, and of the one that a container was made with no more than that it is a bridge. */
static bool takes_one_network(const struct clone *clone)
{
	struct jsontext_walk walk = jsontext_walk(networks_of(clone));
	struct jsontext_span name;
	struct jsontext_span network;

	return clone->one_network &&
	       !(jsontext_next(&walk, &name, &network) &&
		       same(name, unquoted(jsontext_member(network, "NetworkID"))));
}

static void append_networks(const struct clone *clone, struct str *out)
{
	struct jsontext_walk walk = jsontext_walk(networks_of(clone));
	struct jsontext_span primary = primary_of(clone);
	bool one = takes_one_network(clone);
	struct jsontext_span name;
	struct jsontext_span network;

	while (jsontext_next(&walk, &name, &network)) {
		/* Without a network there is nothing to configure, and the engine refuses it. */
		if (jsontext_is(name, "none") || (one && !same(name, primary)))
			continue;
		append_key(out, name);
		append_endpoint(out, network);
	}
}

void clone_body(const struct clone *clone, struct str *body)
{
	static const struct member config[] = {
		{ "Env", write_environment },
		{ "Hostname", write_hostname },
		{ "Image", NULL }, /* a name that may have moved on since: the digest is written */
		{ "Labels", NULL },
		{ "MacAddress", NULL },
	};
	static const struct member host[] = {
		{ "AutoRemove", write_false },
		{ "ContainerIDFile", NULL },
		{ "CpuPeriod", write_cpu_time },
		{ "CpuQuota", write_cpu_time },
		{ "Links", write_links },
		{ "PortBindings", write_bindings },
		{ "PublishAllPorts", write_publish_all },
		{ "RestartPolicy", write_restart_policy },
		{ "Ulimits", write_limits },
	};
	struct jsontext_span template = jsontext_member(clone->inspect, "Config");
	struct jsontext_span image = jsontext_member(clone->inspect, "Image");

	str_append(body, "{\"Image\":");
	/* Without one the body is still JSON, and the engine's answer says what it misses. */
	append_span(body, image.length > 0 ? image : jsontext_span("\"\""));
	str_append(body, ",\"Labels\":");
	write_labels(clone, jsontext_member(template, "Labels"), body);
	copy_members(clone, template, config, countof(config), body);
	str_append(body, ",\"HostConfig\":{");
	copy_members(
		clone, jsontext_member(clone->inspect, "HostConfig"), host, countof(host), body);
	str_append(body, "},\"NetworkingConfig\":{\"EndpointsConfig\":{");
	append_networks(clone, body);
	str_append(body, "}}}");
}

size_t clone_connects(const struct clone *clone, struct clone_connect connects[])
{
	struct jsontext_walk walk = jsontext_walk(networks_of(clone));
	struct jsontext_span primary = primary_of(clone);
	struct jsontext_span name;
	struct jsontext_span network;
	bool one = takes_one_network(clone);
	size_t count = 0;

	while (one && count < CLONE_CONNECTS_MAX && jsontext_next(&walk, &name, &network)) {
		struct jsontext_span id = unquoted(jsontext_member(network, "NetworkID"));
		struct str path = { 0 };
		struct str endpoint = { 0 };

		if (same(name, primary))
			continue;
		clone_escape(&path, id.length > 0 ? id : name);
		append_endpoint(&endpoint, network);
		connects[count++] = (struct clone_connect){
			.network = str_take(&path),
			.endpoint = str_take(&endpoint),
		};
	}
	return count;
}

void clone_escape(struct str *out, struct jsontext_span text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.~";

	for (size_t i = 0; i < text.length; i++) {
		if (text.text[i] != '\0' && strchr(plain, text.text[i]) != NULL)
			str_append_char(out, text.text[i]);
		else
			str_appendf(out, "%%%02X", (unsigned)(unsigned char)text.text[i]);
	}
}
