/* The one place that asks for the time. */
#pragma once

#include <dockscale/base/time.h>

/* Both clocks, read at once. */
struct moment clock_now(void);
