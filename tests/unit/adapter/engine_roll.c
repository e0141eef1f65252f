/*
 * Stories of a template that changes: its clones go one by one, each only when a new one serves, and
 * a change that does not work costs nobody a replica.
 */
#include "unit/adapter/world.h"

#include <dockscale/conf/load.h>

static const struct container *template_of(const struct world *world)
{
	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++) {
		const struct container *container = sim_container(world->sim, "web", i);

		if (container != NULL && strcmp(container->name, "web") == 0)
			return container;
	}
	fail_msg("there is no template");
	abort();
}

static size_t count_outdated(const struct world *world)
{
	const struct container *template = template_of(world);
	size_t n = 0;

	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++)
		n += strcmp(sim_container(world->sim, "web", i)->spec, template->spec) != 0;
	return n;
}

static bool is_rolled(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)world_look(drive, context);
	return count_outdated(world) == 0;
}

/* Until no clone is outdated any more, and nothing is on its way. */
static void until_rolled(struct world *world, usec_t limit)
{
	if (!sim_drive_until(world->drive, is_rolled, world, limit))
		fail_msg("%zu are outdated still: %s", count_outdated(world),
			world_shown(world).problem);
	world_run(world, 20 * SECOND);
}

static void expect_rolled(struct world *world, size_t count, size_t most)
{
	until_rolled(world, 5 * MINUTE);
	world_assert_right(world, count);
	assert_int_equal(sim_containers(world->sim, "web"), count);
	assert_int_equal(world->most_containers, most);
	assert_int_equal(world_shown(world).roll.state, ROLL_NONE);
	assert_string_equal(world_shown(world).problem, "");
	assert_int_equal(sim_sessions_cut(world->sim), 0);
}

static void a_changed_template_rolls_its_clones_one_by_one(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	assert_int_equal(count_outdated(&world), 3);
	expect_rolled(&world, 4, 5);
	assert_int_equal(world_shown(&world).counters.rolled, 3);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

/* The roll waits for it; that it was healthy shows that another one of the same may be. */
static void a_template_that_turns_sick_before_its_roll_has_a_stand_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 3);
	world_command(&world, COMMAND_PAUSE);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	world_run(&world, 20 * SECOND);
	world_assert_right(&world, 3);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_serving(world.sim, "web"), 3);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	assert_int_equal(count_outdated(&world), 2);
	sim_set_healthy(world.sim, "web", true);
	until_rolled(&world, 5 * MINUTE);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void a_recreated_template_serves_before_the_first_clone_goes(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world.settings.ready_delay = 8 * SECOND;
	world_begin_calm(&world, 4);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	world_run(&world, 7 * SECOND);
	assert_int_equal(sim_serving(world.sim, "web"), 3);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static void a_template_that_is_recreated_the_same_rolls_nothing(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_begin_calm(&world, 3);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED_SAME);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	world_end(&world);
}

static bool keeps_serving(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)world_look(drive, context);
	if (sim_serving(world->sim, "web") < world->wanted)
		fail_msg("%zu serve of %zu", sim_serving(world->sim, "web"), world->wanted);
	if (sim_enabled(world->sim, "web") > 4)
		fail_msg("%zu are served", sim_enabled(world->sim, "web"));
	return count_outdated(world) == 0;
}

/* One more runs, but never do more serve; what drains goes when the new one is served. */
static void at_max_one_takes_the_place_of_the_other(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=4");
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world.wanted = 4;
	assert_true(sim_drive_until(world.drive, keeps_serving, &world, 5 * MINUTE));
	expect_rolled(&world, 4, 5);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

/* Where HAProxy has no server to spare, the old one's has to do. */
static void at_max_without_a_spare_slot_it_rolls_all_the_same(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=4");
	world.settings.slots = 4;
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static void a_clone_with_sessions_holds_the_roll_but_not_the_others(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.haproxy.drain_timeout=10m");
	world_begin_calm(&world, 4);
	for (size_t i = 1; i < 4; i++)
		sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 1);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 4);
	assert_int_equal(world.most_containers, 5);
	assert_int_equal(world_shown(&world).roll.replaced, 1);
	assert_int_equal(world_shown(&world).roll.of, 3);
	world_end(&world);
}

static void a_scale_up_in_the_midst_of_a_roll_makes_new_ones(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 5 * SECOND;
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 3 * SECOND);
	world_scale(&world, 7, 60 * MINUTE);
	world_run(&world, 10 * SECOND);
	assert_in_range(count_outdated(&world), 2, 3);
	assert_in_range(sim_serving(world.sim, "web"), 7, 8);
	expect_rolled(&world, 7, 8);
	world_end(&world);
}

