/*
 * The engine's door: events in, intents out. It routes each event to the replica or service it
 * concerns, and then looks at every service once. Nothing below this floor can be called from
 * here but by an intent, so a step can be recorded, replayed, simulated or cut off anywhere.
 */
#include "step.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* More than any daemon that adjusts a clock moves it between two steps. */
#define CLOCK_JUMP USEC_PER_SEC

/* Services that are gone and wait for a balancer to close their servers; beyond it one is forgotten
 * after it was told once. */
#define CLOSING_MAX 64

struct engine *engine_new(const char *instance, uint64_t seed)
{
	struct engine *engine = mem_zero(1, sizeof(*engine));

	(void)mem_strcpy(engine->instance, sizeof(engine->instance), instance);
	engine->random = seed != 0 ? seed : 1;
	engine->host_cores = 1;
	engine->next_intent = 1;
	host_init(&engine->host);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	for (size_t i = 0; i < engine->n_services; i++)
		fleet_free_service(engine->services[i]);
	free(engine->services);
	host_finish(&engine->host);
	zones_finish(engine);
	free(engine);
}

void engine_set_host_cores(struct engine *engine, double cores)
{
	engine->host_cores = cores > 0 ? cores : 1;
}

void engine_check(
	const struct engine *engine, const struct config *config, struct config_problems *problems)
{
	for (size_t i = 0; i < engine->n_services; i++)
		configure_check(engine->services[i], config, problems);
}

void engine_configure(struct engine *engine, const struct config *config, struct moment now)
{
	engine->config = config;
	engine->now = now;
	for (size_t i = 0; i < config->n_files; i++)
		if (fleet_find_service(engine, config->files[i].name) == NULL)
			(void)fleet_add_service(engine, config->files[i].name);
	for (size_t i = 0; i < engine->n_services; i++) {
		engine->services[i]->dirty = true;
		engine->services[i]->refused_id[0] = '\0';
		engine->services[i]->guard.reconfigured = true;
	}
}

static int check_count(const struct service *service, unsigned count, struct err *err)
{
	const struct schedule_bounds *bounds = &service->schedule.bounds;
	bool scheduled = (count < bounds->min && bounds->min_by > 0) ||
			 (count > bounds->max && bounds->max_by > 0);

	if (count >= bounds->min && count <= bounds->max)
		return 0;
	return err_set(err, ERR_INVALID,
		"service '%s' may have %u to %u replicas%s: change %s to have %u", service->name,
		bounds->min, bounds->max, scheduled ? " now, by its schedules" : "",
		scheduled ? "them" : "min or max", count);
}

int engine_command_check(
	const struct engine *engine, const struct command *command, struct err *err)
{
	const struct service *service = fleet_find_service(engine, command->service);

	if (command->service[0] == '\0' && command->kind != COMMAND_SCALE)
		return 0;
	if (service == NULL)
		return err_set(err, ERR_NOT_FOUND,
			"there is no service '%s': `dockscalectl status` lists them",
			command->service);
	if (command->kind != COMMAND_SCALE)
		return 0;
	if (service->released)
		return err_set(err, ERR_CONFLICT,
			"service '%s' is released: `dockscalectl resume %s` comes first",
			command->service, command->service);
	if (!service->settled && service->problem[0] == '\0')
		return err_set(err, ERR_UNREACHABLE,
			"service '%s' is not ready yet: the engine has not listed its containers",
			command->service);
	if (!service->settled)
		return err_set(err, ERR_CONFLICT, "service '%s' is not ready: %s", command->service,
			service->problem);
	return check_count(service, command->count, err);
}

const struct service_config *engine_service_config(const struct engine *engine, const char *name)
{
	const struct service *service = fleet_find_service(engine, name);

	return service != NULL && service->configured ? &service->config : NULL;
}

