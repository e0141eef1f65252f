/*
 * Three services on one machine. Peers scale each by itself: the machine gives cores to whoever asks first,
 * and the others wait. Ours are arbitrated by the daemon's engine, by priority.
 */
#include "machine.h"

#include <dockscale/adapter/sim/simulation.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t seconds_of(const struct machine *machine)
{
	size_t seconds = machine->traces[0]->seconds;

	for (size_t i = 1; i < MACHINE_SERVICES; i++)
		if (machine->traces[i]->seconds < seconds)
			seconds = machine->traces[i]->seconds;
	return seconds;
}

static unsigned total(const struct plant plants[static MACHINE_SERVICES])
{
	unsigned sum = 0;

	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		sum += plants[i].ready + plants[i].starting;
	return sum;
}

/* A second of all of them: first it is lived and given back, then asked for. */
static void live(const struct machine *machine, struct plant plants[static MACHINE_SERVICES],
	size_t second, bool asks)
{
	size_t serves_at = second + 1 + machine->startup;
	unsigned wishes[MACHINE_SERVICES];
	double cores = 0;

	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		plant_wake(&plants[i], second);
		cores += plant_wanted(&plants[i], second);
	}
	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		wishes[i] = plant_live(&plants[i], second, fmin(1, machine->cores / cores));
		plant_set(&plants[i], wishes[i], 0, serves_at);
	}
	for (size_t k = 0; k < MACHINE_SERVICES; k++) {
		size_t i = (second + k) % MACHINE_SERVICES; /* nobody is always the first to ask */

		plant_set(&plants[i], wishes[i],
			asks ? machine->cores - total(plants) : PLANT_REPLICAS_MAX, serves_at);
	}
}

struct machine_score machine_run_alone(
	const struct machine *machine, const struct rule *rule, bool asks)
{
	struct machine_score score = { .most_running = 0 };
	struct plant plants[MACHINE_SERVICES];
	size_t seconds = seconds_of(machine);

	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		plant_begin(&plants[i], machine->traces[i], rule, machine->startup,
			trace_first_count(machine->traces[i], machine->cores / 4));
	for (size_t t = 0; t < seconds; t++) {
		live(machine, plants, t, asks);
		score.most_running = fmax(score.most_running, total(plants));
	}
	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		score.services[i] = plant_end(&plants[i]);
	return score;
}

static struct simulation *begin_ours(
	const struct machine *machine, const char *pace, struct config *config)
{
	static const char *const names[] = { "first", "second", "third" };
	static const char *const priorities[] = { "dockscale.priority=1", "dockscale.priority=0",
		"dockscale.priority=-1" };
	struct simulation_settings settings = {
		.config = config,
		.n_services = MACHINE_SERVICES,
		.startup = (usec_t)machine->startup * USEC_PER_SEC,
		.host_cores = machine->cores,
		.seed = machine->seed,
	};
	const char *labels[MACHINE_SERVICES][4];
	struct simulation *simulation;
	char most[32];
	struct err err;

	(void)snprintf(most, sizeof(most), "dockscale.max=%u", machine->cores);
	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		labels[i][0] = most;
		labels[i][1] = "dockscale.haproxy.port=80";
		labels[i][2] = priorities[i];
		labels[i][3] = pace;
		settings.services[i] = (struct simulation_service){
			.name = names[i],
			.trace = machine->traces[i],
			.cores = 1,
			.min = 1,
			.max = machine->cores,
			.labels = labels[i],
			.n_labels = countof(labels[i]),
		};
	}
	if (simulation_new(&settings, &simulation, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return simulation;
}

struct machine_score machine_run_ours(const struct machine *machine, const char *pace)
{
	struct machine_score score = { .most_running = 0 };
	struct config *config = config_new();
	struct simulation *simulation;

	config->daemon.allow_labels = LABELS_ALL;
	simulation = begin_ours(machine, pace, config);
	while (simulation_step(simulation)) {
		double running = 0;

		for (size_t i = 0; i < MACHINE_SERVICES; i++)
			running += simulation_state(simulation, i).running;
		score.most_running = fmax(score.most_running, running);
	}
	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		score.services[i] = simulation_score(simulation, i);
	simulation_free(simulation);
	config_free(config);
	return score;
}

static void print_row(const char *name, const struct machine_score *score)
{
	double paid = 0;

	(void)printf("%-32s", name);
	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		(void)printf(
			" %7.2f%% %8.1f", score->services[i].late, score->services[i].paid / 3600);
		paid += score->services[i].paid / 3600;
	}
	(void)printf(" %9.1f %6.0f\n", paid, score->most_running);
}

static void append_row(const char *name, const struct machine_score *score, struct str *out)
{
	str_append(out, out->length == 0 ? "[" : ",\n");
	str_append(out, "{\"policy\":");
	str_append_json(out, name);
	str_appendf(out, ",\"most_running\":%.0f,\"services\":[", score->most_running);
	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		str_appendf(out,
			"%s{\"late\":%.4f,\"lost\":%.4f,\"tau_u\":%.4f,\"replica_hours\":%.3f}",
			i == 0 ? "" : ",", score->services[i].late, score->services[i].lost,
			score->services[i].under, score->services[i].paid / 3600);
	str_append(out, "]}");
}

void machine_compare(const struct machine *machine, bool json)
{
	static const char *const paces[][2] = {
		{ "dockscale responsive", "dockscale.policy.pace=responsive" },
		{ "dockscale calm", "dockscale.policy.pace=calm" },
	};
	struct str out = { 0 };

	if (!json) {
		(void)printf(
			"%u cores, a replica takes %u s to start; late requests and replica-hours "
			"of each\n%-32s",
			machine->cores, machine->startup, "rule");
		for (size_t i = 0; i < MACHINE_SERVICES; i++)
			(void)printf(" %17.17s", machine->traces[i]->name);
		(void)printf(" %9s %6s\n", "all", "most");
	}
	for (size_t i = 0; i < quality_peers_count; i++) {
		if (strncmp(quality_peers[i].name, "HPA", 3) != 0)
			continue;
		for (int asks = 1; asks >= 0; asks--) {
			struct machine_score score =
				machine_run_alone(machine, &quality_peers[i], asks == 1);
			char name[64];

			(void)snprintf(name, sizeof(name), "%s%s", quality_peers[i].name,
				asks == 1 ? "" : ", no requests");
			if (json)
				append_row(name, &score, &out);
			else
				print_row(name, &score);
		}
	}
	for (size_t i = 0; i < countof(paces); i++) {
		struct machine_score score = machine_run_ours(machine, paces[i][1]);

		if (json)
			append_row(paces[i][0], &score, &out);
		else
			print_row(paces[i][0], &score);
	}
	if (json)
		(void)printf("%s]\n", str_text(&out));
	str_finish(&out);
}
