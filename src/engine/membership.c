/*
 * Who is served. The engine says who the members are and in which state, each tick and after
 * each change; the balancer's adapter makes it so and tells what it found. Nothing is said until
 * every replica that ran before us has answered its first probe: a restart of ours must not
 * close servers that work.
 */
#include "take.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static void balance_weights(struct engine *engine, struct service *service)
{
	cleanup_free struct reading *used = mem_zero(service->n_replicas, sizeof(*used));
	cleanup_free unsigned *weights = mem_zero(service->n_replicas, sizeof(*weights));
	usec_t interval = service->config.haproxy.weights_interval;
	size_t n = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state != REPLICA_SERVING || slow_start_holds(engine, service, replica))
			continue;
		used[n] = series_mean(replica, METRIC_CPU, engine->now.boot, interval);
		weights[n++] = replica->weight;
	}
	/* After a change of who serves, old means tell nothing about the new shares. */
	if (engine->now.boot - service->joined_at < interval ||
		!weight_balance(&service->weights, used, weights, n, engine->now.boot, interval))
		return;
	for (size_t i = 0, k = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->state == REPLICA_SERVING &&
			!slow_start_holds(engine, service, service->replicas[i]))
			service->replicas[i]->weight = weights[k++];
}

/* By which of the host's ports a person's line in HAProxy may lead to it. */
static void add_doors(const struct replica *replica, unsigned port, struct member *member)
{
	for (size_t i = 0; i < replica->facts.n_ports && member->n_doors < MEMBER_DOORS_MAX; i++)
		if (replica->facts.ports[i].inside == port)
			member->doors[member->n_doors++] = replica->facts.ports[i];
}

/* Puts it at its place; false when just that stood there. */
static bool put_member(struct service *service, size_t at, const struct member *member)
{
	bool same =
		at < service->n_members && mem_same(&service->members[at], member, sizeof(*member));

	if (at == service->members_capacity) {
		service->members_capacity = at > 0 ? at * 2 : 8;
		service->members = mem_resize(
			service->members, service->members_capacity, sizeof(*service->members));
	}
	if (!same)
		memcpy(&service->members[at], member, sizeof(*member));
	return !same;
}

static void describe(const struct engine *engine, const struct service *service,
	const struct replica *replica, struct member *member)
{
	memset(member, 0, sizeof(*member)); /* its padding too: it is compared as a whole */
	(void)mem_strcpy(member->id, sizeof(member->id), replica->id);
	(void)mem_strcpy(member->name, sizeof(member->name), replica->name);
	(void)mem_strcpy(member->address, sizeof(member->address), replica->address);
	member->port = replica->port;
	member->state = replica_is_up(replica) ? MEMBER_SERVING : MEMBER_DRAINING;
	member->weight = slow_start_weight(engine, service, replica);
	member->maxconn = overload_maxconn(service);
	member->maxconn_recalled = service->limit_recalled;
	member->ours = replica->role == ROLE_CLONE;
	if (!member->ours)
		add_doors(replica, service->config.haproxy.port, member);
}

/* One that ended and came back by itself keeps its server, but gets no new sessions until it is found
 * healthy: those that it got before we knew are seen, and not cut by a stop. So does one that ran
 * before us and does not answer our first probe. */
static bool is_member(const struct replica *replica)
{
	return !replica->lost &&
	       (replica_is_up(replica) || replica->state == REPLICA_DRAINING ||
		       (replica->state == REPLICA_PROBING &&
			       (replica_has_server(replica) || replica->inherited)));
}

/* Fills the members; true when they differ from those that were sent last. */
static bool collect(const struct engine *engine, struct service *service)
{
	bool changed = false;
	size_t n = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct member member;

		if (!is_member(service->replicas[i]))
			continue;
		describe(engine, service, service->replicas[i], &member);
		changed = put_member(service, n++, &member) || changed;
	}
	changed = changed || n != service->n_members;
	service->n_members = n;
	return changed;
}

