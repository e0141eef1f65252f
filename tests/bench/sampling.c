/*
 * What one tick of readings costs: our whole sample(), parsing and events included, against a bare
 * pread loop over the same files in the same run, and against other ways of reading them. Makes
 * its own cgroups in a private subtree of the real v2 tree and removes them at every exit: the
 * work is done by a child, so that the parent is there to clean up when it fails.
 */
#include <adapter/cgroup/files.h>
#include <adapter/cgroup/source.h>

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_LIBCGROUP
#include <libcgroup.h>
#endif

#define CONTAINERS_MAX 8000
#define ROUNDS_MAX     1000
#define NAME_MAX_BYTES 512

struct options {
	size_t containers;
	size_t rounds;
	const char *recorded; /* base of a recorded machine with all eight files; NULL: none */
	const char *recorded_path; /* of its container, below the root */
	bool json;
};

struct bench {
	struct options options;
	struct cgroup_facts facts;
	char subtree[64]; /* ours, below the root */
	char (*paths)[192]; /* of the containers, below the root */
	size_t files; /* that one container has here */
	const char *file_names[CGROUP_FILE_COUNT];
	int *fds; /* of the bare loop: files of the first container, of the second, ... */
	struct source *source;
	double sum; /* so that nothing can be left out as unused */
	pid_t *inhabitants; /* a process in each container: an empty one has ended */
	size_t n_inhabitants;
	char controller[64]; /* through which libcgroup reaches the tree; "" : it does not */
};

/* One way to read everything once. */
struct way {
	const char *name; /* in JSON */
	const char *what;
	void (*read_all)(struct bench *bench);
	double *usec; /* a container, one entry a round */
};

static void die(const char *what)
{
	(void)fprintf(stderr, "sampling: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void take_sample(void *context, const struct event *event)
{
	struct bench *bench = context;

	bench->sum += event->sample.cpu_usec.value;
}

static void read_with_source(struct bench *bench)
{
	static usec_t tick;

	tick += USEC_PER_SEC;
	bench->source->vtable->sample(bench->source, (struct moment){ .boot = tick });
}

static void read_with_pread(struct bench *bench)
{
	char text[CGROUP_FILES_TEXT_MAX];

	for (size_t i = 0; i < bench->options.containers * bench->files; i++) {
		ssize_t n = pread(bench->fds[i], text, sizeof(text) - 1, 0);

		bench->sum += (double)n;
	}
}

static void name_of(const struct bench *bench, size_t i, size_t file, char name[NAME_MAX_BYTES])
{
	(void)snprintf(name, NAME_MAX_BYTES, "%s/%s/%s", bench->facts.root, bench->paths[i],
		bench->file_names[file]);
}

static void read_with_open(struct bench *bench)
{
	char text[CGROUP_FILES_TEXT_MAX];
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < bench->options.containers; i++) {
		for (size_t k = 0; k < bench->files; k++) {
			int fd;

			name_of(bench, i, k, name);
			fd = open(name, O_RDONLY | O_CLOEXEC);
			bench->sum += (double)read(fd, text, sizeof(text) - 1);
			(void)close(fd);
		}
	}
}

static void read_with_stdio(struct bench *bench)
{
	char line[256];
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < bench->options.containers; i++) {
		for (size_t k = 0; k < bench->files; k++) {
			FILE *file;

			name_of(bench, i, k, name);
			file = fopen(name, "re");
			if (file == NULL)
				die(name);
			while (fgets(line, sizeof(line), file) != NULL)
				bench->sum += line[0];
			(void)fclose(file);
		}
	}
}

#ifdef WITH_LIBCGROUP
static void read_with_libcgroup(struct bench *bench)
{
	char line[256];
	char name[64];

	for (size_t i = 0; i < bench->options.containers; i++) {
		for (size_t k = 0; k < bench->files; k++) {
			void *handle = NULL;

			(void)snprintf(name, sizeof(name), "%s", bench->file_names[k]);
			if (cgroup_read_value_begin(bench->controller, bench->paths[i], name,
				    &handle, line, sizeof(line)) == 0) {
				do {
					bench->sum += line[0];
				} while (cgroup_read_value_next(&handle, line, sizeof(line)) == 0);
			}
			(void)cgroup_read_value_end(&handle);
		}
	}
}

static void read_with_get_cgroup(struct bench *bench)
{
	for (size_t i = 0; i < bench->options.containers; i++) {
		struct cgroup *group = cgroup_new_cgroup(bench->paths[i]);

		bench->sum += cgroup_get_cgroup(group);
		cgroup_free(&group);
	}
}

