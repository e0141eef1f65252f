/*
 * The demonstration service of quickstart and of the component tests: a small HTTP/1.1 server
 * that burns a set amount of CPU time for each request, so that load is real and known. It is
 * linked statically, so that an image can be made of this one file.
 *
 * A thread a connection: a probe of /healthz never waits behind requests that burn. At SIGTERM
 * it goes on answering what is in flight or crosses with the end, with `Connection: close`, for
 * LINGER after the last request of each connection; then it exits with EXIT_CODE. It is no
 * general web server: no chunked requests, no files, no TLS.
 *
 * Environment (each also as an argument NAME=VALUE, which wins):
 *   PORT         8080   where to listen
 *   CPU_USEC     2000   CPU time of a request; one request's own: /?cpu_usec=N
 *                       memory that is held from then on: /?memory_mib=N
 *   WAIT_MSEC    0      idle time of a request;  one request's own: /?wait_msec=N
 *   START_DELAY  0      milliseconds before it listens
 *   LINGER       300    milliseconds that an idle connection stays open after SIGTERM
 *   EXIT_CODE    0      after SIGTERM
 *   CHECK        0      1: say by the exit code whether such a server answers, as a health check
 *   NAME                of the service: it stands in each answer as X-Service
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX     16384
#define CONNECTIONS_MAX 4096
#define STACK_BYTES     131072
#define IDLE_MSEC       60000

static struct {
	long port;
	long cpu_usec;
	long wait_msec;
	long start_delay;
	long linger;
	long exit_code;
	long check;
} settings = { 8080, 2000, 0, 0, 300, 0, 0 };

static const struct {
	const char *name;
	long *value;
	long high;
} names[] = {
	{ "PORT", &settings.port, 65535 },
	{ "CPU_USEC", &settings.cpu_usec, 60000000 },
	{ "WAIT_MSEC", &settings.wait_msec, 600000 },
	{ "START_DELAY", &settings.start_delay, 600000 },
	{ "LINGER", &settings.linger, 60000 },
	{ "EXIT_CODE", &settings.exit_code, 255 },
	{ "CHECK", &settings.check, 1 },
};

static char hostname[65];
static char service[65]; /* NAME */
static atomic_int connections;
static atomic_bool ending;
static int ending_fd; /* becomes readable at SIGTERM and stays so: it wakes every poll */

/* One connection and what was read from it beyond the request at hand. */
struct connection {
	int fd;
	size_t length;
	char buffer[REQUEST_MAX + 1];
};

struct request {
	bool head; /* method HEAD */
	bool healthz;
	bool close; /* the client wants the connection to end */
	size_t body; /* bytes of body that follow */
	long cpu_usec;
	long memory_mib; /* to hold from now on; -1: as it is */
	long wait_msec;
};

