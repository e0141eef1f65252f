/* What the tests of the store share: a directory of their own, and what lies in it. */
#pragma once

#include <dockscale/io/store.h>

#include <dockscale/base/mem.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char directory[64];
	char path[96];
	struct store_options options;
};

static inline int place_set_up(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/store.XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/x.sqlite", place->directory);
	place->options =
		(struct store_options){ .path = place->path, .version = 1, .log_max = 100 };
	*state = place;
	return 0;
}

/* Files whose names begin with @prefix; with @remove they go. */
static inline size_t place_files(const struct place *place, const char *prefix, bool remove)
{
	DIR *list = opendir(place->directory);
	const struct dirent *entry;
	size_t count = 0;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		char path[512];

		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		count++;
		(void)snprintf(path, sizeof(path), "%s/%s", place->directory, entry->d_name);
		if (remove)
			(void)unlink(path);
	}
	if (list != NULL)
		(void)closedir(list);
	return count;
}

static inline int place_tear_down(void **state)
{
	struct place *place = *state;

	(void)place_files(place, "", true);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static inline struct store *place_open(const struct place *place, int expected)
{
	struct store *store = NULL;
	struct err err = { 0 };
	int r = store_open(&place->options, &store, &err);

	if (r != expected)
		print_error("%s\n", err.msg);
	assert_int_equal(r, expected);
	return store;
}

static inline struct store_change place_put(const char *key, const char *value)
{
	return (struct store_change){
		.kind = STORE_PUT, .key = key, .value = value, .length = strlen(value)
	};
}

struct place_found {
	char text[4096];
};

static inline void place_find(void *context, const char *key, const void *value, size_t length)
{
	struct place_found *found = context;
	size_t used = strlen(found->text);

	(void)snprintf(found->text + used, sizeof(found->text) - used, "%s=%.*s;", key, (int)length,
		(const char *)value);
}

/* "key=value;" of all rows. */
static inline struct place_found place_rows(struct store *store)
{
	struct place_found found = { "" };
	struct err err = { 0 };

	assert_int_equal(store_each(store, place_find, &found, &err), 0);
	return found;
}
