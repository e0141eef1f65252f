/* One question and its answer over a stream: connect, send a text, read to the end. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/time.h>

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct exchange;

/* What is asked of whom. */
struct exchange_options {
	const char *address; /* a Unix socket's path (it has a '/'), "host:port" or "[v6]:port" */
	const char *text; /* sent after connecting; NULL: that somebody accepts is the answer */
	size_t limit_bytes; /* a longer answer is ERR_LIMIT */
	usec_t timeout; /* of everything together: ERR_TIMEOUT */
	/* Optional: the answer so far is enough, the rest need not be waited for. */
	bool (*enough)(const char *answer, size_t length);
	/* Called once, never from inside exchange_start(). @err->code is 0 or why it failed. The
	 * answer is NUL-ended and valid during the call; it is "" when there was an error. */
	void (*done)(void *context, const struct err *err, const char *answer, size_t length);
	void *context;
};

/* Begins; options and their texts are copied. It frees itself after done() was called. */
struct exchange *exchange_start(uv_loop_t *loop, const struct exchange_options *options);

/* Ends it without done(). Not after done() was called. NULL is fine. */
void exchange_cancel(struct exchange *exchange);
