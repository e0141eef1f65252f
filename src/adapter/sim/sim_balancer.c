/*
 * The simulated HAProxy behind the balancer port: one backend a service, with slots or dynamic
 * servers, and what becomes of them when it is reloaded, restarted or does not answer. A membership
 * is carried out at once when its time comes; only what lies between may go wrong.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define SLOTS_DEFAULT 20

static struct sim *sim_of(struct balancer *balancer)
{
	return (struct sim *)((char *)balancer - offsetof(struct sim, balancer));
}

static bool is_of(const struct sim_server *server, const char *service)
{
	return text_same(server->service, service);
}

static void set_address(struct sim_server *server, const char *address)
{
	(void)mem_strcpy(server->address, sizeof(server->address), address);
	server->address_key = sim_world_address_key(address);
}

/* A membership, and a key for the address of each member. */
struct wanted {
	const struct intent *intent;
	uint32_t *keys;
};

static bool is_at(const struct sim_server *server, const struct wanted *wanted, size_t index)
{
	const struct member *member = &wanted->intent->membership.members[index];

	return server->address_key == wanted->keys[index] && server->port == member->port &&
	       strcmp(server->address, member->address) == 0;
}

static struct sim_server *add_server(
	struct sim *sim, enum sim_server_kind kind, const char *service, const char *name)
{
	struct sim_server *server;

	sim->servers = mem_resize(sim->servers, sim->n_servers + 1, sizeof(*sim->servers));
	server = &sim->servers[sim->n_servers++];
	*server = (struct sim_server){ .kind = kind, .state = SERVER_MAINT, .weight = 100 };
	(void)mem_strcpy(server->service, sizeof(server->service), service);
	(void)mem_strcpy(server->name, sizeof(server->name), name);
	return server;
}

static void delete_server(struct sim *sim, size_t index)
{
	memmove(&sim->servers[index], &sim->servers[index + 1],
		(--sim->n_servers - index) * sizeof(*sim->servers));
}

/* Somebody else sends the traffic, to everybody who should serve; nobody counts sessions. */
static bool is_none(const struct service_config *config)
{
	return config != NULL && config->haproxy.balancer == BALANCER_NONE;
}

static bool has_slots(const struct sim *sim, const struct service_config *config)
{
	if (config == NULL)
		return !sim->settings.dynamic;
	if (is_none(config))
		return false;
	if (config->haproxy.method == BALANCER_METHOD_AUTO)
		return !sim->settings.dynamic;
	return config->haproxy.method == BALANCER_METHOD_SLOTS;
}

static unsigned slots_wanted(const struct sim *sim)
{
	return sim->settings.slots > 0 ? sim->settings.slots : SLOTS_DEFAULT;
}

/* The backend's slots are there from its first membership on, as if they had always been. */
static void make_slots(struct sim *sim, const char *service, const struct service_config *config)
{
	for (size_t i = 0; i < sim->n_servers; i++)
		if (is_of(&sim->servers[i], service) && sim->servers[i].kind == SIM_SERVER_SLOT)
			return;
	for (unsigned n = 1; n <= slots_wanted(sim); n++) {
		char name[SERVER_NAME_MAX];

		if (config != NULL && config->haproxy.slot_prefix[0] != '\0')
			(void)snprintf(name, sizeof(name), "%s%u", config->haproxy.slot_prefix, n);
		else
			(void)snprintf(name, sizeof(name), "ds-%s-%u", sim->instance, n);
		(void)add_server(sim, SIM_SERVER_SLOT, service, name);
	}
}

static bool belongs(const struct sim_server *server, const struct wanted *wanted)
{
	if (wanted->intent->membership.withdrawn)
		return false;
	for (size_t i = 0; i < wanted->intent->membership.count; i++)
		if (is_at(server, wanted, i))
			return true;
	return false;
}

/* Servers of ours at an address that is no member's. From the end: some are deleted. Gives whether any
 * was closed. */
