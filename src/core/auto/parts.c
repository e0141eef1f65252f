/*
 * Time in equal parts. Each push holds since the one before it; a late tick ends several parts at
 * once, and a long silence is a gap, since nobody knows what was in it.
 */
#include "parts.h"

#define GAP  (2 * AUTO_PERIOD)
#define RING (PARTS_PERIOD + 1)

/* Ticks come a little early or late: a part of which so little is missing is not waited for until the
 * next one. */
#define SLACK (AUTO_PART / 10)

static void add(struct parts *parts, const struct auto_input *input, usec_t span)
{
	struct part *sum = &parts->sum;

	sum->usage += input->usage * (double)span;
	sum->capacity += input->capacity * (double)span;
	if (input->backlog < 0)
		sum->backlog = -1;
	else if (sum->backlog >= 0)
		sum->backlog = input->backlog; /* what waits at the end of it */
}

/* The one that was done so many before the newest. */
static const struct part *part_at(const struct parts *parts, size_t age)
{
	return &parts->done[(parts->count - 1 - age) % RING];
}

/* Over so many parts, a second. What shrinks was worked off: that less came is seen in the use. */
static double growth_over(const struct parts *parts, size_t n)
{
	double now = part_at(parts, 0)->backlog;
	double before = parts->count > n ? part_at(parts, n)->backlog : -1;

	if (now < 0 || before < 0)
		return 0;
	return (now - before) / ((double)n * AUTO_PART / USEC_PER_SEC);
}

static void end_part(struct parts *parts)
{
	struct part *part = &parts->done[parts->count++ % RING];

	part->usage = parts->sum.usage / (double)AUTO_PART;
	part->capacity = parts->sum.capacity / (double)AUTO_PART;
	part->backlog = parts->sum.backlog;
	part->growth = growth_over(parts, 1);
	parts->sum = (struct part){ 0 };
	parts->began += AUTO_PART;
}

bool parts_begin(struct parts *parts, const struct auto_input *input)
{
	if (parts->begun && input->now - parts->last <= GAP)
		return false;
	*parts = (struct parts){ .began = input->now, .last = input->now, .begun = true };
	return true;
}

bool parts_next(struct parts *parts, const struct auto_input *input)
{
	usec_t end = parts->began + AUTO_PART;
	usec_t to = end < input->now + SLACK ? end : input->now;

	if (to > parts->last) {
		add(parts, input, to - parts->last);
		parts->last = to;
	}
	if (to < end)
		return false;
	end_part(parts);
	return true;
}

bool parts_fill_period(const struct parts *parts)
{
	return parts->count >= PARTS_PERIOD;
}

bool parts_end_period(const struct parts *parts)
{
	return parts->count % PARTS_PERIOD == 0;
}

struct part parts_newest(const struct parts *parts)
{
	return *part_at(parts, 0);
}

struct part parts_period(const struct parts *parts)
{
	struct part mean = { 0 };

	for (size_t age = 0; age < PARTS_PERIOD; age++) {
		mean.usage += part_at(parts, age)->usage / (double)PARTS_PERIOD;
		mean.capacity += part_at(parts, age)->capacity / (double)PARTS_PERIOD;
	}
	mean.backlog = part_at(parts, 0)->backlog;
	mean.growth = growth_over(parts, PARTS_PERIOD);
	return mean;
}
