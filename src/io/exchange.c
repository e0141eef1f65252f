/*
 * One question, one answer, one connection: what HAProxy's runtime API and a health probe have in
 * common. A connection that is kept would be cheaper by some microseconds, but it stays with a
 * process that a reload has replaced. It knows nothing of what is said.
 *
 * Every way out ends in finish(), which closes the handles; the memory goes, and done() is called,
 * when the loop has closed the last of them.
 */
#include <dockscale/io/exchange.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/base/str.h>

#include <string.h>
#include <sys/un.h>

#define READ_BYTES ((size_t)16 * 1024)

struct exchange {
	struct exchange_options options;
	char *address;
	char *text;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} peer;
	uv_timer_t timer;
	uv_connect_t connect;
	uv_write_t write;
	uv_getaddrinfo_t resolve;
	unsigned pending; /* closes and the resolver: the memory is theirs until they are back */
	bool finished;
	bool cancelled;
	struct err err;
	struct str answer;
	char buffer[READ_BYTES];
};

static void release(struct exchange *exchange)
{
	if (--exchange->pending > 0)
		return;
	if (!exchange->cancelled)
		exchange->options.done(exchange->options.context, &exchange->err,
			exchange->err.code == 0 ? str_text(&exchange->answer) : "",
			exchange->err.code == 0 ? exchange->answer.length : 0);
	str_finish(&exchange->answer);
	free(exchange->address);
	free(exchange->text);
	free(exchange);
}

static void on_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static void finish(struct exchange *exchange)
{
	if (exchange->finished)
		return;
	exchange->finished = true;
	/* A resolver that already works cannot be cancelled: it comes back later, and is waited for. */
	if (exchange->resolve.data != NULL)
		(void)uv_cancel((uv_req_t *)&exchange->resolve);
	uv_close(&exchange->peer.handle, on_closed);
	uv_close((uv_handle_t *)&exchange->timer, on_closed);
}

static int code_of(int uv_code)
{
	switch (uv_code) {
	case UV_EACCES:
	case UV_EPERM:
		return ERR_DENIED;
	case UV_ENOENT:
		return ERR_NOT_FOUND;
	default:
		return ERR_UNREACHABLE;
	}
}

static void fail(struct exchange *exchange, int uv_code)
{
	if (!exchange->finished)
		(void)err_set(&exchange->err, code_of(uv_code), "%s: %s", exchange->address,
			uv_strerror(uv_code));
	finish(exchange);
}

