/*
 * The shape of /api/v1 is a promise to scripts: keys are only ever added. A value that is not
 * known is null with its state beside it, never 0. People get theirs from show.c, which reads
 * this.
 */
#include <dockscale/app/status_json.h>

#include <dockscale/app/json.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const metric_names[METRIC_COUNT] = {
	[METRIC_CPU] = "cpu",
	[METRIC_MEMORY] = "memory",
};

static const char *reading_state_name(enum reading_state state)
{
	static const char *const names[] = {
		[READING_UNKNOWN] = "unknown",
		[READING_KNOWN] = "known",
		[READING_UNSUPPORTED] = "unsupported",
	};

	return names[state];
}

static double seconds(usec_t duration)
{
	return (double)duration / (double)USEC_PER_SEC;
}

static void append_readings(const struct service_snapshot *service, struct str *out)
{
	json_begin(out, "readings", '{');
	for (size_t i = METRIC_CPU; i < METRIC_COUNT; i++) {
		const struct demand *demand = &service->demand[i];
		const struct metric_settings *settings = &service->metric[i];
		bool known = demand->state == READING_KNOWN;

		json_begin(out, metric_names[i], '{');
		json_bool(out, "enabled", settings->enabled);
		if (known) {
			json_number(out, "value", demand->utilisation);
			json_number(out, "demand", demand->units);
		} else {
			json_null(out, "value");
			json_null(out, "demand");
		}
		json_text(out, "state", reading_state_name(demand->state));
		if (service->policy == POLICY_TYPE_THRESHOLD) {
			json_number(out, "high", settings->high);
			json_number(out, "low", settings->low);
		} else {
			json_number(out, "target", settings->target);
		}
		json_bool(out, "saturated", known && demand->saturated);
		json_end(out, '}');
	}
	json_end(out, '}');
}

static void append_balancer(const struct service_snapshot *service, struct str *out)
{
	json_begin(out, "balancer", '{');
	if (service->n_balancers > 0 && service->n_reachable > 0)
		json_text(out, "method", service->slots ? "slots" : "dynamic");
	else
		json_null(out, "method");
	json_integer(out, "reachable", (int64_t)service->n_reachable);
	json_integer(out, "of", (int64_t)service->n_balancers);
	json_end(out, '}');
}

static void append_queue(const struct service_snapshot *service, struct str *out)
{
	json_begin(out, "queue", '{');
	json_reading(out, "waiting", service->queued);
	if (service->maxconn > 0)
		json_integer(out, "maxconn", service->maxconn);
	else
		json_null(out, "maxconn");
	json_bool(out, "learnt", service->maxconn_learnt);
	json_end(out, '}');
}

static void append_counters(const struct service_counters *counters, struct str *out)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "scaled_up", counters->scaled_up },
		{ "scaled_down", counters->scaled_down },
		{ "by_hand", counters->by_hand },
		{ "created", counters->created },
		{ "removed", counters->removed },
		{ "failed", counters->failed },
		{ "refused", counters->refused },
		{ "unknown_samples", counters->unknown_samples },
		{ "rolled", counters->rolled },
		{ "replaced_unhealthy", counters->replaced_unhealthy },
		{ "corrections", counters->corrections },
		{ "guarded", counters->guarded },
	};

	json_begin(out, "counters", '{');
	for (size_t i = 0; i < countof(rows); i++)
		json_integer(out, rows[i].name, (int64_t)rows[i].value);
	json_end(out, '}');
}

static void append_guard(const struct service_snapshot *service, usec_t now, struct str *out)
{
	json_begin(out, "guard", '{');
	json_bool(out, "open", service->guard.open);
	json_integer(out, "failures", service->guard.failures);
	if (service->guard.open && service->guard.try_at > now)
		json_number(out, "next_try_s", seconds(service->guard.try_at - now));
	else
		json_null(out, "next_try_s");
	json_end(out, '}');
}

/* All of them, so that a script finds each from the start. */
static void append_faults(const uint64_t *counts, struct str *out)
{
	json_begin(out, "faults", '{');
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
		json_integer(out, fault_key(fault), (int64_t)counts[fault]);
	json_end(out, '}');
}

static void append_replica(const struct replica_snapshot *replica, usec_t now, struct str *out)
{
	json_begin(out, NULL, '{');
	json_text(out, "name", replica->name);
	json_text_or_null(out, "id", replica->id);
	json_text(out, "role", replica_role_name(replica->role));
	json_text(out, "state", replica_state_name(replica->state));
	json_number(out, "since_s", seconds(now - replica->since));
	json_reading(out, "cpu", replica->cpu);
	json_reading(out, "memory", replica->memory);
	json_reading(out, "sessions", replica->sessions);
	json_integer(out, "weight", replica->weight);
	json_text_or_null(out, "server", replica->server);
	json_text(out, "server_state", server_state_name(replica->server_state));
	json_text_or_null(out, "address", replica->address);
	json_bool(out, "outdated", replica->outdated);
	json_text_or_null(out, "unhealthy", replica->unhealthy);
	json_end(out, '}');
}

