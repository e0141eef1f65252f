/* HTTP requests to one server behind a Unix socket, on the loop. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>
#include <dockscale/base/time.h>

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct http;
struct http_request;

/* How a request ended. */
struct http_answer {
	struct err
		err; /* code 0: an answer came, whatever its status. ERR_UNREACHABLE: nobody there,
			 * or the connection broke; ERR_DENIED, ERR_TIMEOUT; ERR_LIMIT: the body is
			 * longer than body_max; ERR_SYSTEM. The message names method, path, socket */
	long status; /* 0 without an answer */
	const char *body; /* NUL-ended, valid during the call; "" for a stream */
	size_t length;
	char header[64]; /* value of the header that was asked for; "" : not there */
};

/* What is asked. Texts are copied. */
struct http_call {
	const char *method;
	const char *path; /* with query, percent-encoded */
	const char *body; /* JSON; NULL: none (a POST then says Content-Length: 0) */
	const char *header; /* of the answer, wanted in http_answer; NULL: none */
	usec_t timeout; /* of the whole; 0: none */
	size_t body_max; /* of the answer's body; of what comes between two turns for a stream */
	bool fresh; /* on a new connection, closed afterwards */
	/* Called once at the end, never from within http_submit(); not after http_cancel(). */
	void (*on_done)(void *context, const struct http_answer *answer);
	/* Not NULL: a stream. Gets the body of a 2xx answer as it comes instead of having it
	 * collected. It may submit and cancel, this request too. */
	void (*on_data)(void *context, const char *bytes, size_t length);
	void *context;
};

/* @socket is a path of 107 bytes at most, else ERR_INVALID. */
int http_new(uv_loop_t *loop, const char *socket, struct http **ret_http, struct err *err);

/* Ends all requests without a call. Not from within a callback of its own. The loop must turn once
 * more for the memory to be freed. */
void http_free(struct http *http);

/* Sends a request. What is returned is valid until on_done is called or it is cancelled. */
struct http_request *http_submit(struct http *http, const struct http_call *call);

/* Ends a request without a call. */
void http_cancel(struct http_request *request);

/* One request on a loop of its own: returns when it has ended, with the answer and its body, which
 * ret_answer->body points to. @call's on_done, on_data and context are not used. */
void http_fetch(const char *socket, const struct http_call *call, struct str *ret_body,
	struct http_answer *ret_answer);