static void on_timeout(uv_timer_t *timer)
{
	struct exchange *exchange = timer->data;
	char limit[32];

	format_duration(exchange->options.timeout, limit);
	(void)err_set(
		&exchange->err, ERR_TIMEOUT, "%s: no answer within %s", exchange->address, limit);
	finish(exchange);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct exchange *exchange = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(exchange->buffer, (unsigned)sizeof(exchange->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct exchange *exchange = stream->data;
	const struct exchange_options *options = &exchange->options;

	if (length == UV_EOF) {
		finish(exchange);
		return;
	}
	if (length < 0) {
		fail(exchange, (int)length);
		return;
	}
	if (exchange->answer.length + (size_t)length > options->limit_bytes) {
		(void)err_set(&exchange->err, ERR_LIMIT, "%s: the answer is longer than %zu bytes",
			exchange->address, options->limit_bytes);
		finish(exchange);
		return;
	}
	str_append_bytes(&exchange->answer, buffer->base, (size_t)length);
	if (options->enough != NULL &&
		options->enough(str_text(&exchange->answer), exchange->answer.length))
		finish(exchange);
}

static void on_written(uv_write_t *write, int status)
{
	struct exchange *exchange = write->data;

	/* Whoever answers before it has read everything may close early: its answer counts. */
	if (status < 0 && status != UV_EPIPE && status != UV_ECONNRESET)
		fail(exchange, status);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct exchange *exchange = connect->data;
	uv_buf_t text;

	if (exchange->finished)
		return;
	if (status < 0) {
		fail(exchange, status);
		return;
	}
	if (exchange->text == NULL) {
		finish(exchange);
		return;
	}
	text = uv_buf_init(exchange->text, (unsigned)strlen(exchange->text));
	status = uv_write(&exchange->write, &exchange->peer.stream, &text, 1, on_written);
	if (status == 0)
		status = uv_read_start(&exchange->peer.stream, on_alloc, on_read);
	if (status < 0)
		fail(exchange, status);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *found)
{
	struct exchange *exchange = resolve->data;

	if (!exchange->finished && status == 0)
		status = uv_tcp_connect(
			&exchange->connect, &exchange->peer.tcp, found->ai_addr, on_connected);
	uv_freeaddrinfo(found);
	exchange->resolve.data = NULL;
	if (status < 0)
		fail(exchange, status);
	release(exchange);
}

/* Splits "host:port" or "[v6]:port" in place: @host is where the port begins after it. */
static char *split_port(char *host)
{
	char *colon = strrchr(host, ':');

	if (colon == NULL || colon == host || colon[1] == '\0')
		return NULL;
	*colon = '\0';
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	return colon + 1;
}

static int resolve(struct exchange *exchange, const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int status = uv_getaddrinfo(
		exchange->timer.loop, &exchange->resolve, on_resolved, host, port, &hints);

	if (status == 0) {
		exchange->resolve.data = exchange;
		exchange->pending++;
	}
	return status;
}

static void connect_tcp(struct exchange *exchange)
{
	cleanup_free char *host = mem_strdup(exchange->address);
	const char *port = split_port(host);
	uint64_t number = 0;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	int status;

	if (port == NULL || parse_unsigned(port, 1, 65535, &number, &exchange->err) < 0) {
		(void)err_set(&exchange->err, ERR_INVALID,
			"%s is neither the path of a socket nor host:port", exchange->address);
		finish(exchange);
		return;
	}
	if (uv_ip4_addr(host, (int)number, &address.v4) == 0 ||
		uv_ip6_addr(host, (int)number, &address.v6) == 0)
		status = uv_tcp_connect(
			&exchange->connect, &exchange->peer.tcp, &address.any, on_connected);
	else
		status = resolve(exchange, host, port);
	if (status < 0)
		fail(exchange, status);
}

static void connect_path(struct exchange *exchange)
{
	/* libuv would cut the path and knock at another door. */
	if (strlen(exchange->address) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		(void)err_set(&exchange->err, ERR_INVALID,
			"%s: the path of a socket has at most %zu bytes: use a shorter one",
			exchange->address, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		finish(exchange);
		return;
	}
	uv_pipe_connect(&exchange->connect, &exchange->peer.pipe, exchange->address, on_connected);
}

struct exchange *exchange_start(uv_loop_t *loop, const struct exchange_options *options)
{
	struct exchange *exchange = mem_zero(1, sizeof(*exchange));
	bool path = strchr(options->address, '/') != NULL;

	exchange->options = *options;
	exchange->address = mem_strdup(options->address);
	exchange->text = options->text != NULL ? mem_strdup(options->text) : NULL;
	exchange->pending = 2;
	uv_update_time(loop); /* the timeout counts from now, not from when the loop woke up */
	(void)uv_timer_init(loop, &exchange->timer); /* always 0 */
	if (path)
		(void)uv_pipe_init(loop, &exchange->peer.pipe, 0); /* always 0 */
	else
		(void)uv_tcp_init(loop, &exchange->peer.tcp); /* 0: no socket is made yet */
	exchange->peer.handle.data = exchange;
	exchange->timer.data = exchange;
	exchange->connect.data = exchange;
	exchange->write.data = exchange;
	(void)uv_timer_start(&exchange->timer, on_timeout,
		(uint64_t)((options->timeout + USEC_PER_MSEC - 1) / USEC_PER_MSEC), 0);
	if (path)
		connect_path(exchange);
	else
		connect_tcp(exchange);
	return exchange;
}

void exchange_cancel(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	exchange->cancelled = true;
	finish(exchange);
}
