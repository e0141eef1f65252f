/*
 * What a pause does to a container of the simulated world, and what another template does to specs.
 */
#include "unit/adapter/sim_rig.h"

static void a_paused_one_has_its_address_and_memory_but_neither_answers_nor_works(void **state)
{
	struct rig *rig = *state;
	const struct container *web;
	struct intent intent;
	double before;

	(void)rig_run(rig, "web");
	rig_wait(rig, 2 * SECOND);
	web = sim_container(rig->sim, "web", 0);
	intent = rig_intent(rig, INTENT_WATCH, web->id);
	intent.watch.started_at = web->started_at;
	sim_source(rig->sim)->vtable->submit(sim_source(rig->sim), &intent);
	assert_true(rig_probe(rig, web->endpoints[0].address));
	sim_pause(rig->sim, "web");
	assert_int_equal(web->state, CONTAINER_PAUSED);
	assert_false(rig_probe(rig, web->endpoints[0].address));
	before = rig_read_sample(rig).cpu_usec.value;
	rig_wait(rig, 10 * SECOND);
	assert_true(rig_read_sample(rig).cpu_usec.value <= before);
	assert_int_equal(rig_read_sample(rig).memory_bytes.state, READING_KNOWN);
	(void)rig_run(rig, "web-2");
	assert_string_not_equal(
		sim_container(rig->sim, "web", 1)->endpoints[0].address, web->endpoints[0].address);
	sim_unpause(rig->sim, "web");
	assert_true(rig_probe(rig, web->endpoints[0].address));
}

static void a_start_that_a_pause_interrupts_goes_on_after_it(void **state)
{
	struct rig *rig = *state;
	const struct container *web;

	(void)rig_run(rig, "web");
	web = sim_container(rig->sim, "web", 0);
	sim_pause(rig->sim, "web");
	rig_wait(rig, 5 * SECOND);
	sim_unpause(rig->sim, "web");
	assert_false(rig_probe(rig, web->endpoints[0].address));
	rig_wait(rig, 2 * SECOND);
	assert_true(rig_probe(rig, web->endpoints[0].address));
}

/* Docker probes it again 30 s later, by default. */
static void dockers_health_says_nothing_from_the_pause_to_its_next_probe(void **state)
{
	struct rig *rig = *state;
	const char *const labels[] = { "dockscale.service=web", SIM_LABEL_HEALTH "=docker" };
	const struct container *web;

	(void)sim_run(rig->sim, "web", labels, countof(labels), 1);
	rig_wait(rig, 2 * SECOND);
	web = sim_container(rig->sim, "web", 0);
	assert_int_equal(web->health, HEALTH_HEALTHY);
	sim_pause(rig->sim, "web");
	assert_int_equal(web->health, HEALTH_NONE);
	sim_unpause(rig->sim, "web");
	rig_wait(rig, 29 * SECOND);
	assert_int_equal(web->health, HEALTH_NONE);
	rig_wait(rig, 2 * SECOND);
	assert_int_equal(web->health, HEALTH_HEALTHY);
}

static void a_template_that_changes_leaves_its_clone_behind(void **state)
{
	struct rig *rig = *state;
	char id[CONTAINER_ID_MAX];
	char spec[CONTAINER_SPEC_BYTES];
	const struct container *clone;

	(void)mem_strcpy(id, sizeof(id), rig_run(rig, "web"));
	(void)rig_create(rig, id, "web-ds-1");
	rig_wait(rig, SECOND);
	clone = sim_container(rig->sim, "web", 1);
	(void)mem_strcpy(spec, sizeof(spec), sim_container(rig->sim, "web", 0)->spec);
	assert_string_equal(clone->spec, spec);

	sim_change_template(rig->sim, "web", SIM_CHANGE_IN_PLACE);
	assert_string_equal(sim_container(rig->sim, "web", 0)->id, id);
	assert_string_not_equal(sim_container(rig->sim, "web", 0)->spec, spec);
	assert_string_equal(clone->spec, spec);
}

static void a_template_that_is_recreated_is_another_container(void **state)
{
	struct rig *rig = *state;
	char id[CONTAINER_ID_MAX];
	char spec[CONTAINER_SPEC_BYTES];
	const struct container *web;

	(void)mem_strcpy(id, sizeof(id), rig_run(rig, "web"));
	(void)mem_strcpy(spec, sizeof(spec), sim_container(rig->sim, "web", 0)->spec);
	sim_change_template(rig->sim, "web", SIM_CHANGE_RECREATED_SAME);
	web = sim_container(rig->sim, "web", 0);
	assert_string_not_equal(web->id, id);
	assert_string_equal(web->spec, spec);
	sim_change_template(rig->sim, "web", SIM_CHANGE_RECREATED);
	web = sim_container(rig->sim, "web", 0);
	assert_string_equal(web->name, "web");
	assert_int_equal(web->state, CONTAINER_RUNNING);
	assert_string_not_equal(web->spec, spec);
	assert_int_equal(sim_containers(rig->sim, "web"), 1);
}

/* Whatever came of the first one: who deploys after a step back deploys something else. */
static void what_is_deployed_after_a_step_back_was_there_never_before(void **state)
{
	struct rig *rig = *state;
	char specs[3][CONTAINER_SPEC_BYTES];
	static const enum sim_change changes[] = { SIM_CHANGE_IN_PLACE, SIM_CHANGE_BACK,
		SIM_CHANGE_RECREATED };

	(void)rig_run(rig, "web");
	for (size_t i = 0; i < countof(changes); i++) {
		(void)mem_strcpy(
			specs[i], sizeof(specs[i]), sim_container(rig->sim, "web", 0)->spec);
		sim_change_template(rig->sim, "web", changes[i]);
	}
	assert_string_not_equal(specs[0], specs[1]);
	assert_string_equal(specs[0], specs[2]);
	for (size_t i = 0; i < countof(specs); i++)
		assert_string_not_equal(sim_container(rig->sim, "web", 0)->spec, specs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_paused_one_has_its_address_and_memory_but_neither_answers_nor_works,
			rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_start_that_a_pause_interrupts_goes_on_after_it,
			rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			dockers_health_says_nothing_from_the_pause_to_its_next_probe, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_template_that_changes_leaves_its_clone_behind, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_template_that_is_recreated_is_another_container,
			rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_deployed_after_a_step_back_was_there_never_before, rig_set_up,
			rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