static void append_counts(const struct service_snapshot *service, struct str *out)
{
	const struct {
		const char *name;
		unsigned value;
	} rows[] = {
		{ "desired", service->desired },
		{ "serving", service->serving },
		{ "starting", service->starting },
		{ "draining", service->draining },
		{ "warm", service->warm },
		{ "unhealthy", service->unhealthy },
		{ "held_back", service->held_back },
		{ "min", service->min },
		{ "max", service->max },
	};

	for (size_t i = 0; i < countof(rows); i++)
		json_integer(out, rows[i].name, rows[i].value);
}

static void append_roll(const struct roll_snapshot *roll, struct str *out)
{
	if (roll->state == ROLL_NONE) {
		json_null(out, "roll");
		return;
	}
	json_begin(out, "roll", '{');
	json_text(out, "state", roll_state_name(roll->state));
	json_integer(out, "replaced", roll->replaced);
	json_integer(out, "of", roll->of);
	json_end(out, '}');
}

const char *status_json_policy(enum policy_type type)
{
	static const char *const names[] = {
		[POLICY_TYPE_TARGET] = "target",
		[POLICY_TYPE_THRESHOLD] = "threshold",
		[POLICY_TYPE_AUTO] = "auto",
	};

	return names[type];
}

static void append_bound(struct str *out, const char *key, unsigned bound)
{
	if (bound == SCHEDULE_SILENT)
		json_null(out, key);
	else
		json_integer(out, key, bound);
}