void membership_step(struct engine *engine, struct service *service, bool tick)
{
	usec_t interval = engine->config->daemon.interval;
	struct intent *intent;

	if (!service->settled || fleet_is_adopting(service) || fleet_dry(engine, service))
		return;
	if (tick && service->config.haproxy.weights == BALANCER_WEIGHTS_CPU)
		balance_weights(engine, service);
	/* A wake-up between two ticks is no reason to ask again. */
	slow_start_step(service);
	if (!collect(engine, service) && (!service->withdrawn || service->closing) &&
		engine->now.boot - service->membership_at < interval * 9 / 10)
		return;
	service->membership_at = engine->now.boot;
	intent = fleet_intend(engine, service, INTENT_MEMBERSHIP);
	intent->membership.members = service->members;
	intent->membership.count = service->n_members;
	intent->membership.withdrawn = service->withdrawn;
	service->closing = service->withdrawn;
}

/* Nobody is there now, and nobody was since the last report: clients that are pinned to it come and go
 * between two of them. */
static bool is_idle(const struct replica *replica, const struct server_report *report)
{
	if (!reading_is_known(report->sessions) || report->sessions.value > 0 ||
		(reading_is_known(report->queued) && report->queued.value > 0))
		return false;
	return !reading_is_known(report->total) || !reading_is_known(replica->total) ||
	       report->total.value == replica->total.value;
}

static void take_server(struct engine *engine, struct service *service, struct replica *replica,
	const struct server_report *report)
{
	bool idle = is_idle(replica, report);

	(void)mem_strcpy(replica->server, sizeof(replica->server), report->server);
	replica->server_state = report->state;
	if (replica->inherited && replica_has_server(replica))
		replica->spare = false; /* it serves, whatever was recalled of it */
	replica->inherited = false;
	replica->sessions = report->sessions;
	replica->total = report->total;
	sick_reported(engine, replica, report->state);
	overload_take(engine, replica, report);
	if (replica->state == REPLICA_JOINING &&
		(report->state == SERVER_UP || service->n_balancers == 0))
		replica_enter(engine, service, replica, REPLICA_SERVING);
	if (replica->state != REPLICA_DRAINING || report->state == SERVER_UP)
		return;
	if (!idle) {
		replica->idle_reports = 0;
		return;
	}
	if (replica->idle_reports++ == 0)
		replica->idle_since = engine->now.boot;
}

/* What lasts is reported each tick and counts when it begins. */
static void count_faults(
	struct engine *engine, struct service *service, const struct balancer_report *report)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		unsigned before = fault_lasts(fault) ? service->balancer_faults[fault] : 0;

		for (unsigned n = before; n < report->faults[fault]; n++)
			fleet_fault(engine, service, fault);
	}
	memcpy(service->balancer_faults, report->faults, sizeof(service->balancer_faults));
}

static const struct server_report *find_report(const struct balancer_report *report, const char *id)
{
	for (size_t i = 0; i < report->n_servers; i++)
		if (strcmp(report->servers[i].id, id) == 0)
			return &report->servers[i];
	return NULL;
}

void membership_report(
	struct engine *engine, struct service *service, const struct balancer_report *report)
{
	static const struct server_report absent = { .state = SERVER_ABSENT };
	bool reachable = report->n_reachable > 0 || report->n_balancers == 0;

	service->n_balancers = report->n_balancers;
	service->n_reachable = report->n_reachable;
	service->slots = report->slots;
	/* What was reported before the last word has other servers, or closed all of them too. */
	if (service->closing && report->n_reachable == report->n_balancers &&
		report->n_servers == 0)
		service->closed = true;
	service->capacity = reachable ? report->capacity : UINT32_MAX;
	count_faults(engine, service, report);
	service->queued = report->queued;
	(void)mem_strcpy(
		service->balancer_problem, sizeof(service->balancer_problem), report->problem);
	if (!reachable && report->problem[0] == '\0')
		(void)snprintf(service->balancer_problem, sizeof(service->balancer_problem),
			"the balancer is away: replicas stay as they are");
	for (size_t i = 0; reachable && i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];
		const struct server_report *server = find_report(report, replica->id);

		if (server != NULL || report->n_balancers > 0)
			take_server(engine, service, replica, server != NULL ? server : &absent);
		else if (replica->state == REPLICA_JOINING)
			replica_enter(engine, service, replica, REPLICA_SERVING);
	}
}
