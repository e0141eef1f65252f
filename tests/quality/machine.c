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

#define QUEUE_SECONDS 10.0

static size_t seconds_of(const struct machine *machine)
{
	size_t seconds = machine->traces[0]->seconds;

	for (size_t i = 1; i < MACHINE_SERVICES; i++)
		if (machine->traces[i]->seconds < seconds)
			seconds = machine->traces[i]->seconds;
	return seconds;
}

/* A service that is scaled by itself. */
struct alone {
	const struct trace *trace;
	void *state;
	unsigned ready;
	unsigned starting;
	size_t serves_at[PLANT_REPLICAS_MAX]; /* of those that start, oldest first */
	double queue;
	struct score score;
};

static void come_to_serve(struct alone *alone, size_t second)
{
	unsigned served = 0;

	while (served < alone->starting && alone->serves_at[served] <= second)
		served++;
	alone->ready += served;
	alone->starting -= served;
	memmove(alone->serves_at, alone->serves_at + served,
		alone->starting * sizeof(alone->serves_at[0]));
}

static unsigned total(const struct alone alone[static MACHINE_SERVICES])
{
	unsigned sum = 0;

	for (size_t i = 0; i < MACHINE_SERVICES; i++)
		sum += alone[i].ready + alone[i].starting;
	return sum;
}

/* Cores that it would use in a second if it were alone. */
static double wanted(const struct alone *alone, size_t second)
{
	return fmin(alone->queue + (double)alone->trace->arrivals[second], alone->ready);
}

/* A second of its load, of which it gets a share; gives the count that its rule wants. */
static unsigned live(struct alone *alone, const struct rule *rule, size_t second, double share)
{
	double arrivals = (double)alone->trace->arrivals[second];
	double served = share * wanted(alone, second);
	double lost;
	unsigned wish;
	struct view view;

	alone->queue += arrivals - served;
	lost = fmax(0, alone->queue - QUEUE_SECONDS * alone->ready);
	alone->queue -= lost;
	view = (struct view){
		.second = second,
		.ready = alone->ready,
		.starting = alone->starting,
		.used = fmin(alone->ready, served * (double)alone->trace->error[second]),
		.arrived = arrivals,
		.queue = alone->queue,
	};
	wish = rule->decide(alone->state, &view);
	wish = wish < 1 ? 1 : wish > PLANT_REPLICAS_MAX ? PLANT_REPLICAS_MAX : wish;
	score_push(&alone->score, &(struct score_second){ .serving = alone->ready,
					  .idle = alone->starting,
					  .wanted = alone->trace->wanted[second],
					  .arrived = arrivals,
					  .lost = lost,
					  .waiting = alone->queue,
					  .capacity = fmax(served, share * alone->ready),
					  .acted = wish != alone->ready + alone->starting });
	return wish;
}

static void go_down(struct alone *alone, unsigned wish)
{
	while (alone->ready + alone->starting > wish) {
		if (alone->starting > 0)
			alone->starting--;
		else
			alone->ready--;
	}
}

static void go_up(struct alone *alone, unsigned wish, unsigned room, size_t serves_at)
{
	for (; alone->ready + alone->starting < wish && room > 0; room--)
		alone->serves_at[alone->starting++] = serves_at;
}

struct machine_score machine_run_alone(
	const struct machine *machine, const struct rule *rule, bool asks)
{
	struct alone alone[MACHINE_SERVICES] = { { .ready = 0 } };
	struct machine_score score = { .most_running = 0 };
	size_t seconds = seconds_of(machine);

	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		alone[i].trace = machine->traces[i];
		alone[i].ready = trace_first_count(machine->traces[i], machine->cores / 4);
		alone[i].state = rule->begin(rule, machine->traces[i], machine->startup);
	}
	for (size_t t = 0; t < seconds; t++) {
		unsigned wishes[MACHINE_SERVICES];
		double cores = 0;

		for (size_t i = 0; i < MACHINE_SERVICES; i++) {
			come_to_serve(&alone[i], t);
			cores += wanted(&alone[i], t);
		}
		for (size_t i = 0; i < MACHINE_SERVICES; i++) {
			wishes[i] = live(&alone[i], rule, t, fmin(1, machine->cores / cores));
			go_down(&alone[i], wishes[i]);
		}
		for (size_t k = 0; k < MACHINE_SERVICES;
			k++) { /* nobody is always the first to ask */
			size_t i = (t + k) % MACHINE_SERVICES;

			go_up(&alone[i], wishes[i],
				asks ? machine->cores - total(alone) : PLANT_REPLICAS_MAX,
				t + 1 + machine->startup);
		}
		score.most_running = fmax(score.most_running, total(alone));
	}
	for (size_t i = 0; i < MACHINE_SERVICES; i++) {
		rule->end(alone[i].state);
		score_finish(&alone[i].score);
		score.services[i] = alone[i].score;
	}
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
