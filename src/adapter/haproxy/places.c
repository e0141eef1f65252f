/*
 * Whose server is whose. What is ours: slots (slot_prefix and a number within the range) and servers
 * that we added (ds-<instance>-c<id>). All others are read, never changed, but for one that a person
 * wrote and that leads to a member which is not ours, by its address or by a port of this machine
 * that it publishes: it is that member's server, and keeps its address. In maintenance it stays: that
 * is a person's word.
 *
 * A slot that is emptied keeps its address, so that a replica which comes back finds its own.
 */
#include "planning.h"

#include <dockscale/base/mem.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

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

bool planning_is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A slot whose name did not resolve has no address ("-") and, without a family, takes none: "Update
 * for the current server address family is only supported through configuration file." (2.6, 3.0) */
bool planning_is_broken(const struct planning *planning, size_t at)
{
	return planning->owners[at] == OWNER_SLOT &&
	       !planning_is_address(planning->view->servers[at].address);
}

/* `set server addr` ends the look-ups of a server until the next reload; then DNS's address takes the
 * place of the one that the state file had, in a server that is open. (2.6) */
bool planning_is_resolved(const struct planning *planning, size_t at)
{
	const struct view_server *server = &planning->view->servers[at];

	return planning->owners[at] == OWNER_SLOT &&
	       (server->by_service || (planning->options->resolved && !server->literal));
}

bool planning_is_ours(const struct planning *planning, size_t at)
{
	return planning->owners[at] == OWNER_SLOT || planning->owners[at] == OWNER_DYNAMIC;
}

static void find_owners(struct planning *planning)
{
	for (size_t i = 0; i < planning->view->n_servers; i++) {
		planning->owners[i] = owner_of(planning, planning->view->servers[i].name);
		if (planning_is_resolved(planning, i))
			planning->n_resolved++;
		else if (planning_is_broken(planning, i))
			planning->n_broken++;
		else if (planning->owners[i] == OWNER_SLOT)
			planning->n_slots++;
	}
}

void planning_begin(struct planning *planning, const struct plan_options *options,
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
	planning->slots =
		options->config->method == BALANCER_METHOD_SLOTS ||
		(options->config->method == BALANCER_METHOD_AUTO &&
			planning->n_slots + planning->n_broken + planning->n_resolved > 0);
}

void planning_end(struct planning *planning)
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
bool planning_leads_to(const struct planning *planning, size_t at, const struct member *member)
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

bool planning_is_named(const struct planning *planning, size_t at, const struct member *member)
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

void planning_claim(struct planning *planning)
{
	static bool (*const ways[])(const struct planning *planning, size_t at,
		const struct member *member) = { is_foreign, planning_is_named, is_open_slot,
		is_former_slot };
	const struct plan_wish *wish = planning->wish;

	for (size_t way = 0; way < countof(ways); way++) {
		for (size_t m = 0; m < wish->n_members; m++) {
			for (size_t s = 0; s < planning->view->n_servers; s++) {
				if (planning->places[m] != PLAN_NOWHERE || planning->claimed[s])
					continue;
				if (!planning_leads_to(planning, s, &wish->members[m]) ||
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

	planning_begin(&planning, options, wish, view);
	planning_claim(&planning);
	if (wish->n_members > 0)
		memcpy(ret_places, planning.places, wish->n_members * sizeof(*ret_places));
	planning_end(&planning);
}

bool planning_is_stranger(const struct planning *planning, size_t at)
{
	return planning_is_ours(planning, at) && !planning->claimed[at] &&
	       !planning->view->servers[at].maint;
}

size_t plan_strangers(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, bool *ret_strangers)
{
	static const struct plan_wish nobody = { 0 };
	struct planning planning;
	size_t count = 0;

	planning_begin(&planning, options, options->withdrawn ? &nobody : wish, view);
	planning_claim(&planning);
	for (size_t i = 0; i < view->n_servers; i++) {
		ret_strangers[i] = planning_is_stranger(&planning, i);
		count += ret_strangers[i];
	}
	planning_end(&planning);
	return count;
}

void plan_count_slots(const struct plan_options *options, const struct view *view,
	size_t *ret_slots, size_t *ret_literal)
{
	const struct plan_wish nobody = { 0 };
	struct planning planning;
	size_t literal = 0;

	planning_begin(&planning, options, &nobody, view);
	for (size_t i = 0; i < view->n_servers; i++)
		literal += planning.owners[i] == OWNER_SLOT && view->servers[i].literal;
	*ret_slots = planning.n_slots + planning.n_resolved;
	*ret_literal = literal;
	planning_end(&planning);
}

size_t plan_named_slot(
	const struct plan_options *options, const struct plan_wish *wish, const struct view *view)
{
	struct planning planning;
	size_t found = PLAN_NOWHERE;

	planning_begin(&planning, options, wish, view);
	planning_claim(&planning);
	for (size_t i = 0; i < view->n_servers && found == PLAN_NOWHERE; i++)
		if (planning.owners[i] == OWNER_SLOT && !planning.claimed[i] &&
			view->servers[i].maint && view->servers[i].fqdn[0] != '\0')
			found = i;
	planning_end(&planning);
	return found;
}

size_t plan_next_down(const struct plan_options *options, const struct view *view, size_t from)
{
	static const struct plan_wish nobody = { 0 };
	struct planning planning;
	size_t found = PLAN_NOWHERE;

	planning_begin(&planning, options, &nobody, view);
	for (size_t i = from; i < view->n_servers && found == PLAN_NOWHERE; i++)
		if (planning_is_ours(&planning, i) && !view->servers[i].maint &&
			!view->servers[i].drain && !view->servers[i].up)
			found = i;
	planning_end(&planning);
	return found;
}
