/*
 * A container that ends by itself sends a death and nothing else; whoever stops, restarts or removes
 * it lets the engine send a signal first, and that is an event of its own. So an end was asked for
 * when a signal came before it in the same life. A signal need not mean an end: HUP lets many programs
 * read their files again. What ends most programs is believed however long the end takes, since a
 * stop may have been given minutes; of the others only an end that follows soon. (Some images are
 * stopped by such a one, httpd by WINCH: they are killed after their time, which is a signal too.)
 */
#include "ends.h"

#include <signal.h>

#define SOON (10 * USEC_PER_SEC) /* the time that the engine gives to a stop by itself */

static bool means_the_end(int number)
{
	return number == SIGTERM || number == SIGKILL || number == SIGINT || number == SIGQUIT;
}

bool ends_soon(const struct signalled *signal, usec_t started_at)
{
	return signal->at != 0 && signal->at >= started_at && means_the_end(signal->number);
}

bool ends_by(const struct signalled *signal, usec_t started_at, usec_t ended_at)
{
	if (signal->at == 0 || signal->at < started_at)
		return false;
	return means_the_end(signal->number) || ended_at - signal->at <= SOON;
}