/* The runtime is back or away. What was announced before does not hold after. */
static void take_runtime(struct engine *engine, const struct event *event)
{
	struct intent *intent;
	bool away = event->link.code != 0;

	if (!away && event->link.msg[0] != '\0') {
		struct note remark = { LOG_LEVEL_WARNING, "runtime remark", NULL, -1, -1 };

		note_add(engine, NULL, &remark, "%s", event->link.msg);
		return;
	}
	if (away == engine->runtime_away && (away || engine->runtime_known))
		return;
	engine->runtime_away = away;
	engine->runtime_known = false; /* until the next listing */
	if (away)
		fleet_fault(engine, NULL,
			event->link.fault != FAULT_NONE ? event->link.fault : FAULT_ENGINE_AWAY);
	intent = fleet_intend(engine, NULL, INTENT_NOTE);
	intent->note.level = away ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
	intent->note.what = away ? "runtime away: counts are held" : "runtime answers";
	intent->note.from = intent->note.to = -1;
	(void)mem_strcpy(intent->note.because, sizeof(intent->note.because), event->link.msg);
	(void)mem_strcpy(engine->runtime_problem, sizeof(engine->runtime_problem),
		away ? event->link.msg : "");
	if (away)
		hand_forget(engine);
	for (size_t i = 0; i < engine->n_services; i++)
		for (size_t k = 0; k < engine->services[i]->n_replicas; k++)
			engine->services[i]->replicas[k]->seen = false;
}

static void take_command(struct engine *engine, const struct command *command)
{
	struct err err;

	if (engine_command_check(engine, command, &err) < 0)
		return;
	for (size_t i = 0; i < engine->n_services; i++)
		if (command->service[0] == '\0' ||
			strcmp(engine->services[i]->name, command->service) == 0)
			command_take(engine, engine->services[i], command);
}

static void take_result(struct engine *engine, const struct event *event)
{
	for (size_t i = 0; i < engine->n_services; i++) {
		struct service *service = engine->services[i];

		for (size_t k = 0; k < service->n_replicas; k++) {
			if (service->replicas[k]->pending != event->result.intent)
				continue;
			service->concerned = true;
			answer_take(engine, service, service->replicas[k], event);
			return;
		}
	}
}

static void take_sample(struct engine *engine, const struct sample *sample)
{
	struct service *service = NULL;
	struct replica *replica = fleet_find_replica(engine, sample->id, &service);

	if (replica != NULL)
		readings_take(engine, service, replica, sample);
}

static void take_probe(struct engine *engine, const struct event *event)
{
	struct service *service = NULL;
	struct replica *replica = fleet_find_replica(engine, event->probe.id, &service);

	if (replica == NULL)
		return;
	/* That one that serves is healthy, as it was, is no news. */
	if (replica->state != REPLICA_SERVING || !event->probe.healthy)
		service->concerned = true;
	health_probed(engine, service, replica, event);
}

/* Does anything wait for what the balancer says? The rest of it is looked at by the next tick. */
static bool awaits_balancer(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		enum replica_state state = service->replicas[i]->state;

		if (state != REPLICA_SERVING && state != REPLICA_STOPPED && state != REPLICA_WARM)
			return true;
	}
	return service->n_replicas == 0 || service->withdrawn;
}

static void take_balancer(struct engine *engine, const struct balancer_report *report)
{
	struct service *service = fleet_find_service(engine, report->service);

	if (service == NULL || !service->configured)
		return;
	if (awaits_balancer(service))
		service->concerned = true;
	membership_report(engine, service, report);
}

static void take(struct engine *engine, const struct event *event)
{
	switch (event->kind) {
	case EVENT_TICK:
		return;
	case EVENT_LISTING:
		adopt_listing(engine, event->listing.containers, event->listing.count);
		return;
	case EVENT_CONTAINER:
		adopt_container(engine, event->container);
		return;
	case EVENT_GONE:
		adopt_gone(engine, event->gone);
		return;
	case EVENT_RUNTIME:
		take_runtime(engine, event);
		return;
	case EVENT_SAMPLE:
		take_sample(engine, &event->sample);
		return;
	case EVENT_PROBE:
		take_probe(engine, event);
		return;
	case EVENT_BALANCER:
		take_balancer(engine, &event->balancer);
		return;
	case EVENT_RESULT:
		take_result(engine, event);
		return;
	case EVENT_COMMAND:
		take_command(engine, &event->command);
		return;
	case EVENT_TEMPLATE:
		memory_template(engine, event);
		return;
	case EVENT_JOURNAL:
		memory_journal(engine, event);
		return;
	case EVENT_HOST:
		host_take(engine, &event->host);
		return;
	case EVENT_ZONE:
		zones_take(engine, event);
		return;
	}
}

