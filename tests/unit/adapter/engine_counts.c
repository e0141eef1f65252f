/*
 * Stories of faults by name: what the simulated world does wrong is counted under its name, once for
 * each time, and answered as docs/faults.md says.
 */
#include "unit/adapter/world.h"

static uint64_t met(const struct world *world, enum fault fault)
{
	return world_shown(world).faults[fault];
}

/* Those that are no service's. */
static uint64_t daemon_met(const struct world *world, enum fault fault)
{
	struct snapshot *snapshot =
		engine_snapshot(sim_drive_engine(world->drive), sim_now(world->sim));
	uint64_t count = snapshot->faults[fault];

	snapshot_free(snapshot);
	return count;
}

static void assert_nothing_met(const struct world *world)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
		if (met(world, fault) + daemon_met(world, fault) > 0)
			fail_msg("%s was met %u times", fault_key(fault),
				(unsigned)(met(world, fault) + daemon_met(world, fault)));
}

static void a_day_without_trouble_counts_nothing_but_what_ends(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 3);
	assert_nothing_met(&world);
	world_end(&world);
}

static void what_the_engine_fails_with_is_counted_by_name_and_overcome(void **state)
{
	static const enum fault faults[] = { FAULT_PORT_TAKEN, FAULT_DISK_FULL, FAULT_IMAGE_GONE,
		FAULT_ENGINE_ERROR, FAULT_CONFLICT, FAULT_ENGINE_DENIED };

	(void)state;
	for (size_t i = 0; i < countof(faults); i++) {
		struct world world = world_new();

		world_begin(&world, 1);
		sim_fail_by(world.sim, INTENT_CREATE, 2, faults[i]);
		sim_set_load(world.sim, "web", 1.5);
		world_run(&world, 2 * MINUTE);
		assert_int_equal(met(&world, faults[i]), 2);
		assert_int_equal(world_shown(&world).counters.failed, 2);
		assert_int_equal(sim_serving(world.sim, "web"), world_shown(&world).desired);
		world_end(&world);
	}
}

static void a_port_that_is_taken_at_the_start_costs_the_clone_and_no_more(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_fail_by(world.sim, INTENT_START, 1, FAULT_PORT_TAKEN);
	sim_set_load(world.sim, "web", 1.5);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(met(&world, FAULT_PORT_TAKEN), 1);
	assert_int_equal(sim_containers(world.sim, "web"), world_shown(&world).desired);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_call_without_an_answer_is_slow_and_doubles_nothing(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_fail(world.sim, INTENT_CREATE, 1, 0, true);
	sim_set_load(world.sim, "web", 1.5);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(met(&world, FAULT_ENGINE_SLOW), 1);
	assert_int_equal(sim_containers(world.sim, "web"), world_shown(&world).desired);
	world_end(&world);
}

static void an_engine_that_is_away_counts_once_however_long(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	for (unsigned i = 1; i <= 2; i++) {
		sim_runtime_away(world.sim, true);
		world_run(&world, 10 * MINUTE);
		assert_int_equal(daemon_met(&world, FAULT_ENGINE_AWAY), i);
		sim_runtime_away(world.sim, false);
		world_run(&world, MINUTE);
	}
	world_assert_right(&world, 1);
	world_end(&world);
}

static void a_balancer_that_is_away_counts_once_and_a_reload_each_time(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_balancer_away(world.sim, true);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(met(&world, FAULT_BALANCER_AWAY), 1);
	sim_balancer_away(world.sim, false);
	world_run(&world, MINUTE);
	assert_int_equal(met(&world, FAULT_BALANCER_AWAY), 1);
	for (unsigned i = 1; i <= 3; i++) {
		sim_balancer_reload(world.sim);
		world_run(&world, MINUTE);
		assert_int_equal(met(&world, FAULT_BALANCER_RELOADED), i);
	}
	world_end(&world);
}

static void a_want_of_slots_counts_when_it_begins(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.slots = 2;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 2.3);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	assert_int_equal(met(&world, FAULT_NO_SLOT), 1);
	/* none is made that nobody could be led to */
	assert_int_equal(world.most_containers, 2);
	assert_non_null(strstr(world_shown(&world).reason, "HAProxy takes no more"));
	assert_non_null(strstr(world_shown(&world).problem, "server-template"));
	world_end(&world);
}

