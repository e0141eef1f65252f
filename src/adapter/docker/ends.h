/* Was a container's end asked for? */
#pragma once

#include <dockscale/base/time.h>

#include <stdbool.h>

/* The last signal that the engine was told to send to a container. */
struct signalled {
	usec_t at; /* wall, the engine's clock; 0: none */
	int number; /* 0: not told */
};

/* Did a life of a container that began at @started_at and was over at @ended_at end because of
 * @signal? Times are wall times of one clock. */
bool ends_by(const struct signalled *signal, usec_t started_at, usec_t ended_at);

/* Is a life that began at @started_at about to end because of @signal? */
bool ends_soon(const struct signalled *signal, usec_t started_at);
