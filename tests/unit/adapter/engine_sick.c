/*
 * Stories of replicas that serve and turn unhealthy: another one takes their place, one at a time, and
 * none where most of them are.
 */
#include "unit/adapter/world.h"

/* A clone's name, kept when it is gone. */
struct name {
	char text[CONTAINER_NAME_MAX];
};

static struct name clone_at(const struct world *world, size_t index)
{
	struct name name = { "" };

	(void)mem_strcpy(
		name.text, sizeof(name.text), sim_container(world->sim, "web", index)->name);
	assert_string_not_equal(name.text, "web");
	return name;
}

static void expect_replaced(struct world *world, const char *name, size_t count)
{
	world_run(world, MINUTE);
	assert_false(sim_exists(world->sim, name));
	world_assert_right(world, count);
	assert_int_equal(sim_containers(world->sim, "web"), count);
	assert_int_equal(world->most_containers, count + 1);
	assert_int_equal(world_shown(world).counters.replaced_unhealthy, 1);
	assert_int_equal(world_shown(world).unhealthy, 0);
	assert_string_equal(world_shown(world).problem, "");
	assert_int_equal(world_shown(world).desired, count);
}

static void one_that_haproxy_finds_down_is_replaced(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world_label(&world, "dockscale.health.probe=none");
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 2);
	sim_set_healthy(world.sim, sick.text, false);
	world_run(&world, 4 * SECOND);
	assert_int_equal(world_shown(&world).unhealthy, 0); /* that may be a reload */
	expect_replaced(&world, sick.text, 4);
	world_end(&world);
}

static void one_that_our_probe_finds_unhealthy_is_replaced(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world_label(&world, "dockscale.health.serving_interval=1s");
	world_label(&world, "dockscale.health.failures=2");
	world.settings.ready_delay = 5 * SECOND;
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 1);
	sim_set_healthy(world.sim, sick.text, false);
	world_run(&world, 4500 * USEC_PER_MSEC);
	assert_int_equal(world_shown(&world).unhealthy, 1); /* HAProxy's word counts later */
	expect_replaced(&world, sick.text, 4);
	world_end(&world);
}

static void one_that_its_own_health_check_finds_unhealthy_is_replaced(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world_label(&world, SIM_LABEL_HEALTH "=docker");
	world_label(&world, "dockscale.health.probe=none");
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 3);
	sim_set_healthy(world.sim, sick.text, false);
	world_run(&world, SECOND);
	assert_int_equal(world_shown(&world).unhealthy, 1);
	expect_replaced(&world, sick.text, 4);
	world_end(&world);
}

static void two_failed_probes_are_no_illness_and_a_good_one_begins_anew(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_begin_calm(&world, 3);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	for (unsigned i = 0; i < 20; i++) {
		sim_fail(world.sim, INTENT_PROBE, 6, ERR_UNREACHABLE, false); /* two of each */
		world_run(&world, 25 * SECOND);
	}
	world_assert_right(&world, 3);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	world_end(&world);
}

static void one_that_recovers_before_its_successor_serves_stays(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world.settings.ready_delay = 6 * SECOND;
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 2);
	sim_set_healthy(world.sim, sick.text, false);
	world_until_running(&world, 5);
	sim_set_healthy(world.sim, sick.text, true);
	world_run(&world, MINUTE);
	assert_true(sim_exists(world.sim, sick.text));
	world_assert_right(&world, 4);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	assert_int_equal(world_shown(&world).counters.replaced_unhealthy, 0);
	world_end(&world);
}

static void at_max_one_more_runs_but_no_more_are_served(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world_label(&world, "dockscale.max=4");
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 2);
	sim_set_healthy(world.sim, sick.text, false);
	expect_replaced(&world, sick.text, 4);
	world_end(&world);
}

static void two_sick_ones_are_replaced_one_after_the_other(void **state)
{
	struct world world = world_new();
	struct name one;
	struct name other;

	(void)state;
	world_begin_calm(&world, 5);
	one = clone_at(&world, 2);
	other = clone_at(&world, 3);
	sim_set_healthy(world.sim, one.text, false);
	sim_set_healthy(world.sim, other.text, false);
	world_run(&world, 2 * MINUTE);
	assert_false(sim_exists(world.sim, one.text));
	assert_false(sim_exists(world.sim, other.text));
	world_assert_right(&world, 5);
	assert_int_equal(world.most_containers, 6);
	assert_int_equal(world_shown(&world).counters.replaced_unhealthy, 2);
	world_end(&world);
}

static void where_most_are_unhealthy_none_is_replaced_and_it_is_told(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_begin_calm(&world, 4);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	for (size_t i = 1; i < 4; i++)
		sim_set_healthy(world.sim, sim_container(world.sim, "web", i)->name, false);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), made, made + 1);
	assert_non_null(strstr(world_shown(&world).problem, "3 of 4 replicas are unhealthy"));
	for (size_t i = 1; i < 4; i++)
		sim_set_healthy(world.sim, sim_container(world.sim, "web", i)->name, true);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static size_t drained(const struct world *world)
{
	return sim_running(world->sim, "web") - sim_enabled(world->sim, "web");
}

static void a_sick_template_gets_no_sessions_until_it_is_well_and_one_stands_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 3);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 3);
	assert_int_equal(sim_running(world.sim, "web"), 4);
	assert_int_equal(drained(&world), 1);
	assert_int_equal(sim_drive_count(world.drive, INTENT_STOP), 0);
	world_run(&world, 30 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	sim_set_healthy(world.sim, "web", true);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	assert_string_equal(sim_container(world.sim, "web", 0)->name, "web");
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

static void a_sick_template_at_max_comes_back_in_the_place_of_its_stand_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=3");
	world_begin_calm(&world, 3);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 3);
	sim_set_healthy(world.sim, "web", true);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	assert_int_equal(world.most_containers, 4);
	world_end(&world);
}

