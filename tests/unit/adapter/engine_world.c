/*
 * Stories of the engine on the simulated world: what the product promises, told as what a person
 * would see. Whole minutes and hours of them, in no time.
 */
#include "unit/adapter/world.h"

#include <time.h>

static void a_surge_scales_up_and_new_replicas_get_traffic_only_when_healthy(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.5);
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	sim_set_load(world.sim, "web", 3.0);
	world_until_serving(&world, 4, 20 * SECOND);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 4);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void the_first_new_replica_serves_three_seconds_after_the_surge(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.ready_delay = SECOND / 5;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.2);
	world_run(&world, MINUTE + SECOND / 10); /* the worst moment: a tick has just been */
	sim_set_load(world.sim, "web", 4.0);
	world_until_serving(&world, 2, 3 * SECOND);
	world_end(&world);
}

static void when_the_load_is_gone_it_scales_down_later_and_drains_first(void **state)
{
	struct world world = world_new();

	(void)state;
	world.settings.session_seconds = 3;
	world_begin_with(&world, 4);
	world_run(&world, MINUTE);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 50 * SECOND);
	world_assert_right(&world, 4);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_session_that_does_not_end_is_cut_at_the_drain_timeout_alone(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.haproxy.drain_timeout=30s");
	world_begin_with(&world, 2);
	sim_set_sessions(world.sim, "web", 5);
	sim_set_sessions(world.sim, world_clone(&world), 2);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 80 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_sessions_cut(world.sim), 2);
	world_end(&world);
}

static void what_drains_serves_again_when_the_load_comes_back(void **state)
{
	struct world world = world_new();
	uint64_t made;

	(void)state;
	world_begin_with(&world, 2);
	made = sim_drive_count(world.drive, INTENT_CREATE);
	sim_set_sessions(world.sim, world_clone(&world), 1);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 75 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	sim_set_load(world.sim, "web", 1.0);
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 2);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), made);
	world_end(&world);
}

static void unknown_readings_never_scale_down(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 4);
	for (size_t i = 0; i < 4; i++)
		sim_set_readable(world.sim, sim_container(world.sim, "web", i)->name, false);
	sim_set_load(world.sim, "web", 0);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 4);
	for (size_t i = 0; i < 4; i++)
		sim_set_readable(world.sim, sim_container(world.sim, "web", i)->name, true);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void one_replica_without_readings_keeps_the_count_from_falling(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 4);
	sim_set_readable(world.sim, world_clone(&world), false);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void the_template_is_the_last_to_go_and_never_removed(void **state)
{
	struct world world = world_new();
	const struct container *last;

	(void)state;
	world_begin_with(&world, 5);
	sim_set_load(world.sim, "web", 0);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 1);
	last = sim_container(world.sim, "web", 0);
	assert_string_equal(last->name, "web");
	assert_int_equal(last->state, CONTAINER_RUNNING);
	world_end(&world);
}

static void at_most_max_run_under_any_load(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 100);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 8);
	assert_int_equal(world.most_containers, 8);
	assert_string_not_equal(world_shown(&world).reason, "");
	world_end(&world);
}

static void at_least_min_run_without_any_load(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.min=3");
	world_start(&world, 1);
	world_run_template(&world);
	world_until_serving(&world, 3, 20 * SECOND);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void a_refused_template_says_why_and_creates_nothing(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.volume=writable");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 5);
	world_run(&world, 10 * MINUTE);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), 1);
	assert_non_null(strstr(world_shown(&world).problem, "shared_volumes"));
	world_end(&world);
}