static void a_scale_down_in_the_midst_of_a_roll_takes_old_ones(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 5 * SECOND;
	world_begin_calm(&world, 6);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 15 * SECOND);
	world_scale(&world, 3, 60 * MINUTE);
	world.wanted = 3;
	while (count_outdated(&world) > 0) {
		world_run(&world, SECOND);
		assert_true(sim_serving(world.sim, "web") >= 3);
	}
	expect_rolled(&world, 3, 7);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), 5 + 2, 5 + 3);
	world_end(&world);
}

/* Nobody knows yet whether its create worked: it can neither go nor serve, and is waited for. */
static void a_new_one_does_not_go_for_an_old_one_that_is_being_made(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world.settings.start_delay = world.settings.ready_delay = 0;
	world_label(&world, "dockscale.max=3");
	world_begin_calm(&world, 2);
	sim_set_chances(world.sim, &(struct sim_chances){ .lose = 1 });
	world_scale(&world, 3, 60 * MINUTE);
	world_run(&world, SECOND / 10);
	sim_set_chances(world.sim, &(struct sim_chances){ 0 });
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 20 * SECOND);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE) - made, 1, 2);
	expect_rolled(&world, 3, 4);
	world_end(&world);
}

static void new_ones_that_never_get_healthy_stop_the_roll_and_the_old_ones_stay(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin_calm(&world, 4);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_set_clones_healthy(world.sim, false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 30 * MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(count_outdated(&world), 3);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made + 1);
	assert_int_equal(world_shown(&world).roll.state, ROLL_STOPPED);
	assert_non_null(strstr(world_shown(&world).problem, "the roll stopped"));
	assert_non_null(strstr(world_shown(&world).problem, "resume web"));
	world_assert_no_request_lost(&world);
	/* Scaling costs none of them. */
	world_scale(&world, 6, 60 * MINUTE);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 4);
	assert_int_equal(count_outdated(&world) >= 3, true);
	world_end(&world);
}

