/*
 * Stories of a person's hand: containers that somebody starts, stops, restarts, recreates or removes
 * beside the daemon, and what becomes of the count and of the clones.
 */
#include "unit/adapter/world.h"

/* Four that serve because somebody said so; idle enough that the policy wants no more, and not for
 * long enough that it wants less. */
static struct world four_with(const char *label)
{
	struct world world = world_new();

	if (label != NULL)
		world_label(&world, label);
	world_label(&world, "dockscale.cpu.stabilization_down=1h");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.4);
	world_scale(&world, 4, 0);
	world_until_serving(&world, 4, 20 * SECOND);
	world_assert_right(&world, 4);
	return world;
}

static void adopt_a_clone_that_somebody_stops_is_dropped_and_not_replaced(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 3);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	assert_int_equal(world_shown(&world).desired, 3);
	assert_string_equal(world_shown(&world).history[0].because,
		"follows what was started or stopped by hand");
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void adopt_the_policy_may_replace_what_somebody_stopped(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	sim_set_load(world.sim, "web", 2.6);
	world_run(&world, 10 * SECOND);
	sim_remove(world.sim, world_clone(&world));
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(world_shown(&world).history[0].to, 4);
	assert_int_equal(world_shown(&world).history[1].to, 3);
	world_end(&world);
}

/* A step down that the load asks for and the one that a hand made are one. */
static void adopt_a_clone_stopped_while_the_load_falls_is_counted_once(void **state)
{
	(void)state;
	for (unsigned after = 1; after < 16; after++) {
		struct world world = world_new();

		world_label(&world, "dockscale.cpu.stabilization_down=10s");
		world_begin(&world, after);
		sim_set_load(world.sim, "web", 1.4);
		world_until_serving(&world, 2, 20 * SECOND);
		world_run(&world, MINUTE);
		sim_set_load(world.sim, "web", 0.3);
		world_run(&world, after * SECOND);
		if (sim_containers(world.sim, "web") == 2) {
			sim_stop(world.sim, world_clone(&world));
			for (int i = 0; i < 30; i++) {
				world_run(&world, SECOND);
				assert_int_equal(sim_serving(world.sim, "web"), 1);
			}
		}
		assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
		world_end(&world);
	}
}

/* It had to be started again before, and is no promise of one now. */
static void adopt_below_min_another_one_is_made_for_what_somebody_stops(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 5 * SECOND;
	world_label(&world, "sim.restart=no");
	world_label(&world, "dockscale.min=2");
	world_begin(&world, 1);
	world_until_serving(&world, 2, 20 * SECOND);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, 3 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, MINUTE);
	world_assert_right(&world, 2);
	world_end(&world);
}

static void adopt_what_somebody_starts_counts(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	(void)sim_run(world.sim, "web-2", world.labels, world.n_labels, 1.0);
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 5);
	assert_int_equal(world_shown(&world).desired, 5);
	world_end(&world);
}

static void adopt_what_somebody_starts_at_max_takes_the_place_of_a_clone(void **state)
{
	struct world world = four_with("dockscale.max=4");

	(void)state;
	(void)sim_run(world.sim, "web-2", world.labels, world.n_labels, 1.0);
	world_run(&world, 30 * SECOND);
	world_assert_right(&world, 4);
	assert_int_equal(sim_container(world.sim, "web", 3)->name[0], 'w');
	world_end(&world);
}

static void a_restart_by_hand_is_no_change_whatever_is_restarted(void **state)
{
	static const char *const manuals[] = { "dockscale.manual=adopt", "dockscale.manual=enforce",
		"dockscale.manual=pause" };

	(void)state;
	for (size_t i = 0; i < countof(manuals); i++) {
		struct world world = four_with(manuals[i]);
		char clone[CONTAINER_NAME_MAX];

		(void)mem_strcpy(clone, sizeof(clone), world_clone(&world));
		sim_stop(world.sim, "web");
		sim_stop(world.sim, clone);
		world_run(&world, SECOND / 2);
		sim_start(world.sim, "web");
		sim_start(world.sim, clone);
		world_run(&world, 20 * SECOND);
		world_assert_right(&world, 4);
		assert_int_equal(sim_containers(world.sim, "web"), 4);
		assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
		assert_int_equal(world_shown(&world).desired, 4);
		world_end(&world);
	}
}

