/* Stories of the rules around a policy on the simulated world: turns that are used up, readings that are
 * missing, thresholds that are learned, what is predicted. */
#include "unit/adapter/world.h"

#include "adapter/sim/sim_ports.h"
#include "engine/fleet.h"

static void what_flaps_stays_up_and_says_why(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.policy.type=target");
	world_label(&world, "dockscale.policy.flap_budget=2");
	world_begin(&world, 1);
	for (unsigned i = 0; i < 3; i++) {
		sim_set_load(world.sim, "web", 2);
		world_run(&world, 2 * MINUTE);
		sim_set_load(world.sim, "web", 0.3);
		world_run(&world, 4 * MINUTE);
	}
	assert_in_range(world_shown(&world).serving, 3, 4);
	assert_non_null(strstr(world_shown(&world).reason,
		"wanted 1, the turns downwards of an hour are used up: flap_budget 2"));
	assert_int_equal(world_shown(&world).limit, REASON_FLAPS);
	world_run(&world, 60 * MINUTE);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void a_service_that_cannot_be_read_gets_as_many_as_were_said(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.cpu.on_missing=3");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.3);
	world_run(&world, MINUTE);
	world_assert_right(&world, 1);
	sim_set_readable(world.sim, "web", false);
	world_run(&world, 25 * SECOND);
	world_assert_right(&world, 1);
	world_run(&world, 10 * SECOND);
	assert_non_null(strstr(world_shown(&world).history[0].because,
		"wanted 1, no reading of cpu: at least 3 by on_missing"));
	world_run(&world, MINUTE);
	world_assert_right(&world, 3);
	world_end(&world);
}

static struct world learning(void)
{
	struct world world = world_new();

	world.settings.ready_delay = 10 * SECOND;
	world_label(&world, "dockscale.policy.type=threshold");
	world_label(&world, "dockscale.policy.cooldown_period=10");
	world_label(&world, "dockscale.adaptive.learn=yes");
	return world;
}

static void thresholds_follow_from_how_the_load_grows(void **state)
{
	struct world world = learning();
	struct service_snapshot shown;

	(void)state;
	world_start(&world, 1);
	world_run_template(&world);
	world_until_serving(&world, 1, MINUTE);
	shown = world_shown(&world);
	assert_true(shown.adaptive.learning);
	assert_false(shown.adaptive.ready);
	assert_true(shown.metric[METRIC_CPU].high > 0.79 && shown.metric[METRIC_CPU].high < 0.81);
	for (unsigned i = 0; i < 30; i++) { /* it doubles each minute, at once */
		sim_set_load(world.sim, "web", 1);
		world_run(&world, 30 * SECOND);
		sim_set_load(world.sim, "web", 2);
		world_run(&world, 30 * SECOND);
	}
	shown = world_shown(&world);
	assert_true(shown.adaptive.ready);
	assert_true(shown.adaptive.growth > 1.4);
	assert_true(shown.metric[METRIC_CPU].high < 0.7);
	assert_true(shown.metric[METRIC_CPU].low < shown.metric[METRIC_CPU].high - 0.1);
	assert_non_null(strstr(shown.reason, "; the threshold is learned"));
	sim_set_load(world.sim, "web", 1);
	world_run(&world, 360 * MINUTE); /* and then not any more */
	shown = world_shown(&world);
	assert_true(shown.adaptive.growth < 1.1);
	assert_true(shown.metric[METRIC_CPU].high > 0.8);
	world_end(&world);
}

static void an_order_by_hand_forgets_nothing_that_was_learned(void **state)
{
	struct world world = learning();

	(void)state;
	world_start(&world, 1);
	world_run_template(&world);
	sim_set_load(world.sim, "web", 1);
	world_run(&world, 20 * MINUTE);
	assert_true(world_shown(&world).adaptive.ready);
	world_scale(&world, 3, 0);
	world_run(&world, 5 * SECOND);
	assert_true(world_shown(&world).adaptive.ready);
	world_end(&world);
}

#define HOUR (60 * MINUTE)

static struct world foreseeing(const char *mode)
{
	struct world world = world_new();

	world_label(&world, "dockscale.policy.type=target");
	world_label(&world, mode);
	world_label(&world, "dockscale.predict.horizon=5m");
	return world;
}

/* So many hours, each of which begins with five busy minutes. */
static void live_hours(struct world *world, unsigned hours)
{
	for (unsigned i = 0; i < hours; i++) {
		usec_t now = sim_now(world->sim).wall;

		world_run(world, HOUR - now % HOUR);
		sim_set_load(world->sim, "web", 3);
		world_run(world, 5 * MINUTE);
		sim_set_load(world->sim, "web", 0.6);
	}
}

static void what_comes_back_each_hour_is_served_at_once(void **state)
{
	struct world world = foreseeing("dockscale.predict.mode=floor");
	usec_t now;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.6);
	live_hours(&world, 8);
	now = sim_now(world.sim).wall;
	world_run(&world, HOUR - now % HOUR - MINUTE);
	assert_in_range(world_shown(&world).serving, 3, 5);
	assert_non_null(strstr(world_shown(&world).reason, "prediction: "));
	assert_non_null(strstr(world_shown(&world).reason, " replicas' worth may come within 5m"));
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_prediction_that_is_observed_shows_its_error_and_does_nothing(void **state)
{
	struct world world = foreseeing("dockscale.predict.mode=observe");
	struct service_snapshot shown;
	usec_t now;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.6);
	live_hours(&world, 8);
	now = sim_now(world.sim).wall;
	world_run(&world, HOUR - now % HOUR - MINUTE);
	shown = world_shown(&world);
	assert_int_equal(shown.serving, 1);
	assert_true(shown.prediction.known && shown.prediction.forecast > 2);
	assert_true(shown.prediction.judged);
	assert_true(shown.prediction.error > 0 && shown.prediction.error < 1);
	assert_true(shown.prediction.missed < 0.5);
	world_end(&world);
}

static void what_a_prediction_rests_on_outlives_the_daemon(void **state)
{
	struct world world = foreseeing("dockscale.predict.mode=floor");
	uint64_t before;

	(void)state;
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.6);
	world_run(&world, HOUR);
	before = auto_age(sim_drive_engine(world.drive)->services[0]->self_tuning);
	world_restart(&world, 5 * SECOND, 7);
	world_run(&world, MINUTE);
	assert_in_range(auto_age(sim_drive_engine(world.drive)->services[0]->self_tuning),
		before - 15, before + 15);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_flaps_stays_up_and_says_why),
		cmocka_unit_test(a_service_that_cannot_be_read_gets_as_many_as_were_said),
		cmocka_unit_test(thresholds_follow_from_how_the_load_grows),
		cmocka_unit_test(an_order_by_hand_forgets_nothing_that_was_learned),
		cmocka_unit_test(what_comes_back_each_hour_is_served_at_once),
		cmocka_unit_test(a_prediction_that_is_observed_shows_its_error_and_does_nothing),
		cmocka_unit_test(what_a_prediction_rests_on_outlives_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
