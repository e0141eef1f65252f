/*
 * What the engine knows, copied out as a value for those who show it. Showing is not deciding:
 * nothing here changes anything.
 */
#include "decide.h"

#include <dockscale/base/mem.h>

#include <string.h>

const char *replica_state_name(enum replica_state state)
{
	static const char *const names[REPLICA_STATE_COUNT] = { "planned", "creating", "starting",
		"probing", "joining", "serving", "draining", "stopping", "removing", "stopped",
		"failed", "warm" };

	return names[state];
}

const char *replica_role_name(enum replica_role role)
{
	static const char *const names[] = { "template", "clone", "foreign", "member" };

	return names[role];
}

const char *service_state_name(enum service_state state)
{
	static const char *const names[] = { "active", "paused", "disabled", "waiting",
		"released" };

	return names[state];
}

const char *server_state_name(enum server_state state)
{
	static const char *const names[] = { "absent", "up", "down", "drain", "maint" };

	return names[state];
}

const char *roll_state_name(enum roll_state state)
{
	static const char *const names[] = { "none", "rolling", "waiting", "stopped" };

	return names[state];
}

const char *limit_name(enum reason limit)
{
	static const char *const names[REASON_COUNT] = {
		[REASON_UNKNOWN] = "unknown",
		[REASON_PARTIAL] = "partial",
		[REASON_MIN] = "min",
		[REASON_MAX] = "max",
		[REASON_STEP_UP] = "max_step_up",
		[REASON_STEP_DOWN] = "max_step_down",
		[REASON_COOLDOWN] = "cooldown",
		[REASON_FLAPS] = "flap_budget",
		[REASON_MISSING] = "on_missing",
		[REASON_PREDICTED] = "prediction",
		[REASON_HOST_CPU] = "host_cpu",
		[REASON_HOST_MEMORY] = "host_memory",
		[REASON_HOST_PRESSURE] = "host_pressure",
		[REASON_BUDGET] = "budget",
		[REASON_GIVES_WAY] = "priority",
	};

	return names[limit] != NULL ? names[limit] : "";
}

static void show_replica(const struct engine *engine, const struct service *service,
	const struct replica *replica, struct replica_snapshot *shown)
{
	usec_t now = engine->now.boot;

	(void)mem_strcpy(shown->id, sizeof(shown->id), replica->id);
	(void)mem_strcpy(shown->name, sizeof(shown->name), replica->name);
	(void)mem_strcpy(shown->address, sizeof(shown->address), replica->address);
	(void)mem_strcpy(shown->server, sizeof(shown->server), replica->server);
	shown->role = replica->role;
	shown->state = replica->state == REPLICA_STOPPED && replica->attempts > 0 ? REPLICA_FAILED
										  : replica->state;
	shown->server_state = replica->server_state;
	shown->since = replica->since;
	shown->cpu =
		series_mean(replica, METRIC_CPU, now, service->config.metric[METRIC_CPU].window);
	shown->memory = series_mean(
		replica, METRIC_MEMORY, now, service->config.metric[METRIC_MEMORY].window);
	shown->sessions = replica->sessions;
	shown->weight = slow_start_weight(engine, service, replica);
	shown->outdated = replacement_is_outdated(service, replica);
	(void)mem_strcpy(shown->unhealthy, sizeof(shown->unhealthy), sick_because(replica->sick));
}

static void show_replicas(
	const struct engine *engine, const struct service *service, struct service_snapshot *shown)
{
	shown->n_replicas = service->n_replicas;
	shown->replicas = mem_zero(service->n_replicas, sizeof(*shown->replicas));
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		show_replica(engine, service, replica, &shown->replicas[i]);
		if (replica->state == REPLICA_SERVING)
			shown->serving++;
		else if (replica_counts(replica))
			shown->starting++;
		else if (replica->state >= REPLICA_DRAINING && replica->state <= REPLICA_REMOVING)
			shown->draining++;
		else if (replica->state == REPLICA_WARM && replica->pending == 0)
			shown->warm++;
	}
}

static enum service_state state_of(const struct engine *engine, const struct service *service)
{
	if (service->released)
		return SERVICE_RELEASED;
	if (service->paused)
		return SERVICE_PAUSED;
	if (service->file != NULL && service->file->broken)
		return SERVICE_DISABLED;
	if (!engine->runtime_seen || service->n_replicas == 0)
		return SERVICE_WAITING;
	return service->configured ? SERVICE_ACTIVE : SERVICE_DISABLED;
}

static void show_history(const struct service *service, struct service_snapshot *shown)
{
	size_t kept = service->n_history < HISTORY_MAX ? service->n_history : HISTORY_MAX;

	for (size_t i = 0; i < kept; i++)
		shown->history[i] = service->history[(service->n_history - 1 - i) % HISTORY_MAX];
	shown->n_history = kept;
}

static void show_schedules(const struct service *service, struct service_snapshot *shown)
{
	shown->n_schedules = service->config.n_schedules;
	for (size_t i = 0; i < shown->n_schedules; i++) {
		const struct schedule_config *schedule = &service->config.schedules[i];

		(void)mem_strcpy(
			shown->schedules[i].name, sizeof(shown->schedules[i].name), schedule->name);
		shown->schedules[i].min = schedule->schedule.min;
		shown->schedules[i].max = schedule->schedule.max;
		shown->schedules[i].in_force = (service->schedule.in_force >> i & 1) != 0;
	}
}

