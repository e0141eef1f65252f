/* A sliding window over time: samples hold for spans, not at points, so that irregular ticks,
 * late ones and gaps weigh what they lasted. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/reading.h>

#include <stddef.h>

/* A value that held over (from, to], boot clock. */
struct window_span {
	usec_t from;
	usec_t to;
	double value;
};

struct window {
	struct window_span *spans; /* ring, the caller's memory */
	size_t capacity;
	size_t first;
	size_t count;
	usec_t length;
};

/* @spans holds @capacity spans and outlives the window; when full, the oldest span is dropped. */
void window_init(struct window *window, struct window_span *spans, size_t capacity, usec_t length);
void window_clear(struct window *window);

/* Adds a span. One that is empty or older than the newest is cut to what is new, or dropped. */
void window_push(struct window *window, usec_t from, usec_t to, double value);

/* Time-weighted mean over (now - length, now]. Gaps are left out, not counted as zero; unknown
 * when less than @coverage (0..1) of the length is covered. */
struct reading window_mean(const struct window *window, usec_t now, double coverage);

/* Largest and smallest value of any span that touches (now - length, now]; unknown when none. */
struct reading window_max(const struct window *window, usec_t now);
struct reading window_min(const struct window *window, usec_t now);

/* Do spans cover at least @share (0..1) of (now - length, now]? Of no length nothing is covered. */
bool window_covers(const struct window *window, usec_t now, double share);

/* The newest span's value if it ends within @age of now, else unknown. */
struct reading window_latest(const struct window *window, usec_t now, usec_t age);
