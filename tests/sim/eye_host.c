/*
 * The eye's view of the machine: a policy's step up must fit into its memory as it is at that moment,
 * and nobody gives way but to somebody of higher priority. What a person starts, or what a template
 * needs to come back, is not asked for and is not judged.
 */
#include "eye_parts.h"

#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define HOST_MEMORY 0.9 /* the default of [daemon] host_memory */
#define READ_AGAIN  (30 * USEC_PER_SEC) /* what a replica uses must have been read */

#define CONTENDED (120 * USEC_PER_SEC) /* who lacked, and asked, is answered within it */

void eye_contended(struct eye *eye, usec_t now)
{
	eye->contended_until = now + CONTENDED;
}

static const struct eye_service *find(const struct eye *eye, const char *name)
{
	for (size_t i = 0; i < eye->n_services; i++)
		if (strcmp(eye->services[i].is.name, name) == 0)
			return &eye->services[i].is;
	return NULL;
}

/* Clones that exist and do not run yet: they will, unless they are kept so. */
static double coming(const struct eye *eye)
{
	double bytes = 0;

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];
		const struct eye_service *service = find(eye, container->service);

		if (service != NULL && !service->warm_created &&
			container->facts.state == CONTAINER_CREATED &&
			container_label(&container->facts, LABEL_OWNER) != NULL)
			bytes += (double)service->memory_bytes;
	}
	return bytes;
}

/* What is there (warm ones are, and what is in the making for it) takes no more memory when it counts. */
static int count_there(const struct eye *eye, const struct eye_service *service)
{
	int n = 0;

	for (size_t i = 0; i < eye->sim->n_containers; i++) {
		const struct sim_container *container = eye->sim->containers[i];

		n += strcmp(container->service, service->name) == 0 &&
		     (sim_world_lives(container) || container->facts.state == CONTAINER_CREATED);
	}
	return n;
}

bool eye_host_has_room(const struct eye *eye, const struct eye_service *service)
{
	double limit = sim_host_memory(eye->sim) * HOST_MEMORY;
	double used = sim_host_memory_used(eye->sim) + coming(eye);

	return service->memory_bytes == 0 || used + (double)service->memory_bytes <= limit;
}

static bool judge_up(const struct eye *eye, const struct eye_service *service,
	const struct intent *intent, char *text, size_t size)
{
	double total = sim_host_memory(eye->sim);
	double used = sim_host_memory_used(eye->sim) + coming(eye);
	int more = intent->note.to - count_there(eye, service);
	double added = more > 0 ? more * (double)service->memory_bytes : 0;

	if (more <= 0 || intent->note.to <= (int)service->min ||
		used + added <= total * HOST_MEMORY + 1)
		return true;
	(void)snprintf(text, size, "%s: goes from %d to %d, and the host has %.0f of %.0f MiB left",
		service->name, intent->note.from, intent->note.to,
		(total * HOST_MEMORY - used) / 0x1p20, total / 0x1p20);
	return false;
}

static bool judge_down(const struct eye *eye, const struct eye_service *service,
	const struct intent *intent, char *text, size_t size)
{
	if (strstr(intent->note.because, "gives way") == NULL)
		return true;
	for (size_t i = 0; i < eye->n_services; i++)
		if (eye->services[i].is.priority > service->priority)
			return true;
	(void)snprintf(
		text, size, "%s: gives way, and nobody is of higher priority", service->name);
	return false;
}

bool eye_host_judge(const struct eye *eye, const struct intent *intent, char *text, size_t size)
{
	const struct eye_service *service = find(eye, intent->service);

	if (intent->kind != INTENT_NOTE || service == NULL || service->memory_bytes == 0 ||
		eye->able_since == USEC_NEVER ||
		sim_now(eye->sim).boot - eye->able_since < READ_AGAIN)
		return true;
	if (strcmp(intent->note.what, "scaling up") == 0)
		return judge_up(eye, service, intent, text, size);
	if (strcmp(intent->note.what, "scaling down") == 0)
		return judge_down(eye, service, intent, text, size);
	return true;
}

/* Is the service's load less than what its servers can bear? What they use tells nothing while a limit
 * holds their requests back: the learner itself tries a lower one now and then, for seconds. */
bool eye_has_room(const struct eye *eye, const char *service)
{
	double bearable = 0;
	double load = 0;

	for (size_t i = 0; i < eye->sim->n_servers; i++) {
		const struct sim_server *server = &eye->sim->servers[i];
		const struct sim_container *container =
			sim_world_by_address(eye->sim, server->address);

		if (server->state == SERVER_UP && text_same(server->service, service) &&
			container != NULL && sim_world_answers(container))
			bearable += sim_traffic_limit(eye->sim, container);
	}
	for (size_t i = 0; i < eye->sim->n_loads; i++)
		if (text_same(eye->sim->loads[i].service, service))
			load = eye->sim->loads[i].cores;
	return load < 0.85 * bearable;
}

/* Where the processors of the machine are few and a service lacks some, it asks for room now and then, and
 * whoever has a higher priority takes it back. */
bool eye_is_contended(struct eye *eye, usec_t now)
{
	for (size_t i = 0; i < eye->n_services && eye->sim->settings.host_cores > 0; i++)
		if (!eye_has_room(eye, eye->services[i].is.name))
			eye_contended(eye, now);
	return now < eye->contended_until;
}
