/*
 * What cJSON lacks for our use. It reads numbers as doubles and prints them as such, so that an
 * inspect which is to be sent back would come out changed (1e+15): subtrees that we do not touch
 * go back as the text they came as. And it has no bound of its own that is low enough for a
 * parser that recurses.
 */
#include "jsontext.h"

#include <string.h>

/* The deepest nesting in @text, counted without parsing. */
static size_t depth_of(const char *text, size_t length)
{
	size_t depth = 0;
	size_t most = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			most = ++depth > most ? depth : most;
		else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
	}
	return most;
}

int jsontext_parse(const char *text, size_t length, cJSON **ret_tree, struct err *err)
{
	cJSON *tree;

	if (depth_of(text, length) > JSONTEXT_DEPTH_MAX)
		return err_set(err, ERR_INVALID, "JSON nested deeper than %d", JSONTEXT_DEPTH_MAX);
	tree = cJSON_ParseWithLength(text, length);
	if (tree == NULL)
		return err_set(err, ERR_INVALID, "no JSON: '%.40s'", text);
	*ret_tree = tree;
	return 0;
}

const cJSON *jsontext_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const cJSON *jsontext_path(const cJSON *object, const char *key, const char *inner)
{
	return jsontext_get(jsontext_get(object, key), inner);
}

const char *jsontext_string(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(jsontext_get(object, key));

	return text != NULL ? text : "";
}

double jsontext_number(const cJSON *object, const char *key)
{
	const cJSON *item = jsontext_get(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

bool jsontext_bool(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(jsontext_get(object, key));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Behind the string that begins at @at, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '"')
			return at + 1;
	}
	return NULL;
}

/* Behind the value that begins at @at, or NULL. Brackets are counted, not matched by kind: the text
 * was parsed before. */
static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		if (at >= end)
			return NULL;
		if (*at == '"') {
			at = skip_string(at, end);
			if (at == NULL)
				return NULL;
			continue;
		}
		if (depth == 0 && strchr(",:]}", *at) != NULL)
			return NULL; /* no value at all; NUL too */
		if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			depth--;
			at++;
		} else if (depth > 0) {
			at++;
		} else {
			while (at < end && strchr(",:]}", *at) == NULL && !is_blank(*at))
				at++;
		}
	} while (depth > 0);
	return at;
}

struct jsontext_span jsontext_span(const char *text)
{
	return (struct jsontext_span){ text, strlen(text) };
}

bool jsontext_is(struct jsontext_span span, const char *text)
{
	return span.text != NULL && span.length == strlen(text) &&
	       memcmp(span.text, text, span.length) == 0;
}

bool jsontext_begins(struct jsontext_span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && memcmp(span.text, text, length) == 0;
}

struct jsontext_walk jsontext_walk(struct jsontext_span composite)
{
	const char *at;
	const char *end;

	if (composite.length == 0)
		return (struct jsontext_walk){ 0 };
	end = composite.text + composite.length;
	at = skip_blanks(composite.text, end);
	if (at == end || (*at != '{' && *at != '['))
		return (struct jsontext_walk){ 0 };
	return (struct jsontext_walk){ .at = at + 1, .end = end, .object = *at == '{' };
}

bool jsontext_next(
	struct jsontext_walk *walk, struct jsontext_span *ret_key, struct jsontext_span *ret_value)
{
	struct jsontext_span key = { walk->at, 0 };
	const char *at = skip_blanks(walk->at, walk->end);
	const char *value;

	if (at < walk->end && *at == ',')
		at = skip_blanks(at + 1, walk->end);
	if (walk->object) {
		const char *name = at;

		if (at >= walk->end || *at != '"')
			return false;
		at = skip_string(at, walk->end);
		if (at == NULL)
			return false;
		key = (struct jsontext_span){ name + 1, (size_t)(at - name) - 2 };
		at = skip_blanks(at, walk->end);
		if (at >= walk->end || *at != ':')
			return false;
		at = skip_blanks(at + 1, walk->end);
	}
	value = at;
	at = skip_value(at, walk->end);
	if (at == NULL)
		return false;
	*ret_key = key;
	*ret_value = (struct jsontext_span){ value, (size_t)(at - value) };
	walk->at = at;
	return true;
}

struct jsontext_span jsontext_member(struct jsontext_span object, const char *key)
{
	struct jsontext_walk walk = jsontext_walk(object);
	struct jsontext_span name;
	struct jsontext_span value;

	while (jsontext_next(&walk, &name, &value))
		if (jsontext_is(name, key))
			return value;
	return (struct jsontext_span){ 0 };
}
