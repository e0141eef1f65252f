/*
 * Allocation for a daemon: when memory is gone there is nothing sensible to go on with, and a
 * half-done step is worse than a restart. So these either give memory or end the process.
 */
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static void *require(void *memory)
{
	if (memory == NULL) {
		(void)fputs("dockscale: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *mem_zero(size_t count, size_t size)
{
	return require(calloc(count > 0 ? count : 1, size));
}

void *mem_resize(void *memory, size_t count, size_t size)
{
	return require(reallocarray(memory, count > 0 ? count : 1, size));
}

char *mem_strdup(const char *text)
{
	return require(strdup(text));
}

char *mem_strndup(const char *text, size_t length)
{
	return require(strndup(text, length));
}

int mem_strcpy(char *buffer, size_t size, const char *text)
{
	size_t length = strnlen(text, size);
	int cut = length == size;

	if (size == 0)
		return 1;
	if (cut)
		length = size - 1;
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	return cut;
}