static void a_replica_that_dies_or_never_gets_healthy_is_counted(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=10s");
	world_label(&world, "sim.restart=no");
	world_begin_with(&world, 2);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, MINUTE);
	assert_int_equal(met(&world, FAULT_DIED), 1);
	assert_int_equal(met(&world, FAULT_NEVER_HEALTHY), 0);
	sim_set_clones_healthy(world.sim, false);
	sim_set_load(world.sim, "web", 4.1);
	world_run(&world, 30 * SECOND);
	assert_in_range(met(&world, FAULT_NEVER_HEALTHY), 1, 8);
	world_end(&world);
}

static void a_template_that_may_not_be_cloned_is_refused_once(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, SIM_LABEL_VOLUME "=writable");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 2.1);
	world_run(&world, 30 * MINUTE);
	assert_int_equal(
		sim_drive_count(world.drive, INTENT_CREATE), met(&world, FAULT_CREATE_REFUSED));
	assert_in_range(met(&world, FAULT_CREATE_REFUSED), 1, 4); /* a few at a time, then never */
	world_end(&world);
}

/* By hours and back, in the middle of a drain and of a probe: all is as without it. */
static void a_wall_clock_that_jumps_changes_nothing_and_is_counted(void **state)
{
	static const usec_t jumps[] = { 0, 300 * MINUTE, -300 * MINUTE, -2 * SECOND };
	uint64_t calls[countof(jumps)];

	(void)state;
	for (size_t i = 0; i < countof(jumps); i++) {
		struct world world = world_new();

		world.settings.session_seconds = 1;
		world_begin_with(&world, 3);
		sim_jump_clock(world.sim, jumps[i]);
		sim_set_load(world.sim, "web", 3.1);
		world_run(&world, 1200 * USEC_PER_MSEC);
		sim_jump_clock(world.sim, jumps[i]);
		world_run(&world, MINUTE);
		sim_set_load(world.sim, "web", 0.1);
		world_run(&world, 62 * SECOND);
		sim_jump_clock(world.sim, -2 * jumps[i]);
		world_run(&world, 10 * MINUTE);
		world_assert_right(&world, 1);
		world_assert_no_request_lost(&world);
		assert_int_equal(daemon_met(&world, FAULT_CLOCK_JUMP), jumps[i] != 0 ? 3 : 0);
		calls[i] = sim_drive_count(world.drive, INTENT_CREATE) +
			   sim_drive_count(world.drive, INTENT_PROBE) +
			   sim_drive_count(world.drive, INTENT_STOP);
		assert_int_equal(calls[i], calls[0]);
		world_end(&world);
	}
}

static void a_clock_that_is_adjusted_bit_by_bit_does_not_jump(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	for (unsigned i = 0; i < 600; i++) {
		sim_jump_clock(world.sim, 20 * USEC_PER_MSEC);
		world_run(&world, SECOND);
	}
	assert_int_equal(daemon_met(&world, FAULT_CLOCK_JUMP), 0);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_without_trouble_counts_nothing_but_what_ends),
		cmocka_unit_test(what_the_engine_fails_with_is_counted_by_name_and_overcome),
		cmocka_unit_test(a_port_that_is_taken_at_the_start_costs_the_clone_and_no_more),
		cmocka_unit_test(a_call_without_an_answer_is_slow_and_doubles_nothing),
		cmocka_unit_test(an_engine_that_is_away_counts_once_however_long),
		cmocka_unit_test(a_balancer_that_is_away_counts_once_and_a_reload_each_time),
		cmocka_unit_test(a_want_of_slots_counts_when_it_begins),
		cmocka_unit_test(a_replica_that_dies_or_never_gets_healthy_is_counted),
		cmocka_unit_test(a_template_that_may_not_be_cloned_is_refused_once),
		cmocka_unit_test(a_wall_clock_that_jumps_changes_nothing_and_is_counted),
		cmocka_unit_test(a_clock_that_is_adjusted_bit_by_bit_does_not_jump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
