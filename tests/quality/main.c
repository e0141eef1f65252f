/*
 * Compares rules of scaling on a folder of traces: each rule on each trace, the means over the calm
 * traces, the two violent ones apart, as a table or as JSON. Traces are named by their files.
 */
#include "machine.h"
#include "rules.h"
#include "table.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <dirent.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Half a year of half hours: at its own speed it would be level to every rule. */
#define SLOW_TRACE       "nab_nyc_taxi"
#define SLOW_TRACE_SPEED 15.0
/* One value is a hundred times the others: scaled by it nothing is left. */
#define USELESS_TRACE "nab_ec2_netin"

#define SECONDS_MOST        ((size_t)14 * 24 * 3600)
#define SECONDS_OF_CONSTANT ((size_t)2 * 24 * 3600)

struct arguments {
	const char *folder;
	const char *only; /* traces with that in their names; NULL: all */
	unsigned startup;
	unsigned cores; /* of a machine that the first three traces share; 0: none */
	unsigned half; /* 1, 2: every other trace; 0: all */
	double peak;
	uint64_t seed;
	bool constant;
	bool json;
	bool detail;
};

static void usage(void)
{
	(void)puts(
		"usage: tests/bench/quality --traces DIR [--startup SECONDS] [--peak REPLICAS] "
		"[--seed N]\n"
		"                           [--only A,B] [--half 1|2] [--detail] [--json]\n"
		"       tests/bench/quality --constant [...]\n"
		"       tests/bench/quality --machine CORES --traces DIR [...]\n"
		"  --traces DIR   CSV files with lines \"seconds,rate\"\n"
		"  --startup S    from a decision to serving (10)\n"
		"  --peak N       replicas that the 99.5th percentile of a trace wants (16)\n"
		"  --seed N       of the noise (1)\n"
		"  --only A,B     traces with A or B in their file's name\n"
		"  --half 1|2     every other trace by its name: what was chosen on one half, does "
		"it\n"
		"                 hold on the other?\n"
		"  --constant     two days each of demands that do not change, instead of traces\n"
		"  --machine N    three services share N cores: the first three traces, of "
		"falling\n"
		"                 priority, by Kubernetes' rule each by itself and by ours\n"
		"  --detail       each trace too\n"
		"  --json         one array, an object a rule, and nothing else");
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "traces", required_argument, NULL, 't' },
		{ "startup", required_argument, NULL, 's' },
		{ "peak", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "half", required_argument, NULL, 'f' },
		{ "machine", required_argument, NULL, 'm' },
		{ "constant", no_argument, NULL, 'c' },
		{ "detail", no_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t number = 0;
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) > 0) {
		bool is_number = option == 's' || option == 'p' || option == 'r' || option == 'f' ||
				 option == 'm';

		if (is_number &&
			parse_unsigned(optarg, 1, option == 'f' ? 2 : 100000, &number, &err) < 0) {
			(void)fprintf(stderr, "%s\n", err.msg);
			return false;
		}
		if (option == 't')
			arguments->folder = optarg;
		else if (option == 'o')
			arguments->only = optarg;
		else if (option == 'f')
			arguments->half = (unsigned)number;
		else if (option == 'm')
			arguments->cores = (unsigned)number;
		else if (option == 's')
			arguments->startup = (unsigned)number;
		else if (option == 'p')
			arguments->peak = (double)number;
		else if (option == 'r')
			arguments->seed = number;
		else if (option == 'c')
			arguments->constant = true;
		else if (option == 'd')
			arguments->detail = true;
		else if (option == 'j')
			arguments->json = true;
		else
			return false;
	}
	return arguments->constant || arguments->folder != NULL;
}

static int is_wanted(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0 &&
	       strstr(entry->d_name, USELESS_TRACE) == NULL;
}

static void add_trace(struct bench *bench, struct trace *trace)
{
	if (bench->n_traces == BENCH_TRACES_MAX) {
		trace_free(trace);
		return;
	}
	bench->traces[bench->n_traces++] = trace;
}

