/*
 * Stories of warm replicas: kept ready and paused beside those that serve, promoted when one more is
 * needed, refilled behind, and in nobody's way.
 */
#include "unit/adapter/world.h"

#include <dockscale/port/intent.h>

static size_t count_in(const struct world *world, enum container_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++)
		count += sim_container(world->sim, "web", i)->state == state;
	return count;
}

static size_t paused(const struct world *world)
{
	return count_in(world, CONTAINER_PAUSED);
}

static const char *name_of_paused(const struct world *world)
{
	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++)
		if (sim_container(world->sim, "web", i)->state == CONTAINER_PAUSED)
			return sim_container(world->sim, "web", i)->name;
	fail_msg("none is paused");
	return NULL;
}

static struct world world_labelled(const char *const *labels, size_t n)
{
	struct world world = world_new();

	world_label(&world, "dockscale.warm=2");
	for (size_t i = 0; i < n; i++)
		world_label(&world, labels[i]);
	world_begin(&world, 1);
	world_scale(&world, 1, 300 * MINUTE);
	world_run(&world, MINUTE);
	return world;
}

/* One that serves and two warm ones. */
static struct world world_warm(void)
{
	struct world world = world_labelled(NULL, 0);

	assert_int_equal(paused(&world), 2);
	world_assert_right(&world, 1);
	return world;
}

static void warm_ones_are_made_ready_one_at_a_time_and_count_for_nothing(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.warm=3");
	world_label(&world, "dockscale.max=1");
	world_begin(&world, 1);
	world.most_running = 0;
	world_run(&world, 2 * MINUTE);
	assert_int_equal(paused(&world), 3);
	assert_int_equal(world.most_running, 2); /* the template, and the one that is made ready */
	world_assert_right(&world, 1);
	assert_int_equal(world_shown(&world).warm, 3);
	assert_int_equal(world_shown(&world).serving, 1);
	assert_int_equal(world_shown(&world).starting, 0);
	assert_string_equal(world_shown(&world).problem, "");
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_promoted_one_serves_at_once_and_is_replaced_behind(void **state)
{
	struct world world = world_warm();
	usec_t began = sim_now(world.sim).boot;

	(void)state;
	world_scale(&world, 3, 300 * MINUTE);
	world_until_serving(&world, 3, SECOND / 5);
	assert_in_range(sim_now(world.sim).boot - began, 0, SECOND / 5);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(paused(&world), 2);
	assert_int_equal(sim_containers(world.sim, "web"), 5);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void one_that_could_not_be_paused_is_taken_at_once(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_label(&world, "dockscale.warm=1");
	world_begin(&world, 1);
	world_scale(&world, 1, 300 * MINUTE);
	sim_fail(world.sim, INTENT_PAUSE, 1000, ERR_REMOTE, false);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(paused(&world), 0);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, SECOND);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), made, made + 1); /* a refill */
	world_end(&world);
}

static void what_drains_comes_back_before_a_warm_one_is_taken(void **state)
{
	struct world world = world_warm();
	char warm[CONTAINER_NAME_MAX];

	(void)state;
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, MINUTE);
	sim_set_sessions(world.sim, "web", 5);
	for (size_t i = 0; i < sim_containers(world.sim, "web"); i++)
		if (sim_container(world.sim, "web", i)->state == CONTAINER_RUNNING)
			sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 5);
	(void)mem_strcpy(warm, sizeof(warm), name_of_paused(&world));
	world_scale(&world, 1, 300 * MINUTE);
	world_run(&world, 3 * SECOND);
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, 3 * SECOND);
	assert_int_equal(sim_serving(world.sim, "web"), 2);
	assert_int_equal(paused(&world), 2);
	assert_string_equal(name_of_paused(&world), warm);
	world_end(&world);
}

static void dockers_health_does_not_hold_up_what_is_promoted(void **state)
{
	const char *const labels[] = { SIM_LABEL_HEALTH "=docker" };
	struct world world = world_labelled(labels, countof(labels));

	(void)state;
	assert_int_equal(paused(&world), 2);
	world_scale(&world, 3, 300 * MINUTE);
	world_until_serving(&world, 3, SECOND / 5);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void one_that_does_not_answer_after_its_pause_goes_and_the_next_is_taken(void **state)
{
	struct world world = world_warm();
	char sick[CONTAINER_NAME_MAX];

	(void)state;
	(void)mem_strcpy(sick, sizeof(sick), name_of_paused(&world));
	sim_set_healthy(world.sim, sick, false);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, SECOND / 5);
	world_run(&world, MINUTE);
	assert_false(sim_exists(world.sim, sick));
	world_assert_right(&world, 2);
	assert_int_equal(paused(&world), 2);
	world_end(&world);
}

