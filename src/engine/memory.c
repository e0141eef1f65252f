/*
 * What outlives the daemon: people's words (pauses, counts by hand, what they stopped), cooldowns,
 * what the policy learned, and what was under way. It is recorded when it changed, and recalled
 * before the first step. The world is the truth: what is recalled is compared with the first
 * listing, used where it fits, and forgotten where it does not. Wall time crosses, since the boot
 * clock means nothing after a boot; and because a wall clock may have been set, nothing that is
 * recalled can last longer than it would have when it began.
 */
#include "memory.h"

#include <dockscale/base/hash.h>
#include <dockscale/base/mem.h>

#include <string.h>

/* What was learned changes with each tick: a kill costs so much of it. */
#define LEARNED_INTERVAL (60 * USEC_PER_SEC)

/* Clocks drift and are nudged; beyond it the wall clock was set, and times are recorded anew. */
#define SHIFT_TOLERANCE (5 * USEC_PER_SEC)

/* A successor of a template may be on its way, however long the daemon was away. */
#define GRACE_LEAST (60 * USEC_PER_SEC)

static struct memory *memory_of(struct service *service)
{
	if (service->memory == NULL)
		service->memory = mem_zero(1, sizeof(*service->memory));
	return service->memory;
}

void memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	memory_values_finish(&memory->values);
	free(memory->learned);
	str_finish(&memory->text);
	str_finish(&memory->learned_text);
	str_finish(&memory->template_text);
	free(memory);
}

/* Recalling. */

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
 * counts as what runs; what somebody stopped is not ours to start. Gives by how much the count
 * differs from what runs. */
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
		change < 0   ? ", drains go on"
		: change > 0 ? ", what was being made counts"
			     : "");
}

/* Recording. */

static void intend(struct engine *engine, const struct service *service, enum record_kind kind,
	const struct str *text)
{
	struct intent *intent = fleet_intend(engine, service, INTENT_RECORD);

	intent->record.kind = kind;
	intent->record.text = str_text(text);
	intent->record.length = text->length <= RECORD_BYTES_MAX ? text->length : 0;
}

static uint64_t mix(uint64_t hash, int64_t value)
{
	hash ^= (uint64_t)value;
	hash *= 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static uint64_t sign_replica(uint64_t hash, const struct replica *replica)
{
	bool drains = replica->state == REPLICA_DRAINING;
	bool comes = replica->state == REPLICA_CREATING;

	if (!drains && !comes && !replica->by_hand)
		return hash;
	hash = mix(hash, drains + 2 * comes + 4 * replica->by_hand);
	hash = mix(hash, replica->since);
	return mix(hash, replica->facts.created_at);
}

/* Another signature, another text of memory_write(), without making it in each step. By the boot
 * clock, which does not jump. A template's labels are as fixed as when it was made. */
static uint64_t sign(const struct service *service)
{
	const struct policy_state *policy = &service->policy;
	uint64_t hash = mix(
		HASH_BEGIN, service->paused + 2 * service->stopped_by_hand + 4 * service->released);
	uint64_t spec = 0;

	hash = mix(hash, service->paused || service->manual ? (int64_t)service->desired : -1);
	hash = mix(hash, service->manual ? service->manual_until : -1);
	hash = mix(hash, policy->changed_at);
	hash = mix(hash, policy->changed_to);
	hash = mix(hash, service->orphaned_at);
	hash = mix(hash, service->concurrency.limit);
	hash = mix(hash, service->guard.open ? service->guard.try_at : -1);
	hash = mix(hash, service->replacement.failed_spec[0] != '\0');
	if (service->template != NULL) {
		memcpy(&spec, service->template->facts.spec, sizeof(spec));
		hash = mix(hash, service->template->facts.created_at);
		hash = mix(hash, (int64_t)spec);
	}
	for (size_t i = 0; i < service->n_replicas; i++)
		hash = sign_replica(hash, service->replicas[i]);
	return hash;
}

static bool was_set(usec_t shift, usec_t before)
{
	return shift - before > SHIFT_TOLERANCE || before - shift > SHIFT_TOLERANCE;
}

/* So that they are known when it is gone. */
static void keep_labels(struct memory *memory, const struct service *service)
{
	struct memory_values values;
	struct err ignored;

	if (service->template == NULL ||
		memory_read(memory->text.data, memory->text.length, 0, &values, &ignored) < 0)
		return;
	str_finish(&memory->values.labels);
	memory->values.labels = values.labels;
	values.labels = (struct str){ 0 };
	memory_values_finish(&values);
}

static void record_service(struct engine *engine, struct service *service)
{
	struct memory *memory = memory_of(service);
	usec_t shift = engine->now.wall - engine->now.boot;
	uint64_t signature = sign(service);

	if (signature == memory->signature && !was_set(shift, memory->shift))
		return;
	memory->signature = signature;
	memory->shift = shift;
	memory->learned_at = 0; /* a command may have ended what was learned */
	str_clear(&memory->text);
	memory_write(service, shift, &memory->text);
	keep_labels(memory, service);
	intend(engine, service, RECORD_SERVICE, &memory->text);
}

static uint64_t sign_window(uint64_t hash, const struct wish_window *wishes)
{
	const struct window *window = &wishes->window;
	size_t newest = (window->first + window->count + POLICY_WISHES - 1) % POLICY_WISHES;

	if (window->count == 0)
		return hash;
	return mix(mix(hash, wishes->spans[newest].to), (int64_t)wishes->spans[newest].value);
}

static uint64_t sign_learned(const struct policy_state *policy)
{
	uint64_t hash = HASH_BEGIN;

	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++)
		hash = sign_window(sign_window(hash, &policy->down[metric]), &policy->up[metric]);
	return hash;
}

