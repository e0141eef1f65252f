/*
 * Stories of the engine on a machine that is too small for all that is wished for: who gets its
 * room, who gives way, and that nothing swings at the edge.
 */
#include "unit/adapter/world.h"

#define MIB 0x100000ULL

/* A machine of @cores and @mebibytes; 0 is more than anybody uses. */
static struct world world_on(double cores, unsigned mebibytes)
{
	struct world world = world_new();

	world.settings.host_cores = cores;
	world.settings.host_memory_bytes = mebibytes * MIB;
	world.settings.start_cores = -1;
	return world;
}

/* Web uses 100 MiB a replica, and has no limit of it. */
static void begin_web(struct world *world, uint64_t other_mebibytes)
{
	world_begin(world, 1);
	sim_set_host_use(world->sim, 0, other_mebibytes * MIB);
	sim_set_memory(world->sim, "web", 100 * MIB, 0);
}

/* A second service, with @mebibytes a replica. */
static void run_work(struct world *world, const char *priority, unsigned mebibytes)
{
	const char *const labels[] = {
		"dockscale.service=work",
		"dockscale.min=2",
		"dockscale.max=8",
		"dockscale.haproxy.backend=work",
		"dockscale.haproxy.port=9090",
		priority,
	};

	(void)sim_run(world->sim, "work", labels, countof(labels), 1.0);
	sim_set_memory(world->sim, "work", mebibytes * MIB, 0);
	world_run(world, 10 * SECOND);
}

/* @count by a person's word, half idle, with 100 MiB each and @other_mebibytes of others beside. */
static void begin_by_hand_on(struct world *world, size_t count, uint64_t other_mebibytes)
{
	world_label(world, "sim.memory=100");
	world_begin_by_hand(world, count);
	world_until_serving(world, count, 20 * SECOND);
	sim_set_host_use(world->sim, 0, other_mebibytes * MIB);
	world_run(world, MINUTE);
	world->most_running = 0;
	world->most_containers = 0;
}

static void a_host_without_memory_for_more_refuses_and_says_why(void **state)
{
	struct world world = world_on(0, 1000);
	struct service_snapshot shown;

	(void)state;
	begin_web(&world, 500);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 3 * MINUTE);
	world_assert_right(&world, 4); /* 500 + 4 * 100 of 900 */
	shown = world_shown(&world);
	assert_int_equal(shown.desired, 4);
	assert_non_null(strstr(shown.reason, "the host has no memory for more, room for 4: one "
					     "more is 100% of 90%"));
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void what_is_on_its_way_is_not_granted_twice(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	world.settings.start_delay = 3 * SECOND;
	world.settings.ready_delay = 5 * SECOND;
	begin_web(&world, 600);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 10 * MINUTE);
	world_assert_right(&world, 3);
	assert_int_equal(world.most_running, 3);
	world_end(&world);
}

static void a_host_with_room_again_is_used(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_web(&world, 700);
	sim_set_load(world.sim, "web", 4 * 0.8 - 0.1);
	world_run(&world, 3 * MINUTE);
	world_assert_right(&world, 2);
	sim_set_host_use(world.sim, 0, 100 * MIB);
	world_run(&world, MINUTE);
	world_assert_right(&world, 4);
	world_end(&world);
}

static void a_limit_of_memory_is_what_a_replica_may_come_to(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_web(&world, 500);
	sim_set_memory(world.sim, "web", 50 * MIB, 200 * MIB);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 20 * SECOND);
	world_assert_right(&world, 2); /* 550, and 200 are promised: no room for 200 more */
	world_run(&world, 5 * MINUTE);
	world_assert_right(
		&world, 5); /* each uses 50 of it: 750 after the fifth, 950 with 200 more */
	world_end(&world);
}

static void a_lower_service_gives_way_to_its_min_and_comes_back(void **state)
{
	struct world world = world_on(0, 1000);
	struct service_snapshot work;

	(void)state;
	begin_web(&world, 100);
	run_work(&world, "dockscale.priority=-1", 100);
	sim_set_load(world.sim, "work", 6);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "work"), 7); /* 100 + 100 + 7 * 100 of 900 */
	sim_set_load(world.sim, "web", 4.7);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 6);
	work = world_shown_of(&world, "work");
	assert_int_equal(work.desired, 2);
	assert_int_equal(sim_serving(world.sim, "work"), 2);
	assert_non_null(strstr(work.history[0].because, "gives way to a service of higher"));
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 5 * MINUTE);
	world_assert_right(&world, 1);
	assert_int_equal(sim_serving(world.sim, "work"), 7);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

