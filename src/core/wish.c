/*
 * Stabilisation, after the Kubernetes HPA: a count goes down only to the largest wish of the last
 * while, and up only to the smallest. Wishes are merged into slots, the larger (or smaller) one
 * stays, so that a window of an hour costs as much as one of a minute; a merged wish lives up to
 * one slot longer than it should, which errs on the side of not moving.
 *
 * The memory lies in struct wish_window itself, whose owner may move it: the ring's pointer is
 * set again before every use.
 */
#include "wish.h"

/* Of the window must have been looked at: a policy that was blind for longer has no
 * evidence that it was quiet. */
#define WISH_COVERAGE 0.5

/* No tick is that long: nobody asked for that time (a pause, a suspended machine), and what was
 * before it does not fill a window any more. */
#define WISH_GAP (60 * USEC_PER_SEC)

static struct window ring(const struct wish_window *wishes)
{
	struct window window = wishes->window;

	window.spans = (struct window_span *)wishes->spans;
	return window;
}

static struct window_span *newest(struct wish_window *wishes)
{
	const struct window *window = &wishes->window;

	if (window->count == 0)
		return NULL;
	return &wishes->spans[(window->first + window->count - 1) % POLICY_WISHES];
}

/* A window touches one slot more than fit into it; all must have room. */
static usec_t slot_of(const struct wish_window *wishes, usec_t at)
{
	return at / (wishes->window.length / (POLICY_WISHES - 1) + 1);
}

void wish_init(struct wish_window *wishes, bool smallest, usec_t length)
{
	*wishes = (struct wish_window){ .smallest = smallest };
	window_init(&wishes->window, wishes->spans, POLICY_WISHES, length);
}

void wish_set_length(struct wish_window *wishes, usec_t length, usec_t now)
{
	usec_t remembered = now - wishes->window.length;

	if (length == wishes->window.length)
		return;
	/* What lies before the old window was dropped: a longer one is not filled by it. */
	if (length > wishes->window.length && wishes->began < remembered)
		wishes->began = remembered;
	wishes->window.length = length;
}

static void merge(struct wish_window *wishes, struct window_span *span, double wish, usec_t now)
{
	if (wishes->smallest ? wish < span->value : wish > span->value)
		span->value = wish;
	if (now > span->to)
		span->to = now;
}

static bool gap_before(const struct wish_window *wishes, const struct window_span *last, usec_t now)
{
	return last != NULL && now - last->to >= WISH_GAP &&
	       now - last->to >= wishes->window.length;
}

/* Slots that are over, alike and adjoin are one span: a service that rests has a few, and every
 * question walks through them. What lies before the window goes. */
static void tidy(struct wish_window *wishes, usec_t now)
{
	struct window *window = &wishes->window;
	struct window_span *last = newest(wishes);
	struct window_span *before;

	while (window->count > 0 && wishes->spans[window->first].to <= now - window->length) {
		window->first = (window->first + 1) % POLICY_WISHES;
		window->count--;
	}
	if (window->count < 2)
		return;
	before = &wishes->spans[(window->first + window->count - 2) % POLICY_WISHES];
	if (before->to != last->from || before->value < last->value || before->value > last->value)
		return;
	before->to = last->to;
	window->count--;
}

void wish_push(struct wish_window *wishes, usec_t now, unsigned wish, bool observed)
{
	struct window_span *last = newest(wishes);
	usec_t from = now - 1;

	if (!wishes->primed || gap_before(wishes, last, now))
		wishes->began = now;
	wishes->primed = true;
	if (last != NULL &&
		(now <= last->to || slot_of(wishes, now) == slot_of(wishes, last->to))) {
		merge(wishes, last, wish, now);
	} else {
		/* The wish holds back to the one before, unless something unknown lies between. */
		if (last != NULL && observed && !wishes->blind)
			from = last->to;
		tidy(wishes, now);
		wishes->window = ring(wishes);
		window_push(&wishes->window, from, now, wish);
	}
	wishes->blind = !observed;
}

void wish_skip(struct wish_window *wishes)
{
	wishes->blind = true;
}

unsigned wish_limit(const struct wish_window *wishes, usec_t now)
{
	struct window window = ring(wishes);
	struct reading limit =
		wishes->smallest ? window_min(&window, now) : window_max(&window, now);

	if (!reading_is_known(limit)) /* a length of 0 touches nothing */
		limit = window_latest(&window, now, 0);
	return (unsigned)limit.value;
}

bool wish_filled(const struct wish_window *wishes, usec_t now)
{
	struct window window = ring(wishes);

	if (window.length == 0)
		return true;
	return wishes->primed && now - wishes->began >= window.length &&
	       window_covers(&window, now, WISH_COVERAGE);
}