static void a_recreated_template_is_no_change(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	world.most_containers = 0;
	sim_remove(world.sim, "web");
	world_run(&world, SECOND);
	world_run_template(&world);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_in_range(world.most_containers, 4, 4);
	assert_int_equal(world_shown(&world).desired, 4);
	world_end(&world);
}

/* As Compose and image updaters do it: stop, remove, create, and start when all is prepared. */
static void a_template_that_is_recreated_step_by_step_is_no_change_and_started_by_who_made_it(
	void **state)
{
	static const char *const manuals[] = { "dockscale.manual=adopt", "dockscale.manual=enforce",
		"dockscale.manual=pause" };

	(void)state;
	for (size_t i = 0; i < countof(manuals); i++) {
		struct world world = four_with(manuals[i]);

		sim_stop(world.sim, "web");
		world_run(&world, 2500 * USEC_PER_MSEC);
		assert_int_equal(sim_container(world.sim, "web", 0)->state, CONTAINER_EXITED);
		sim_remove(world.sim, "web");
		(void)sim_create(world.sim, "web", world.labels, world.n_labels, 1.0);
		world_run(&world, 5 * SECOND);
		assert_int_equal(
			sim_container(world.sim, "web", sim_containers(world.sim, "web") - 1)
				->state,
			CONTAINER_CREATED);
		sim_start(world.sim, "web");
		world_run(&world, 30 * SECOND);
		world_assert_right(&world, 4);
		assert_int_equal(world_shown(&world).desired, 4);
		assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
		world_end(&world);
	}
}

static void what_was_created_and_never_started_is_left_to_who_made_it(void **state)
{
	struct world world = world_new();

	(void)state;
	world_start(&world, 1);
	(void)sim_create(world.sim, "web", world.labels, world.n_labels, 1.0);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	assert_int_equal(sim_running(world.sim, "web"), 0);
	assert_non_null(strstr(world_shown(&world).problem, "never started"));
	sim_start(world.sim, "web");
	world_until_serving(&world, 1, 10 * SECOND);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void enforce_a_template_stopped_by_hand_has_a_stand_in_until_it_is_sure_to_stay(void **state)
{
	struct world world = four_with("dockscale.manual=enforce");

	(void)state;
	sim_stop(world.sim, "web");
	world_run(&world, 2500 * USEC_PER_MSEC);
	assert_int_equal(sim_container(world.sim, "web", 0)->state, CONTAINER_EXITED);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_container(world.sim, "web", 0)->state, CONTAINER_RUNNING);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void pause_a_resume_right_after_the_hand_is_the_last_word(void **state)
{
	struct world world = four_with("dockscale.manual=pause");

	(void)state;
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, SECOND);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 20 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	assert_int_equal(world_shown(&world).desired, 3);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void count_problems(void *context, struct moment now, const struct intent *intent)
{
	(void)now;
	if (intent->kind == INTENT_NOTE && strncmp(intent->note.what, "problem", 7) == 0)
		++*(unsigned *)context;
}

static void a_create_that_fails_again_and_again_is_told_once(void **state)
{
	struct world world = four_with("dockscale.manual=enforce");
	unsigned problems = 0;

	(void)state;
	sim_fail(world.sim, INTENT_CREATE, 1000, ERR_REMOTE, false);
	sim_remove(world.sim, world_clone(&world));
	sim_drive_listen(world.drive, count_problems, &problems);
	world_run(&world, 10 * MINUTE);
	assert_string_not_equal(world_shown(&world).problem, "");
	assert_in_range(problems, 1, 2); /* and once that it stops trying */
	sim_fail(world.sim, INTENT_CREATE, 0, 0, false);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 6 * MINUTE);
	world_assert_right(&world, 4);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_template_stopped_by_hand_is_not_started_again(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	sim_stop(world.sim, "web");
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	sim_start(world.sim, "web");
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void enforce_the_count_is_back_within_two_ticks(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = SECOND / 5;
	world_label(&world, "dockscale.manual=enforce");
	world_label(&world, "dockscale.min=4");
	world_begin(&world, 1);
	world_until_serving(&world, 4, 20 * SECOND);
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	sim_remove(world.sim, world_clone(&world));
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	sim_stop(world.sim, "web");
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void enforce_what_somebody_starts_beyond_the_count_is_stopped_and_not_removed(void **state)
{
	struct world world = four_with("dockscale.manual=enforce");

	(void)state;
	for (int i = 0; i < 4; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "web-%d", i + 2);
		(void)sim_run(world.sim, name, world.labels, world.n_labels, 1.0);
	}
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	for (int i = 0; i < 4; i++) {
		char name[16];
		bool there = false;

		(void)snprintf(name, sizeof(name), "web-%d", i + 2);
		for (size_t k = 0; k < sim_containers(world.sim, "web"); k++)
			there = there ||
				strcmp(sim_container(world.sim, "web", k)->name, name) == 0;
		assert_true(there);
	}
	world_end(&world);
}

static void pause_nothing_is_done_any_more_until_resume(void **state)
{
	struct world world = four_with("dockscale.manual=pause");

	(void)state;
	sim_stop(world.sim, world_clone(&world));
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(sim_containers(world.sim, "web"), 4); /* what was stopped is left */
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	sim_set_load(world.sim, "web", 2.6);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	world_end(&world);
}

static void a_service_that_was_stopped_as_a_whole_stays_so_until_somebody_starts_it(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_stop(world.sim, "web");
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 0);
	assert_int_equal(world_shown(&world).state, SERVICE_PAUSED);
	sim_start(world.sim, "web");
	world_until_serving(&world, 1, 10 * SECOND);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	sim_set_load(world.sim, "web", 2.0);
	world_run(&world, 2 * MINUTE);
	assert_in_range(sim_serving(world.sim, "web"), 3, 4);
	world_end(&world);
}

static void an_engine_that_goes_down_is_nobodys_hand(void **state)
{
	static const char *const manuals[] = { "dockscale.manual=adopt", "dockscale.manual=pause" };

	(void)state;
	for (size_t i = 0; i < countof(manuals); i++) {
		struct world world = four_with(manuals[i]);

		sim_engine_restart(world.sim, false);
		world_run(&world, MINUTE);
		world_assert_right(&world, 4);
		assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
		assert_int_equal(world_shown(&world).desired, 4);
		world_end(&world);
	}
}

static void a_program_that_dies_is_nobodys_hand(void **state)
{
	struct world world = four_with(NULL);

	(void)state;
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, 20 * SECOND);
	world_assert_right(&world, 4);
	assert_int_equal(world_shown(&world).desired, 4);
	world_end(&world);
}

