/* JSON text written straight into a string: no tree, no allocation a value. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>
#include <dockscale/core/reading.h>

#include <stdbool.h>
#include <stdint.h>

/* A @key of NULL writes an element of an array. Commas come by themselves. */
void json_begin(struct str *out, const char *key, char bracket); /* '{' or '[' */
void json_end(struct str *out, char bracket); /* '}' or ']' */
void json_text(struct str *out, const char *key, const char *text);
/* As json_text(), "" becomes null. */
void json_text_or_null(struct str *out, const char *key, const char *text);
void json_integer(struct str *out, const char *key, int64_t value);
/* What is not finite becomes null. */
void json_number(struct str *out, const char *key, double value);
void json_bool(struct str *out, const char *key, bool value);
void json_null(struct str *out, const char *key);
/* The value when it is known, else null. */
void json_reading(struct str *out, const char *key, struct reading reading);
/* {"error":{"code":...,"message":...}} and a line's end: what every refusal looks like. */
void json_error(struct str *out, const struct err *err);