static void append_schedules(const struct service_snapshot *service, struct str *out)
{
	json_begin(out, "schedules", '[');
	for (size_t i = 0; i < service->n_schedules; i++) {
		json_begin(out, NULL, '{');
		json_text(out, "name", service->schedules[i].name);
		append_bound(out, "min", service->schedules[i].min);
		append_bound(out, "max", service->schedules[i].max);
		json_bool(out, "in_force", service->schedules[i].in_force);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void append_adaptive(const struct service_snapshot *service, struct str *out)
{
	if (!service->adaptive.learning) {
		json_null(out, "adaptive");
		return;
	}
	json_begin(out, "adaptive", '{');
	json_bool(out, "ready", service->adaptive.ready);
	json_number(out, "growth", service->adaptive.growth);
	json_number(out, "sureness", service->adaptive.sureness);
	json_end(out, '}');
}

static void append_prediction(const struct service_snapshot *service, struct str *out)
{
	static const char *const modes[] = { "off", "observe", "floor" };

	if (service->prediction.mode == PREDICT_OFF) {
		json_null(out, "prediction");
		return;
	}
	json_begin(out, "prediction", '{');
	json_text(out, "mode", modes[service->prediction.mode]);
	json_number(out, "horizon_s", seconds(service->prediction.horizon));
	if (service->prediction.known)
		json_number(out, "demand", service->prediction.forecast);
	else
		json_null(out, "demand");
	if (service->prediction.judged) {
		json_number(out, "error", service->prediction.error);
		json_number(out, "missed", service->prediction.missed);
	} else {
		json_null(out, "error");
		json_null(out, "missed");
	}
	json_end(out, '}');
}

static void append_service(const struct service_snapshot *service, usec_t now, struct str *out)
{
	json_text(out, "name", service->name);
	json_text(out, "state", service_state_name(service->state));
	append_counts(service, out);
	json_text(out, "reason", service->reason);
	json_integer(out, "wished", service->wished);
	json_text_or_null(out, "limit", limit_name(service->limit));
	json_text(out, "problem", service->problem);
	json_bool(out, "dry_run", service->dry_run);
	json_text(out, "policy", status_json_policy(service->policy));
	append_roll(&service->roll, out);
	append_readings(service, out);
	append_balancer(service, out);
	append_queue(service, out);
	append_counters(&service->counters, out);
	append_faults(service->faults, out);
	append_guard(service, now, out);
	append_schedules(service, out);
	append_adaptive(service, out);
	append_prediction(service, out);
	json_integer(out, "parallel_starts", service->parallel_starts);
	json_begin(out, "replicas", '[');
	for (size_t i = 0; i < service->n_replicas; i++)
		append_replica(&service->replicas[i], now, out);
	json_end(out, ']');
}

static void append_runtime(const struct snapshot *snapshot, struct str *out)
{
	const char *state = snapshot->runtime_away    ? "away"
			    : snapshot->runtime_known ? "up"
						      : "unknown";

	json_begin(out, "runtime", '{');
	json_text(out, "state", state);
	json_text(out, "problem", snapshot->runtime_problem);
	json_end(out, '}');
}

static void append_journal(const struct snapshot *snapshot, bool dry_run, struct str *out)
{
	json_begin(out, "journal", '{');
	json_text(out, "state", dry_run ? "off" : snapshot->journal_away ? "away" : "up");
	json_text(out, "problem", snapshot->journal_problem);
	json_end(out, '}');
}

static void append_stall(struct str *out, const char *key, struct reading stall)
{
	json_begin(out, key, '{');
	json_reading(out, "value", stall);
	json_text(out, "state", reading_state_name(stall.state));
	json_end(out, '}');
}

/* Whole, as every number of bytes: a reading is written with nine digits. */
static void append_bytes(struct str *out, const char *key, struct reading bytes)
{
	if (reading_is_known(bytes))
		json_integer(out, key, (int64_t)bytes.value);
	else
		json_null(out, key);
}

static void append_host(const struct host_snapshot *host, struct str *out)
{
	json_begin(out, "host", '{');
	json_reading(out, "cores", host->cores);
	json_reading(out, "used", host->cores_used);
	json_text(out, "used_state", reading_state_name(host->cores_used.state));
	json_bool(out, "saturated", host->cpu_full);
	append_bytes(out, "memory", host->memory_bytes);
	append_bytes(out, "available", host->memory_available_bytes);
	json_text(out, "memory_state", reading_state_name(host->memory_available_bytes.state));
	json_integer(out, "reserved", (int64_t)host->memory_reserved_bytes);
	json_begin(out, "pressure", '{');
	append_stall(out, "cpu", host->cpu_stall);
	append_stall(out, "memory", host->memory_stall);
	append_stall(out, "io", host->io_stall);
	json_end(out, '}');
	json_end(out, '}');
}

void status_json(const struct snapshot *snapshot, bool dry_run, struct str *out)
{
	json_begin(out, NULL, '{');
	json_text(out, "instance", snapshot->instance);
	json_text(out, "version", DOCKSCALE_VERSION);
	json_bool(out, "dry_run", dry_run);
	append_runtime(snapshot, out);
	append_journal(snapshot, dry_run, out);
	append_host(&snapshot->host, out);
	append_faults(snapshot->faults, out);
	json_begin(out, "services", '[');
	for (size_t i = 0; i < snapshot->n_services; i++) {
		json_begin(out, NULL, '{');
		append_service(&snapshot->services[i], snapshot->at.boot, out);
		json_end(out, '}');
	}
	json_end(out, ']');
	json_end(out, '}');
	str_append_char(out, '\n');
}

static void append_time(const char *key, usec_t wall, struct str *out)
{
	time_t whole = (time_t)(wall / USEC_PER_SEC);
	struct tm parts;
	char text[32];

	(void)gmtime_r(&whole, &parts);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json_text(out, key, text);
}

static void append_history(const struct service_snapshot *service, struct str *out)
{
	json_begin(out, "history", '[');
	for (size_t i = 0; i < service->n_history && i < HISTORY_MAX; i++) {
		const struct history_entry *entry = &service->history[i];

		json_begin(out, NULL, '{');
		append_time("at", entry->wall, out);
		json_integer(out, "from", entry->from);
		json_integer(out, "to", entry->to);
		json_text(out, "because", entry->because);
		json_end(out, '}');
	}
	json_end(out, ']');
}

void status_json_haproxy(const struct haproxy_config *config, const char *key, struct str *out)
{
	static const char *const methods[] = { "auto", "slots", "dynamic" };
	static const char *const maxconns[] = { "learn", "off", "count" };

	json_begin(out, key, '{');
	json_text(out, "balancer", config->balancer == BALANCER_NONE ? "none" : "haproxy");
	json_begin(out, "sockets", '[');
	for (size_t i = 0; i < config->n_sockets; i++)
		json_text(out, NULL, config->sockets[i]);
	json_end(out, ']');
	json_text(out, "backend", config->backend);
	json_integer(out, "port", config->port);
	json_text(out, "method", methods[config->method]);
	json_text(out, "slot_prefix", config->slot_prefix);
	json_integer(out, "slot_first", config->slot_first);
	json_integer(out, "slot_last", config->slot_last);
	json_text(out, "server_options", config->server_options);
	json_text(out, "maxconn", maxconns[config->maxconn]);
	json_integer(out, "maxconn_count", config->maxconn_count);
	json_text(out, "state_file", config->state_file);
	json_end(out, '}');
}

void status_json_explain(const struct service_snapshot *service,
	const struct service_config *config, struct moment now, struct str *out)
{
	json_begin(out, NULL, '{');
	append_service(service, now.boot, out);
	json_bool(out, "journal_away", service->journal_away);
	json_bool(out, "manual", service->manual);
	if (service->manual && service->manual_until > now.boot)
		json_number(out, "manual_for_s", seconds(service->manual_until - now.boot));
	else
		json_null(out, "manual_for_s");
	append_history(service, out);
	if (config != NULL)
		status_json_haproxy(&config->haproxy, "haproxy", out);
	else
		json_null(out, "haproxy");
	json_end(out, '}');
	str_append_char(out, '\n');
}