static bool close_others(struct sim *sim, const struct wanted *wanted)
{
	bool changed = false;

	for (size_t i = sim->n_servers; i > 0; i--) {
		struct sim_server *server = &sim->servers[i - 1];

		if (!is_of(server, wanted->intent->service) ||
			server->kind == SIM_SERVER_OPERATOR || belongs(server, wanted))
			continue;
		if (server->kind == SIM_SERVER_DYNAMIC) {
			delete_server(sim, i - 1);
			changed = true;
			continue;
		}
		changed = changed || server->address[0] != '\0' || server->state != SERVER_MAINT;
		set_address(server, "");
		server->state = SERVER_MAINT;
		server->maxconn = 0;
	}
	return changed;
}

static struct sim_server *find_server(struct sim *sim, const struct wanted *wanted, size_t index)
{
	struct sim_server *found = NULL;

	for (size_t i = 0; i < sim->n_servers; i++) {
		struct sim_server *server = &sim->servers[i];

		if (!is_at(server, wanted, index) || !is_of(server, wanted->intent->service))
			continue;
		if (server->kind != SIM_SERVER_OPERATOR)
			found = server;
		else if (!wanted->intent->membership.members[index].ours)
			return server; /* the operator's own goes first */
	}
	return found;
}

static struct sim_server *take_server(
	struct sim *sim, const struct intent *intent, const struct member *member)
{
	struct sim_server *server = NULL;
	char name[SERVER_NAME_MAX];

	if (!has_slots(sim, intent->config)) {
		(void)snprintf(name, sizeof(name), "ds-%.20s-%.64s", sim->instance, member->name);
		server = add_server(sim, SIM_SERVER_DYNAMIC, intent->service, name);
	}
	for (size_t i = 0; i < sim->n_servers && server == NULL; i++)
		if (is_of(&sim->servers[i], intent->service) &&
			sim->servers[i].kind == SIM_SERVER_SLOT &&
			sim->servers[i].address[0] == '\0')
			server = &sim->servers[i];
	if (server == NULL)
		return NULL;
	set_address(server, member->address);
	server->port = member->port;
	return server;
}

/* Makes it so; gives whether it was otherwise. */
static bool set(struct sim_server *server, const struct member *member, enum server_state wanted)
{
	bool changed = server->state != wanted || server->weight != member->weight ||
		       server->maxconn != member->maxconn;

	server->state = wanted;
	server->weight = member->weight;
	server->maxconn = member->maxconn;
	return changed;
}

/* Gives whether any server was led elsewhere or is in another state. */
static bool place(struct sim *sim, const struct wanted *wanted, enum member_state state)
{
	const struct intent *intent = wanted->intent;
	bool changed = false;

	for (size_t i = 0; i < intent->membership.count; i++) {
		const struct member *member = &intent->membership.members[i];
		struct sim_server *server;

		if (member->state != state || member->address[0] == '\0')
			continue;
		server = find_server(sim, wanted, i);
		if (server == NULL && state == MEMBER_SERVING)
			server = take_server(sim, intent, member);
		if (server != NULL)
			changed = set(server, member,
					  state == MEMBER_SERVING ? SERVER_UP : SERVER_DRAIN) ||
				  changed;
	}
	return changed;
}

/* As HAProxy's own check sees an enabled server. @report is zeroed. */
static void look(const struct sim *sim, const struct sim_server *server,
	const struct member *member, struct server_report *report)
{
	const struct sim_container *container;
	uint64_t sessions;

	(void)mem_strcpy(report->id, sizeof(report->id), member->id);
	report->state = SERVER_ABSENT;
	report->sessions = report->queued = reading_known(0);
	if (server == NULL)
		return;
	container = sim_world_at(sim, server);
	(void)mem_strcpy(report->server, sizeof(report->server), server->name);
	report->state = server->state;
	if (report->state == SERVER_UP && (container == NULL || !sim_world_answers(container)))
		report->state = SERVER_DOWN;
	report->weight = server->weight;
	report->total = reading_known(0);
	if (container == NULL)
		return;
	sessions = sim_traffic_reported(container);
	if (server->maxconn > 0 && sessions > server->maxconn) {
		report->queued = reading_known((double)(sessions - server->maxconn));
		sessions = server->maxconn;
	}
	report->sessions = reading_known((double)sessions);
	report->total = reading_known((double)(sim_traffic_total(container) + sessions));
}

