/*
 * The simulated traffic: what load becomes in counters, probes and sessions.
 */
#include "unit/adapter/sim_rig.h"

/* Replicas web and web-2 of one core each, ready and served with these weights. */
static void serve_two(struct rig *rig, unsigned first, unsigned second)
{
	struct member members[2];

	rig_run(rig, "web");
	rig_run(rig, "web-2");
	rig_wait(rig, 2 * SECOND);
	members[0] = rig_member(rig, 0, MEMBER_SERVING);
	members[1] = rig_member(rig, 1, MEMBER_SERVING);
	members[0].weight = first;
	members[1].weight = second;
	rig_membership(rig, members, 2);
	rig_wait(rig, SECOND);
}

static void watch(struct rig *rig, size_t index)
{
	const struct container *container = sim_container(rig->sim, "web", index);
	struct intent intent = rig_intent(rig, INTENT_WATCH, container->id);
	struct source *source = sim_source(rig->sim);

	intent.watch.started_at = container->started_at;
	source->vtable->submit(source, &intent);
}

/* Cores used by replica @index over the next ten seconds. */
static double cores_used(struct rig *rig, size_t index)
{
	struct source *source = sim_source(rig->sim);
	struct intent intent;
	double before;
	double after;

	watch(rig, index);
	before = rig_read_sample(rig).cpu_usec.value;
	rig_wait(rig, 10 * SECOND);
	after = rig_read_sample(rig).cpu_usec.value;
	intent = rig_intent(rig, INTENT_UNWATCH, sim_container(rig->sim, "web", index)->id);
	source->vtable->submit(source, &intent);
	return (after - before) / (double)(10 * SECOND);
}

static void assert_near(double value, double expected)
{
	if (value < expected - 0.001 || value > expected + 0.001)
		fail_msg("%f is not %f", value, expected);
}

static void load_is_spread_by_weight(void **state)
{
	struct rig *rig = *state;

	serve_two(rig, 100, 50);
	sim_set_load(rig->sim, "web", 0.9);
	assert_near(cores_used(rig, 0), 0.6);
	assert_near(cores_used(rig, 1), 0.3);
}

static void usage_ends_at_the_limit(void **state)
{
	struct rig *rig = *state;

	serve_two(rig, 100, 100);
	sim_set_load(rig->sim, "web", 10);
	assert_near(cores_used(rig, 0), 1.0);
	sim_set_limit(rig->sim, "web", 0.25);
	assert_near(cores_used(rig, 0), 0.25);
}

static void who_does_not_answer_gets_no_load(void **state)
{
	struct rig *rig = *state;

	serve_two(rig, 100, 100);
	sim_set_load(rig->sim, "web", 0.8);
	sim_set_healthy(rig->sim, "web", false);
	assert_near(cores_used(rig, 0), 0);
	assert_near(cores_used(rig, 1), 0.8);
}

static void load_that_nobody_serves_is_counted(void **state)
{
	struct rig *rig = *state;

	sim_set_load(rig->sim, "web", 0.8);
	rig_wait(rig, 3 * SECOND);
	sim_set_load(rig->sim, "web", 0);
	rig_wait(rig, 3 * SECOND);
	assert_int_equal(sim_faults(rig->sim).unserved, 3 * SECOND);
}

static void a_start_burns_cpu_of_its_own(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	watch(rig, 0);
	rig_wait(rig, 5 * SECOND); /* it starts for one second, with all that it may use */
	assert_near(rig_read_sample(rig).cpu_usec.value / (double)SECOND, 1.0);
}

static void sessions_follow_the_load_and_are_cut_by_an_early_stop(void **state)
{
	struct rig *rig = *state;

	serve_two(rig, 100, 100);
	sim_set_load(rig->sim, "web", 10);
	rig_wait(rig, 5 * SECOND);
	assert_int_equal(sim_sessions_cut(rig->sim), 0);
	rig_call(rig, INTENT_STOP, sim_container(rig->sim, "web", 0)->id);
	assert_int_equal(sim_sessions_cut(rig->sim), 10); /* 5 cores, 10 a second, 0.2 s each */
}

static void a_counter_begins_anew_with_each_life(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	rig_wait(rig, 5 * SECOND);
	watch(rig, 0);
	assert_true(reading_is_known(rig_read_sample(rig).cpu_usec));
	sim_stop(rig->sim, "web");
	sim_start(rig->sim, "web");
	assert_int_equal(rig_read_sample(rig).cpu_usec.state, READING_UNKNOWN);
	watch(rig, 0);
	assert_near(rig_read_sample(rig).cpu_usec.value, 0);
}

static void what_cannot_be_read_is_unknown(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	watch(rig, 0);
	sim_set_readable(rig->sim, "web", false);
	assert_int_equal(rig_read_sample(rig).cpu_usec.state, READING_UNKNOWN);
	assert_int_equal(rig_read_sample(rig).memory_bytes.state, READING_UNKNOWN);
	sim_set_readable(rig->sim, "web", true);
	assert_true(reading_is_known(rig_read_sample(rig).cpu_usec));
}

