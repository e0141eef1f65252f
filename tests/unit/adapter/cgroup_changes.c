/* The source port over a machine that changes while it is watched: containers that come late,
 * files that fail, limits that move. */
#include "cgroup_world.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A machine of our own in a temporary directory, which can change while it is watched. */

static void put(const struct world *world, const char *path, const char *text)
{
	char name[512];
	FILE *file;

	(void)snprintf(name, sizeof(name), "%s/%s", world->base, path);
	for (char *slash = name + strlen(world->base) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(name, 0700); /* most are there already */
		*slash = '/';
	}
	file = fopen(name, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_container(const struct world *world)
{
	put(world, "proc/7/cgroup", "0::/docker/" A "\n");
	put(world, "root/docker/" A "/cpu.stat", "usage_usec 100\n");
	put(world, "root/docker/" A "/cpu.max", "50000 100000\n");
	put(world, "root/docker/" A "/memory.current", "5000\n");
	put(world, "root/docker/" A "/memory.stat", "anon 1\ninactive_file 1000\n");
	put(world, "root/docker/" A "/memory.max", "max\n");
}

static int make_world(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));

	(void)snprintf(world->base, sizeof(world->base), "/tmp/cgroup-source-XXXXXX");
	assert_non_null(mkdtemp(world->base));
	put(world, "root/cgroup.controllers", "cpu memory\n");
	put(world, "proc/self/mountinfo", "");
	put(world, "proc/meminfo", "MemTotal:  1024 kB\n");
	open_source(world);
	*state = world;
	return 0;
}

static void remove_tree(const char *name)
{
	DIR *directory = opendir(name);
	struct dirent *entry;
	char inner[512];

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", name, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_tree(inner);
		else
			(void)unlink(inner);
	}
	if (directory != NULL)
		(void)closedir(directory);
	(void)rmdir(name);
}

static int remove_world(void **state)
{
	struct world *world = *state;

	close_world(world);
	remove_tree(world->base);
	free(world);
	return 0;
}

static void a_container_that_is_not_there_yet_is_found_at_the_next_tick(void **state)
{
	struct world *world = *state;

	watch(world, A, 7);
	sample(world, 1 * USEC_PER_SEC);
	assert_unknown(world->samples[0].cpu_usec);
	assert_int_equal(world->samples[0].fault, FAULT_CGROUP_GONE);
	put_container(world);
	sample(world, 2 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_usec, 100);
	assert_int_equal(world->samples[0].fault, FAULT_NONE);
}

static void looking_for_a_container_becomes_rarer(void **state)
{
	struct world *world = *state;

	watch(world, A, 7);
	for (usec_t second = 1; second <= 100; second++) /* looks at 1, 2, 3, 5, 9, ... 93 */
		sample(world, second * USEC_PER_SEC);
	put_container(world);
	sample(world, 101 * USEC_PER_SEC);
	assert_unknown(world->samples[0].cpu_usec);
	sample(world, 131 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_usec, 100);
}

static void files_stay_open_and_are_read_anew(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1);
	put(world, "root/docker/" A "/cpu.stat", "usage_usec 250\n");
	put(world, "root/docker/" A "/cpu.max", "25000 100000\n");
	sample(world, 2);
	assert_known(world->samples[0].cpu_usec, 250);
	assert_known(world->samples[0].cpu_limit_cores, 0.25);
}

static void a_file_that_fails_is_unknown_and_the_others_are_not(void **state)
{
	struct world *world = *state;

	put_container(world);
	put(world, "root/docker/" A "/memory.stat", "anon 1\n");
	put(world, "root/docker/" A "/memory.events", "");
	watch(world, A, 7);
	sample(world, 1);
	assert_known(world->samples[0].cpu_usec, 100);
	assert_unknown(world->samples[0].memory_bytes);
	assert_unknown(world->samples[0].oom_kills);
}

static void a_directory_in_place_of_a_file_is_unknown(void **state)
{
	struct world *world = *state;

	put_container(world);
	put(world, "root/docker/" A "/cpu.pressure/x", "");
	watch(world, A, 7);
	sample(world, 1);
	assert_unknown(world->samples[0].cpu_pressure_usec);
	assert_known(world->samples[0].cpu_usec, 100);
}

static void a_limit_that_could_not_be_read_again_stays(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1);
	put(world, "root/docker/" A "/cpu.max", "");
	sample(world, 2);
	assert_known(world->samples[0].cpu_limit_cores, 0.5);
}

static void a_limit_further_up_is_read_again_after_half_a_minute(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1 * USEC_PER_SEC);
	put(world, "root/docker/cpu.max", "10000 100000\n");
	sample(world, 30 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_limit_cores, 0.5);
	sample(world, 31 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_limit_cores, 0.1);
}

static void a_limit_further_up_that_cannot_be_read_makes_it_unknown(void **state)
{
	struct world *world = *state;

	put_container(world);
	put(world, "root/docker/cpu.max", "nonsense\n");
	watch(world, A, 7);
	sample(world, 1);
	assert_unknown(world->samples[0].cpu_limit_cores);
}