static void without_a_good_one_the_long_way_is_gone_at_once(void **state)
{
	struct world world = world_warm();

	(void)state;
	for (size_t i = 0; i < sim_containers(world.sim, "web"); i++)
		if (sim_container(world.sim, "web", i)->state == CONTAINER_PAUSED)
			sim_set_healthy(world.sim, sim_container(world.sim, "web", i)->name, false);
	world_scale(&world, 2, 300 * MINUTE);
	/* create 50 ms, start 300 ms, ready after 1 s: no backoff stands in between */
	world_until_serving(&world, 2, 2 * SECOND);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 2);
	assert_int_equal(paused(&world), 2);
	world_end(&world);
}

static void only_created_ones_wait_unstarted(void **state)
{
	const char *const labels[] = { "dockscale.warm_state=created" };
	struct world world = world_labelled(labels, countof(labels));

	(void)state;
	assert_int_equal(count_in(&world, CONTAINER_CREATED), 2);
	assert_int_equal(world_shown(&world).warm, 2);
	world_restart(&world, 0, 2);
	world_run(&world, MINUTE);
	assert_int_equal(count_in(&world, CONTAINER_CREATED), 2);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, 2 * SECOND);
	world_run(&world, MINUTE);
	assert_int_equal(count_in(&world, CONTAINER_CREATED), 2);
	world_end(&world);
}

static void a_daemon_that_was_killed_finds_its_warm_ones_again(void **state)
{
	struct world world = world_warm();
	char warm[CONTAINER_NAME_MAX];

	(void)state;
	(void)mem_strcpy(warm, sizeof(warm), name_of_paused(&world));
	world_restart(&world, 10 * SECOND, 2);
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	assert_string_equal(name_of_paused(&world), warm);
	assert_int_equal(world_shown(&world).warm, 2);
	world_end(&world);
}

/* At any moment of the making, and of a promotion. */
static void a_kill_at_any_moment_leaves_no_leak(void **state)
{
	(void)state;
	for (usec_t at = 0; at < 5 * SECOND; at += 50 * USEC_PER_MSEC) {
		struct world world = world_new();

		world_label(&world, "dockscale.warm=2");
		world_label(&world, "dockscale.cpu.stabilization_down=5s");
		world_begin(&world, 1 + (uint64_t)at);
		sim_set_load(world.sim, "web", 0.3);
		if (at > 2500 * USEC_PER_MSEC) {
			world_run(&world, MINUTE);
			world_scale(&world, 2, 300 * MINUTE);
			world_run(&world, at - 2500 * USEC_PER_MSEC);
		} else {
			world_run(&world, at);
		}
		world_restart(&world, 0, 7);
		world_run(&world, 20 * SECOND);
		world_scale(&world, 1, 300 * MINUTE);
		world_run(&world, 3 * MINUTE);
		assert_int_equal(paused(&world), 2);
		world_assert_right(&world, 1);
		assert_int_equal(sim_containers(world.sim, "web"), 3);
		world_end(&world);
	}
}

static void an_outdated_one_is_removed_and_made_anew(void **state)
{
	struct world world = world_warm();
	char old[CONTAINER_NAME_MAX];

	(void)state;
	(void)mem_strcpy(old, sizeof(old), name_of_paused(&world));
	sim_change_template(world.sim, "web", SIM_CHANGE_RECREATED);
	world_run(&world, 2 * MINUTE);
	assert_false(sim_exists(world.sim, old));
	assert_int_equal(paused(&world), 2);
	assert_string_equal(
		sim_container(world.sim, "web", 0)->spec, sim_container(world.sim, "web", 1)->spec);
	world_end(&world);
}

