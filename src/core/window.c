/*
 * What a value was lately. Samples come when they come: a tick is late, a read fails, the machine
 * sleeps. So every sample is a span of time that it holds for, a mean weighs spans by what they
 * last inside the window, and time without a span is not known rather than zero. Spans never
 * overlap and lie in the order of time, so every question walks back from the newest and stops
 * at the window's edge. It does not decide what too little history means: the caller does.
 */
#include <dockscale/core/window.h>

#include <math.h>

void window_init(struct window *window, struct window_span *spans, size_t capacity, usec_t length)
{
	*window = (struct window){ .spans = spans, .capacity = capacity, .length = length };
}

void window_clear(struct window *window)
{
	window->first = 0;
	window->count = 0;
}

/* @age 0 is the newest span. */
static const struct window_span *span_by_age(const struct window *window, size_t age)
{
	size_t at = window->first + window->count - 1 - age;

	/* No modulo: a division for each span of each window is what a tick would spend most on. */
	return &window->spans[at < window->capacity ? at : at - window->capacity];
}

void window_push(struct window *window, usec_t from, usec_t to, double value)
{
	if (window->count > 0 && from < span_by_age(window, 0)->to)
		from = span_by_age(window, 0)->to;
	/* One infinite or undefined value would stay in every mean for a whole length. */
	if (to <= from || window->capacity == 0 || !isfinite(value))
		return;
	if (window->count == window->capacity) {
		window->first = (window->first + 1) % window->capacity;
		window->count--;
	}
	window->spans[(window->first + window->count) % window->capacity] =
		(struct window_span){ .from = from, .to = to, .value = value };
	window->count++;
}

/* How much of @span lies in (since, now]; 0 or less: nothing. */
static usec_t overlap(const struct window_span *span, usec_t since, usec_t now)
{
	usec_t from = span->from > since ? span->from : since;
	usec_t to = span->to < now ? span->to : now;

	return to - from;
}

/* The next span of (since, now] from the newest backwards; NULL behind the last one. *age begins
 * at 0 and walks along. */
static const struct window_span *span_next(
	const struct window *window, usec_t since, usec_t now, size_t *age)
{
	while (*age < window->count) {
		const struct window_span *span = span_by_age(window, (*age)++);

		if (span->to <= since)
			return NULL;
		if (overlap(span, since, now) > 0)
			return span;
	}
	return NULL;
}

/* Only the spans at the edges are cut; a tick asks this of every replica. */
static double covered(const struct window *window, usec_t now, double *ret_sum)
{
	usec_t since = now - window->length;
	usec_t total = 0;
	double sum = 0;

	for (size_t age = 0; age < window->count; age++) {
		const struct window_span *span = span_by_age(window, age);
		usec_t share = span->to - span->from;

		if (span->to <= since)
			break;
		if (span->from < since || span->to > now)
			share = overlap(span, since, now);
		if (share <= 0)
			continue;
		total += share;
		sum += span->value * (double)share;
	}
	*ret_sum = sum;
	return (double)total;
}

struct reading window_mean(const struct window *window, usec_t now, double coverage)
{
	double sum = 0;
	double total = covered(window, now, &sum);

	if (total <= 0 || total < coverage * (double)window->length)
		return reading_unknown();
	return reading_known(sum / total);
}

struct reading window_max(const struct window *window, usec_t now)
{
	struct reading largest = reading_unknown();
	const struct window_span *span;
	size_t age = 0;

	while ((span = span_next(window, now - window->length, now, &age)) != NULL)
		if (!reading_is_known(largest) || span->value > largest.value)
			largest = reading_known(span->value);
	return largest;
}

struct reading window_min(const struct window *window, usec_t now)
{
	struct reading smallest = reading_unknown();
	const struct window_span *span;
	size_t age = 0;

	while ((span = span_next(window, now - window->length, now, &age)) != NULL)
		if (!reading_is_known(smallest) || span->value < smallest.value)
			smallest = reading_known(span->value);
	return smallest;
}

bool window_covers(const struct window *window, usec_t now, double share)
{
	usec_t since = now - window->length;
	usec_t missing = (usec_t)(share * (double)window->length);
	const struct window_span *span;
	size_t age = 0;

	if (window->length <= 0)
		return false;
	while (missing > 0 && (span = span_next(window, since, now, &age)) != NULL)
		missing -= overlap(span, since, now);
	return missing <= 0;
}

struct reading window_latest(const struct window *window, usec_t now, usec_t age)
{
	if (window->count == 0 || now - span_by_age(window, 0)->to > age)
		return reading_unknown();
	return reading_known(span_by_age(window, 0)->value);
}