static void a_sick_container_of_a_persons_is_not_ended(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 3);
	(void)sim_run(world.sim, "mine", world.labels, world.n_labels, 1.0);
	world_until_serving(&world, 4, 20 * SECOND);
	sim_set_healthy(world.sim, "mine", false);
	world_run(&world, 10 * MINUTE);
	assert_true(sim_exists(world.sim, "mine"));
	assert_int_equal(drained(&world), 1);
	sim_set_healthy(world.sim, "mine", true);
	world_run(&world, MINUTE);
	assert_int_equal(drained(&world), 0);
	assert_true(sim_exists(world.sim, "mine"));
	world_end(&world);
}

/* It keeps its server, and its place among max: who stood in for it could never be served, would fail
 * for it, and open the crash guard. */
static void nobody_stands_in_at_max_for_a_template_that_haproxy_alone_finds_down(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_label(&world, "dockscale.health.probe=none");
	world_label(&world, "dockscale.max=3");
	world_begin_calm(&world, 3);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	assert_int_equal(world_shown(&world).desired, 3);
	sim_set_healthy(world.sim, "web", true);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void the_only_replica_gets_a_stand_in(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 2);
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	sim_set_healthy(world.sim, "web", true);
	world_run(&world, 3 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	world_end(&world);
}

/* What it cannot do, no other can: it may still answer now and then. */
static void the_only_replica_keeps_its_sessions_while_no_other_is_well(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	sim_set_healthy(world.sim, "web", false);
	world_run(&world, 60 * MINUTE);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	assert_true(sim_drive_count(world.drive, INTENT_CREATE) < 15);
	world_end(&world);
}

/* The template is sick, and a roll that cannot go on has one clone of before: it is the one that serves. */
static void the_last_that_is_well_does_not_go(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_calm(&world, 2);
	sim_set_clones_healthy(world.sim, false);
	sim_set_healthy(world.sim, "web", false);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 30 * SECOND);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 20 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "web"), 1);
	world_end(&world);
}

/* Between its probe and HAProxy's first word of it nobody looks. */
static void one_that_joins_and_stays_down_is_given_its_time_and_replaced(void **state)
{
	struct world world = world_new();
	struct name sick;

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin_calm(&world, 3);
	sim_balancer_away(world.sim, true);
	sim_kill(world.sim, clone_at(&world, 1).text);
	world_run(&world, 10 * SECOND);
	sick = clone_at(&world, 1);
	sim_set_healthy(world.sim, sick.text, false);
	sim_balancer_away(world.sim, false);
	world_run(&world, 10 * SECOND);
	assert_true(sim_exists(world.sim, sick.text));
	world_run(&world, 2 * MINUTE);
	assert_false(sim_exists(world.sim, sick.text));
	world_assert_right(&world, 3);
	world_end(&world);
}

static void successors_that_never_get_healthy_come_more_and_more_seldom(void **state)
{
	struct world world = world_new();
	struct name sick;
	uint64_t made;

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin_calm(&world, 4);
	sick = clone_at(&world, 2);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_set_clones_healthy(world.sim, false);
	sim_set_healthy(world.sim, sick.text, false);
	world_run(&world, 60 * MINUTE);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE) - made, 3, 25);
	assert_true(sim_exists(world.sim, sick.text));
	assert_int_equal(world.most_containers, 5);
	sim_set_clones_healthy(world.sim, true);
	world_run(&world, 10 * MINUTE);
	assert_false(sim_exists(world.sim, sick.text));
	world_assert_right(&world, 4);
	world_end(&world);
}

/* Healthy at first and sick soon after, again and again: each is a replacement that worked. */
static void those_that_turn_sick_one_after_the_other_are_replaced_more_and_more_seldom(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_begin_calm(&world, 4);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	for (unsigned i = 0; i < 360; i++) {
		const char *name = sim_container(world.sim, "web", 3)->name;

		sim_set_healthy(world.sim, name, false);
		world_run(&world, 10 * SECOND);
	}
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE) - made, 5, 25);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_haproxy_finds_down_is_replaced),
		cmocka_unit_test(one_that_our_probe_finds_unhealthy_is_replaced),
		cmocka_unit_test(one_that_its_own_health_check_finds_unhealthy_is_replaced),
		cmocka_unit_test(two_failed_probes_are_no_illness_and_a_good_one_begins_anew),
		cmocka_unit_test(one_that_recovers_before_its_successor_serves_stays),
		cmocka_unit_test(at_max_one_more_runs_but_no_more_are_served),
		cmocka_unit_test(two_sick_ones_are_replaced_one_after_the_other),
		cmocka_unit_test(where_most_are_unhealthy_none_is_replaced_and_it_is_told),
		cmocka_unit_test(
			a_sick_template_gets_no_sessions_until_it_is_well_and_one_stands_in),
		cmocka_unit_test(a_sick_template_at_max_comes_back_in_the_place_of_its_stand_in),
		cmocka_unit_test(a_sick_container_of_a_persons_is_not_ended),
		cmocka_unit_test(
			nobody_stands_in_at_max_for_a_template_that_haproxy_alone_finds_down),
		cmocka_unit_test(the_only_replica_gets_a_stand_in),
		cmocka_unit_test(the_only_replica_keeps_its_sessions_while_no_other_is_well),
		cmocka_unit_test(the_last_that_is_well_does_not_go),
		cmocka_unit_test(one_that_joins_and_stays_down_is_given_its_time_and_replaced),
		cmocka_unit_test(successors_that_never_get_healthy_come_more_and_more_seldom),
		cmocka_unit_test(
			those_that_turn_sick_one_after_the_other_are_replaced_more_and_more_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
