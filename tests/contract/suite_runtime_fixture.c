/*
 * The ground of the runtime's contract tests. Time passes only through the world, so that the same
 * tests live in virtual and in real time.
 */
#include "suite_runtime_fixture.h"

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PATIENCE (20 * USEC_PER_SEC)

const struct suite_runtime_world *tested;

void take_event(void *context, const struct event *event)
{
	struct fixture *fixture = context;
	const struct container *containers = NULL;
	struct record *record;

	fixture->records =
		mem_resize(fixture->records, fixture->n_records + 1, sizeof(*fixture->records));
	record = &fixture->records[fixture->n_records++];
	*record = (struct record){ .event = *event };
	if (event->kind == EVENT_LISTING) {
		containers = event->listing.containers;
		record->n_containers = event->listing.count;
	} else if (event->kind == EVENT_CONTAINER) {
		containers = event->container;
		record->n_containers = 1;
	}
	record->containers = mem_zero(record->n_containers, sizeof(*containers));
	for (size_t i = 0; i < record->n_containers; i++)
		container_copy(&record->containers[i], &containers[i]);
}

static bool fits(const struct expectation *expectation, const struct record *record)
{
	const struct event *event = &record->event;

	if (event->kind != expectation->kind)
		return false;
	switch (event->kind) {
	case EVENT_CONTAINER:
		return (expectation->name == NULL ||
			       strcmp(record->containers[0].name, expectation->name) == 0) &&
		       (expectation->id == NULL ||
			       strcmp(record->containers[0].id, expectation->id) == 0) &&
		       (expectation->state < 0 ||
			       (int)record->containers[0].state == expectation->state) &&
		       !(expectation->state == CONTAINER_RUNNING &&
			       record->containers[0].end_was_asked); /* not for long */
	case EVENT_GONE:
		return expectation->id == NULL || strcmp(event->gone, expectation->id) == 0;
	case EVENT_RESULT:
		return event->result.intent == expectation->intent;
	case EVENT_RUNTIME:
		return (event->link.code < 0) == expectation->away;
	default:
		return true;
	}
}

/* Where the connection was lost in between, what a listing tells afterwards is as good: nobody tells
 * it again by an event. */
static bool is_listed(struct expectation *expectation, const struct record *record)
{
	const char *id = expectation->id;
	struct record one = { .event = { .kind = EVENT_CONTAINER } };

	if (record->event.kind != EVENT_LISTING)
		return false;
	for (size_t i = 0; i < record->n_containers; i++) {
		one.containers = &record->containers[i];
		expectation->container = i;
		if (expectation->kind == EVENT_CONTAINER && fits(expectation, &one))
			return true;
		if (id != NULL && strcmp(record->containers[i].id, id) == 0)
			return false;
	}
	return expectation->kind == EVENT_GONE && id != NULL;
}

static bool has_come(void *argument)
{
	struct expectation *expectation = argument;
	const struct fixture *fixture = expectation->fixture;
	bool lost = false;

	for (size_t i = 0; i < fixture->n_records; i++) {
		const struct record *record = &fixture->records[i];
		enum event_kind kind = record->event.kind;

		expectation->found = i;
		expectation->container = 0;
		if (i >= fixture->from &&
			(fits(expectation, record) || (lost && is_listed(expectation, record))))
			return true;
		if (kind == EVENT_RUNTIME && record->event.link.code < 0)
			lost = true;
		else if (kind == EVENT_LISTING)
			lost = false;
	}
	return false;
}

static const struct record *await_with(struct fixture *fixture, struct expectation *expectation)
{
	expectation->fixture = fixture;
	if (!tested->run_until(tested->context, has_come, expectation, PATIENCE))
		fail_msg("no event of kind %d came (%s)", (int)expectation->kind,
			expectation->name != NULL ? expectation->name : "");
	return &fixture->records[expectation->found];
}

const struct record *await(struct fixture *fixture, struct expectation expectation)
{
	return await_with(fixture, &expectation);
}

static bool never(void *argument)
{
	(void)argument;
	return false;
}

