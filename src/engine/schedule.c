/*
 * Rules by the clock: the bounds that hold now. Everybody below reads them where the service's own min
 * and max would be, so that nobody needs to know of schedules. Where the clocks of a place are not known
 * yet the count is held; where they cannot be known its schedules do not hold, and that is told.
 */
#include "decide.h"

#include <stdio.h>
#include <string.h>

static const char *zone_name(const struct engine *engine, const struct schedule_config *schedule)
{
	return schedule->timezone[0] != '\0' ? schedule->timezone : engine->config->daemon.timezone;
}

/* Where nothing runs nothing is seen: no policy could go up again. A person may say 0 all the same. */
static unsigned least(const struct service *service, const struct schedule_bounds *bounds)
{
	bool by_hand = service->manual && service->desired == 0;

	return bounds->min == 0 && bounds->max > 0 && !by_hand ? 1 : bounds->min;
}

static void set_bounds(struct service *service, const struct schedule_bounds *bounds)
{
	struct policy_settings *settings = &service->config.policy;

	service->schedule.bounds = *bounds;
	settings->min = least(service, bounds);
	settings->max = bounds->max;
	settings->min_by = bounds->min_by;
	settings->max_by = bounds->max_by;
}

void schedule_step(struct engine *engine, struct service *service)
{
	const struct service_config *config = &service->config;
	struct schedule_bounds bounds = schedule_bounds_begin(config->min, config->max);
	struct schedule_state *state = &service->schedule;
	uint32_t in_force = 0;

	state->waiting = false;
	state->problem[0] = '\0';
	for (unsigned i = 0; i < config->n_schedules; i++) {
		const struct schedule_config *schedule = &config->schedules[i];
		const char *name = zone_name(engine, schedule);
		const struct zone *zone = zones_find(engine, name);

		if (zone == NULL && zones_are_awaited(engine, name)) {
			state->waiting = true;
		} else if (zone == NULL) {
			(void)snprintf(state->problem, sizeof(state->problem),
				"schedule %s does not hold: %s", schedule->name,
				zones_problem(engine, name));
		} else if (schedule_holds(&schedule->schedule.rule, zone, engine->now.wall)) {
			in_force |= (uint32_t)1 << i;
			schedule_bounds_add(&bounds, &schedule->schedule, i + 1);
		}
	}
	if (state->waiting)
		return;
	schedule_bounds_end(&bounds);
	state->in_force = in_force;
	set_bounds(service, &bounds);
}

usec_t schedule_local(struct engine *engine)
{
	const struct zone *zone = zones_find(engine, engine->config->daemon.timezone);

	return engine->now.wall + (zone != NULL ? zone_ahead(zone, engine->now.wall) : 0);
}

void schedule_problem(const struct service *service, char *text, size_t size)
{
	if (service->schedule.problem[0] != '\0')
		(void)snprintf(text, size, "%s", service->schedule.problem);
}