static void a_template_that_is_gone_takes_them_along(void **state)
{
	const char *const labels[] = { "dockscale.template_grace=1m" };
	struct world world = world_labelled(labels, countof(labels));

	(void)state;
	sim_remove(world.sim, "web");
	world_run(&world, 3 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	world_end(&world);
}

static void fewer_are_kept_when_fewer_are_wanted(void **state)
{
	struct world world = world_warm();

	(void)state;
	sim_remove(world.sim, "web");
	world_label(&world, "dockscale.warm=1");
	world_run_template(&world);
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 1);
	assert_int_equal(sim_containers(world.sim, "web"), 2);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void a_released_service_has_none_until_resume(void **state)
{
	struct world world = world_warm();

	(void)state;
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 2);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void what_somebody_does_to_a_warm_one_is_undone(void **state)
{
	struct world world = world_warm();

	(void)state;
	sim_unpause(world.sim, name_of_paused(&world));
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 2);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	sim_stop(world.sim, name_of_paused(&world));
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 2);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	sim_remove(world.sim, name_of_paused(&world));
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 2);
	world_assert_right(&world, 1);
	assert_int_equal(world_shown(&world).desired, 1);
	world_end(&world);
}

static void one_that_served_and_is_paused_by_hand_is_no_warm_one(void **state)
{
	static const char *const manuals[] = { "dockscale.manual=adopt",
		"dockscale.manual=enforce" };

	(void)state;
	for (size_t i = 0; i < countof(manuals); i++) {
		struct world world = world_labelled(&manuals[i], 1);
		char served[CONTAINER_NAME_MAX] = "";

		world_scale(&world, 2, 300 * MINUTE);
		world_run(&world, MINUTE);
		for (size_t k = 0; k < sim_containers(world.sim, "web"); k++) {
			const struct container *one = sim_container(world.sim, "web", k);

			if (one->state == CONTAINER_RUNNING && strcmp(one->name, "web") != 0)
				(void)mem_strcpy(served, sizeof(served), one->name);
		}
		sim_pause(world.sim, served);
		world_run(&world, 5 * MINUTE); /* some listings */
		assert_int_equal(paused(&world), 3); /* it is left as the person left it */
		assert_true(sim_exists(world.sim, served));
		assert_int_equal(world_shown(&world).warm, 2);
		assert_int_equal(sim_enabled(world.sim, "web"), i == 0 ? 1 : 2);
		world_end(&world);
	}
}

/* While clones cannot get healthy, those that are needed come first, and the refill waits ever longer. */
static void a_refill_that_fails_waits_and_says_so(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.warm=2");
	world_label(&world, "dockscale.health.startup_grace=5s");
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	world_run(&world, 10 * MINUTE);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), 3, 15);
	assert_non_null(strstr(world_shown(&world).problem, "no warm replica"));
	assert_in_range(sim_containers(world.sim, "web"), 1, 2);
	sim_set_clones_healthy(world.sim, true);
	world_run(&world, 12 * MINUTE);
	assert_int_equal(paused(&world), 2);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_pause_that_fails_is_tried_again(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.warm=1");
	world_begin(&world, 1);
	sim_fail(world.sim, INTENT_PAUSE, 3, ERR_REMOTE, false);
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 1);
	assert_int_equal(sim_containers(world.sim, "web"), 2);
	world_end(&world);
}

static void an_unpause_without_an_answer_loses_nothing(void **state)
{
	(void)state;
	for (int worked = 0; worked < 2; worked++) {
		struct world world = world_warm();

		sim_fail(world.sim, INTENT_UNPAUSE, 1, ERR_TIMEOUT, worked == 1);
		world_scale(&world, 2, 300 * MINUTE);
		world_run(&world, 2 * MINUTE);
		world_assert_right(&world, 2);
		assert_int_equal(paused(&world), 2);
		assert_int_equal(sim_containers(world.sim, "web"), 4);
		world_end(&world);
	}
}

static void an_engine_that_restarts_brings_them_back(void **state)
{
	(void)state;
	for (int live = 0; live < 2; live++) {
		struct world world = world_warm();

		sim_engine_restart(world.sim, live == 1);
		world_run(&world, 3 * MINUTE);
		world_assert_right(&world, 1);
		assert_int_equal(paused(&world), 2);
		assert_int_equal(sim_containers(world.sim, "web"), 3);
		world_end(&world);
	}
}

static enum container_state state_of(const struct world *world, const char *name)
{
	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++)
		if (strcmp(sim_container(world->sim, "web", i)->name, name) == 0)
			return sim_container(world->sim, "web", i)->state;
	fail_msg("%s is gone", name);
	return CONTAINER_REMOVING;
}

