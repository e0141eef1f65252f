/*
 * The crash guard: a service whose replicas keep failing is not fed. After so many in a row without
 * one that lasted no more are made or started, but a single one now and then; what serves is left
 * alone, and so are all other services. It ends at once when one lasts, when the template or the
 * configuration changes, and when a person says `resume`.
 *
 * The waits between two tries (fleet_backoff) come before it and are another matter: they space out
 * the tries, the guard ends them.
 */
#include "judge.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <stdio.h>
#include <string.h>

/* A replica that dies within it was no success, though it served. */
#define LASTING (60 * USEC_PER_SEC)

static bool is_on(const struct service *service)
{
	return service->config.crash_guard > 0;
}

/* A try whose outcome is not known yet. One that a person looks after is probed for ever. */
static bool is_trying(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state == REPLICA_CREATING || replica->state == REPLICA_STARTING ||
			(replica->state == REPLICA_PROBING && replica->deadline != USEC_NEVER))
			return true;
	}
	return false;
}

bool guard_allows(const struct engine *engine, const struct service *service)
{
	return !service->guard.open ||
	       (engine->now.boot >= service->guard.try_at && !is_trying(service));
}

void guard_tried(struct engine *engine, struct service *service)
{
	if (service->guard.open)
		service->guard.try_at = engine->now.boot + service->config.crash_guard_pause;
}

void guard_failed(struct engine *engine, struct service *service, const char *cause)
{
	struct guard *guard = &service->guard;
	struct note note = { LOG_LEVEL_WARNING, "crash guard", NULL, -1, -1 };

	if (guard->failures++ == 0)
		guard->since = engine->now.boot;
	guard->reconfigured = false;
	(void)mem_strcpy(guard->cause, sizeof(guard->cause), cause);
	(void)mem_strcpy(guard->template_id, sizeof(guard->template_id), service->template_id);
	(void)mem_strcpy(guard->spec, sizeof(guard->spec),
		service->template != NULL ? service->template->facts.spec : "");
	if (!is_on(service) || guard->open || guard->failures < service->config.crash_guard)
		return;
	guard->open = true;
	guard->try_at = engine->now.boot + service->config.crash_guard_pause;
	service->counters.guarded++;
	note_add(engine, service, &note,
		"%u replicas in a row failed: only one is tried now and then; the last: %s",
		guard->failures, cause);
}

void guard_untried(
	const struct engine *engine, struct service *service, const struct replica *replica)
{
	if (service->guard.open && replica->state == REPLICA_SERVING && !replica->lasted &&
		replica->since > service->guard.since)
		service->guard.try_at = engine->now.boot;
}

/* Whoever waits for the next try of its own need not wait any more either. */
static void end_waits(struct service *service)
{
	service->retry_at = 0;
	service->failures = 0;
	for (size_t i = 0; i < service->n_replicas; i++) {
		service->replicas[i]->retry_at = 0;
		/* that it is to be started again is not forgotten */
		service->replicas[i]->attempts = service->replicas[i]->attempts > 0;
	}
}

void guard_end(struct engine *engine, struct service *service, const char *because)
{
	struct note note = { LOG_LEVEL_INFO, "crash guard over", NULL, -1, -1 };
	bool was_open = service->guard.open;

	service->guard = (struct guard){ 0 };
	if (!was_open)
		return;
	end_waits(service);
	note_add(engine, service, &note, "%s", because);
}

static bool has_changed(const struct service *service)
{
	const struct replica *template = service->template;

	return service->guard.reconfigured ||
	       (template != NULL &&
		       (strcmp(service->guard.template_id, template->id) != 0 ||
			       strcmp(service->guard.spec, template->facts.spec) != 0));
}

void guard_step(struct engine *engine, struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (replica->state != REPLICA_SERVING || replica->lasted ||
			engine->now.boot - replica->since < LASTING)
			continue;
		replica->lasted = true;
		/* One that served before the others failed says nothing of a new one. */
		if (service->guard.failures > 0 && replica->since > service->guard.since)
			guard_end(engine, service, "a replica serves, and has for a while");
	}
	if (service->guard.open && has_changed(service))
		guard_end(engine, service, "the template or the configuration changed");
	else if (service->guard.open && !is_on(service))
		guard_end(engine, service, "[service] crash_guard = 0");
}

usec_t guard_wake(const struct service *service)
{
	return service->guard.open && service->guard.try_at > 0 ? service->guard.try_at
								: USEC_NEVER;
}

void guard_problem(const struct service *service, char *text, size_t size)
{
	char pause[32];

	if (!service->guard.open)
		return;
	format_duration(service->config.crash_guard_pause, pause);
	(void)snprintf(text, size,
		"%u replicas in a row failed, the last: %.300s. One is tried each %s; when the "
		"cause is mended, `dockscalectl resume %s` tries at once",
		service->guard.failures, service->guard.cause, pause, service->name);
}
