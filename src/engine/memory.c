/*
 * What outlives the daemon: people's words (pauses, counts by hand, what they stopped), cooldowns,
 * what the policy learned, and what was under way. Here it is recorded, when it changed;
 * memory_recall.c is the other way. Wall time crosses, since the boot clock means nothing after a
 * boot.
 */
#include "memory.h"
#include "decide.h"

#include <dockscale/base/hash.h>
#include <dockscale/base/mem.h>

#include <string.h>

/* What was learned changes with each tick: a kill costs so much of it. */
#define LEARNED_INTERVAL (60 * USEC_PER_SEC)

/* Clocks drift and are nudged; beyond it the wall clock was set, and times are recorded anew. */
#define SHIFT_TOLERANCE (5 * USEC_PER_SEC)

struct memory *memory_of(struct service *service)
{
	if (service->memory == NULL)
		service->memory = mem_zero(1, sizeof(*service->memory));
	return service->memory;
}

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
	bool warms = replica_is_warming(replica);

	if (!drains && !comes && !warms && !replica->by_hand)
		return hash;
	hash = mix(hash, drains + 2 * comes + 4 * replica->by_hand + 8 * warms);
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
	const struct replica *extra = memory_extra(service);
	uint64_t spec = 0;

	hash = hash_text(hash, extra != NULL ? extra->name : "");
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

static uint64_t sign_learned(const struct service *service)
{
	const struct policy_state *policy = &service->policy;
	uint64_t hash = HASH_BEGIN;

	if (service->self_tuning != NULL)
		hash = mix(hash, (int64_t)auto_age(service->self_tuning));

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
	signature = sign_learned(service);
	if (signature == memory->learned_signature)
		return;
	memory->learned_signature = signature;
	str_clear(&memory->learned_text);
	memory_write_learned(
		&service->policy, engine->now.wall - engine->now.boot, &memory->learned_text);
	if (service->self_tuning != NULL)
		memory_write_tuned(service->self_tuning, &memory->learned_text);
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
	if (service->spoken || hand_is_certain(engine, service))
		record_service(engine, service);
	service->spoken = false;
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
