/* A listening socket of the file system, made so that two processes can never share its path. */
#pragma once

#include <dockscale/base/err.h>

#include <sys/types.h>

struct unixsock {
	int fd; /* -1: none */
	char path[108]; /* sun_path ends there */
	dev_t device; /* of the socket's file, so that only our own is removed */
	ino_t inode;
};

/* Listens at @path with exactly @mode. A socket file that is there already is removed only when
 * nobody answers on it: ERR_CONFLICT when somebody does, or when another process is just doing the
 * same; ERR_INVALID when @path is too long or is no socket; ERR_NOT_FOUND when its directory is
 * missing. */
int unixsock_listen(const char *path, mode_t mode, struct unixsock *ret_sock, struct err *err);

/* Gives the file to a group as well. */
int unixsock_set_group(const struct unixsock *sock, gid_t group, struct err *err);

/* Removes the file, if it is still the one that was made, and closes unless fd is -1 by now. */
void unixsock_finish(struct unixsock *sock);
