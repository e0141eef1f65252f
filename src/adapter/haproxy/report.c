/*
 * One membership, several HAProxies, one report. A member is as bad as its worst place, and what
 * is worst depends on the wish: who should serve is UP only where it is UP everywhere, who
 * should drain is drained only where nobody is open to it any more. Sessions are summed. An
 * HAProxy that is away, or the old process of a reload, may hold sessions that nobody can count:
 * zero in the others is then unknown, never zero.
 */
#include "report.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

static enum server_state state_of(const struct view_server *server)
{
	if (server->maint)
		return SERVER_MAINT;
	if (server->drain)
		return SERVER_DRAIN;
	return server->up ? SERVER_UP : SERVER_DOWN;
}

/* How far a state is from taking new sessions. */
static int distance(enum server_state state)
{
	static const int distances[] = {
		[SERVER_UP] = 0,
		[SERVER_DOWN] = 1,
		[SERVER_DRAIN] = 2,
		[SERVER_MAINT] = 3,
		[SERVER_ABSENT] = 4,
	};

	return distances[state];
}

static bool is_worse(enum server_state state, enum server_state than, enum member_state wish)
{
	return wish == MEMBER_SERVING ? distance(state) > distance(than)
				      : distance(state) < distance(than);
}

static struct reading sum(struct reading a, struct reading b)
{
	if (!reading_is_known(a) || !reading_is_known(b))
		return reading_unknown();
	return reading_known(a.value + b.value);
}

/* @server NULL: this HAProxy has none for the member. */
static void merge(struct server_report *report, const struct view_server *server, bool first,
	enum member_state wish)
{
	enum server_state state = server != NULL ? state_of(server) : SERVER_ABSENT;

	if (first || is_worse(state, report->state, wish)) {
		report->state = state;
		report->weight = server != NULL ? server->weight : 0;
	}
	if (server == NULL)
		return;
	if (report->server[0] == '\0')
		(void)mem_strcpy(report->server, sizeof(report->server), server->name);
	report->sessions = sum(report->sessions, server->sessions);
	report->queued = sum(report->queued, server->queued);
	report->total = sum(report->total, server->total);
}

static void add_members(const struct reconciler *reconciler, bool first,
	const struct plan_options *options, const struct plan_wish *wish,
	struct server_report *servers)
{
	cleanup_free size_t *places = mem_zero(wish->n_members, sizeof(*places));

	plan_places(options, wish, &reconciler->view, places);
	for (size_t i = 0; i < wish->n_members; i++) {
		bool nowhere = places[i] == PLAN_NOWHERE;

		merge(&servers[i], nowhere ? NULL : &reconciler->view.servers[places[i]], first,
			wish->members[i].state);
	}
}

/* With several, the text says which one; some messages begin with it anyway. */
static void tell(const struct reconciler *reconciler, struct balancer_report *report)
{
	bool named =
		strncmp(reconciler->problem, reconciler->socket, strlen(reconciler->socket)) == 0;

	(void)snprintf(report->problem, sizeof(report->problem), "%s%s%s",
		report->n_balancers > 1 && !named ? reconciler->socket : "",
		report->n_balancers > 1 && !named ? ": " : "", reconciler->problem);
}

/* The old process of a reload serves to their end the sessions that it has, and nobody can ask it how
 * many. None of them is to last longer than drain_timeout. */
static bool has_left_sessions(
	const struct reconciler *reconciler, const struct plan_options *options)
{
	return reconciler->reloaded && reconciler->view.uptime < options->config->drain_timeout;
}

/* Who serves is compared with the others by what the new process counts; zero is a reason to stop
 * only for who drains. */
enum doubt { DOUBT_NOBODY, DOUBT_DRAINING, DOUBT_ALL };

static void doubt_zeros(
	const struct plan_wish *wish, struct server_report *servers, enum doubt doubt)
{
	for (size_t i = 0; i < wish->n_members; i++) {
		if (doubt < DOUBT_ALL && wish->members[i].state != MEMBER_DRAINING)
			continue;
		if (reading_is_known(servers[i].sessions) && servers[i].sessions.value == 0)
			servers[i].sessions = reading_unknown();
		if (reading_is_known(servers[i].queued) && servers[i].queued.value == 0)
			servers[i].queued = reading_unknown();
	}
}

/* One that takes no new servers holds those that it has. */
static unsigned capacity_of(const struct reconciler *reconciler, const struct plan_options *options,
	const struct plan_wish *wish)
{
	cleanup_free size_t *places = NULL;
	unsigned held = 0;
	bool missing = false;

	if (!reconciler->refused)
		return reconciler->plan.capacity;
	places = mem_zero(wish->n_members, sizeof(*places));
	plan_places(options, wish, &reconciler->view, places);
	for (size_t i = 0; i < wish->n_members; i++) {
		held += places[i] != PLAN_NOWHERE;
		missing = missing ||
			  (places[i] == PLAN_NOWHERE && wish->members[i].state == MEMBER_SERVING);
	}
	return missing ? held : reconciler->plan.capacity;
}

static void add_socket(
	const struct reconciler *reconciler, unsigned capacity, struct balancer_report *report)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
		if ((reconciler->faults & FAULT_BIT(fault)) != 0)
			report->faults[fault]++;
	if (reconciler->reachable) {
		report->slots = report->n_reachable == 0 ? reconciler->plan.slots
							 : report->slots && reconciler->plan.slots;
		if (capacity < report->capacity)
			report->capacity = capacity;
		report->queued = sum(report->queued, reconciler->view.queued);
		report->n_reachable++;
	}
	if (reconciler->problem[0] != '\0' && report->problem[0] == '\0')
		tell(reconciler, report);
}

void report_make(const struct reconciler *reconcilers, size_t n_reconcilers,
	const struct plan_options *options, const struct plan_wish *wish,
	struct server_report *ret_servers, struct balancer_report *ret_report)
{
	enum doubt doubt = DOUBT_NOBODY;
	struct balancer_report report = {
		.n_balancers = n_reconcilers,
		.capacity = UINT32_MAX,
		.queued = reading_known(0),
		.servers = ret_servers,
	};

	for (size_t i = 0; i < wish->n_members; i++) {
		ret_servers[i] = (struct server_report){
			.sessions = reading_known(0),
			.queued = reading_known(0),
			.total = reading_known(0),
		};
		(void)mem_strcpy(ret_servers[i].id, sizeof(ret_servers[i].id), wish->members[i].id);
	}
	for (size_t i = 0; i < n_reconcilers; i++) {
		if (reconcilers[i].reachable)
			add_members(&reconcilers[i], report.n_reachable == 0, options, wish,
				ret_servers);
		if (reconcilers[i].reachable && has_left_sessions(&reconcilers[i], options))
			doubt = DOUBT_DRAINING;
		add_socket(&reconcilers[i], capacity_of(&reconcilers[i], options, wish), &report);
	}
	if (report.n_reachable < n_reconcilers)
		doubt = DOUBT_ALL;
	if (doubt != DOUBT_NOBODY)
		doubt_zeros(wish, ret_servers, doubt);
	if (report.n_reachable == 0)
		report.queued = reading_unknown();
	report.n_servers = report.n_reachable > 0 ? wish->n_members : 0;
	*ret_report = report;
}
