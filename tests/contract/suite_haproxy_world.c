/*
 * Real HAProxy processes, started in the foreground as children on private paths, replaced as
 * an init script would do it (-sf with -x), ended by process id. The replicas are threads of the
 * test: they need no more than to say who they are, and to hold a request when asked to.
 */
#include "suite_haproxy_world.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>
#include <dockscale/core/weight.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 10000

static long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static int listen_loopback(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

unsigned world_free_port(void)
{
	unsigned port;

	(void)close(listen_loopback(&port));
	return port;
}

/* HAProxy. */

static void write_config(const struct world_haproxy *world)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/haproxy.cfg", world->directory);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file,
		"global\n"
		"\tstats socket %s mode 600 level admin expose-fd listeners\n"
		"\tstats socket %s.operator mode 600 level operator\n"
		"\tserver-state-file %s\n"
		"defaults\n"
		"\tmode http\n"
		"\ttimeout connect 1s\n\ttimeout client 30s\n\ttimeout server 30s\n"
		"\tload-server-state-from-file global\n"
		"frontend front\n\tbind 127.0.0.1:%u\n\toption idle-close-on-response\n"
		"\tdefault_backend web\n"
		"backend fixed\n\tbalance static-rr\n"
		"backend spare\n\tbalance leastconn\n"
		"\tserver-template ds-t- 1-4 localhost:80 disabled init-addr last,libc,none\n"
		"backend web\n%s",
		world->socket, world->socket, world->state_file, world->port, world->backend_lines);
	assert_int_equal(fclose(file), 0);
}

const char *world_program(void)
{
	const char *program = getenv("HAPROXY");

	return program != NULL ? program : "/usr/sbin/haproxy";
}

static pid_t spawn(const struct world_haproxy *world)
{
	char config[128];
	char log[128];
	char old[16];
	pid_t pid;

	(void)snprintf(config, sizeof(config), "%s/haproxy.cfg", world->directory);
	(void)snprintf(log, sizeof(log), "%s/log", world->directory);
	(void)snprintf(old, sizeof(old), "%d", (int)world->pid);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (freopen(log, "a", stderr) == NULL || freopen("/dev/null", "w", stdout) == NULL)
		_exit(127);
	if (world->pid > 0)
		(void)execl(world_program(), "haproxy", "-db", "-f", config, "-x", world->socket,
			"-sf", old, (char *)NULL);
	else
		(void)execl(world_program(), "haproxy", "-db", "-f", config, (char *)NULL);
	_exit(127);
}

static bool answers_as(const struct world_haproxy *world, pid_t pid)
{
	cleanup_free char *answer = world_ask(world->socket, "show info");
	char wanted[32];

	(void)snprintf(wanted, sizeof(wanted), "\nPid: %d\n", (int)pid);
	return answer != NULL && strstr(answer, wanted) != NULL;
}

static void end_process(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static void start_process(struct world_haproxy *world)
{
	pid_t pid = spawn(world);
	long end = now_ms() + PATIENCE_MS;

	while (!answers_as(world, pid)) {
		if (now_ms() > end || waitpid(pid, NULL, WNOHANG) != 0) {
			end_process(pid);
			fail_msg("HAProxy does not start: see %s/log", world->directory);
		}
		pause_ms(10);
	}
	world->pid = pid;
}

void world_start(struct world_haproxy *world, const char *backend_lines)
{
	*world = (struct world_haproxy){ .backend_lines = mem_strdup(backend_lines) };
	(void)snprintf(world->directory, sizeof(world->directory), "/tmp/haproxy.XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	(void)snprintf(world->socket, sizeof(world->socket), "%s/admin.sock", world->directory);
	(void)snprintf(world->state_file, sizeof(world->state_file), "%s/state", world->directory);
	world->port = world_free_port();
	write_config(world);
	start_process(world);
}

void world_away(struct world_haproxy *world, bool away)
{
	if (!away) {
		start_process(world);
		return;
	}
	end_process(world->pid);
	world->pid = 0;
	(void)unlink(world->socket); /* as an orderly stop does */
}

void world_reload(struct world_haproxy *world)
{
	pid_t old = world->pid;

	if (world->n_old == WORLD_OLD_MAX)
		end_process(world->old[--world->n_old]);
	start_process(world);
	world->old[world->n_old++] = old;
}

char *world_ask(const char *socket_path, const char *line)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_str struct str answer = { 0 };
	char buffer[4096];
	ssize_t n;

	(void)mem_strcpy(address.sun_path, sizeof(address.sun_path), socket_path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)close(fd);
		return NULL;
	}
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		str_append_bytes(&answer, buffer, (size_t)n);
	(void)close(fd);
	return str_take(&answer);
}

