/* The system's time zones (tzdata) behind the zones port. */
#pragma once

#include <dockscale/port/ports.h>

/* @directory holds a file a zone, as ZONE_DIRECTORY does; it is copied. */
struct zones *tzdata_new(const char *directory, struct event_sink sink);
