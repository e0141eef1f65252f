/*
 * The life of one watched container: its cgroup is looked for at the ticks (a container that was
 * just started may not be in it yet), opened once, read at each tick, and given up when the
 * kernel says that it is gone, or that no process is left in it: an engine that was killed removes
 * no cgroup. Trouble is never an error here but an unknown reading; the words for it go to the debug
 * log.
 */
#include "watch.h"

#include "slurp.h"
#include "text.h"

#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* For as long as nothing was read: what this machine never has is unsupported from the start, so
 * that a starting replica does not make its service's memory look as if it could be known. */
static void fill_unread(const struct cgroup_facts *facts, struct sample *sample)
{
	struct reading cpu = facts->cpu ? reading_unknown() : reading_unsupported();
	struct reading memory = facts->memory ? reading_unknown() : reading_unsupported();
	struct reading pressure = facts->pressure ? reading_unknown() : reading_unsupported();

	sample->cpu_usec = reading_unknown();
	sample->throttled_usec = cpu;
	sample->cpu_limit_cores = cpu;
	sample->memory_bytes = memory;
	sample->memory_limit_bytes = memory;
	sample->oom_kills = memory;
	sample->cpu_pressure_usec = pressure;
	sample->memory_pressure_usec = pressure;
}

static int locate(struct cgroup_watch *watch, const struct cgroup_tree *tree, struct err *err)
{
	char path[CGROUP_PATH_MAX];

	if (watch->path != NULL)
		return 0;
	if (cgroup_locate(&tree->options, tree->facts.root, watch->pid, watch->id, path,
		    sizeof(path), err) < 0)
		return err->code;
	watch->path = mem_strdup(path);
	return 0;
}

static int open_files(struct cgroup_watch *watch, const struct cgroup_tree *tree, struct err *err)
{
	int directory = openat(tree->root, watch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (directory < 0)
		return err_errno(err, errno, "%s", watch->path);
	result = cgroup_files_open(directory, &watch->files, err);
	if (result == 0)
		watch->events_fd = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
	(void)close(directory); /* a name, not a file: nothing can be lost */
	return result < 0 ? err_wrap(err, "%s", watch->path) : 0;
}

/* An engine that is killed in the second in which a container began leaves nothing to be read of it. */
static bool has_no_process(const struct cgroup_watch *watch, const struct cgroup_tree *tree)
{
	char name[CONFIG_TEXT_MAX + 32];

	if (watch->pid <= 0 || !tree->sees_processes)
		return false;
	(void)snprintf(name, sizeof(name), "%s/%lld", tree->options.proc, (long long)watch->pid);
	return access(name, F_OK) < 0 && errno == ENOENT;
}

static void seek(
	struct cgroup_watch *watch, struct cgroup_tree *tree, usec_t now, struct sample *sample)
{
	struct err err = { 0 };

	if (now < watch->retry_at)
		return;
	if (locate(watch, tree, &err) == 0 && open_files(watch, tree, &err) == 0) {
		watch->state = CGROUP_WATCH_OPEN;
		watch->limits_at = USEC_NEVER;
		tree->sees_processes = tree->sees_processes || watch->pid > 0;
		return;
	}
	if (err.code == ERR_NOT_FOUND)
		sample->fault = FAULT_CGROUP_GONE;
	if (has_no_process(watch, tree)) {
		watch->state = CGROUP_WATCH_GONE;
		sample->ended = true;
	}
	log_debug("no readings of a container yet", { "container", watch->id },
		{ "because", err.msg });
	watch->retry_at = now + watch->retry_delay;
	watch->retry_delay = watch->retry_delay == 0 ? CGROUP_RETRY_FIRST : watch->retry_delay * 2;
	if (watch->retry_delay > CGROUP_RETRY_MOST)
		watch->retry_delay = CGROUP_RETRY_MOST;
}

static struct cgroup_limits limits_above(struct cgroup_tree *tree, const char *path, usec_t now)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash != NULL ? (size_t)(slash - path) : 0;

	if (tree->last.at == now && strncmp(tree->last.parent, path, length) == 0 &&
		tree->last.parent[length] == '\0')
		return tree->last.limits;
	tree->last.limits = cgroup_limits_above(tree->root, path);
	tree->last.at = now;
	memcpy(tree->last.parent, path, length);
	tree->last.parent[length] = '\0';
	return tree->last.limits;
}

/* A file that is absent though the machine has its controller may come: engines delegate controllers
 * late, and a descriptor may have been wanting. */
