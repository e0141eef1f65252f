/* Where the v2 tree is and what it has: recorded machines. */
#include <adapter/cgroup/mounts.h>

#include <dockscale/adapter/cgroup.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA SOURCE_DIR "/tests/data/cgroup/"

static struct cgroup_options machine(const char *root, const char *proc)
{
	return (struct cgroup_options){ .root = root, .proc = proc };
}

static void the_only_v2_mount_of_a_unified_machine_is_found(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("29 1 254:1 / / rw shared:1 - ext4 /dev/vda1 rw\n"
			    "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
		&mounts);
	assert_string_equal(mounts.root, "/sys/fs/cgroup");
	assert_false(mounts.legacy);
}

static void v2_beside_v1_is_a_hybrid(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("32 31 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
			    "36 31 0:31 / /sys/fs/cgroup/cpu rw shared:15 - cgroup cgroup rw,cpu\n",
		&mounts);
	assert_string_equal(mounts.root, "/sys/fs/cgroup/unified");
	assert_true(mounts.legacy);
}

static void systemds_own_v1_tree_has_no_controller_and_makes_no_hybrid(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
			    "33 31 0:28 / /run/old rw - cgroup cgroup rw,xattr,name=systemd\n",
		&mounts);
	assert_false(mounts.legacy);
}

static void a_mount_of_the_whole_tree_is_preferred_to_one_of_a_part(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("40 24 0:27 /docker/abc /mnt/part rw - cgroup2 cgroup2 rw\n"
			    "31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
			    "41 24 0:27 / /mnt/again rw - cgroup2 cgroup2 rw\n",
		&mounts);
	assert_string_equal(mounts.root, "/sys/fs/cgroup");
}

static void a_blank_in_a_mount_point_is_unescaped(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("31 24 0:27 / /mnt/my\\040tree rw - cgroup2 cgroup2 rw\n", &mounts);
	assert_string_equal(mounts.root, "/mnt/my tree");
}

static void lines_that_are_no_mounts_are_left_out(void **state)
{
	struct cgroup_mounts mounts;

	(void)state;
	cgroup_mounts_parse("\n\nnonsense\n31 24 0:27 / /x rw cgroup2 cgroup2 rw\n"
			    "1 2 3 - cgroup2 cgroup2\n31 24 0:27 / /y rw -\n",
		&mounts);
	assert_string_equal(mounts.root, "");
	assert_false(mounts.legacy);
}

static void a_unified_machine_has_its_controllers_and_pressure(void **state)
{
	struct cgroup_options options = machine(DATA "systemd/root", DATA "systemd/proc");
	struct cgroup_facts facts;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_discover(&options, &facts, &err), 0);
	assert_string_equal(facts.root, DATA "systemd/root");
	assert_true(facts.cpu && facts.memory && facts.pressure);
	assert_false(facts.hybrid);
	assert_false(facts.libcgroup);
}

static void a_hybrid_machine_has_pressure_but_no_controller(void **state)
{
	struct cgroup_options options = machine(DATA "hybrid/root", DATA "hybrid/proc");
	struct cgroup_facts facts;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_discover(&options, &facts, &err), 0);
	assert_true(facts.hybrid);
	assert_true(facts.pressure);
	assert_false(facts.cpu || facts.memory);
}

static void a_root_that_is_no_v2_tree_is_refused_with_the_cure(void **state)
{
	struct cgroup_options options = machine(DATA "systemd/proc", DATA "systemd/proc");
	struct cgroup_facts facts;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_discover(&options, &facts, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, DATA "systemd/proc"));
	assert_non_null(strstr(err.msg, "[daemon] cgroup"));
}

/* A private proc with nothing but self/mountinfo. */
struct fixture {
	char proc[64];
	char self[80];
	char mountinfo[96];
};

static int make_proc(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(fixture->proc, sizeof(fixture->proc), "/tmp/cgroup-discover-XXXXXX");
	assert_non_null(mkdtemp(fixture->proc));
	(void)snprintf(fixture->self, sizeof(fixture->self), "%s/self", fixture->proc);
	(void)snprintf(
		fixture->mountinfo, sizeof(fixture->mountinfo), "%s/mountinfo", fixture->self);
	*state = fixture;
	return mkdir(fixture->self, 0700);
}

static int remove_proc(void **state)
{
	struct fixture *fixture = *state;

	(void)unlink(fixture->mountinfo); /* one test makes none */
	(void)rmdir(fixture->self);
	(void)rmdir(fixture->proc);
	free(fixture);
	return 0;
}

static void write_mountinfo(const struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->mountinfo, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_root_is_found_in_mountinfo(void **state)
{
	const struct fixture *fixture = *state;
	struct cgroup_options options = machine("", fixture->proc);
	struct cgroup_facts facts;
	struct err err = { 0 };

	write_mountinfo(
		fixture, "31 24 0:27 / " DATA "cgroupfs/root rw shared:9 - cgroup2 cgroup2 rw\n");
	assert_int_equal(cgroup_discover(&options, &facts, &err), 0);
	assert_string_equal(facts.root, DATA "cgroupfs/root");
	assert_true(facts.cpu && facts.memory);
}

static void a_machine_without_v2_is_refused_with_the_cure(void **state)
{
	const struct fixture *fixture = *state;
	struct cgroup_options options = machine(NULL, fixture->proc);
	struct cgroup_facts facts;
	struct err err = { 0 };

	write_mountinfo(fixture, "36 31 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
	assert_int_equal(cgroup_discover(&options, &facts, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "systemd.unified_cgroup_hierarchy=1"));
}

static void without_mountinfo_the_file_is_named(void **state)
{
	const struct fixture *fixture = *state;
	struct cgroup_options options = machine(NULL, fixture->proc);
	struct cgroup_facts facts;
	struct err err = { 0 };

	assert_int_equal(cgroup_discover(&options, &facts, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, fixture->mountinfo));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_only_v2_mount_of_a_unified_machine_is_found),
		cmocka_unit_test(v2_beside_v1_is_a_hybrid),
		cmocka_unit_test(systemds_own_v1_tree_has_no_controller_and_makes_no_hybrid),
		cmocka_unit_test(a_mount_of_the_whole_tree_is_preferred_to_one_of_a_part),
		cmocka_unit_test(a_blank_in_a_mount_point_is_unescaped),
		cmocka_unit_test(lines_that_are_no_mounts_are_left_out),
		cmocka_unit_test(a_unified_machine_has_its_controllers_and_pressure),
		cmocka_unit_test(a_hybrid_machine_has_pressure_but_no_controller),
		cmocka_unit_test(a_root_that_is_no_v2_tree_is_refused_with_the_cure),
		cmocka_unit_test_setup_teardown(
			the_root_is_found_in_mountinfo, make_proc, remove_proc),
		cmocka_unit_test_setup_teardown(
			a_machine_without_v2_is_refused_with_the_cure, make_proc, remove_proc),
		cmocka_unit_test_setup_teardown(
			without_mountinfo_the_file_is_named, make_proc, remove_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