/* Events that name one service concern it alone, and readings wait for the tick that comes with them. */
static bool concerns_all(enum event_kind kind)
{
	switch (kind) {
	case EVENT_SAMPLE:
	case EVENT_HOST:
	case EVENT_TEMPLATE:
	case EVENT_PROBE:
	case EVENT_BALANCER:
	case EVENT_RESULT:
		return false;
	default:
		return true;
	}
}

static size_t count_closing(const struct engine *engine)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->n_services; i++)
		n += engine->services[i]->closing;
	return n;
}

/* A service that nobody speaks of any more, no file and no container: its servers are closed by an
 * empty membership, told until each balancer has done it, then it is forgotten. */
static void withdraw(struct engine *engine, size_t index)
{
	struct service *service = engine->services[index];

	/* One that only its template spoke of may get another one within the grace. */
	if (service->file != NULL || service->n_replicas > 0 ||
		(service->configured && !service->withdrawing)) {
		service->withdrawn = service->closing = service->closed = false;
		return;
	}
	if (!engine->runtime_known)
		return;
	service->withdrawn = true;
	if (service->configured && !fleet_dry(engine, service) && !service->closed &&
		count_closing(engine) <= CLOSING_MAX)
		return;
	memory_forget(engine, service);
	fleet_free_service(service);
	engine->services[index] = engine->services[--engine->n_services];
}

/* Nothing is measured by the wall clock: that it jumps is told, since times that people are shown do
 * not fit together then, and that is all. */
static void watch_clock(struct engine *engine)
{
	usec_t ahead = engine->now.wall - engine->now.boot;
	usec_t jump = ahead - engine->wall_ahead;
	struct note note = { LOG_LEVEL_WARNING, "the clock jumped", NULL, -1, -1 };

	if (engine->clock_known && (jump > CLOCK_JUMP || jump < -CLOCK_JUMP)) {
		fleet_fault(engine, NULL, FAULT_CLOCK_JUMP);
		note_add(engine, NULL, &note,
			"by %.1f s: nothing waits for it, only times that are shown differ",
			(double)jump / (double)USEC_PER_SEC);
	}
	engine->wall_ahead = ahead; /* one that is adjusted bit by bit does not jump */
	engine->clock_known = true;
}

void engine_step(struct engine *engine, const struct event *events, size_t n_events,
	struct moment now, struct intents *intents)
{
	bool tick = false;
	bool all = false;

	engine->now = now;
	engine->intents = intents;
	watch_clock(engine);
	memory_begin(engine);
	for (size_t i = 0; i < n_events; i++) {
		take(engine, &events[i]);
		tick = tick || events[i].kind == EVENT_TICK;
		all = all || concerns_all(events[i].kind);
	}
	configure_services(engine, tick);
	for (size_t i = engine->n_services; i > 0; i--) {
		withdraw(engine, i - 1);
		if (i > engine->n_services)
			continue;
		engine->services[i - 1]->concerned = engine->services[i - 1]->concerned || all;
		if (engine->services[i - 1]->concerned)
			service_propose(engine, engine->services[i - 1], tick);
	}
	if (tick)
		host_arbitrate(engine);
	for (size_t i = engine->n_services; i > 0; i--) {
		if (engine->services[i - 1]->concerned)
			service_step(engine, engine->services[i - 1], tick);
		engine->services[i - 1]->concerned = false;
	}
	engine->intents = NULL;
}

usec_t engine_deadline(const struct engine *engine)
{
	usec_t first = USEC_NEVER;

	for (size_t i = 0; i < engine->n_services; i++) {
		const struct service *service = engine->services[i];
		usec_t wake = service_wake(service);

		if (wake > engine->now.boot && wake < first)
			first = wake;
		for (size_t k = 0; k < service->n_replicas; k++) {
			wake = replica_wake(service->replicas[k]);
			if (wake > engine->now.boot && wake < first)
				first = wake;
		}
	}
	return first;
}
