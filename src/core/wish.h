/* The wishes of a stabilisation window (struct wish_window of policy.h). */
#pragma once

#include <dockscale/core/policy.h>

/* Empty, for the largest (or @smallest) wish of @length; a length of 0 remembers nothing. */
void wish_init(struct wish_window *wishes, bool smallest, usec_t length);

/* A new length from a reload; what is remembered stays. */
void wish_set_length(struct wish_window *wishes, usec_t length, usec_t now);

/* The wish of @now. One that rests on part of the readings only (not @observed) counts as a wish,
 * but not as time that was looked at. */
void wish_push(struct wish_window *wishes, usec_t now, unsigned wish, bool observed);

/* At this tick nothing was known. */
void wish_skip(struct wish_window *wishes);

/* The largest (or smallest) wish of the window, the newest included. Only after wish_push(). */
unsigned wish_limit(const struct wish_window *wishes, usec_t now);

/* Has the window been there for its whole length, and was it looked at for most of it? */
bool wish_filled(const struct wish_window *wishes, usec_t now);
