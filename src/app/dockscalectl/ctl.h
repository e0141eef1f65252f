/* What the commands of dockscalectl share. */
#pragma once

#include <dockscale/app/arguments.h>
#include <dockscale/conf/load.h>

#include <cjson/cJSON.h>

/* Exit statuses: a promise to scripts. */
enum {
	CTL_DONE = 0,
	CTL_PROBLEM = 1, /* a problem was found, or the daemon refused */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3, /* the daemon cannot be reached */
};

/* The command line. */
struct ctl {
	const char *socket;
	struct arguments_rest configs; /* each --config */
	const char *config; /* the last of them; NULL: not said; see client_config() */
	const char *duration; /* --for */
	const char *trace;
	const char *peak;
	const char *per_replica;
	const char *startup;
	const char *seed;
	const char *svg;
	const char *container;
	bool json;
	bool watch;
	bool all;
	bool version;
	bool help;
	struct arguments_rest words; /* behind the command's name */
};

/* Commands, each in the file of its kind; all give an exit status. */
int status_run(const struct ctl *ctl);
int status_explain(const struct ctl *ctl);
int act_scale(const struct ctl *ctl);
int act_pause(const struct ctl *ctl);
int act_resume(const struct ctl *ctl);
int act_release(const struct ctl *ctl);
int act_reload(const struct ctl *ctl);
int check_run(const struct ctl *ctl);
int doctor_run(const struct ctl *ctl);
int lines_run(const struct ctl *ctl);
int simulate_run(const struct ctl *ctl);
int ctl_version(const struct ctl *ctl);

/* Prints "dockscalectl: <message>" on standard error and gives @status back. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
