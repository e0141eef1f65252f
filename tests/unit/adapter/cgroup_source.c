/* The source port over recorded machines: what a sample says, and what it must not say. */
#include "cgroup_world.h"

#include <sys/resource.h>

#define DATA  SOURCE_DIR "/tests/data/cgroup/"
#define TOTAL (8134212.0 * 1024) /* MemTotal of the recorded machines */

static struct world open_world(const char *machine)
{
	struct world world = { 0 };

	(void)snprintf(world.base, sizeof(world.base), DATA "%s", machine);
	return world;
}

/* Opens @machine, watches one container, samples once. */
static struct sample sample_once(const char *machine, const char *id, int64_t pid)
{
	struct world world = open_world(machine);

	open_source(&world);
	watch(&world, id, pid);
	sample(&world, USEC_PER_SEC);
	close_world(&world);
	assert_int_equal(world.count, 1);
	assert_string_equal(world.samples[0].id, id);
	return world.samples[0];
}

static void on_pure_v2_every_reading_is_known(void **state)
{
	struct sample got = sample_once("systemd", A, 4201);

	(void)state;
	assert_known(got.cpu_usec, 13849203);
	assert_known(got.throttled_usec, 720145);
	assert_known(got.cpu_limit_cores, 0.2);
	assert_known(got.memory_limit_bytes, 134217728);
	assert_known(got.oom_kills, 2);
	assert_known(got.cpu_pressure_usec, 2290174);
	assert_known(got.memory_pressure_usec, 5512);
}

static void the_working_set_leaves_out_inactive_page_cache(void **state)
{
	struct sample got = sample_once("systemd", A, 4201);

	(void)state;
	assert_known(got.memory_bytes, 62914560 - 31457280);
}

static void the_working_set_is_never_negative(void **state)
{
	struct sample got = sample_once("cgroupfs", A, 4301);

	(void)state;
	assert_known(got.memory_bytes, 0);
}

static void a_sample_bears_its_life_and_the_ticks_time(void **state)
{
	struct sample got = sample_once("systemd", A, 4201);

	(void)state;
	assert_int_equal(got.started_at, 5);
	assert_int_equal(got.at, USEC_PER_SEC);
}

static void the_smallest_limit_on_the_way_up_counts(void **state)
{
	struct sample got = sample_once("cgroupfs", A, 4301);

	(void)state;
	assert_known(got.cpu_limit_cores, 1.5); /* its own says 2 */
	assert_known(got.memory_limit_bytes, 268435456); /* its own says max */
}

static void without_any_limit_cpu_is_unknown_and_memory_the_machines(void **state)
{
	struct sample got = sample_once("systemd", B, 4202);

	(void)state;
	assert_unknown(got.cpu_limit_cores);
	assert_known(got.memory_limit_bytes, TOTAL);
}

static void a_limit_above_the_machines_memory_limits_nothing(void **state)
{
	struct world world = open_world("hybrid");
	struct intent intent = watch_intent(A, 4401, 5);

	(void)state;
	intent.watch.memory_limit_bytes = (uint64_t)1 << 50;
	open_source(&world);
	world.source->vtable->submit(world.source, &intent);
	sample(&world, 1);
	close_world(&world);
	assert_known(world.samples[0].memory_limit_bytes, TOTAL);
}

static void on_a_hybrid_machine_what_is_missing_is_unsupported(void **state)
{
	struct sample got = sample_once("hybrid", A, 4401);

	(void)state;
	assert_known(got.cpu_usec, 777000111);
	assert_known(got.cpu_pressure_usec, 4455);
	assert_known(got.memory_pressure_usec, 66);
	assert_unsupported(got.memory_bytes);
	assert_unsupported(got.throttled_usec);
	assert_unsupported(got.oom_kills);
}

static void on_a_hybrid_machine_limits_come_from_the_runtime(void **state)
{
	struct world world = open_world("hybrid");
	struct intent intent = watch_intent(A, 4401, 5);

	(void)state;
	intent.watch.cpu_limit_cores = 0.2;
	intent.watch.memory_limit_bytes = 4096;
	open_source(&world);
	world.source->vtable->submit(world.source, &intent);
	sample(&world, 1);
	close_world(&world);
	assert_known(world.samples[0].cpu_limit_cores, 0.2);
	assert_known(world.samples[0].memory_limit_bytes, 4096);
}

static void on_a_hybrid_machine_no_limit_at_all_is_unknown(void **state)
{
	struct sample got = sample_once("hybrid", A, 4401);

	(void)state;
	assert_unknown(got.cpu_limit_cores);
	assert_known(got.memory_limit_bytes, TOTAL);
}

static void the_trees_own_limit_beats_the_runtimes(void **state)
{
	struct world world = open_world("systemd");
	struct intent intent = watch_intent(A, 4201, 5);

	(void)state;
	intent.watch.cpu_limit_cores = 4; /* before a `docker update` */
	open_source(&world);
	world.source->vtable->submit(world.source, &intent);
	sample(&world, 1);
	close_world(&world);
	assert_known(world.samples[0].cpu_limit_cores, 0.2);
}

static void podmans_container_is_read_at_its_scope(void **state)
{
	struct sample got = sample_once("podman", A, 4501);

	(void)state;
	assert_known(got.cpu_usec, 3141592); /* the level below says 3141000 */
	assert_known(got.cpu_limit_cores, 0.5);
	assert_known(got.memory_bytes, 8388608 - 2097152);
}

