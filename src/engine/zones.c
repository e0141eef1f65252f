/*
 * Places whose clocks matter: where schedules are, and where the daemon is. What the clocks of a zone
 * show is asked for by its name, for some weeks, and again each day, since governments change their
 * minds and tzdata follows. Until an answer comes nothing is known, and whoever waits holds.
 */
#include "judge.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define DAY ((usec_t)24 * 60 * 60 * USEC_PER_SEC)

/* A rule may have begun so long ago. */
#define BEHIND (10 * DAY)
#define AHEAD  (40 * DAY)
/* Then what was told is used up, whatever became of asking. */
#define MARGIN (2 * DAY)

#define ASK_AGAIN (60 * USEC_PER_SEC) /* after no answer, or none that is of use */
#define PATIENCE  (5 * USEC_PER_SEC)

#define PLACES_MAX 64

static struct place *find(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->n_places; i++)
		if (text_same(engine->places[i]->name, name) ||
			(name[0] == '\0' && engine->places[i]->name[0] == '\0'))
			return engine->places[i];
	return NULL;
}

/* Beyond all reason the one that nobody wanted for longest makes room. */
static struct place *add(struct engine *engine, const char *name)
{
	struct place *place;

	if (engine->n_places < PLACES_MAX) {
		engine->places =
			mem_resize(engine->places, engine->n_places + 1, sizeof(struct place *));
		place = engine->places[engine->n_places++] = mem_zero(1, sizeof(*place));
	} else {
		place = engine->places[0];
		for (size_t i = 1; i < engine->n_places; i++)
			if (engine->places[i]->wanted_at < place->wanted_at)
				place = engine->places[i];
		memset(place, 0, sizeof(*place));
	}
	(void)mem_strcpy(place->name, sizeof(place->name), name);
	return place;
}

static void ask(struct engine *engine, struct place *place)
{
	struct intent *intent = fleet_intend(engine, NULL, INTENT_ZONE);

	(void)mem_strcpy(intent->zone.name, sizeof(intent->zone.name), place->name);
	intent->zone.from = engine->now.wall - BEHIND;
	intent->zone.until = engine->now.wall + AHEAD;
	place->asked_at = engine->now.boot;
	place->answered = false;
}

const struct zone *zones_find(struct engine *engine, const char *name)
{
	struct place *place = find(engine, name);
	usec_t wall = engine->now.wall;
	bool fits;

	if (place == NULL)
		place = add(engine, name);
	place->wanted_at = engine->now.boot;
	fits = place->zone.n_spans > 0 && wall >= place->from + MARGIN &&
	       wall < place->from + BEHIND + AHEAD - MARGIN;
	if (place->asked_at == 0 || engine->now.boot - place->asked_at >= (fits ? DAY : ASK_AGAIN))
		ask(engine, place);
	return place->zone.n_spans > 0 ? &place->zone : NULL;
}

bool zones_are_awaited(const struct engine *engine, const char *name)
{
	const struct place *place = find(engine, name);

	return place != NULL && !place->answered && engine->now.boot - place->asked_at < PATIENCE;
}

const char *zones_problem(const struct engine *engine, const char *name)
{
	const struct place *place = find(engine, name);

	return place != NULL && place->problem[0] != '\0' ? place->problem
							  : "nobody tells its time";
}

void zones_take(struct engine *engine, const struct event *event)
{
	struct place *place = find(engine, event->zone.name);

	if (place == NULL)
		return;
	place->answered = true;
	if (event->zone.code != 0) { /* what was known stays good for its time */
		(void)mem_strcpy(place->problem, sizeof(place->problem), event->zone.msg);
		return;
	}
	place->problem[0] = '\0';
	place->zone = event->zone.zone;
	place->from = event->zone.from;
}

void zones_finish(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_places; i++)
		free(engine->places[i]);
	free(engine->places);
}