/* Work serves with two, and keeps two more warm; web wants more, and gets some time for it. */
static struct world warm_work_beside_web(const char *priority, uint64_t others, const char *max)
{
	const char *const labels[] = {
		"dockscale.service=work",
		"dockscale.max=8",
		"dockscale.warm=2",
		"dockscale.haproxy.backend=work",
		"dockscale.haproxy.port=9090",
		"sim.memory=100",
		priority,
	};
	struct world world = world_on(0, 1000);

	world.settings.stop_delay = 5 * SECOND;
	world_label(&world, max);
	begin_web(&world, others);
	(void)sim_run(world.sim, "work", labels, countof(labels), 1.0);
	world_run(&world, 10 * SECOND);
	sim_set_load(world.sim, "work", 1.5);
	world_run(&world, 3 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "work"), 2);
	assert_int_equal(world_shown_of(&world, "work").warm, 2);
	sim_set_load(world.sim, "web", 8);
	world_run(&world, 40 * SECOND);
	return world;
}

static void what_a_lower_service_keeps_warm_gives_way_before_what_serves(void **state)
{
	struct world world = warm_work_beside_web("dockscale.priority=-1", 100, "dockscale.max=6");

	(void)state;
	world_assert_right(&world, 6); /* 100 + 6 * 100 + 2 * 100 of 900 */
	assert_int_equal(sim_serving(world.sim, "work"), 2);
	assert_int_equal(sim_containers(world.sim, "work"), 2);
	assert_int_equal(world_shown_of(&world, "work").desired, 2);
	assert_non_null(strstr(world_shown_of(&world, "work").problem, "warm replica"));
	sim_set_load(world.sim, "web", 0.1);
	world_run(&world, 8 * MINUTE);
	assert_int_equal(world_shown_of(&world, "work").warm, 2);
	assert_string_equal(world_shown_of(&world, "work").problem, "");
	world_assert_no_request_lost(&world);
	world_end(&world);
}

/* One that ends gives its memory when it has ended: nobody else has to go meanwhile. */
static void no_more_of_what_is_kept_warm_goes_than_is_needed(void **state)
{
	struct world world = warm_work_beside_web("dockscale.priority=-1", 300, "dockscale.max=3");

	(void)state;
	world_assert_right(&world, 3); /* 300 + 3 * 100 + 3 * 100 of 900 */
	assert_int_equal(sim_serving(world.sim, "work"), 2);
	assert_int_equal(world_shown_of(&world, "work").warm, 1);
	world_end(&world);
}

static void what_an_equal_service_keeps_warm_stays(void **state)
{
	struct world world = warm_work_beside_web("dockscale.priority=0", 100, "dockscale.max=6");

	(void)state;
	world_assert_right(&world, 4);
	assert_int_equal(world_shown_of(&world, "work").warm, 2);
	world_end(&world);
}

static void equal_services_share_and_take_nothing_from_each_other(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_web(&world, 100);
	run_work(&world, "dockscale.priority=0", 100);
	sim_set_load(world.sim, "work", 6);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 3 * MINUTE);
	assert_true(sim_serving(world.sim, "web") >= 3);
	assert_true(sim_serving(world.sim, "work") >= 3);
	assert_int_equal(sim_serving(world.sim, "web") + sim_serving(world.sim, "work"), 8);
	world_end(&world);
}

static void a_paused_service_gives_nothing(void **state)
{
	struct world world = world_on(0, 1000);
	struct command pause = { .kind = COMMAND_PAUSE, .service = "work" };

	(void)state;
	begin_web(&world, 100);
	run_work(&world, "dockscale.priority=-1", 100);
	sim_set_load(world.sim, "work", 6);
	world_run(&world, 2 * MINUTE);
	sim_drive_command(world.drive, &pause);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "work"), 7);
	world_assert_right(&world, 1);
	world_end(&world);
}

static void what_cannot_be_read_gives_nothing(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_web(&world, 100);
	run_work(&world, "dockscale.priority=-1", 100);
	sim_set_load(world.sim, "work", 6);
	world_run(&world, 2 * MINUTE);
	sim_set_readable(world.sim, "work", false);
	world_run(&world, 10 * SECOND);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(sim_serving(world.sim, "work"), 7);
	world_end(&world);
}

