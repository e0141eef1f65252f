/* Memory that is there or ends the process, and ownership that can be seen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* As calloc, realloc, strdup, strndup; no memory left ends the process with a message: the
 * service manager starts it again, and the world is the truth. Freed with free(). */
void *mem_zero(size_t count, size_t size);
void *mem_resize(void *memory, size_t count, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length);

/* Copies @text into @buffer of @size bytes, cut where it does not fit, always ended by NUL.
 * Returns 1 when it was cut, else 0. */
int mem_strcpy(char *buffer, size_t size, const char *text);

/* Are these bytes the same? Of structs it may say no where only their padding differs. */
static inline bool mem_same(const void *one, const void *other, size_t size)
{
	return memcmp(one, other, size) == 0;
}

/* Is it the same text? Most texts that are searched for differ in their first character. */
static inline bool text_same(const char *one, const char *other)
{
	return one[0] == other[0] && strcmp(one, other) == 0;
}

static inline void mem_cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}
#define cleanup_free __attribute__((cleanup(mem_cleanup_free)))

/* Passes ownership on: gives the pointer and leaves NULL behind. */
#define take_ptr(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#define countof(array) (sizeof(array) / sizeof((array)[0]))
