/*
 * Loads as files tell them. Whoever wrote the file is not known: what is almost right is refused with
 * its line, and everything is bounded. Only the shape matters, so it is scaled to replicas; the noise
 * of chance is added once, so that all that are compared meet the same load.
 */
#include <dockscale/adapter/sim/trace.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 256
#define POINTS_MAX     ((size_t)4 * 1000 * 1000)
#define SECONDS_MAX    1e11 /* also as seconds of an epoch, or milliseconds by mistake */
#define RATE_MAX       1e18
#define GAP_MAX        86400.0
#define DAY_SECONDS    86400.0
#define READING_ERROR  0.0223606797749979 /* a second's, so that five of them err by 1 % */
#define ROUNDING       1e-9
#define FIRST_SECONDS  60

struct points {
	double *seconds;
	double *rates;
	size_t count;
	size_t capacity;
};

static void points_finish(struct points *points)
{
	free(points->seconds);
	free(points->rates);
}

/* xorshift64*. */
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

static void add_noise(struct trace *trace, uint64_t seed)
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
		trace->arrivals[t] =
			(float)fmax(0, demand + sqrt(demand / TRACE_REQUESTS) * noise[0]);
		trace->error[t] = (float)(1 + READING_ERROR * noise[1]);
		trace->wanted[t] = (uint16_t)fmax(1, ceil(demand / TRACE_TARGET - ROUNDING));
	}
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		text[--length] = '\0';
	return text;
}

/* A line of words in front of the first number is a header. */
static bool is_header(const char *line)
{
	return strpbrk(line, "0123456789") == NULL;
}

static int check_seconds(const struct points *points, double seconds, struct err *err)
{
	double before = points->count > 0 ? points->seconds[points->count - 1] : seconds - 1;

	if (seconds <= before)
		return err_set(err, ERR_INVALID,
			"second %.15g comes behind %.15g: sort the lines by their time, one a time",
			seconds, before);
	if (seconds - before > GAP_MAX)
		return err_set(err, ERR_INVALID,
			"nothing is known of the %.15g seconds before: cut the file there, or say "
			"what came in them, \"SECONDS,0\" if nothing did (the first column is in "
			"seconds, not in milliseconds)",
			seconds - before);
	return 0;
}

static void points_push(struct points *points, double seconds, double rate)
{
	if (points->count == points->capacity) {
		points->capacity = points->capacity > 0 ? 2 * points->capacity : 1024;
		points->seconds = mem_resize(points->seconds, points->capacity, sizeof(double));
		points->rates = mem_resize(points->rates, points->capacity, sizeof(double));
	}
	points->seconds[points->count] = seconds;
	points->rates[points->count++] = rate;
}

