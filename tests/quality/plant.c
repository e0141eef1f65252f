/*
 * The plant of the comparison: what comes is served as far as there is capacity, the rest waits, ten
 * seconds' worth at most. A replica that was ordered serves after its start-up and is paid for from
 * the order on; one that is given back is gone at once, those that start first.
 */
#include "plant.h"

#include <dockscale/base/mem.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_SECONDS 10.0
#define LATE_SECONDS  0.5
#define REQUESTS      100.0 /* a second that one replica bears */
#define READING_ERROR 0.0223606797749979 /* 1 % of five seconds */
#define SECONDS_MOST  ((size_t)14 * 24 * 3600)
#define PERCENTILE    0.995
#define ROUNDING      1e-9
#define MISSING_PRICE 20.0

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 2685821657736338717ULL;
}

static double uniform(uint64_t *state)
{
	return ((double)(next_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller: two at a time. */
static void normals(uint64_t *state, double ret_normals[static 2])
{
	double length = sqrt(-2 * log(uniform(state)));
	double angle = 2 * 3.14159265358979323846 * uniform(state);

	ret_normals[0] = length * cos(angle);
	ret_normals[1] = length * sin(angle);
}

static int compare(const void *one, const void *other)
{
	float a = *(const float *)one;
	float b = *(const float *)other;

	return (a > b) - (a < b);
}

static float percentile(const float *values, size_t n, double share)
{
	cleanup_free float *sorted = mem_resize(NULL, n, sizeof(*sorted));
	double at = share * (double)(n - 1);
	size_t below = (size_t)at;
	double rest = at - (double)below;

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	if (below + 1 >= n)
		return sorted[n - 1];
	return (float)((1 - rest) * (double)sorted[below] + rest * (double)sorted[below + 1]);
}

static void finish(struct trace *trace, uint64_t seed)
{
	uint64_t random = seed * 2654435761U + 88172645463325252ULL;

	for (int i = 0; i < 16; i++)
		(void)next_random(&random);
	trace->arrivals = mem_resize(NULL, trace->seconds, sizeof(*trace->arrivals));
	trace->error = mem_resize(NULL, trace->seconds, sizeof(*trace->error));
	trace->wanted = mem_resize(NULL, trace->seconds, sizeof(*trace->wanted));
	for (size_t t = 0; t < trace->seconds; t++) {
		double demand = (double)trace->demand[t];
		double noise[2];

		normals(&random, noise);
		trace->arrivals[t] = (float)fmax(0, demand + sqrt(demand / REQUESTS) * noise[0]);
		trace->error[t] = (float)(1 + READING_ERROR * noise[1]);
		trace->wanted[t] = (uint16_t)fmax(1, ceil(demand / PLANT_TARGET - ROUNDING));
	}
}

struct points {
	double *seconds;
	double *rates;
	size_t count;
};

static void read_points(FILE *file, double speed, struct points *points)
{
	char line[256];

	while (fgets(line, sizeof(line), file) != NULL) {
		double seconds;
		double rate;

		if (sscanf(line, "%lf,%lf", &seconds, &rate) != 2)
			continue; /* the header */
		points->seconds = mem_resize(points->seconds, points->count + 1, sizeof(double));
		points->rates = mem_resize(points->rates, points->count + 1, sizeof(double));
		points->seconds[points->count] = seconds / speed;
		points->rates[points->count++] = rate;
	}
}

struct trace *trace_read(
	const char *path, const char *name, double speed, double peak, uint64_t seed)
{
	struct trace *trace = mem_zero(1, sizeof(*trace));
	struct points points = { 0 };
	FILE *file = fopen(path, "re");
	double first;
	double scale;

	if (file == NULL) {
		perror(path);
		free(trace);
		return NULL;
	}
	read_points(file, speed, &points);
	(void)fclose(file);
	(void)mem_strcpy(trace->name, sizeof(trace->name), name);
	if (points.count < 2) {
		(void)fprintf(stderr, "%s: no lines \"seconds,rate\"\n", path);
		free(points.seconds);
		free(points.rates);
		free(trace);
		return NULL;
	}
	first = points.seconds[0];
	trace->seconds = (size_t)(points.seconds[points.count - 1] - first) + 1;
	if (trace->seconds > SECONDS_MOST)
		trace->seconds = SECONDS_MOST;
	trace->demand = mem_resize(NULL, trace->seconds, sizeof(*trace->demand));
	for (size_t t = 0, i = 0; t < trace->seconds; t++) {
		double at = first + (double)t;
		double share;

		while (i + 2 < points.count && points.seconds[i + 1] <= at)
			i++;
		share = (at - points.seconds[i]) / (points.seconds[i + 1] - points.seconds[i]);
		share = fmax(0, fmin(1, share));
		trace->demand[t] =
			(float)fmax(0, (1 - share) * points.rates[i] + share * points.rates[i + 1]);
	}
	free(points.seconds);
	free(points.rates);
	scale = peak * PLANT_TARGET / (double)percentile(trace->demand, trace->seconds, PERCENTILE);
	for (size_t t = 0; t < trace->seconds; t++)
		trace->demand[t] *= (float)scale;
	finish(trace, seed);
	return trace;
}

struct trace *trace_constant(double demand, size_t seconds, uint64_t seed)
{
	struct trace *trace = mem_zero(1, sizeof(*trace));

	(void)snprintf(trace->name, sizeof(trace->name), "constant %.2f", demand);
	trace->seconds = seconds;
	trace->demand = mem_resize(NULL, seconds, sizeof(*trace->demand));
	for (size_t t = 0; t < seconds; t++)
		trace->demand[t] = (float)demand;
	finish(trace, seed);
	return trace;
}

void trace_free(struct trace *trace)
{
	if (trace == NULL)
		return;
	free(trace->demand);
	free(trace->arrivals);
	free(trace->error);
	free(trace->wanted);
	free(trace);
}

/* Those that start, oldest first. */
struct fleet {
	unsigned ready;
	unsigned starting;
	size_t serves_at[PLANT_REPLICAS_MAX];
};

static void fleet_step(struct fleet *fleet, size_t second)
{
	unsigned served = 0;

	while (served < fleet->starting && fleet->serves_at[served] <= second)
		served++;
	if (served == 0)
		return;
	fleet->ready += served;
	fleet->starting -= served;
	memmove(fleet->serves_at, fleet->serves_at + served,
		fleet->starting * sizeof(fleet->serves_at[0]));
}

static void fleet_set(struct fleet *fleet, unsigned count, size_t serves_at)
{
	while (fleet->ready + fleet->starting < count)
		fleet->serves_at[fleet->starting++] = serves_at;
	while (fleet->ready + fleet->starting > count) {
		if (fleet->starting > 0)
			fleet->starting--;
		else
			fleet->ready--;
	}
}

static unsigned first_count(const struct trace *trace)
{
	size_t n = trace->seconds < 60 ? trace->seconds : 60;
	double sum = 0;

	for (size_t t = 0; t < n; t++)
		sum += (double)trace->demand[t];
	sum = ceil(sum / (double)n / PLANT_TARGET - ROUNDING);
	return sum < 1 ? 1 : sum > PLANT_REPLICAS_MAX ? PLANT_REPLICAS_MAX : (unsigned)sum;
}

static void judge(struct score *score, const struct fleet *fleet, unsigned wanted)
{
	double supply = fleet->ready;
	double need = wanted;

	score->wanted += need;
	score->paid += supply + fleet->starting;
	score->idle += fleet->starting;
	if (supply > need) {
		score->idle += supply - need;
		score->theta_over += (supply - need) / need;
		score->over++;
	} else if (supply < need) {
		score->missing += need - supply;
		score->theta_under += (need - supply) / need;
		score->under++;
	}
}

struct score plant_run(const struct trace *trace, const struct rule *rule, unsigned startup)
{
	struct fleet fleet = { .ready = first_count(trace) };
	struct score score = { 0 };
	void *state = rule->begin(rule, trace, startup);
	double seconds = (double)trace->seconds;
	double arrived = 0;
	double queue = 0;

	for (size_t t = 0; t < trace->seconds; t++) {
		double arrivals = (double)trace->arrivals[t];
		double capacity;
		double served;
		double lost;
		struct view view;
		unsigned count;

		fleet_step(&fleet, t);
		capacity = fleet.ready;
		queue += arrivals;
		served = fmin(queue, capacity);
		queue -= served;
		lost = fmax(0, queue - QUEUE_SECONDS * capacity);
		queue -= lost;
		arrived += arrivals;
		score.lost += lost;
		score.late += queue > LATE_SECONDS * capacity ? fmax(arrivals, lost) : lost;
		judge(&score, &fleet, trace->wanted[t]);
		view = (struct view){
			.second = t,
			.ready = fleet.ready,
			.starting = fleet.starting,
			.used = fmin(capacity, served * (double)trace->error[t]),
			.arrived = arrivals,
			.queue = queue,
		};
		count = rule->decide(state, &view);
		count = count < 1 ? 1 : count > PLANT_REPLICAS_MAX ? PLANT_REPLICAS_MAX : count;
		if (count != fleet.ready + fleet.starting)
			score.actions++;
		fleet_set(&fleet, count, t + 1 + startup);
	}
	rule->end(state);
	score.w20 = 100 * (score.idle + MISSING_PRICE * score.missing) / score.wanted;
	score.under *= 100 / seconds;
	score.over *= 100 / seconds;
	score.theta_under *= 100 / seconds;
	score.theta_over *= 100 / seconds;
	score.late *= 100 / arrived;
	score.lost *= 100 / arrived;
	score.actions *= 3600 / seconds;
	return score;
}
