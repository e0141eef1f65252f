/*
 * Who comes second must know. A lock file needs a directory that both agree on, and stays behind
 * where it does not belong; an abstract socket's name is the kernel's, and is free in the moment in
 * which its holder ends, also when it was killed. It listens only so that the next one learns who
 * holds it.
 */
#include <dockscale/io/claim.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* The process that holds it; 0: it does not say. */
static pid_t holder(const struct sockaddr_un *address, socklen_t length)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);
	int fd = new_socket();

	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)address, length) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		who.pid = 0;
	(void)close(fd);
	return who.pid;
}

int claim_take(const char *name, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(name);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
	int fd;

	if (size > sizeof(address.sun_path) - 1)
		return err_set(err, ERR_INVALID, "a name of %zu bytes", size);
	memcpy(address.sun_path + 1, name, size); /* a NUL before it makes it abstract */
	fd = new_socket();
	if (fd < 0)
		return err_errno(err, errno, "socket");
	if (bind(fd, (const struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (errno == EADDRINUSE)
		(void)err_set(err, ERR_CONFLICT, "process %d holds it already",
			(int)holder(&address, length));
	else
		(void)err_errno(err, errno, "@%s", name);
	(void)close(fd);
	return err->code;
}