static void a_controller_that_is_not_delegated_is_unsupported(void **state)
{
	struct sample got = sample_once("rootless", A, 4601);

	(void)state;
	assert_known(got.cpu_usec, 24680);
	assert_unsupported(got.throttled_usec);
	assert_known(got.memory_bytes, 33554432 - 8388608);
	assert_known(got.cpu_limit_cores, 1); /* of the user's slice */
	assert_known(got.memory_limit_bytes, 2147483648.0);
}

static void assert_nothing_known(const struct sample *got)
{
	assert_unknown(got->cpu_usec);
	assert_unknown(got->throttled_usec);
	assert_unknown(got->memory_bytes);
	assert_unknown(got->cpu_limit_cores);
	assert_unknown(got->memory_limit_bytes);
	assert_unknown(got->oom_kills);
	assert_unknown(got->cpu_pressure_usec);
	assert_unknown(got->memory_pressure_usec);
}

static void a_container_whose_process_is_gone_is_unknown(void **state)
{
	struct sample got = sample_once("systemd", A, 99999);

	(void)state;
	assert_nothing_known(&got);
}

static void a_pid_that_another_process_got_is_unknown(void **state)
{
	struct sample got = sample_once("systemd", A, 4299);

	(void)state;
	assert_nothing_known(&got);
}

static void what_the_machine_lacks_is_unsupported_before_the_first_reading(void **state)
{
	struct sample got = sample_once("hybrid", B, 4402);

	(void)state;
	assert_unknown(got.cpu_usec);
	assert_unsupported(got.memory_bytes);
	assert_unsupported(got.throttled_usec);
	assert_unsupported(got.oom_kills);
}

static void every_watched_container_has_one_sample_in_the_same_order(void **state)
{
	struct world world = open_world("systemd");

	(void)state;
	open_source(&world);
	watch(&world, B, 4202);
	watch(&world, A, 4201);
	watch(&world, B, 4202);
	sample(&world, 1);
	assert_int_equal(world.count, 2);
	assert_string_equal(world.samples[0].id, A);
	assert_string_equal(world.samples[1].id, B);
	close_world(&world);
}

static void what_is_unwatched_is_read_no_longer(void **state)
{
	struct world world = open_world("systemd");

	(void)state;
	open_source(&world);
	watch(&world, A, 4201);
	watch(&world, B, 4202);
	unwatch(&world, A);
	unwatch(&world, A);
	sample(&world, 1);
	assert_int_equal(world.count, 1);
	assert_string_equal(world.samples[0].id, B);
	close_world(&world);
}

static void another_life_replaces_the_former(void **state)
{
	struct world world = open_world("systemd");
	struct intent again = watch_intent(A, 4299, 6);

	(void)state;
	open_source(&world);
	watch(&world, A, 4201);
	sample(&world, 1);
	world.source->vtable->submit(world.source, &again);
	sample(&world, 2);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.samples[0].started_at, 6);
	assert_unknown(world.samples[0].cpu_usec);
	close_world(&world);
}

static void the_soft_limit_of_descriptors_is_raised(void **state)
{
	struct world world = open_world("systemd");
	struct rlimit saved;
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	limit = saved;
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	open_source(&world);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur == saved.rlim_max || limit.rlim_cur == 65536);
	close_world(&world);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
}

static void without_a_v2_tree_there_is_no_source(void **state)
{
	struct cgroup_options options = { .root = DATA "namespace", .proc = DATA "namespace/proc" };
	struct source *source = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cgroup_source_new(&options, (struct event_sink){ 0 }, &source, &err),
		ERR_UNSUPPORTED);
	assert_null(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_pure_v2_every_reading_is_known),
		cmocka_unit_test(the_working_set_leaves_out_inactive_page_cache),
		cmocka_unit_test(the_working_set_is_never_negative),
		cmocka_unit_test(a_sample_bears_its_life_and_the_ticks_time),
		cmocka_unit_test(the_smallest_limit_on_the_way_up_counts),
		cmocka_unit_test(without_any_limit_cpu_is_unknown_and_memory_the_machines),
		cmocka_unit_test(a_limit_above_the_machines_memory_limits_nothing),
		cmocka_unit_test(on_a_hybrid_machine_what_is_missing_is_unsupported),
		cmocka_unit_test(on_a_hybrid_machine_limits_come_from_the_runtime),
		cmocka_unit_test(on_a_hybrid_machine_no_limit_at_all_is_unknown),
		cmocka_unit_test(the_trees_own_limit_beats_the_runtimes),
		cmocka_unit_test(podmans_container_is_read_at_its_scope),
		cmocka_unit_test(a_controller_that_is_not_delegated_is_unsupported),
		cmocka_unit_test(a_container_whose_process_is_gone_is_unknown),
		cmocka_unit_test(a_pid_that_another_process_got_is_unknown),
		cmocka_unit_test(what_the_machine_lacks_is_unsupported_before_the_first_reading),
		cmocka_unit_test(every_watched_container_has_one_sample_in_the_same_order),
		cmocka_unit_test(what_is_unwatched_is_read_no_longer),
		cmocka_unit_test(another_life_replaces_the_former),
		cmocka_unit_test(the_soft_limit_of_descriptors_is_raised),
		cmocka_unit_test(without_a_v2_tree_there_is_no_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
