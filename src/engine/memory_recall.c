/*
 * What the last daemon recorded, taken up by this one before its first step. The world is the truth:
 * it is compared with the first listing, used where it fits, and forgotten where it does not. And
 * because a wall clock may have been set, nothing that is recalled can last longer than it would have
 * when it began.
 */
#include "decide.h"
#include "memory.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* A successor of a template may be on its way, however long the daemon was away. */
#define GRACE_LEAST (60 * USEC_PER_SEC)

static int recall_service(struct service *service, const struct journal_record *record,
	struct moment now, struct err *err)
{
	struct memory_values values;
	struct memory *memory;
	int r = memory_read(record->text, record->length, now.wall - now.boot, &values, err);

	if (r < 0)
		return r;
	memory = memory_of(service);
	memory_values_finish(&memory->values);
	memory->values = values;
	memory->recalled = true;
	service->paused = values.paused;
	service->released = values.released;
	service->stopped_by_hand = values.stopped_by_hand && values.paused;
	return 0;
}

int engine_restore(struct engine *engine, const struct journal_record *record, struct moment now,
	struct err *err)
{
	struct service *service = fleet_find_service(engine, record->service);
	struct memory *memory;

	if (record->length > RECORD_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%zu bytes are too many", record->length);
	/* One that nobody speaks of any more is withdrawn, and its records with it. */
	if (service == NULL)
		service = fleet_add_service(engine, record->service);
	memory = memory_of(service);
	if (record->kind == RECORD_SERVICE)
		return recall_service(service, record, now, err);
	if (record->kind != RECORD_LEARNED)
		return 0; /* the runtime's */
	free(memory->learned);
	memory->learned = mem_strndup(record->text, record->length);
	memory->learned_length = record->length;
	return 0;
}

/* The labels of a template that was gone before this daemon came; NULL: none. Each line of @text is
 * cut into key and value. */
static struct label *split_labels(char *text, size_t *ret_count)
{
	struct label *labels = mem_zero(CONTAINER_LABELS_MAX, sizeof(*labels));
	char *line;
	size_t n = 0;

	while ((line = strsep(&text, "\n")) != NULL && n < CONTAINER_LABELS_MAX) {
		char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		*value = '\0';
		labels[n].key = line;
		labels[n].value = value + 1;
		n++;
	}
	*ret_count = n;
	return labels;
}

int memory_resolve(const struct service *service, const struct config *config,
	const struct service_file *file, struct service_config *ret_config, struct err *err)
{
	cleanup_free char *text = NULL;
	cleanup_free struct label *labels = NULL;
	size_t n = 0;

	if (service->memory != NULL)
		text = mem_strdup(str_text(&service->memory->values.labels));
	if (text != NULL)
		labels = split_labels(text, &n);
	return config_resolve(&config->daemon, file, service->name, "", labels, n, ret_config, err);
}

/* Settling: what is recalled meets the first listing. */

static bool is_marked(const struct marks *marks, const char *id, usec_t life, usec_t *ret_at)
{
	for (size_t i = 0; i < marks->count; i++) {
		if (strcmp(marks->items[i].id, id) != 0 || marks->items[i].life != life)
			continue;
		*ret_at = marks->items[i].at;
		return true;
	}
	return false;
}

static bool runs(const struct replica *replica)
{
	return replica->facts.state == CONTAINER_RUNNING ||
	       replica->facts.state == CONTAINER_RESTARTING;
}

/* What drained goes on to drain, unless its time is over by far; what was being made and is there
 * counts as what runs, but for a warm one and one that was to take another's place; what somebody
 * stopped is not ours to start. Gives by how much the count differs from what runs. */
static int settle_replicas(
	struct engine *engine, struct service *service, const struct memory_values *values)
{
	usec_t longest = service->config.haproxy.drain_timeout + GRACE_LEAST;
	usec_t now = engine->now.boot;
	int change = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];
		usec_t life = replica->facts.started_at;
		usec_t at = 0;

		if (!runs(replica) && is_marked(&values->by_hand, replica->id, life, &at))
			replica->by_hand = true;
		if (replica->role != ROLE_CLONE)
			continue;
		if (runs(replica) && is_marked(&values->warming, replica->name, 0, &at)) {
			replica->spare = true;
			change--;
			continue;
		}
		if (runs(replica) && is_marked(&values->extra, replica->name, 0, &at))
			change--;
		if (runs(replica) && is_marked(&values->draining, replica->id, life, &at) &&
			at <= now && now - at < longest) {
			replica->leaves_until = at + longest;
			change--;
		}
		if (replica->facts.state == CONTAINER_CREATED &&
			is_marked(&values->creating, replica->name, 0, &at))
			change++;
	}
	return change;
}

static void settle_manual(
	struct engine *engine, struct service *service, const struct memory_values *values)
{
	usec_t now = engine->now.boot;
	usec_t until = values->manual_until;

	if (!values->manual || (until != 0 && until <= now))
		return;
	if (until != 0 && until - now > values->manual_left)
		until = now + values->manual_left; /* the wall clock was set back */
	if (until != 0 && until <= now)
		return;
	service->manual = true;
	service->manual_until = until;
	service->manual_for = until != 0 ? until - now : 0;
	service->desired = values->manual_count;
}

