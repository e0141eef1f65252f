/*
 * Stories of a service that is released, and of one that is gone while its balancer is away: nothing
 * of ours is left, and what is a person's is left alone.
 */
#include "unit/adapter/world.h"

static void a_released_service_loses_its_clones_and_no_request(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.session_seconds = 3;
	world_begin_with(&world, 4);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE); /* under the load of four */
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_assert_right(&world, 1); /* the template keeps its slot */
	world_assert_no_request_lost(&world);
	assert_int_equal(world_shown(&world).state, SERVICE_RELEASED);
	assert_int_equal(world_shown(&world).desired, 1);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_released_service_is_left_alone_until_resume(void **state)
{
	struct world world = world_new();
	uint64_t creates;

	(void)state;
	world_begin_with(&world, 3);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE);
	creates = sim_drive_count(world.drive, INTENT_CREATE);
	sim_set_load(world.sim, "web", 5);
	world_run(&world, 30 * MINUTE);
	sim_stop(world.sim, "web");
	world_run(&world, MINUTE);
	assert_int_equal(sim_running(world.sim, "web"), 0); /* that is theirs to do */
	sim_start(world.sim, "web");
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), creates);
	assert_int_equal(world_shown(&world).state, SERVICE_RELEASED);
	world_command(&world, COMMAND_RESUME);
	sim_set_load(world.sim, "web", 2.3);
	world_run(&world, 3 * MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	assert_in_range(sim_serving(world.sim, "web"), 3, 4);
	world_end(&world);
}

static void what_persons_started_beside_the_template_stays(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 3);
	(void)sim_run(world.sim, "web-by-hand", world.labels, world.n_labels, 1.0);
	world_run(&world, MINUTE);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 2);
	world_assert_right(&world, 2);
	assert_int_equal(world_shown(&world).desired, 2);
	world_end(&world);
}

/* Clones in every state: being created, probed, drained. */
static void it_may_be_released_at_any_moment(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct world world = world_new();

		world_label(&world, "dockscale.max=4");
		world_begin(&world, 1);
		sim_set_load(world.sim, "web", 3.1);
		world_run(&world, SECOND + (usec_t)i * 107 * USEC_PER_MSEC);
		world_command(&world, COMMAND_RELEASE);
		world_run(&world, MINUTE);
		assert_int_equal(sim_containers(world.sim, "web"), 1);
		world_assert_right(&world, 1);
		assert_int_equal(sim_sessions_cut(world.sim), 0);
		world_end(&world);
	}
}

static void a_drain_that_was_for_want_of_load_is_not_taken_back(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.session_seconds = 5;
	world_begin_with(&world, 4);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 61 * SECOND);
	world_command(&world, COMMAND_RELEASE);
	sim_set_load(world.sim, "web", 3.1);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_end(&world);
}

static void a_resume_in_time_takes_the_drains_back(void **state)
{
	struct world world = world_new();
	uint64_t creates;

	(void)state;
	world.settings.session_seconds = 10;
	world_label(&world, "dockscale.min=3");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 1.5);
	world_run(&world, 2 * MINUTE);
	world_until_serving(&world, 3, 2 * MINUTE);
	creates = sim_drive_count(world.drive, INTENT_CREATE);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 5 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 3);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), creates);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_release_waits_for_an_engine_that_is_away(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 3);
	sim_runtime_away(world.sim, true);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	sim_runtime_away(world.sim, false);
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_end(&world);
}

static void a_released_service_cannot_be_scaled(void **state)
{
	struct command scale = { .kind = COMMAND_SCALE, .service = "web", .count = 2 };
	struct world world = world_new();
	struct err err = { 0 };

	(void)state;
	world_begin(&world, 1);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, SECOND);
	assert_int_equal(
		engine_command_check(sim_drive_engine(world.drive), &scale, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, "resume"));
	world_end(&world);
}

/* `docker compose down` after it: nothing holds the network, and the service is forgotten. */
static void after_it_the_template_may_go_and_nothing_is_left(void **state)
{
	struct world world = world_new();
	struct snapshot *snapshot;

	(void)state;
	world_begin_with(&world, 3);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, MINUTE);
	sim_remove(world.sim, "web");
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	assert_int_equal(sim_enabled(world.sim, "web"), 0);
	world_run(&world, 10 * MINUTE);
	snapshot = engine_snapshot(sim_drive_engine(world.drive), sim_now(world.sim));
	assert_int_equal(snapshot->n_services, 0);
	snapshot_free(snapshot);
	world_end(&world);
}

static size_t count_services(const struct world *world)
{
	struct snapshot *snapshot =
		engine_snapshot(sim_drive_engine(world->drive), sim_now(world->sim));
	size_t n = snapshot->n_services;

	snapshot_free(snapshot);
	return n;
}

/* The last container goes while HAProxy does not answer: its server is open until it does. */
/* Three clones with sessions that do not end, in the midst of their drains. */
static struct world three_that_drain(void)
{
	struct world world = world_new();

	world_label(&world, "dockscale.template_grace=2m");
	world_label(&world, "dockscale.haproxy.drain_timeout=1m");
	world_begin_by_hand(&world, 4);
	world_until_serving(&world, 4, MINUTE);
	for (size_t i = 0; i < sim_containers(world.sim, "web"); i++)
		sim_set_sessions(world.sim, sim_container(world.sim, "web", i)->name, 5);
	world_run(&world, 2 * SECOND);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, 5 * SECOND);
	assert_int_equal(world_shown(&world).draining, 3);
	return world;
}