static int64_t now_usec(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* CPU time of this thread, not time on the wall: a throttled replica takes longer, not less. */
static void burn(long usec)
{
	int64_t end = now_usec(CLOCK_THREAD_CPUTIME_ID) + usec;

	while (now_usec(CLOCK_THREAD_CPUTIME_ID) < end)
		for (unsigned i = 0; i < 500; i++)
			__asm__ volatile("" ::: "memory"); /* work that stays */
}

static void rest(long msec)
{
	struct timespec left = { msec / 1000, msec % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static long read_number(const char *text, long fallback, long high)
{
	char *end = NULL;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	return errno != 0 || end == text || value < 0 || value > high ? fallback : value;
}

static long query_number(const char *target, const char *name, long fallback, long high)
{
	const char *found = strstr(target, name);

	return found != NULL ? read_number(found + strlen(name), fallback, high) : fallback;
}

static const char *header_value(const char *head, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return NULL;
}

/* Reads the head (NUL-ended, through its empty line). Returns 0, or the status to refuse with. */
static int parse_request(char *head, struct request *ret_request)
{
	struct request request = { 0 };
	char *target = strchr(head, ' ');
	char *end = target != NULL ? strpbrk(target + 1, " \r") : NULL;
	const char *value;

	if (end == NULL || strncmp(end, " HTTP/1.", 8) != 0)
		return 400;
	request.head = strncmp(head, "HEAD ", 5) == 0;
	request.close = end[8] == '0';
	value = header_value(head, "Connection");
	if (value != NULL)
		request.close = strncasecmp(value, "close", 5) == 0 ||
				(request.close && strncasecmp(value, "keep-alive", 10) != 0);
	if (header_value(head, "Transfer-Encoding") != NULL)
		return 501;
	value = header_value(head, "Content-Length");
	request.body = value != NULL ? (size_t)read_number(value, 0, 1 << 30) : 0;
	*end = '\0';
	request.healthz = strcmp(target + 1, "/healthz") == 0;
	request.cpu_usec = query_number(target, "cpu_usec=", settings.cpu_usec, 60000000);
	request.memory_mib = query_number(target, "memory_mib=", -1, 4096);
	request.wait_msec = query_number(target, "wait_msec=", settings.wait_msec, 600000);
	*ret_request = request;
	return 0;
}

/* Holds so much memory from now on, all of it written to. */
static void hold(long mib)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char *held;
	static long held_mib;

	(void)pthread_mutex_lock(&lock);
	if (mib != held_mib) {
		free(held);
		held = mib > 0 ? malloc((size_t)mib << 20) : NULL;
		held_mib = held != NULL ? mib : 0;
		if (held != NULL)
			memset(held, 1, (size_t)mib << 20);
	}
	(void)pthread_mutex_unlock(&lock);
}

static bool send_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, data, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		length -= (size_t)n;
	}
	return true;
}

static bool answer(const struct connection *connection, const struct request *request, int status)
{
	char text[512];
	char body[128];
	int n_body = snprintf(body, sizeof(body), "%s %s\n", hostname,
		status == 200 ? (request->healthz ? "healthy" : "served") : "refused");
	int n = snprintf(text, sizeof(text),
		"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
		"X-Replica: %s\r\nX-Service: %s\r\nConnection: %s\r\n\r\n%s",
		status, status == 200 ? "OK" : "Refused", n_body, hostname, service,
		request->close ? "close" : "keep-alive", request->head ? "" : body);

	return send_all(connection->fd, text, (size_t)n);
}

/* Waits for input: 60 s at most, and LINGER once the end has begun. */
static bool wait_input(const struct connection *connection)
{
	struct pollfd polls[] = { { connection->fd, POLLIN, 0 }, { ending_fd, POLLIN, 0 } };

	for (;;) {
		bool late = atomic_load(&ending);
		int n = poll(polls, late ? 1 : 2, late ? (int)settings.linger : IDLE_MSEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && polls[0].revents == 0)
			continue; /* the end has just begun */
		return n > 0;
	}
}

static bool receive(struct connection *connection)
{
	ssize_t n;

	if (!wait_input(connection))
		return false;
	n = recv(connection->fd, connection->buffer + connection->length,
		REQUEST_MAX - connection->length, 0);
	if (n <= 0)
		return false;
	connection->length += (size_t)n;
	connection->buffer[connection->length] = '\0';
	return true;
}

static void consume(struct connection *connection, size_t length)
{
	connection->length -= length;
	memmove(connection->buffer, connection->buffer + length, connection->length);
	connection->buffer[connection->length] = '\0';
}

static bool skip_body(struct connection *connection, size_t left)
{
	for (;;) {
		size_t n = left < connection->length ? left : connection->length;

		consume(connection, n);
		left -= n;
		if (left == 0)
			return true;
		if (!receive(connection))
			return false;
	}
}

/* Serves one request; false when the connection is to end. */
static bool serve(struct connection *connection)
{
	struct request request = { .close = true };
	char head[REQUEST_MAX + 1];
	const char *end;
	size_t length;
	int status;

	while ((end = strstr(connection->buffer, "\r\n\r\n")) == NULL) {
		if (connection->length == REQUEST_MAX) {
			(void)answer(connection, &request, 431);
			return false;
		}
		if (!receive(connection))
			return false;
	}
	length = (size_t)(end - connection->buffer) + 4;
	memcpy(head, connection->buffer, length);
	head[length] = '\0';
	consume(connection, length);
	status = parse_request(head, &request);
	if (status != 0) {
		(void)answer(connection, &request, status);
		return false;
	}
	if (!skip_body(connection, request.body))
		return false;
	if (!request.healthz) {
		rest(request.wait_msec);
		burn(request.cpu_usec);
		if (request.memory_mib >= 0)
			hold(request.memory_mib);
	}
	request.close = request.close || atomic_load(&ending);
	return answer(connection, &request, 200) && !request.close;
}

