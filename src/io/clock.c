/*
 * Time comes in here and is an argument everywhere else. A wake-up of the loop reads it once,
 * so that everything that is done in one turn happens at one time.
 */
#include <dockscale/io/clock.h>

#include <time.h>

static usec_t read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now); /* cannot fail for a clock that Linux has */
	return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

struct moment clock_now(void)
{
	return (struct moment){
		.boot = read_clock(CLOCK_BOOTTIME),
		.wall = read_clock(CLOCK_REALTIME),
	};
}
