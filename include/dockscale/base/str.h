/* A growable string. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Empty at declaration: `cleanup_str struct str s = { 0 };`. data is NUL-ended once anything was
 * appended, NULL before; str_text() is never NULL. */
struct str {
	char *data;
	size_t length;
	size_t capacity;
};

void str_finish(struct str *str);
void str_clear(struct str *str); /* keeps the memory */
void str_append(struct str *str, const char *text);
void str_append_bytes(struct str *str, const void *bytes, size_t length);
void str_append_char(struct str *str, char c);
void str_appendf(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_vappendf(struct str *str, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Appends @text as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD. */
void str_append_json(struct str *str, const char *text);
/* Appends @text as XML's character data, good for values of attributes too. What XML cannot hold
 * becomes U+FFFD. */
void str_append_xml(struct str *str, const char *text);
/* Appends @text as that of a man page: nothing in it is taken for a request or an escape. */
void str_append_roff(struct str *str, const char *text);
const char *str_text(const struct str *str);
/* Gives the text (heap, never NULL) to the caller and leaves the string empty. */
char *str_take(struct str *str);

#define cleanup_str __attribute__((cleanup(str_finish)))