static void clones_outlive_their_template_by_its_grace_and_drain(void **state)
{
	struct world world = four_with("dockscale.template_grace=2m");

	(void)state;
	sim_remove(world.sim, "web");
	world_run(&world, 100 * SECOND);
	world_assert_right(&world, 3);
	assert_non_null(strstr(world_shown(&world).problem, "its template was removed"));
	world_run(&world, MINUTE);
	world_assert_right(&world, 0);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_run(&world, MINUTE);
	assert_string_equal(world_shown(&world).name, "");
	world_end(&world);
}

static void a_successor_within_the_grace_finds_the_clones(void **state)
{
	struct world world = four_with("dockscale.template_grace=2m");

	(void)state;
	sim_remove(world.sim, "web");
	world_run(&world, MINUTE);
	world_run_template(&world);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 4);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_pause_by_hand_cuts_no_session_of_one_that_drains(void **state)
{
	struct world world = four_with("dockscale.haproxy.drain_timeout=1m");
	char clone[CONTAINER_NAME_MAX];

	(void)state;
	(void)mem_strcpy(clone, sizeof(clone), world_clone(&world));
	for (size_t i = 0; i < sim_containers(world.sim, "web"); i++)
		sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 5);
	sim_set_sessions(world.sim, clone, 2);
	world_scale(&world, 3, 0);
	world_run(&world, 2 * SECOND);
	sim_pause(world.sim, clone);
	world_run(&world, 2 * SECOND);
	sim_unpause(world.sim, clone);
	world_run(&world, 10 * SECOND);
	assert_true(sim_exists(world.sim, clone));
	sim_set_sessions(world.sim, clone, 0);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_false(sim_exists(world.sim, clone));
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

