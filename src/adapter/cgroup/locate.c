/*
 * Where a container's cgroup is. No path is guessed: drivers, cgroup parents, rootless engines
 * and Podman all name it differently, so the process is asked, and its answer is believed only
 * if the container's id is in it. A pid alone proves nothing: it may have been given to another
 * process since the engine told it.
 */
#include "locate.h"

#include "slurp.h"

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* /proc/PID/cgroup has a line a hierarchy, 13 at most on a hybrid machine. */
#define PROC_CGROUP_MAX 16384

static bool is_container_id(const char *id)
{
	return strspn(id, "0123456789abcdef") == CONTAINER_ID_MAX - 1 &&
	       id[CONTAINER_ID_MAX - 1] == '\0';
}

static const char *find_unified_line(const char *text)
{
	const char *line = text;

	while (strncmp(line, "0::", 3) != 0) {
		line = strchr(line, '\n');
		if (line == NULL)
			return NULL;
		line++;
	}
	return line + 3;
}

/* systemd inside a container moves its processes deeper; what counts for the container is the
 * cgroup that bears its id. */
static int cut_behind_id(
	const char *path, const char *id, struct cgroup_path *ret_path, struct err *err)
{
	size_t length = strcspn(path, "\n");
	const char *found = memmem(path, length, id, CONTAINER_ID_MAX - 1);

	if (found == NULL)
		return err_set(err, ERR_CONFLICT,
			"its cgroup is '%.*s', which is not the container's: the process has ended "
			"and its pid was given to another, or the engine puts containers into "
			"cgroup v1 only",
			(int)(length < 200 ? length : 200), path);
	found += CONTAINER_ID_MAX - 1;
	while (found < path + length && *found != '/')
		found++;
	path += strspn(path, "/"); /* below the root, never from the machine's own */
	length = (size_t)(found - path);
	if (length >= sizeof(ret_path->text))
		return err_set(err, ERR_LIMIT, "its cgroup's path is longer than %zu bytes",
			sizeof(ret_path->text) - 1);
	memcpy(ret_path->text, path, length);
	ret_path->text[length] = '\0';
	return 0;
}

int cgroup_locate_parse(
	const char *text, const char *id, struct cgroup_path *ret_path, struct err *err)
{
	const char *path = find_unified_line(text);

	if (!is_container_id(id))
		return err_set(err, ERR_INVALID, "'%.80s' is not a container id of %d hex digits",
			id, CONTAINER_ID_MAX - 1);
	if (path == NULL)
		return err_set(err, ERR_UNSUPPORTED,
			"it has no cgroup v2: mount it (mount -t cgroup2 none "
			"/sys/fs/cgroup/unified) or boot with systemd.unified_cgroup_hierarchy=1");
	if (strncmp(path, "/..", 3) == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"its cgroup lies outside of our cgroup namespace: run dockscaled on the "
			"host, or its container with --cgroupns=host and --pid=host");
	if (*path != '/')
		return err_set(err, ERR_INVALID, "its cgroup does not begin with a slash");
	return cut_behind_id(path, id, ret_path, err);
}

static int check_directory(const char *root, const char *path, struct err *err)
{
	char name[CONFIG_TEXT_MAX + CGROUP_PATH_MAX];
	struct stat status;

	(void)snprintf(name, sizeof(name), "%s/%s", root, path);
	if (stat(name, &status) < 0)
		return err_errno(err, errno, "%s", name);
	if (!S_ISDIR(status.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a directory", name);
	return 0;
}

int cgroup_locate(const struct cgroup_options *options, const char *root, int64_t pid,
	const char *id, char *ret_path, size_t size, struct err *err)
{
	const char *proc =
		options->proc != NULL && *options->proc != '\0' ? options->proc : "/proc";
	char name[CONFIG_TEXT_MAX + 32];
	cleanup_free char *text = mem_zero(1, PROC_CGROUP_MAX);
	struct cgroup_path path;
	int result;

	(void)snprintf(name, sizeof(name), "%s/%lld/cgroup", proc, (long long)pid);
	result = cgroup_slurp(AT_FDCWD, name, text, PROC_CGROUP_MAX);
	if (result == -ESRCH) /* it ended between open and read */
		result = -ENOENT;
	if (result == -ENOENT)
		return err_set(err, ERR_NOT_FOUND,
			"process %lld of container %.12s is not there (%s): it has ended, or %s is "
			"mounted with hidepid",
			(long long)pid, id, name, proc);
	if (result < 0)
		return err_errno(err, -result, "%s", name);
	if (cgroup_locate_parse(text, id, &path, err) < 0 ||
		check_directory(root, path.text, err) < 0)
		return err_wrap(err, "process %lld of container %.12s", (long long)pid, id);
	if (mem_strcpy(ret_path, size, path.text) != 0)
		return err_set(
			err, ERR_LIMIT, "the cgroup's path is longer than %zu bytes", size - 1);
	return 0;
}
