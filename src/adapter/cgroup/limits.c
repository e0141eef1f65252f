/*
 * A quota holds for a whole subtree: a container in a slice with half a core has half a core,
 * whatever its own cpu.max says. Ancestors are few, shared and seldom changed, so they are read
 * now and then with open, read, close, and no descriptor is kept.
 */
#include "limits.h"

#include "locate.h"
#include "slurp.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading cgroup_limits_smaller(struct reading a, struct reading b)
{
	if (a.state == READING_UNSUPPORTED)
		return b;
	if (b.state == READING_UNSUPPORTED)
		return a;
	if (!reading_is_known(a) || !reading_is_known(b))
		return reading_unknown();
	return reading_known(fmin(a.value, b.value));
}

static struct reading read_limit(
	int root, const char *path, const char *file, struct reading (*parse)(const char *text))
{
	char name[CGROUP_PATH_MAX + 32];
	char text[64];
	int result;

	(void)snprintf(name, sizeof(name), "%s/%s", path, file);
	result = cgroup_slurp(root, name, text, sizeof(text));
	if (result == -ENOENT)
		return reading_unsupported();
	return result < 0 ? reading_unknown() : parse(text);
}

struct cgroup_limits cgroup_limits_above(int root, const char *path)
{
	struct cgroup_limits limits = { reading_unsupported(), reading_unsupported() };
	char above[CGROUP_PATH_MAX];
	char *slash;

	(void)snprintf(above, sizeof(above), "%s", path);
	while ((slash = strrchr(above, '/')) != NULL) {
		*slash = '\0';
		limits.cpu_cores = cgroup_limits_smaller(
			limits.cpu_cores, read_limit(root, above, "cpu.max", cgroup_text_cpu_max));
		limits.memory_bytes = cgroup_limits_smaller(limits.memory_bytes,
			read_limit(root, above, "memory.max", cgroup_text_limit));
	}
	return limits;
}
