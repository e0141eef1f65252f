/*
 * libcurl's multi interface on libuv: curl tells which descriptors it waits for and until when,
 * the loop tells it what happened. Nothing is called back from inside curl: what came is kept
 * until curl has returned, so that a callback may submit and cancel as it likes (curl refuses
 * that within its own callbacks). It knows no API; what a status means is the caller's affair.
 */
#include <dockscale/io/http.h>

#include <dockscale/base/mem.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOCKET_PATH_MAX 108 /* sun_path, with NUL */
#define IDLE_MAX        8L /* connections kept for the next request */

struct http_request {
	struct http *http;
	struct http_request *next;
	struct http_request *previous;
	CURL *easy;
	struct curl_slist *headers;
	struct str body; /* collected; of a stream: what was not handed over yet */
	char method[8];
	char *path;
	char header_name[32];
	char header[64];
	size_t body_max;
	bool too_long;
	void (*on_done)(void *context, const struct http_answer *answer);
	void (*on_data)(void *context, const char *bytes, size_t length);
	void *context;
};

struct http {
	char socket[SOCKET_PATH_MAX];
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
	struct http_request *requests;
};

/* One descriptor that curl waits for. */
struct watcher {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

static void destroy(struct http_request *request)
{
	struct http *http = request->http;

	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		http->requests = request->next;
	if (request->next != NULL)
		request->next->previous = request->previous;
	(void)curl_multi_remove_handle(http->multi, request->easy);
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	str_finish(&request->body);
	free(request->path);
	free(request);
}

void http_cancel(struct http_request *request)
{
	destroy(request);
}

/* Why no answer came, in the house's words. */
static int code_of(CURLcode result, long os_errno)
{
	switch (result) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_COULDNT_CONNECT:
		return os_errno == EACCES || os_errno == EPERM ? ERR_DENIED : ERR_UNREACHABLE;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return ERR_UNREACHABLE;
	default:
		return ERR_SYSTEM;
	}
}

static void explain(const struct http_request *request, CURLcode result, struct err *err)
{
	const char *socket = request->http->socket;
	long os_errno = 0;

	(void)curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (request->too_long)
		(void)err_set(
			err, ERR_LIMIT, "the answer is longer than %zu bytes", request->body_max);
	else if (result == CURLE_COULDNT_CONNECT && os_errno != 0)
		(void)err_set(
			err, code_of(result, os_errno), "connect: %s", strerror((int)os_errno));
	else
		(void)err_set(err, code_of(result, os_errno), "%s", curl_easy_strerror(result));
	(void)err_wrap(err, "%s %.120s at %s", request->method, request->path, socket);
}

/* Tells the end of a request that curl is done with. The request is gone before its owner hears
 * of it, so that nothing he does can meet it again. */