static void shared_volumes_that_are_allowed_are_cloned(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.volume=writable");
	world_label(&world, "dockscale.shared_volumes=allow");
	world_begin_by_hand(&world, 3);
	world_until_serving(&world, 3, 20 * SECOND);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void a_replica_that_never_gets_healthy_is_removed_and_takes_no_traffic(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.health.startup_grace=20s");
	world_begin(&world, 1);
	sim_set_clones_healthy(world.sim, false);
	sim_set_load(world.sim, "web", 1.5);
	world_run(&world, 15 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	world_run(&world, 30 * MINUTE);
	assert_int_equal(sim_faults(world.sim).unready, 0);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), 2, 40); /* it backs off */
	assert_in_range(world.most_containers, 2, 3);
	assert_string_not_equal(world_shown(&world).problem, "");
	sim_set_clones_healthy(world.sim, true);
	world_until_serving(&world, 2, 10 * MINUTE);
	world_end(&world);
}

static void a_failing_create_backs_off(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	sim_fail(world.sim, INTENT_CREATE, 1000, ERR_REMOTE, false);
	sim_set_load(world.sim, "web", 3);
	world_run(&world, 10 * MINUTE);
	assert_in_range(sim_drive_count(world.drive, INTENT_CREATE), 4, 40);
	assert_non_null(strstr(world_shown(&world).problem, "told to fail"));
	sim_fail(world.sim, INTENT_CREATE, 0, 0, false);
	world_until_serving(&world, 4, 10 * MINUTE);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void a_create_that_timed_out_but_worked_is_found_and_not_doubled(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 4);
	sim_fail(world.sim, INTENT_CREATE, 3, 0, true);
	world_until_serving(&world, 4, 2 * MINUTE);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(world.most_containers, 4);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), 3);
	world_end(&world);
}

static void calls_that_time_out_but_worked_on_the_way_down_are_found_too(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 3);
	sim_fail(world.sim, INTENT_STOP, 1, 0, true);
	sim_fail(world.sim, INTENT_REMOVE, 1, 0, true);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_end(&world);
}

static void a_start_that_timed_out_but_worked_serves(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 3);
	sim_fail(world.sim, INTENT_START, 2, 0, true);
	world_until_serving(&world, 3, 3 * MINUTE);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(world.most_containers, 3);
	world_end(&world);
}

static void a_dead_replica_is_closed_at_once_and_replaced(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.restart=no");
	world_begin_by_hand(&world, 3);
	world_until_serving(&world, 3, 20 * SECOND);
	world_run(&world, MINUTE);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, 10 * USEC_PER_MSEC);
	world_assert_right(&world, 2);
	world_until_serving(&world, 3, 10 * SECOND);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(sim_containers(world.sim, "web"), 3);
	world_end(&world);
}

static void a_replica_that_docker_restarts_serves_again_and_is_not_doubled(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 3);
	world_run(&world, MINUTE);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 3);
	assert_int_equal(world.most_containers, 3);
	assert_int_equal(sim_faults(world.sim).unready, 0);
	world_end(&world);
}

static void a_template_that_died_is_started_again(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_with(&world, 2);
	sim_kill(world.sim, "web");
	world_until_serving(&world, 2, 20 * SECOND);
	world_run(&world, 3 * MINUTE);
	world_assert_right(&world, 2);
	assert_int_equal(sim_container(world.sim, "web", 0)->state, CONTAINER_RUNNING);
	world_end(&world);
}

static void an_address_that_a_stranger_has_now_is_closed(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "sim.restart=no");
	world_begin_by_hand(&world, 3);
	world_until_serving(&world, 3, 20 * SECOND);
	sim_kill(world.sim, world_clone(&world));
	(void)sim_run(world.sim, "stranger", NULL, 0, 1.0); /* it gets the address that is free */
	world_run(&world, 5 * SECOND);
	assert_in_range(sim_faults(world.sim).stranger, 0, 10 * USEC_PER_MSEC);
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void a_container_that_a_person_runs_counts_and_is_never_ended(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin(&world, 1);
	(void)sim_run(world.sim, "web-extra", world.labels, world.n_labels, 1.0);
	world_until_serving(&world, 2, 10 * SECOND);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 2);
	for (enum intent_kind kind = INTENT_CREATE; kind <= INTENT_REMOVE; kind++)
		assert_int_equal(sim_drive_count(world.drive, kind), 0);
	world_end(&world);
}