static void memory_and_its_limit_are_as_they_were_set(void **state)
{
	struct rig *rig = *state;
	struct sample sample;

	rig_run(rig, "web");
	watch(rig, 0);
	sim_set_memory(rig->sim, "web", 1000, 2000);
	sample = rig_read_sample(rig);
	assert_near(sample.memory_bytes.value, 1000);
	assert_near(sample.memory_limit_bytes.value, 2000);
}

static void a_probe_is_answered_by_whoever_has_the_address(void **state)
{
	struct rig *rig = *state;
	char address[CONTAINER_ADDRESS_MAX];

	rig_run(rig, "web");
	(void)mem_strcpy(
		address, sizeof(address), sim_container(rig->sim, "web", 0)->endpoints[0].address);
	assert_false(rig_probe(rig, address)); /* not ready yet */
	rig_wait(rig, SECOND);
	assert_true(rig_probe(rig, address));
	sim_set_healthy(rig->sim, "web", false);
	assert_false(rig_probe(rig, address));
	sim_stop(rig->sim, "web");
	assert_false(rig_probe(rig, address));
	sim_run(rig->sim, "stranger", NULL, 0, 0);
	rig_wait(rig, SECOND);
	assert_true(rig_probe(rig, address));
}

static void clones_can_be_made_never_to_get_healthy(void **state)
{
	struct rig *rig = *state;
	uint64_t call;

	sim_set_clones_healthy(rig->sim, false);
	call = rig_create(rig, rig_run(rig, "web"), "web-1");
	rig_wait(rig, SECOND);
	rig_call(rig, INTENT_START, rig_answer(rig, call)->event.result.container);
	rig_wait(rig, 60 * SECOND);
	assert_int_equal(sim_running(rig->sim, "web"), 2);
	assert_false(rig_probe(rig, sim_container(rig->sim, "web", 1)->endpoints[0].address));
}

/* Each second @cores arrive, as they must be set. */
static void work_for(struct rig *rig, unsigned seconds, double cores, double misread)
{
	const struct sim_load_settings settings = {
		.cores = cores, .queue_seconds = 10, .misread = misread
	};

	for (unsigned i = 0; i < seconds; i++) {
		sim_set_work(rig->sim, "web", &settings);
		rig_wait(rig, SECOND);
	}
}

static void work_that_is_too_much_waits_and_is_done_later(void **state)
{
	struct rig *rig = *state;
	struct sim_work work;

	serve_two(rig, 100, 100);
	work_for(rig, 5, 3, 0);
	work = sim_work(rig->sim, "web");
	assert_near(work.arrived, 15);
	assert_near(work.served, 10);
	assert_near(work.waiting, 5);
	work_for(rig, 10, 1, 0);
	work = sim_work(rig->sim, "web");
	assert_near(work.served, work.arrived);
	assert_near(work.waiting, 0);
	assert_near(work.lost, 0);
}

static void work_beyond_the_queue_is_lost(void **state)
{
	struct rig *rig = *state;
	struct sim_work work;

	serve_two(rig, 100, 100);
	work_for(rig, 30, 4, 0);
	work = sim_work(rig->sim, "web");
	assert_near(work.served, 60);
	assert_near(work.waiting, 20); /* 10 s of two */
	assert_near(work.lost, 40);
}

static void work_that_nobody_does_is_lost_at_once(void **state)
{
	struct rig *rig = *state;
	struct sim_work work;

	work_for(rig, 3, 2, 0);
	work = sim_work(rig->sim, "web");
	assert_near(work.served, 0);
	assert_near(work.lost, 6);
	assert_near(work.waiting, 0);
}

static void readings_of_work_may_err_but_not_beyond_the_limit(void **state)
{
	struct rig *rig = *state;
	double before;

	serve_two(rig, 100, 100);
	watch(rig, 0);
	before = rig_read_sample(rig).cpu_usec.value;
	work_for(rig, 10, 1, 1.1);
	assert_near((rig_read_sample(rig).cpu_usec.value - before) / (double)SECOND, 5.5);
	assert_near(sim_work(rig->sim, "web").served, 10);
	before = rig_read_sample(rig).cpu_usec.value;
	work_for(rig, 10, 2, 1.1);
	assert_near((rig_read_sample(rig).cpu_usec.value - before) / (double)SECOND, 10);
}

#define world_test(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(load_is_spread_by_weight),
		world_test(usage_ends_at_the_limit),
		world_test(who_does_not_answer_gets_no_load),
		world_test(load_that_nobody_serves_is_counted),
		world_test(work_that_is_too_much_waits_and_is_done_later),
		world_test(work_beyond_the_queue_is_lost),
		world_test(work_that_nobody_does_is_lost_at_once),
		world_test(readings_of_work_may_err_but_not_beyond_the_limit),
		world_test(a_start_burns_cpu_of_its_own),
		world_test(sessions_follow_the_load_and_are_cut_by_an_early_stop),
		world_test(a_counter_begins_anew_with_each_life),
		world_test(what_cannot_be_read_is_unknown),
		world_test(memory_and_its_limit_are_as_they_were_set),
		world_test(a_probe_is_answered_by_whoever_has_the_address),
		world_test(clones_can_be_made_never_to_get_healthy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
