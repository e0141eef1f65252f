/*
 * Is a rule by the clock in force? Rules speak of what the clocks of a place show, and those leave an
 * hour out or show it twice. So each rule is turned into moments of UTC, and those are compared: local
 * times are never compared with each other.
 */
#include <dockscale/core/schedule.h>

#include <dockscale/base/date.h>

#define MINUTE (60 * USEC_PER_SEC)
#define DAY    ((usec_t)24 * 60 * MINUTE)

enum twice { TWICE_FIRST, TWICE_LAST };

/* When clocks that leave @local out jump over it: it is in no span. */
static usec_t jump_over(const struct zone *zone, usec_t local)
{
	size_t i = zone->n_spans - 1;

	while (i > 0 && zone->spans[i].from + zone->spans[i - 1].ahead > local)
		i--;
	return zone->spans[i].from;
}

/* The moment when the clocks show @local. */
static usec_t wall_of(const struct zone *zone, usec_t local, enum twice twice)
{
	usec_t found = 0;
	bool any = false;

	for (size_t i = 0; i < zone->n_spans; i++) {
		usec_t wall = local - zone->spans[i].ahead;
		bool begun = i == 0 || wall >= zone->spans[i].from;
		bool over = i + 1 < zone->n_spans && wall >= zone->spans[i + 1].from;

		if (!begun || over || (any && twice == TWICE_FIRST))
			continue;
		found = wall;
		any = true;
	}
	return any ? found : jump_over(zone, local);
}

static int64_t day_of(usec_t local)
{
	return local >= 0 ? local / DAY : (local - DAY + 1) / DAY;
}

static usec_t local_of(int64_t day, unsigned minute)
{
	return day * DAY + minute * MINUTE;
}

/* Yesterday's may last until today; where clocks go back over midnight tomorrow's has begun. */
static bool daily_holds(const struct schedule_rule *rule, const struct zone *zone, usec_t wall)
{
	int64_t today = day_of(wall + zone_ahead(zone, wall));

	for (int64_t day = today - 1; day <= today + 1; day++) {
		int64_t last = rule->to > rule->from ? day : day + 1;

		if ((rule->weekdays >> date_weekday(day) & 1) != 0 &&
			wall >= wall_of(zone, local_of(day, rule->from), TWICE_FIRST) &&
			wall < wall_of(zone, local_of(last, rule->to), TWICE_LAST))
			return true;
	}
	return false;
}

/* crontab(5): where both the day of the month and that of the week are given, either will do. */
static bool cron_has_day(const struct schedule_cron *cron, int64_t day)
{
	struct date date = date_from_days(day);
	bool by_month = (cron->days >> date.day & 1) != 0;
	bool by_week = (cron->weekdays >> date_weekday(day) & 1) != 0;

	if ((cron->months >> date.month & 1) == 0)
		return false;
	return cron->any_day || cron->any_weekday ? by_month && by_week : by_month || by_week;
}

/* The last beginning on @day that is not after @wall; false: there is none. */
static bool cron_last_of_day(const struct schedule_cron *cron, const struct zone *zone, int64_t day,
	usec_t wall, usec_t *ret_begin)
{
	for (unsigned hour = 24; hour-- > 0;) {
		if ((cron->hours >> hour & 1) == 0)
			continue;
		for (unsigned minute = 60; minute-- > 0;) {
			usec_t begin;

			if ((cron->minutes >> minute & 1) == 0)
				continue;
			begin = wall_of(zone, local_of(day, hour * 60 + minute), TWICE_FIRST);
			if (begin > wall)
				continue;
			*ret_begin = begin;
			return true;
		}
	}
	return false;
}

/* Later local times begin later or at once, so that the last beginning is the first one that is found
 * backwards. */
static bool cron_holds(const struct schedule_rule *rule, const struct zone *zone, usec_t wall)
{
	int64_t today = day_of(wall + zone_ahead(zone, wall));
	int64_t first = today - rule->length / DAY - 2;
	usec_t begin = 0;

	for (int64_t day = today + 1; day >= first; day--)
		if (cron_has_day(&rule->cron, day) &&
			cron_last_of_day(&rule->cron, zone, day, wall, &begin))
			return wall - begin < rule->length;
	return false;
}

bool schedule_holds(const struct schedule_rule *rule, const struct zone *zone, usec_t wall)
{
	return rule->form == SCHEDULE_CRON ? cron_holds(rule, zone, wall)
					   : daily_holds(rule, zone, wall);
}

struct schedule_bounds schedule_bounds_begin(unsigned min, unsigned max)
{
	return (struct schedule_bounds){ .min = min, .max = max };
}

void schedule_bounds_add(
	struct schedule_bounds *bounds, const struct schedule *schedule, unsigned by)
{
	if (schedule->min != SCHEDULE_SILENT &&
		(bounds->min_by == 0 || schedule->min > bounds->min)) {
		bounds->min = schedule->min;
		bounds->min_by = by;
	}
	if (schedule->max != SCHEDULE_SILENT &&
		(bounds->max_by == 0 || schedule->max < bounds->max)) {
		bounds->max = schedule->max;
		bounds->max_by = by;
	}
}

void schedule_bounds_end(struct schedule_bounds *bounds)
{
	if (bounds->min <= bounds->max)
		return;
	if (bounds->min_by == 0) {
		bounds->min = bounds->max;
		bounds->min_by = bounds->max_by;
	} else {
		bounds->max = bounds->min;
		bounds->max_by = bounds->min_by;
	}
}