static void clones_serve_on_while_their_template_is_made_anew(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 4);
	world_until_serving(&world, 4, 20 * SECOND);
	sim_remove(world.sim, "web");
	world_run(&world, 10 * SECOND);
	world_assert_right(&world, 3);
	world_run_template(&world);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	world_end(&world);
}

static void two_services_do_not_get_into_each_others_way(void **state)
{
	struct world world = world_new();
	const char *const labels[] = {
		"dockscale.service=api",
		"dockscale.max=3",
		"dockscale.haproxy.backend=api",
		"dockscale.haproxy.port=9090",
	};

	(void)state;
	world_begin(&world, 1);
	(void)sim_run(world.sim, "api", labels, countof(labels), 1.0);
	sim_set_load(world.sim, "web", 0.4);
	sim_set_load(world.sim, "api", 9);
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_serving(world.sim, "api"), 3);
	world_end(&world);
}

static void a_service_without_a_balancer_scales_too(void **state)
{
	struct world world = world_new();

	(void)state;
	world.labels[2] = "dockscale.haproxy.balancer=none";
	world.n_labels = 3;
	world_begin_with(&world, 3);
	world_assert_right(&world, 3);
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void a_pool_starts_and_stops_what_exists(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.mode=pool");
	world_start(&world, 1);
	for (int i = 0; i < 4; i++) {
		char name[] = "web-1";

		name[4] = (char)('1' + i);
		(void)sim_run(world.sim, name, world.labels, world.n_labels, 1.0);
		if (i > 0)
			sim_stop(world.sim, name);
	}
	world_until_serving(&world, 1, 10 * SECOND);
	sim_set_load(world.sim, "web", 2.3);
	world_until_serving(&world, 3, 20 * SECOND);
	sim_set_load(world.sim, "web", 20);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	sim_set_load(world.sim, "web", 0);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_containers(world.sim, "web"), 4);
	assert_int_equal(sim_drive_count(world.drive, INTENT_CREATE), 0);
	assert_int_equal(sim_drive_count(world.drive, INTENT_REMOVE), 0);
	world_end(&world);
}

static void weights_by_cpu_make_unequal_replicas_equally_busy(void **state)
{
	struct world world = world_new();
	struct service_snapshot shown;

	(void)state;
	world_label(&world, "dockscale.mode=pool");
	world_label(&world, "dockscale.min=2");
	world_label(&world, "dockscale.max=2");
	world_label(&world, "dockscale.haproxy.weights=cpu");
	world_start(&world, 1);
	(void)sim_run(world.sim, "web-1", world.labels, world.n_labels, 1.0);
	(void)sim_run(world.sim, "web-2", world.labels, world.n_labels, 0.5);
	sim_set_load(world.sim, "web", 0.6);
	world_until_serving(&world, 2, 10 * SECOND);
	world_run(&world, 35 * SECOND);
	shown = world_shown(&world);
	assert_int_equal(shown.serving, 2);
	assert_true(sim_cpu_share(world.sim, "web-1") - sim_cpu_share(world.sim, "web-2") < 0.1);
	assert_true(sim_cpu_share(world.sim, "web-2") - sim_cpu_share(world.sim, "web-1") < 0.1);
	sim_set_limit(world.sim, "web-2", 1.0);
	world_run(&world, 2 * MINUTE);
	assert_true(sim_cpu_share(world.sim, "web-1") == sim_cpu_share(world.sim, "web-2"));
	world_end(&world);
}

