/* More than all replicas can bear: what is let in, what waits, and when it is over. */
#include "unit/adapter/world.h"

/* Two replicas at most, sessions of a second: ten of them fill one replica. */
static struct world overloaded(const char *maxconn)
{
	struct world world = world_new();

	world.settings.session_seconds = 1;
	world_label(&world, "dockscale.max=2");
	if (maxconn != NULL)
		world_label(&world, maxconn);
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 6.0);
	world_until_serving(&world, 2, 30 * SECOND);
	world_run(&world, 2 * MINUTE);
	return world;
}

static void at_max_a_limit_is_learnt_that_keeps_the_replicas_full(void **state)
{
	struct world world = overloaded(NULL);
	struct service_snapshot shown = world_shown(&world);

	(void)state;
	assert_in_range(shown.maxconn, 9, 20);
	assert_int_equal(sim_maxconn(world.sim, "web"), shown.maxconn);
	assert_true(reading_is_known(shown.queued) && shown.queued.value > 0);
	assert_true(sim_cpu_share(world.sim, "web") > 0.9);
	assert_true(sim_cpu_share(world.sim, world_clone(&world)) > 0.9);
	world_end(&world);
}

static void it_is_lifted_when_the_overload_is_over(void **state)
{
	struct world world = overloaded(NULL);

	(void)state;
	sim_set_load(world.sim, "web", 1.0);
	world_run(&world, 40 * SECOND);
	assert_int_equal(sim_maxconn(world.sim, "web"), 0);
	assert_int_equal(world_shown(&world).maxconn, 0);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_surge_that_new_replicas_can_meet_is_not_limited(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.session_seconds = 1;
	world.settings.ready_delay = 8 * SECOND;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 5.0);
	for (unsigned second = 0; second < 240; second++) {
		world_run(&world, SECOND);
		assert_int_equal(world_shown(&world).maxconn, 0);
	}
	world_end(&world);
}

static void a_count_that_a_person_holds_is_limited_too(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.session_seconds = 1;
	world_begin_by_hand(&world, 2);
	world_until_serving(&world, 2, 30 * SECOND);
	sim_set_load(world.sim, "web", 6.0);
	world_run(&world, MINUTE);
	assert_int_not_equal(sim_maxconn(world.sim, "web"), 0);
	world_end(&world);
}

static void a_number_holds_always_and_off_never(void **state)
{
	struct world world = overloaded("dockscale.haproxy.maxconn=13");

	(void)state;
	assert_int_equal(sim_maxconn(world.sim, "web"), 13);
	sim_set_load(world.sim, "web", 0.5);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_maxconn(world.sim, "web"), 13);
	world_end(&world);
	world = overloaded("dockscale.haproxy.maxconn=off");
	assert_int_equal(sim_maxconn(world.sim, "web"), 0);
	world_end(&world);
}

static void a_limit_is_written_again_after_a_reload(void **state)
{
	struct world world = overloaded(NULL);

	(void)state;
	sim_balancer_reload(world.sim);
	assert_int_equal(sim_maxconn(world.sim, "web"), 0);
	world_run(&world, 3 * SECOND);
	assert_int_not_equal(sim_maxconn(world.sim, "web"), 0);
	world_end(&world);
}

static void a_daemon_that_was_killed_goes_on_with_its_limit(void **state)
{
	struct world world = overloaded(NULL);
	unsigned before = sim_maxconn(world.sim, "web");

	(void)state;
	world_restart(&world, 0, 2);
	world_run(&world, 3 * SECOND);
	assert_int_equal(sim_maxconn(world.sim, "web"), before);
	assert_int_equal(world_shown(&world).maxconn, before);
	sim_set_load(world.sim, "web", 1.0);
	world_run(&world, 40 * SECOND);
	assert_int_equal(sim_maxconn(world.sim, "web"), 0);
	world_end(&world);
}

static void what_was_learnt_does_not_hold_for_another_limit_of_the_cpu(void **state)
{
	struct world world = overloaded(NULL);

	(void)state;
	assert_int_not_equal(sim_maxconn(world.sim, "web"), 0);
	sim_set_limit(world.sim, "web", 2.0);
	world_run(&world, 2 * SECOND);
	assert_int_equal(world_shown(&world).maxconn, 0);
	world_end(&world);
}

static void without_readings_the_limit_stays(void **state)
{
	struct world world = overloaded(NULL);
	unsigned before;

	(void)state;
	sim_set_readable(world.sim, "web", false);
	world_run(&world, 5 * SECOND);
	before = sim_maxconn(world.sim, "web");
	assert_int_not_equal(before, 0);
	sim_set_load(world.sim, "web", 1.0);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(sim_maxconn(world.sim, "web"), before);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_max_a_limit_is_learnt_that_keeps_the_replicas_full),
		cmocka_unit_test(it_is_lifted_when_the_overload_is_over),
		cmocka_unit_test(a_surge_that_new_replicas_can_meet_is_not_limited),
		cmocka_unit_test(a_count_that_a_person_holds_is_limited_too),
		cmocka_unit_test(a_number_holds_always_and_off_never),
		cmocka_unit_test(a_limit_is_written_again_after_a_reload),
		cmocka_unit_test(a_daemon_that_was_killed_goes_on_with_its_limit),
		cmocka_unit_test(what_was_learnt_does_not_hold_for_another_limit_of_the_cpu),
		cmocka_unit_test(without_readings_the_limit_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
