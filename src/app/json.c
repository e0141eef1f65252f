/*
 * Writing JSON. What was written last tells whether a comma is due, so there is no state to
 * carry about but the text itself. Reading JSON is cJSON's work.
 */
#include <dockscale/app/json.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static void begin_value(struct str *out, const char *key)
{
	if (out->length > 0 && strchr("{[:,\n", out->data[out->length - 1]) == NULL)
		str_append_char(out, ',');
	if (key == NULL)
		return;
	str_append_json(out, key);
	str_append_char(out, ':');
}

void json_begin(struct str *out, const char *key, char bracket)
{
	begin_value(out, key);
	str_append_char(out, bracket);
}

void json_end(struct str *out, char bracket)
{
	str_append_char(out, bracket);
}

void json_text(struct str *out, const char *key, const char *text)
{
	begin_value(out, key);
	str_append_json(out, text);
}

void json_text_or_null(struct str *out, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_text(out, key, text);
	else
		json_null(out, key);
}

void json_integer(struct str *out, const char *key, int64_t value)
{
	begin_value(out, key);
	str_appendf(out, "%lld", (long long)value);
}

void json_number(struct str *out, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(out, key);
		return;
	}
	begin_value(out, key);
	str_appendf(out, "%.9g", value);
}

void json_bool(struct str *out, const char *key, bool value)
{
	begin_value(out, key);
	str_append(out, value ? "true" : "false");
}

void json_null(struct str *out, const char *key)
{
	begin_value(out, key);
	str_append(out, "null");
}

void json_reading(struct str *out, const char *key, struct reading reading)
{
	if (reading_is_known(reading))
		json_number(out, key, reading.value);
	else
		json_null(out, key);
}

void json_error(struct str *out, const struct err *err)
{
	json_begin(out, NULL, '{');
	json_begin(out, "error", '{');
	json_text(out, "code", err_code_name(err->code));
	json_text(out, "message", err->msg);
	json_end(out, '}');
	json_end(out, '}');
	str_append_char(out, '\n');
}
