/* Stories of rules by the clock on the simulated world, whose clocks show UTC: it begins on 14 November
 * 2023 at about 22:30, a Tuesday. */
#include "unit/adapter/world.h"

#include "adapter/sim/sim_ports.h"
#include "engine/fleet.h"

#define DAY (24 * 60 * MINUTE)

/* Minutes of the world's day, from now on, as text of a label. */
static const char *in_minutes(
	const struct world *world, char label[static 64], const char *key, unsigned minutes)
{
	usec_t at = sim_now(world->sim).wall + minutes * MINUTE;
	unsigned minute = (unsigned)(at % DAY / MINUTE);

	(void)snprintf(label, 64, "dockscale.schedule.%s=%02u:%02u", key, minute / 60, minute % 60);
	return label;
}

struct story {
	struct world world;
	char from[64];
	char to[64];
};

/* A schedule called night, from some minutes after the template is run to some later. */
static void begin(struct story *story, unsigned from, unsigned to, const char *bound)
{
	story->world = world_new();
	world_start(&story->world, 1);
	world_label(&story->world, in_minutes(&story->world, story->from, "night.from", from));
	world_label(&story->world, in_minutes(&story->world, story->to, "night.to", to));
	world_label(&story->world, bound);
	world_run_template(&story->world);
	world_run(&story->world, 10 * SECOND);
}

static void a_max_by_the_clock_takes_replicas_away_and_its_end_gives_them_back(void **state)
{
	struct story story;
	struct world *world = &story.world;
	struct service_snapshot shown;

	(void)state;
	begin(&story, 10, 20, "dockscale.schedule.night.max=2");
	sim_set_load(world->sim, "web", 3);
	world_run(world, 8 * MINUTE);
	world_assert_right(world, 4);
	world_run(world, 4 * MINUTE);
	world_assert_right(world, 2);
	shown = world_shown(world);
	assert_int_equal(shown.max, 2);
	assert_true(shown.schedules[0].in_force);
	assert_non_null(strstr(shown.reason, "schedule night: at most 2"));
	assert_non_null(strstr(shown.history[0].because, "schedule night: at most 2"));
	world_run(world, 12 * MINUTE);
	world_assert_right(world, 4);
	assert_int_equal(world_shown(world).max, 8);
	world_assert_no_request_lost(world);
	world_end(world);
}

