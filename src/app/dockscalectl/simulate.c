/*
 * `dockscalectl simulate`: what configurations would have done under a recorded load. The daemon is
 * not asked, and nothing that runs is touched: its engine is run here, on a world that is simulated.
 */
#include "client.h"

#include <dockscale/app/trial_show.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTUP_DEFAULT (10 * USEC_PER_SEC)
#define STARTUP_MAX     (600 * USEC_PER_SEC)
#define BAR             30
#define COLUMNS_DEFAULT 100
#define COLUMNS_MAX     160

/* The command line, read. */
struct plan {
	const struct ctl *ctl;
	const char *service; /* NULL: files alone */
	const char *directory; /* of --config; NULL: none */
	const char *files[PLOT_LINES_MAX];
	size_t n_files;
	struct trace_options trace;
	struct trial_load load;
	struct trials trials;
	bool progress; /* there is a terminal to show it on */
	size_t trial; /* that runs */
};

static bool is_directory(const char *path)
{
	struct stat there;

	return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

static int take_configs(struct plan *plan, struct err *err)
{
	const struct arguments_rest *configs = &plan->ctl->configs;
	size_t most = plan->service != NULL ? PLOT_LINES_MAX - 1 : PLOT_LINES_MAX;

	for (size_t i = 0; i < configs->count; i++) {
		if (is_directory(configs->items[i])) {
			plan->directory = configs->items[i];
			continue;
		}
		if (plan->n_files == most)
			return err_set(err, ERR_INVALID, "more than %zu files to compare", most);
		plan->files[plan->n_files++] = configs->items[i];
	}
	if (plan->service == NULL && plan->n_files == 0)
		return err_set(err, ERR_INVALID,
			"what is to be tried? name a service, or --config FILE.ini, or both to "
			"compare");
	return 0;
}

static int take_scale(struct plan *plan, struct err *err)
{
	const struct ctl *ctl = plan->ctl;

	if ((ctl->peak == NULL) == (ctl->per_replica == NULL))
		return err_set(err, ERR_INVALID,
			"how many replicas is the load? say --peak N (its 99.5th percentile wants "
			"N "
			"replicas at 80%%), or --per-replica RATE (so much keeps one busy), and "
			"not "
			"both");
	if (ctl->peak != NULL &&
		parse_number(ctl->peak, 0.01, TRACE_WANTED_MAX, &plan->trace.peak, err) < 0)
		return err_wrap(err, "--peak");
	if (ctl->per_replica != NULL &&
		parse_number(ctl->per_replica, 1e-9, 1e18, &plan->trace.per_replica, err) < 0)
		return err_wrap(err, "--per-replica");
	return 0;
}

static int take_times(struct plan *plan, struct err *err)
{
	const struct ctl *ctl = plan->ctl;
	usec_t part = 0;

	plan->load.startup = STARTUP_DEFAULT;
	if (ctl->startup != NULL &&
		parse_duration(ctl->startup, true, &plan->load.startup, err) < 0)
		return err_wrap(err, "--start-up");
	if (plan->load.startup > STARTUP_MAX)
		return err_set(err, ERR_INVALID, "--start-up: 10m is the most");
	if (ctl->duration != NULL && parse_duration(ctl->duration, false, &part, err) < 0)
		return err_wrap(err, "--for");
	if (ctl->duration != NULL && part < USEC_PER_SEC)
		return err_set(err, ERR_INVALID, "--for: a second is the least");
	plan->trace.seconds_max = (size_t)(part / USEC_PER_SEC);
	return 0;
}

static int take_arguments(struct plan *plan, struct err *err)
{
	const struct ctl *ctl = plan->ctl;
	uint64_t seed = 1;
	int r;

	if (ctl->words.count > 0)
		plan->service = ctl->words.items[0];
	if (ctl->trace == NULL)
		return err_set(err, ERR_INVALID,
			"which load? --trace FILE.csv, with a line \"seconds,rate\" for each time");
	if (ctl->seed != NULL && parse_unsigned(ctl->seed, 0, UINT32_MAX, &seed, err) < 0)
		return err_wrap(err, "--seed");
	plan->trace.seed = seed;
	plan->load.seed = seed;
	r = take_configs(plan, err);
	if (r == 0)
		r = take_scale(plan, err);
	if (r == 0)
		r = take_times(plan, err);
	return r;
}

static int fail_with(
	const struct config_problems *problems, const char *service, const struct err *err)
{
	(void)ctl_fail(CTL_PROBLEM, "%s", err->msg);
	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++)
		if (service == NULL || strcmp(problems->items[i].service, service) == 0)
			(void)fprintf(stderr, "  %s\n", problems->items[i].text);
	return CTL_PROBLEM;
}

