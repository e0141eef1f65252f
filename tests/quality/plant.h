/* A service as a fluid queue in steps of a second, and the trace that it serves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLANT_TARGET       0.8 /* utilisation at which a replica is well used */
#define PLANT_REPLICAS_MAX 64

/* A load over time, scaled so that its 99.5th percentile wants so many replicas. */
struct trace {
	char name[128];
	size_t seconds;
	float *demand; /* replicas' worth, without noise */
	float *arrivals; /* with noise like Poisson's */
	float *error; /* of reading the CPU, as a factor */
	uint16_t *wanted; /* replicas, at the target */
};

/* Reads a CSV "seconds,rate"; NULL and a message when it cannot be. @speed: so many times faster. */
struct trace *trace_read(
	const char *path, const char *name, double speed, double peak, uint64_t seed);
/* Constant demand. */
struct trace *trace_constant(double demand, size_t seconds, uint64_t seed);
void trace_free(struct trace *trace);

/* What a policy may look at after each second. */
struct view {
	size_t second; /* that is over */
	unsigned ready;
	unsigned starting;
	double used; /* CPU in replicas' worth, as read */
	double arrived;
	double queue; /* replica-seconds that wait */
};

struct score {
	double idle; /* replica-seconds */
	double missing;
	double wanted;
	double paid;
	double under; /* share of time with too few */
	double theta_under;
	double theta_over;
	double over;
	double late; /* share of arrivals */
	double lost;
	double actions; /* an hour */
	double cost; /* paid, by what the oracle pays */
	double w20; /* percent */
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
