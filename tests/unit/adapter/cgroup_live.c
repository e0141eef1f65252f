/* The real v2 tree of this machine, where cgroups may be made in it: what recorded trees cannot
 * show, and libcgroup as a second opinion. Skipped where it cannot be had. */
#include <adapter/cgroup/source.h>

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef WITH_LIBCGROUP
#include <libcgroup.h>
#endif

#define ID "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"

struct world {
	struct cgroup_facts facts;
	char parent[64]; /* below the root */
	char directory[CONFIG_TEXT_MAX + 256]; /* of the container */
	struct source *source;
	struct sample sample;
};

static void keep(void *context, const struct event *event)
{
	struct world *world = context;

	world->sample = event->sample;
}

static void parent_of(const struct world *world, char name[512])
{
	(void)snprintf(name, 512, "%s/%s", world->facts.root, world->parent);
}

static int make_world(void **state)
{
	struct cgroup_options options = { 0 };
	struct world *world = mem_zero(1, sizeof(*world));
	struct err err = { 0 };
	char parent[512];

	*state = world;
	if (cgroup_discover(&options, &world->facts, &err) < 0)
		return 0;
	(void)snprintf(world->parent, sizeof(world->parent), "dockscale-unit-%ld", (long)getpid());
	parent_of(world, parent);
	(void)snprintf(world->directory, sizeof(world->directory), "%s/%s", parent, ID);
	if (mkdir(parent, 0755) < 0 || mkdir(world->directory, 0755) < 0)
		return 0;
	return cgroup_source_new(
		&options, (struct event_sink){ keep, world }, &world->source, &err);
}

static int remove_world(void **state)
{
	struct world *world = *state;
	char parent[512];

	if (world->source != NULL)
		world->source->vtable->free(world->source);
	parent_of(world, parent);
	(void)rmdir(world->directory); /* some tests remove it themselves */
	(void)rmdir(parent);
	free(world);
	return 0;
}

/* A child of ours in the container's cgroup: burns CPU, then waits to be ended. */
struct child {
	pid_t pid;
	int ready; /* read end: a byte says that it has burned */
};

static struct child start_child(const struct world *world)
{
	char procs[CONFIG_TEXT_MAX + 300];
	int pipes[2];
	struct child child;
	char byte;

	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", world->directory);
	assert_int_equal(pipe(pipes), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		int fd = open(procs, O_WRONLY);
		bool joined = fd >= 0 && write(fd, "0", 1) == 1;

		while (clock() < CLOCKS_PER_SEC / 20)
			;
		(void)!write(pipes[1], joined ? "y" : "n", 1);
		(void)pause();
		_exit(0);
	}
	(void)close(pipes[1]);
	child.ready = pipes[0];
	assert_int_equal(read(child.ready, &byte, 1), 1);
	assert_int_equal(byte, 'y');
	return child;
}

static void end_child(struct child child)
{
	assert_int_equal(kill(child.pid, SIGKILL), 0);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	(void)close(child.ready);
}

/* A cgroup can be removed a moment after its last process was reaped, not at once. */
static void remove_container(const struct world *world)
{
	time_t deadline = time(NULL) + 10;

	while (rmdir(world->directory) < 0 && time(NULL) < deadline)
		(void)usleep(1000);
	assert_int_equal(access(world->directory, F_OK), -1);
}

static void watch(struct world *world, int64_t pid, usec_t started_at)
{
	struct intent intent = { .kind = INTENT_WATCH, .container = ID };

	intent.watch.pid = pid;
	intent.watch.started_at = started_at;
	world->source->vtable->submit(world->source, &intent);
}

static void sample(struct world *world, usec_t at)
{
	world->source->vtable->sample(world->source, (struct moment){ .boot = at });
}

static void require_source(const struct world *world)
{
	if (world->source == NULL)
		skip();
}

/* A process in the container's cgroup, read once. */
static struct child sample_first(struct world *world)
{
	struct child child;

	require_source(world);
	child = start_child(world);
	watch(world, child.pid, 1);
	sample(world, 1);
	return child;
}