static void a_template_that_is_stopped_is_not_removed(void **state)
{
	struct world world = four_with("dockscale.template_grace=2m");

	(void)state;
	sim_stop(world.sim, "web");
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static bool asked_for_a_removal(struct sim_drive *drive, void *context)
{
	(void)context;
	return sim_drive_count(drive, INTENT_REMOVE) > 0;
}

/* It is about to be removed, somebody starts it, and what became of the removal is never heard. */
static void who_starts_one_that_is_being_removed_has_it_stopped_again_at_once(void **state)
{
	struct world world = world_new();
	const char *clone;

	(void)state;
	world.settings.call_delay = SECOND;
	world_begin_calm(&world, 2);
	clone = world_clone(&world);
	sim_fail(world.sim, INTENT_REMOVE, 1, ERR_TIMEOUT, true);
	world_scale(&world, 1, 60 * MINUTE);
	assert_true(sim_drive_until(world.drive, asked_for_a_removal, &world, MINUTE));
	sim_start(world.sim, clone);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 1);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_end(&world);
}

/* Three of 100 MiB and 550 MiB of others, of 900: no fourth one gets the memory of one that a person
 * stops and starts again. */
static void who_is_restarted_by_hand_on_a_full_host_finds_its_memory_again(void **state)
{
	struct world world = world_new();
	const char *clone;

	(void)state;
	world.settings.host_memory_bytes = 1000 * (uint64_t)0x100000;
	world_label(&world, "sim.memory=100");
	world_begin(&world, 1);
	sim_set_host_use(world.sim, 0, 550 * (uint64_t)0x100000);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 3 * MINUTE);
	world_assert_right(&world, 3);
	clone = world_clone(&world);
	world.most_containers = 0;
	sim_stop(world.sim, clone);
	world_run(&world, 4 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	sim_start(world.sim, clone);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(world.most_containers, 3);
	sim_stop(world.sim, clone); /* and this time for good: its memory is free in a while */
	world_until_serving(&world, 2, SECOND);
	world_until_serving(&world, 3, 3 * MINUTE);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adopt_a_clone_that_somebody_stops_is_dropped_and_not_replaced),
		cmocka_unit_test(adopt_the_policy_may_replace_what_somebody_stopped),
		cmocka_unit_test(adopt_a_clone_stopped_while_the_load_falls_is_counted_once),
		cmocka_unit_test(adopt_below_min_another_one_is_made_for_what_somebody_stops),
		cmocka_unit_test(adopt_what_somebody_starts_counts),
		cmocka_unit_test(adopt_what_somebody_starts_at_max_takes_the_place_of_a_clone),
		cmocka_unit_test(a_restart_by_hand_is_no_change_whatever_is_restarted),
		cmocka_unit_test(a_recreated_template_is_no_change),
		cmocka_unit_test(
			a_template_that_is_recreated_step_by_step_is_no_change_and_started_by_who_made_it),
		cmocka_unit_test(what_was_created_and_never_started_is_left_to_who_made_it),
		cmocka_unit_test(
			enforce_a_template_stopped_by_hand_has_a_stand_in_until_it_is_sure_to_stay),
		cmocka_unit_test(pause_a_resume_right_after_the_hand_is_the_last_word),
		cmocka_unit_test(a_create_that_fails_again_and_again_is_told_once),
		cmocka_unit_test(a_template_stopped_by_hand_is_not_started_again),
		cmocka_unit_test(enforce_the_count_is_back_within_two_ticks),
		cmocka_unit_test(
			enforce_what_somebody_starts_beyond_the_count_is_stopped_and_not_removed),
		cmocka_unit_test(pause_nothing_is_done_any_more_until_resume),
		cmocka_unit_test(
			a_service_that_was_stopped_as_a_whole_stays_so_until_somebody_starts_it),
		cmocka_unit_test(an_engine_that_goes_down_is_nobodys_hand),
		cmocka_unit_test(a_program_that_dies_is_nobodys_hand),
		cmocka_unit_test(clones_outlive_their_template_by_its_grace_and_drain),
		cmocka_unit_test(a_successor_within_the_grace_finds_the_clones),
		cmocka_unit_test(a_pause_by_hand_cuts_no_session_of_one_that_drains),
		cmocka_unit_test(a_template_that_is_stopped_is_not_removed),
		cmocka_unit_test(who_starts_one_that_is_being_removed_has_it_stopped_again_at_once),
		cmocka_unit_test(who_is_restarted_by_hand_on_a_full_host_finds_its_memory_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