/* The template, and one that is to be warm and not ready for some seconds. */
static struct world one_in_the_making(bool journal, char name[static CONTAINER_NAME_MAX])
{
	struct world world = world_new();

	world.settings.ready_delay = 5 * SECOND;
	world_label(&world, "dockscale.warm=1");
	world_start(&world, 1);
	sim_journal_away(world.sim, !journal);
	world_run_template(&world);
	world_until_running(&world, 2);
	(void)mem_strcpy(name, CONTAINER_NAME_MAX, world_clone(&world));
	return world;
}

/* The journal was written while it was in the making, and never again. */
static void what_is_recalled_as_warm_and_serves_is_not_paused(void **state)
{
	char name[CONTAINER_NAME_MAX];
	struct world world = one_in_the_making(true, name);

	(void)state;
	world_run(&world, SECOND);
	sim_journal_away(world.sim, true);
	world_run(&world, 10 * SECOND);
	assert_int_equal(state_of(&world, name), CONTAINER_PAUSED);
	sim_set_load(world.sim, "web", 1.5);
	world_until_serving(&world, 2, 10 * SECOND);
	sim_drive_kill(world.drive);
	sim_journal_away(world.sim, false);
	sim_drive_start(world.drive, 2);
	for (int i = 0; i < 100; i++) {
		world_run(&world, SECOND / 10);
		assert_int_equal(state_of(&world, name), CONTAINER_RUNNING);
	}
	assert_in_range(sim_serving(world.sim, "web"), 2, 3);
	assert_int_equal(sim_faults(world.sim).unserved, 0);
	world_end(&world);
}

/* The pause of a daemon that is gone comes about when the next one is there already, which knows nothing of
 * it. */
static void a_pause_that_an_earlier_daemon_asked_for_is_no_hand(void **state)
{
	char name[CONTAINER_NAME_MAX];
	struct world world = one_in_the_making(false, name);

	(void)state;
	world_restart(&world, 0, 2);
	world_run(&world, SECOND);
	sim_pause(world.sim, name);
	world_run(&world, MINUTE);
	assert_int_equal(paused(&world), 1); /* and not another one, that nobody owns */
	assert_int_equal(world_shown(&world).warm, 1);
	assert_int_equal(world_shown(&world).counters.by_hand, 0);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warm_ones_are_made_ready_one_at_a_time_and_count_for_nothing),
		cmocka_unit_test(a_promoted_one_serves_at_once_and_is_replaced_behind),
		cmocka_unit_test(one_that_could_not_be_paused_is_taken_at_once),
		cmocka_unit_test(what_drains_comes_back_before_a_warm_one_is_taken),
		cmocka_unit_test(dockers_health_does_not_hold_up_what_is_promoted),
		cmocka_unit_test(
			one_that_does_not_answer_after_its_pause_goes_and_the_next_is_taken),
		cmocka_unit_test(without_a_good_one_the_long_way_is_gone_at_once),
		cmocka_unit_test(only_created_ones_wait_unstarted),
		cmocka_unit_test(a_daemon_that_was_killed_finds_its_warm_ones_again),
		cmocka_unit_test(a_kill_at_any_moment_leaves_no_leak),
		cmocka_unit_test(an_outdated_one_is_removed_and_made_anew),
		cmocka_unit_test(a_template_that_is_gone_takes_them_along),
		cmocka_unit_test(fewer_are_kept_when_fewer_are_wanted),
		cmocka_unit_test(a_released_service_has_none_until_resume),
		cmocka_unit_test(what_somebody_does_to_a_warm_one_is_undone),
		cmocka_unit_test(one_that_served_and_is_paused_by_hand_is_no_warm_one),
		cmocka_unit_test(a_refill_that_fails_waits_and_says_so),
		cmocka_unit_test(a_pause_that_fails_is_tried_again),
		cmocka_unit_test(an_unpause_without_an_answer_loses_nothing),
		cmocka_unit_test(an_engine_that_restarts_brings_them_back),
		cmocka_unit_test(what_is_recalled_as_warm_and_serves_is_not_paused),
		cmocka_unit_test(a_pause_that_an_earlier_daemon_asked_for_is_no_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