static int read_line(struct points *points, char *line, struct err *err)
{
	char *comma = strchr(line, ',');
	double seconds = 0;
	double rate = 0;
	int r;

	if (comma == NULL || strchr(comma + 1, ',') != NULL)
		return err_set(err, ERR_INVALID, "'%.40s' is no \"seconds,rate\"", line);
	*comma = '\0';
	if (parse_number(trim(line), 0, SECONDS_MAX, &seconds, err) < 0)
		return err_wrap(err, "seconds");
	if (parse_number(trim(comma + 1), 0, RATE_MAX, &rate, err) < 0)
		return err_wrap(err, "rate");
	r = check_seconds(points, seconds, err);
	if (r < 0)
		return r;
	if (points->count == POINTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %zu lines: cut the file", POINTS_MAX);
	points_push(points, seconds, rate);
	return 0;
}

static int read_points(FILE *file, const char *path, struct points *points, struct err *err)
{
	char buffer[LINE_MAX_BYTES];
	size_t number = 0;

	while (fgets(buffer, sizeof(buffer), file) != NULL) {
		bool whole = strchr(buffer, '\n') != NULL || feof(file) != 0;
		char *line = trim(buffer);
		int r = 0;

		number++;
		if (!whole)
			r = err_set(err, ERR_INVALID,
				"the line is too long for a \"seconds,rate\", or no text");
		else if (*line != '\0' && !(number == 1 && is_header(line)))
			r = read_line(points, line, err);
		if (r < 0)
			return err_wrap(err, "%s:%zu", path, number);
	}
	if (ferror(file) != 0)
		return err_errno(err, errno, "%s", path);
	if (points->count < 2)
		return err_set(err, ERR_INVALID,
			"%s: a load needs two lines \"seconds,rate\" at least", path);
	return 0;
}

/* By straight lines between the points. */
static void draw(struct trace *trace, const struct points *points, double speed)
{
	double first = points->seconds[0];

	for (size_t t = 0, i = 0; t < trace->seconds; t++) {
		double at = first + (double)t * speed;
		double share;

		while (i + 2 < points->count && points->seconds[i + 1] <= at)
			i++;
		share = (at - points->seconds[i]) / (points->seconds[i + 1] - points->seconds[i]);
		share = fmax(0, fmin(1, share));
		trace->demand[t] =
			(float)((1 - share) * points->rates[i] + share * points->rates[i + 1]);
	}
}

static int scale(struct trace *trace, const struct trace_options *options, struct err *err)
{
	double unit = options->per_replica;
	float largest = 0;

	if (options->peak > 0)
		unit = (double)percentile(trace->demand, trace->seconds, TRACE_PERCENTILE) /
		       (options->peak * TRACE_TARGET);
	if (unit <= 0)
		return err_set(err, ERR_INVALID,
			"nothing comes for more than 99.5 %% of the time, so there is no peak to "
			"go by: "
			"say what a replica bears");
	for (size_t t = 0; t < trace->seconds; t++) {
		trace->demand[t] = (float)((double)trace->demand[t] / unit);
		largest = trace->demand[t] > largest ? trace->demand[t] : largest;
	}
	if ((double)largest / TRACE_TARGET > TRACE_WANTED_MAX)
		return err_set(err, ERR_LIMIT,
			"%.3g replicas would be wanted at its highest, %d is the most: "
			"is the rate that a replica bears in the file's unit?",
			(double)largest / TRACE_TARGET, TRACE_WANTED_MAX);
	return 0;
}

static int make(const struct points *points, const struct trace_options *options,
	struct trace *trace, struct err *err)
{
	double speed = options->speed > 0 ? options->speed : 1;
	size_t most = options->seconds_max > 0 ? options->seconds_max
					       : (size_t)(TRACE_DAYS_MAX * DAY_SECONDS);

	trace->recorded_seconds =
		(points->seconds[points->count - 1] - points->seconds[0]) / speed + 1;
	trace->seconds =
		trace->recorded_seconds < (double)most ? (size_t)trace->recorded_seconds : most;
	trace->demand = mem_resize(NULL, trace->seconds, sizeof(*trace->demand));
	draw(trace, points, speed);
	return scale(trace, options, err);
}

/* "web" of "/traces/web.csv". */
static void name_by_file(struct trace *trace, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length;

	(void)mem_strcpy(trace->name, sizeof(trace->name), slash != NULL ? slash + 1 : path);
	length = strlen(trace->name);
	if (length > 4 && strcmp(trace->name + length - 4, ".csv") == 0)
		trace->name[length - 4] = '\0';
}

int trace_read(const char *path, const struct trace_options *options, struct trace **ret_trace,
	struct err *err)
{
	struct trace *trace = NULL;
	struct points points = { 0 };
	FILE *file = fopen(path, "re");
	int r;

	if (file == NULL)
		return err_errno(err, errno, "%s", path);
	r = read_points(file, path, &points, err);
	(void)fclose(file);
	if (r == 0) {
		trace = mem_zero(1, sizeof(*trace));
		name_by_file(trace, path);
		if (make(&points, options, trace, err) < 0)
			r = err_wrap(err, "%s", path);
	}
	points_finish(&points);
	if (r < 0) {
		trace_free(trace);
		return r;
	}
	add_noise(trace, options->seed);
	*ret_trace = trace;
	return 0;
}

struct trace *trace_constant(double demand, size_t seconds, uint64_t seed)
{
	struct trace *trace = mem_zero(1, sizeof(*trace));

	(void)snprintf(trace->name, sizeof(trace->name), "constant %.2f", demand);
	trace->seconds = seconds;
	trace->recorded_seconds = (double)seconds;
	trace->demand = mem_resize(NULL, seconds, sizeof(*trace->demand));
	for (size_t t = 0; t < seconds; t++)
		trace->demand[t] = (float)demand;
	add_noise(trace, seed);
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

double trace_first_demand(const struct trace *trace)
{
	size_t n = trace->seconds < FIRST_SECONDS ? trace->seconds : FIRST_SECONDS;
	double sum = 0;

	for (size_t t = 0; t < n; t++)
		sum += (double)trace->demand[t];
	return sum / (double)n;
}

unsigned trace_first_count(const struct trace *trace, unsigned most)
{
	double count = ceil(trace_first_demand(trace) / TRACE_TARGET - ROUNDING);

	return count < 1 ? 1 : count > most ? most : (unsigned)count;
}

unsigned trace_wanted_between(const struct trace *trace, size_t from, size_t to)
{
	unsigned largest = 1;

	for (size_t t = from; t < to && t < trace->seconds; t++)
		if (trace->wanted[t] > largest)
			largest = trace->wanted[t];
	return largest;
}
