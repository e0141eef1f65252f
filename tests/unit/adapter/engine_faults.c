/*
 * Stories of the engine on a simulated world whose parts fail: the runtime, the balancer, the engine,
 * the daemon itself, at any moment of a scale-up and of a drain.
 */
#include "unit/adapter/world.h"

#define MOMENTS     40 /* a story is told for each of so many moments */
#define SEEDS       200
#define MOMENT_STEP (107 * USEC_PER_MSEC) /* apart; no divisor of a second */

/* A world of at most four replicas: where demand is guessed too high, that changes nothing. */
static struct world four(void)
{
	struct world world = world_new();

	world_label(&world, "dockscale.max=4");
	return world;
}

/* In the middle of a scale-up from 1 to 4, @index moments after it began. */
static void go_up_until(struct world *world, unsigned index)
{
	world_begin(world, 1);
	sim_set_load(world->sim, "web", 0.5);
	world_run(world, 10 * SECOND);
	sim_set_load(world->sim, "web", 3.1);
	world_run(world, (usec_t)index * MOMENT_STEP);
}

/* In the middle of a scale-down from 4 to 1, with sessions of some seconds. */
static void go_down_until(struct world *world, unsigned index)
{
	world->settings.session_seconds = 1;
	world_begin_with(world, 4);
	world_run(world, 10 * SECOND);
	sim_set_load(world->sim, "web", 0.1);
	world_run(world, 58 * SECOND + (usec_t)index * MOMENT_STEP);
}

/* Two ticks after the last part answers again: nothing is lost, and no server is wrong. */
static void assert_right_soon(struct world *world, size_t served)
{
	world_run(world, 2 * SECOND);
	assert_int_equal(sim_enabled(world->sim, "web"), sim_serving(world->sim, "web"));
	assert_in_range(sim_serving(world->sim, "web"), served, 4);
}

/* The same on the way up, and @later: the four that were wanted, and never one more. */
static void assert_four_at_last(struct world *world, size_t served, usec_t later)
{
	assert_right_soon(world, served);
	world_run(world, later);
	world_assert_right(world, 4);
	assert_int_equal(sim_containers(world->sim, "web"), 4);
	assert_in_range(world->most_running, 4, 4);
}

static uint64_t count_calls(const struct world *world)
{
	uint64_t count = 0;

	for (enum intent_kind kind = INTENT_CREATE; kind <= INTENT_REMOVE; kind++)
		count += sim_drive_count(world->drive, kind);
	return count;
}

static void a_runtime_that_goes_away_doubles_nothing_on_the_way_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();
		uint64_t calls;
		size_t running;

		go_up_until(&world, i);
		sim_runtime_away(world.sim, true);
		running = sim_running(world.sim, "web");
		calls = count_calls(&world);
		world_run(&world, MINUTE);
		assert_int_equal(count_calls(&world), calls); /* it waits, and asks nothing */
		assert_int_equal(sim_running(world.sim, "web"), running);
		sim_runtime_away(world.sim, false);
		world_run(&world, MINUTE);
		world_assert_right(&world, 4);
		assert_int_equal(sim_containers(world.sim, "web"), 4);
		assert_in_range(world.most_running, 4, 4);
		world_end(&world);
	}
}

static void a_runtime_that_goes_away_loses_nothing_on_the_way_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		go_down_until(&world, i);
		sim_runtime_away(world.sim, true);
		world_run(&world, MINUTE);
		sim_runtime_away(world.sim, false);
		world_run(&world, 3 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(sim_containers(world.sim, "web"), 1);
		assert_int_equal(sim_sessions_cut(world.sim), 0);
		assert_int_equal(sim_faults(world.sim).unserved, 0);
		world_end(&world);
	}
}