static unsigned capacity_of(const struct sim *sim, const struct intent *intent)
{
	unsigned capacity = 0;

	if (!has_slots(sim, intent->config))
		return UINT32_MAX;
	for (size_t i = 0; i < sim->n_servers; i++)
		capacity += is_of(&sim->servers[i], intent->service);
	return capacity;
}

static struct event new_report(const struct intent *intent)
{
	struct event event = { .kind = EVENT_BALANCER };

	(void)mem_strcpy(event.balancer.service, sizeof(event.balancer.service), intent->service);
	event.balancer.n_balancers = is_none(intent->config) ? 0 : 1;
	if (event.balancer.n_balancers > 0 && intent->config != NULL &&
		intent->config->haproxy.n_sockets > 0)
		event.balancer.n_balancers = intent->config->haproxy.n_sockets;
	return event;
}

static void push_unreachable(struct sim *sim, const struct intent *intent)
{
	struct event event = new_report(intent);

	(void)mem_strcpy(event.balancer.problem, sizeof(event.balancer.problem),
		"the simulated balancer does not answer");
	event.balancer.faults[FAULT_BALANCER_AWAY] = 1;
	event_push(&sim->sink, &event);
}

/* Was it reloaded since the service was told last? One that hears for the first time was not there. */
static bool tell_reload(struct sim *sim, const char *service)
{
	struct sim_reload *reload;
	bool news;

	for (size_t i = 0; i < sim->n_reloads_told; i++) {
		reload = &sim->reloads_told[i];
		if (strcmp(reload->service, service) != 0)
			continue;
		news = reload->told < sim->reloads;
		reload->told = sim->reloads;
		return news;
	}
	sim->reloads_told =
		mem_resize(sim->reloads_told, sim->n_reloads_told + 1, sizeof(*sim->reloads_told));
	reload = &sim->reloads_told[sim->n_reloads_told++];
	*reload = (struct sim_reload){ .told = sim->reloads };
	(void)mem_strcpy(reload->service, sizeof(reload->service), service);
	return false;
}

static void push_report(struct sim *sim, const struct wanted *wanted)
{
	const struct intent *intent = wanted->intent;
	size_t n = intent->membership.withdrawn ? 0 : intent->membership.count;
	cleanup_free struct server_report *reports = mem_zero(n + 1, sizeof(*reports));
	struct event event = new_report(intent);

	for (size_t i = 0; i < n; i++) {
		const struct member *member = &intent->membership.members[i];

		look(sim, find_server(sim, wanted, i), member, &reports[i]);
		if (is_none(intent->config)) {
			reports[i].sessions = reports[i].queued = reading_unsupported();
			reports[i].total = reading_unsupported();
			reports[i].server[0] = '\0';
		}
		if (reports[i].state != SERVER_ABSENT || member->state != MEMBER_SERVING)
			continue;
		event.balancer.faults[FAULT_NO_SLOT] = 1;
		(void)snprintf(event.balancer.problem, sizeof(event.balancer.problem),
			"no slot is free for %s: add slots to the server-template line",
			member->name);
	}
	event.balancer.n_reachable = event.balancer.n_balancers;
	if (!is_none(intent->config))
		event.balancer.faults[FAULT_BALANCER_RELOADED] = tell_reload(sim, intent->service);
	event.balancer.queued = reading_known(0); /* each server has a queue of its own */
	event.balancer.slots = has_slots(sim, intent->config);
	event.balancer.capacity = capacity_of(sim, intent);
	event.balancer.servers = reports;
	event.balancer.n_servers = n;
	event_push(&sim->sink, &event);
}

