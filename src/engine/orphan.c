/*
 * A service whose template is gone: its clones go too, unless a successor comes within its grace.
 */
#include "steer.h"

#include <stdio.h>

void orphan_step(struct engine *engine, struct service *service)
{
	struct note note = { LOG_LEVEL_WARNING, "withdrawing", NULL, -1, -1 };

	if (!engine->runtime_known || fleet_dry(engine, service))
		return;
	if (service->template != NULL) {
		service->orphaned_at = 0;
		service->withdrawing = false;
		return;
	}
	if (service->orphaned_at == 0)
		service->orphaned_at = engine->now.boot;
	if (engine->now.boot - service->orphaned_at < service->config.template_grace)
		return;
	if (!service->withdrawing && service->n_replicas > 0)
		note_add(engine, service, &note,
			"its template was removed, and no other one came within template_grace");
	service->withdrawing = true;
	release_clones(engine, service, LEAVE_WITHDRAWN);
}

usec_t orphan_wake(const struct service *service)
{
	if (service->orphaned_at == 0 || service->withdrawing)
		return USEC_NEVER;
	return service->orphaned_at + service->config.template_grace;
}

void orphan_problem(
	const struct engine *engine, const struct service *service, char *text, size_t size)
{
	usec_t over = service->orphaned_at + service->config.template_grace;
	usec_t left = over > engine->now.boot ? over - engine->now.boot : 0;

	if (service->orphaned_at == 0 || service->n_replicas == 0)
		return;
	/* whole minutes, so that it is not another text each tick */
	if (left > 0)
		(void)snprintf(text, size,
			"its template was removed: without another one its clones go after "
			"template_grace, in less than %u min",
			(unsigned)(left / (60 * USEC_PER_SEC)) + 1);
	else
		(void)snprintf(text, size,
			"its template was removed and no other one came: its clones go");
}