static void one_that_ends_while_the_runtime_is_away_is_served_no_more(void **state)
{
	struct world world = four();
	struct sim_faults before;

	(void)state;
	world_begin_with(&world, 3);
	sim_runtime_away(world.sim, true);
	world_run(&world, 10 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 3); /* that it is away closes nobody */
	before = sim_faults(world.sim);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, MINUTE);
	assert_int_equal(sim_enabled(world.sim, "web"), 2);
	assert_in_range(sim_faults(world.sim).dead - before.dead, 1, 2 * SECOND);
	sim_runtime_away(world.sim, false);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void a_balancer_that_is_away_holds_and_is_right_two_ticks_after(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();
		size_t running;

		go_up_until(&world, i);
		sim_balancer_away(world.sim, true);
		world_run(&world, MINUTE);
		assert_string_not_equal(world_shown(&world).problem, "");
		running = sim_running(world.sim, "web");
		sim_balancer_away(world.sim, false);
		world_run(&world, 2 * SECOND);
		assert_in_range(sim_serving(world.sim, "web"), running, 4);
		world_run(&world, 3 * MINUTE);
		world_assert_right(&world, 4);
		assert_int_equal(sim_faults(world.sim).unready, 0);
		assert_string_equal(world_shown(&world).problem, "");
		world_end(&world);
	}
}

static void a_balancer_that_is_away_holds_the_drain(void **state)
{
	struct world world = four();

	(void)state;
	world_label(&world, "dockscale.haproxy.drain_timeout=10m");
	world_begin_with(&world, 3);
	sim_balancer_away(world.sim, true);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_running(world.sim, "web"), 3);
	sim_balancer_away(world.sim, false);
	world_run(&world, 3 * MINUTE); /* what was read meanwhile tells nothing */
	world_assert_right(&world, 1);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

static void a_reload_of_the_balancer_is_repaired_within_two_ticks(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		world.settings.dynamic = true;
		go_up_until(&world, i);
		world_run(&world, MINUTE);
		sim_balancer_reload(world.sim);
		assert_int_equal(sim_enabled(world.sim, "web"), 0);
		world_run(&world, 2 * SECOND);
		world_assert_right(&world, 4);
		world_end(&world);
	}
}

static void a_reload_in_the_middle_of_a_drain_cuts_nothing_and_ends_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		world.settings.dynamic = i % 2 == 0;
		/* sessions of the former worker are counted by nobody, so time has to do */
		world_label(&world, "dockscale.haproxy.drain_idle=10s");
		go_down_until(&world, i);
		sim_balancer_reload(world.sim);
		world_run(&world, 5 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(sim_containers(world.sim, "web"), 1);
		assert_int_equal(sim_sessions_cut(world.sim), 0);
		world_end(&world);
	}
}

static void a_restarted_balancer_is_filled_again_within_two_ticks(void **state)
{
	struct world world = four();

	(void)state;
	world_begin_with(&world, 4);
	world_run(&world, MINUTE);
	sim_balancer_restart(world.sim);
	world_run(&world, 2 * SECOND);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void the_next_daemon_takes_over_on_the_way_up_and_doubles_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();
		size_t served;

		go_up_until(&world, i);
		served = sim_serving(world.sim, "web");
		world_restart(&world, i % 2 == 0 ? 5 * SECOND : 0, 77 + i);
		assert_four_at_last(&world, served, 3 * MINUTE);
		assert_int_equal(sim_faults(world.sim).unready, 0);
		world_end(&world);
	}
}

static void the_next_daemon_takes_over_a_drain_and_cuts_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		go_down_until(&world, i);
		world_restart(&world, i % 2 == 0 ? 5 * SECOND : 0, 77 + i);
		world_run(&world, 5 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(sim_containers(world.sim, "web"), 1);
		world_assert_no_request_lost(&world);
		world_end(&world);
	}
}

static void the_next_daemon_leaves_servers_that_work_as_they_are(void **state)
{
	struct world world = four();

	(void)state;
	world_begin_with(&world, 4);
	world_run(&world, MINUTE);
	sim_drive_kill(world.drive);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	sim_drive_start(world.drive, 2);
	for (int i = 0; i < 100; i++) {
		world_run(&world, SECOND / 10);
		world_assert_right(&world, 4);
	}
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void an_engine_with_live_restore_keeps_what_runs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();
		size_t served;

		go_up_until(&world, i);
		served = sim_serving(world.sim, "web");
		sim_engine_restart(world.sim, true);
		world_run(&world, 3 * SECOND);
		assert_four_at_last(&world, served, MINUTE);
		assert_int_equal(sim_faults(world.sim).unserved, 0);
		world_end(&world);
	}
}

