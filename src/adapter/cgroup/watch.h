/* One watched container: found, opened, read, given up. */
#pragma once

#include "files.h"
#include "limits.h"
#include "locate.h"

#include <dockscale/adapter/cgroup.h>

/* Limits above a container are read when it is found and this often after; its own each tick. */
#define CGROUP_LIMITS_INTERVAL (30 * USEC_PER_SEC)

/* Looking for a container that is not there yet: at the next tick, then 1, 2, 4 ... 30 s later. */
#define CGROUP_RETRY_FIRST (1 * USEC_PER_SEC)
#define CGROUP_RETRY_MOST  (30 * USEC_PER_SEC)

/* What all watches share. */
struct cgroup_tree {
	struct cgroup_facts facts;
	struct cgroup_options options; /* proc for cgroup_locate */
	int root; /* descriptor of the tree's root */
	bool sees_processes; /* one was found by its process: who is not there has ended, and is not
			      * hidden from us */
	struct reading memory_total_bytes; /* of the machine; memory that is added later counts from
					    * the next start on */
	/* The limits read last: siblings share their ancestors, so one reading serves them all. */
	struct {
		char parent[CGROUP_PATH_MAX];
		usec_t at; /* USEC_NEVER: none */
		struct cgroup_limits limits;
	} last;
};

enum cgroup_watch_state {
	CGROUP_WATCH_SEEKING, /* not found yet */
	CGROUP_WATCH_OPEN,
	CGROUP_WATCH_GONE, /* its cgroup was removed or is empty, or its process was gone before it was
			    * found: only another life brings one */
};

struct cgroup_watch {
	char id[CONTAINER_ID_MAX];
	usec_t started_at;
	int64_t pid; /* 0: path was given */
	double inspected_cpu_cores; /* limits as the runtime knows them; 0: none */
	uint64_t inspected_memory_bytes;

	enum cgroup_watch_state state;
	char *path; /* heap; NULL: not found yet */
	struct cgroup_files files;
	int events_fd; /* of cgroup.events, while it is open; -1: there is none */
	double cpu_usec; /* read last */
	usec_t retry_at;
	usec_t retry_delay;
	usec_t limits_at; /* when above was read */
	struct cgroup_limits above;
	/* The last ones that could be read: a limit is a setting, it does not vanish because one
	 * reading failed. */
	struct reading own_cpu_cores;
	struct reading own_memory_bytes;
};

/* Fills the readings of @sample. Never fails: what is not there is unknown. */
void cgroup_watch_read(
	struct cgroup_watch *watch, struct cgroup_tree *tree, usec_t now, struct sample *sample);

/* Closes and frees all but the watch itself. */
void cgroup_watch_finish(struct cgroup_watch *watch);
