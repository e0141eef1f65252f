/* Sections [schedule "NAME"] of a file, and labels dockscale.schedule.NAME.KEY. */
#pragma once

#include "given.h"

/* What was said about each, in the order in which they were met first. Empty: zeros. */
struct given_schedules {
	struct given_schedule {
		char name[CONFIG_SCHEDULE_NAME_MAX];
		const char *place; /* where it was met first: a file's line, or a label */
		struct givens givens;
	} items[CONFIG_SCHEDULES_MAX];
	size_t count;
};

void schedules_take_file(struct given_schedules *schedules, const struct assignment *assignments,
	size_t n, struct report *report);
/* After the file: what the file says stays. @container bears the labels. */
void schedules_take_labels(struct given_schedules *schedules, const char *container,
	const struct given_labels *labels, struct report *report);

/* Their values into @service, which has its own ones, and whether they make sense. */
void schedules_apply(const struct given_schedules *schedules, struct service_config *service,
	struct report *report);

/* Are their zones known on this machine? Reads tzdata's directory. */
void schedules_check_zones(const struct given_schedules *schedules,
	const struct service_config *service, struct report *report);