static void an_engine_without_live_restore_comes_back_to_the_count(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		go_up_until(&world, i);
		sim_engine_restart(world.sim, false);
		world_run(&world, 3 * SECOND);
		assert_right_soon(&world, 0);
		world_run(&world, 2 * MINUTE);
		world_assert_right(&world, 4);
		assert_int_equal(sim_containers(world.sim, "web"), 4);
		assert_in_range(world.most_running, 1, 4);
		assert_int_equal(sim_faults(world.sim).stranger, 0);
		assert_int_equal(sim_faults(world.sim).unready, 0);
		world_end(&world);
	}
}

static void an_engine_without_live_restore_in_a_drain_comes_back_to_min(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct world world = four();

		go_down_until(&world, i);
		sim_engine_restart(world.sim, false);
		world_run(&world, 5 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(sim_containers(world.sim, "web"), 1);
		assert_in_range(world.most_running, 4, 4);
		world_end(&world);
	}
}

static void an_engine_whose_containers_exit_cleanly_comes_back_too(void **state)
{
	struct world world = four();

	(void)state;
	world_label(&world, "sim.exit=0");
	world_begin_with(&world, 4);
	world_run(&world, 10 * SECOND);
	sim_engine_restart(world.sim, false);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	world_end(&world);
}

/* Things that go wrong. @chance is as it comes; each takes of it what it needs. */

static void harm_runtime(struct world *world, uint64_t chance)
{
	sim_runtime_away(world->sim, chance % 2 == 0);
}

static void harm_balancer(struct world *world, uint64_t chance)
{
	if (chance % 4 == 0)
		sim_balancer_reload(world->sim);
	else if (chance % 4 == 1)
		sim_balancer_restart(world->sim);
	else
		sim_balancer_away(world->sim, chance % 4 == 2);
}

static void harm_engine(struct world *world, uint64_t chance)
{
	sim_engine_restart(world->sim, chance % 2 == 0);
}

static void harm_calls(struct world *world, uint64_t chance)
{
	enum intent_kind kind = (enum intent_kind)(chance / 2 % (INTENT_REMOVE + 1));

	sim_fail(world->sim, kind, 2, ERR_REMOTE, chance % 2 == 0);
}

static void harm_daemon(struct world *world, uint64_t chance)
{
	sim_drive_kill(world->drive);
	world_run(world, (usec_t)(chance % 5) * SECOND);
	sim_drive_start(world->drive, chance);
}

/* The template stays: without it there is nothing to come back to. */
static void remove_clone(struct world *world, uint64_t chance)
{
	size_t n = sim_containers(world->sim, "web");

	if (n > 1)
		sim_remove(
			world->sim, sim_container(world->sim, "web", 1 + chance % (n - 1))->name);
}

static void kill_program(struct world *world, uint64_t chance)
{
	size_t n = sim_containers(world->sim, "web");

	sim_kill(world->sim, sim_container(world->sim, "web", chance % n)->name);
}

static void break_health(struct world *world, uint64_t chance)
{
	size_t n = sim_containers(world->sim, "web");
	const char *name = sim_container(world->sim, "web", chance / 2 % n)->name;

	sim_set_healthy(world->sim, name, chance % 2 == 0);
	sim_set_readable(world->sim, name, chance % 4 < 2);
}

static void run_stranger(struct world *world, uint64_t chance)
{
	const char *name = chance % 2 == 0 ? "stranger-1" : "stranger-2";

	if (sim_run(world->sim, name, NULL, 0, 1.0) == NULL)
		sim_remove(world->sim, name);
}

static void change_load(struct world *world, uint64_t chance)
{
	sim_set_load(world->sim, "web", (double)(chance % 80) / 10);
}

static void harm(struct world *world, uint64_t chance)
{
	static void (*const harms[])(struct world * world, uint64_t chance) = {
		harm_runtime,
		harm_balancer,
		harm_engine,
		harm_calls,
		harm_daemon,
		remove_clone,
		kill_program,
		break_health,
		run_stranger,
		change_load,
		change_load,
	};

	harms[chance % countof(harms)](world, chance / countof(harms));
}

