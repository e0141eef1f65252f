/* Rules by the clock: when they are in force, and which bounds that makes. No clock of its own, no
 * I/O: the time and the zone's offsets are arguments. */
#pragma once

#include <dockscale/base/zone.h>

#include <stdbool.h>
#include <stdint.h>

enum schedule_form {
	SCHEDULE_DAILY, /* from one time of day to another, on some days of the week */
	SCHEDULE_CRON, /* for so long from each moment that a cron line names */
};

/* The five fields of a cron line, a bit for each value that is meant. */
struct schedule_cron {
	uint64_t minutes; /* 0 to 59 */
	uint32_t hours; /* 0 to 23 */
	uint32_t days; /* of the month, 1 to 31 */
	uint16_t months; /* 1 to 12 */
	uint8_t weekdays; /* 0 (Sunday) to 6 */
	bool any_day; /* days began with '*' */
	bool any_weekday;
};

struct schedule_rule {
	enum schedule_form form;
	/* Daily: */
	unsigned from; /* minute of the day */
	unsigned to; /* up to 1440; not after @from: on the next day */
	uint8_t weekdays; /* on which it begins; bit 0 is Sunday */
	/* Cron: */
	struct schedule_cron cron;
	usec_t length;
};

/* Is it in force at @wall?
 * A time that the clocks of @zone do not show (they go forward) is the moment when they do. One that
 * they show twice is the first as a beginning and the second as an end, so that no rule is
 * shorter than it says; a cron line begins once. */
bool schedule_holds(const struct schedule_rule *rule, const struct zone *zone, usec_t wall);

#define SCHEDULE_SILENT UINT32_MAX /* says nothing about this bound */

struct schedule {
	struct schedule_rule rule;
	unsigned min; /* replicas */
	unsigned max;
};

/* What holds now, and who says so: 0 is the service itself, else the schedule's number from 1. */
struct schedule_bounds {
	unsigned min;
	unsigned max;
	unsigned min_by;
	unsigned max_by;
};

/* The service's own bounds. */
struct schedule_bounds schedule_bounds_begin(unsigned min, unsigned max);
/* @schedule is in force: the highest min and the lowest max of all that are take the place of the
 * service's own. */
void schedule_bounds_add(
	struct schedule_bounds *bounds, const struct schedule *schedule, unsigned by);
/* All were added. A schedule's max stands over the service's own min; where two schedules contradict
 * each other min stands over max: too many replicas cost less than too few. */
void schedule_bounds_end(struct schedule_bounds *bounds);
