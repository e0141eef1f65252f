/* A load over time: read from a CSV file, in replicas' worth, a value a second, with the noise of
 * chance. */
#pragma once

#include <dockscale/base/err.h>

#include <stddef.h>
#include <stdint.h>

#define TRACE_TARGET 0.8 /* utilisation at which a replica is well used */
#define TRACE_REQUESTS                                                                             \
	100.0 /* a second that a replica bears: what the noise of arrivals is made of */
#define TRACE_PERCENTILE 0.995 /* of the demand: what `peak` scales */
#define TRACE_DAYS_MAX   31
#define TRACE_WANTED_MAX 60000

struct trace {
	char name[128];
	size_t seconds;
	double recorded_seconds; /* as long as the file says, at this speed: more than `seconds` when cut */
	float *demand; /* replicas' worth, without noise: 1 keeps a replica busy */
	float *arrivals; /* the same with noise like Poisson's */
	float *error; /* of reading the CPU, as a factor: 1 % over five seconds */
	uint16_t *wanted; /* replicas, at TRACE_TARGET */
};

struct trace_options {
	double peak; /* replicas that the 99.5th percentile wants; 0: per_replica counts */
	double per_replica; /* rate that keeps one replica busy */
	double speed; /* so many times faster; 0: 1 */
	size_t seconds_max; /* no more than that is taken; 0: TRACE_DAYS_MAX */
	uint64_t seed; /* of the noise */
};

/* Reads lines "seconds,rate" (behind a header or not): seconds that grow, a rate of any unit that is
 * not negative; straight lines between them. ERR_INVALID or ERR_LIMIT names file, line and cure.
 * Free with trace_free(). */
int trace_read(const char *path, const struct trace_options *options, struct trace **ret_trace,
	struct err *err);

/* A demand that does not change. */
struct trace *trace_constant(double demand, size_t seconds, uint64_t seed);

/* NULL is fine. */
void trace_free(struct trace *trace);

/* Mean of the first minute. */
double trace_first_demand(const struct trace *trace);
/* What the mean of the first minute wants, 1..@most: where every comparison begins. */
unsigned trace_first_count(const struct trace *trace, unsigned most);

/* The largest count that is wanted in the seconds @from..@to, @to not among them; at least 1. */
unsigned trace_wanted_between(const struct trace *trace, size_t from, size_t to);