/* Everything works again, and the load is for four. */
static void heal(struct world *world)
{
	sim_runtime_away(world->sim, false);
	sim_balancer_away(world->sim, false);
	for (enum intent_kind kind = INTENT_CREATE; kind <= INTENT_REMOVE; kind++)
		sim_fail(world->sim, kind, 0, 0, false);
	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++) {
		const char *name = sim_container(world->sim, "web", i)->name;

		sim_set_healthy(world->sim, name, true);
		sim_set_readable(world->sim, name, true);
	}
	sim_set_load(world->sim, "web", 3.1);
}

static uint64_t next_chance(uint64_t *chance)
{
	*chance = *chance * 6364136223846793005ULL + 1442695040888963407ULL; /* Knuth's MMIX */
	return *chance >> 33;
}

/* Half a minute to some minutes of harm, by @seed. */
static struct world spoiled(uint64_t seed)
{
	struct world world = four();
	uint64_t chance = seed;

	world.settings.seed = seed;
	world.settings.jitter = 0.5;
	world.settings.dynamic = seed % 2 == 0;
	world.settings.call_delay = (usec_t)(seed % 5) * 100 * USEC_PER_MSEC;
	world.settings.start_delay = (usec_t)(seed % 7) * SECOND;
	world.settings.stop_delay = (usec_t)(seed % 3) * 5 * SECOND;
	if (seed % 11 == 0)
		world_label(&world, "sim.health=docker");
	if (seed % 13 == 0)
		world_label(&world, "sim.exit=0");
	world_begin(&world, seed);
	for (int i = 0; i < 30; i++) {
		harm(&world, next_chance(&chance));
		world_run(&world, (usec_t)next_chance(&chance) % (8 * SECOND));
	}
	heal(&world);
	return world;
}

static void whatever_went_wrong_it_comes_back_to_what_is_right(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world world = spoiled(seed);
		struct sim_faults before;
		struct sim_faults after;

		world_run(&world, 15 * MINUTE);
		if (sim_serving(world.sim, "web") != 4 || world.most_running > 6)
			print_error("with seed %u:\n", (unsigned)seed);
		world_assert_right(&world, 4);
		assert_int_equal(sim_containers(world.sim, "web"), 4);
		/* a sick one whose stop fails may run beside its successor for a while */
		assert_in_range(world.most_running, 1, 6);
		before = sim_faults(world.sim);
		world_run(&world, MINUTE);
		after = sim_faults(world.sim);
		assert_memory_equal(&before, &after, sizeof(before));
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_runtime_that_goes_away_doubles_nothing_on_the_way_up),
		cmocka_unit_test(a_runtime_that_goes_away_loses_nothing_on_the_way_down),
		cmocka_unit_test(one_that_ends_while_the_runtime_is_away_is_served_no_more),
		cmocka_unit_test(a_balancer_that_is_away_holds_and_is_right_two_ticks_after),
		cmocka_unit_test(a_balancer_that_is_away_holds_the_drain),
		cmocka_unit_test(a_reload_of_the_balancer_is_repaired_within_two_ticks),
		cmocka_unit_test(a_reload_in_the_middle_of_a_drain_cuts_nothing_and_ends_it),
		cmocka_unit_test(a_restarted_balancer_is_filled_again_within_two_ticks),
		cmocka_unit_test(the_next_daemon_takes_over_on_the_way_up_and_doubles_nothing),
		cmocka_unit_test(the_next_daemon_takes_over_a_drain_and_cuts_nothing),
		cmocka_unit_test(the_next_daemon_leaves_servers_that_work_as_they_are),
		cmocka_unit_test(an_engine_with_live_restore_keeps_what_runs),
		cmocka_unit_test(an_engine_without_live_restore_comes_back_to_the_count),
		cmocka_unit_test(an_engine_without_live_restore_in_a_drain_comes_back_to_min),
		cmocka_unit_test(an_engine_whose_containers_exit_cleanly_comes_back_too),
		cmocka_unit_test(whatever_went_wrong_it_comes_back_to_what_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
