/*
 * The simulated engine keeps the promises of the runtime port, as the real one does.
 */
#include "suite_runtime.h"

#include <dockscale/adapter/sim.h>

struct world {
	struct sim *sim;
};

static struct runtime *open_world(
	void *context, const char *instance, const struct config *config, struct event_sink sink)
{
	struct world *world = context;
	struct sim_settings settings = sim_settings_default();

	world->sim = sim_new(&settings, config, instance, sink);
	return sim_runtime(world->sim);
}

static void close_world(void *context, struct runtime *runtime)
{
	struct world *world = context;

	runtime->vtable->free(runtime);
	sim_free(world->sim);
}

/* From one thing that happens to the next, so that @done is asked after each. */
static bool run_until(void *context, bool (*done)(void *argument), void *argument, usec_t timeout)
{
	const struct world *world = context;
	usec_t end = sim_now(world->sim).boot + timeout;

	while (!done(argument)) {
		usec_t next = sim_next(world->sim);

		if (next > end) {
			sim_advance(world->sim, end);
			return done(argument);
		}
		sim_advance(world->sim, next);
	}
	return true;
}

static struct moment now(void *context)
{
	return sim_now(((struct world *)context)->sim);
}

static void run(void *context, const char *name, const char *const *labels, size_t n_labels,
	double cpu_limit_cores)
{
	(void)sim_run(((struct world *)context)->sim, name, labels, n_labels, cpu_limit_cores);
}

static void kill_program(void *context, const char *name)
{
	sim_kill(((struct world *)context)->sim, name);
}

static void stop(void *context, const char *name)
{
	sim_stop(((struct world *)context)->sim, name);
}

static void remove_container(void *context, const char *name)
{
	sim_remove(((struct world *)context)->sim, name);
}

static void set_away(void *context, bool away)
{
	sim_runtime_away(((struct world *)context)->sim, away);
}

int main(void)
{
	struct world world = { 0 };

	return suite_runtime(&(struct suite_runtime_world){
		.name = "simulated runtime",
		.context = &world,
		.open = open_world,
		.close = close_world,
		.run_until = run_until,
		.now = now,
		.run = run,
		.kill = kill_program,
		.stop = stop,
		.remove = remove_container,
		.set_away = set_away,
	});
}