static void a_min_by_the_clock_is_there_whatever_the_load(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 5, 15, "dockscale.schedule.night.min=3");
	sim_set_load(world->sim, "web", 0.2);
	world_run(world, 3 * MINUTE);
	world_assert_right(world, 1);
	world_run(world, 3 * MINUTE);
	world_assert_right(world, 3);
	assert_non_null(strstr(world_shown(world).reason, "schedule night: at least 3"));
	world_run(world, 15 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static void a_max_of_0_stops_the_template_too_and_its_end_starts_it_first(void **state)
{
	struct story story;
	struct world *world = &story.world;
	const struct container *template;
	uint64_t created;

	(void)state;
	begin(&story, 5, 15, "dockscale.schedule.night.max=0");
	sim_set_load(world->sim, "web", 2);
	world_run(world, 3 * MINUTE);
	world_assert_right(world, 3);
	sim_set_load(world->sim, "web", 0);
	world_run(world, 4 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	assert_int_equal(sim_enabled(world->sim, "web"), 0);
	assert_int_equal(sim_containers(world->sim, "web"), 1); /* stopped, not removed */
	template = sim_container(world->sim, "web", 0);
	assert_string_equal(template->name, "web");
	assert_int_equal(world_shown(world).state, SERVICE_ACTIVE);
	assert_string_equal(world_shown(world).problem, "");
	created = sim_drive_count(world->drive, INTENT_CREATE);
	world_run(world, 12 * MINUTE);
	world_assert_right(world, 1);
	assert_int_equal(sim_drive_count(world->drive, INTENT_CREATE), created);
	assert_int_equal(sim_sessions_cut(world->sim), 0);
	world_end(world);
}

static void it_stays_at_0_over_a_restart_of_the_daemon_and_of_the_engine(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 2, 60, "dockscale.schedule.night.max=0");
	world_run(world, 5 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	world_restart(world, 5 * SECOND, 7);
	world_run(world, MINUTE);
	sim_engine_restart(world->sim, false);
	world_run(world, 5 * MINUTE);
	world->most_running = 0;
	world_run(world, 30 * MINUTE);
	assert_int_equal(world->most_running, 0);
	world_run(world, 30 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static void one_that_comes_back_with_the_engine_is_stopped_again(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	story.world = world_new();
	world_label(world, "sim.restart=always");
	world_start(world, 1);
	world_label(world, in_minutes(world, story.from, "night.from", 2));
	world_label(world, in_minutes(world, story.to, "night.to", 60));
	world_label(world, "dockscale.schedule.night.max=0");
	world_run_template(world);
	world_run(world, 100 * SECOND);
	world_assert_right(world, 1);
	sim_engine_restart(
		world->sim, false); /* just before, so that it comes back into the night */
	world_run(world, 2 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	assert_int_equal(world_shown(world).state, SERVICE_ACTIVE);
	sim_start(world->sim, "web");
	sim_engine_restart(world->sim, false);
	world_run(world, 2 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	world_run(world, 60 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static void a_pool_is_stopped_and_started_as_well(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	story.world = world_new();
	world_label(world, "dockscale.mode=pool");
	world_start(world, 1);
	world_label(world, in_minutes(world, story.from, "night.from", 3));
	world_label(world, in_minutes(world, story.to, "night.to", 10));
	world_label(world, "dockscale.schedule.night.max=0");
	world_run_template(world);
	(void)sim_run(world->sim, "web_2", world->labels, world->n_labels, 1.0);
	sim_set_load(world->sim, "web", 1.4);
	world_run(world, 2 * MINUTE);
	world_assert_right(world, 2);
	world_run(world, 3 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	assert_int_equal(sim_containers(world->sim, "web"), 2);
	world_run(world, 10 * MINUTE);
	world_assert_right(world, 2);
	world_end(world);
}

static void a_withdrawn_template_takes_its_service_with_it_at_0_too(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 2, 60, "dockscale.schedule.night.max=0");
	world_run(world, 5 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	sim_remove(world->sim, "web");
	world_run(world, 90 * MINUTE);
	assert_int_equal(sim_containers(world->sim, "web"), 0);
	world_end(world);
}

static void a_template_that_is_recreated_at_0_is_stopped_again(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 2, 60, "dockscale.schedule.night.max=0");
	world_run(world, 5 * MINUTE);
	sim_change_template(world->sim, "web", SIM_CHANGE_RECREATED);
	world_run(world, 2 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	world_run(world, 60 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static void one_that_is_started_by_hand_at_0_is_stopped_again(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 2, 60, "dockscale.schedule.night.max=0");
	world_run(world, 5 * MINUTE);
	sim_start(world->sim, "web");
	world_run(world, 2 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	world_run(world, 60 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static bool serves_two(struct sim_drive *drive, void *context)
{
	(void)context;
	return sim_enabled(sim_drive_sim(drive), "web") > 1;
}

/* It runs, since it could not be paused: only what is recalled tells that it is a warm one. */
static void nobody_joins_beyond_max_before_the_clocks_are_known(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.max=1");
	world_label(&world, "dockscale.warm=1");
	world_label(&world, "dockscale.health.probe=none");
	world_label(&world, "dockscale.schedule.always.min=1");
	world_start(&world, 1);
	sim_fail(world.sim, INTENT_PAUSE, 1000, ERR_REMOTE, false);
	world_run_template(&world);
	world_until_running(&world, 2);
	world_run(&world, 10 * SECOND);
	world_restart(&world, 0, 7);
	assert_false(sim_drive_until(world.drive, serves_two, NULL, MINUTE));
	world_end(&world);
}

static void none_are_kept_warm_at_0(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	story.world = world_new();
	world_label(world, "dockscale.warm=2");
	world_start(world, 1);
	world_label(world, in_minutes(world, story.from, "night.from", 5));
	world_label(world, in_minutes(world, story.to, "night.to", 15));
	world_label(world, "dockscale.schedule.night.max=0");
	world_run_template(world);
	world_run(world, 4 * MINUTE);
	assert_int_equal(world_shown(world).warm, 2);
	world_run(world, 4 * MINUTE);
	assert_int_equal(sim_containers(world->sim, "web"), 1);
	world_run(world, 10 * MINUTE);
	assert_int_equal(world_shown(world).warm, 2);
	world_assert_right(world, 1);
	world_end(world);
}

static void a_min_of_0_lets_a_person_go_there_and_no_policy(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	begin(&story, 0, 30, "dockscale.schedule.night.min=0");
	world_run(world, 5 * MINUTE);
	world_assert_right(world, 1);
	assert_int_equal(world_shown(world).min, 0);
	world_scale(world, 0, 0);
	world_run(world, 5 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 0);
	world_run(world, 25 * MINUTE);
	world_assert_right(world, 1);
	world_end(world);
}

static void a_count_by_hand_is_within_the_bounds_of_now(void **state)
{
	struct story story;
	struct world *world = &story.world;
	const struct command command = { .kind = COMMAND_SCALE, .service = "web", .count = 5 };
	struct err err;

	(void)state;
	begin(&story, 0, 30, "dockscale.schedule.night.max=4");
	assert_int_equal(
		engine_command_check(sim_drive_engine(world->drive), &command, &err), ERR_INVALID);
	assert_string_equal(err.msg,
		"service 'web' may have 1 to 4 replicas now, by its schedules: "
		"change them to have 5");
	world_end(world);
}

static void a_place_without_clocks_is_told_and_its_schedule_does_not_hold(void **state)
{
	struct world world = world_new();

	(void)state;
	world_label(&world, "dockscale.schedule.night.max=0");
	world_label(&world, "dockscale.schedule.night.timezone=Mars/Base");
	world_begin(&world, 1);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 1);
	assert_string_equal(
		world_shown(&world).problem, "schedule night does not hold: there is no such zone");
	world_end(&world);
}

static void the_clocks_of_the_place_decide(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	story.world = world_new();
	world->settings.clocks_ahead = 60 * MINUTE;
	world_start(world, 1);
	world_label(world, in_minutes(world, story.from, "night.from", 65));
	world_label(world, in_minutes(world, story.to, "night.to", 75));
	world_label(world, "dockscale.schedule.night.min=2");
	world_run_template(world);
	world_run(world, 4 * MINUTE);
	world_assert_right(world, 1);
	world_run(world, 3 * MINUTE);
	world_assert_right(world, 2);
	world_end(world);
}

static void a_dry_run_says_what_it_would_do(void **state)
{
	struct story story;
	struct world *world = &story.world;

	(void)state;
	story.world = world_new();
	world_label(world, "dockscale.dry_run=yes");
	world_start(world, 1);
	world_label(world, "dockscale.schedule.always.max=0");
	world_run_template(world);
	world_run(world, 5 * MINUTE);
	assert_int_equal(sim_running(world->sim, "web"), 1);
	assert_non_null(strstr(world_shown(world).reason, "schedule always: at most 0"));
	world_end(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_max_by_the_clock_takes_replicas_away_and_its_end_gives_them_back),
		cmocka_unit_test(a_min_by_the_clock_is_there_whatever_the_load),
		cmocka_unit_test(a_max_of_0_stops_the_template_too_and_its_end_starts_it_first),
		cmocka_unit_test(it_stays_at_0_over_a_restart_of_the_daemon_and_of_the_engine),
		cmocka_unit_test(one_that_comes_back_with_the_engine_is_stopped_again),
		cmocka_unit_test(a_pool_is_stopped_and_started_as_well),
		cmocka_unit_test(a_withdrawn_template_takes_its_service_with_it_at_0_too),
		cmocka_unit_test(a_template_that_is_recreated_at_0_is_stopped_again),
		cmocka_unit_test(one_that_is_started_by_hand_at_0_is_stopped_again),
		cmocka_unit_test(nobody_joins_beyond_max_before_the_clocks_are_known),
		cmocka_unit_test(none_are_kept_warm_at_0),
		cmocka_unit_test(a_min_of_0_lets_a_person_go_there_and_no_policy),
		cmocka_unit_test(a_count_by_hand_is_within_the_bounds_of_now),
		cmocka_unit_test(a_place_without_clocks_is_told_and_its_schedule_does_not_hold),
		cmocka_unit_test(the_clocks_of_the_place_decide),
		cmocka_unit_test(a_dry_run_says_what_it_would_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
