/* A hand that plays the world for the engine, event by event: no adapter, no time of its own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dockscale/base/mem.h>
#include <dockscale/engine/engine.h>
#include <dockscale/engine/snapshot.h>

#include <stdio.h>
#include <string.h>

struct hand {
	struct engine *engine;
	struct config *config;
	struct intents intents;
	struct moment now;
	struct reading total; /* sessions ever, of each server */
};

static inline void hand_step(struct hand *hand, const struct event *events, size_t n)
{
	intents_clear(&hand->intents);
	engine_step(hand->engine, events, n, hand->now, &hand->intents);
}

static inline void hand_event(struct hand *hand, struct event event)
{
	hand_step(hand, &event, 1);
}

static inline void hand_tick(struct hand *hand)
{
	hand->now.boot += USEC_PER_SEC;
	hand->now.wall += USEC_PER_SEC;
	hand_event(hand, (struct event){ .kind = EVENT_TICK });
}

static inline void hand_init(struct hand *hand)
{
	*hand = (struct hand){ .now = { 1000 * USEC_PER_SEC, 1700000000 * USEC_PER_SEC } };
	hand->config = config_new();
	hand->engine = engine_new("host1", 7);
	engine_configure(hand->engine, hand->config, hand->now);
}

static inline void hand_finish(struct hand *hand)
{
	engine_free(hand->engine);
	config_free(hand->config);
	intents_finish(&hand->intents);
}

/* The @nth intent of a kind in the last step, or NULL. */
static inline const struct intent *hand_intent(
	const struct hand *hand, enum intent_kind kind, size_t nth)
{
	for (size_t i = 0; i < hand->intents.count; i++)
		if (hand->intents.items[i].kind == kind && nth-- == 0)
			return &hand->intents.items[i];
	return NULL;
}

static inline size_t hand_count(const struct hand *hand, enum intent_kind kind)
{
	size_t count = 0;

	while (hand_intent(hand, kind, count) != NULL)
		count++;
	return count;
}

/* A container named @name that runs since @started; an id is made of its name. */
static inline struct container hand_container(const char *name, usec_t started)
{
	struct container container = { .state = CONTAINER_RUNNING,
		.pid = 100,
		.created_at = started,
		.started_at = started,
		.cpu_limit_cores = 1,
		.n_endpoints = 1 };

	(void)snprintf(container.id, sizeof(container.id), "%s-id", name);
	(void)snprintf(container.name, sizeof(container.name), "%s", name);
	(void)snprintf(
		container.endpoints[0].network, sizeof(container.endpoints[0].network), "bridge");
	(void)snprintf(container.endpoints[0].address, sizeof(container.endpoints[0].address),
		"10.0.0.%d", (int)(started % 200) + 1);
	return container;
}

static inline struct container hand_template(void)
{
	struct container container = hand_container("web", 5);

	(void)container_add_label(&container, "dockscale.service", "web", false);
	(void)container_add_label(&container, "dockscale.max", "4", false);
	(void)container_add_label(&container, "dockscale.haproxy.port", "8080", false);
	(void)container_add_label(&container, "dockscale.policy.type", "target", false);
	return container;
}

static inline void hand_label_clone(struct container *container)
{
	(void)container_add_label(container, LABEL_SERVICE, "web", false);
	(void)container_add_label(container, LABEL_OWNER, "host1", false);
	(void)container_add_label(container, LABEL_ROLE, "replica", false);
}

static inline void hand_list(struct hand *hand, struct container *containers, size_t count)
{
	hand_event(hand, (struct event){ .kind = EVENT_LISTING, .listing = { containers, count } });
}

static inline void hand_probe(struct hand *hand, const char *id, bool healthy)
{
	struct event event = { .kind = EVENT_PROBE, .probe = { .healthy = healthy } };

	(void)snprintf(event.probe.id, sizeof(event.probe.id), "%s", id);
	hand_event(hand, event);
}

/* The balancer has done all that the last membership said; each server has @sessions. */
static inline void hand_balanced(struct hand *hand, double sessions)
{
	static struct server_report servers[64];
	struct event event = { .kind = EVENT_BALANCER,
		.balancer = { .service = "web",
			.n_balancers = 1,
			.n_reachable = 1,
			.capacity = UINT32_MAX } };
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	const struct service_snapshot *web = &snapshot->services[0];
	size_t n = 0;

	for (size_t i = 0; i < web->n_replicas; i++) {
		const struct replica_snapshot *replica = &web->replicas[i];

		if (replica->state < REPLICA_JOINING || replica->state > REPLICA_DRAINING)
			continue;
		servers[n].state = replica->state == REPLICA_DRAINING ? SERVER_DRAIN : SERVER_UP;
		servers[n].sessions = reading_known(sessions);
		servers[n].queued = reading_known(0);
		servers[n].total = hand->total;
		(void)snprintf(servers[n].id, sizeof(servers[n].id), "%s", replica->id);
		n++;
	}
	snapshot_free(snapshot);
	event.balancer.servers = servers;
	event.balancer.n_servers = n;
	hand_event(hand, event);
}

/* A sample of @name: @cpu_usec used in all. */
static inline void hand_sample(struct hand *hand, const char *name, usec_t started, double cpu_usec)
{
	struct event event = { .kind = EVENT_SAMPLE };

	(void)snprintf(event.sample.id, sizeof(event.sample.id), "%s-id", name);
	event.sample.started_at = started;
	event.sample.at = hand->now.boot;
	event.sample.cpu_usec = reading_known(cpu_usec);
	event.sample.memory_bytes = reading_unsupported();
	hand_event(hand, event);
}

static inline void hand_answer(
	struct hand *hand, const struct intent *intent, int code, const char *id)
{
	struct event event = { .kind = EVENT_RESULT,
		.result = { .intent = intent->id, .code = code } };

	(void)snprintf(event.result.container, sizeof(event.result.container), "%s", id);
	(void)snprintf(event.result.msg, sizeof(event.result.msg), "%s",
		code == 0 ? "" : "said the runtime");
	hand_event(hand, event);
}
