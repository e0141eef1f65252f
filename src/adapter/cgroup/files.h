/* The files of one container's cgroup: kept open, read with pread. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/port/event.h>

/* The longest, memory.stat, has about 2 KiB on Linux 6. */
#define CGROUP_FILES_TEXT_MAX 8192

enum cgroup_file {
	CGROUP_FILE_CPU_STAT,
	CGROUP_FILE_CPU_MAX,
	CGROUP_FILE_CPU_PRESSURE,
	CGROUP_FILE_MEMORY_CURRENT,
	CGROUP_FILE_MEMORY_STAT, /* behind memory.current: the working set needs both */
	CGROUP_FILE_MEMORY_MAX,
	CGROUP_FILE_MEMORY_EVENTS,
	CGROUP_FILE_MEMORY_PRESSURE,
	CGROUP_FILE_COUNT,
};

/* A descriptor, or why there is none. */
#define CGROUP_FILE_ABSENT (-1) /* the kernel does not offer it for this cgroup */
#define CGROUP_FILE_FAILED (-2) /* it is there, but was not opened */

struct cgroup_files {
	int fd[CGROUP_FILE_COUNT];
};

extern const char *const cgroup_file_names[CGROUP_FILE_COUNT];

/* Opens what @directory has. Fails only without cpu.stat, which every cgroup v2 has: then the
 * cgroup is gone (ERR_NOT_FOUND), or nothing can be opened. */
int cgroup_files_open(int directory, struct cgroup_files *ret_files, struct err *err);

/* Tries again those that are absent or failed. */
void cgroup_files_reopen(struct cgroup_files *files, int directory);

void cgroup_files_close(struct cgroup_files *files);

/* Reads all and fills the readings of @sample: what is absent is unsupported, what fails is unknown.
 * The limits are those of this cgroup alone, INFINITY for none. 0, or 1 when the cgroup is gone: all
 * readings are unknown then. Neither allocates nor blocks. */
int cgroup_files_read(struct cgroup_files *files, struct sample *sample);
