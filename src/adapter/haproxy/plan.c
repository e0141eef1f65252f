/*
 * The planner: compares the membership with the servers of one backend and writes the commands that
 * close the gap. It remembers nothing but what a limit took the place of, so a reload, a restart of
 * ours or a person's hand are no cases of their own: the next cycle compares again.
 *
 * A slot is emptied by maintenance and keeps its address: sessions that are left may end, and a
 * replica that comes back finds its own slot.
 */
#include "planning.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WEIGHT_LIMIT 256 /* HAProxy's */

/* Commands. */

#define set_server(planning, server, format, ...)                                                  \
	str_appendf(&(planning)->plan->commands, "set server %s/%s " format ";",                   \
		(planning)->options->config->backend, (server), __VA_ARGS__)

static void set_state(struct planning *planning, const char *server, const char *state)
{
	set_server(planning, server, "state %s", state);
}

static unsigned weight_of(const struct member *member)
{
	return member->weight < WEIGHT_LIMIT ? member->weight : WEIGHT_LIMIT;
}

/* @member NULL: nobody's server, which gets back what it had. */
static void limit(
	struct planning *planning, const struct view_server *server, const struct member *member)
{
	limits_plan(planning->options->limits,
		&(struct limits_wish){
			.backend = planning->options->config->backend,
			.server = server->name,
			.now = server->maxconn,
			.maxconn = member != NULL ? member->maxconn : 0,
			.recalled = member != NULL && member->maxconn_recalled,
			.cautious = planning->options->config->maxconn == BALANCER_MAXCONN_LEARN,
		},
		&planning->plan->commands);
}

