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

/* A service under one rule. */
struct plant {
	const struct trace *trace;
	const struct rule *rule;
	void *state; /* of the rule */
	unsigned ready;
	unsigned starting;
	size_t serves_at[PLANT_REPLICAS_MAX]; /* of those that start, oldest first */
	double queue;
	struct score score;
};

void plant_begin(struct plant *plant, const struct trace *trace, const struct rule *rule,
	unsigned startup, unsigned first);
/* Those that have started serve from @second on. */
void plant_wake(struct plant *plant, size_t second);
/* Replicas' worth that it would do in a second if it had all it wants. */
double plant_wanted(const struct plant *plant, size_t second);
/* A second, in which it gets @share of that; gives the count that its rule wants. */
unsigned plant_live(struct plant *plant, size_t second, double share);
/* Down at once, those that start first; up by @room at most. */
void plant_set(struct plant *plant, unsigned count, unsigned room, size_t serves_at);
/* The score, finished. */
struct score plant_end(struct plant *plant);

struct score plant_run(const struct trace *trace, const struct rule *rule, unsigned startup);
