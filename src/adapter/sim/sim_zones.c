/*
 * The clocks of the simulated world: they are ahead of UTC by the same time everywhere, but on Mars,
 * where nobody has any.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

static struct sim *sim_of(struct zones *zones)
{
	return (struct sim *)((char *)zones - offsetof(struct sim, zones));
}

static void submit(struct zones *zones, const struct intent *intent)
{
	const struct sim *sim = sim_of(zones);
	struct event event = { .kind = EVENT_ZONE };

	(void)mem_strcpy(event.zone.name, sizeof(event.zone.name), intent->zone.name);
	event.zone.from = intent->zone.from;
	event.zone.zone.n_spans = 1;
	event.zone.zone.spans[0].ahead = sim->settings.clocks_ahead;
	if (strncmp(intent->zone.name, "Mars/", 5) == 0) {
		event.zone.code = ERR_NOT_FOUND;
		(void)mem_strcpy(event.zone.msg, sizeof(event.zone.msg), "there is no such zone");
	}
	event_push(&sim->sink, &event);
}

static void free_nothing(struct zones *zones)
{
	(void)zones;
}

void sim_zones_init(struct sim *sim)
{
	static const struct zones_vtable vtable = { .submit = submit, .free = free_nothing };

	sim->zones.vtable = &vtable;
}
