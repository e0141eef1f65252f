/*
 * What the simulated engine tells of its containers, one at a time: to a daemon that is connected,
 * about containers that matter to it.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

static bool hears(const struct sim *sim, const struct sim_container *container)
{
	return sim->link == SIM_LINK_UP && !sim->muted && container->service[0] != '\0';
}

void sim_announce_container(struct sim *sim, const struct sim_container *container)
{
	struct event event = { .kind = EVENT_CONTAINER, .container = &container->facts };

	if (hears(sim, container))
		event_push(&sim->sink, &event);
}

void sim_announce_gone(struct sim *sim, const struct sim_container *container)
{
	struct event event = { .kind = EVENT_GONE };

	(void)mem_strcpy(event.gone, sizeof(event.gone), container->facts.id);
	if (hears(sim, container))
		event_push(&sim->sink, &event);
}
