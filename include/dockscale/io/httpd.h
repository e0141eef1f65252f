/* A small HTTP/1.1 server on a descriptor that listens already, nested in a libuv loop. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>

#include <uv.h>

struct httpd_request {
	const char *method; /* "GET" */
	const char *path; /* decoded, without the query */
	const char *body; /* NUL-ended, never NULL */
	size_t body_length;
};

struct httpd_response {
	int status; /* 200 unless the handler writes another one */
	const char *content_type; /* static text; application/json unless written */
	struct str body; /* the handler appends; freed by the server */
};

struct httpd_options {
	int listen_fd; /* taken over: the server closes it */
	size_t body_max; /* bytes; a longer body is answered by 413 */
	unsigned connections_max;
	unsigned timeout_s; /* a connection without progress for so long is closed */
	/* Mandatory. Answers at once: it runs on the loop. */
	void (*handle)(void *context, const struct httpd_request *request,
		struct httpd_response *response);
	void *context;
};

struct httpd;

int httpd_new(uv_loop_t *loop, const struct httpd_options *options, struct httpd **ret_httpd,
	struct err *err);

/* Closes all connections. Memory goes when the loop has run once more. NULL is fine. */
void httpd_free(struct httpd *httpd);