static void read_trace(struct bench *bench, const struct arguments *arguments, const char *name)
{
	struct trace_options options = {
		.peak = arguments->peak,
		.speed = strstr(name, SLOW_TRACE) != NULL ? SLOW_TRACE_SPEED : 1,
		.seconds_max = SECONDS_MOST,
		.seed = arguments->seed,
	};
	struct trace *trace;
	char path[1024];
	struct err err;

	(void)snprintf(path, sizeof(path), "%s/%s", arguments->folder, name);
	if (trace_read(path, &options, &trace, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.msg);
	else
		add_trace(bench, trace);
}

/* Has it one of these words in it, with commas between them? */
static bool is_chosen(const char *name, const char *words)
{
	char word[128];

	if (words == NULL)
		return true;
	while (*words != '\0') {
		size_t length = strcspn(words, ",");

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, words);
		if (strstr(name, word) != NULL)
			return true;
		words += length + (words[length] == ',');
	}
	return false;
}

static void read_traces(struct bench *bench, const struct arguments *arguments)
{
	struct dirent **entries = NULL;
	int n = scandir(arguments->folder, &entries, is_wanted, alphasort);

	if (n < 0)
		perror(arguments->folder);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		bool chosen = arguments->half == 0 || (unsigned)i % 2 == arguments->half - 1;

		if (chosen && is_chosen(name, arguments->only))
			read_trace(bench, arguments, name);
		free(entries[i]);
	}
	free((void *)entries);
}

/* Where noise makes a restless rule flap: demands over and under a whole number of replicas. */
static void make_constants(struct bench *bench, const struct arguments *arguments)
{
	for (int i = 0; i < 24; i++)
		add_trace(bench,
			trace_constant(5.65 + 0.1 * i, SECONDS_OF_CONSTANT, arguments->seed));
	for (int i = 0; i < 16; i++)
		add_trace(bench,
			trace_constant(38.5 + 0.2 * i, SECONDS_OF_CONSTANT, arguments->seed));
}

static void choose_rules(struct bench *bench)
{
	for (size_t i = 0; i < quality_peers_count; i++)
		bench->rules[bench->n_rules++] = quality_peers[i];
	for (size_t i = 0; i < quality_ours_count; i++)
		bench->rules[bench->n_rules++] = quality_ours[i];
}

static void *work(void *context)
{
	struct bench *bench = context;

	for (;;) {
		size_t job = __atomic_fetch_add(&bench->next, 1, __ATOMIC_RELAXED);
		size_t trace = job / bench->n_rules;
		size_t rule = job % bench->n_rules;

		if (trace >= bench->n_traces)
			return NULL;
		bench->scores[rule][trace] =
			plant_run(bench->traces[trace], &bench->rules[rule], bench->startup);
	}
}

static void run(struct bench *bench)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cores < 1 ? 1 : cores > 64 ? 64 : (size_t)cores;
	pthread_t threads[64];
	size_t begun = 0;

	while (begun + 1 < n && pthread_create(&threads[begun], NULL, work, bench) == 0)
		begun++;
	(void)work(bench);
	for (size_t i = 0; i < begun; i++)
		(void)pthread_join(threads[i], NULL);
}

static int share_machine(const struct bench *bench, const struct arguments *arguments)
{
	struct machine machine = {
		.cores = arguments->cores, .startup = arguments->startup, .seed = arguments->seed
	};

	if (bench->n_traces < MACHINE_SERVICES) {
		(void)fprintf(stderr, "three traces are needed to share a machine\n");
		return 1;
	}
	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		machine.traces[i] = bench->traces[i];
	machine_compare(&machine, arguments->json);
	return 0;
}

static int compare_rules(struct bench *bench, const struct arguments *arguments)
{
	choose_rules(bench);
	run(bench);
	if (arguments->json)
		table_print_json(bench);
	else
		table_print(bench, arguments->detail);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .startup = 10, .peak = 16, .seed = 1 };
	cleanup_free struct bench *bench = mem_zero(1, sizeof(*bench));
	int r;

	if (!read_arguments(argc, argv, &arguments)) {
		usage();
		return 2;
	}
	bench->startup = arguments.startup;
	if (arguments.constant)
		make_constants(bench, &arguments);
	else
		read_traces(bench, &arguments);
	if (bench->n_traces == 0) {
		(void)fprintf(stderr, "no trace to compare on\n");
		return 1;
	}
	r = arguments.cores > 0 ? share_machine(bench, &arguments)
				: compare_rules(bench, &arguments);
	for (size_t i = 0; i < bench->n_traces; i++)
		trace_free(bench->traces[i]);
	return r;
}