static void find_controller(struct bench *bench)
{
	struct cgroup_mount_point mount;
	void *handle = NULL;
	bool found = false;

	if (cgroup_init() != 0)
		return;
	if (cgroup_get_controller_begin(&handle, &mount) == 0) {
		do {
			found = strcmp(mount.path, bench->facts.root) == 0;
		} while (!found && cgroup_get_controller_next(&handle, &mount) == 0);
	}
	(void)cgroup_get_controller_end(&handle);
	if (found)
		(void)mem_strcpy(bench->controller, sizeof(bench->controller), mount.name);
}
#else
static void find_controller(struct bench *bench)
{
	bench->controller[0] = '\0';
}
#endif

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *values, size_t n)
{
	cleanup_free double *sorted = mem_zero(n, sizeof(*sorted));

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static double median_ratio(const double *a, const double *b, size_t n)
{
	cleanup_free double *ratios = mem_zero(n, sizeof(*ratios));

	for (size_t i = 0; i < n; i++)
		ratios[i] = a[i] / b[i];
	return median(ratios, n);
}

/* Read system calls of this process so far (syscr of proc(5)), pread included; -1: not told. */
static double count_reads(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	char line[128];
	double reads = -1;

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "syscr: ", 7) == 0)
			reads = strtod(line + 7, NULL);
	(void)fclose(file);
	return reads;
}

/* Measures all @ways, one after the other within each round and in turning order, so that what the
 * machine does meanwhile meets all of them. */
static void measure(struct bench *bench, struct way *ways, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		ways[k].usec = mem_zero(bench->options.rounds, sizeof(double));
		ways[k].read_all(bench); /* opens, warms the caches, is not counted */
	}
	for (size_t round = 0; round < bench->options.rounds; round++) {
		for (size_t k = 0; k < n; k++) {
			struct way *way = &ways[(k + round) % n];
			double begin = now_usec();

			way->read_all(bench);
			way->usec[round] = (now_usec() - begin) / (double)bench->options.containers;
		}
	}
}

static void make_paths(struct bench *bench, const char *path)
{
	bench->paths = mem_zero(bench->options.containers, sizeof(*bench->paths));
	for (size_t i = 0; i < bench->options.containers; i++) {
		if (path != NULL)
			(void)snprintf(bench->paths[i], sizeof(bench->paths[i]), "%s", path);
		else
			(void)snprintf(bench->paths[i], sizeof(bench->paths[i]), "%s/%064zx",
				bench->subtree, i);
	}
}

/* Opens the files of all containers twice: for the bare loop, and by the source. */
static void open_all(struct bench *bench, const struct cgroup_options *options)
{
	struct event_sink sink = { take_sample, bench };
	struct err err = { 0 };
	char name[NAME_MAX_BYTES];
	char id[CONTAINER_ID_MAX];
	size_t n = 0;

	if (cgroup_source_new(options, sink, &bench->source, &err) < 0) {
		(void)fprintf(stderr, "sampling: %s\n", err.msg);
		exit(1);
	}
	bench->files = 0;
	for (size_t k = 0; k < CGROUP_FILE_COUNT; k++) {
		bench->file_names[bench->files] = cgroup_file_names[k];
		name_of(bench, 0, bench->files, name);
		if (access(name, R_OK) == 0)
			bench->files++;
	}
	bench->fds = mem_zero(bench->options.containers * bench->files, sizeof(int));
	for (size_t i = 0; i < bench->options.containers; i++) {
		(void)snprintf(id, sizeof(id), "%064zx", i);
		cgroup_source_watch_path(bench->source, id, bench->paths[i]);
		for (size_t k = 0; k < bench->files; k++) {
			name_of(bench, i, k, name);
			bench->fds[n] = open(name, O_RDONLY | O_CLOEXEC);
			if (bench->fds[n++] < 0)
				die(name);
		}
	}
}

static void close_all(struct bench *bench)
{
	for (size_t i = 0; i < bench->options.containers * bench->files; i++)
		(void)close(bench->fds[i]);
	free(bench->fds);
	free(bench->paths);
	bench->source->vtable->free(bench->source);
}

/* A container with all eight files of pure v2, on a recorded tree: reading costs little there, so this
 * is mostly the calls and our own parsing. */
