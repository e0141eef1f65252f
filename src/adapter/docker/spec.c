/*
 * The number by which a changed template is found. It is computed over the very body that a clone
 * would be created with, so that what clones do not get (names, addresses, host ports) does not
 * count by itself, and what they get does. A false difference rolls a whole service for nothing:
 * hence what may be written in one way today and in another tomorrow is taken out here. Compose 2
 * writes its environment in the order of a hash table; both Composes hand the anonymous volumes of
 * a former container on to its successor as binds.
 */
#include "spec.h"

#include "clone.h"

#include <dockscale/base/hash.h>
#include <dockscale/base/mem.h>

#include <string.h>

#define VOLUME_DIGITS 64 /* the name that the engine gives to a volume without one */

/* How a client was attached, and how large its terminal was. */
static const char *const passing[] = { "AttachStderr", "AttachStdin", "AttachStdout",
	"ConsoleSize" };

/* Lists whose order is a part of what they say. */
static const char *const ordered[] = { "Cmd", "Dns", "DnsSearch", "Entrypoint", "OnBuild", "Shell",
	"Test" };

/* Objects whose members are the user's: there an empty one says that it is there. */
static const char *const maps[] = { "Annotations", "Config", "DriverOpts", "EndpointsConfig",
	"ExposedPorts", "Labels", "Options", "StorageOpt", "Sysctls", "Tmpfs", "Volumes" };

static bool is_one_of(struct jsontext_span key, const char *const words[], size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		if (jsontext_is(key, words[i]))
			return true;
	return false;
}

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "<64 digits>... as a quoted text that goes on or ends there. */
static bool names_anonymous_volume(struct jsontext_span text)
{
	if (text.length < VOLUME_DIGITS + 2 || text.text[0] != '"')
		return false;
	for (size_t i = 1; i <= VOLUME_DIGITS; i++)
		if (!is_digit(text.text[i]))
			return false;
	return strchr(":\"", text.text[VOLUME_DIGITS + 1]) != NULL;
}

/* A bind ("source:target") or a mount ({"Source":...}) that was handed on. */
static bool is_handed_on(struct jsontext_span element)
{
	return names_anonymous_volume(element) ||
	       names_anonymous_volume(jsontext_member(element, "Source"));
}

static bool says_nothing(struct jsontext_span value)
{
	static const char *const empty[] = { "null", "false", "0", "\"\"", "[]", "{}" };

	return value.length == 0 || is_one_of(value, empty, countof(empty));
}

/* So that a sum of hashes is as good as a hash (the finish of SplitMix64). */
static uint64_t spread(uint64_t hash)
{
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
	return hash ^ (hash >> 31);
}

static uint64_t hash_value(struct jsontext_span key, struct jsontext_span value);

/* A sum, since the order of members does not count. 0 when no member says anything. */
static uint64_t hash_object(struct jsontext_span name, struct jsontext_span object)
{
	bool map = is_one_of(name, maps, countof(maps));
	struct jsontext_walk walk = jsontext_walk(object);
	struct jsontext_span key;
	struct jsontext_span value;
	uint64_t sum = 0;

	while (jsontext_next(&walk, &key, &value)) {
		uint64_t hash = hash_bytes(HASH_BEGIN, key.text, key.length);
		uint64_t inner = hash_value(key, value);

		if (inner != 0 || map)
			sum += spread(hash_bytes(hash, &inner, sizeof(inner)));
	}
	return sum;
}

static uint64_t hash_array(struct jsontext_span key, struct jsontext_span array)
{
	struct jsontext_walk walk = jsontext_walk(array);
	struct jsontext_span none;
	struct jsontext_span element;
	bool in_order = is_one_of(key, ordered, countof(ordered));
	uint64_t hash = 0;

	while (jsontext_next(&walk, &none, &element)) {
		/* Here an empty text is one more: a command may have it for an argument. */
		uint64_t inner = hash_bytes(HASH_BEGIN, element.text, element.length);

		if (element.text[0] == '{' || element.text[0] == '[')
			inner = hash_value((struct jsontext_span){ 0 }, element);
		if (!is_handed_on(element))
			hash = (in_order ? spread(hash + 1) : hash) + spread(inner);
	}
	return hash;
}

/* 0: it says nothing. Nesting is bounded by jsontext_parse(). */
static uint64_t hash_value(struct jsontext_span key, struct jsontext_span value)
{
	if (says_nothing(value) || is_one_of(key, passing, countof(passing)))
		return 0;
	if (value.text[0] == '{')
		return hash_object(key, value);
	if (value.text[0] == '[')
		return hash_array(key, value);
	return hash_bytes(HASH_BEGIN, value.text, value.length);
}

void spec_of_inspect(struct jsontext_span inspect, char ret_spec[static CONTAINER_SPEC_BYTES])
{
	const struct clone clone = { .inspect = inspect, .bare = true };
	cleanup_str struct str body = { 0 };

	ret_spec[0] = '\0';
	if (jsontext_member(inspect, "Image").length <= strlen("\"\""))
		return;
	clone_body(&clone, &body);
	hash_format(
		hash_object((struct jsontext_span){ 0 }, jsontext_span(str_text(&body))), ret_spec);
}

static bool is_spec(const char *text)
{
	return strlen(text) == CONTAINER_SPEC_BYTES - 1 &&
	       strspn(text, "0123456789abcdef") == CONTAINER_SPEC_BYTES - 1;
}

void spec_fill(struct container *container, struct jsontext_span inspect)
{
	const char *borne = container_label(container, LABEL_SPEC);

	container->spec[0] = '\0';
	if (container_label(container, LABEL_OWNER) == NULL)
		spec_of_inspect(inspect, container->spec);
	else if (borne != NULL && is_spec(borne))
		(void)mem_strcpy(container->spec, sizeof(container->spec), borne);
}