/* The service as it is now comes first, and the files are of a daemon as it has. */
static int load_trials(struct plan *plan)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	cleanup_free struct config *defaults = config_new();
	const struct daemon_config *daemon = &defaults->daemon;
	struct trials *trials = &plan->trials;
	struct ctl asked = *plan->ctl;
	char directory[CONFIG_TEXT_MAX];
	struct err err;

	if (plan->service != NULL) {
		asked.config = plan->directory;
		client_config(&asked, directory);
		if (trial_load_service(&trials->items[trials->count++], directory, plan->service,
			    problems, &err) < 0)
			return fail_with(problems, plan->service, &err);
		daemon = &trials->items[0].config->daemon;
	}
	for (size_t i = 0; i < plan->n_files; i++) {
		problems->count = 0;
		if (trial_load_file(&trials->items[trials->count++], plan->files[i], daemon,
			    problems, &err) < 0)
			return fail_with(problems, NULL, &err);
	}
	return CTL_DONE;
}

static void show_progress(void *context, double share)
{
	const struct plan *plan = context;
	double whole = ((double)plan->trial + share) / (double)plan->trials.count;
	int done = (int)(whole * BAR);

	(void)fprintf(stderr, "\r[%.*s%*s] %3.0f %%", done, "##############################",
		BAR - done, "", 100 * whole);
	(void)fflush(stderr);
}

static int run_trials(struct plan *plan)
{
	struct err err;
	int exit_status = CTL_DONE;

	if (isatty(STDERR_FILENO) == 1)
		plan->load.progress = show_progress;
	plan->load.context = plan;
	for (plan->trial = 0; plan->trial < plan->trials.count; plan->trial++) {
		struct trial *trial = &plan->trials.items[plan->trial];

		if (trial_run(trial, &plan->load, &err) < 0) {
			exit_status = CTL_PROBLEM;
			break;
		}
	}
	if (plan->load.progress != NULL)
		(void)fprintf(stderr, "\r%*s\r", BAR + 10, "");
	if (exit_status != CTL_DONE)
		return ctl_fail(
			exit_status, "%s: %s", plan->trials.items[plan->trial].name, err.msg);
	return CTL_DONE;
}

static int write_svg(const struct plan *plan)
{
	const struct plot plot = trials_plot(&plan->trials, &plan->load);
	cleanup_str struct str text = { 0 };
	FILE *file = fopen(plan->ctl->svg, "we");
	bool written;

	if (file == NULL)
		return ctl_fail(CTL_PROBLEM, "%s: %s", plan->ctl->svg, strerror(errno));
	plot_svg(&plot, &text);
	written = fputs(str_text(&text), file) >= 0;
	if (fclose(file) != 0 || !written)
		return ctl_fail(CTL_PROBLEM, "%s: %s", plan->ctl->svg, strerror(errno));
	return CTL_DONE;
}

static size_t terminal_columns(void)
{
	struct winsize size = { .ws_col = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

/* As setlocale() would find it. */
static bool speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < countof(names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

static int print(const struct plan *plan)
{
	cleanup_str struct str text = { 0 };
	const struct plot plot = trials_plot(&plan->trials, &plan->load);

	if (plan->ctl->json) {
		trials_json(&plan->trials, &plan->load, &text);
	} else {
		trials_show(&plan->trials, &plan->load, &text);
		plot_text(&plot, terminal_columns(), !speaks_utf8(), &text);
	}
	(void)fputs(str_text(&text), stdout);
	return fflush(stdout) == 0 ? CTL_DONE : CTL_PROBLEM;
}

static int compare(struct plan *plan)
{
	int exit_status = load_trials(plan);
	struct trace *trace = NULL;
	struct err err;

	if (exit_status != CTL_DONE)
		return exit_status;
	if (trace_read(plan->ctl->trace, &plan->trace, &trace, &err) < 0)
		return ctl_fail(CTL_PROBLEM, "%s", err.msg);
	plan->load.trace = trace;
	exit_status = run_trials(plan);
	if (exit_status == CTL_DONE && plan->ctl->svg != NULL)
		exit_status = write_svg(plan);
	if (exit_status == CTL_DONE)
		exit_status = print(plan);
	trace_free(trace);
	return exit_status;
}

int simulate_run(const struct ctl *ctl)
{
	cleanup_free struct plan *plan = mem_zero(1, sizeof(*plan));
	struct err err;
	int exit_status;

	plan->ctl = ctl;
	if (take_arguments(plan, &err) < 0)
		return ctl_fail(CTL_USAGE, "simulate: %s", err.msg);
	exit_status = compare(plan);
	for (size_t i = 0; i < plan->trials.count; i++)
		trial_finish(&plan->trials.items[i]);
	return exit_status;
}
