/*
 * What this machine has of cgroup v2: where the tree is mounted and which controllers live in
 * it. libcgroup is asked first, since it is what the distribution's own tools go by; where it
 * does not see the v2 tree (a hybrid machine whose v2 tree has no controller of its own, or a
 * unit that hides /proc/cgroups), mountinfo is read. The daemon asks once, at start.
 */
#include "mounts.h"
#include "slurp.h"
#include "text.h"

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#ifdef WITH_LIBCGROUP
#include <libcgroup.h>
#include <linux/magic.h>
#endif

/* A Docker host has a line of up to 4 KiB for each container's overlay; only what is really read
 * is touched. */
#define MOUNTINFO_MAX (16 << 20)

static bool is_given(const char *option)
{
	return option != NULL && *option != '\0';
}

#ifdef WITH_LIBCGROUP
static bool is_unified(const char *path)
{
	struct statfs status;

	return statfs(path, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* libcgroup maps cpu and memory to v1 on a hybrid machine, so every mount is looked at. */
static bool ask_libcgroup(char *ret_root, size_t size)
{
	struct cgroup_mount_point mount;
	void *handle = NULL;
	bool found = false;

	if (cgroup_init() != 0)
		return false;
	if (cgroup_get_controller_begin(&handle, &mount) == 0) {
		do {
			found = is_unified(mount.path) &&
				mem_strcpy(ret_root, size, mount.path) == 0;
		} while (!found && cgroup_get_controller_next(&handle, &mount) == 0);
	}
	(void)cgroup_get_controller_end(&handle); /* frees; says nothing of use */
	return found;
}
#else
static bool ask_libcgroup(char *ret_root, size_t size)
{
	(void)ret_root; /* this build goes by mountinfo alone */
	(void)size;
	return false;
}
#endif

static int read_mounts(const char *proc, struct cgroup_mounts *ret_mounts, struct err *err)
{
	cleanup_free char *text = mem_zero(1, MOUNTINFO_MAX);
	char name[CONFIG_TEXT_MAX + 32];
	int result;

	(void)snprintf(name, sizeof(name), "%s/self/mountinfo", proc);
	result = cgroup_slurp(AT_FDCWD, name, text, MOUNTINFO_MAX);
	if (result < 0)
		return err_errno(err, -result, "%s", name);
	cgroup_mounts_parse(text, ret_mounts);
	return 0;
}

/* With psi=0 older kernels have the file but refuse to read it (EOPNOTSUPP). */
static bool has_pressure(const char *root)
{
	char name[CONFIG_TEXT_MAX + 32];
	char text[512];

	(void)snprintf(name, sizeof(name), "%s/cpu.pressure", root);
	return cgroup_slurp(AT_FDCWD, name, text, sizeof(text)) == 0;
}

static int look_at_root(struct cgroup_facts *facts, struct err *err)
{
	char name[CONFIG_TEXT_MAX + 32];
	char text[1024];
	int result;

	(void)snprintf(name, sizeof(name), "%s/cgroup.controllers", facts->root);
	result = cgroup_slurp(AT_FDCWD, name, text, sizeof(text));
	if (result == -ENOENT)
		return err_set(err, ERR_UNSUPPORTED,
			"%s is not a cgroup v2 tree (it has no cgroup.controllers): correct "
			"[daemon] cgroup, or leave it out so that the tree is found",
			facts->root);
	if (result < 0)
		return err_errno(err, -result, "%s", name);
	facts->cpu = cgroup_text_has_word(text, "cpu");
	facts->memory = cgroup_text_has_word(text, "memory");
	facts->pressure = has_pressure(facts->root);
	return 0;
}

int cgroup_discover(
	const struct cgroup_options *options, struct cgroup_facts *ret_facts, struct err *err)
{
	const char *proc = is_given(options->proc) ? options->proc : "/proc";
	bool redirected = is_given(options->root) || is_given(options->proc);
	struct cgroup_facts facts = { 0 };
	struct cgroup_mounts mounts = { 0 };
	struct err mounts_err = { 0 };
	int mounts_result = read_mounts(proc, &mounts, &mounts_err);

	if (mounts_result == 0)
		facts.hybrid = mounts.legacy;
	if (is_given(options->root) &&
		mem_strcpy(facts.root, sizeof(facts.root), options->root) != 0)
		return err_set(err, ERR_LIMIT, "the cgroup root is longer than %zu bytes",
			sizeof(facts.root) - 1);
	if (!redirected)
		facts.libcgroup = ask_libcgroup(facts.root, sizeof(facts.root));
	if (facts.root[0] == '\0' && mounts_result < 0) {
		*err = mounts_err;
		return err_wrap(err, "cannot find the cgroup v2 tree");
	}
	if (facts.root[0] == '\0')
		memcpy(facts.root, mounts.root, sizeof(facts.root));
	if (facts.root[0] == '\0')
		return err_set(err, ERR_UNSUPPORTED,
			"no cgroup v2 tree is mounted: mount it beside v1 (mkdir "
			"/sys/fs/cgroup/unified; mount -t cgroup2 none /sys/fs/cgroup/unified) or "
			"boot with systemd.unified_cgroup_hierarchy=1");
	if (look_at_root(&facts, err) < 0)
		return err->code;
	*ret_facts = facts;
	return 0;
}