static void finish(struct http_request *request, CURLcode result)
{
	void (*on_done)(void *context, const struct http_answer *answer) = request->on_done;
	void *context = request->context;
	cleanup_str struct str body = request->body;
	struct http_answer answer = { 0 };

	if (result == CURLE_OK)
		(void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	else
		explain(request, result, &answer.err);
	answer.body = str_text(&body);
	answer.length = body.length;
	(void)mem_strcpy(answer.header, sizeof(answer.header), request->header);
	request->body = (struct str){ 0 };
	destroy(request);
	on_done(context, &answer);
}

static void hand_over(struct http_request *request)
{
	cleanup_str struct str body = request->body;

	request->body = (struct str){ 0 };
	request->on_data(request->context, body.data, body.length);
}

/* Only what a stream's 2xx answer brings is handed over; the message of another one is kept for
 * its end. */
static bool has_data(const struct http_request *request)
{
	long status = 0;

	if (request->on_data == NULL || request->body.length == 0)
		return false;
	(void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

/* Tells everything that curl has gathered. Any callback may end any request: so the search begins
 * anew after each. */
static void deliver(struct http *http)
{
	struct http_request *request = http->requests;
	const CURLMsg *message;
	int left;

	while (request != NULL) {
		if (has_data(request)) {
			hand_over(request);
			request = http->requests;
		} else {
			request = request->next;
		}
	}
	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
		finish(request, result);
	}
}

/* After an error of the multi handle its state is not to be trusted: every request has failed. */
static void fail_all(struct http *http)
{
	while (http->requests != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on */
		finish(http->requests, CURLE_FAILED_INIT);
}

static void act(struct http *http, curl_socket_t fd, int events)
{
	int running;

	if (curl_multi_socket_action(http->multi, fd, events, &running) != CURLM_OK)
		fail_all(http);
	else
		deliver(http);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	const struct watcher *watcher = poll->data;
	int flags = 0;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	act(watcher->http, watcher->fd, flags);
}

static void on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int take_timeout(CURLM *multi, long timeout_ms, void *context)
{
	struct http *http = context;

	(void)multi;
	if (timeout_ms < 0)
		(void)uv_timer_stop(&http->timer);
	else
		(void)uv_timer_start(&http->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void free_watcher(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watcher *new_watcher(struct http *http, curl_socket_t fd)
{
	struct watcher *watcher = mem_zero(1, sizeof(*watcher));

	watcher->http = http;
	watcher->fd = fd;
	if (uv_poll_init_socket(http->loop, &watcher->poll, fd) < 0) {
		free(watcher);
		return NULL;
	}
	watcher->poll.data = watcher;
	(void)curl_multi_assign(http->multi, fd, watcher);
	return watcher;
}

static int take_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
	struct http *http = context;
	struct watcher *watcher = assigned;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watcher != NULL) {
			(void)uv_poll_stop(&watcher->poll);
			uv_close((uv_handle_t *)&watcher->poll, free_watcher);
			(void)curl_multi_assign(http->multi, fd, NULL);
		}
		return 0;
	}
	if (watcher == NULL)
		watcher = new_watcher(http, fd);
	if (watcher == NULL)
		return -1;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	return uv_poll_start(&watcher->poll, events, on_ready) < 0 ? -1 : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_request *request = context;

	if (request->body.length + size * count > request->body_max) {
		request->too_long = true;
		return 0;
	}
	str_append_bytes(&request->body, bytes, size * count);
	return size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct http_request *request = context;
	size_t length = strlen(request->header_name);
	size_t from = length + 1;
	size_t to = size * count;

	if (length == 0 || to <= length || bytes[length] != ':' ||
		strncasecmp(bytes, request->header_name, length) != 0)
		return size * count;
	while (from < to && strchr(" \t", bytes[from]) != NULL)
		from++;
	while (to > from && strchr(" \t\r\n", bytes[to - 1]) != NULL)
		to--;
	(void)snprintf(
		request->header, sizeof(request->header), "%.*s", (int)(to - from), bytes + from);
	return size * count;
}

static void set_method(struct http_request *request, const struct http_call *call)
{
	bool post = strcmp(call->method, "POST") == 0;

	if (strcmp(call->method, "HEAD") == 0)
		(void)curl_easy_setopt(request->easy, CURLOPT_NOBODY, 1L);
	else if (!post && strcmp(call->method, "GET") != 0)
		(void)curl_easy_setopt(request->easy, CURLOPT_CUSTOMREQUEST, call->method);
	if (post || call->body != NULL) {
		const char *body = call->body != NULL ? call->body : "";

		(void)curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
		(void)curl_easy_setopt(request->easy, CURLOPT_COPYPOSTFIELDS, body);
	}
	request->headers = curl_slist_append(NULL, "Expect:");
	request->headers = curl_slist_append(request->headers,
		call->body != NULL ? "Content-Type: application/json" : "Content-Type:");
	(void)curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

static void set_options(struct http_request *request, const struct http_call *call)
{
	cleanup_str struct str url = { 0 };
	CURL *easy = request->easy;
	usec_t timeout_ms = (call->timeout + USEC_PER_MSEC - 1) / USEC_PER_MSEC;

	str_appendf(&url, "http://localhost%s", call->path);
	(void)curl_easy_setopt(easy, CURLOPT_URL, str_text(&url));
	(void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->http->socket);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* none from the environment */
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "dockscale/" DOCKSCALE_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	if (call->fresh) {
		(void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	set_method(request, call);
}

static void *require(void *made)
{
	if (made == NULL)
		abort(); /* as base/mem.h: without memory there is nothing to go on with */
	return made;
}

struct http_request *http_submit(struct http *http, const struct http_call *call)
{
	struct http_request *request = mem_zero(1, sizeof(*request));

	request->http = http;
	request->easy = require(curl_easy_init());
	request->path = mem_strdup(call->path);
	(void)mem_strcpy(request->method, sizeof(request->method), call->method);
	(void)mem_strcpy(request->header_name, sizeof(request->header_name),
		call->header != NULL ? call->header : "");
	request->body_max = call->body_max;
	request->on_done = call->on_done;
	request->on_data = call->on_data;
	request->context = call->context;
	set_options(request, call);
	request->next = http->requests;
	if (request->next != NULL)
		request->next->previous = request;
	http->requests = request;
	(void)curl_multi_add_handle(http->multi, request->easy); /* only starts curl's timer */
	return request;
}

int http_new(uv_loop_t *loop, const char *socket, struct http **ret_http, struct err *err)
{
	struct http *http;

	if (socket[0] == '\0' || strlen(socket) >= SOCKET_PATH_MAX)
		return err_set(err, ERR_INVALID,
			"'%.200s' cannot be a socket: a path of 1 to %d bytes is needed", socket,
			SOCKET_PATH_MAX - 1);
	http = mem_zero(1, sizeof(*http));
	(void)mem_strcpy(http->socket, sizeof(http->socket), socket);
	http->loop = loop;
	(void)curl_global_init(CURL_GLOBAL_DEFAULT); /* counted; only the first does anything */
	http->multi = require(curl_multi_init());
	(void)uv_timer_init(loop, &http->timer);
	http->timer.data = http;
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, take_socket);
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, take_timeout);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	(void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, IDLE_MAX);
	*ret_http = http;
	return 0;
}

static void free_http(uv_handle_t *handle)
{
	free(handle->data);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	while (http->requests != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on */
		destroy(http->requests);
	(void)curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	uv_close((uv_handle_t *)&http->timer, free_http);
}

struct fetch {
	struct http_answer *answer;
	struct str *body;
	bool done;
};

static void on_fetched(void *context, const struct http_answer *answer)
{
	struct fetch *fetch = context;

	*fetch->answer = *answer;
	str_clear(fetch->body);
	str_append_bytes(fetch->body, answer->body, answer->length);
	fetch->answer->body = str_text(fetch->body);
	fetch->done = true;
}

void http_fetch(const char *socket, const struct http_call *call, struct str *ret_body,
	struct http_answer *ret_answer)
{
	struct fetch fetch = { .answer = ret_answer, .body = ret_body };
	struct http_call own = *call;
	struct http *http = NULL;
	uv_loop_t loop;

	*ret_answer = (struct http_answer){ .body = "" };
	if (uv_loop_init(&loop) < 0) {
		(void)err_set(&ret_answer->err, ERR_SYSTEM, "no event loop can be made");
		return;
	}
	own.on_done = on_fetched;
	own.on_data = NULL;
	own.context = &fetch;
	(void)http_new(&loop, socket, &http, &ret_answer->err); /* told by the answer */
	if (http != NULL) {
		(void)http_submit(http, &own);
		while (!fetch.done)
			(void)uv_run(&loop, UV_RUN_ONCE);
		http_free(http);
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT); /* what is closing */
	(void)uv_loop_close(&loop);
}