/* The thresholds as they are now. */
static void show_adaptive(const struct service *service, struct service_snapshot *shown)
{
	const struct adaptive_settings *settings = &service->config.policy.adaptive;
	struct metric_settings *cpu = &shown->metric[METRIC_CPU];

	shown->adaptive.learning =
		settings->learn && service->config.policy_type == POLICY_TYPE_THRESHOLD;
	if (!shown->adaptive.learning)
		return;
	shown->adaptive.sureness = settings->sureness;
	shown->adaptive.ready = adaptive_is_ready(&service->adaptive);
	shown->adaptive.growth = adaptive_growth(&service->adaptive);
	if (!shown->adaptive.ready)
		return;
	cpu->high = adaptive_high(&service->adaptive, shown->serving);
	cpu->low = adaptive_low(
		settings, cpu->high, service->desired, service->config.policy.scale_down_amount);
}

static void show_prediction(const struct service *service, struct service_snapshot *shown)
{
	const struct policy_settings *settings = &service->config.policy;
	const struct predictor *predictor = &service->predictor;

	shown->prediction.mode = settings->predict.mode;
	shown->prediction.horizon = settings->predict.horizon;
	shown->prediction.known = predictor->known;
	shown->prediction.forecast = predictor->forecast;
	shown->prediction.judged = predict_is_judged(predictor);
	shown->prediction.error = predictor->error;
	shown->prediction.missed = predictor->missed;
}

static void show_service(
	const struct engine *engine, const struct service *service, struct service_snapshot *shown)
{
	(void)mem_strcpy(shown->name, sizeof(shown->name), service->name);
	shown->state = state_of(engine, service);
	shown->desired = service->desired;
	shown->min = service->schedule.bounds.min;
	shown->max = service->schedule.bounds.max;
	show_schedules(service, shown);
	shown->dry_run = service->configured && fleet_dry(engine, service);
	shown->journal_away = engine->journal_away;
	shown->manual = service->manual;
	shown->manual_until = service->manual_until;
	shown->policy = service->config.policy_type;
	shown->wished = service->decision.wish;
	shown->limit = service->decision.limit;
	shown->slots = service->slots;
	shown->n_balancers = service->n_balancers;
	shown->n_reachable = service->n_reachable;
	shown->roll = replacement_show(service);
	shown->unhealthy = service->replacement.sick;
	shown->queued = overload_queued(service);
	shown->maxconn = overload_maxconn(service);
	shown->maxconn_learnt = service->config.haproxy.maxconn == BALANCER_MAXCONN_LEARN;
	shown->counters = service->counters;
	shown->held_back = service->held_back;
	shown->parallel_starts = service->config.parallel_starts;
	shown->guard.open = service->guard.open;
	shown->guard.failures = service->guard.failures;
	shown->guard.try_at = service->guard.try_at;
	memcpy(shown->faults, service->faults, sizeof(shown->faults));
	memcpy(shown->demand, service->demand, sizeof(shown->demand));
	memcpy(shown->metric, service->config.policy.metric, sizeof(shown->metric));
	(void)mem_strcpy(shown->problem, sizeof(shown->problem), service->problem);
	reason_format(&service->decision, &service->config, shown->reason, sizeof(shown->reason));
	show_history(service, shown);
	show_replicas(engine, service, shown);
	show_adaptive(service, shown);
	show_prediction(service, shown);
}

static void show_host(const struct engine *engine, struct host_snapshot *shown)
{
	const struct host *host = &engine->host;
	struct arbiter_host now = host_now(engine);

	*shown = (struct host_snapshot){
		.cores = now.cores,
		.cores_used = now.cores_used,
		.memory_bytes = now.memory_bytes,
		.memory_available_bytes = host->memory_available_bytes,
		.memory_reserved_bytes = host->reserved_bytes,
		.cpu_stall = now.cpu_stall,
		.memory_stall = now.memory_stall,
		.io_stall = rate_mean(&host->io_stall, engine->now.boot),
		.cpu_full = host->arbiter.cpu_full,
	};
}

struct snapshot *engine_snapshot(const struct engine *engine, struct moment now)
{
	struct snapshot *snapshot = mem_zero(1, sizeof(*snapshot));

	snapshot->at = now;
	(void)mem_strcpy(snapshot->instance, sizeof(snapshot->instance), engine->instance);
	snapshot->runtime_known = engine->runtime_known;
	snapshot->runtime_away = engine->runtime_away;
	(void)mem_strcpy(snapshot->runtime_problem, sizeof(snapshot->runtime_problem),
		engine->runtime_problem);
	memcpy(snapshot->faults, engine->faults, sizeof(snapshot->faults));
	snapshot->journal_away = engine->journal_away;
	(void)mem_strcpy(snapshot->journal_problem, sizeof(snapshot->journal_problem),
		engine->journal_problem);
	show_host(engine, &snapshot->host);
	snapshot->n_services = engine->n_services;
	snapshot->services = mem_zero(engine->n_services, sizeof(*snapshot->services));
	for (size_t i = 0; i < engine->n_services; i++)
		show_service(engine, engine->services[i], &snapshot->services[i]);
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	for (size_t i = 0; i < snapshot->n_services; i++)
		free(snapshot->services[i].replicas);
	free(snapshot->services);
	free(snapshot);
}
