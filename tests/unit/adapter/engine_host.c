/*
 * Stories of the engine on a machine that is too small for all that is wished for: who gets its
 * room, who gives way, and that nothing swings at the edge.
 */
#include "unit/adapter/world.h"

#define MIB 0x100000ULL

/* A machine of @cores and @mebibytes, half of a gibibyte of which the system itself uses. */
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

static struct service_snapshot shown_of(const struct world *world, const char *name)
{
	struct snapshot *snapshot =
		engine_snapshot(sim_drive_engine(world->drive), sim_now(world->sim));
	struct service_snapshot shown = { 0 };

	for (size_t i = 0; i < snapshot->n_services; i++)
		if (strcmp(snapshot->services[i].name, name) == 0)
			shown = snapshot->services[i];
	shown.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return shown;
}

/* A second service, with @mebibytes a replica. */
static void run_other(struct world *world, const char *name, const char *const *labels,
	size_t n_labels, unsigned mebibytes)
{
	(void)sim_run(world->sim, name, labels, n_labels, 1.0);
	sim_set_memory(world->sim, name, mebibytes * MIB, 0);
	world_run(world, 10 * SECOND);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_without_memory_for_more_refuses_and_says_why),
		cmocka_unit_test(what_is_on_its_way_is_not_granted_twice),
		cmocka_unit_test(a_host_with_room_again_is_used),
	};

	(void)run_other;
	(void)shown_of;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
