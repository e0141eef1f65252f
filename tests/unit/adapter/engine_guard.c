/*
 * Stories of the crash guard: a service whose replicas keep failing is tried less and less, says so,
 * and harms nobody; and of how many start at a time.
 */
#include "unit/adapter/world.h"

#define HOUR (60 * MINUTE)

static uint64_t creates(const struct world *world)
{
	return sim_drive_count(world->drive, INTENT_CREATE);
}

/* The template serves, clones never get healthy, and the load is for four. */
static struct world sick(void)
{
	struct world world = world_new();

	world_label(&world, "dockscale.max=4");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	sim_set_load(world.sim, "web", 3.1);
	return world;
}

static bool is_open(struct sim_drive *drive, void *context)
{
	(void)drive;
	return world_shown(context).guard.open;
}

static void until_open(struct world *world)
{
	assert_true(sim_drive_until(world->drive, is_open, world, 10 * MINUTE));
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' has no '%s'", text, part);
}

static void a_sick_service_stops_trying_and_says_so(void **state)
{
	struct world world = sick();
	struct service_snapshot shown;

	(void)state;
	world_run(&world, HOUR);
	shown = world_shown(&world);
	assert_true(shown.guard.open);
	assert_int_equal(shown.counters.guarded, 1);
	assert_contains(shown.problem, "not healthy within startup_grace");
	assert_contains(shown.problem, "dockscalectl resume web");
	/* five that failed, those that were on their way, and one each ten minutes */
	assert_in_range(creates(&world), 5, 5 + 3 + 6);
	assert_int_equal(sim_containers(world.sim, "web"), 1); /* and nothing is left over */
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	assert_int_equal(sim_faults(world.sim).unserved, 0);
	world_end(&world);
}

static void one_is_tried_each_ten_minutes_and_never_two(void **state)
{
	struct world world = sick();
	uint64_t before;

	(void)state;
	until_open(&world);
	world_run(&world, MINUTE); /* those on their way end too */
	for (unsigned i = 0; i < 4; i++) {
		before = creates(&world);
		world_run(&world, 8 * MINUTE + 50 * SECOND);
		assert_int_equal(creates(&world), before);
		world_run(&world, MINUTE + 10 * SECOND);
		assert_int_equal(creates(&world), before + 1);
	}
	world_end(&world);
}

