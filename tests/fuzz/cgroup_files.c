/* Whatever /proc and the cgroup tree may say: every parser of them takes any bytes, and what it
 * calls known is finite and not negative (a limit may be infinite). */
#include <adapter/cgroup/locate.h>
#include <adapter/cgroup/mounts.h>
#include <adapter/cgroup/text.h>

#include <dockscale/base/mem.h>

#include <math.h>
#include <string.h>

#define ID "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool right)
{
	if (!right)
		abort();
}

static void require_number(struct reading reading)
{
	require(!reading_is_known(reading) || (isfinite(reading.value) && reading.value >= 0));
}

static void require_limit(struct reading reading)
{
	require(!reading_is_known(reading) || reading.value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = mem_strndup((const char *)data, size);
	struct cgroup_mounts mounts;
	struct cgroup_path path;
	struct err err = { 0 };

	require_number(cgroup_text_number(text));
	require_number(cgroup_text_key(text, "usage_usec"));
	require_number(cgroup_text_key(text, "inactive_file"));
	require_number(cgroup_text_pressure(text));
	require_number(cgroup_text_memory_total(text));
	require_limit(cgroup_text_limit(text));
	require_limit(cgroup_text_cpu_max(text));
	(void)cgroup_text_has_word(text, "memory");

	cgroup_mounts_parse(text, &mounts);
	require(memchr(mounts.root, '\0', sizeof(mounts.root)) != NULL);
	if (cgroup_locate_parse(text, ID, &path, &err) == 0)
		require(strstr(path.text, ID) != NULL && path.text[0] != '/');
	else
		require(err.msg[0] != '\0');
	return 0;
}
