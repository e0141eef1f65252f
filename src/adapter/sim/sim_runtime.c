/*
 * The simulated container engine behind the runtime port: its connection, its listings, its events.
 * What a call does is in sim_call.c.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define LIST_INTERVAL  (60 * USEC_PER_SEC)
#define ENGINE_RESTART (3 * USEC_PER_SEC)

static struct sim *sim_of(struct runtime *runtime)
{
	return (struct sim *)((char *)runtime - offsetof(struct sim, runtime));
}

/* Only the array is the listing's own: the receiver copies what it keeps. */
static void push_listing(struct sim *sim)
{
	cleanup_free struct container *all = mem_zero(sim->n_containers + 1, sizeof(*all));
	struct event event = { .kind = EVENT_LISTING, .listing.containers = all };

	for (size_t i = 0; i < sim->n_containers; i++)
		if (sim->containers[i]->service[0] != '\0')
			all[event.listing.count++] = sim->containers[i]->facts;
	event_push(&sim->sink, &event);
}

static void list_due(struct sim *sim, struct sim_due *due)
{
	(void)due;
	if (!sim->list_pending)
		return;
	sim->list_pending = false;
	if (sim->link == SIM_LINK_UP)
		push_listing(sim);
}

static void list_now_and_then(struct sim *sim, struct sim_due *due)
{
	usec_t interval =
		sim->settings.list_interval > 0 ? sim->settings.list_interval : LIST_INTERVAL;

	if (sim->link_life != due->life)
		return;
	push_listing(sim);
	due->at += interval;
	sim_queue_push(&sim->queue, due);
}

static void connected(struct sim *sim, struct sim_due *due)
{
	struct event event = { .kind = EVENT_RUNTIME };

	if (sim->link_life != due->life)
		return;
	sim->link = SIM_LINK_UP;
	event_push(&sim->sink, &event);
	due->run = list_now_and_then;
	list_now_and_then(sim, due);
}

void sim_runtime_connect(struct sim *sim, usec_t delay)
{
	sim->link = SIM_LINK_CONNECTING;
	sim->list_pending = false;
	sim_queue_push(&sim->queue, &(struct sim_due){
					    .at = sim->now + delay,
					    .run = connected,
					    .life = ++sim->link_life,
				    });
}

static void push_away(struct sim *sim)
{
	struct event event = { .kind = EVENT_RUNTIME, .link.code = ERR_UNREACHABLE };

	event.link.fault = FAULT_ENGINE_AWAY;

	(void)mem_strcpy(
		event.link.msg, sizeof(event.link.msg), "the simulated engine does not answer");
	event_push(&sim->sink, &event);
}

static void disconnect(struct sim *sim)
{
	if (sim->link == SIM_LINK_AWAY)
		return;
	sim_call_cut(sim);
	sim->link = SIM_LINK_AWAY;
	sim->link_life++;
	/* Only those who heard it know whether an end was asked for. */
	for (size_t i = 0; i < sim->n_containers; i++)
		sim->containers[i]->facts.end_was_asked = false;
	push_away(sim);
}

static void found_away(struct sim *sim, struct sim_due *due)
{
	if (sim->link_life == due->life)
		push_away(sim);
}

void sim_runtime_reconnect(struct sim *sim)
{
	if (sim->link != SIM_LINK_AWAY) {
		sim_runtime_connect(sim, sim->settings.call_delay);
		return;
	}
	sim_queue_push(&sim->queue, &(struct sim_due){
					    .at = sim->now + sim->settings.call_delay,
					    .run = found_away,
					    .life = ++sim->link_life,
				    });
}

void sim_runtime_away(struct sim *sim, bool away)
{
	if (away)
		disconnect(sim);
	else if (sim->link == SIM_LINK_AWAY)
		sim_runtime_connect(sim, sim->settings.call_delay);
}

/* In the opposite order, so that they have other addresses than before. */
static void come_back(struct sim *sim, struct sim_due *due)
{
	(void)due;
	for (size_t i = sim->n_containers; i > 0; i--)
		if (sim->containers[i - 1]->comes_back)
			sim_life_start(sim, sim->containers[i - 1]);
	sim_runtime_away(sim, false);
}

/* An engine that stops tells of each container's end before its socket goes away. */
void sim_runtime_restart(struct sim *sim, bool live_restore)
{
	sim_call_cut(sim);
	for (size_t i = 0; i < sim->n_containers && !live_restore; i++) {
		struct sim_container *container = sim->containers[i];
		enum container_state state = container->facts.state;

		if (!sim_world_lives(container) && state != CONTAINER_RESTARTING)
			continue;
		sim_life_end(sim, container, sim_life_exit_code(container), true);
		container->comes_back = sim_life_comes_back(sim, container);
	}
	disconnect(sim);
	sim_queue_push(&sim->queue,
		&(struct sim_due){ .at = sim->now + ENGINE_RESTART, .run = come_back });
}

static void submit(struct runtime *runtime, const struct intent *intent)
{
	struct sim *sim = sim_of(runtime);
	const struct sim_settings *settings = &sim->settings;
	const usec_t delays[] = {
		[INTENT_CREATE] = settings->create_delay,
		[INTENT_START] = settings->start_delay,
		[INTENT_STOP] = settings->stop_delay,
		[INTENT_PAUSE] = settings->call_delay,
		[INTENT_UNPAUSE] = settings->call_delay,
		[INTENT_REMOVE] = settings->call_delay,
	};
	struct sim_call *call;

	if (intent->kind > INTENT_REMOVE)
		return; /* not the runtime's */
	call = sim_call_new(sim, intent);
	if (sim->link == SIM_LINK_UP) {
		sim_call_put(sim, call, delays[intent->kind]);
		return;
	}
	sim_call_refuse(sim, call, ERR_UNREACHABLE, "the simulated engine does not answer");
}

static void list(struct runtime *runtime)
{
	struct sim *sim = sim_of(runtime);

	if (sim->link != SIM_LINK_UP || sim->list_pending)
		return; /* it lists when it comes back */
	sim->list_pending = true;
	sim_queue_push(&sim->queue,
		&(struct sim_due){
			.at = sim->now + sim_world_delay(sim, sim->settings.call_delay),
			.run = list_due,
		});
}

/* The simulated engine forgets no template. */
static void recall(struct runtime *runtime, const struct journal_record *record)
{
	(void)runtime;
	(void)record;
}

static void configure(struct runtime *runtime, const struct config *config)
{
	struct sim *sim = sim_of(runtime);

	sim->config = config;
	for (size_t i = 0; i < sim->n_containers; i++)
		sim_life_select(sim, sim->containers[i]);
	sim_traffic_change(sim);
	list(runtime);
}

/* The world goes on without its daemon: sim_free() ends it. */
static void free_nothing(struct runtime *runtime)
{
	(void)runtime;
}

void sim_runtime_init(struct sim *sim)
{
	static const struct runtime_vtable vtable = {
		.submit = submit,
		.list = list,
		.recall = recall,
		.configure = configure,
		.free = free_nothing,
	};

	sim->runtime.vtable = &vtable;
	sim_runtime_connect(sim, sim->settings.call_delay);
}
