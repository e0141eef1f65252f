/* What Docker and HAProxy answered once. */
#pragma once

#include "unit/test.h"

#include <dockscale/base/mem.h>

#define RECORDED_BYTES_MAX 65536

/* A file of a folder of tests/data (heap). */
static inline char *recorded(const char *folder, const char *name)
{
	char path[512];
	char *text = mem_zero(1, RECORDED_BYTES_MAX);
	FILE *file;

	(void)snprintf(path, sizeof(path), SOURCE_DIR "/tests/data/%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_in_range(fread(text, 1, RECORDED_BYTES_MAX - 1, file), 1, RECORDED_BYTES_MAX - 2);
	assert_int_equal(fclose(file), 0);
	return text;
}
