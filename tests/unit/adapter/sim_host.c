/*
 * The simulated machine: cores that are shared when all want more, memory that adds up, and what of it
 * can be read.
 */
#include "unit/adapter/sim_rig.h"

#define MIB 0x100000ULL

/* @n containers of one core each that serve web. */
static struct rig *rig_with(const struct sim_settings *settings, size_t n)
{
	static const char *const names[] = { "web", "web-2", "web-3" };
	struct rig *rig = rig_new(settings);
	struct member members[3];

	for (size_t i = 0; i < n; i++)
		rig_run(rig, names[i]);
	rig_wait(rig, 2 * SECOND);
	for (size_t i = 0; i < n; i++)
		members[i] = rig_member(rig, i, MEMBER_SERVING);
	rig_membership(rig, members, n);
	rig_wait(rig, SECOND);
	return rig;
}

static struct host_sample read_host(struct rig *rig)
{
	struct source *host = sim_host(rig->sim);

	rig->n_events = 0;
	host->vtable->sample(host, sim_now(rig->sim));
	assert_int_equal(rig->n_events, 1);
	assert_int_equal(rig->events[0].event.kind, EVENT_HOST);
	return rig->events[0].event.host;
}

static bool is_near(double value, double other)
{
	return value - other < 1e-6 && other - value < 1e-6;
}

static void containers_share_the_cores_evenly_when_they_want_more(void **state)
{
	struct sim_settings settings = sim_settings_default();
	struct rig *rig;
	struct host_sample before;
	struct host_sample after;

	(void)state;
	settings.host_cores = 2;
	rig = rig_with(&settings, 3);
	sim_set_load(rig->sim, "web", 3);
	assert_true(is_near(sim_cpu_share(rig->sim, "web"), 2.0 / 3));
	before = read_host(rig);
	rig_wait(rig, 10 * SECOND);
	after = read_host(rig);
	assert_true(is_near(after.busy_usec.value - before.busy_usec.value, 2e7));
	assert_true(is_near(after.cpu_pressure_usec.value - before.cpu_pressure_usec.value, 1e7));
	rig_free(rig);
}

static void who_wants_less_than_an_even_share_gets_it(void **state)
{
	struct sim_settings settings = sim_settings_default();
	struct member members[3];
	struct rig *rig;

	(void)state;
	settings.host_cores = 1;
	rig = rig_with(&settings, 3);
	for (size_t i = 0; i < 3; i++)
		members[i] = rig_member(rig, i, MEMBER_SERVING);
	members[0].weight = 10; /* of 210: a tenth of a core */
	rig_membership(rig, members, 3);
	rig_wait(rig, SECOND);
	sim_set_load(rig->sim, "web", 2.1);
	assert_true(is_near(sim_cpu_share(rig->sim, "web"), 0.1));
	assert_true(is_near(sim_cpu_share(rig->sim, "web-2"), 0.45));
	assert_true(is_near(sim_cpu_share(rig->sim, "web-3"), 0.45));
	rig_free(rig);
}

static void a_machine_with_cores_enough_lets_nobody_wait(void **state)
{
	struct sim_settings settings = sim_settings_default();
	struct rig *rig;
	double before;

	(void)state;
	settings.host_cores = 4;
	rig = rig_with(&settings, 3);
	sim_set_load(rig->sim, "web", 3);
	before = read_host(rig).cpu_pressure_usec.value;
	rig_wait(rig, 10 * SECOND);
	assert_true(is_near(read_host(rig).cpu_pressure_usec.value, before));
	rig_free(rig);
}

static void memory_adds_up_and_too_much_of_it_stalls(void **state)
{
	struct sim_settings settings = sim_settings_default();
	struct host_sample sample;
	struct rig *rig;

	(void)state;
	settings.host_memory_bytes = 1000 * MIB;
	rig = rig_with(&settings, 2);
	sim_set_memory(rig->sim, "web", 200 * MIB, 0);
	sim_set_memory(rig->sim, "web-2", 300 * MIB, 0);
	sim_set_host_use(rig->sim, 0, 100 * MIB);
	sample = read_host(rig);
	assert_true(is_near(sample.memory_bytes.value, 1000.0 * MIB));
	assert_true(is_near(sample.memory_available_bytes.value, 400.0 * MIB));
	sim_set_host_use(rig->sim, 0, 600 * MIB);
	rig_wait(rig, SECOND);
	sample = read_host(rig);
	assert_true(sample.memory_available_bytes.value == 0);
	assert_true(sample.memory_pressure_usec.value >= 1e6);
	sim_stop(rig->sim, "web-2");
	assert_true(is_near(read_host(rig).memory_available_bytes.value, 200.0 * MIB));
	rig_free(rig);
}

static void an_unreadable_machine_is_unknown(void **state)
{
	struct sim_settings settings = sim_settings_default();
	struct host_sample sample;
	struct rig *rig;

	(void)state;
	settings.host_unreadable = true;
	rig = rig_with(&settings, 1);
	sample = read_host(rig);
	assert_int_equal(sample.cores.state, READING_UNKNOWN);
	assert_int_equal(sample.memory_available_bytes.state, READING_UNKNOWN);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_share_the_cores_evenly_when_they_want_more),
		cmocka_unit_test(who_wants_less_than_an_even_share_gets_it),
		cmocka_unit_test(a_machine_with_cores_enough_lets_nobody_wait),
		cmocka_unit_test(memory_adds_up_and_too_much_of_it_stalls),
		cmocka_unit_test(an_unreadable_machine_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
