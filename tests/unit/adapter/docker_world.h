/* A recorded inspect that each test changes as it needs it. */
#pragma once

#include "unit/recorded.h"

#include <adapter/docker/jsontext.h>

#include <dockscale/adapter/docker.h>
#include <dockscale/base/mem.h>

#include <stdlib.h>

static inline cJSON *docker_world_parse(const char *text)
{
	struct err err = { 0 };
	cJSON *tree = NULL;

	assert_int_equal(jsontext_parse(text, strlen(text), &tree, &err), 0);
	return tree;
}

/* The recorded container; the caller deletes it. */
static inline cJSON *docker_world_inspect(void)
{
	cleanup_free char *text = recorded("docker", "inspect.json");

	return docker_world_parse(text);
}

static inline cJSON *docker_world_image(void)
{
	cleanup_free char *text = recorded("docker", "image.json");

	return docker_world_parse(text);
}

/* Puts @json (a value's text) at "Key" or "Key.Inner". */
static inline void docker_world_set(cJSON *inspect, const char *at, const char *json)
{
	const char *dot = strchr(at, '.');
	cJSON *object = inspect;
	char outer[64];

	if (dot != NULL) {
		(void)snprintf(outer, sizeof(outer), "%.*s", (int)(dot - at), at);
		object = cJSON_GetObjectItemCaseSensitive(inspect, outer);
		at = dot + 1;
	}
	assert_non_null(object);
	cJSON_DeleteItemFromObjectCaseSensitive(object, at);
	assert_true(cJSON_AddItemToObject(object, at, docker_world_parse(json)));
}