static void a_file_that_comes_late_is_taken_in(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1 * USEC_PER_SEC);
	assert_unsupported(world->samples[0].oom_kills);
	/* only a controller that is wholly absent is asked for again */
	put(world, "root/docker/" B "/cpu.stat", "usage_usec 1\n");
	put(world, "proc/8/cgroup", "0::/docker/" B "\n");
	watch(world, B, 8);
	sample(world, 2 * USEC_PER_SEC);
	assert_unsupported(world->samples[1].memory_bytes);
	put(world, "root/docker/" B "/memory.current", "70\n");
	put(world, "root/docker/" B "/memory.stat", "inactive_file 20\n");
	sample(world, 32 * USEC_PER_SEC);
	assert_known(world->samples[1].memory_bytes, 50);
}

static size_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	(void)closedir(directory);
	return count;
}

static void an_unwatched_container_leaves_no_descriptor(void **state)
{
	struct world *world = *state;
	size_t before = count_descriptors();

	put_container(world);
	watch(world, A, 7);
	sample(world, 1);
	assert_int_equal(count_descriptors(), before + 5);
	unwatch(world, A);
	assert_int_equal(count_descriptors(), before);
}

static void without_descriptors_readings_are_unknown_until_there_are_some(void **state)
{
	struct world *world = *state;
	struct rlimit saved;
	struct rlimit none;

	put_container(world);
	watch(world, A, 7);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	none = saved;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	sample(world, 1 * USEC_PER_SEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	assert_unknown(world->samples[0].cpu_usec);
	assert_unknown(world->samples[0].memory_bytes);
	sample(world, 2 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_usec, 100);
}

static void one_in_which_no_process_is_left_has_ended(void **state)
{
	struct world *world = *state;

	put_container(world);
	put(world, "root/docker/" A "/cgroup.events", "populated 1\nfrozen 0\n");
	watch(world, A, 7);
	for (usec_t at = 0; at < 3; at++) {
		sample(world, at * USEC_PER_SEC);
		assert_known(world->samples[0].cpu_usec, 100); /* idle, and alive */
		assert_false(world->samples[0].ended);
	}
	put(world, "root/docker/" A "/cgroup.events", "populated 0\nfrozen 0\n");
	sample(world, 4 * USEC_PER_SEC);
	assert_true(world->samples[0].ended);
	assert_int_equal(world->samples[0].fault, FAULT_CGROUP_GONE);
	assert_unknown(world->samples[0].cpu_usec);
	assert_unknown(world->samples[0].memory_bytes);
	sample(world, 5 * USEC_PER_SEC);
	assert_unknown(world->samples[0].cpu_usec);
	assert_false(world->samples[0].ended); /* told once */
}

static void one_that_cannot_be_asked_whether_it_lives_lives(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	for (usec_t at = 0; at < 3; at++) {
		sample(world, at * USEC_PER_SEC);
		assert_false(world->samples[0].ended);
	}
	put(world, "root/docker/" A "/cgroup.events", "populated");
	sample(world, 4 * USEC_PER_SEC);
	assert_false(world->samples[0].ended);
}

static void one_whose_process_was_gone_before_it_was_found_has_ended(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1 * USEC_PER_SEC);
	watch(world, B, 8);
	sample(world, 2 * USEC_PER_SEC);
	assert_known(world->samples[0].cpu_usec, 100);
	assert_false(world->samples[0].ended);
	assert_unknown(world->samples[1].cpu_usec);
	assert_true(world->samples[1].ended);
	assert_int_equal(world->samples[1].fault, FAULT_CGROUP_GONE);
	sample(world, 3 * USEC_PER_SEC);
	assert_false(world->samples[1].ended); /* told once */
}

static void where_no_process_was_seen_yet_none_has_ended(void **state)
{
	struct world *world = *state;

	watch(world, B, 8);
	for (usec_t second = 1; second < 20; second++) {
		sample(world, second * USEC_PER_SEC);
		assert_false(world->samples[0].ended); /* /proc may be hidden from us */
	}
}

static void one_whose_process_is_there_has_not_ended_though_its_cgroup_is_not(void **state)
{
	struct world *world = *state;

	put_container(world);
	watch(world, A, 7);
	sample(world, 1 * USEC_PER_SEC);
	put(world, "proc/8/cgroup", "0::/docker/" B "\n");
	watch(world, B, 8);
	sample(world, 2 * USEC_PER_SEC);
	assert_int_equal(world->samples[1].fault, FAULT_CGROUP_GONE);
	assert_false(world->samples[1].ended);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_container_that_is_not_there_yet_is_found_at_the_next_tick),
		with_world(looking_for_a_container_becomes_rarer),
		with_world(files_stay_open_and_are_read_anew),
		with_world(a_file_that_fails_is_unknown_and_the_others_are_not),
		with_world(a_directory_in_place_of_a_file_is_unknown),
		with_world(a_limit_that_could_not_be_read_again_stays),
		with_world(a_limit_further_up_is_read_again_after_half_a_minute),
		with_world(a_limit_further_up_that_cannot_be_read_makes_it_unknown),
		with_world(a_file_that_comes_late_is_taken_in),
		with_world(one_in_which_no_process_is_left_has_ended),
		with_world(one_that_cannot_be_asked_whether_it_lives_lives),
		with_world(one_whose_process_was_gone_before_it_was_found_has_ended),
		with_world(where_no_process_was_seen_yet_none_has_ended),
		with_world(one_whose_process_is_there_has_not_ended_though_its_cgroup_is_not),
		with_world(an_unwatched_container_leaves_no_descriptor),
		with_world(without_descriptors_readings_are_unknown_until_there_are_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
