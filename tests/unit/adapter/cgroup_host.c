/* The machine's own readings, of recorded machines: known, unsupported, unknown, and never zero for
 * what is not there. */
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
#include <unistd.h>

#include <cmocka.h>

static void keep(void *context, const struct event *event)
{
	assert_int_equal(event->kind, EVENT_HOST);
	*(struct host_sample *)context = event->host;
}

static struct host_sample read_machine(const char *proc)
{
	struct host_sample sample = { .at = 0 };
	struct event_sink sink = { keep, &sample };
	struct source *source = cgroup_host_new(&(struct cgroup_options){ .proc = proc }, sink);

	source->vtable->sample(source, (struct moment){ .boot = 7, .wall = 8 });
	source->vtable->free(source);
	assert_int_equal(sample.at, 7);
	return sample;
}

static void assert_known(struct reading reading, double value)
{
	assert_int_equal(reading.state, READING_KNOWN);
	assert_true(reading.value == value);
}

static void a_machine_is_read(void **state)
{
	struct host_sample sample = read_machine(SOURCE_DIR "/tests/data/host/linux6");
	double per_tick = 1e6 / (double)sysconf(_SC_CLK_TCK);

	(void)state;
	assert_known(sample.cores, 2);
	assert_known(sample.busy_usec, (235778 + 190573 + 129329 + 2576 + 1737) * per_tick);
	assert_known(sample.memory_bytes, 24684392.0 * 1024);
	assert_known(sample.memory_available_bytes, 24088280.0 * 1024);
	assert_known(sample.cpu_pressure_usec, 889174319);
	assert_known(sample.memory_pressure_usec, 0);
	assert_known(sample.io_pressure_usec, 54969712);
}

static void a_kernel_without_pressure_does_not_support_it(void **state)
{
	struct host_sample sample = read_machine(SOURCE_DIR "/tests/data/host/without_psi");

	(void)state;
	assert_known(sample.cores, 2);
	assert_int_equal(sample.cpu_pressure_usec.state, READING_UNSUPPORTED);
	assert_int_equal(sample.memory_pressure_usec.state, READING_UNSUPPORTED);
	assert_int_equal(sample.io_pressure_usec.state, READING_UNSUPPORTED);
}

static void what_is_cut_is_unknown(void **state)
{
	struct host_sample sample = read_machine(SOURCE_DIR "/tests/data/host/cut");

	(void)state;
	assert_int_equal(sample.cores.state, READING_UNKNOWN);
	assert_int_equal(sample.memory_available_bytes.state, READING_UNKNOWN);
	assert_known(sample.memory_bytes, 24684392.0 * 1024);
}

static void what_is_not_there_is_unknown_and_not_zero(void **state)
{
	struct host_sample sample = read_machine(SOURCE_DIR "/tests/data/host/nowhere");

	(void)state;
	assert_int_equal(sample.cores.state, READING_UNKNOWN);
	assert_int_equal(sample.busy_usec.state, READING_UNKNOWN);
	assert_int_equal(sample.memory_bytes.state, READING_UNKNOWN);
	assert_int_equal(sample.memory_available_bytes.state, READING_UNKNOWN);
}

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void remove_file(const char *directory, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	(void)unlink(path);
}

/* Files stay open, what they say is read anew, and one that was missing is tried again. */
static void each_sample_reads_anew(void **state)
{
	char directory[] = "/tmp/cgroup-host-XXXXXX";
	struct host_sample sample = { .at = 0 };
	struct event_sink sink = { keep, &sample };
	struct source *source;

	(void)state;
	assert_non_null(mkdtemp(directory));
	source = cgroup_host_new(&(struct cgroup_options){ .proc = directory }, sink);
	write_file(directory, "meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
	source->vtable->sample(source, (struct moment){ 1, 1 });
	assert_known(sample.memory_available_bytes, 50 * 1024);
	assert_int_equal(sample.cores.state, READING_UNKNOWN);
	write_file(directory, "meminfo", "MemTotal: 100 kB\nMemAvailable: 20 kB\n");
	write_file(directory, "stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 1\n");
	source->vtable->sample(source, (struct moment){ 2, 2 });
	assert_known(sample.memory_available_bytes, 20 * 1024);
	assert_known(sample.cores, 1);
	assert_int_equal(sample.busy_usec.state, READING_KNOWN);
	write_file(directory, "meminfo", "");
	source->vtable->sample(source, (struct moment){ 3, 3 });
	assert_int_equal(sample.memory_bytes.state, READING_UNKNOWN);
	source->vtable->free(source);
	remove_file(directory, "meminfo");
	remove_file(directory, "stat");
	assert_int_equal(rmdir(directory), 0);
}

static void this_machine_can_be_read(void **state)
{
	struct host_sample sample = read_machine("");

	(void)state;
	assert_known(sample.cores, (double)sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(sample.busy_usec.state, READING_KNOWN);
	assert_true(sample.memory_available_bytes.value > 0);
	assert_true(sample.memory_available_bytes.value < sample.memory_bytes.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_read),
		cmocka_unit_test(a_kernel_without_pressure_does_not_support_it),
		cmocka_unit_test(what_is_cut_is_unknown),
		cmocka_unit_test(what_is_not_there_is_unknown_and_not_zero),
		cmocka_unit_test(each_sample_reads_anew),
		cmocka_unit_test(this_machine_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
