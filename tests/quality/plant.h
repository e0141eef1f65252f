/* A service as a fluid queue in steps of a second, serving a trace. */
#pragma once

#include <dockscale/adapter/sim/score.h>

#define PLANT_TARGET       TRACE_TARGET
#define PLANT_REPLICAS_MAX 64

/* What a policy may look at after each second. */
struct view {
	size_t second; /* that is over */
	unsigned ready;
	unsigned starting;
	double used; /* CPU in replicas' worth, as read */
	double arrived;
	double queue; /* replica-seconds that wait */
};

/* One rule of scaling, with a state of its own. */
struct rule {
	const char *name;
	void *(*begin)(const struct rule *rule, const struct trace *trace, unsigned startup);
	/* The count that is wanted, starting ones with it. */
	unsigned (*decide)(void *state, const struct view *view);
	void (*end)(void *state);
	bool shipped; /* is it the default? */
	double a; /* its parameters */
	double b;
	double c;
	double d;
};

struct score plant_run(const struct trace *trace, const struct rule *rule, unsigned startup);
