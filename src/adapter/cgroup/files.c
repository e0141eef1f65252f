/*
 * The sampling path: one pread a file and tick on descriptors that stay open, which is some four
 * times cheaper than opening anew, and then one small parse. After a cgroup is removed its
 * descriptors answer ENODEV for ever, also when one of the same name is made again, so that two
 * lives of a container can never be mixed up. Limits further up the tree are limits.c.
 */
#include "files.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

const char *const cgroup_file_names[CGROUP_FILE_COUNT] = {
	[CGROUP_FILE_CPU_STAT] = "cpu.stat",
	[CGROUP_FILE_CPU_MAX] = "cpu.max",
	[CGROUP_FILE_CPU_PRESSURE] = "cpu.pressure",
	[CGROUP_FILE_MEMORY_CURRENT] = "memory.current",
	[CGROUP_FILE_MEMORY_STAT] = "memory.stat",
	[CGROUP_FILE_MEMORY_MAX] = "memory.max",
	[CGROUP_FILE_MEMORY_EVENTS] = "memory.events",
	[CGROUP_FILE_MEMORY_PRESSURE] = "memory.pressure",
};

static void take_cpu_stat(struct sample *sample, const char *text)
{
	sample->cpu_usec = cgroup_text_key(text, "usage_usec");
	if (sample->cpu_usec.state == READING_UNSUPPORTED) /* every kernel has it: a bad file */
		sample->cpu_usec = reading_unknown();
	sample->throttled_usec = cgroup_text_key(text, "throttled_usec");
}

static void take_cpu_max(struct sample *sample, const char *text)
{
	sample->cpu_limit_cores = cgroup_text_cpu_max(text);
}

static void take_cpu_pressure(struct sample *sample, const char *text)
{
	sample->cpu_pressure_usec = cgroup_text_pressure(text);
}

static void take_memory_current(struct sample *sample, const char *text)
{
	sample->memory_bytes = cgroup_text_number(text);
}

/* The working set, by the convention of cAdvisor and kubelet: page cache that was not touched for a
 * while can be had back at no cost, and counts for nothing. */
static void take_memory_stat(struct sample *sample, const char *text)
{
	struct reading inactive = cgroup_text_key(text, "inactive_file");

	if (!reading_is_known(inactive))
		sample->memory_bytes = reading_unknown();
	if (!reading_is_known(sample->memory_bytes))
		return;
	/* the two files are not read at the same instant */
	if (inactive.value > sample->memory_bytes.value)
		sample->memory_bytes.value = 0;
	else
		sample->memory_bytes.value -= inactive.value;
}

static void take_memory_max(struct sample *sample, const char *text)
{
	sample->memory_limit_bytes = cgroup_text_limit(text);
}

static void take_memory_events(struct sample *sample, const char *text)
{
	sample->oom_kills = cgroup_text_key(text, "oom_kill");
}

static void take_memory_pressure(struct sample *sample, const char *text)
{
	sample->memory_pressure_usec = cgroup_text_pressure(text);
}

/* Which reading a file is about, for when there is no text, and who takes its text. */
static const struct {
	size_t reading;
	void (*take)(struct sample *sample, const char *text);
} parts[CGROUP_FILE_COUNT] = {
	[CGROUP_FILE_CPU_STAT] = { offsetof(struct sample, cpu_usec), take_cpu_stat },
	[CGROUP_FILE_CPU_MAX] = { offsetof(struct sample, cpu_limit_cores), take_cpu_max },
	[CGROUP_FILE_CPU_PRESSURE] = { offsetof(struct sample, cpu_pressure_usec),
		take_cpu_pressure },
	[CGROUP_FILE_MEMORY_CURRENT] = { offsetof(struct sample, memory_bytes),
		take_memory_current },
	[CGROUP_FILE_MEMORY_STAT] = { offsetof(struct sample, memory_bytes), take_memory_stat },
	[CGROUP_FILE_MEMORY_MAX] = { offsetof(struct sample, memory_limit_bytes), take_memory_max },
	[CGROUP_FILE_MEMORY_EVENTS] = { offsetof(struct sample, oom_kills), take_memory_events },
	[CGROUP_FILE_MEMORY_PRESSURE] = { offsetof(struct sample, memory_pressure_usec),
		take_memory_pressure },
};

static struct reading *reading_of(struct sample *sample, size_t file)
{
	return (struct reading *)((char *)sample + parts[file].reading);
}

static int open_one(int directory, size_t file)
{
	int fd = openat(directory, cgroup_file_names[file], O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == ENOENT ? CGROUP_FILE_ABSENT : CGROUP_FILE_FAILED;
}

int cgroup_files_open(int directory, struct cgroup_files *ret_files, struct err *err)
{
	struct cgroup_files files;

	files.fd[CGROUP_FILE_CPU_STAT] = open_one(directory, CGROUP_FILE_CPU_STAT);
	if (files.fd[CGROUP_FILE_CPU_STAT] < 0)
		return err_errno(err, errno, "cpu.stat");
	for (size_t i = CGROUP_FILE_CPU_STAT + 1; i < CGROUP_FILE_COUNT; i++)
		files.fd[i] = open_one(directory, i);
	*ret_files = files;
	return 0;
}

void cgroup_files_reopen(struct cgroup_files *files, int directory)
{
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		if (files->fd[i] < 0)
			files->fd[i] = open_one(directory, i);
}

static void close_one(struct cgroup_files *files, size_t file)
{
	if (files->fd[file] >= 0)
		(void)close(files->fd[file]); /* only read: nothing can be lost */
	files->fd[file] = CGROUP_FILE_ABSENT;
}

void cgroup_files_close(struct cgroup_files *files)
{
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		close_one(files, i);
}

static void forget_all(struct sample *sample)
{
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		*reading_of(sample, i) = reading_unknown();
	sample->throttled_usec = reading_unknown();
}

int cgroup_files_read(struct cgroup_files *files, struct sample *sample)
{
	char text[CGROUP_FILES_TEXT_MAX];

	forget_all(sample);
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++) {
		ssize_t n;

		if (files->fd[i] == CGROUP_FILE_ABSENT) {
			*reading_of(sample, i) = reading_unsupported();
			continue;
		}
		n = files->fd[i] < 0 ? 0 : pread(files->fd[i], text, sizeof(text) - 1, 0);
		if (n < 0 && errno == ENODEV) {
			forget_all(sample);
			return 1;
		}
		if (n < 0 && errno == EOPNOTSUPP) { /* pressure with psi=0 on older kernels */
			close_one(files, i);
			*reading_of(sample, i) = reading_unsupported();
			continue;
		}
		if (n <= 0) {
			*reading_of(sample, i) = reading_unknown();
			continue;
		}
		text[n] = '\0';
		parts[i].take(sample, text);
	}
	return 0;
}
