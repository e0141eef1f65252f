/* JSON as text: bounds before it is parsed, getters that know the letter's case, and the text of a
 * subtree as it came. */
#pragma once

#include <dockscale/base/err.h>

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONTEXT_DEPTH_MAX 64

/* Parses a whole text. ERR_INVALID when it is no JSON, has text behind it, a NUL in it or a key with
 * a plain letter written as an escape, or is nested deeper than JSONTEXT_DEPTH_MAX.
 * The caller frees *ret_tree with cJSON_Delete(). */
int jsontext_parse(const char *text, size_t length, cJSON **ret_tree, struct err *err);

static inline void jsontext_cleanup(cJSON **tree)
{
	cJSON_Delete(*tree);
}
#define cleanup_json __attribute__((cleanup(jsontext_cleanup)))

/* Members of an object: NULL, "" , 0, false when absent or of another type; @object may be NULL. */
const cJSON *jsontext_get(const cJSON *object, const char *key);
const cJSON *jsontext_path(const cJSON *object, const char *key, const char *inner);
const char *jsontext_string(const cJSON *object, const char *key);
double jsontext_number(const cJSON *object, const char *key);
bool jsontext_bool(const cJSON *object, const char *key);

/* A piece of a text that jsontext_parse() accepted. length 0: none. */
struct jsontext_span {
	const char *text;
	size_t length;
};

/* Steps through the members of an object or the elements of an array. */
struct jsontext_walk {
	const char *at;
	const char *end;
	bool object;
};

struct jsontext_walk jsontext_walk(struct jsontext_span composite);
/* The next member (@ret_key without quotes, escapes as they came; empty for an array's element) and
 * its value's text. False at the end, and at whatever is not JSON. */
bool jsontext_next(
	struct jsontext_walk *walk, struct jsontext_span *ret_key, struct jsontext_span *ret_value);
/* The text of one member's value, {0} when there is none. */
struct jsontext_span jsontext_member(struct jsontext_span object, const char *key);

struct jsontext_span jsontext_span(const char *text);
bool jsontext_is(struct jsontext_span span, const char *text);
bool jsontext_begins(struct jsontext_span span, const char *text);
