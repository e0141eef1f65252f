/*
 * What the operator is told. The engine does not log: it returns notes among its intents, and
 * the driver writes them. A problem that lasts is told when it begins, when it changes and when
 * it ends, and not once a tick.
 */
#include "fleet.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void note_add(struct engine *engine, const struct service *service, const struct note *note,
	const char *format, ...)
{
	struct intent *intent = fleet_intend(engine, service, INTENT_NOTE);
	va_list args;

	intent->note.level = note->level;
	intent->note.what = note->what;
	intent->note.from = note->from;
	intent->note.to = note->to;
	if (note->replica != NULL)
		(void)mem_strcpy(
			intent->note.replica, sizeof(intent->note.replica), note->replica->name);
	va_start(args, format);
	(void)vsnprintf(intent->note.because, sizeof(intent->note.because), format, args);
	va_end(args);
}

void note_replica(struct engine *engine, const struct service *service,
	const struct replica *replica, const char *what, const char *because)
{
	struct note note = { LOG_LEVEL_INFO, what, replica, -1, -1 };

	note_add(engine, service, &note, "%s", because);
}

void note_removed(struct engine *engine, struct service *service, const struct replica *replica)
{
	static const char *const because[] = {
		[LEAVE_SURPLUS] = "not needed any more",
		[LEAVE_FAILED] = "it failed",
		[LEAVE_WITHDRAWN] = "its template was removed",
		[LEAVE_OUTDATED] = "its template changed",
		[LEAVE_SICK] = "it was unhealthy",
		[LEAVE_RELEASED] = "the service was released",
	};

	service->counters.removed++;
	service->counters.rolled += replica->leave == LEAVE_OUTDATED;
	service->counters.replaced_unhealthy += replica->leave == LEAVE_SICK;
	note_replica(engine, service, replica, "replica removed",
		replica->failed ? "it failed" : because[replica->leave]);
}

void note_problem(struct engine *engine, struct service *service, const char *text)
{
	struct note note = { LOG_LEVEL_WARNING, "problem", NULL, -1, -1 };

	if (strncmp(service->problem, text, sizeof(service->problem) - 1) == 0)
		return;
	if (text[0] == '\0') {
		note.level = LOG_LEVEL_INFO;
		note.what = "problem over";
		note_add(engine, service, &note, "%s", service->problem);
	} else {
		note_add(engine, service, &note, "%s", text);
	}
	(void)mem_strcpy(service->problem, sizeof(service->problem), text);
}
