/*
 * A configuration on the simulated world. What it says of scaling is taken as it is; what it says of
 * the machine around it (sockets, backends, networks) has no meaning there and is left out, so that a
 * file can be tried as it stands. Labels of a container are not known here: the file has to do.
 */
#include <dockscale/app/trial.h>

#include <dockscale/adapter/sim.h>
#include <dockscale/adapter/sim/simulation.h>
#include <dockscale/app/files.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define PROGRESS_EVERY 1000 /* seconds of the load */

static bool means_nothing(const struct assignment *assignment)
{
	static const struct {
		const char *section;
		const char *key;
	} keys[] = {
		{ "service", "match" },
		{ "service", "dry_run" },
		{ "health", "path" },
		{ "health", "port" },
		{ "haproxy", "socket" },
		{ "haproxy", "backend" },
		{ "haproxy", "port" },
		{ "haproxy", "network" },
		{ "haproxy", "address" },
		{ "haproxy", "method" },
		{ "haproxy", "slot_prefix" },
		{ "haproxy", "slots" },
		{ "haproxy", "server_options" },
		{ "haproxy", "state_file" },
	};

	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(assignment->section, keys[i].section) == 0 &&
			strcmp(assignment->key, keys[i].key) == 0)
			return true;
	return false;
}

static bool has_balancer(const struct service_file *file)
{
	bool has = true;

	for (size_t i = 0; i < file->n_assignments; i++)
		if (strcmp(file->assignments[i].section, "haproxy") == 0 &&
			strcmp(file->assignments[i].key, "balancer") == 0)
			has = strcmp(file->assignments[i].value, "none") != 0;
	return has;
}

static void move_to_the_world(struct service_file *file)
{
	static const struct assignment port = { "haproxy", "port", "80", "the simulated world" };
	size_t n = 0;

	for (size_t i = 0; i < file->n_assignments; i++)
		if (!means_nothing(&file->assignments[i]))
			file->assignments[n++] = file->assignments[i];
	file->n_assignments = n;
	if (!has_balancer(file))
		return;
	file->assignments = mem_resize(file->assignments, n + 1, sizeof(port));
	file->assignments[file->n_assignments++] = port;
}

static int prepare(struct trial *trial, struct service_file *file, struct err *err)
{
	struct daemon_config *daemon = &trial->config->daemon;

	daemon->dry_run = false;
	daemon->allow_labels = LABELS_ALL; /* the world knows its containers by a label */
	(void)mem_strcpy(trial->service, sizeof(trial->service), file->name);
	move_to_the_world(file);
	trial->settings = mem_zero(1, sizeof(*trial->settings));
	return config_resolve(daemon, file, file->name, "", NULL, 0, trial->settings, err);
}

int trial_load_file(struct trial *trial, const char *path, const struct daemon_config *daemon,
	struct config_problems *problems, struct err *err)
{
	(void)mem_strcpy(trial->name, sizeof(trial->name), path);
	if (config_load_service(path, daemon, &trial->config, problems) < 0)
		return err_set(err, ERR_INVALID, "%s is wrong: see `dockscalectl check`", path);
	return prepare(trial, &trial->config->files[0], err);
}

int trial_load_service(struct trial *trial, const char *directory, const char *service,
	struct config_problems *problems, struct err *err)
{
	struct files_options options = { .directory = directory };
	int r = files_load(&options, &trial->config, problems, err);

	if (r < 0)
		return r;
	(void)snprintf(trial->name, sizeof(trial->name), "%s (now)", service);
	for (size_t i = 0; i < trial->config->n_files; i++) {
		struct service_file *file = &trial->config->files[i];

		if (strcmp(file->name, service) != 0)
			continue;
		if (file->broken)
			return err_set(err, ERR_INVALID, "%s is wrong: see `dockscalectl check`",
				file->path);
		return prepare(trial, file, err);
	}
	return err_set(err, ERR_NOT_FOUND,
		"service '%s' has no file in %s/services.d (labels of its container are not known "
		"here): write what it has into a file and give that with --config FILE.ini",
		service, directory);
}

/* What 100 % is, in cores. */
static double cores_of(const struct service_config *settings)
{
	const struct metric_config *cpu = &settings->metric[METRIC_CPU];

	if (cpu->capacity == CAPACITY_CORES)
		return cpu->capacity_cores;
	return cpu->capacity == CAPACITY_HOST ? SIM_HOST_CORES : 1;
}

static struct simulation_settings simulation_of(
	const struct trial *trial, const struct trial_load *load)
{
	const struct service_config *settings = trial->settings;
	struct simulation_settings simulation = {
		.config = trial->config,
		.n_services = 1,
		.startup = load->startup,
		.seed = load->seed,
	};

	simulation.services[0] = (struct simulation_service){
		.name = trial->service,
		.trace = load->trace,
		.cores = cores_of(settings),
		.pool = settings->mode == SERVICE_MODE_POOL,
		.min = settings->min,
		.max = settings->max,
	};
	return simulation;
}

static void report(const struct trial_load *load, size_t second)
{
	if (load->progress != NULL && second % PROGRESS_EVERY == 0)
		load->progress(load->context, (double)second / (double)load->trace->seconds);
}

int trial_run(struct trial *trial, const struct trial_load *load, struct err *err)
{
	struct simulation_settings settings = simulation_of(trial, load);
	struct simulation *simulation = NULL;
	int r = simulation_new(&settings, &simulation, err);

	if (r < 0)
		return r;
	trial->serving = mem_zero(load->trace->seconds, sizeof(*trial->serving));
	trial->seconds = 0;
	while (simulation_step(simulation)) {
		struct simulation_state state = simulation_state(simulation, 0);

		trial->serving[trial->seconds++] = (uint16_t)state.serving;
		report(load, trial->seconds);
	}
	trial->score = simulation_score(simulation, 0);
	trial->failed = simulation_failed(simulation, 0);
	(void)mem_strcpy(trial->problem, sizeof(trial->problem), simulation_problem(simulation, 0));
	simulation_free(simulation);
	return 0;
}

void trial_finish(struct trial *trial)
{
	config_free(trial->config);
	free(trial->settings);
	free(trial->serving);
	*trial = (struct trial){ .config = NULL };
}
