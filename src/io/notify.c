/*
 * sd_notify(3) without libsystemd. Nothing here may hold up the daemon: what cannot be sent at once
 * is not sent.
 */
#include <dockscale/io/notify.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WATCHDOG_MAX (3600 * USEC_PER_SEC) /* a longer one is no watchdog */

struct notify {
	int fd; /* -1: nobody wants to know */
	usec_t watchdog; /* 0: none */
	uv_timer_t alive;
};

/* A path, or a name of Linux' own, written with '@' for its first byte. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, name, length + 1);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	else
		length++; /* a path's address has its end in it */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* $WATCHDOG_PID says whose it is, where it is not everybody's. */
static usec_t watchdog_of_environment(void)
{
	const char *time = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t usec = 0;
	uint64_t owner = 0;
	struct err err;

	if (time == NULL || parse_unsigned(time, 0, (uint64_t)(WATCHDOG_MAX), &usec, &err) < 0)
		return 0;
	if (pid != NULL && (parse_unsigned(pid, 1, INT32_MAX, &owner, &err) < 0 ||
				   owner != (uint64_t)getpid()))
		return 0;
	return (usec_t)usec;
}

static void on_alive(uv_timer_t *timer)
{
	notify_send(timer->data, "WATCHDOG=1");
}

struct notify *notify_new(uv_loop_t *loop)
{
	struct notify *notify = mem_zero(1, sizeof(*notify));
	const char *name = getenv("NOTIFY_SOCKET");

	notify->fd = name != NULL ? connect_to(name) : -1;
	notify->watchdog = notify->fd >= 0 ? watchdog_of_environment() : 0;
	(void)uv_timer_init(loop, &notify->alive); /* it cannot fail */
	notify->alive.data = notify;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return notify;
}

void notify_send(struct notify *notify, const char *lines)
{
	if (notify->fd < 0)
		return;
	(void)send(notify->fd, lines, strlen(lines), MSG_NOSIGNAL);
	if (notify->watchdog > 0 && strstr(lines, "READY=1") != NULL) {
		uint64_t half = (uint64_t)(notify->watchdog / 2 / USEC_PER_MSEC);

		(void)uv_timer_start(&notify->alive, on_alive, half, half > 0 ? half : 1);
	}
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
	uv_close((uv_handle_t *)&notify->alive, on_closed);
}