static void settle_policy(
	struct engine *engine, struct service *service, const struct memory *memory)
{
	const struct memory_values *values = &memory->values;
	const struct replica *template = service->template;
	struct policy_state *policy = &service->policy;
	bool same = template == NULL || strcmp(template->id, values->template) == 0 ||
		    (template->facts.spec[0] != '\0' &&
			    strcmp(template->facts.spec, values->spec) == 0);
	struct err ignored;

	/* What was learned of another template says nothing of this one; what is not understood is
	 * learned again. */
	if (memory->learned != NULL && same)
		(void)memory_read_learned(
			memory->learned, memory->learned_length, engine->now, policy, &ignored);
	if (memory->learned != NULL && same && service->self_tuning != NULL)
		(void)memory_read_tuned(
			memory->learned, memory->learned_length, service->self_tuning);
	if (same)
		overload_recall(engine, service, values->limit);
	if (values->changed_at == USEC_NEVER || values->changed_to == 0)
		return;
	policy->changed_to = values->changed_to;
	policy->changed_at =
		values->changed_at < engine->now.boot ? values->changed_at : engine->now.boot;
}

/* Clones whose template was gone already: its grace goes on, and they can be made from what the
 * runtime remembers of it. */
static void settle_orphan(
	struct engine *engine, struct service *service, const struct memory_values *values)
{
	usec_t grace = service->config.template_grace;
	usec_t least = engine->now.boot - grace + (grace < GRACE_LEAST ? grace : GRACE_LEAST);
	usec_t since = values->orphaned_at;

	if (service->template != NULL || values->template[0] == '\0')
		return;
	(void)mem_strcpy(service->template_id, sizeof(service->template_id), values->template);
	if (since == 0 || since > engine->now.boot)
		return;
	service->orphaned_at = since > least ? since : least;
	if (service->orphaned_at == 0)
		service->orphaned_at = 1; /* 0 says that there is a template */
}

/* One that runs already says nothing of a new one; a template that does not, and that nobody stopped,
 * waits for its next try. */
static void settle_failing(const struct service *service, struct replica *replica)
{
	replica->lasted = runs(replica);
	if (replica == service->template && !runs(replica) && !replica->by_hand &&
		replica->attempts == 0)
		replica->attempts = 1;
}

/* A service that kept failing does not begin to anew because the daemon did; the guard itself ends it
 * when another template is there. A roll that was given up stays so. */
static void settle_failures(
	struct engine *engine, struct service *service, const struct memory_values *values)
{
	usec_t last = engine->now.boot + service->config.crash_guard_pause;
	const struct replica *template = service->template;

	if (values->guard.open && service->config.crash_guard > 0) {
		service->guard = values->guard;
		service->guard.since = engine->now.boot;
		if (service->guard.try_at > last)
			service->guard.try_at = last;
		for (size_t i = 0; i < service->n_replicas; i++)
			settle_failing(service, service->replicas[i]);
	}
	if (template != NULL && values->failed_spec[0] != '\0' &&
		strcmp(template->facts.spec, values->failed_spec) == 0) {
		(void)mem_strcpy(service->replacement.failed_spec,
			sizeof(service->replacement.failed_spec), values->failed_spec);
		(void)mem_strcpy(service->replacement.failure, sizeof(service->replacement.failure),
			values->failure);
	}
}

static bool anything_runs(const struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++)
		if (runs(service->replicas[i]))
			return true;
	return false;
}

static unsigned bound(int count, const struct policy_settings *settings)
{
	if (count < (int)settings->min)
		return settings->min;
	return count > (int)settings->max ? settings->max : (unsigned)count;
}

void memory_settle(struct engine *engine, struct service *service)
{
	struct memory *memory = service->memory;
	const struct policy_settings *settings = &service->config.policy;
	struct note note = { LOG_LEVEL_INFO, "recalled", NULL, (int)service->desired, -1 };
	int change;

	if (memory == NULL || !memory->recalled)
		return;
	change = settle_replicas(engine, service, &memory->values);
	if (change != 0)
		service->desired = bound((int)service->decision.from + change, settings);
	settle_manual(engine, service, &memory->values);
	settle_policy(engine, service, memory);
	settle_orphan(engine, service, &memory->values);
	settle_failures(engine, service, &memory->values);
	if (service->stopped_by_hand && anything_runs(service))
		service->stopped_by_hand = service->paused = false; /* started meanwhile */
	if (service->paused)
		service->desired = memory->values.desired;
	if (!service->stopped_by_hand)
		service->desired = bound((int)service->desired, settings);
	service->dry_wish = service->decision.count = service->desired;
	memory->recalled = false;
	free(take_ptr(memory->learned));
	if (!service->paused && !service->manual && change == 0)
		return;
	note.to = (int)service->desired;
	note_add(engine, service, &note, "%s%s%s", service->paused ? "paused" : "active",
		service->manual ? ", count by hand" : "",
		change != 0 ? ", what was under way goes on" : "");
}
