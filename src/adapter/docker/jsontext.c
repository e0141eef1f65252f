/*
 * What cJSON lacks for our use. It reads numbers as doubles and prints them as such, so that an
 * inspect which is to be sent back would come out changed (1e+15): subtrees that we do not touch
 * go back as the text they came as. And it has no bound of its own that is low enough for a
 * parser that recurses. It also passes over what is no JSON (text behind the end, control characters,
 * a byte-order mark, NUL written as an escape) and so reads less than what a template's own text
 * says: that is refused here.
 */
#include "jsontext.h"

#include <stdlib.h>
#include <string.h>

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

/* "\u0041" is an A in disguise: as a letter of a key it is found by one who decodes and overseen by
 * one who compares texts. The engine writes so only what JSON or HTML makes it. */
static bool is_disguised(const char *hex, const char *end)
{
	char digits[5] = "";
	char *rest = NULL;
	long code;

	if (end - hex < 4)
		return false;
	memcpy(digits, hex, 4);
	code = strtol(digits, &rest, 16);
	return rest == digits + 4 && code >= 0x20 && code < 0x7f &&
	       strchr("\"\\<>&", (int)code) == NULL;
}

/* Behind the string that begins at @at; NULL: it has no end, or is more than we read in it. */
static const char *check_string(const char *at, const char *end)
{
	bool disguised = false;

	for (at++; at < end && *at != '"'; at++) {
		if ((unsigned char)*at < ' ')
			return NULL;
		if (*at != '\\')
			continue;
		if (++at == end)
			return NULL;
		if (*at != 'u')
			continue;
		if (end - at > 4 && memcmp(at + 1, "0000", 4) == 0)
			return NULL; /* the text would end there */
		disguised = disguised || is_disguised(at + 1, end);
	}
	if (at == end)
		return NULL;
	at = skip_blanks(at + 1, end);
	return disguised && at < end && *at == ':' ? NULL : at;
}

/* What cJSON does not look at, and how deep it would go. Not a parser: that comes after it. */
static int check_text(const char *text, size_t length, struct err *err)
{
	const char *end = text + length;
	const char *at = text;
	size_t depth = 0;

	while (at < end) {
		const char *next = at + 1;

		if (*at == '"')
			next = check_string(at, end);
		else if ((unsigned char)*at < ' ' && !is_blank(*at))
			next = NULL;
		else if (*at == '{' || *at == '[')
			depth++;
		else if ((*at == '}' || *at == ']') && depth > 0)
			depth--;
		if (depth > JSONTEXT_DEPTH_MAX)
			return err_set(
				err, ERR_INVALID, "JSON nested deeper than %d", JSONTEXT_DEPTH_MAX);
		if (next == NULL)
			return err_set(err, ERR_INVALID,
				"no JSON: a character at byte %zu that JSON does not have there",
				(size_t)(at - text));
		at = next;
	}
	return 0;
}

int jsontext_parse(const char *text, size_t length, cJSON **ret_tree, struct err *err)
{
	const char *from = skip_blanks(text, text + length);
	const char *rest = NULL;
	cJSON *tree = NULL;
	int r = check_text(text, length, err);

	if (r < 0)
		return r;
	if (from < text + length && (unsigned char)*from < 0x80) /* else a byte-order mark */
		tree = cJSON_ParseWithLengthOpts(text, length, &rest, false);
	if (tree == NULL)
		return err_set(err, ERR_INVALID, "no JSON: '%.40s'", text);
	if (skip_blanks(rest, text + length) != text + length) {
		cJSON_Delete(tree);
		return err_set(err, ERR_INVALID, "more text behind the JSON: '%.*s'",
			(int)(text + length - rest < 40 ? text + length - rest : 40), rest);
	}
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