/* Most memberships change nothing: then the traffic flows on as it did. */
static void carry_out(struct sim *sim, const struct intent *intent)
{
	size_t n = intent->membership.count;
	cleanup_free uint32_t *keys = mem_resize(NULL, n + 1, sizeof(*keys));
	const struct wanted wanted = { .intent = intent, .keys = keys };
	bool changed;

	for (size_t i = 0; i < n; i++)
		keys[i] = sim_world_address_key(intent->membership.members[i].address);
	sim_traffic_settle(sim);
	if (has_slots(sim, intent->config))
		make_slots(sim, intent->service, intent->config);
	changed = close_others(sim, &wanted);
	if (!intent->membership.withdrawn) {
		changed = place(sim, &wanted, MEMBER_DRAINING) || changed;
		changed = place(sim, &wanted, MEMBER_SERVING) || changed;
	}
	if (changed)
		sim_traffic_change(sim);
	push_report(sim, &wanted);
}

static void run(struct sim *sim, struct sim_due *due)
{
	const struct sim_call *call = due->call;

	if (call->answered)
		return; /* replaced, or nobody waits for it */
	if (!is_none(call->intent.config) && (sim->balancer_away || call->code != 0))
		push_unreachable(sim, &call->intent);
	else
		carry_out(sim, &call->intent);
}

/* Of @service, or of all where it is NULL. */
static void forget(struct sim *sim, const char *service)
{
	for (size_t i = 0; i < sim->queue.count; i++) {
		struct sim_due *due = &sim->queue.items[i];

		if (due->run == run &&
			(service == NULL || strcmp(due->call->intent.service, service) == 0))
			due->call->answered = true;
	}
}

void sim_balancer_forget(struct sim *sim)
{
	forget(sim, NULL);
}

static void submit(struct balancer *balancer, const struct intent *intent)
{
	struct sim *sim = sim_of(balancer);
	const struct sim_failure *failure;
	struct sim_call *call;

	if (intent->kind != INTENT_MEMBERSHIP)
		return;
	forget(sim, intent->service);
	call = sim_call_new(sim, intent);
	failure = sim_world_failure(sim, INTENT_MEMBERSHIP);
	call->code = failure != NULL ? ERR_UNREACHABLE : 0;
	sim_queue_push(&sim->queue,
		&(struct sim_due){
			.at = sim->now + sim_world_delay(sim, sim->settings.call_delay),
			.run = run,
			.call = call,
		});
}

void sim_balancer_away(struct sim *sim, bool away)
{
	sim->balancer_away = away;
}

void sim_balancer_reload(struct sim *sim)
{
	sim->reloads++;
	sim_traffic_hide(sim);
	for (size_t i = sim->n_servers; i > 0; i--) {
		sim->servers[i - 1].maxconn = 0; /* no state file holds it */
		if (sim->servers[i - 1].kind == SIM_SERVER_DYNAMIC)
			delete_server(sim, i - 1);
	}
}

void sim_balancer_restart(struct sim *sim)
{
	sim_balancer_reload(sim);
	for (size_t i = 0; i < sim->n_servers; i++) {
		struct sim_server *server = &sim->servers[i];

		if (server->kind == SIM_SERVER_OPERATOR) {
			server->state = SERVER_UP;
			continue;
		}
		server->state = SERVER_MAINT;
		set_address(server, "");
	}
}

void sim_balancer_add(
	struct sim *sim, const char *service, const struct sim_container *container, unsigned port)
{
	struct sim_server *server;

	sim_traffic_change(sim);
	server = add_server(sim, SIM_SERVER_OPERATOR, service, container->facts.name);
	set_address(server, container->facts.endpoints[0].address);
	server->port = port;
	server->state = SERVER_UP;
}

static void free_nothing(struct balancer *balancer)
{
	(void)balancer;
}

void sim_balancer_init(struct sim *sim)
{
	static const struct balancer_vtable vtable = { .submit = submit, .free = free_nothing };

	sim->balancer.vtable = &vtable;
}
