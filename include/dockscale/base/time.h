/* Times: always an argument, always microseconds, always two clocks. */
#pragma once

#include <stdint.h>

typedef int64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_NEVER    INT64_MAX

/* One reading of both clocks. Windows and deadlines use boot (CLOCK_BOOTTIME: it never jumps
 * and goes on while the machine sleeps); people, schedules and what is stored use wall. */
struct moment {
	usec_t boot;
	usec_t wall; /* since 1970-01-01 UTC */
};
