/*
 * More than the replicas can bear, and no more replicas: at max, on a full host, behind a guard, or
 * by a person's word. Why nobody else is coming does not matter here, only that the replicas stay
 * full and nobody is on the way. Then each gets as many requests at once as fill it, the others
 * wait in the balancer's queue, and who waits too long gets an honest refusal there.
 *
 * The number is learnt by core/concurrency.c. Each balancer gets its share of it.
 */
#include "decide.h"

#include <dockscale/base/hash.h>

#include <math.h>

/* The rate's newest part: two ticks after a change it speaks of the time behind it. */
#define RATE_SHARE 0.6

/* A report between two ticks spans too little time for a rate. */
#define RATE_SPAN (USEC_PER_SEC / 2)

void overload_take(
	struct engine *engine, struct replica *replica, const struct server_report *report)
{
	usec_t now = engine->now.boot;
	usec_t from = 0;
	struct reading rate;

	replica->queued = report->queued;
	if (!reading_is_known(report->total) || !reading_is_known(report->sessions)) {
		counter_reset(&replica->requests);
		replica->rate = reading_unknown();
		return;
	}
	if (replica->requests.primed && now < replica->requests.at + RATE_SPAN)
		return;
	/* Those that ended: without a limit as many begin as come. */
	rate = counter_rate(&replica->requests,
		(uint64_t)fmax(report->total.value - report->sessions.value, 0), now, &from);
	if (reading_is_known(rate) && reading_is_known(replica->rate))
		rate.value += (1 - RATE_SHARE) * (replica->rate.value - rate.value);
	replica->rate = rate;
}

static void add(struct reading *sum, struct reading part)
{
	if (reading_is_known(*sum) && reading_is_known(part))
		sum->value += part.value;
	else
		*sum = reading_unknown();
}

struct reading overload_queued(const struct service *service)
{
	struct reading queued = service->queued;

	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_SERVING)
			add(&queued, service->replicas[i]->queued);
	return queued;
}

/* Requests of all that serve. */
struct requests {
	unsigned replicas;
	struct reading sessions; /* that they have; unknown where some are counted by nobody */
	struct reading rate; /* that ended in a second */
};

static struct requests count_requests(const struct service *service)
{
	struct requests requests = { .sessions = reading_known(0), .rate = reading_known(0) };

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state != REPLICA_SERVING)
			continue;
		requests.replicas++;
		add(&requests.sessions, replica->sessions);
		add(&requests.rate, replica->rate);
	}
	if (service->n_balancers == 0 || service->n_reachable < service->n_balancers)
		requests.sessions = reading_unknown();
	return requests;
}

struct reading overload_backlog(const struct engine *engine, struct service *service)
{
	const struct demand *cpu = &service->demand[METRIC_CPU];
	struct requests requests = count_requests(service);
	struct backlog_input input = {
		.now = engine->now.boot,
		.used = reading_unknown(),
		.utilisation = reading_unknown(),
		.rate = requests.rate,
		.sessions = requests.sessions,
		.queued = overload_queued(service),
	};

	/* Rates of a part of the balancers are not the work of all of it. */
	if (!reading_is_known(requests.sessions))
		input.rate = input.queued = reading_unknown();
	if (cpu->state == READING_KNOWN) {
		input.used = reading_known(cpu->utilisation * (double)cpu->replicas);
		input.utilisation = reading_known(cpu->utilisation);
	}
	return backlog_push(&service->backlog, &input);
}

/* One that starts is help, unless those before it all failed. */
static bool is_help_coming(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas && service->failures == 0; i++)
		if (replica_counts(service->replicas[i]) &&
			service->replicas[i]->state != REPLICA_SERVING)
			return true;
	return false;
}

/* What the service's replicas are made of. */
static uint64_t kind_of(const struct service *service)
{
	const struct replica *template = service->template;
	uint64_t hash = HASH_BEGIN;

	if (template == NULL)
		return 0;
	hash = hash_text(hash, template->facts.spec);
	return hash_bytes(
		hash, &template->facts.cpu_limit_cores, sizeof(template->facts.cpu_limit_cores));
}

/* Full is also who always waits for a CPU that others have: on a full host nobody comes to what it may
 * use. */
static struct reading fullness(const struct service *service, struct reading pressure)
{
	const struct demand *cpu = &service->demand[METRIC_CPU];

	if (cpu->state != READING_KNOWN || !cpu->usable_down)
		return reading_unknown();
	if (!reading_is_known(pressure))
		return reading_known(cpu->utilisation);
	return reading_known(fmax(cpu->utilisation, pressure.value));
}

static struct concurrency_input look(const struct engine *engine, const struct service *service)
{
	struct reading pressure = reading_known(0);
	struct requests requests = count_requests(service);
	struct concurrency_input input = {
		.now = engine->now.boot,
		.replicas = requests.replicas,
		.fixed = !is_help_coming(service),
		.queued = overload_queued(service),
		.sessions = requests.sessions,
		.rate = requests.rate,
	};

	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_SERVING)
			add(&pressure, rate_newest(&service->replicas[i]->cpu_stall));
	if (input.replicas > 0)
		pressure.value /= input.replicas;
	input.utilisation = fullness(service, pressure);
	return input;
}

static void tell(struct engine *engine, const struct service *service, unsigned before)
{
	bool over = service->concurrency.limit == 0;
	struct note note = { LOG_LEVEL_INFO, over ? "overload over" : "overload", NULL, -1, -1 };

	if (!over && before > 0) { /* a step of the search */
		note.level = LOG_LEVEL_DEBUG;
		note.what = "limit changed";
	}
	if (over)
		note_add(engine, service, &note, "no limit of requests at once any more");
	else
		note_add(engine, service, &note,
			"replicas are full and no other is on its way: each gets %u requests at "
			"once, the others wait in HAProxy's queue",
			service->concurrency.limit);
}

void overload_step(struct engine *engine, struct service *service)
{
	struct concurrency_input input;
	unsigned before = service->concurrency.limit;
	uint64_t kind = kind_of(service);

	bool learns = service->config.haproxy.maxconn == BALANCER_MAXCONN_LEARN &&
		      service->settled && !fleet_dry(engine, service);

	if (!learns || (kind != 0 && service->kind != 0 && kind != service->kind))
		concurrency_forget(&service->concurrency);
	if (kind != 0)
		service->kind = kind;
	if (!learns)
		return;
	input = look(engine, service);
	(void)concurrency_learn(&service->concurrency, &input);
	if (service->concurrency.limit == 0)
		service->limit_recalled = false;
	if (service->concurrency.limit != before)
		tell(engine, service, before);
}

void overload_recall(const struct engine *engine, struct service *service, unsigned limit)
{
	service->concurrency.limit = limit;
	service->concurrency.moved_at = engine->now.boot;
	service->limit_recalled = limit > 0;
}

unsigned overload_maxconn(const struct service *service)
{
	size_t shares = service->n_reachable > 0 ? service->n_reachable : 1;

	switch (service->config.haproxy.maxconn) {
	case BALANCER_MAXCONN_OFF:
		return 0;
	case BALANCER_MAXCONN_COUNT:
		return service->config.haproxy.maxconn_count;
	case BALANCER_MAXCONN_LEARN:
		return (unsigned)((service->concurrency.limit + shares - 1) / shares);
	}
	return 0;
}
