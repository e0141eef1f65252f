/*
 * Stories of a daemon that ends and of the one that follows: what outlives the first one, and what the
 * second one must not believe.
 */
#include "unit/adapter/world.h"

static void command(struct world *world, enum command_kind kind, unsigned count, usec_t duration)
{
	const struct command said = {
		.kind = kind, .service = "web", .count = count, .duration = duration
	};

	sim_drive_command(world->drive, &said);
	world_run(world, 3 * SECOND); /* a second, and it is durable */
}

static void a_pause_outlives_the_daemon(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	command(&world, COMMAND_PAUSE, 0, 0);
	world_restart(&world, 10 * SECOND, 99);
	sim_set_load(world.sim, "web", 3.0);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	world_assert_right(&world, 1);
	command(&world, COMMAND_RESUME, 0, 0);
	world_run(&world, 3 * MINUTE);
	assert_in_range(sim_serving(world.sim, "web"), 4, 5);
	world_restart(&world, 0, 99);
	world_run(&world, MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

static void a_count_by_hand_has_the_time_that_is_left(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.cpu.stabilization_down=1m");
	world_begin(&world, 1);
	command(&world, COMMAND_SCALE, 3, 60 * MINUTE);
	world_until_serving(&world, 3, MINUTE);
	world_run(&world, 20 * MINUTE);
	world_restart(&world, 10 * MINUTE, 99);
	world_run(&world, 20 * MINUTE);
	world_assert_right(&world, 3);
	assert_true(world_shown(&world).manual);
	world_run(&world, 15 * MINUTE);
	assert_false(world_shown(&world).manual);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void a_count_by_hand_is_made_though_little_of_it_runs(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	command(&world, COMMAND_SCALE, 4, 60 * MINUTE);
	world_until_serving(&world, 4, MINUTE);
	sim_drive_kill(world.drive);
	sim_remove(world.sim, world_clone(&world));
	sim_remove(world.sim, world_clone(&world));
	world_run(&world, SECOND);
	sim_drive_start(world.drive, 3);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void a_time_that_is_over_while_nobody_looked_is_over(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	command(&world, COMMAND_SCALE, 3, 5 * MINUTE);
	world_until_serving(&world, 3, MINUTE);
	world_restart(&world, 10 * MINUTE, 99);
	world_run(&world, 5 * SECOND);
	assert_false(world_shown(&world).manual);
	assert_int_equal(world_shown(&world).desired, 3); /* what runs is taken over */
	world_end(&world);
}

/* Two at first: five minutes after its change, a step down is due at once. */
static void step_down_after(usec_t dead, usec_t jump, usec_t within, bool expected)
{
	struct world world = world_new();

	world_label(&world, "dockscale.policy.cooldown_down=10m");
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.cpu.stabilization_down=1m");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 1.4);
	world_until_serving(&world, 2, 3 * MINUTE);
	world_run(&world, 2 * MINUTE);
	sim_set_load(world.sim, "web", 0.1);
	sim_drive_kill(world.drive);
	world_run(&world, dead);
	sim_jump_clock(world.sim, jump);
	sim_drive_start(world.drive, 99);
	world_run(&world, within);
	assert_int_equal(sim_serving(world.sim, "web"), expected ? 1 : 2);
	world_end(&world);
}

static void a_cooldown_outlives_the_daemon_and_ends_in_its_time(void **state)
{
	(void)state;
	step_down_after(SECOND, 0, 5 * MINUTE, false);
	step_down_after(SECOND, 0, 10 * MINUTE, true);
	step_down_after(9 * MINUTE, 0, 4 * MINUTE, true);
}

static void a_cooldown_lasts_no_longer_though_the_clock_was_set_back(void **state)
{
	(void)state;
	step_down_after(SECOND, -24 * 60 * MINUTE, 9 * MINUTE, false);
	step_down_after(SECOND, -24 * 60 * MINUTE, 12 * MINUTE, true);
}

static void a_clock_that_is_set_holds_nothing_for_ever(void **state)
{
	static const usec_t jumps[] = { -24 * 60 * MINUTE, 24 * 60 * MINUTE };

	(void)state;
	for (size_t i = 0; i < countof(jumps); i++) {
		struct world world = world_new();

		world_label(&world, "dockscale.policy.cooldown_down=10m");
		world_label(&world, "dockscale.cpu.stabilization_down=1m");
		world_begin(&world, 1);
		sim_set_load(world.sim, "web", 0.1);
		command(&world, COMMAND_SCALE, 3, 10 * MINUTE);
		world_until_serving(&world, 3, MINUTE);
		sim_drive_kill(world.drive);
		sim_jump_clock(world.sim, jumps[i]);
		sim_drive_start(world.drive, 3);
		world_run(&world, 25 * MINUTE);
		assert_false(world_shown(&world).manual);
		world_assert_right(&world, 1);
		world_end(&world);
	}
}

static void what_was_stopped_as_a_whole_stays_so(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_stop(world.sim, "web");
	world_run(&world, MINUTE);
	world_restart(&world, 30 * SECOND, 99);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 0);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	sim_start(world.sim, "web");
	world_until_serving(&world, 1, 10 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

static void what_was_started_while_nobody_looked_goes_on(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_stop(world.sim, "web");
	world_run(&world, MINUTE);
	sim_drive_kill(world.drive);
	world_run(&world, 10 * SECOND);
	sim_start(world.sim, "web");
	sim_drive_start(world.drive, 5);
	world_until_serving(&world, 1, 20 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

/* The engine takes all of them down while the daemon dies: that was no person. */
static void an_engine_that_went_down_with_the_daemon_is_nobodys_hand(void **state)
{
	(void)state;
	for (usec_t after = 0; after <= 4 * SECOND; after += SECOND / 2) {
		struct world world = world_new();

		world_begin(&world, 1);
		sim_engine_restart(world.sim, false);
		world_run(&world, after);
		world_restart(&world, 10 * SECOND, 99);
		world_run(&world, 2 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
		world_end(&world);
	}
}

static void a_template_stopped_by_hand_is_left_stopped(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.cpu.stabilization_down=1h");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.4);
	world_scale(&world, 3, 0);
	world_until_serving(&world, 3, MINUTE);
	sim_stop(world.sim, "web");
	world_run(&world, MINUTE);
	world_assert_right(&world, 2);
	world_restart(&world, SECOND, 99);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 2);
	assert_int_equal(sim_container(world.sim, "web", 0)->state, CONTAINER_EXITED);
	world_end(&world);
}

/* The cooldown is recalled too: the policy by itself would keep both for minutes. */
static void a_drain_goes_on(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.haproxy.drain_timeout=2m");
	world_label(&world, "dockscale.policy.cooldown_down=5m");
	world_label(&world, "dockscale.cpu.stabilization_down=1m");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 1.4);
	world_until_serving(&world, 2, 3 * MINUTE);
	for (size_t i = 0; i < 2; i++)
		sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 2);
	sim_set_load(world.sim, "web", 0.1);
	world.wanted = 1;
	assert_true(sim_drive_until(world.drive, world_serves, &world, 10 * MINUTE));
	world_run(&world, 3 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	world_restart(&world, 2 * SECOND, 99);
	world_run(&world, 20 * SECOND);
	assert_int_equal(world_shown(&world).desired, 1);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	world_run(&world, 3 * MINUTE);
	world_assert_right(&world, 1);
	world_end(&world);
}

/* An engine that goes down ends its containers as if somebody did, one after the other. */
static void what_may_have_been_the_engine_is_not_believed_after_a_kill(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_stop(world.sim, "web");
	world_run(&world, 6 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	world_restart(&world, 10 * SECOND, 99);
	world_until_serving(&world, 1, 20 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

static void clones_of_a_template_that_is_gone_keep_their_configuration(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.template_grace=10m");
	world_label(&world, "dockscale.min=3");
	world_label(&world, "dockscale.max=3");
	world_begin(&world, 1);
	world_until_serving(&world, 3, MINUTE);
	sim_remove(world.sim, "web");
	world_run(&world, 2 * MINUTE);
	world_restart(&world, MINUTE, 99);
	world_run(&world, MINUTE);
	assert_int_equal(world_shown(&world).min, 3);
	assert_int_equal(world_shown(&world).max, 3);
	world_assert_right(&world, 2);
	world_run(&world, 8 * MINUTE); /* the grace began when it was removed */
	world_assert_right(&world, 0);
	world_end(&world);
}

static void a_crash_guard_that_is_open_stays_so(void **state)
{
	struct world world = world_new();
	uint64_t before;

	(void)state;
	world_label(&world, "dockscale.min=2");
	world_start(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	world_run_template(&world);
	world_run(&world, 60 * MINUTE);
	assert_non_null(strstr(world_shown(&world).problem, "in a row failed"));
	for (int i = 0; i < 5; i++) {
		world_restart(&world, SECOND, 99);
		before = sim_drive_count(world.drive, INTENT_CREATE);
		world_run(&world, 4 * MINUTE);
		assert_in_range(sim_drive_count(world.drive, INTENT_CREATE) - before, 0, 1);
		assert_non_null(strstr(world_shown(&world).problem, "in a row failed"));
	}
	sim_set_clones_healthy(world.sim, true);
	command(&world, COMMAND_RESUME, 0, 0);
	world_until_serving(&world, 2, MINUTE);
	world_end(&world);
}

/* One more than @count runs, has for some seconds, and is not healthy yet; then the daemon is killed. */
static void kill_while_one_more_is_made(struct world *world, size_t count)
{
	world_until_running(world, count + 1);
	world_run(world, 3 * SECOND);
	assert_int_equal(sim_serving(world->sim, "web"), count);
	world_restart(world, SECOND, 99);
}

static void a_warm_one_in_the_making_goes_on_and_does_not_count(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 8 * SECOND;
	world_label(&world, "dockscale.warm=1");
	world_start(&world, 1);
	world_run_template(&world);
	world_until_serving(&world, 1, 20 * SECOND);
	kill_while_one_more_is_made(&world, 1);
	for (int i = 0; i < 30; i++) {
		world_run(&world, SECOND);
		assert_in_range(world_shown(&world).desired, 0, 1);
		assert_in_range(sim_serving(world.sim, "web"), 0, 1);
	}
	assert_int_equal(world_shown(&world).warm, 1);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), 1);
	world_assert_right(&world, 1);
	world_end(&world);
}

/* Without a probe it would join in the first step of the next daemon. */
static void a_warm_one_in_the_making_does_not_count_where_nothing_is_probed(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.start_delay = 10 * SECOND;
	world.n_labels = 2; /* the rest is of a balancer */
	world_label(&world, "dockscale.haproxy.balancer=none");
	world_label(&world, "dockscale.warm=1");
	world_start(&world, 1);
	world_run_template(&world);
	world_run(&world, 8 * SECOND); /* created, and about to be started */
	world_restart(&world, 10 * SECOND, 99);
	for (int i = 0; i < 30; i++) {
		world_run(&world, SECOND);
		assert_in_range(world_shown(&world).desired, 0, 1);
		assert_in_range(world_shown(&world).serving, 0, 1);
	}
	assert_int_equal(world_shown(&world).warm, 1);
	assert_int_equal(world_shown(&world).serving, 1);
	world_end(&world);
}

static void a_successor_in_the_making_goes_on_and_does_not_count(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 8 * SECOND;
	world_label(&world, "dockscale.min=2");
	world_start(&world, 1);
	world_run_template(&world);
	world_until_serving(&world, 2, MINUTE);
	world_run(&world, 10 * SECOND);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	kill_while_one_more_is_made(&world, 2);
	for (int i = 0; i < 60; i++) {
		world_run(&world, SECOND);
		assert_in_range(world_shown(&world).desired, 0, 2);
	}
	assert_int_equal(world_shown(&world).roll.state, ROLL_NONE);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), 2);
	world_assert_right(&world, 2);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_pause_right_after_a_hand_outlives_a_kill(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 3);
	world_until_serving(&world, 3, MINUTE);
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, SECOND);
	command(&world, COMMAND_PAUSE, 0, 0);
	world_restart(&world, SECOND, 99);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	world_assert_right(&world, 2);
	world_end(&world);
}

static size_t remembered;

static void count_record(void *context, const struct journal_record *record)
{
	(void)context;
	(void)record;
	remembered++;
}

static size_t count_remembered(struct world *world)
{
	struct journal *journal = sim_journal(world->sim);

	remembered = 0;
	sim_daemon_kill(world->sim); /* what waits is settled */
	journal->vtable->recall(journal, count_record, NULL);
	return remembered;
}

static void a_service_that_is_no_more_is_not_remembered(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.template_grace=1m");
	world_begin(&world, 1);
	command(&world, COMMAND_PAUSE, 0, 0);
	assert_in_range(count_remembered(&world), 1, 3);
	sim_drive_kill(world.drive);
	sim_remove(world.sim, "web");
	sim_drive_start(world.drive, 3);
	world_run(&world, 10 * SECOND);
	assert_int_equal(count_remembered(&world), 0);
	world_run_template(&world);
	world_until_serving(&world, 1, 20 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

/* A busy hour of it would keep the count up for as long. */
static void nothing_that_was_learned_of_another_template_is_believed(void **state)
{
	static const enum sim_change changes[] = { SIM_CHANGE_RECREATED,
		SIM_CHANGE_RECREATED_SAME };
	size_t serving[countof(changes)];

	(void)state;
	for (size_t i = 0; i < countof(changes); i++) {
		struct world world = world_new();

		world_label(&world, "dockscale.cpu.stabilization_down=4m");
		world_begin(&world, 1);
		command(&world, COMMAND_SCALE, 2, 0);
		world_until_serving(&world, 2, MINUTE);
		sim_set_load(world.sim, "web", 0.1);
		world_run(&world, 200 * SECOND);
		sim_drive_kill(world.drive);
		sim_change_template(world.sim, "web", changes[i]);
		sim_drive_start(world.drive, 4);
		world_run(&world, 130 * SECOND);
		serving[i] = world_shown(&world).desired;
		world_end(&world);
	}
	assert_int_equal(serving[0], 2); /* its window begins anew */
	assert_int_equal(serving[1], 1); /* the same: its window goes on */
}

static void a_journal_that_is_lost_or_damaged_stops_nothing(void **state)
{
	static void (*const harms[])(struct sim * sim) = { sim_journal_lose, sim_journal_damage };

	(void)state;
	for (size_t i = 0; i < countof(harms); i++) {
		struct world world = world_new();

		world_begin(&world, 1);
		command(&world, COMMAND_PAUSE, 0, 0);
		for (int k = 0; k < 20; k++) {
			sim_drive_kill(world.drive);
			harms[i](world.sim);
			sim_drive_start(world.drive, 7);
			world_run(&world, 10 * SECOND);
		}
		command(&world, COMMAND_RESUME, 0, 0);
		sim_set_load(world.sim, "web", 2.0);
		world_run(&world, 3 * MINUTE);
		assert_in_range(sim_serving(world.sim, "web"), 3, 4);
		world_end(&world);
	}
}

static void a_journal_that_comes_back_learns_all_again(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_journal_away(world.sim, true);
	command(&world, COMMAND_PAUSE, 0, 0);
	sim_journal_away(world.sim, false);
	world_run(&world, 3 * SECOND);
	world_restart(&world, SECOND, 99);
	world_run(&world, 5 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	world_end(&world);
}

static void what_does_not_change_is_not_written_again(void **state)
{
	struct world world = world_new();
	uint64_t before;

	(void)state;
	world_begin_with(&world, 3);
	command(&world, COMMAND_PAUSE, 0, 0);
	world_run(&world, 2 * MINUTE);
	before = sim_drive_count(world.drive, INTENT_RECORD);
	world_run(&world, 60 * MINUTE);
	assert_in_range(sim_drive_count(world.drive, INTENT_RECORD) - before, 0, 2);
	command(&world, COMMAND_RESUME, 0, 0);
	before = sim_drive_count(world.drive, INTENT_RECORD);
	world_run(&world, 60 * MINUTE);
	assert_in_range(sim_drive_count(world.drive, INTENT_RECORD) - before, 1, 70);
	world_end(&world);
}

static void a_dry_run_records_nothing(void **state)
{
	struct world world = world_new();

	(void)state;
	world.config->daemon.dry_run = true;
	world_start(&world, 1);
	world_run_template(&world);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_drive_count(world.drive, INTENT_RECORD), 0);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_outlives_the_daemon),
		cmocka_unit_test(a_count_by_hand_has_the_time_that_is_left),
		cmocka_unit_test(a_count_by_hand_is_made_though_little_of_it_runs),
		cmocka_unit_test(a_time_that_is_over_while_nobody_looked_is_over),
		cmocka_unit_test(a_cooldown_outlives_the_daemon_and_ends_in_its_time),
		cmocka_unit_test(a_cooldown_lasts_no_longer_though_the_clock_was_set_back),
		cmocka_unit_test(a_clock_that_is_set_holds_nothing_for_ever),
		cmocka_unit_test(what_was_stopped_as_a_whole_stays_so),
		cmocka_unit_test(what_was_started_while_nobody_looked_goes_on),
		cmocka_unit_test(an_engine_that_went_down_with_the_daemon_is_nobodys_hand),
		cmocka_unit_test(a_template_stopped_by_hand_is_left_stopped),
		cmocka_unit_test(what_may_have_been_the_engine_is_not_believed_after_a_kill),
		cmocka_unit_test(a_drain_goes_on),
		cmocka_unit_test(clones_of_a_template_that_is_gone_keep_their_configuration),
		cmocka_unit_test(a_crash_guard_that_is_open_stays_so),
		cmocka_unit_test(a_warm_one_in_the_making_goes_on_and_does_not_count),
		cmocka_unit_test(a_warm_one_in_the_making_does_not_count_where_nothing_is_probed),
		cmocka_unit_test(a_successor_in_the_making_goes_on_and_does_not_count),
		cmocka_unit_test(a_pause_right_after_a_hand_outlives_a_kill),
		cmocka_unit_test(a_service_that_is_no_more_is_not_remembered),
		cmocka_unit_test(nothing_that_was_learned_of_another_template_is_believed),
		cmocka_unit_test(a_journal_that_is_lost_or_damaged_stops_nothing),
		cmocka_unit_test(a_journal_that_comes_back_learns_all_again),
		cmocka_unit_test(what_does_not_change_is_not_written_again),
		cmocka_unit_test(a_dry_run_records_nothing),
	};

	return cmocka_run_group_tests_name("what outlives the daemon", tests, NULL, NULL);
}
