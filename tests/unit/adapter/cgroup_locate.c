/* A container's cgroup is found through its process, and believed only with its id in the path. */
#include <adapter/cgroup/locate.h>

#include <dockscale/adapter/cgroup.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DATA SOURCE_DIR "/tests/data/cgroup/"
#define TAIL "4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define A    "0a1b2c3d" TAIL
#define B    "bbbbbbbb" TAIL

struct found {
	int result;
	char path[CGROUP_PATH_MAX];
	struct err err;
};

static struct found locate(const char *name, int64_t pid, const char *id)
{
	char root[256];
	char proc[256];
	struct cgroup_options options = { .proc = proc };
	struct found found = { 0 };

	(void)snprintf(root, sizeof(root), DATA "%s/root", name);
	(void)snprintf(proc, sizeof(proc), DATA "%s/proc", name);
	found.result =
		cgroup_locate(&options, root, pid, id, found.path, sizeof(found.path), &found.err);
	return found;
}

static void assert_found(struct found found, const char *path)
{
	assert_int_equal(found.result, 0);
	assert_string_equal(found.path, path);
}

static void assert_refused(const struct found *found, int code, const char *words)
{
	assert_int_equal(found->result, code);
	assert_int_equal(found->err.code, code);
	assert_non_null(strstr(found->err.msg, words));
}

static void with_the_systemd_driver_it_is_a_scope(void **state)
{
	(void)state;
	assert_found(locate("systemd", 4201, A), "system.slice/docker-" A ".scope");
}

static void with_the_cgroupfs_driver_it_is_the_id(void **state)
{
	(void)state;
	assert_found(locate("cgroupfs", 4301, A), "docker/" A);
}

static void systemd_inside_the_container_does_not_lead_deeper(void **state)
{
	(void)state;
	assert_found(locate("systemd", 4202, B), "system.slice/docker-" B ".scope");
}

static void podmans_extra_level_is_cut(void **state)
{
	(void)state;
	assert_found(locate("podman", 4501, A), "machine.slice/libpod-" A ".scope");
}

static void a_rootless_engines_is_below_the_users_slice(void **state)
{
	(void)state;
	assert_found(locate("rootless", 4601, A),
		"user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope");
}

static void on_a_hybrid_machine_the_unified_line_counts(void **state)
{
	(void)state;
	assert_found(locate("hybrid", 4401, A), "docker/" A);
}

static void a_process_that_is_gone_is_not_found(void **state)
{
	struct found found = locate("systemd", 99999, A);

	(void)state;
	assert_refused(&found, ERR_NOT_FOUND, "process 99999");
}

static void a_pid_that_another_process_got_is_not_believed(void **state)
{
	struct found found = locate("systemd", 4299, A);

	(void)state;
	assert_refused(&found, ERR_CONFLICT, "/system.slice/cron.service");
}

static void a_pid_that_another_container_got_is_not_believed(void **state)
{
	struct found found = locate("systemd", 4202, A);

	(void)state;
	assert_refused(&found, ERR_CONFLICT, "given to another");
}

static void an_engine_that_uses_v1_only_is_told(void **state)
{
	struct found found = locate("hybrid", 4402, B);

	(void)state;
	assert_refused(&found, ERR_CONFLICT, "v1 only");
}

static void inside_a_cgroup_namespace_the_cure_is_told(void **state)
{
	struct found found = locate("namespace", 4701, A);

	(void)state;
	assert_refused(&found, ERR_UNSUPPORTED, "--cgroupns=host");
}

static void a_cgroup_that_does_not_exist_is_not_found(void **state)
{
	struct cgroup_options options = { .proc = DATA "systemd/proc" };
	char path[CGROUP_PATH_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		cgroup_locate(&options, DATA "podman/root", 4201, A, path, sizeof(path), &err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "docker-" A ".scope"));
}

static void a_path_that_does_not_fit_is_an_error_and_not_cut(void **state)
{
	struct cgroup_options options = { .proc = DATA "systemd/proc" };
	char path[32] = "unchanged";
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		cgroup_locate(&options, DATA "systemd/root", 4201, A, path, sizeof(path), &err),
		ERR_LIMIT);
}

static void a_short_id_is_refused_since_it_proves_too_little(void **state)
{
	struct cgroup_path path;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		cgroup_locate_parse("0::/docker/0a1b2c3d\n", "0a1b2c3d", &path, &err), ERR_INVALID);
}

static void a_process_without_a_unified_line_is_told_the_cure(void **state)
{
	struct cgroup_path path;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_locate_parse("11:memory:/docker/" A "\n10::/x\n", A, &path, &err),
		ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "cgroup2"));
}

static void an_id_in_another_hierarchys_line_does_not_count(void **state)
{
	struct cgroup_path path;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		cgroup_locate_parse("0::/other\n11:memory:/docker/" A "\n", A, &path, &err),
		ERR_CONFLICT);
}

static void a_cgroup_that_was_removed_keeps_its_name(void **state)
{
	struct cgroup_path path;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		cgroup_locate_parse("0::/docker/" A "/init (deleted)\n", A, &path, &err), 0);
	assert_string_equal(path.text, "docker/" A);
}

static void a_path_beyond_the_bound_is_refused(void **state)
{
	char text[2 * CGROUP_PATH_MAX] = "0::/";
	struct cgroup_path path;
	struct err err = { 0 };

	(void)state;
	memset(text + 4, 'x', CGROUP_PATH_MAX);
	(void)snprintf(text + 4 + CGROUP_PATH_MAX, 128, "/%s\n", A);
	assert_int_equal(cgroup_locate_parse(text, A, &path, &err), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_the_systemd_driver_it_is_a_scope),
		cmocka_unit_test(with_the_cgroupfs_driver_it_is_the_id),
		cmocka_unit_test(systemd_inside_the_container_does_not_lead_deeper),
		cmocka_unit_test(podmans_extra_level_is_cut),
		cmocka_unit_test(a_rootless_engines_is_below_the_users_slice),
		cmocka_unit_test(on_a_hybrid_machine_the_unified_line_counts),
		cmocka_unit_test(a_process_that_is_gone_is_not_found),
		cmocka_unit_test(a_pid_that_another_process_got_is_not_believed),
		cmocka_unit_test(a_pid_that_another_container_got_is_not_believed),
		cmocka_unit_test(an_engine_that_uses_v1_only_is_told),
		cmocka_unit_test(inside_a_cgroup_namespace_the_cure_is_told),
		cmocka_unit_test(a_cgroup_that_does_not_exist_is_not_found),
		cmocka_unit_test(a_path_that_does_not_fit_is_an_error_and_not_cut),
		cmocka_unit_test(a_short_id_is_refused_since_it_proves_too_little),
		cmocka_unit_test(a_process_without_a_unified_line_is_told_the_cure),
		cmocka_unit_test(an_id_in_another_hierarchys_line_does_not_count),
		cmocka_unit_test(a_cgroup_that_was_removed_keeps_its_name),
		cmocka_unit_test(a_path_beyond_the_bound_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