void let_pass(usec_t duration)
{
	(void)tested->run_until(tested->context, never, NULL, duration);
}

void forget(struct fixture *fixture)
{
	fixture->from = fixture->n_records;
}

const struct container *await_container(
	struct fixture *fixture, const char *name, enum container_state state)
{
	struct expectation expectation = {
		.kind = EVENT_CONTAINER, .name = name, .state = (int)state
	};
	const struct record *record = await_with(fixture, &expectation);

	return &record->containers[expectation.container];
}

const struct record *await_listing(struct fixture *fixture)
{
	return await(fixture, (struct expectation){ .kind = EVENT_LISTING });
}

void run_web(struct fixture *fixture, const char *name, char id[static CONTAINER_ID_MAX])
{
	const char *const labels[] = { WEB };

	tested->run(tested->context, name, labels, countof(labels), 0.5);
	(void)mem_strcpy(
		id, CONTAINER_ID_MAX, await_container(fixture, name, CONTAINER_RUNNING)->id);
	forget(fixture);
}

static uint64_t submit(struct fixture *fixture, struct intent intent)
{
	intent.id = ++fixture->last_intent;
	(void)mem_strcpy(intent.service, sizeof(intent.service), "web");
	intent.config = &fixture->service;
	intent.deadline = tested->now(tested->context).boot + PATIENCE;
	fixture->runtime->vtable->submit(fixture->runtime, &intent);
	return intent.id;
}

uint64_t submit_for(struct fixture *fixture, enum intent_kind kind, const char *id)
{
	struct intent intent = { .kind = kind };

	(void)mem_strcpy(intent.container, sizeof(intent.container), id);
	if (kind == INTENT_STOP)
		intent.stop_timeout = 5 * USEC_PER_SEC;
	return submit(fixture, intent);
}

uint64_t submit_create(struct fixture *fixture, const char *template, const char *name)
{
	struct intent intent = { .kind = INTENT_CREATE };

	(void)mem_strcpy(intent.container, sizeof(intent.container), template);
	(void)mem_strcpy(intent.name, sizeof(intent.name), name);
	return submit(fixture, intent);
}

const struct record *await_result(struct fixture *fixture, uint64_t intent)
{
	return await(fixture, (struct expectation){ .kind = EVENT_RESULT, .intent = intent });
}

int result_code(struct fixture *fixture, uint64_t intent)
{
	const struct record *record = await_result(fixture, intent);

	if (record->event.result.code != 0)
		assert_string_not_equal(record->event.result.msg, "");
	return record->event.result.code;
}

int result_of(struct fixture *fixture, enum intent_kind kind, const char *id)
{
	return result_code(fixture, submit_for(fixture, kind, id));
}

/* Nothing but containers: neither a balancer nor a probe has a say here. */
static const struct label service_labels[] = {
	{ LABEL_SERVICE, "web", false },
	{ "dockscale.haproxy.balancer", "none", false },
	{ "dockscale.health.probe", "none", false },
};

int set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof(*fixture));
	struct err err = { 0 };

	fixture->config = config_new();
	(void)mem_strcpy(fixture->config->daemon.instance, sizeof(fixture->config->daemon.instance),
		INSTANCE);
	if (config_resolve(&fixture->config->daemon, NULL, "web", "web_1", service_labels,
		    countof(service_labels), &fixture->service, &err) < 0)
		fail_msg("%s", err.msg);
	*state = fixture;
	fixture->runtime = tested->open(tested->context, INSTANCE, fixture->config,
		(struct event_sink){ take_event, fixture });
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = false });
	assert_int_equal(await_listing(fixture)->n_containers, 0);
	forget(fixture);
	return 0;
}

int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tested->close(tested->context, fixture->runtime);
	for (size_t i = 0; i < fixture->n_records; i++) {
		struct record *record = &fixture->records[i];

		for (size_t j = 0; j < record->n_containers; j++)
			container_finish(&record->containers[j]);
		free(record->containers);
	}
	free(fixture->records);
	config_free(fixture->config);
	free(fixture);
	return 0;
}