static void end_sessions(struct world *world)
{
	for (size_t i = 0; i < sim_containers(world->sim, "web"); i++)
		sim_set_sessions(world->sim, sim_container(world->sim, "web", i)->name, 0);
}

/* `docker compose down` before the clones are gone: it takes the template alone. */
static void a_template_that_goes_while_its_clones_drain_cuts_none_of_them(void **state)
{
	struct world world = three_that_drain();

	(void)state;
	sim_set_load(world.sim, "web", 0);
	sim_remove(world.sim, "web");
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	assert_int_equal(world_shown(&world).draining, 3);
	end_sessions(&world);
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	assert_int_equal(sim_enabled(world.sim, "web"), 0);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	assert_int_equal(world_shown(&world).state, SERVICE_RELEASED);
	world_run(&world, 3 * MINUTE);
	assert_string_equal(world_shown(&world).name, ""); /* and is forgotten after the grace */
	world_end(&world);
}

static void what_comes_up_again_within_the_grace_is_released_still(void **state)
{
	struct world world = three_that_drain();
	uint64_t creates = sim_drive_count(world.drive, INTENT_CREATE);

	(void)state;
	end_sessions(&world);
	sim_remove(world.sim, "web");
	world_run(&world, MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	world_run_template(&world);
	sim_set_load(world.sim, "web", 2.3);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_RELEASED);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), creates);
	world_assert_right(&world, 1);
	world_command(&world, COMMAND_RESUME);
	world_run(&world, 3 * MINUTE);
	assert_int_equal(world_shown(&world).state, SERVICE_ACTIVE);
	assert_in_range(sim_serving(world.sim, "web"), 3, 4);
	world_end(&world);
}

/* "After a `down` that came first: release, and `down` again." */
static void a_release_after_the_template_went_does_not_wait_for_its_grace(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.template_grace=10m");
	world_begin_by_hand(&world, 4);
	world_until_serving(&world, 4, MINUTE);
	sim_set_load(world.sim, "web", 0);
	sim_remove(world.sim, "web");
	world_run(&world, 20 * SECOND);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	world_command(&world, COMMAND_RELEASE);
	world_run(&world, 30 * SECOND);
	assert_int_equal(sim_containers(world.sim, "web"), 0);
	assert_int_equal(sim_enabled(world.sim, "web"), 0);
	assert_int_equal(sim_sessions_cut(world.sim), 0);
	world_end(&world);
}

static void a_service_that_is_gone_is_closed_when_its_balancer_is_back(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.service.template_grace=0s");
	world_begin(&world, 1);
	sim_balancer_away(world.sim, true);
	sim_remove(world.sim, "web");
	world_run(&world, 30 * MINUTE);
	assert_int_equal(sim_enabled(world.sim, "web"), 1); /* nobody could close it */
	assert_int_equal(count_services(&world), 1);
	assert_non_null(strstr(world_shown(&world).problem, "closed as soon as HAProxy answers"));
	sim_balancer_away(world.sim, false);
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 0);
	assert_int_equal(count_services(&world), 0);
	world_end(&world);
}

/* However many go, what waits is bounded. */
static void those_that_wait_for_their_balancer_are_bounded(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_balancer_away(world.sim, true);
	for (unsigned i = 0; i < 200; i++) {
		char name[16];
		char label[40];
		const char *labels[] = { label, "dockscale.haproxy.port=8080",
			"dockscale.service.template_grace=0s" };

		(void)snprintf(name, sizeof(name), "s%u", i);
		(void)snprintf(label, sizeof(label), "dockscale.service=%s", name);
		(void)sim_run(world.sim, name, labels, countof(labels), 1.0);
		world_run(&world, 3 * SECOND);
		sim_remove(world.sim, name);
		world_run(&world, 3 * SECOND);
	}
	assert_in_range(count_services(&world), 60, 70);
	sim_balancer_away(world.sim, false);
	world_run(&world, 5 * SECOND);
	assert_int_equal(count_services(&world), 1);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_released_service_loses_its_clones_and_no_request),
		cmocka_unit_test(a_released_service_is_left_alone_until_resume),
		cmocka_unit_test(what_persons_started_beside_the_template_stays),
		cmocka_unit_test(it_may_be_released_at_any_moment),
		cmocka_unit_test(a_drain_that_was_for_want_of_load_is_not_taken_back),
		cmocka_unit_test(a_resume_in_time_takes_the_drains_back),
		cmocka_unit_test(a_release_waits_for_an_engine_that_is_away),
		cmocka_unit_test(a_released_service_cannot_be_scaled),
		cmocka_unit_test(after_it_the_template_may_go_and_nothing_is_left),
		cmocka_unit_test(a_template_that_goes_while_its_clones_drain_cuts_none_of_them),
		cmocka_unit_test(what_comes_up_again_within_the_grace_is_released_still),
		cmocka_unit_test(a_release_after_the_template_went_does_not_wait_for_its_grace),
		cmocka_unit_test(a_service_that_is_gone_is_closed_when_its_balancer_is_back),
		cmocka_unit_test(those_that_wait_for_their_balancer_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
