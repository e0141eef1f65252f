/*
 * Stories of the self-tuning policy on the simulated world: it meets a surge, gives back what is not
 * needed, measures how long a start takes, and goes on after what it could not see.
 */
#include "unit/adapter/world.h"

#include "adapter/sim/sim_ports.h"
#include "engine/fleet.h"

static struct world tuned(const char *pace)
{
	struct world world = world_new();

	world_label(&world, "dockscale.policy.type=auto");
	world_label(&world, "dockscale.max=8");
	if (pace != NULL)
		world_label(&world, pace);
	return world;
}

static unsigned serving(const struct world *world)
{
	return world_shown(world).serving;
}

static void a_surge_is_met_and_over_within_minutes(void **state)
{
	struct world world = tuned(NULL);

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.3);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(serving(&world), 1);
	sim_set_load(world.sim, "web", 3);
	world_run(&world, 20 * SECOND);
	assert_in_range(serving(&world), 4, 8);
	world_run(&world, 10 * MINUTE);
	assert_in_range(serving(&world), 4, 5);
	sim_set_load(world.sim, "web", 0.3);
	world_run(&world, 15 * MINUTE);
	assert_in_range(serving(&world), 1, 2);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void level_load_is_left_in_peace(void **state)
{
	struct world world = tuned("dockscale.policy.pace=calm");
	uint64_t created;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 2.2);
	world_run(&world, 60 * MINUTE);
	created = sim_drive_count(world.drive, INTENT_CREATE);
	world_run(&world, 120 * MINUTE);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), created);
	world_end(&world);
}

/* Seconds after a load of twenty came upon one replica, how many are wanted. */
static unsigned wanted_under_a_queue(const char *maxconn)
{
	struct world world = tuned("dockscale.max=16");
	unsigned wanted;

	world_label(&world, maxconn);
	world.settings.session_seconds = 1;
	world_begin(&world, 1);
	world.sim->settings.ready_delay = 20 * SECOND;
	sim_set_load(world.sim, "web", 0.5);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(serving(&world), 1);
	sim_set_load(world.sim, "web", 20);
	world_run(&world, 5 * SECOND);
	wanted = world_shown(&world).desired;
	world_end(&world);
	return wanted;
}

static void a_queue_tells_how_much_is_missing(void **state)
{
	(void)state;
	/* ten requests fill a replica, those beyond twenty wait in HAProxy: 18 s of work */
	assert_in_range(wanted_under_a_queue("dockscale.haproxy.maxconn=20"), 4, 16);
	/* or in the replica */
	assert_in_range(wanted_under_a_queue("dockscale.haproxy.maxconn=off"), 4, 16);
}

static void how_long_a_start_takes_is_measured(void **state)
{
	struct world world = tuned(NULL);
	const struct engine *engine;

	(void)state;
	world_begin(&world, 1);
	world.sim->settings.ready_delay = 20 * SECOND;
	engine = sim_drive_engine(world.drive);
	assert_int_equal(engine->services[0]->startup, 0);
	world_scale(&world, 3, 300 * MINUTE);
	world_until_serving(&world, 3, 2 * MINUTE);
	assert_in_range(engine->services[0]->startup, 20 * SECOND, 25 * SECOND);
	world_end(&world);
}

static void what_cannot_be_read_takes_nothing_away(void **state)
{
	struct world world = tuned(NULL);
	unsigned before;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 3);
	world_run(&world, 10 * MINUTE);
	before = serving(&world);
	sim_set_load(world.sim, "web", 0.1);
	for (size_t i = 0; i < world.sim->n_containers; i++)
		world.sim->containers[i]->readable = false;
	world_run(&world, 30 * MINUTE);
	assert_int_equal(serving(&world), before);
	for (size_t i = 0; i < world.sim->n_containers; i++)
		world.sim->containers[i]->readable = true;
	world_run(&world, 30 * MINUTE);
	assert_int_equal(serving(&world), 1);
	world_end(&world);
}

static void what_was_learned_outlives_the_daemon(void **state)
{
	struct world world = tuned(NULL);
	uint64_t before;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 2);
	world_run(&world, 60 * MINUTE);
	before = auto_age(sim_drive_engine(world.drive)->services[0]->self_tuning);
	world_restart(&world, 5 * SECOND, 7);
	world_run(&world, MINUTE);
	assert_in_range(auto_age(sim_drive_engine(world.drive)->services[0]->self_tuning),
		before - 15, before + 15);
	world_end(&world);
}

static void in_the_first_minute_it_says_why_it_is_lean(void **state)
{
	struct world world = tuned(NULL);

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.5);
	world_run(&world, 30 * SECOND);
	assert_non_null(strstr(world_shown(&world).reason,
		"(90% sure): 1 at 80% each (too little was seen to learn from)"));
	world_end(&world);
}

static void it_says_what_it_expects(void **state)
{
	struct world world = tuned(NULL);
	struct service_snapshot shown;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 2);
	world_run(&world, 10 * MINUTE);
	shown = world_shown(&world);
	assert_non_null(strstr(shown.reason, "demand is 2.00 replicas, and up to 2."));
	assert_non_null(strstr(shown.reason, "% sure): 3 at 80% each"));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_surge_is_met_and_over_within_minutes),
		cmocka_unit_test(level_load_is_left_in_peace),
		cmocka_unit_test(a_queue_tells_how_much_is_missing),
		cmocka_unit_test(how_long_a_start_takes_is_measured),
		cmocka_unit_test(what_cannot_be_read_takes_nothing_away),
		cmocka_unit_test(what_was_learned_outlives_the_daemon),
		cmocka_unit_test(in_the_first_minute_it_says_why_it_is_lean),
		cmocka_unit_test(it_says_what_it_expects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
