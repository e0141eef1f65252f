/* What the tests of the simulated world share: a world for the service web, and everything that it
 * says, kept. */
#pragma once

#include <dockscale/adapter/sim.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND          USEC_PER_SEC
#define RIG_EVENTS_MAX  256
#define RIG_SERVERS_MAX 32

/* An event with what its pointers pointed to, as far as these tests ask. */
struct rig_event {
	struct event event;
	usec_t at;
	char id[CONTAINER_ID_MAX]; /* of a container event */
	enum container_state state;
	char address[CONTAINER_ADDRESS_MAX];
	struct server_report servers[RIG_SERVERS_MAX];
};

struct rig {
	struct sim *sim;
	struct config *config;
	struct service_config service;
	struct rig_event events[RIG_EVENTS_MAX];
	size_t n_events;
	uint64_t last_intent;
};

static inline void rig_hear(void *context, const struct event *event)
{
	struct rig *rig = context;
	struct rig_event *kept = &rig->events[rig->n_events];

	if (rig->n_events == RIG_EVENTS_MAX)
		fail_msg("more events than a test looks at");
	rig->n_events++;
	*kept = (struct rig_event){ .event = *event, .at = sim_now(rig->sim).boot };
	if (event->kind == EVENT_CONTAINER) {
		(void)mem_strcpy(kept->id, sizeof(kept->id), event->container->id);
		(void)mem_strcpy(kept->address, sizeof(kept->address),
			event->container->endpoints[0].address);
		kept->state = event->container->state;
	}
	if (event->kind == EVENT_BALANCER && event->balancer.n_servers <= RIG_SERVERS_MAX)
		for (size_t i = 0; i < event->balancer.n_servers; i++)
			kept->servers[i] = event->balancer.servers[i];
}

static inline struct event_sink rig_sink(struct rig *rig)
{
	return (struct event_sink){ .push = rig_hear, .context = rig };
}

/* A world that is connected and silent. */
static inline struct rig *rig_new(const struct sim_settings *settings)
{
	struct rig *rig = mem_zero(1, sizeof(*rig));

	rig->config = config_new();
	(void)mem_strcpy(rig->service.name, sizeof(rig->service.name), "web");
	rig->service.haproxy.n_sockets = 1;
	rig->sim = sim_new(settings, rig->config, "here", rig_sink(rig));
	sim_advance(rig->sim, sim_now(rig->sim).boot + settings->call_delay);
	rig->n_events = 0;
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	sim_free(rig->sim);
	config_free(rig->config);
	free(rig);
}

/* The one sample that a reading gives now. */
static inline struct sample rig_read_sample(struct rig *rig)
{
	struct source *source = sim_source(rig->sim);

	rig->n_events = 0;
	source->vtable->sample(source, sim_now(rig->sim));
	assert_int_equal(rig->n_events, 1);
	assert_int_equal(rig->events[0].event.kind, EVENT_SAMPLE);
	return rig->events[0].event.sample;
}

/* For tests that begin with the settings as they are. */
static inline int rig_set_up(void **state)
{
	struct sim_settings settings = sim_settings_default();

	*state = rig_new(&settings);
	return 0;
}

static inline int rig_tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static inline void rig_wait(struct rig *rig, usec_t duration)
{
	sim_advance(rig->sim, sim_now(rig->sim).boot + duration);
}

/* A person's container of the service web with the limit of one core. */
static inline const char *rig_run(struct rig *rig, const char *name)
{
	return sim_run(rig->sim, name, (const char *[]){ "dockscale.service=web" }, 1, 1.0);
}

static inline struct intent rig_intent(
	struct rig *rig, enum intent_kind kind, const char *container)
{
	struct intent intent = {
		.id = ++rig->last_intent,
		.kind = kind,
		.config = &rig->service,
		.deadline = sim_now(rig->sim).boot + 30 * USEC_PER_SEC,
	};

	(void)mem_strcpy(intent.service, sizeof(intent.service), "web");
	(void)mem_strcpy(intent.container, sizeof(intent.container), container);
	return intent;
}

/* A call of the runtime; gives its number. */
static inline uint64_t rig_call(struct rig *rig, enum intent_kind kind, const char *container)
{
	struct intent intent = rig_intent(rig, kind, container);
	struct runtime *runtime = sim_runtime(rig->sim);

	runtime->vtable->submit(runtime, &intent);
	return intent.id;
}

static inline uint64_t rig_create(struct rig *rig, const char *template, const char *name)
{
	struct intent intent = rig_intent(rig, INTENT_CREATE, template);
	struct runtime *runtime = sim_runtime(rig->sim);

	(void)mem_strcpy(intent.name, sizeof(intent.name), name);
	runtime->vtable->submit(runtime, &intent);
	return intent.id;
}

/* The newest event of a kind, or NULL. */
static inline const struct rig_event *rig_last(const struct rig *rig, enum event_kind kind)
{
	for (size_t i = rig->n_events; i > 0; i--)
		if (rig->events[i - 1].event.kind == kind)
			return &rig->events[i - 1];
	return NULL;
}

static inline size_t rig_count(const struct rig *rig, enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++)
		n += rig->events[i].event.kind == kind;
	return n;
}

/* The answer to a call; the test fails when there is not exactly one. */
static inline const struct rig_event *rig_answer(const struct rig *rig, uint64_t intent)
{
	const struct rig_event *answer = NULL;

	for (size_t i = 0; i < rig->n_events; i++) {
		if (rig->events[i].event.kind != EVENT_RESULT ||
			rig->events[i].event.result.intent != intent)
			continue;
		assert_null(answer);
		answer = &rig->events[i];
	}
	assert_non_null(answer);
	return answer;
}

static inline struct member rig_member(const struct rig *rig, size_t index, enum member_state state)
{
	const struct container *container = sim_container(rig->sim, "web", index);
	struct member member = { .port = 8080, .state = state, .weight = 100 };

	assert_non_null(container);
	member.ours = container_label(container, LABEL_OWNER) != NULL;
	(void)mem_strcpy(member.id, sizeof(member.id), container->id);
	(void)mem_strcpy(member.name, sizeof(member.name), container->name);
	(void)mem_strcpy(member.address, sizeof(member.address), container->endpoints[0].address);
	return member;
}

static inline void rig_membership(struct rig *rig, const struct member *members, size_t n)
{
	struct intent intent = rig_intent(rig, INTENT_MEMBERSHIP, "");
	struct balancer *balancer = sim_balancer(rig->sim);

	intent.membership.members = members;
	intent.membership.count = n;
	balancer->vtable->submit(balancer, &intent);
}

/* Does whoever has the address answer? */
static inline bool rig_probe(struct rig *rig, const char *address)
{
	struct intent intent = rig_intent(rig, INTENT_PROBE, "id");
	struct prober *prober = sim_prober(rig->sim);

	intent.probe.kind = PROBE_TCP;
	intent.probe.timeout = SECOND;
	(void)mem_strcpy(intent.probe.address, sizeof(intent.probe.address), address);
	rig->n_events = 0;
	prober->vtable->submit(prober, &intent);
	rig_wait(rig, SECOND / 100);
	assert_int_equal(rig_count(rig, EVENT_PROBE), 1);
	assert_string_equal(rig->events[0].event.probe.id, "id");
	return rig->events[0].event.probe.healthy;
}
