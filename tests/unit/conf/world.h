/* What the tests of conf share: a directory of configuration that is made and removed, and the
 * resolution of a service from a few lines. Include after cmocka.h. */
#pragma once

#include <dockscale/base/mem.h>
#include <dockscale/conf/load.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char directory[64];
	struct config *config;
	struct config_problems problems;
	struct err err;
};

static inline int world_remove(
	const char *path, const struct stat *facts, int kind, struct FTW *ftw)
{
	(void)facts, (void)kind, (void)ftw;
	return remove(path);
}

static inline struct world *world_new(void)
{
	struct world *world = mem_zero(1, sizeof(*world));
	char path[128];

	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/dockscale-conf-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(path, sizeof(path), "%s/services.d", world->directory);
	assert_int_equal(mkdir(path, 0700), 0);
	return world;
}

static inline void world_free(struct world *world)
{
	config_free(world->config);
	(void)nftw(world->directory, world_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
}

static inline void world_write_bytes(
	struct world *world, const char *name, const void *bytes, size_t length)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", world->directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static inline void world_write(struct world *world, const char *name, const char *text)
{
	world_write_bytes(world, name, text, strlen(text));
}

static inline int world_load(struct world *world)
{
	config_free(world->config);
	world->config = NULL;
	world->problems.count = 0;
	world->err = (struct err){ 0 };
	return config_load(world->directory, &world->config, &world->problems, &world->err);
}

/* Is @text part of one of the problems? */
static inline bool world_says(const struct world *world, const char *text)
{
	for (size_t i = 0; i < world->problems.count && i < CONFIG_PROBLEMS_MAX; i++)
		if (strstr(world->problems.items[i].text, text) != NULL)
			return true;
	for (size_t i = 0; i < world->problems.count && i < CONFIG_PROBLEMS_MAX; i++)
		print_message("problem: %s\n", world->problems.items[i].text);
	return false;
}

#define assert_says(world, text) assert_true(world_says(world, text))

static inline bool contains(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		return true;
	print_message("not in it: %s\n", text);
	return false;
}

#define assert_contains(text, part) assert_true(contains(text, part))