static void the_try_that_lasts_ends_it_at_once(void **state)
{
	struct world world = sick();

	(void)state;
	until_open(&world);
	sim_set_clones_healthy(world.sim, true);
	world_until_serving(&world, 2, 11 * MINUTE);
	assert_true(world_shown(&world).guard.open); /* serving is not lasting */
	world_run(&world, 65 * SECOND);
	assert_false(world_shown(&world).guard.open);
	world_run(&world, 5 * SECOND);
	world_assert_right(&world, 4);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_persons_resume_tries_at_once(void **state)
{
	struct world world = sick();

	(void)state;
	until_open(&world);
	world_run(&world, MINUTE);
	sim_set_clones_healthy(world.sim, true);
	world_command(&world, COMMAND_RESUME);
	world_until_serving(&world, 4, 5 * SECOND);
	assert_false(world_shown(&world).guard.open);
	world_end(&world);
}

static void another_template_tries_at_once(void **state)
{
	static const enum sim_change changes[] = { SIM_CHANGE_IN_PLACE, SIM_CHANGE_RECREATED,
		SIM_CHANGE_RECREATED_SAME };

	(void)state;
	for (size_t i = 0; i < countof(changes); i++) {
		struct world world = sick();

		until_open(&world);
		world_run(&world, MINUTE);
		sim_set_clones_healthy(world.sim, true);
		sim_change_template(world.sim, "web", changes[i]);
		world_run(&world, 30 * SECOND);
		assert_false(world_shown(&world).guard.open);
		world_until_serving(&world, 4, MINUTE);
		world_end(&world);
	}
}

static void another_configuration_tries_at_once(void **state)
{
	struct world world = sick();
	uint64_t before;

	(void)state;
	until_open(&world);
	world_run(&world, MINUTE);
	before = creates(&world);
	sim_drive_configure(world.drive, world.config);
	world_run(&world, 5 * SECOND);
	assert_in_range(creates(&world) - before, 1, 4);
	until_open(&world); /* and it holds again when that was no cure */
	world_end(&world);
}

/* It gets healthy, serves, and dies at once: each time a success that is none. */
static void who_dies_right_after_serving_counts_as_failed(void **state)
{
	struct world world = world_new();
	uint64_t starts;

	(void)state;
	world_label(&world, "sim.restart=no");
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.min=2");
	world_begin(&world, 1);
	world_until_serving(&world, 2, 10 * SECOND);
	for (unsigned i = 0; i < 600; i++) {
		world_run(&world, 6 * SECOND);
		if (sim_serving(world.sim, "web") == 2)
			sim_kill(world.sim, world_clone(&world));
	}
	assert_true(world_shown(&world).guard.open);
	assert_contains(world_shown(&world).problem, "exit code 137");
	starts = sim_drive_count(world.drive, INTENT_START);
	assert_in_range(starts, 5, 5 + 7);
	assert_int_equal(sim_serving(world.sim, "web"), 1); /* the template is left alone */
	world_end(&world);
}

static void who_served_for_long_may_die_now_and_then(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.restart=no");
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.min=2");
	world_begin(&world, 1);
	for (unsigned i = 0; i < 20; i++) {
		world_until_serving(&world, 2, 30 * SECOND);
		world_run(&world, 2 * MINUTE);
		sim_kill(world.sim, world_clone(&world));
	}
	assert_false(world_shown(&world).guard.open);
	assert_int_equal(world_shown(&world).guard.failures, 0);
	world_end(&world);
}

static void an_engine_that_restarts_is_nobodys_crash(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.service.crash_guard=1");
	world_begin_with(&world, 4);
	for (unsigned i = 0; i < 3; i++) {
		sim_engine_restart(world.sim, false);
		world_run(&world, 30 * SECOND); /* none of them has lasted by then */
	}
	assert_false(world_shown(&world).guard.open);
	world_end(&world);
}

/* A daemon finds the guard at work and the template unwell: it fails as one of the row, and what ends the
 * row is that it serves after all, and lasts. */
static void a_template_that_failed_and_lasts_after_all_ends_it(void **state)
{
	struct world world = sick();

	(void)state;
	until_open(&world);
	world_run(&world, MINUTE);
	sim_set_healthy(world.sim, "web", false);
	world_restart(&world, SECOND, 2);
	world_run(&world, 10 * SECOND);
	assert_true(world_shown(&world).guard.open);
	assert_contains(world_shown(&world).problem, "the last: web not healthy");
	sim_set_healthy(world.sim, "web", true);
	world_until_serving(&world, 1, 10 * SECOND);
	assert_true(world_shown(&world).guard.open); /* serving is not lasting */
	sim_set_clones_healthy(world.sim, true);
	world_run(&world, 65 * SECOND);
	assert_false(world_shown(&world).guard.open);
	world_until_serving(&world, 4, 30 * SECOND);
	world_end(&world);
}

/* Clones of both services fail, the other one's only because of the image; then it is mended. */
static void others_go_on(void **state)
{
	const char *labels[] = { "dockscale.service=api", "dockscale.max=4",
		"dockscale.haproxy.backend=api", "dockscale.haproxy.port=8080" };
	struct world world = sick();

	(void)state;
	until_open(&world);
	sim_set_clones_healthy(world.sim, true); /* only web's next try would know */
	(void)sim_run(world.sim, "api", labels, countof(labels), 1.0);
	world_run(&world, 10 * SECOND);
	sim_set_load(world.sim, "api", 3.1);
	world_run(&world, 30 * SECOND);
	assert_int_equal(sim_serving(world.sim, "api"), 4);
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	world_end(&world);
}

/* The template waits for its next try, and somebody stops the only one that runs: that is not the whole
 * service stopped by hand. */
static void who_waits_for_its_next_try_was_not_stopped_by_a_hand(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.restart=no");
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.min=2");
	world_label(&world, "dockscale.service.crash_guard=1");
	world_begin(&world, 1);
	world_until_serving(&world, 2, 10 * SECOND);
	world_run(&world, 2 * MINUTE);
	sim_fail_by(world.sim, INTENT_START, 1, FAULT_PORT_TAKEN);
	sim_kill(world.sim, "web");
	world_run(&world, 10 * SECOND);
	assert_true(world_shown(&world).guard.open);
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, 20 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_run(&world, 15 * MINUTE);
	world_assert_right(&world, 2);
	world_end(&world);
}

static void zero_never_holds(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.service.crash_guard=0");
	world_label(&world, "dockscale.max=4");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	sim_set_load(world.sim, "web", 3.1);
	world_run(&world, HOUR);
	assert_false(world_shown(&world).guard.open);
	assert_true(creates(&world) > 14);
	world_end(&world);
}

static void no_more_start_at_a_time_than_may_and_explain_says_so(void **state)
{
	static const char *const labels[] = { "dockscale.service.parallel_starts=1",
		"dockscale.service.parallel_starts=2", "dockscale.service.parallel_starts=4" };

	(void)state;
	for (unsigned i = 0; i < countof(labels); i++) {
		unsigned most = i == 2 ? 4 : i + 1;
		struct world world = world_new();
		struct service_snapshot shown;

		world_label(&world, labels[i]);
		world_begin_by_hand(&world, 8);
		world_run(&world, 900 * USEC_PER_MSEC);
		shown = world_shown(&world);
		assert_int_equal(shown.starting, most);
		assert_int_equal(shown.held_back, 7 - most);
		assert_int_equal(shown.parallel_starts, most);
		world_run(&world, 2 * MINUTE);
		world_assert_right(&world, 8);
		assert_int_equal(world_shown(&world).held_back, 0);
		world_end(&world);
	}
}

/* The guard holds back what keeps failing, and the template did not. */
static void a_template_that_its_engine_took_along_is_started_at_once(void **state)
{
	struct world world = sick();

	(void)state;
	until_open(&world);
	world_run(&world, MINUTE);
	sim_engine_restart(world.sim, false);
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	assert_true(world_shown(&world).guard.open);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

/* It served, and was not needed any more before it could last: that is no reason to wait for ten minutes. */
static void a_try_that_the_load_ended_gives_way_to_the_next_one(void **state)
{
	struct world world = sick();

	(void)state;
	world_label(&world, "dockscale.cpu.stabilization_down=5s");
	sim_remove(world.sim, "web");
	world_run_template(&world);
	until_open(&world);
	world_run(&world, MINUTE);
	sim_set_clones_healthy(world.sim, true);
	world_until_serving(&world, 2, 11 * MINUTE);
	sim_set_load(world.sim, "web", 0.1);
	world_until_running(&world, 1);
	assert_true(world_shown(&world).guard.open);
	sim_set_load(world.sim, "web", 1.9);
	world_until_serving(&world, 2, 30 * SECOND);
	world_end(&world);
}

/* A create proves nothing and harms nobody; a start is a try. */
static void what_is_only_created_is_kept_while_it_holds_and_not_started(void **state)
{
	struct world world = world_new();
	uint64_t starts;

	(void)state;
	world_label(&world, "dockscale.max=4");
	world_label(&world, "dockscale.warm=2");
	world_label(&world, "dockscale.warm_state=created");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	sim_set_load(world.sim, "web", 3.1);
	until_open(&world);
	starts = sim_drive_count(world.drive, INTENT_START);
	sim_set_load(world.sim, "web", 0.5);
	world_run(&world, 8 * MINUTE);
	assert_true(world_shown(&world).guard.open);
	assert_int_equal(sim_drive_count(world.drive, INTENT_START), starts);
	assert_int_equal(world_shown(&world).warm, 2);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sick_service_stops_trying_and_says_so),
		cmocka_unit_test(one_is_tried_each_ten_minutes_and_never_two),
		cmocka_unit_test(the_try_that_lasts_ends_it_at_once),
		cmocka_unit_test(a_try_that_the_load_ended_gives_way_to_the_next_one),
		cmocka_unit_test(a_persons_resume_tries_at_once),
		cmocka_unit_test(another_template_tries_at_once),
		cmocka_unit_test(another_configuration_tries_at_once),
		cmocka_unit_test(who_dies_right_after_serving_counts_as_failed),
		cmocka_unit_test(who_served_for_long_may_die_now_and_then),
		cmocka_unit_test(an_engine_that_restarts_is_nobodys_crash),
		cmocka_unit_test(a_template_that_failed_and_lasts_after_all_ends_it),
		cmocka_unit_test(others_go_on),
		cmocka_unit_test(who_waits_for_its_next_try_was_not_stopped_by_a_hand),
		cmocka_unit_test(what_is_only_created_is_kept_while_it_holds_and_not_started),
		cmocka_unit_test(a_template_that_its_engine_took_along_is_started_at_once),
		cmocka_unit_test(zero_never_holds),
		cmocka_unit_test(no_more_start_at_a_time_than_may_and_explain_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
