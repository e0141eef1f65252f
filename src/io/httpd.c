/*
 * libmicrohttpd nested in libuv: it keeps an epoll descriptor of its own, we poll that one
 * descriptor, run it when something is ready, and again when its own time-out is due. No thread,
 * no second loop. It knows no route and no JSON; what a request means is its handler's affair.
 */
#include <dockscale/io/httpd.h>

#include <dockscale/base/mem.h>

#include <microhttpd.h>
#include <stdbool.h>

/* What one connection may keep for its headers; the body is counted by body_max. */
#define CONNECTION_MEMORY_BYTES ((size_t)8 * 1024)

struct httpd {
	struct MHD_Daemon *daemon;
	struct httpd_options options;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open_handles;
};

/* One request on its way in. */
struct exchange {
	struct str body;
	bool too_long;
};

static enum MHD_Result respond(struct MHD_Connection *connection, struct httpd_response *response)
{
	size_t length = response->body.length;
	char *body = str_take(&response->body);
	struct MHD_Response *answer =
		MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (answer == NULL) {
		free(body);
		return MHD_NO;
	}
	(void)MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
	(void)MHD_add_response_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	result = MHD_queue_response(connection, (unsigned)response->status, answer);
	MHD_destroy_response(answer);
	return result;
}

static void take_body(
	const struct httpd *httpd, struct exchange *exchange, const char *data, size_t size)
{
	if (exchange->body.length + size > httpd->options.body_max)
		exchange->too_long = true;
	else
		str_append_bytes(&exchange->body, data, size);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size, void **state)
{
	struct httpd *httpd = context;
	struct exchange *exchange = *state;
	struct httpd_response response = { .status = 200, .content_type = "application/json" };

	(void)version;
	if (exchange == NULL) { /* headers only, so far */
		*state = mem_zero(1, sizeof(struct exchange));
		return MHD_YES;
	}
	if (*data_size > 0) {
		take_body(httpd, exchange, data, *data_size);
		*data_size = 0;
		return MHD_YES;
	}
	if (exchange->too_long) {
		response.status = 413;
		str_appendf(&response.body,
			"{\"error\":{\"code\":\"limit\",\"message\":\"the body is longer than %zu "
			"bytes\"}}\n",
			httpd->options.body_max);
	} else {
		httpd->options.handle(httpd->options.context,
			&(struct httpd_request){
				.method = method,
				.path = url,
				.body = str_text(&exchange->body),
				.body_length = exchange->body.length,
			},
			&response);
	}
	return respond(connection, &response);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *state;

	(void)context;
	(void)connection;
	(void)code;
	if (exchange == NULL)
		return;
	str_finish(&exchange->body);
	free(exchange);
	*state = NULL;
}

static void on_timer(uv_timer_t *timer);

static unsigned count_connections(const struct httpd *httpd)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info != NULL ? info->num_connections : 0;
}

/* At its limit of connections libmicrohttpd 0.9.75 stops listening. It begins again at the start
 * of a run, but closes connections at the end of one: without another run, for which nothing would
 * become ready, nobody would ever be let in again. */
static void run_until_settled(struct httpd *httpd)
{
	unsigned before;

	do {
		before = count_connections(httpd);
		(void)MHD_run(httpd->daemon);
	} while (count_connections(httpd) < before);
}

static void run(struct httpd *httpd)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	run_until_settled(httpd);
	if (MHD_get_timeout(httpd->daemon, &wait_ms) == MHD_YES)
		(void)uv_timer_start(&httpd->timer, on_timer, wait_ms, 0);
	else
		(void)uv_timer_stop(&httpd->timer);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status; /* an error of the descriptor shows in MHD_run() */
	(void)events;
	run(poll->data);
}

static struct MHD_Daemon *start(struct httpd *httpd)
{
	return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, httpd,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)httpd->options.listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, httpd->options.connections_max,
		MHD_OPTION_CONNECTION_TIMEOUT, httpd->options.timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

int httpd_new(uv_loop_t *loop, const struct httpd_options *options, struct httpd **ret_httpd,
	struct err *err)
{
	struct httpd *httpd = mem_zero(1, sizeof(*httpd));
	const union MHD_DaemonInfo *info;
	int r;

	httpd->options = *options;
	httpd->daemon = start(httpd);
	info = httpd->daemon != NULL ? MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD)
				     : NULL;
	if (info == NULL) {
		if (httpd->daemon != NULL)
			MHD_stop_daemon(httpd->daemon);
		free(httpd);
		return err_set(err, ERR_SYSTEM, "cannot start the HTTP server");
	}
	r = uv_poll_init(loop, &httpd->poll, info->epoll_fd);
	if (r < 0) {
		MHD_stop_daemon(httpd->daemon);
		free(httpd);
		return err_set(err, ERR_SYSTEM, "cannot watch the HTTP server: %s", uv_strerror(r));
	}
	(void)uv_timer_init(loop, &httpd->timer); /* always 0 */
	httpd->poll.data = httpd;
	httpd->timer.data = httpd;
	httpd->open_handles = 2;
	(void)uv_poll_start(&httpd->poll, UV_READABLE, on_ready); /* 0 for a fresh handle */
	*ret_httpd = httpd;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct httpd *httpd = handle->data;

	if (--httpd->open_handles == 0)
		free(httpd);
}

void httpd_free(struct httpd *httpd)
{
	if (httpd == NULL)
		return;
	(void)uv_poll_stop(&httpd->poll); /* before its descriptor is closed */
	(void)uv_timer_stop(&httpd->timer);
	MHD_stop_daemon(httpd->daemon);
	uv_close((uv_handle_t *)&httpd->poll, on_closed);
	uv_close((uv_handle_t *)&httpd->timer, on_closed);
}
