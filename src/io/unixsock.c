/*
 * A path in the file system is claimed by whoever binds it, and stays behind when its owner is
 * killed. So before a stale file is removed somebody has to knock; and because two processes may
 * knock at the same time, both find nobody, and the slower one would then remove the faster
 * one's socket, the whole section runs under a lock of the directory.
 */
#include <dockscale/io/unixsock.h>

#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

static void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it */
}
#define cleanup_fd __attribute__((cleanup(cleanup_close)))

static int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static int lock_directory(const char *path, int *ret_fd, struct err *err)
{
	char copy[sizeof(((struct unixsock *)0)->path)];
	const char *directory;
	int fd;

	(void)mem_strcpy(copy, sizeof(copy), path);
	directory = dirname(copy);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "%s: the directory of the socket %s", directory, path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		(void)close(fd);
		return err_set(err, ERR_CONFLICT,
			"%s: another process is just making a socket in %s: try again", path,
			directory);
	}
	*ret_fd = fd;
	return 0;
}

/* Makes way at @address: an orphaned socket file goes, anything else is an error. */
static int make_way(const struct sockaddr_un *address, struct err *err)
{
	cleanup_fd int fd = -1;
	struct stat there;

	if (lstat(address->sun_path, &there) < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "%s", address->sun_path);
	if (!S_ISSOCK(there.st_mode))
		return err_set(err, ERR_INVALID,
			"%s is there and is not a socket: remove it, or choose another path",
			address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "socket");
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN) /* its queue is full: somebody listens */
		return err_set(
			err, ERR_CONFLICT, "%s: another process answers there", address->sun_path);
	if (errno != ECONNREFUSED)
		return err_errno(err, errno, "%s is in the way", address->sun_path);
	if (unlink(address->sun_path) < 0)
		return err_errno(
			err, errno, "%s: cannot remove the stale socket", address->sun_path);
	return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *address, mode_t mode, struct err *err)
{
	/* the file inherits the mode of the descriptor: it is at no time open to others */
	if (fchmod(fd, mode) < 0)
		return err_errno(err, errno, "%s: mode", address->sun_path);
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return err_errno(err, errno, "%s: cannot bind", address->sun_path);
	if (chmod(address->sun_path, mode) < 0) /* what the umask took away */
		return err_errno(err, errno, "%s: mode", address->sun_path);
	if (listen(fd, BACKLOG) < 0)
		return err_errno(err, errno, "%s: cannot listen", address->sun_path);
	return 0;
}

int unixsock_listen(const char *path, mode_t mode, struct unixsock *ret_sock, struct err *err)
{
	struct unixsock made = { .fd = -1 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = -1;
	cleanup_fd int lock = -1;
	struct stat there;
	int r;

	if (path[0] != '/' || mem_strcpy(made.path, sizeof(made.path), path) != 0)
		return err_set(err, ERR_INVALID,
			"'%s': use an absolute path of at most %zu bytes for a socket", path,
			sizeof(made.path) - 1);
	memcpy(address.sun_path, made.path, sizeof(address.sun_path));
	r = lock_directory(path, &lock, err);
	if (r < 0)
		return r;
	r = make_way(&address, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "socket");
	r = bind_and_listen(fd, &address, mode, err);
	if (r < 0)
		return r;
	if (lstat(path, &there) < 0)
		return err_errno(err, errno, "%s", path);
	made.device = there.st_dev;
	made.inode = there.st_ino;
	made.fd = take_fd(&fd);
	*ret_sock = made;
	return 0;
}

int unixsock_set_group(const struct unixsock *sock, gid_t group, struct err *err)
{
	if (lchown(sock->path, (uid_t)-1, group) < 0)
		return err_errno(
			err, errno, "%s: cannot give it to group %u", sock->path, (unsigned)group);
	return 0;
}

void unixsock_finish(struct unixsock *sock)
{
	struct stat there;

	if (sock->path[0] != '\0' && lstat(sock->path, &there) == 0 &&
		there.st_dev == sock->device && there.st_ino == sock->inode)
		(void)unlink(sock->path); /* a stale file is removed by the next life */
	if (sock->fd >= 0)
		(void)close(sock->fd);
	*sock = (struct unixsock){ .fd = -1 };
}