static void record_learned(struct engine *engine, struct service *service)
{
	struct memory *memory = memory_of(service);
	usec_t now = engine->now.boot;
	uint64_t signature;

	if (memory->learned_at != 0 && now - memory->learned_at < LEARNED_INTERVAL)
		return;
	memory->learned_at = now;
	signature = sign_learned(&service->policy);
	if (signature == memory->learned_signature)
		return;
	memory->learned_signature = signature;
	str_clear(&memory->learned_text);
	memory_write_learned(
		&service->policy, engine->now.wall - engine->now.boot, &memory->learned_text);
	intend(engine, service, RECORD_LEARNED, &memory->learned_text);
}

void memory_begin(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_services; i++)
		if (engine->services[i]->memory != NULL)
			str_finish(&engine->services[i]->memory->template_text);
}

/* A drain that was taken up again is one as any other; one that was not needed is over. */
static void end_leaves(const struct engine *engine, struct service *service)
{
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (replica->state == REPLICA_DRAINING || engine->now.boot > replica->leaves_until)
			replica->leaves_until = 0;
	}
}

void memory_step(struct engine *engine, struct service *service, bool tick)
{
	end_leaves(engine, service);
	if (!service->settled || engine->config->daemon.dry_run)
		return;
	/* What may be undone in a moment must not be what is recalled after a kill. */
	if (hand_is_certain(engine, service))
		record_service(engine, service);
	if (tick)
		record_learned(engine, service);
}

void memory_forget(struct engine *engine, struct service *service)
{
	const struct str nothing = { 0 };

	if (service->memory == NULL || engine->config->daemon.dry_run)
		return;
	for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++)
		intend(engine, service, kind, &nothing);
}

void memory_template(struct engine *engine, const struct event *event)
{
	struct service *service = fleet_find_service(engine, event->specification.service);
	uint64_t signature = hash_text(HASH_BEGIN, event->specification.id);
	struct memory *memory;

	signature = hash_text(signature, event->specification.spec);
	if (engine->config->daemon.dry_run)
		return;
	if (service == NULL) /* its containers follow */
		service = fleet_add_service(engine, event->specification.service);
	memory = memory_of(service);
	if (memory->template_signature == signature)
		return;
	memory->template_signature = signature;
	str_clear(&memory->template_text);
	str_append_bytes(
		&memory->template_text, event->specification.text, event->specification.length);
	intend(engine, service, RECORD_TEMPLATE, &memory->template_text);
}

void memory_journal(struct engine *engine, const struct event *event)
{
	struct note note = { LOG_LEVEL_WARNING, "journal away", NULL, -1, -1 };
	bool away = event->link.code != 0;

	if (!away) {
		note.level = event->link.msg[0] != '\0' ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
		note.what = event->link.msg[0] != '\0' ? "journal begun anew" : "journal written";
	}
	note_add(engine, NULL, &note, "%s", event->link.msg);
	if (away)
		fleet_fault(engine, NULL, FAULT_JOURNAL_AWAY);
	engine->journal_away = away;
	(void)mem_strcpy(engine->journal_problem, sizeof(engine->journal_problem),
		away ? event->link.msg : "");
	for (size_t i = 0; !away && i < engine->n_services; i++) {
		struct memory *memory = engine->services[i]->memory;

		if (memory == NULL)
			continue;
		memory->signature = memory->template_signature = memory->learned_signature = 0;
		memory->learned_at = 0;
	}
}