static void a_dry_run_does_nothing(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.dry_run=yes");
	world_start(&world, 1);
	world_run_template(&world);
	sim_set_load(world.sim, "web", 5);
	world_run(&world, 5 * MINUTE);
	for (enum intent_kind kind = INTENT_CREATE; kind <= INTENT_REMOVE; kind++)
		assert_int_equal(sim_drive_count(world.drive, kind), 0);
	assert_int_equal(sim_drive_count(world.drive, INTENT_MEMBERSHIP), 0);
	world_end(&world);
}

static void a_persons_scale_holds_for_its_time(void **state)
{
	struct world world = world_new();

	(void)state;
	world_begin_by_hand(&world, 4);
	world_run(&world, 4 * 60 * MINUTE);
	world_assert_right(&world, 4);
	world_run(&world, 65 * MINUTE);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void an_hour_of_ticks_takes_milliseconds(void **state)
{
	struct world world = world_new();
	clock_t before;
	double taken;

	(void)state;
	world_label(&world, "dockscale.min=10");
	world_label(&world, "dockscale.max=10");
	world_start(&world, 1);
	world_run_template(&world);
	world_until_serving(&world, 10, MINUTE);
	sim_set_load(world.sim, "web", 5);
	before = clock();
	sim_drive_run(world.drive, 60 * MINUTE);
	taken = (double)(clock() - before) / CLOCKS_PER_SEC;
	printf("an hour took %.0f ms\n", taken * 1000);
	world_assert_right(&world, 10);
	world_assert_no_request_lost(&world);
	assert_true(taken < 2.0); /* a tenth of it, but for sanitizers and busy machines */
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_surge_scales_up_and_new_replicas_get_traffic_only_when_healthy),
		cmocka_unit_test(the_first_new_replica_serves_three_seconds_after_the_surge),
		cmocka_unit_test(when_the_load_is_gone_it_scales_down_later_and_drains_first),
		cmocka_unit_test(a_session_that_does_not_end_is_cut_at_the_drain_timeout_alone),
		cmocka_unit_test(what_drains_serves_again_when_the_load_comes_back),
		cmocka_unit_test(unknown_readings_never_scale_down),
		cmocka_unit_test(one_replica_without_readings_keeps_the_count_from_falling),
		cmocka_unit_test(the_template_is_the_last_to_go_and_never_removed),
		cmocka_unit_test(at_most_max_run_under_any_load),
		cmocka_unit_test(at_least_min_run_without_any_load),
		cmocka_unit_test(a_refused_template_says_why_and_creates_nothing),
		cmocka_unit_test(shared_volumes_that_are_allowed_are_cloned),
		cmocka_unit_test(a_replica_that_never_gets_healthy_is_removed_and_takes_no_traffic),
		cmocka_unit_test(a_failing_create_backs_off),
		cmocka_unit_test(a_create_that_timed_out_but_worked_is_found_and_not_doubled),
		cmocka_unit_test(calls_that_time_out_but_worked_on_the_way_down_are_found_too),
		cmocka_unit_test(a_start_that_timed_out_but_worked_serves),
		cmocka_unit_test(a_dead_replica_is_closed_at_once_and_replaced),
		cmocka_unit_test(a_replica_that_docker_restarts_serves_again_and_is_not_doubled),
		cmocka_unit_test(a_template_that_died_is_started_again),
		cmocka_unit_test(an_address_that_a_stranger_has_now_is_closed),
		cmocka_unit_test(a_container_that_a_person_runs_counts_and_is_never_ended),
		cmocka_unit_test(clones_serve_on_while_their_template_is_made_anew),
		cmocka_unit_test(two_services_do_not_get_into_each_others_way),
		cmocka_unit_test(a_service_without_a_balancer_scales_too),
		cmocka_unit_test(a_pool_starts_and_stops_what_exists),
		cmocka_unit_test(weights_by_cpu_make_unequal_replicas_equally_busy),
		cmocka_unit_test(a_dry_run_does_nothing),
		cmocka_unit_test(a_persons_scale_holds_for_its_time),
		cmocka_unit_test(an_hour_of_ticks_takes_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
