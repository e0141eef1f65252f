/*
 * The simulated journal keeps the promises of its port, as the real one does.
 */
#include "suite_journal.h"

#include <dockscale/adapter/sim.h>

struct world {
	struct sim *sim;
	struct config *config;
	struct event_sink sink;
	bool deaf;
};

/* What the world says beside is not the suite's affair. */
static void hear(void *context, const struct event *event)
{
	const struct world *world = context;

	if (event->kind == EVENT_JOURNAL && !world->deaf)
		event_push(&world->sink, event);
}

static struct journal *open_world(void *context, struct event_sink sink)
{
	struct world *world = context;
	struct sim_settings settings = sim_settings_default();

	world->sink = sink;
	world->deaf = false;
	if (world->sim == NULL) {
		world->config = config_new();
		world->sim = sim_new(&settings, world->config, "here",
			(struct event_sink){ .push = hear, .context = world });
	}
	return sim_journal(world->sim);
}

static void pass(const struct world *world)
{
	sim_advance(world->sim, sim_now(world->sim).boot + USEC_PER_SEC);
}

static void end(void *context, struct journal *journal)
{
	struct world *world = context;

	journal->vtable->free(journal);
	pass(world);
	sim_daemon_kill(world->sim);
	world->deaf = true;
}

static void settle(void *context, struct journal *journal)
{
	(void)journal;
	pass(context);
}

static struct moment now(void *context)
{
	return sim_now(((struct world *)context)->sim);
}

static void damage(void *context, uint64_t chance)
{
	(void)chance; /* it has one of its own */
	sim_journal_damage(((struct world *)context)->sim);
}

static void set_away(void *context, bool away)
{
	sim_journal_away(((struct world *)context)->sim, away);
}

static void clear(void *context)
{
	struct world *world = context;

	sim_free(world->sim);
	config_free(world->config);
	*world = (struct world){ .sim = NULL };
}

int main(void)
{
	struct world world = { .sim = NULL };

	return suite_journal(&(struct suite_journal_world){
		.name = "simulated journal",
		.context = &world,
		.open = open_world,
		.close = end,
		.kill = end,
		.settle = settle,
		.now = now,
		.damage = damage,
		.set_away = set_away,
		.clear = clear,
	});
}
