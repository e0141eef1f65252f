/*
 * The machine as a source: how busy its cores are, how much memory could be had, and for how long
 * tasks waited. Five small files of /proc, kept open and read anew with pread. What the kernel does
 * not offer (PSI before 4.20, or switched off) is unsupported; a read that fails is unknown, and is
 * tried again at the next sample.
 */
#include "text.h"

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The lines of the cores come first in /proc/stat, at some 90 bytes each; what follows (an entry an
 * interrupt) may be cut. */
#define TEXT_MAX 65536

enum host_file {
	HOST_FILE_STAT,
	HOST_FILE_MEMINFO,
	HOST_FILE_CPU_PRESSURE,
	HOST_FILE_MEMORY_PRESSURE,
	HOST_FILE_IO_PRESSURE,
	HOST_FILE_COUNT,
};

#define FILE_CLOSED      (-1)
#define FILE_UNSUPPORTED (-2)

struct cgroup_host {
	struct source source;
	struct event_sink sink;
	char proc[CONFIG_TEXT_MAX];
	int fd[HOST_FILE_COUNT];
	double usec_per_tick;
	char text[TEXT_MAX];
};

static struct cgroup_host *host_of(struct source *source)
{
	return (struct cgroup_host *)source; /* its first member */
}

static void submit_nothing(struct source *source, const struct intent *intent)
{
	(void)source;
	(void)intent;
}

static bool is_pressure(enum host_file file)
{
	return file >= HOST_FILE_CPU_PRESSURE;
}

static void open_file(struct cgroup_host *host, enum host_file file)
{
	static const char *const names[HOST_FILE_COUNT] = {
		[HOST_FILE_STAT] = "stat",
		[HOST_FILE_MEMINFO] = "meminfo",
		[HOST_FILE_CPU_PRESSURE] = "pressure/cpu",
		[HOST_FILE_MEMORY_PRESSURE] = "pressure/memory",
		[HOST_FILE_IO_PRESSURE] = "pressure/io",
	};
	char path[sizeof(host->proc) + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", host->proc, names[file]);
	host->fd[file] = open(path, O_RDONLY | O_CLOEXEC);
	if (host->fd[file] < 0)
		host->fd[file] = is_pressure(file) && (errno == ENOENT || errno == EOPNOTSUPP)
					 ? FILE_UNSUPPORTED
					 : FILE_CLOSED;
}

static void close_file(struct cgroup_host *host, enum host_file file, int state)
{
	if (host->fd[file] >= 0)
		(void)close(host->fd[file]); /* only read: nothing can be lost */
	host->fd[file] = state;
}

/* Fills the text; false: there is none. */
static bool read_file(struct cgroup_host *host, enum host_file file)
{
	ssize_t n;

	if (host->fd[file] == FILE_CLOSED)
		open_file(host, file);
	if (host->fd[file] < 0)
		return false;
	n = pread(host->fd[file], host->text, sizeof(host->text) - 1, 0);
	if (n < 0 && errno == EOPNOTSUPP) /* psi=0 */
		close_file(host, file, FILE_UNSUPPORTED);
	else if (n <= 0)
		close_file(host, file, FILE_CLOSED);
	if (n <= 0)
		return false;
	host->text[n] = '\0';
	return true;
}

static void read_stat(struct cgroup_host *host, struct host_sample *sample)
{
	if (!read_file(host, HOST_FILE_STAT))
		return;
	sample->cores = cgroup_text_cores(host->text);
	sample->busy_usec = cgroup_text_busy_ticks(host->text);
	sample->busy_usec.value *= host->usec_per_tick;
}

static void read_meminfo(struct cgroup_host *host, struct host_sample *sample)
{
	if (!read_file(host, HOST_FILE_MEMINFO))
		return;
	sample->memory_bytes = cgroup_text_memory_total(host->text);
	sample->memory_available_bytes = cgroup_text_memory_available(host->text);
}

static struct reading read_pressure(struct cgroup_host *host, enum host_file file)
{
	if (read_file(host, file))
		return cgroup_text_pressure(host->text);
	return host->fd[file] == FILE_UNSUPPORTED ? reading_unsupported() : reading_unknown();
}

static void sample_host(struct source *source, struct moment now)
{
	struct cgroup_host *host = host_of(source);
	struct event event = { .kind = EVENT_HOST, .host = { .at = now.boot } };

	read_stat(host, &event.host);
	read_meminfo(host, &event.host);
	event.host.cpu_pressure_usec = read_pressure(host, HOST_FILE_CPU_PRESSURE);
	event.host.memory_pressure_usec = read_pressure(host, HOST_FILE_MEMORY_PRESSURE);
	event.host.io_pressure_usec = read_pressure(host, HOST_FILE_IO_PRESSURE);
	event_push(&host->sink, &event);
}

static void free_host(struct source *source)
{
	struct cgroup_host *host = host_of(source);

	for (enum host_file file = HOST_FILE_STAT; file < HOST_FILE_COUNT; file++)
		close_file(host, file, FILE_CLOSED);
	free(host);
}

struct source *cgroup_host_new(const struct cgroup_options *options, struct event_sink sink)
{
	static const struct source_vtable vtable = {
		.submit = submit_nothing,
		.sample = sample_host,
		.free = free_host,
	};
	bool given = options->proc != NULL && options->proc[0] != '\0';
	struct cgroup_host *host = mem_zero(1, sizeof(*host));
	long ticks = sysconf(_SC_CLK_TCK);

	host->source.vtable = &vtable;
	host->sink = sink;
	/* a path that does not fit cannot be read, which is unknown */
	(void)mem_strcpy(host->proc, sizeof(host->proc), given ? options->proc : "/proc");
	host->usec_per_tick = (double)USEC_PER_SEC / (double)(ticks > 0 ? ticks : 100);
	for (enum host_file file = HOST_FILE_STAT; file < HOST_FILE_COUNT; file++)
		host->fd[file] = FILE_CLOSED;
	return &host->source;
}