static void problem(struct planning *planning, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void problem(struct planning *planning, const char *format, ...)
{
	va_list args;

	if (planning->plan->problem[0] != '\0')
		return; /* the first one is told: the others may follow from it */
	va_start(args, format);
	(void)vsnprintf(planning->plan->problem, sizeof(planning->plan->problem), format, args);
	va_end(args);
}

static void close_strangers(struct planning *planning)
{
	for (size_t i = 0; i < planning->view->n_servers; i++)
		if (planning_is_stranger(planning, i))
			set_state(planning, planning->view->servers[i].name, "maint");
}

static void drain(struct planning *planning)
{
	for (size_t i = 0; i < planning->wish->n_members; i++) {
		size_t place = planning->places[i];
		const struct view_server *server;

		if (planning->wish->members[i].state != MEMBER_DRAINING || place == PLAN_NOWHERE)
			continue;
		server = &planning->view->servers[place];
		if (!server->maint && !server->drain)
			set_state(planning, server->name, "drain");
	}
}

/* Leads a server of ours, which takes nothing now, to a member and opens it. In two rounds when the
 * address changes: an error does not stop the commands behind it, and a server must not open
 * at the address of somebody before. */
static void lead(struct planning *planning, size_t place, const struct member *member)
{
	const struct view_server *server = &planning->view->servers[place];

	if (server->weight != weight_of(member))
		set_server(planning, server->name, "weight %u", weight_of(member));
	limit(planning, server, member);
	if (planning_leads_to(planning, place, member)) {
		set_state(planning, server->name, "ready");
		return;
	}
	set_server(planning, server->name, "addr %s port %u", member->address, member->port);
	planning->plan->again = true;
}

static void tell_resolved(struct planning *planning)
{
	if (planning->n_resolved == 0)
		return;
	planning->plan->faults |= FAULT_BIT(FAULT_SLOT_UNUSABLE);
	problem(planning,
		"HAProxy looks slots %sN of backend %s up by DNS and overwrites a replica's "
		"address: take `resolvers` off their server-template and default-server lines, "
		"and reload it",
		planning->slot_prefix, planning->options->config->backend);
}

static void open_place(struct planning *planning, size_t place, const struct member *member)
{
	const struct view_server *server = &planning->view->servers[place];

	if (server->maint && planning->owners[place] == OWNER_OTHER)
		problem(planning,
			"the server %s of %s was put into maintenance by hand: `set server %s/%s "
			"state ready` on HAProxy's socket ends it",
			server->name, member->name, planning->options->config->backend,
			server->name);
	else if (server->maint && planning_is_resolved(planning, place))
		planning->plan->faults |= FAULT_BIT(FAULT_NO_SLOT); /* tell_resolved() has told */
	else if (server->maint || server->drain)
		lead(planning, place, member);
}

/* A slot that nobody has. One without sessions of the replica before, if there is one. */
static size_t free_slot(const struct planning *planning)
{
	size_t found = PLAN_NOWHERE;

	for (size_t i = 0; i < planning->view->n_servers; i++) {
		const struct view_server *server = &planning->view->servers[i];

		if (planning->owners[i] != OWNER_SLOT || planning->claimed[i] ||
			planning_is_broken(planning, i) || planning_is_resolved(planning, i))
			continue;
		if (server->maint && reading_is_known(server->sessions) &&
			server->sessions.value == 0)
			return i;
		if (found == PLAN_NOWHERE || server->maint)
			found = i;
	}
	return found;
}

static size_t find_named(const struct planning *planning, const struct member *member)
{
	for (size_t i = 0; i < planning->view->n_servers; i++)
		if (!planning->claimed[i] && planning_is_named(planning, i, member))
			return i;
	return PLAN_NOWHERE;
}

static bool wants_check(const char *options)
{
	char text[CONFIG_TEXT_MAX + 2];

	(void)snprintf(text, sizeof(text), " %s ", options);
	return strstr(text, " check ") != NULL;
}

/* Starts at weight 100, since a percentage of the default 1 truncates to nothing. */
static void add_server(struct planning *planning, const struct member *member)
{
	const struct haproxy_config *config = planning->options->config;
	struct str *commands = &planning->plan->commands;
	bool v6 = strchr(member->address, ':') != NULL;
	struct view_server added = { .maxconn = limits_given(config->server_options) };
	char *name = added.name;

	plan_server_name(planning->options->instance, member->id, name);
	str_appendf(commands, "add server %s/%s %s%s%s:%u weight 100%s%s;", config->backend, name,
		v6 ? "[" : "", member->address, v6 ? "]" : "", member->port,
		config->server_options[0] != '\0' ? " " : "", config->server_options);
	if (wants_check(config->server_options))
		str_appendf(commands, "enable health %s/%s;", config->backend, name);
	if (weight_of(member) != 100)
		set_server(planning, name, "weight %u", weight_of(member));
	limit(planning, &added, member); /* or it would take at once everybody who waits */
	set_state(planning, name, "ready");
}

static void no_slot(struct planning *planning)
{
	const char *backend = planning->options->config->backend;

	planning->plan->faults |= FAULT_BIT(FAULT_NO_SLOT);
	if (planning->n_broken > 0)
		problem(planning,
			"%zu slots %sN of backend %s have no address: HAProxy could not resolve "
			"localhost: see /etc/hosts where it runs, or take `resolvers` off their "
			"line, and reload it",
			planning->n_broken, planning->slot_prefix, backend);
	else if (planning->n_slots > 0)
		problem(planning,
			"all %zu slots %sN of backend %s are in use: raise the last number of its "
			"server-template line, and reload HAProxy",
			planning->n_slots, planning->slot_prefix, backend);
	else
		problem(planning,
			"backend %s has no slots: add the server-template line that `dockscalectl "
			"haproxy` prints, and reload HAProxy",
			backend);
}

static void find_place(struct planning *planning, size_t at)
{
	const struct member *member = &planning->wish->members[at];
	size_t place = planning->slots ? free_slot(planning) : find_named(planning, member);

	if (place != PLAN_NOWHERE) {
		planning->claimed[place] = true;
		planning->places[at] = place;
		lead(planning, place, member);
		return;
	}
	if (!planning->slots) {
		add_server(planning, member);
		return;
	}
	no_slot(planning);
}

static void open_members(struct planning *planning)
{
	for (size_t i = 0; i < planning->wish->n_members; i++) {
		const struct member *member = &planning->wish->members[i];

		if (member->state != MEMBER_SERVING)
			continue;
		if (planning->places[i] != PLAN_NOWHERE)
			open_place(planning, planning->places[i], member);
		else if (planning_is_address(member->address) && member->port > 0)
			find_place(planning, i);
		else
			problem(planning,
				"%s has no address that HAProxy could use: see [haproxy] port, "
				"network and address",
				member->name);
	}
}

/* Of those that take sessions already; lead() has weighed and limited the others. */
static void weigh(struct planning *planning)
{
	for (size_t i = 0; i < planning->wish->n_members; i++) {
		const struct member *member = &planning->wish->members[i];
		const struct view_server *server;

		if (member->state != MEMBER_SERVING || planning->places[i] == PLAN_NOWHERE)
			continue;
		server = &planning->view->servers[planning->places[i]];
		if (server->maint || server->drain ||
			!planning_leads_to(planning, planning->places[i], member))
			continue;
		if (server->weight != weight_of(member))
			set_server(planning, server->name, "weight %u", weight_of(member));
		limit(planning, server, member);
	}
}

/* Of those that nobody has any more. What was added will be deleted. */
static void lift(struct planning *planning)
{
	for (size_t i = 0; i < planning->view->n_servers; i++)
		if (!planning->claimed[i] && planning->owners[i] != OWNER_DYNAMIC)
			limit(planning, &planning->view->servers[i], NULL);
}

/* Refused while connections are attached (2.6: idle ones too); then the next cycle tries again. */
static void delete_servers(struct planning *planning)
{
	for (size_t i = 0; i < planning->view->n_servers; i++)
		if (planning->owners[i] == OWNER_DYNAMIC && !planning->claimed[i])
			str_appendf(&planning->plan->commands, "del server %s/%s;",
				planning->options->config->backend,
				planning->view->servers[i].name);
}

static unsigned capacity(const struct planning *planning)
{
	size_t elsewhere = 0;

	if (!planning->slots)
		return UINT32_MAX;
	for (size_t i = 0; i < planning->wish->n_members; i++) {
		size_t place = planning->places[i];

		if (place == PLAN_NOWHERE)
			continue;
		elsewhere += planning->owners[place] != OWNER_SLOT ||
			     (planning_is_resolved(planning, place) &&
				     !planning->view->servers[place].maint);
	}
	return (unsigned)(planning->n_slots + elsewhere);
}

void plan_make(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, struct plan *ret_plan)
{
	static const struct plan_wish nobody = { 0 };
	struct planning planning;
	struct plan plan = { 0 };

	planning_begin(&planning, options, options->withdrawn ? &nobody : wish, view);
	planning.plan = &plan;
	planning_claim(&planning);
	if (options->limits != NULL)
		limits_forget(options->limits, view);
	close_strangers(&planning);
	drain(&planning);
	plan.slots = planning.slots;
	if (planning.n_broken > 0)
		plan.faults |= FAULT_BIT(FAULT_SLOT_UNUSABLE);
	tell_resolved(&planning);
	open_members(&planning);
	weigh(&planning);
	lift(&planning);
	delete_servers(&planning);
	plan.capacity = capacity(&planning);
	planning_end(&planning);
	*ret_plan = plan;
}

void plan_finish(struct plan *plan)
{
	str_finish(&plan->commands);
}
