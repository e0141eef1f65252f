/*
 * What a forecast is judged by: the largest demand that came within its time. A span has only so many
 * moments that wait, whatever its length, so that an hour needs no more memory than seconds.
 */
#include <dockscale/core/lookout.h>

#include <math.h>

#define GAP (10 * USEC_PER_SEC)

void lookout_see(struct lookout *lookout, usec_t now, double demand)
{
	if (now - lookout->last > GAP)
		lookout->count = 0;
	lookout->last = now;
	for (unsigned i = 0; i < lookout->count; i++) {
		struct lookout_moment *moment = &lookout->past[(lookout->first + i) % LOOKOUT_PAST];

		moment->peak = fmax(moment->peak, demand);
	}
}

bool lookout_take(
	struct lookout *lookout, usec_t now, usec_t span, struct lookout_moment *ret_moment)
{
	/* A shorter span than before may find all places taken: the oldest goes. */
	if (lookout->count == 0 ||
		(now - lookout->past[lookout->first].at < span && lookout->count < LOOKOUT_PAST))
		return false;
	*ret_moment = lookout->past[lookout->first];
	lookout->first = (lookout->first + 1) % LOOKOUT_PAST;
	lookout->count--;
	return true;
}

bool lookout_wants(const struct lookout *lookout, usec_t now, usec_t span)
{
	unsigned newest = (lookout->first + lookout->count + LOOKOUT_PAST - 1) % LOOKOUT_PAST;

	return lookout->count == 0 ||
	       (lookout->count < LOOKOUT_PAST &&
		       now - lookout->past[newest].at >= span / (LOOKOUT_PAST - 1));
}

void lookout_add(struct lookout *lookout, usec_t now, double value, double demand)
{
	lookout->past[(lookout->first + lookout->count) % LOOKOUT_PAST] =
		(struct lookout_moment){ now, value, demand };
	lookout->count++;
}
