/*
 * What the eye counts: who runs, is served, leaves, is kept warm, and which servers lead to nobody.
 */
#include "eye_parts.h"

#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

usec_t eye_servers_grace(const struct eye *eye)
{
	return 2 * USEC_PER_SEC + 4 * eye->sim->settings.call_delay;
}

struct member_eye *eye_find_member(struct service_eye *service, const char *id)
{
	for (size_t i = 0; i < service->n_members; i++)
		if (strcmp(service->members[i].id, id) == 0)
			return &service->members[i];
	return NULL;
}

usec_t eye_draining_since(struct service_eye *service, const char *id)
{
	const struct member_eye *member = eye_find_member(service, id);

	if (member != NULL)
		return member->state == MEMBER_DRAINING ? member->draining_since : USEC_NEVER;
	for (size_t i = 0; i < service->n_left && i < MEMBERS_MAX; i++)
		if (strcmp(service->left[i].id, id) == 0)
			return service->left[i].draining_since;
	return USEC_NEVER;
}

void eye_keep_left(struct service_eye *service, const struct member_eye *before, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (before[i].state == MEMBER_DRAINING &&
			eye_find_member(service, before[i].id) == NULL)
			service->left[service->n_left++ % MEMBERS_MAX] = before[i];
}

void eye_forget_left(struct eye *eye, struct service_eye *service, const char *id)
{
	struct member_eye *member = eye_find_member(service, id);

	eye->stale = true;
	if (member != NULL && member->state == MEMBER_DRAINING)
		member->state = MEMBER_SERVING;
	for (size_t i = 0; i < service->n_left && i < MEMBERS_MAX; i++)
		if (strcmp(service->left[i].id, id) == 0)
			service->left[i].id[0] = '\0';
}

bool eye_has_server(const struct eye *eye, const struct service_eye *service, const char *address)
{
	for (size_t i = 0; i < eye->sim->n_servers; i++) {
		const struct sim_server *server = &eye->sim->servers[i];

		if (server->state == SERVER_UP && text_same(server->service, service->is.name) &&
			strcmp(server->address, address) == 0)
			return true;
	}
	return false;
}

void eye_see_template(const struct eye *eye, struct service_eye *service)
{
	const struct sim_container *template = sim_world_by_name(eye->sim, service->is.name);

	(void)mem_strcpy(
		service->seen, sizeof(service->seen), template != NULL ? template->facts.spec : "");
}

static bool is_leaving(struct service_eye *service, const struct sim_container *container)
{
	return container->stopping ||
	       eye_draining_since(service, container->facts.id) != USEC_NEVER;
}

unsigned eye_count_staying(const struct eye *eye, struct service_eye *service)
{
	unsigned n = 0;

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		n += text_same(container->service, service->is.name) && sim_world_runs(container) &&
		     !is_leaving(service, container);
	}
	return n;
}

bool eye_has_to_replace(const struct eye *eye, const struct service_eye *service)
{
	const struct sim_container *template = sim_world_by_name(eye->sim, service->is.name);

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		if (text_same(container->service, service->is.name) && sim_world_runs(container) &&
			(!container->healthy ||
				(template != NULL &&
					strcmp(container->facts.spec, template->facts.spec) != 0)))
			return true;
	}
	return false;
}

bool eye_is_clone(const struct sim_container *container)
{
	return container_label(&container->facts, LABEL_OWNER) != NULL;
}

unsigned eye_count_outdated(const struct eye *eye, const struct service_eye *service)
{
	const struct sim_container *template = sim_world_by_name(eye->sim, service->is.name);
	unsigned n = 0;

	if (template == NULL || !sim_world_answers(template) ||
		strcmp(service->stopped, template->facts.spec) == 0)
		return 0;
	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		n += text_same(container->service, service->is.name) && eye_is_clone(container) &&
		     sim_world_runs(container) &&
		     strcmp(container->facts.spec, template->facts.spec) != 0;
	}
	return n;
}

bool eye_has_one_sick(const struct eye *eye, const struct service_eye *service)
{
	unsigned running = 0;
	unsigned sick = 0;
	bool clone = false;

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		if (!text_same(container->service, service->is.name) || !sim_world_runs(container))
			continue;
		running++;
		sick += !container->healthy;
		clone = clone || (!container->healthy && eye_is_clone(container));
	}
	/* Where nobody asks, nobody can know. */
	return clone && service->is.balanced && sick * 2 <= running &&
	       !eye->sim->clones_never_ready;
}

unsigned eye_count_kept(const struct eye *eye, struct service_eye *service)
{
	enum container_state state =
		service->is.warm_created ? CONTAINER_CREATED : CONTAINER_PAUSED;
	unsigned n = 0;

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		/* One that is paused may have a stop of a former daemon's behind it that its engine
		 * never ended, and nobody can see that: only what this one asked for leaves. */
		n += text_same(container->service, service->is.name) &&
		     container->facts.state == state &&
		     eye_draining_since(service, container->facts.id) == USEC_NEVER;
	}
	return n;
}

unsigned eye_count_unserved(const struct eye *eye, const struct service_eye *service)
{
	unsigned n = 0;

	for (size_t i = 0; i < service->n_members; i++)
		n += service->members[i].state == MEMBER_SERVING &&
		     !eye_has_server(eye, service, service->members[i].address);
	return n;
}

/* Did the daemon lead a server to this very container? The next one of the same service at a former
 * one's address is a stranger as well: nobody has found it healthy. */
static bool is_led_to(struct service_eye *service, const struct sim_container *container)
{
	if (!service->spoken || container->facts.state == CONTAINER_PAUSED)
		return text_same(container->service, service->is.name);
	return eye_find_member(service, container->facts.id) != NULL;
}

struct wrong eye_find_wrong(const struct eye *eye, struct service_eye *service)
{
	struct wrong wrong = { 0 };

	for (size_t i = 0; i < eye->sim->n_servers; i++) {
		const struct sim_server *server = &eye->sim->servers[i];
		const struct sim_container *container;

		if (server->kind == SIM_SERVER_OPERATOR || server->state != SERVER_UP ||
			!text_same(server->service, service->is.name))
			continue;
		container = sim_world_by_address(eye->sim, server->address);
		if (container == NULL)
			wrong.dead++;
		else if (!is_led_to(service, container))
			wrong.stranger++;
		else if (container->facts.state == CONTAINER_PAUSED)
			wrong.paused++;
		else
			continue;
		wrong.last = server;
	}
	return wrong;
}