static void a_budget_bounds_a_service_and_says_so(void **state)
{
	struct world world = world_on(0, 0);
	struct service_snapshot shown;

	(void)state;
	world_label(&world, "dockscale.cpu_budget=3 cores");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 2 * MINUTE);
	world_assert_right(&world, 3);
	shown = world_shown(&world);
	assert_int_equal(shown.limit, REASON_BUDGET);
	assert_non_null(
		strstr(shown.reason, "held at the budget: 4 of it would be 4.00 of 3.00 cores"));
	world_end(&world);
}

static void on_a_saturated_host_nobody_gets_more(void **state)
{
	struct world world = world_on(4, 0);
	struct service_snapshot shown;

	(void)state;
	world_begin(&world, 1);
	sim_set_host_use(world.sim, 2, 0);
	sim_set_load(world.sim, "web", 6);
	world_run(&world, 3 * MINUTE);
	shown = world_shown(&world);
	assert_int_equal(shown.limit, REASON_HOST_CPU);
	assert_true(sim_serving(world.sim, "web") <= 5);
	assert_non_null(strstr(shown.reason, "the host is saturated"));
	sim_set_host_use(world.sim, 0, 0);
	world_run(&world, 3 * MINUTE);
	assert_true(sim_serving(world.sim, "web") >= 4);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void on_a_saturated_host_the_higher_one_goes_before(void **state)
{
	struct world world = world_on(4, 0);
	double used;

	(void)state;
	world_begin(&world, 1);
	run_work(&world, "dockscale.priority=-1", 10);
	sim_set_load(world.sim, "work", 8);
	world_run(&world, 3 * MINUTE);
	assert_true(sim_serving(world.sim, "work") >= 4);
	sim_set_load(world.sim, "web", 2);
	world_run(&world, 3 * MINUTE);
	assert_true(sim_serving(world.sim, "work") >= 2);
	used = sim_cpu_share(world.sim, "web") * (double)sim_serving(world.sim, "web");
	if (used < 1.9) /* of the two cores that it is asked for; an even share were less */
		fail_msg("web gets %.2f cores with %zu replicas beside %zu", used,
			sim_serving(world.sim, "web"), sim_serving(world.sim, "work"));
	world_end(&world);
}

struct heard {
	unsigned blind;
	unsigned held;
	unsigned moves; /* starts and stops */
};

static void hear(void *context, struct moment now, const struct intent *intent)
{
	struct heard *heard = context;

	(void)now;
	if (intent->kind == INTENT_NOTE) {
		heard->blind += strcmp(intent->note.what, "host not read") == 0;
		heard->held += strcmp(intent->note.what, "count held") == 0;
	}
	heard->moves += intent->kind == INTENT_START || intent->kind == INTENT_STOP;
}

static void an_unknown_host_refuses_nothing_and_says_so_once(void **state)
{
	struct world world = world_on(0, 100);
	struct heard heard = { 0 };

	(void)state;
	world.settings.host_unreadable = true;
	world_start(&world, 1);
	sim_drive_listen(world.drive, hear, &heard);
	world_run_template(&world);
	world_until_serving(&world, 1, 10 * SECOND);
	sim_set_memory(world.sim, "web", 100 * MIB, 0);
	sim_set_load(world.sim, "web", 20);
	world_run(&world, 30 * MINUTE);
	assert_int_equal(sim_running(world.sim, "web"), 8);
	assert_int_equal(heard.blind, 1);
	assert_int_equal(heard.held, 0);
	world_end(&world);
}

/* An hour of noise in load and memory around the edge of what fits. */
static void at_the_edge_of_the_host_nothing_flaps(void **state)
{
	struct world world = world_on(0, 1000);
	struct heard heard = { 0 };
	unsigned noise = 1;

	(void)state;
	begin_web(&world, 490);
	run_work(&world, "dockscale.priority=-1", 60);
	sim_drive_listen(world.drive, hear, &heard);
	sim_set_load(world.sim, "web", 3);
	sim_set_load(world.sim, "work", 5);
	world_run(&world, 5 * MINUTE);
	heard = (struct heard){ 0 };
	for (int i = 0; i < 720; i++) {
		noise = noise * 1103515245 + 12345;
		sim_set_host_use(world.sim, 0, (450 + (noise >> 16) % 100) * MIB);
		sim_set_load(world.sim, "web", 2.9 + (noise >> 20) % 100 / 500.0);
		world_run(&world, 5 * SECOND);
	}
	if (heard.moves > 6)
		fail_msg("%u starts and stops in an hour at the edge", heard.moves);
	assert_true(heard.held <= 60);
	world_end(&world);
}

static void under_a_constant_load_an_hour_is_quiet(void **state)
{
	struct world world = world_on(6, 1000);
	struct heard heard = { 0 };

	(void)state;
	begin_web(&world, 100);
	run_work(&world, "dockscale.priority=-1", 100);
	sim_set_load(world.sim, "web", 3);
	sim_set_load(world.sim, "work", 6);
	world_run(&world, 20 * MINUTE);
	sim_drive_listen(world.drive, hear, &heard);
	world_run(&world, 60 * MINUTE);
	assert_int_equal(heard.moves, 0);
	assert_int_equal(heard.held, 0);
	world_end(&world);
}

/* A policy that was refused rests from nothing: it goes on as soon as there is room. */
static void a_cooldown_does_not_count_from_what_was_refused(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	world_label(&world, "dockscale.policy.type=threshold");
	world_label(&world, "dockscale.policy.cooldown_period=300s");
	begin_web(&world, 850);
	sim_set_load(world.sim, "web", 2);
	world_run(&world, 8 * MINUTE); /* in the midst of what a cooldown would be */
	world_assert_right(&world, 1);
	sim_set_host_use(world.sim, 0, 100 * MIB);
	world_until_serving(&world, 2, 15 * SECOND);
	world_end(&world);
}

/* Two by a person's word on a machine without room for a third one. */
static void a_roll_waits_for_the_room_of_its_successor_and_says_so(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_by_hand_on(&world, 2, 750);
	sim_change_template(world.sim, "web", SIM_CHANGE_IN_PLACE);
	world_run(&world, 5 * MINUTE);
	assert_int_equal(world.most_containers, 2);
	assert_int_equal(world_shown(&world).roll.state, ROLL_WAITING);
	assert_int_equal(world_shown(&world).roll.replaced, 0);
	assert_non_null(strstr(world_shown(&world).problem, "the roll waits, 1 clones of what the "
							    "template was go on: the host has no "
							    "memory"));
	world_assert_right(&world, 2);
	sim_set_host_use(world.sim, 0, 100 * MIB);
	world_run(&world, MINUTE);
	assert_int_equal(world.most_containers, 3);
	assert_int_equal(world_shown(&world).roll.state, ROLL_NONE);
	assert_int_equal(world_shown(&world).counters.rolled, 1);
	assert_string_equal(world_shown(&world).problem, "");
	world_assert_right(&world, 2);
	world_assert_no_request_lost(&world);
	world_end(&world);
}

static void a_sick_one_is_replaced_on_a_full_host_too(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	begin_by_hand_on(&world, 3, 650);
	sim_set_healthy(world.sim, world_clone(&world), false);
	world_run(&world, 2 * MINUTE);
	assert_int_equal(world_shown(&world).counters.replaced_unhealthy, 1);
	world_assert_right(&world, 3);
	world_end(&world);
}

static void no_warm_one_is_made_on_a_full_host(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	world_label(&world, "dockscale.warm=1");
	world_label(&world, "sim.memory=100");
	begin_web(&world, 0);
	world_run(&world, MINUTE);
	assert_int_equal(world_shown(&world).warm, 1);
	sim_set_host_use(world.sim, 0, 800 * MIB);
	world_run(&world, 10 * SECOND);
	sim_remove(world.sim, world_clone(&world));
	world.most_containers = 0;
	world_run(&world, 5 * MINUTE);
	assert_int_equal(world.most_containers, 1);
	assert_non_null(strstr(world_shown(&world).problem, "no memory for another warm replica"));
	sim_set_host_use(world.sim, 0, 0);
	world_run(&world, MINUTE);
	assert_int_equal(world_shown(&world).warm, 1);
	assert_string_equal(world_shown(&world).problem, "");
	world_end(&world);
}

static void scale_work(const struct world *world, unsigned count)
{
	const struct command command = { .kind = COMMAND_SCALE, .service = "work", .count = count };

	sim_drive_command(world->drive, &command);
}

static bool three_of_work_run(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)drive;
	return sim_running(world->sim, "work") == 3;
}

