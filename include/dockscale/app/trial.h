/* A service's configuration, tried out on the simulated world under a recorded load. */
#pragma once

#include <dockscale/adapter/sim/score.h>
#include <dockscale/conf/load.h>

#include <stdint.h>

/* What all that are compared are tried on. */
struct trial_load {
	const struct trace *trace;
	usec_t startup; /* until a replica that was started is healthy */
	uint64_t seed; /* of the engine */
	void (*progress)(void *context, double share); /* at times, 0..1; NULL: nobody looks */
	void *context;
};

/* Empty at declaration. */
struct trial {
	char name[CONFIG_TEXT_MAX]; /* for people */
	struct config *config;
	char service[CONFIG_NAME_MAX];
	struct service_config *settings;
	/* What came of it. */
	struct score score;
	uint64_t failed; /* replicas that did not come to serve */
	char problem[512]; /* that it ended with; "" : none */
	size_t seconds;
	uint16_t *serving; /* each second */
};

/* The file at @path, of a service of a daemon of @daemon. What is wrong is in @problems. */
int trial_load_file(struct trial *trial, const char *path, const struct daemon_config *daemon,
	struct config_problems *problems, struct err *err);
/* @service as @directory has it now. ERR_NOT_FOUND when it has no file. */
int trial_load_service(struct trial *trial, const char *directory, const char *service,
	struct config_problems *problems, struct err *err);

/* Runs it to the end of the load. ERR_CONFLICT when it does not come to serve. */
int trial_run(struct trial *trial, const struct trial_load *load, struct err *err);

void trial_finish(struct trial *trial);