static void *run_connection(void *argument)
{
	struct connection *connection = argument;

	while (serve(connection))
		;
	/* Say that we are done and take what is still coming: a plain close() would answer it with
	 * a reset, and the reset could overtake our answer. */
	(void)shutdown(connection->fd, SHUT_WR);
	connection->length = 0;
	while (poll(&(struct pollfd){ connection->fd, POLLIN, 0 }, 1, (int)settings.linger) > 0 &&
		recv(connection->fd, connection->buffer, REQUEST_MAX, 0) > 0)
		;
	(void)close(connection->fd);
	free(connection);
	atomic_fetch_sub(&connections, 1);
	return NULL;
}

static void start_connection(int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	pthread_attr_t attributes;
	pthread_t thread;
	int one = 1;

	if (connection == NULL) {
		(void)close(fd);
		return;
	}
	connection->fd = fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&connections, 1);
	if (pthread_create(&thread, &attributes, run_connection, connection) != 0) {
		atomic_fetch_sub(&connections, 1);
		(void)close(fd);
		free(connection);
	}
	(void)pthread_attr_destroy(&attributes);
}

static void on_terminate(int signal)
{
	uint64_t one = 1;

	(void)signal;
	atomic_store(&ending, true);
	if (write(ending_fd, &one, sizeof(one)) < 0)
		_exit(1);
}

static int open_listener(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)settings.port),
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1024) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int check_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)settings.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? 1 : 0;
}

/* Accepts until the end has begun and nobody came for LINGER. */
static void accept_all(int listener)
{
	struct pollfd polls[] = { { listener, POLLIN, 0 }, { ending_fd, POLLIN, 0 } };

	for (;;) {
		bool late = atomic_load(&ending);
		bool full = atomic_load(&connections) >= CONNECTIONS_MAX;
		int n = poll(polls, late ? 1 : 2, late ? (int)settings.linger : -1);

		if (late && n == 0)
			return;
		if (n <= 0 || polls[0].revents == 0)
			continue;
		if (full) { /* the others wait in the backlog */
			rest(1);
			continue;
		}
		for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
			start_connection(fd);
	}
}

static void read_settings(char **arguments)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = getenv(names[i].name);
		size_t length = strlen(names[i].name);

		if (text != NULL)
			*names[i].value = read_number(text, *names[i].value, names[i].high);
		for (char **a = arguments; *a != NULL; a++)
			if (strncmp(*a, names[i].name, length) == 0 && (*a)[length] == '=')
				*names[i].value = read_number(
					*a + length + 1, *names[i].value, names[i].high);
	}
}

int main(int argc, char **argv)
{
	struct sigaction terminate = { .sa_handler = on_terminate };
	int listener;

	(void)argc;
	read_settings(argv + 1);
	if (settings.check != 0)
		return check_server();
	(void)snprintf(
		service, sizeof(service), "%.64s", getenv("NAME") != NULL ? getenv("NAME") : "");
	(void)gethostname(hostname, sizeof(hostname) - 1);
	ending_fd = eventfd(0, EFD_CLOEXEC);
	(void)sigaction(SIGTERM, &terminate, NULL);
	(void)sigaction(SIGINT, &terminate, NULL);
	for (long waited = 0; waited < settings.start_delay && !atomic_load(&ending); waited += 10)
		rest(10);
	if (atomic_load(&ending))
		return (int)settings.exit_code;
	listener = open_listener();
	if (listener < 0) {
		perror("demo_httpd: listen");
		return 1;
	}
	accept_all(listener);
	(void)close(listener);
	while (atomic_load(&connections) > 0)
		rest(5);
	return (int)settings.exit_code;
}