static struct world with_a_stopped_roll(void)
{
	struct world world = world_new();

	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin_calm(&world, 4);
	sim_set_clones_healthy(world.sim, false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(world_shown(&world).roll.state, ROLL_STOPPED);
	sim_set_clones_healthy(world.sim, true);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(count_outdated(&world), 3);
	return world;
}

static void a_stopped_roll_goes_on_when_the_template_changes_again(void **state)
{
	struct world world = with_a_stopped_roll();

	(void)state;
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static void a_stopped_roll_goes_on_when_a_person_resumes_the_service(void **state)
{
	struct world world = with_a_stopped_roll();

	(void)state;
	world_command(&world, COMMAND_RESUME);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static void a_create_that_is_refused_stops_the_roll(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 3);
	sim_fail(world.sim, INTENT_CREATE, 1, ERR_REFUSED, false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(world_shown(&world).roll.state, ROLL_STOPPED);
	world_command(&world, COMMAND_RESUME);
	expect_rolled(&world, 3, 4);
	world_end(&world);
}

/* An engine that fails now and then is no reason to give up; one that goes on failing is. */
static void creates_that_fail_twice_do_not_stop_it_but_three_times_do(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 3);
	sim_fail(world.sim, INTENT_CREATE, 2, ERR_REMOTE, false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	expect_rolled(&world, 3, 4);
	sim_fail(world.sim, INTENT_CREATE, 3, ERR_REMOTE, false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(world_shown(&world).roll.state, ROLL_STOPPED);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void returning_to_the_old_specification_ends_the_roll(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 5 * SECOND;
	world_begin_calm(&world, 4);
	sim_set_limit(world.sim, "web", 0.5);
	world_run(&world, 2 * SECOND);
	assert_int_equal(world_shown(&world).roll.state, ROLL_UNDER_WAY);
	sim_set_limit(world.sim, "web", 1.0);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(count_outdated(&world), 0);
	assert_int_equal(world_shown(&world).counters.rolled, 0);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	world_end(&world);
}

static void a_paused_service_does_not_roll(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 4);
	world_command(&world, COMMAND_PAUSE);
	world_run(&world, SECOND);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(count_outdated(&world), 3);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	world_command(&world, COMMAND_RESUME);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static void a_new_template_that_never_serves_leaves_the_old_clones(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin_calm(&world, 4);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 3);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	assert_non_null(strstr(world_shown(&world).problem, "the roll waits"));
	sim_set_healthy(world.sim, "web", true);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

/* It was healthy before, whatever it is made of. */
static void a_new_template_that_never_serves_has_a_warm_one_as_its_stand_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.warm=1");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin_calm(&world, 2);
	world_run(&world, 10 * SECOND);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	sim_set_healthy(world.sim, "web", true);
	until_rolled(&world, 5 * MINUTE);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

/* Fewer than min serve, and another one may fare better than it does. */
static void below_min_a_new_template_that_never_serves_has_a_stand_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.min=2");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin_calm(&world, 2);
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	assert_int_equal(count_outdated(&world), 1);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	world_end(&world);
}

static void a_daemon_that_is_killed_in_the_midst_goes_on(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.min=4");
	world_label(&world, "dockscale.max=4");
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	for (uint64_t life = 2; count_outdated(&world) > 0; life++) {
		assert_true(life < 40);
		world_run(&world, 5 * SECOND + (usec_t)life * 777 * USEC_PER_MSEC);
		sim_drive_start(world.drive, life);
	}
	world_run(&world, MINUTE);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

static bool is_made(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)drive;
	return sim_containers(world->sim, "web") == 5;
}

static bool knows_all_five(struct sim_drive *drive, void *context)
{
	(void)drive;
	return world_shown(context).n_replicas == 5;
}

/* Until the next daemon may count, the one that drained is one of five that joined. */
static void a_daemon_that_is_killed_serves_no_more_than_max_though_the_engine_goes_too(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=4");
	world_label(&world, "dockscale.haproxy.drain_timeout=10m");
	world_begin_calm(&world, 4);
	for (size_t i = 1; i < 4; i++)
		sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 1);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, MINUTE);
	assert_int_equal(sim_running(world.sim, "web"), 5);
	world_restart(&world, SECOND, 2);
	assert_true(sim_drive_until(world.drive, knows_all_five, &world, 5 * SECOND));
	sim_runtime_away(world.sim, true);
	world.wanted = 4;
	assert_false(sim_drive_until(world.drive, keeps_serving, &world, 10 * SECOND));
	sim_runtime_away(world.sim, false);
	assert_false(sim_drive_until(world.drive, keeps_serving, &world, MINUTE));
	assert_int_equal(world_shown(&world).roll.replaced, 1);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

/* What the first change made on its way is of no use to the second. */
static void a_template_that_changes_in_the_midst_of_a_roll_is_followed(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = 5 * SECOND;
	world_begin_calm(&world, 4);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	assert_true(sim_drive_until(world.drive, is_made, &world, MINUTE));
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	expect_rolled(&world, 4, 5);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_template_rolls_its_clones_one_by_one),
		cmocka_unit_test(a_template_that_turns_sick_before_its_roll_has_a_stand_in),
		cmocka_unit_test(a_recreated_template_serves_before_the_first_clone_goes),
		cmocka_unit_test(a_template_that_is_recreated_the_same_rolls_nothing),
		cmocka_unit_test(at_max_one_takes_the_place_of_the_other),
		cmocka_unit_test(at_max_without_a_spare_slot_it_rolls_all_the_same),
		cmocka_unit_test(a_clone_with_sessions_holds_the_roll_but_not_the_others),
		cmocka_unit_test(a_scale_up_in_the_midst_of_a_roll_makes_new_ones),
		cmocka_unit_test(a_scale_down_in_the_midst_of_a_roll_takes_old_ones),
		cmocka_unit_test(a_new_one_does_not_go_for_an_old_one_that_is_being_made),
		cmocka_unit_test(
			new_ones_that_never_get_healthy_stop_the_roll_and_the_old_ones_stay),
		cmocka_unit_test(a_stopped_roll_goes_on_when_the_template_changes_again),
		cmocka_unit_test(a_stopped_roll_goes_on_when_a_person_resumes_the_service),
		cmocka_unit_test(a_create_that_is_refused_stops_the_roll),
		cmocka_unit_test(creates_that_fail_twice_do_not_stop_it_but_three_times_do),
		cmocka_unit_test(returning_to_the_old_specification_ends_the_roll),
		cmocka_unit_test(a_paused_service_does_not_roll),
		cmocka_unit_test(a_new_template_that_never_serves_leaves_the_old_clones),
		cmocka_unit_test(a_new_template_that_never_serves_has_a_warm_one_as_its_stand_in),
		cmocka_unit_test(below_min_a_new_template_that_never_serves_has_a_stand_in),
		cmocka_unit_test(a_daemon_that_is_killed_in_the_midst_goes_on),
		cmocka_unit_test(
			a_daemon_that_is_killed_serves_no_more_than_max_though_the_engine_goes_too),
		cmocka_unit_test(a_template_that_changes_in_the_midst_of_a_roll_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
