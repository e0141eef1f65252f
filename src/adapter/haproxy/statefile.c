/*
 * Written by us and not by a reload's own hook, since a hook that runs a moment too early gives
 * the new process addresses of yesterday. It lies below /run: a boot begins with empty slots. A
 * write of some kilobytes into memory does not block, and nothing is synchronised to a disk,
 * because nothing of it is worth keeping over a crash of the machine.
 */
#include "statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Version of the format, headings, lines; an empty line ends every answer. */
bool statefile_is_whole(const char *text, size_t length)
{
	static const char head[] = "1\n# be_id ";

	return length > sizeof(head) && strncmp(text, head, strlen(head)) == 0 &&
	       strcmp(text + length - 2, "\n\n") == 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int fill(const char *path, const char *text, size_t length)
{
	/* HAProxy may be another user; there is nothing secret in it. A file that is left of a
	 * process that was killed is written over. */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, length);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int statefile_write(const char *path, const char *text, size_t length, struct err *err)
{
	char temporary[PATH_MAX];
	int r;

	/* In the same directory, so that the rename is atomic. */
	if (snprintf(temporary, sizeof(temporary), "%s.%ld.new", path, (long)getpid()) >=
		(int)sizeof(temporary))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", path);
	r = fill(temporary, text, length);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlink(temporary); /* it may not be there */
	return err_errno(err, -r,
		"cannot write HAProxy's state file %s (see [haproxy] state_file: its directory "
		"must "
		"be there and ours to write)",
		path);
}