static bool may_reopen(const struct cgroup_watch *watch, const struct cgroup_facts *facts)
{
	const int *fd = watch->files.fd;

	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		if (fd[i] == CGROUP_FILE_FAILED)
			return true;
	return (facts->cpu && fd[CGROUP_FILE_CPU_MAX] < 0) ||
	       (facts->memory && fd[CGROUP_FILE_MEMORY_CURRENT] < 0) ||
	       (facts->pressure && fd[CGROUP_FILE_CPU_PRESSURE] < 0);
}

static void refresh(struct cgroup_watch *watch, struct cgroup_tree *tree, usec_t now)
{
	int directory;

	if (watch->limits_at != USEC_NEVER && now - watch->limits_at < CGROUP_LIMITS_INTERVAL)
		return;
	watch->above = limits_above(tree, watch->path, now);
	if (watch->limits_at != USEC_NEVER && may_reopen(watch, &tree->facts)) {
		directory = openat(tree->root, watch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (directory >= 0) {
			cgroup_files_reopen(&watch->files, directory);
			(void)close(directory); /* a name, not a file */
		}
	}
	watch->limits_at = now;
}

static struct reading remember(struct reading *last, struct reading now)
{
	if (now.state != READING_UNKNOWN)
		*last = now;
	return *last;
}

/* A limit that was found; else the runtime's word for it; else @otherwise, but never in place of one
 * that is there and was not read. */
static struct reading settle(struct reading limit, double inspected, struct reading otherwise)
{
	if (reading_is_known(limit) && isfinite(limit.value))
		return limit;
	if (inspected > 0)
		return reading_known(inspected);
	return limit.state == READING_UNKNOWN ? limit : otherwise;
}

static void settle_limits(
	struct cgroup_watch *watch, const struct cgroup_tree *tree, struct sample *sample)
{
	struct reading cpu = remember(&watch->own_cpu_cores, sample->cpu_limit_cores);
	struct reading memory = remember(&watch->own_memory_bytes, sample->memory_limit_bytes);

	if (watch->state == CGROUP_WATCH_OPEN) {
		cpu = cgroup_limits_smaller(cpu, watch->above.cpu_cores);
		memory = cgroup_limits_smaller(memory, watch->above.memory_bytes);
	}
	/* "none" is told as unknown: what 100 % is without a limit is the service's question */
	sample->cpu_limit_cores = settle(cpu, watch->inspected_cpu_cores, reading_unknown());
	memory = settle(memory, (double)watch->inspected_memory_bytes, tree->memory_total_bytes);
	if (reading_is_known(memory) && reading_is_known(tree->memory_total_bytes) &&
		memory.value > tree->memory_total_bytes.value)
		memory = tree->memory_total_bytes; /* a limit above it limits nothing */
	sample->memory_limit_bytes = memory;
}

/* Asked only of one that used no CPU since it was read last, so that it costs nothing where there is
 * load. What cannot be read is not empty. */
static bool is_empty(struct cgroup_watch *watch, const struct sample *sample)
{
	char text[256];
	struct reading populated;
	ssize_t length;
	bool idle = reading_is_known(sample->cpu_usec) && sample->cpu_usec.value == watch->cpu_usec;

	watch->cpu_usec = reading_is_known(sample->cpu_usec) ? sample->cpu_usec.value : -1;
	if (!idle || watch->events_fd < 0)
		return false;
	length = pread(watch->events_fd, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return false;
	text[length] = '\0';
	populated = cgroup_text_key(text, "populated");
	return reading_is_known(populated) && populated.value == 0;
}

static void close_files(struct cgroup_watch *watch)
{
	cgroup_files_close(&watch->files);
	if (watch->events_fd >= 0)
		(void)close(watch->events_fd); /* nothing was written through it */
}

static void give_up(
	struct cgroup_watch *watch, const struct cgroup_tree *tree, struct sample *sample)
{
	close_files(watch);
	watch->state = CGROUP_WATCH_GONE;
	fill_unread(&tree->facts, sample);
	sample->fault = FAULT_CGROUP_GONE;
	sample->ended = true;
}

void cgroup_watch_read(
	struct cgroup_watch *watch, struct cgroup_tree *tree, usec_t now, struct sample *sample)
{
	fill_unread(&tree->facts, sample);
	sample->fault = FAULT_NONE;
	sample->ended = false;
	if (watch->state == CGROUP_WATCH_SEEKING)
		seek(watch, tree, now, sample);
	if (watch->state == CGROUP_WATCH_OPEN) {
		refresh(watch, tree, now);
		if (cgroup_files_read(&watch->files, sample) == 1 || is_empty(watch, sample))
			give_up(watch, tree, sample);
	}
	settle_limits(watch, tree, sample);
}

void cgroup_watch_finish(struct cgroup_watch *watch)
{
	if (watch->state == CGROUP_WATCH_OPEN)
		close_files(watch);
	free(watch->path);
	watch->path = NULL;
}
