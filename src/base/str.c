/*
 * A growable string, and the one place that knows how JSON text is escaped. It is not for
 * parsing: see parse.c.
 */
#include <dockscale/base/str.h>

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* There is room for so much before anything is formatted: most is written only once then. */
#define FORMATTED_USUAL ((size_t)64)

void str_finish(struct str *str)
{
	free(str->data);
	*str = (struct str){ 0 };
}

void str_clear(struct str *str)
{
	str->length = 0;
	if (str->data != NULL)
		str->data[0] = '\0';
}

static void reserve(struct str *str, size_t more)
{
	size_t need = str->length + more + 1;

	if (need <= str->capacity)
		return;
	str->capacity = need < 64 ? 64 : need + need / 2;
	str->data = mem_resize(str->data, str->capacity, 1);
}

void str_append_bytes(struct str *str, const void *bytes, size_t length)
{
	reserve(str, length);
	if (length > 0)
		memcpy(str->data + str->length, bytes, length);
	str->length += length;
	str->data[str->length] = '\0';
}

void str_append(struct str *str, const char *text)
{
	str_append_bytes(str, text, strlen(text));
}

void str_append_char(struct str *str, char c)
{
	str_append_bytes(str, &c, 1);
}

void str_vappendf(struct str *str, const char *format, va_list args)
{
	va_list again;
	size_t room;
	int length;

	reserve(str, FORMATTED_USUAL);
	room = str->capacity - str->length;
	va_copy(again, args);
	length = vsnprintf(str->data + str->length, room, format, args);
	if (length >= 0 && (size_t)length >= room) {
		reserve(str, (size_t)length);
		(void)vsnprintf(str->data + str->length, (size_t)length + 1, format, again);
	}
	va_end(again);
	if (length >= 0)
		str->length += (size_t)length;
	str->data[str->length] = '\0';
}

void str_appendf(struct str *str, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	str_vappendf(str, format, args);
	va_end(args);
}

/* The length of the well-formed UTF-8 sequence at @s, or 0 (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n;
	unsigned char low = 0x80;
	unsigned char high = 0xBF;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (s[0] == 0xE0)
		low = 0xA0;
	if (s[0] == 0xED)
		high = 0x9F;
	if (s[0] == 0xF0)
		low = 0x90;
	if (s[0] == 0xF4)
		high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
	return n;
}

void str_append_json(struct str *str, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	str_append_char(str, '"');
	while (*s != '\0') {
		size_t n = utf8_length(s);

		if (n == 0) {
			str_append(str, "\xEF\xBF\xBD");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			str_appendf(str, "\\%c", *s);
		} else if (*s == '\n') {
			str_append(str, "\\n");
		} else if (*s == '\t') {
			str_append(str, "\\t");
		} else if (*s < 0x20 || *s == 0x7F) {
			str_appendf(str, "\\u%04x", *s);
		} else if (*s == 0xC2 && s[1] < 0xA0) { /* C1: terminals obey some of them */
			str_appendf(str, "\\u%04x", s[1]);
		} else {
			str_append_bytes(str, s, n);
		}
		s += n;
	}
	str_append_char(str, '"');
}

void str_append_xml(struct str *str, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		size_t n = utf8_length(s);
		bool control = (*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7F;

		if (n == 0 || control) {
			str_append(str, "\xEF\xBF\xBD");
			n = 1;
		} else if (strchr("&<>\"'", *s) != NULL) {
			str_appendf(str, "&#%u;", *s);
		} else {
			str_append_bytes(str, s, n);
		}
		s += n;
	}
}

void str_append_roff(struct str *str, const char *text)
{
	bool begins = str->length == 0 || str->data[str->length - 1] == '\n';

	for (; *text != '\0'; text++) {
		if (begins && (*text == '.' || *text == '\''))
			str_append(str, "\\&"); /* else a request */
		if (*text == '\\')
			str_append(str, "\\e");
		else if (*text == '-')
			str_append(str, "\\-"); /* else a hyphen, which cannot be pasted */
		else
			str_append_char(str, *text);
		begins = *text == '\n';
	}
}

const char *str_text(const struct str *str)
{
	return str->data != NULL ? str->data : "";
}

char *str_take(struct str *str)
{
	char *text = str->data != NULL ? str->data : mem_strdup("");

	*str = (struct str){ 0 };
	return text;
}
