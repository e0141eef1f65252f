/*
 * Reading a small file of /proc or of the cgroup tree once. The sampling path does not come
 * here: it keeps its files open (files.c).
 */
#include "slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int cgroup_slurp(int directory, const char *path, char *buffer, size_t size)
{
	size_t used = 0;
	int result = -EFBIG;
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (used < size) {
		ssize_t n = read(fd, buffer + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			result = n < 0 ? -errno : 0;
			break;
		}
		used += (size_t)n;
	}
	(void)close(fd); /* only read: nothing can be lost */
	if (result == 0)
		buffer[used] = '\0';
	return result;
}
