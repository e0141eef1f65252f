/* Answers of the engine as values. */
#pragma once

#include "jsontext.h"

#include <dockscale/port/container.h>

/* Fills @container from a parsed inspect and its image's (NULL: not known, no label is marked).
 * ERR_INVALID when it is no container. The caller finishes @container. */
int inspect_container(
	const cJSON *inspect, const cJSON *image, struct container *container, struct err *err);

/* The network that the container was made with, of NetworkSettings.Networks; NULL: it has none. */
const cJSON *inspect_primary(const cJSON *inspect);

/* RFC 3339 to microseconds since 1970; 0 for the engine's "never" and for what is no time. */
usec_t inspect_time(const char *text);

/* The message of an error answer ({"message": "..."}), else the beginning of what came. */
void inspect_message(const char *body, size_t length, char *ret_message, size_t size);