static double measure_recorded(const struct bench *real)
{
	char root[NAME_MAX_BYTES];
	char proc[NAME_MAX_BYTES];
	struct cgroup_options options = { .root = root, .proc = proc };
	struct bench bench = { .options = real->options };
	struct way way = { .read_all = read_with_source };
	double usec;

	(void)snprintf(root, sizeof(root), "%s/root", real->options.recorded);
	(void)snprintf(proc, sizeof(proc), "%s/proc", real->options.recorded);
	(void)mem_strcpy(bench.facts.root, sizeof(bench.facts.root), root);
	make_paths(&bench, real->options.recorded_path);
	open_all(&bench, &options);
	measure(&bench, &way, 1);
	usec = median(way.usec, real->options.rounds);
	free(way.usec);
	close_all(&bench);
	return usec;
}

static void print_results(const struct bench *bench, const struct way *ways, size_t n)
{
	size_t rounds = bench->options.rounds;

	(void)printf("%zu cgroups below %s, %zu files each (", bench->options.containers,
		bench->facts.root, bench->files);
	for (size_t k = 0; k < bench->files; k++)
		(void)printf("%s%s", k > 0 ? ", " : "", bench->file_names[k]);
	(void)printf(
		"), %zu rounds\n\n%-52s %12s %8s\n", rounds, "median", "us/container", "ratio");
	for (size_t k = 0; k < n; k++)
		(void)printf("%-52s %12.2f %8.2f\n", ways[k].what, median(ways[k].usec, rounds),
			median_ratio(ways[k].usec, ways[1].usec, rounds));
}

static void print_json(
	const struct bench *bench, const struct way *ways, size_t n, const double figures[2])
{
	(void)printf("{\"ratio_to_pread\":%.3f,\"containers\":%zu,\"files_per_container\":%zu",
		median_ratio(ways[0].usec, ways[1].usec, bench->options.rounds),
		bench->options.containers, bench->files);
	for (size_t k = 0; k < n; k++)
		(void)printf(",\"%s_usec\":%.3f", ways[k].name,
			median(ways[k].usec, bench->options.rounds));
	if (figures[0] >= 0)
		(void)printf(",\"reads_per_container\":%.2f", figures[0]);
	if (bench->options.recorded != NULL)
		(void)printf(",\"recorded_eight_files_usec\":%.3f", figures[1]);
	(void)printf("}\n");
}

static void run(struct bench *bench)
{
	struct way ways[] = {
		{ "ours", "dockscale: sample(), parsed, one event each", read_with_source, NULL },
		{ "pread", "bare pread loop, descriptors kept", read_with_pread, NULL },
		{ "open", "open, read, close", read_with_open, NULL },
		{ "stdio", "fopen, fgets, fclose", read_with_stdio, NULL },
#ifdef WITH_LIBCGROUP
		{ "libcgroup", "libcgroup: cgroup_read_value_begin, _next", read_with_libcgroup,
			NULL },
		{ "libcgroup_get", "libcgroup: cgroup_get_cgroup (its own choice of files)",
			read_with_get_cgroup, NULL },
#endif
	};
	struct cgroup_options options = { 0 };
	size_t n = countof(ways);
	double figures[2] = { -1, 0 };
	double reads;

	find_controller(bench);
	if (bench->controller[0] == '\0')
		n = 4;
	make_paths(bench, NULL);
	open_all(bench, &options);
	measure(bench, ways, n);
	reads = count_reads();
	read_with_source(bench);
	if (reads >= 0) /* asking costs the two reads of the first count */
		figures[0] = (count_reads() - reads - 2) / (double)bench->options.containers;
	if (reads >= 0 && figures[0] < 1) {
		(void)fprintf(stderr, "sampling: nothing is read: the measure is worth nothing\n");
		exit(1);
	}
	print_results(bench, ways, n);
	if (figures[0] >= 0)
		(void)printf("\nread system calls of a tick: %.2f a container\n", figures[0]);
	(void)printf("a tick of %zu containers: %.1f ms\n", bench->options.containers,
		median(ways[0].usec, bench->options.rounds) * (double)bench->options.containers /
			1e3);
	if (bench->options.recorded != NULL) {
		figures[1] = measure_recorded(bench);
		(void)printf(
			"all eight files of pure v2, recorded: %.2f us/container\n", figures[1]);
	}
	if (bench->options.json)
		print_json(bench, ways, n, figures);
	for (size_t k = 0; k < n; k++)
		free(ways[k].usec);
	close_all(bench);
}

/* The subtree comes and goes with this process. */

static void subtree_name(const struct bench *bench, size_t i, char name[NAME_MAX_BYTES])
{
	if (i == SIZE_MAX)
		(void)snprintf(name, NAME_MAX_BYTES, "%s/%s", bench->facts.root, bench->subtree);
	else
		(void)snprintf(
			name, NAME_MAX_BYTES, "%s/%s/%064zx", bench->facts.root, bench->subtree, i);
}

