/* The text of an INI file as assignments, each with file and line. */
#pragma once

#include "report.h"

#define READER_FILE_MAX        ((size_t)256 * 1024) /* bytes of a file */
#define READER_ASSIGNMENTS_MAX 512

struct assignments {
	struct assignment *items; /* heap */
	size_t count;
};

/* Reads a regular file of at most READER_FILE_MAX bytes into @ret_text (heap, NUL behind it).
 * Returns 0; ERR_NOT_FOUND when there is no such file, or another error with the cure. */
int reader_load(const char *path, char **ret_text, size_t *ret_length, struct err *err);

/* Splits @text, which came from @path, into @assignments (appended; free items). What cannot be read
 * is reported with its line and left out. Whether a key is known is not judged here. */
void reader_parse(const char *path, const char *text, size_t length,
	struct assignments *assignments, struct report *report);