static void a_real_process_is_located_and_its_cpu_time_read(void **state)
{
	struct world *world = *state;
	struct child child = sample_first(world);

	end_child(child);
	assert_int_equal(world->sample.cpu_usec.state, READING_KNOWN);
	assert_true(world->sample.cpu_usec.value >= 10000);
}

static void a_removed_cgroup_is_unknown_also_when_its_name_comes_again(void **state)
{
	struct world *world = *state;
	struct child child = sample_first(world);

	assert_int_equal(world->sample.cpu_usec.state, READING_KNOWN);
	end_child(child);
	remove_container(world);
	sample(world, 2);
	assert_int_equal(world->sample.cpu_usec.state, READING_UNKNOWN);
	assert_int_equal(mkdir(world->directory, 0755), 0);
	sample(world, 100 * USEC_PER_SEC);
	assert_int_equal(world->sample.cpu_usec.state, READING_UNKNOWN);
}

static void a_restarted_container_is_read_in_its_new_cgroup(void **state)
{
	struct world *world = *state;
	struct child child = sample_first(world);

	end_child(child);
	remove_container(world);
	sample(world, 2);
	assert_int_equal(mkdir(world->directory, 0755), 0);
	child = start_child(world);
	watch(world, child.pid, 2);
	sample(world, 3);
	end_child(child);
	assert_int_equal(world->sample.cpu_usec.state, READING_KNOWN);
	assert_int_equal(world->sample.started_at, 2);
}

static void a_removed_cgroup_leaves_no_descriptor_behind(void **state)
{
	struct world *world = *state;
	struct child child;
	int first;
	int second;

	require_source(world);
	first = dup(0);
	(void)close(first);
	child = sample_first(world);
	end_child(child);
	remove_container(world);
	sample(world, 2);
	second = dup(0); /* the lowest free one again */
	(void)close(second);
	assert_int_equal(first, second);
}

#ifdef WITH_LIBCGROUP
/* A controller that lives in the v2 tree: only through one does libcgroup reach its files. */
static bool find_controller(const struct world *world, char name[FILENAME_MAX])
{
	struct cgroup_mount_point mount;
	void *handle = NULL;
	bool found = false;

	if (cgroup_init() != 0)
		return false;
	if (cgroup_get_controller_begin(&handle, &mount) == 0) {
		do {
			found = strcmp(mount.path, world->facts.root) == 0;
		} while (!found && cgroup_get_controller_next(&handle, &mount) == 0);
	}
	(void)cgroup_get_controller_end(&handle);
	(void)mem_strcpy(name, FILENAME_MAX, mount.name);
	return found;
}

static double read_by_libcgroup(const struct world *world, const char *controller)
{
	char path[128];
	char file[] = "cpu.stat";
	char line[256];
	void *handle = NULL;
	double value = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", world->parent, ID);
	if (cgroup_read_value_begin(controller, path, file, &handle, line, sizeof(line)) == 0) {
		do {
			if (strncmp(line, "usage_usec ", 11) == 0)
				value = strtod(line + 11, NULL);
		} while (cgroup_read_value_next(&handle, line, sizeof(line)) == 0);
	}
	(void)cgroup_read_value_end(&handle);
	return value;
}
#endif

static void libcgroup_reads_the_same_cpu_time(void **state)
{
#ifdef WITH_LIBCGROUP
	struct world *world = *state;
	char controller[FILENAME_MAX];
	struct child child;

	require_source(world);
	if (!find_controller(world, controller))
		skip();
	child = sample_first(world);
	end_child(child); /* its end costs some more CPU time: the reference is read after it */
	assert_int_equal(world->sample.cpu_usec.state, READING_KNOWN);
	assert_true(read_by_libcgroup(world, controller) >= world->sample.cpu_usec.value);
	sample(world, 2);
	assert_true(read_by_libcgroup(world, controller) == world->sample.cpu_usec.value);
#else
	(void)state;
	skip();
#endif
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_real_process_is_located_and_its_cpu_time_read),
		with_world(a_removed_cgroup_is_unknown_also_when_its_name_comes_again),
		with_world(a_restarted_container_is_read_in_its_new_cgroup),
		with_world(a_removed_cgroup_leaves_no_descriptor_behind),
		with_world(libcgroup_reads_the_same_cpu_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