/* A process that waits in the group @name until it is killed. */
static void inhabit(struct bench *bench, const char *name)
{
	char path[NAME_MAX_BYTES + 32];
	char text[32];
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	bench->inhabitants[bench->n_inhabitants++] = pid;
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	(void)snprintf(text, sizeof(text), "%ld", (long)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	(void)close(fd);
}

static void remove_subtree(struct bench *bench)
{
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < bench->n_inhabitants; i++)
		(void)kill(bench->inhabitants[i], SIGKILL);
	for (size_t i = 0; i < bench->n_inhabitants; i++)
		(void)waitpid(bench->inhabitants[i], NULL, 0);
	free(bench->inhabitants);
	for (size_t i = 0; i < bench->options.containers; i++) {
		subtree_name(bench, i, name);
		(void)rmdir(name); /* not all may have been made */
	}
	subtree_name(bench, SIZE_MAX, name);
	if (rmdir(name) < 0 && errno != ENOENT)
		(void)fprintf(stderr, "sampling: %s: %s\n", name, strerror(errno));
}

/* A machine of pure v2 has them, if the groups above let them through; a hybrid one has none. */
static void pass_controllers(const char *group)
{
	static const char wanted[] = "+cpu +memory";
	char name[NAME_MAX_BYTES + 32];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/cgroup.subtree_control", group);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, wanted, sizeof(wanted) - 1); /* what it cannot pass is not measured */
	(void)close(fd);
}

static int make_subtree(struct bench *bench)
{
	char name[NAME_MAX_BYTES];

	bench->inhabitants = mem_zero(bench->options.containers, sizeof(*bench->inhabitants));
	subtree_name(bench, SIZE_MAX, name);
	for (size_t i = 0; i <= bench->options.containers; i++) {
		if (mkdir(name, 0755) < 0) {
			(void)fprintf(stderr, "sampling: %s: %s (root is needed)\n", name,
				strerror(errno));
			return 1;
		}
		if (i == 0)
			pass_controllers(name);
		else
			inhabit(bench, name);
		subtree_name(bench, i, name);
	}
	return 0;
}

static volatile sig_atomic_t stopped;
static volatile sig_atomic_t worker;

static void stop(int number)
{
	stopped = number;
	if (worker > 0)
		(void)kill(worker, SIGKILL); /* it owns nothing: the parent cleans up */
}

static int run_in_child(struct bench *bench)
{
	struct sigaction action = { .sa_handler = stop };
	int status = 0;

	for (size_t i = 0; i < 3; i++)
		(void)sigaction((const int[]){ SIGINT, SIGTERM, SIGHUP }[i], &action, NULL);
	if (make_subtree(bench) != 0 || stopped != 0)
		return 1;
	worker = fork();
	if (worker < 0)
		die("fork");
	if (worker == 0) {
		run(bench);
		exit(0);
	}
	while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
		;
	return stopped == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static size_t parse_count(const char *text, size_t most)
{
	struct err err = { 0 };
	uint64_t value = 0;

	if (parse_unsigned(text, 1, most, &value, &err) < 0) {
		(void)fprintf(stderr, "sampling: %s\n", err.msg);
		exit(2);
	}
	return (size_t)value;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option known[] = { { "json", no_argument, NULL, 'j' },
		{ "containers", required_argument, NULL, 'c' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "recorded", required_argument, NULL, 'b' },
		{ "recorded-path", required_argument, NULL, 'p' }, { NULL, 0, NULL, 0 } };
	struct options options = { .containers = 1000, .rounds = 31 };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'j':
			options.json = true;
			break;
		case 'c':
			options.containers = parse_count(optarg, CONTAINERS_MAX);
			break;
		case 'r':
			options.rounds = parse_count(optarg, ROUNDS_MAX);
			break;
		case 'b':
			options.recorded = optarg;
			break;
		case 'p':
			options.recorded_path = optarg;
			break;
		default:
			exit(2);
		}
	}
	return options;
}

int main(int argc, char **argv)
{
	struct bench bench = { .options = parse_options(argc, argv) };
	struct cgroup_options options = { 0 };
	struct err err = { 0 };
	int result;

	if (cgroup_discover(&options, &bench.facts, &err) < 0) {
		(void)fprintf(stderr, "sampling: %s\n", err.msg);
		return 1;
	}
	(void)snprintf(bench.subtree, sizeof(bench.subtree), "dockscale-bench-%ld", (long)getpid());
	result = run_in_child(&bench);
	remove_subtree(&bench);
	return result;
}
