/*
 * The planner: compares the membership with the servers of one backend and writes the commands that
 * close the gap. It remembers nothing but what a limit took the place of, so a reload, a restart of ours or a person's hand are no
 * cases of their own: the next cycle compares again.
 *
 * What is ours: slots (slot_prefix and a number within the range) and servers that we added
 * (ds-<instance>-c<id>). All others are read, never changed, but for one that a person wrote and
 * that leads to a member which is not ours, by its address or by a port of this machine that it
 * publishes: it is that member's server, and keeps its address. In maintenance it stays: that is a
 * person's word.
 *
 * A slot is emptied by maintenance and keeps its address: sessions that are left may end, and a
 * replica that comes back finds its own slot.
 */
#include "plan.h"

#include <dockscale/base/mem.h>

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WEIGHT_LIMIT 256 /* HAProxy's */

enum owner {
	OWNER_OTHER, /* a person wrote it */
	OWNER_INSTANCE, /* bears the name of another instance of ours: its own affair */
	OWNER_SLOT,
	OWNER_DYNAMIC,
};

/* Everything that one planning needs at hand. */
struct planning {
	const struct plan_options *options;
	const struct plan_wish *wish;
	const struct view *view;
	char slot_prefix[SERVER_NAME_MAX];
	char dynamic_prefix[SERVER_NAME_MAX];
	enum owner *owners; /* by server */
	size_t *places; /* by member */
	bool *claimed; /* by server */
	size_t n_slots; /* that can be used */
	size_t n_broken; /* without an address: nothing can be set */
	bool slots;
	struct plan *plan;
};

void plan_slot_prefix(const struct plan_options *options, char prefix[static SERVER_NAME_MAX])
{
	if (options->config->slot_prefix[0] != '\0')
		(void)mem_strcpy(prefix, SERVER_NAME_MAX, options->config->slot_prefix);
	else
		(void)snprintf(prefix, SERVER_NAME_MAX, "ds-%s-", options->instance);
}

void plan_server_name(const char *instance, const char *id, char name[static SERVER_NAME_MAX])
{
	(void)snprintf(name, SERVER_NAME_MAX, "ds-%s-c%.12s", instance, id);
}

static const char *after_prefix(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 ? name + length : NULL;
}

static bool in_range(const struct haproxy_config *config, const char *digits)
{
	unsigned number = 0;
	size_t length = strspn(digits, "0123456789");

	if (length == 0 || length > 6 || digits[length] != '\0')
		return false;
	for (; *digits != '\0'; digits++)
		number = number * 10 + (unsigned)(*digits - '0');
	if (config->slot_first == 0 && config->slot_last == 0)
		return true;
	return number >= config->slot_first && number <= config->slot_last;
}

static bool is_short_id(const char *text)
{
	return strlen(text) == 12 && strspn(text, "0123456789abcdef") == 12;
}

/* ds-<somebody>-<number> or ds-<somebody>-c<id> */
static bool is_instances(const char *name)
{
	const char *last = strrchr(name, '-');

	if (strncmp(name, "ds-", 3) != 0 || last <= name + 3)
		return false;
	last++;
	return (last[0] == 'c' && is_short_id(last + 1)) ||
	       (last[0] != '\0' && last[strspn(last, "0123456789")] == '\0');
}

static enum owner owner_of(const struct planning *planning, const char *name)
{
	const char *rest = after_prefix(name, planning->dynamic_prefix);

	if (rest != NULL && is_short_id(rest))
		return OWNER_DYNAMIC;
	rest = after_prefix(name, planning->slot_prefix);
	if (rest != NULL && in_range(planning->options->config, rest))
		return OWNER_SLOT;
	return is_instances(name) ? OWNER_INSTANCE : OWNER_OTHER;
}

static bool is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A slot whose name did not resolve has no address ("-") and, without a family, takes none: "Update
 * for the current server address family is only supported through configuration file." (2.6, 3.0) */
static bool is_broken(const struct planning *planning, size_t at)
{
	return planning->owners[at] == OWNER_SLOT &&
	       !is_address(planning->view->servers[at].address);
}

static bool is_ours(const struct planning *planning, size_t at)
{
	return planning->owners[at] == OWNER_SLOT || planning->owners[at] == OWNER_DYNAMIC;
}

static void find_owners(struct planning *planning)
{
	for (size_t i = 0; i < planning->view->n_servers; i++) {
		planning->owners[i] = owner_of(planning, planning->view->servers[i].name);
		if (is_broken(planning, i))
			planning->n_broken++;
		else if (planning->owners[i] == OWNER_SLOT)
			planning->n_slots++;
	}
}

static void begin(struct planning *planning, const struct plan_options *options,
	const struct plan_wish *wish, const struct view *view)
{
	*planning = (struct planning){ .options = options, .wish = wish, .view = view };
	plan_slot_prefix(options, planning->slot_prefix);
	(void)snprintf(planning->dynamic_prefix, sizeof(planning->dynamic_prefix), "ds-%s-c",
		options->instance);
	planning->owners = mem_zero(view->n_servers, sizeof(*planning->owners));
	planning->claimed = mem_zero(view->n_servers, sizeof(*planning->claimed));
	planning->places = mem_zero(wish->n_members, sizeof(*planning->places));
	for (size_t i = 0; i < wish->n_members; i++)
		planning->places[i] = PLAN_NOWHERE;
	find_owners(planning);
	planning->slots = options->config->method == BALANCER_METHOD_SLOTS ||
			  (options->config->method == BALANCER_METHOD_AUTO &&
				  planning->n_slots + planning->n_broken > 0);
}

static void end(struct planning *planning)
{
	free(planning->owners);
	free(planning->claimed);
	free(planning->places);
}

