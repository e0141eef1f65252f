/* The source of a machine without readable cgroups. */
#pragma once

#include <dockscale/port/ports.h>

/* Reads nothing: readings stay unknown, so services keep their count within min and max. */
struct source *source_none_new(void);
