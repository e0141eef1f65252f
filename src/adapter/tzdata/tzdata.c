/*
 * Answers what the clocks of a place show. Each question reads one small file of the machine's own disk
 * and is answered at once; a new tzdata is seen by the next one.
 */
#include <dockscale/adapter/tzdata.h>

#include <dockscale/base/mem.h>
#include <dockscale/io/zonefile.h>

struct tzdata {
	struct zones zones;
	char *directory;
	struct event_sink sink;
};

static void submit(struct zones *zones, const struct intent *intent)
{
	struct tzdata *tzdata = (struct tzdata *)zones;
	struct event event = { .kind = EVENT_ZONE };
	struct err err;

	(void)mem_strcpy(event.zone.name, sizeof(event.zone.name), intent->zone.name);
	event.zone.from = intent->zone.from;
	event.zone.code = zonefile_read(tzdata->directory, intent->zone.name, intent->zone.from,
		intent->zone.until, &event.zone.zone, &err);
	if (event.zone.code < 0)
		(void)mem_strcpy(event.zone.msg, sizeof(event.zone.msg), err.msg);
	event_push(&tzdata->sink, &event);
}

static void finish(struct zones *zones)
{
	struct tzdata *tzdata = (struct tzdata *)zones;

	free(tzdata->directory);
	free(tzdata);
}

struct zones *tzdata_new(const char *directory, struct event_sink sink)
{
	static const struct zones_vtable vtable = { .submit = submit, .free = finish };
	struct tzdata *tzdata = mem_zero(1, sizeof(*tzdata));

	tzdata->zones.vtable = &vtable;
	tzdata->directory = mem_strdup(directory);
	tzdata->sink = sink;
	return &tzdata->zones;
}