static bool at_address(const struct view_server *server, const struct member *member)
{
	return server->port == member->port && strcmp(server->address, member->address) == 0;
}

static bool is_local(const struct planning *planning, const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       (planning->options->is_local != NULL && planning->options->is_local(address));
}

static bool is_wildcard(const char *address)
{
	return address[0] == '\0' || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* A port of the same number on another machine is another one's. */
static bool at_door(const struct planning *planning, const struct view_server *server,
	const struct member *member)
{
	for (size_t i = 0; i < member->n_doors; i++) {
		const struct container_port *door = &member->doors[i];

		if (server->port == door->outside &&
			(is_wildcard(door->address) ? is_local(planning, server->address)
						    : strcmp(server->address, door->address) == 0))
			return true;
	}
	return false;
}

/* Does what is sent to the server arrive at the member? Ours are led to its address alone. */
static bool leads_to(const struct planning *planning, size_t at, const struct member *member)
{
	const struct view_server *server = &planning->view->servers[at];

	return at_address(server, member) ||
	       (planning->owners[at] == OWNER_OTHER && at_door(planning, server, member));
}

static bool has_name(
	const struct planning *planning, const struct view_server *server, const char *id)
{
	char name[SERVER_NAME_MAX];

	plan_server_name(planning->options->instance, id, name);
	return strcmp(server->name, name) == 0;
}

/* The ways in which a server can be a member's, the surest first. */
static bool is_foreign(const struct planning *planning, size_t at, const struct member *member)
{
	return planning->owners[at] == OWNER_OTHER && !member->ours;
}

static bool is_named(const struct planning *planning, size_t at, const struct member *member)
{
	return planning->owners[at] == OWNER_DYNAMIC &&
	       has_name(planning, &planning->view->servers[at], member->id);
}

static bool is_open_slot(const struct planning *planning, size_t at, const struct member *member)
{
	(void)member;
	return planning->owners[at] == OWNER_SLOT && !planning->view->servers[at].maint;
}

static bool is_former_slot(const struct planning *planning, size_t at, const struct member *member)
{
	(void)member;
	return planning->owners[at] == OWNER_SLOT;
}

static void claim(struct planning *planning)
{
	static bool (*const ways[])(const struct planning *planning, size_t at,
		const struct member *member) = { is_foreign, is_named, is_open_slot,
		is_former_slot };
	const struct plan_wish *wish = planning->wish;

	for (size_t way = 0; way < countof(ways); way++) {
		for (size_t m = 0; m < wish->n_members; m++) {
			for (size_t s = 0; s < planning->view->n_servers; s++) {
				if (planning->places[m] != PLAN_NOWHERE || planning->claimed[s])
					continue;
				if (!leads_to(planning, s, &wish->members[m]) ||
					!ways[way](planning, s, &wish->members[m]))
					continue;
				planning->places[m] = s;
				planning->claimed[s] = true;
			}
		}
	}
}

void plan_places(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, size_t *ret_places)
{
	struct planning planning;

	begin(&planning, options, wish, view);
	claim(&planning);
	if (wish->n_members > 0)
		memcpy(ret_places, planning.places, wish->n_members * sizeof(*ret_places));
	end(&planning);
}

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
	for (size_t i = 0; i < planning->view->n_servers; i++) {
		const struct view_server *server = &planning->view->servers[i];

		if (is_ours(planning, i) && !planning->claimed[i] && !server->maint)
			set_state(planning, server->name, "maint");
	}
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
	if (leads_to(planning, place, member)) {
		set_state(planning, server->name, "ready");
		return;
	}
	set_server(planning, server->name, "addr %s port %u", member->address, member->port);
	planning->plan->again = true;
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
			is_broken(planning, i))
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
		if (!planning->claimed[i] && is_named(planning, i, member))
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
			"localhost when it started: see /etc/hosts where HAProxy runs, and reload "
			"it",
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
		else if (is_address(member->address) && member->port > 0)
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
			!leads_to(planning, planning->places[i], member))
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
	for (size_t i = 0; i < planning->wish->n_members; i++)
		elsewhere += planning->places[i] != PLAN_NOWHERE &&
			     planning->owners[planning->places[i]] != OWNER_SLOT;
	return (unsigned)(planning->n_slots + elsewhere);
}

void plan_make(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, struct plan *ret_plan)
{
	static const struct plan_wish nobody = { 0 };
	struct planning planning;
	struct plan plan = { 0 };

	begin(&planning, options, options->withdrawn ? &nobody : wish, view);
	planning.plan = &plan;
	claim(&planning);
	if (options->limits != NULL)
		limits_forget(options->limits, view);
	close_strangers(&planning);
	drain(&planning);
	plan.slots = planning.slots;
	if (planning.n_broken > 0)
		plan.faults |= FAULT_BIT(FAULT_SLOT_UNUSABLE);
	open_members(&planning);
	weigh(&planning);
	lift(&planning);
	delete_servers(&planning);
	plan.capacity = capacity(&planning);
	end(&planning);
	*ret_plan = plan;
}

void plan_finish(struct plan *plan)
{
	str_finish(&plan->commands);
}

void plan_count_slots(const struct plan_options *options, const struct view *view,
	size_t *ret_slots, size_t *ret_literal)
{
	const struct plan_wish nobody = { 0 };
	struct planning planning;
	size_t literal = 0;

	begin(&planning, options, &nobody, view);
	for (size_t i = 0; i < view->n_servers; i++)
		literal += planning.owners[i] == OWNER_SLOT && view->servers[i].literal;
	*ret_slots = planning.n_slots;
	*ret_literal = literal;
	end(&planning);
}