/* Replicas. */

struct session {
	struct world_replica *replica;
	int fd;
};

static void *serve_session(void *context)
{
	cleanup_free struct session *session = context;
	struct world_haproxy *world = session->replica->world;
	char request[2048] = "";
	size_t length = 0;
	char answer[128];
	int n;

	while (strstr(request, "\r\n\r\n") == NULL && length < sizeof(request) - 1) {
		ssize_t got = read(session->fd, request + length, sizeof(request) - 1 - length);

		if (got <= 0)
			break;
		length += (size_t)got;
		request[length] = '\0';
	}
	if (strncmp(request, "GET /hold ", 10) == 0) {
		__atomic_add_fetch(&world->held, 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&world->release, __ATOMIC_SEQ_CST))
			pause_ms(5);
	}
	n = snprintf(answer, sizeof(answer),
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n%05u",
		session->replica->port);
	(void)send(session->fd, answer, (size_t)n, MSG_NOSIGNAL);
	(void)close(session->fd);
	__atomic_sub_fetch(&world->sessions, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *serve(void *context)
{
	struct world_replica *replica = context;
	int fd;

	while ((fd = accept4(replica->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct session *session = mem_zero(1, sizeof(*session));
		pthread_t thread;

		*session = (struct session){ replica, fd };
		__atomic_add_fetch(&replica->world->sessions, 1, __ATOMIC_SEQ_CST);
		assert_int_equal(pthread_create(&thread, NULL, serve_session, session), 0);
		(void)pthread_detach(thread);
	}
	return NULL;
}

void world_add_replica(struct world_haproxy *world, struct member *ret_member)
{
	struct world_replica *replica = &world->replicas[world->n_replicas++];
	struct member member = { .state = MEMBER_SERVING, .weight = WEIGHT_BASE, .ours = true };

	assert_true(world->n_replicas <= WORLD_REPLICAS_MAX);
	replica->world = world;
	replica->fd = listen_loopback(&replica->port);
	assert_int_equal(pthread_create(&replica->thread, NULL, serve, replica), 0);
	(void)snprintf(member.id, sizeof(member.id), "%012zx%052u", world->n_replicas, 0U);
	(void)snprintf(member.name, sizeof(member.name), "web-%zu", world->n_replicas);
	(void)snprintf(member.address, sizeof(member.address), "127.0.0.1");
	member.port = replica->port;
	*ret_member = member;
}

int world_request(const struct world_haproxy *world, const char *path)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char request[256];
	int n = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: web\r\n\r\n", path);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)world->port);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
	return fd;
}

unsigned world_answer(int fd)
{
	char answer[1024] = "";
	size_t length = 0;
	const char *body = NULL;
	unsigned port = 0;

	while (length < sizeof(answer) - 1) {
		ssize_t n = read(fd, answer + length, sizeof(answer) - 1 - length);

		if (n <= 0)
			break;
		length += (size_t)n;
		answer[length] = '\0';
		body = strstr(answer, "\r\n\r\n");
		if (body != NULL && strlen(body) >= 9)
			break;
	}
	(void)close(fd);
	if (body == NULL || strncmp(answer, "HTTP/1.1 200", 12) != 0 ||
		sscanf(body, "%u", &port) != 1)
		return 0;
	return port;
}

void world_finish(struct world_haproxy *world)
{
	static const char *const files[] = { "admin.sock", "admin.sock.operator", "state",
		"haproxy.cfg", "log" };
	char path[160];

	if (world->pid > 0)
		end_process(world->pid);
	for (size_t i = 0; i < world->n_old; i++)
		end_process(world->old[i]);
	__atomic_store_n(&world->release, 1, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < world->n_replicas; i++) {
		(void)shutdown(world->replicas[i].fd, SHUT_RDWR);
		(void)pthread_join(world->replicas[i].thread, NULL);
		(void)close(world->replicas[i].fd);
	}
	while (__atomic_load_n(&world->sessions, __ATOMIC_SEQ_CST) > 0)
		pause_ms(5);
	for (size_t i = 0; i < countof(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->directory, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(world->directory), 0); /* nothing else was left there */
	free(world->backend_lines);
}
