/*
 * Stories of slow start: the weight of one that has just joined, as HAProxy has it.
 */
#include "unit/adapter/world.h"

#include "adapter/sim/sim_ports.h"

/* The weight of the enabled server of a container; 0: it has none. */
static unsigned weight_of(const struct world *world, const char *name)
{
	const struct sim_container *container = sim_world_by_name(world->sim, name);

	for (size_t i = 0; container != NULL && i < world->sim->n_servers; i++)
		if (world->sim->servers[i].state == SERVER_UP &&
			strcmp(world->sim->servers[i].address,
				container->facts.endpoints[0].address) == 0)
			return world->sim->servers[i].weight;
	return 0;
}

static struct world slow(const char *start)
{
	struct world world = world_new();

	world_label(&world, start);
	world_label(&world, "dockscale.max=2");
	return world;
}

static void a_new_replica_grows_to_its_whole_weight(void **state)
{
	(void)state;
	for (unsigned dynamic = 0; dynamic < 2; dynamic++) {
		struct world world = slow("dockscale.haproxy.slow_start=20s");
		unsigned last = 0;

		world.settings.dynamic = dynamic == 1;
		world_begin(&world, 1);
		world_scale(&world, 2, 300 * MINUTE);
		world_until_serving(&world, 2, 10 * SECOND);
		assert_int_equal(weight_of(&world, world_clone(&world)), 10);
		for (unsigned i = 0; i < 25; i++) {
			unsigned weight = weight_of(&world, world_clone(&world));

			assert_in_range(weight, last, last + 20);
			assert_int_equal(weight_of(&world, "web"), 100);
			last = weight;
			world_run(&world, SECOND);
		}
		assert_int_equal(weight_of(&world, world_clone(&world)), 100);
		world_assert_no_request_lost(&world);
		world_end(&world);
	}
}

static void without_it_all_begin_with_all(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=0s");

	(void)state;
	world_begin(&world, 1);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, 10 * SECOND);
	assert_int_equal(weight_of(&world, world_clone(&world)), 100);
	world_end(&world);
}

static void who_serves_alone_gets_everything(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=20s");

	(void)state;
	world_begin(&world, 1);
	assert_int_equal(weight_of(&world, "web"), 100);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, 10 * SECOND);
	assert_int_equal(weight_of(&world, "web"), 100); /* also in company later */
	world_end(&world);
}

static void a_cancelled_drain_begins_nothing_anew(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=20s");

	(void)state;
	world_begin(&world, 1);
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, MINUTE);
	sim_set_sessions(world.sim, world_clone(&world), 3);
	world_scale(&world, 1, 300 * MINUTE);
	world_run(&world, 5 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 1);
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, 2 * SECOND);
	assert_int_equal(sim_enabled(world.sim, "web"), 2);
	assert_int_equal(weight_of(&world, world_clone(&world)), 100);
	world_end(&world);
}

static void the_next_daemon_begins_nothing_anew(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=60s");

	(void)state;
	world_begin(&world, 1);
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, 2 * MINUTE);
	world_restart(&world, 0, 7);
	for (unsigned i = 0; i < 20; i++) {
		world_run(&world, SECOND);
		assert_int_equal(weight_of(&world, world_clone(&world)), 100);
	}
	world_end(&world);
}

static void a_program_that_starts_again_begins_slowly_again(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=20s");

	(void)state;
	world_begin(&world, 1);
	world_scale(&world, 2, 300 * MINUTE);
	world_run(&world, MINUTE);
	sim_kill(world.sim, world_clone(&world));
	world_run(&world, 5 * SECOND); /* and all its caches with it */
	assert_in_range(weight_of(&world, world_clone(&world)), 10, 40);
	world_end(&world);
}

/* By CPU the shares of those that have grown are moved; the growing one only takes what it is given. */
static void it_works_beside_weights_by_cpu(void **state)
{
	struct world world = slow("dockscale.haproxy.slow_start=30s");
	unsigned last = 0;

	(void)state;
	world_label(&world, "dockscale.haproxy.weights=cpu");
	world_begin(&world, 1);
	sim_set_load(world.sim, "web", 0.8);
	world_scale(&world, 2, 300 * MINUTE);
	world_until_serving(&world, 2, 10 * SECOND);
	for (unsigned i = 0; i < 29; i++) {
		assert_in_range(weight_of(&world, world_clone(&world)), last, 100);
		last = weight_of(&world, world_clone(&world));
		world_run(&world, SECOND);
	}
	world_run(&world, 2 * MINUTE);
	assert_in_range(weight_of(&world, world_clone(&world)), 85, 115);
	assert_in_range(weight_of(&world, "web"), 85, 115);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_replica_grows_to_its_whole_weight),
		cmocka_unit_test(without_it_all_begin_with_all),
		cmocka_unit_test(who_serves_alone_gets_everything),
		cmocka_unit_test(a_cancelled_drain_begins_nothing_anew),
		cmocka_unit_test(the_next_daemon_begins_nothing_anew),
		cmocka_unit_test(a_program_that_starts_again_begins_slowly_again),
		cmocka_unit_test(it_works_beside_weights_by_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