/* A third service, that is never found healthy and is asked for it several times a second: the counts
 * are judged with each of its probes. */
static void probe_api(const struct world *world)
{
	const char *const labels[] = {
		"dockscale.service=api",
		"dockscale.haproxy.backend=api",
		"dockscale.haproxy.port=7070",
		"sim.memory=1",
	};

	(void)sim_run(world->sim, "api", labels, countof(labels), 1.0);
	sim_set_healthy(world->sim, "api", false);
}

/* The host was read before it began, and it ends before the next reading. */
static void what_ends_before_it_was_read_has_its_memory_until_then(void **state)
{
	struct world world = world_on(0, 1000);

	(void)state;
	world.settings.start_delay = 4 * SECOND + SECOND / 4;
	world.settings.stop_delay = 5 * SECOND;
	begin_web(&world, 450);
	run_work(&world, "dockscale.priority=0", 100);
	world_run(&world, MINUTE);
	assert_int_equal(sim_serving(world.sim, "work"), 2);
	probe_api(&world);
	scale_work(&world, 3); /* 450 + 100 + 3 * 100 of 900 */
	world_run(&world, 2 * SECOND);
	sim_set_load(world.sim, "web", 2 * 0.8 - 0.1);
	assert_true(sim_drive_until(world.drive, three_of_work_run, &world, 10 * SECOND));
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	scale_work(&world, 2);
	world_run(&world, SECOND);
	assert_int_equal(sim_running(world.sim, "work"), 3); /* one of them on its way out */
	assert_int_equal(sim_containers(world.sim, "web"), 1);
	world_run(&world, 20 * SECOND);
	world_assert_right(&world, 2);
	assert_int_equal(sim_running(world.sim, "work"), 2);
	world_end(&world);
}

