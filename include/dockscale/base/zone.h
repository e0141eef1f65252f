/* What the clocks of a place show: UTC intervals in which they are ahead of UTC by the same time. */
#pragma once

#include <dockscale/base/time.h>

#include <stddef.h>

/* Where the names of zones are files (tzdata). */
#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define ZONE_NAME_MAX  64 /* with NUL */
#define ZONE_SPANS_MAX 16

struct zone_span {
	usec_t from; /* wall clock */
	usec_t ahead; /* local time less UTC, until the next span begins */
};

/* The first span holds before it begins as well, the last one for ever. */
struct zone {
	struct zone_span spans[ZONE_SPANS_MAX];
	size_t n_spans; /* 1 at least */
};

/* Local time less UTC at @wall. */
static inline usec_t zone_ahead(const struct zone *zone, usec_t wall)
{
	size_t i = zone->n_spans - 1;

	while (i > 0 && zone->spans[i].from > wall)
		i--;
	return zone->spans[i].ahead;
}
