/* The server, asked over a real Unix socket by a client on the same loop. */
#include <dockscale/io/httpd.h>

#include <dockscale/base/mem.h>
#include <dockscale/io/unixsock.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY_MAX 64
#define TURNS    2000 /* of the loop, 1 ms each: a server that needs more is broken */

struct place {
	char directory[64];
	struct unixsock sock;
	uv_loop_t loop;
	struct httpd *httpd;
	struct httpd_request last; /* what the handler saw */
	char path[64];
	char body[BODY_MAX + 1];
	unsigned handled;
};

static void handle(
	void *context, const struct httpd_request *request, struct httpd_response *response)
{
	struct place *place = context;

	place->handled++;
	(void)mem_strcpy(place->path, sizeof(place->path), request->path);
	(void)mem_strcpy(place->body, sizeof(place->body), request->body);
	if (strcmp(request->path, "/missing") == 0)
		response->status = 404;
	str_appendf(&response->body, "%s %s", request->method, request->path);
}

static int set_up(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));
	char path[96];
	struct err err;

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/httpd.XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(path, sizeof(path), "%s/sock", place->directory);
	assert_int_equal(unixsock_listen(path, 0600, &place->sock, &err), 0);
	assert_int_equal(uv_loop_init(&place->loop), 0);
	assert_int_equal(httpd_new(&place->loop,
				 &(struct httpd_options){
					 .listen_fd = place->sock.fd,
					 .body_max = BODY_MAX,
					 .connections_max = 2,
					 .timeout_s = 5,
					 .handle = handle,
					 .context = place,
				 },
				 &place->httpd, &err),
		0);
	place->sock.fd = -1;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	httpd_free(place->httpd);
	(void)uv_run(&place->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&place->loop), 0);
	unixsock_finish(&place->sock);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static int dial(const struct place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)mem_strcpy(address.sun_path, sizeof(address.sun_path), place->sock.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Sends @request and turns the loop until the answer holds @end. */
static void ask(
	struct place *place, int fd, const char *request, const char *end, char answer[static 1024])
{
	size_t used = 0;

	assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	answer[0] = '\0';
	for (int turn = 0; turn < TURNS && strstr(answer, end) == NULL; turn++) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n;

		(void)uv_run(&place->loop, UV_RUN_NOWAIT);
		if (poll(&wait, 1, 1) <= 0)
			continue;
		n = read(fd, answer + used, 1023 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
		answer[used] = '\0';
	}
}

static void a_get_is_handed_to_the_handler(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fd = dial(place);

	ask(place, fd, "GET /a/b?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a/b", answer);
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_non_null(strstr(answer, "Content-Type: application/json"));
	assert_string_equal(place->path, "/a/b");
	(void)close(fd);
}

static void the_handlers_status_goes_out(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fd = dial(place);

	ask(place, fd, "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n", "GET /missing", answer);
	assert_non_null(strstr(answer, "HTTP/1.1 404"));
	(void)close(fd);
}

static void a_body_reaches_the_handler_whole(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fd = dial(place);

	ask(place, fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
		"POST /p", answer);
	assert_string_equal(place->body, "hello world");
	(void)close(fd);
}

static void a_body_that_is_too_long_is_answered_413_and_not_handled(void **state)
{
	struct place *place = *state;
	char request[256];
	char answer[1024];
	int fd = dial(place);

	(void)snprintf(request, sizeof(request),
		"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%065d", BODY_MAX + 1, 0);
	ask(place, fd, request, "}}", answer);
	assert_non_null(strstr(answer, "HTTP/1.1 413"));
	assert_int_equal(place->handled, 0);
	(void)close(fd);
}

static void a_connection_serves_one_request_after_another(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fd = dial(place);

	ask(place, fd, "GET /one HTTP/1.1\r\nHost: x\r\n\r\n", "GET /one", answer);
	ask(place, fd, "GET /two HTTP/1.1\r\nHost: x\r\n\r\n", "GET /two", answer);
	assert_int_equal(place->handled, 2);
	(void)close(fd);
}

static void what_is_not_http_does_not_reach_the_handler(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fd = dial(place);

	ask(place, fd, "\x16\x03\x01 nonsense\r\n\r\n", "HTTP/1.1", answer);
	assert_int_equal(place->handled, 0);
	(void)close(fd);
}

static void a_connection_above_the_limit_is_not_served(void **state)
{
	static const char request[] = "GET /three HTTP/1.1\r\nHost: x\r\n\r\n";
	struct place *place = *state;
	char answer[1024];
	int fds[3];

	for (size_t i = 0; i < 2; i++) {
		fds[i] = dial(place);
		ask(place, fds[i], "GET /one HTTP/1.1\r\nHost: x\r\n\r\n", "GET /one", answer);
	}
	fds[2] = dial(place);
	/* MSG_NOSIGNAL: the server may have closed it by now, which is as good */
	(void)send(fds[2], request, strlen(request), MSG_NOSIGNAL);
	for (int turn = 0; turn < 50; turn++)
		(void)uv_run(&place->loop, UV_RUN_NOWAIT);
	assert_int_equal(place->handled, 2);
	for (size_t i = 0; i < 3; i++)
		(void)close(fds[i]);
}

static void it_serves_again_when_connections_at_the_limit_are_gone(void **state)
{
	struct place *place = *state;
	char answer[1024];
	int fds[4];
	int fd;

	for (size_t i = 0; i < 4; i++)
		fds[i] = dial(place);
	for (int turn = 0; turn < 50; turn++)
		(void)uv_run(&place->loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < 4; i++)
		(void)close(fds[i]);
	fd = dial(place);
	ask(place, fd, "GET /again HTTP/1.1\r\nHost: x\r\n\r\n", "GET /again", answer);
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_get_is_handed_to_the_handler, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_handlers_status_goes_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_body_reaches_the_handler_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_body_that_is_too_long_is_answered_413_and_not_handled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_connection_serves_one_request_after_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_not_http_does_not_reach_the_handler, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_connection_above_the_limit_is_not_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			it_serves_again_when_connections_at_the_limit_are_gone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