/* The daemon is new and has never read the template; a clone on its way tells what the next one takes. */
static void what_is_on_its_way_tells_the_cost_where_who_serves_cannot_be_read(void **state)
{
	struct world world = world_on(0, 1000);
	struct snapshot *snapshot;

	(void)state;
	world_label(&world, "sim.memory=100");
	world_label(&world, "dockscale.service.parallel_starts=1");
	world_begin(&world, 1);
	sim_set_readable(world.sim, "web", false);
	world_restart(&world, SECOND, 2);
	world_run(&world, MINUTE); /* nothing is kept for the template any more */
	sim_set_clones_healthy(world.sim, false);
	world_scale(&world, 4, 60 * MINUTE);
	world_run(&world, 10 * SECOND);
	assert_int_equal(sim_running(world.sim, "web"), 2);
	snapshot = engine_snapshot(sim_drive_engine(world.drive), sim_now(world.sim));
	assert_int_equal(snapshot->host.memory_reserved_bytes, 200 * MIB); /* two are behind it */
	snapshot_free(snapshot);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_without_memory_for_more_refuses_and_says_why),
		cmocka_unit_test(what_is_on_its_way_is_not_granted_twice),
		cmocka_unit_test(a_host_with_room_again_is_used),
		cmocka_unit_test(a_limit_of_memory_is_what_a_replica_may_come_to),
		cmocka_unit_test(a_lower_service_gives_way_to_its_min_and_comes_back),
		cmocka_unit_test(what_a_lower_service_keeps_warm_gives_way_before_what_serves),
		cmocka_unit_test(no_more_of_what_is_kept_warm_goes_than_is_needed),
		cmocka_unit_test(what_an_equal_service_keeps_warm_stays),
		cmocka_unit_test(equal_services_share_and_take_nothing_from_each_other),
		cmocka_unit_test(a_paused_service_gives_nothing),
		cmocka_unit_test(what_cannot_be_read_gives_nothing),
		cmocka_unit_test(a_budget_bounds_a_service_and_says_so),
		cmocka_unit_test(on_a_saturated_host_nobody_gets_more),
		cmocka_unit_test(on_a_saturated_host_the_higher_one_goes_before),
		cmocka_unit_test(an_unknown_host_refuses_nothing_and_says_so_once),
		cmocka_unit_test(at_the_edge_of_the_host_nothing_flaps),
		cmocka_unit_test(under_a_constant_load_an_hour_is_quiet),
		cmocka_unit_test(a_cooldown_does_not_count_from_what_was_refused),
		cmocka_unit_test(a_roll_waits_for_the_room_of_its_successor_and_says_so),
		cmocka_unit_test(a_sick_one_is_replaced_on_a_full_host_too),
		cmocka_unit_test(no_warm_one_is_made_on_a_full_host),
		cmocka_unit_test(what_ends_before_it_was_read_has_its_memory_until_then),
		cmocka_unit_test(what_is_on_its_way_tells_the_cost_where_who_serves_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
