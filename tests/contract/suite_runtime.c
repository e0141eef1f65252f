/*
 * The promises of the runtime port, one test each. Nothing here knows which runtime it is:
 * everything that is known came as an event.
 */
#include "suite_runtime_fixture.h"

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct container *listed(const struct record *listing, const char *name)
{
	for (size_t i = 0; i < listing->n_containers; i++)
		if (strcmp(listing->containers[i].name, name) == 0)
			return &listing->containers[i];
	return NULL;
}

static void assert_announced_before(
	struct fixture *fixture, const struct container *container, uint64_t intent)
{
	const struct record *result = await_result(fixture, intent);

	for (const struct record *r = fixture->records + fixture->from; r < result; r++)
		if (r->containers == container)
			return;
	fail_msg("the result came before the container");
}

static void a_container_that_a_person_runs_is_announced_with_its_facts(void **state)
{
	struct fixture *fixture = *state;
	const char *const labels[] = { WEB, "colour=green" };
	const struct container *container;

	tested->run(tested->context, "web_1", labels, countof(labels), 0.5);
	container = await_container(fixture, "web_1", CONTAINER_RUNNING);
	assert_string_equal(container_label(container, "colour"), "green");
	assert_true(container->started_at > 0);
	assert_true(container->created_at > 0);
	assert_true(container->created_at <= container->started_at);
	assert_true(container->n_endpoints > 0);
	assert_string_not_equal(container->endpoints[0].address, "");
	assert_true(container->cpu_limit_cores > 0.49 && container->cpu_limit_cores < 0.51);
	assert_int_equal(container->health, HEALTH_NONE);
}

static void a_listing_shows_all_that_matter_and_no_others(void **state)
{
	struct fixture *fixture = *state;
	const char *const others[] = { "colour=green" };
	const char *const foreign[] = { WEB, LABEL_OWNER "=another", LABEL_ROLE "=replica" };
	char id[CONTAINER_ID_MAX];
	const struct record *listing;

	tested->run(tested->context, "stranger", others, countof(others), 0);
	tested->run(tested->context, "neighbour", foreign, countof(foreign), 0);
	run_web(fixture, "web_1", id);
	run_web(fixture, "web_2", id);
	fixture->runtime->vtable->list(fixture->runtime);
	listing = await_listing(fixture);
	assert_int_equal(listing->n_containers, 2);
	assert_non_null(listed(listing, "web_1"));
	assert_string_equal(listed(listing, "web_2")->id, id);
}

static void a_listing_shows_stopped_containers_too(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct container *container;

	run_web(fixture, "web_1", id);
	tested->stop(tested->context, "web_1");
	(void)await_container(fixture, "web_1", CONTAINER_EXITED);
	forget(fixture);
	fixture->runtime->vtable->list(fixture->runtime);
	container = listed(await_listing(fixture), "web_1");
	assert_non_null(container);
	assert_int_equal(container->state, CONTAINER_EXITED);
	assert_int_equal(container->pid, 0);
}

static void a_clone_is_announced_before_the_result_that_gives_its_id(void **state)
{
	struct fixture *fixture = *state;
	char template[CONTAINER_ID_MAX];
	const struct container *clone;
	uint64_t intent;

	run_web(fixture, "web_1", template);
	intent = submit_create(fixture, template, "web-ds-1");
	assert_int_equal(result_code(fixture, intent), 0);
	clone = await_container(fixture, "web-ds-1", CONTAINER_CREATED);
	assert_string_equal(await_result(fixture, intent)->event.result.container, clone->id);
	assert_string_not_equal(clone->id, template);
	assert_announced_before(fixture, clone, intent);
}

static void a_clone_bears_our_labels_and_the_limit_of_its_template(void **state)
{
	struct fixture *fixture = *state;
	char template[CONTAINER_ID_MAX];
	const struct container *clone;

	run_web(fixture, "web_1", template);
	assert_int_equal(result_code(fixture, submit_create(fixture, template, "web-ds-1")), 0);
	clone = await_container(fixture, "web-ds-1", CONTAINER_CREATED);
	assert_string_equal(container_label(clone, LABEL_SERVICE), "web");
	assert_string_equal(container_label(clone, LABEL_OWNER), INSTANCE);
	assert_string_equal(container_label(clone, LABEL_ROLE), "replica");
	assert_string_equal(container_label(clone, LABEL_INTENT), "web-ds-1");
	assert_true(clone->cpu_limit_cores > 0.49 && clone->cpu_limit_cores < 0.51);
}

/* A person recreates the template with these labels. */
static const struct container *recreated(
	struct fixture *fixture, const char *const *labels, size_t n_labels)
{
	const struct container *former = await_container(fixture, "web_1", CONTAINER_RUNNING);

	tested->remove(tested->context, "web_1");
	(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = former->id });
	forget(fixture);
	tested->run(tested->context, "web_1", labels, n_labels, 0.5);
	return await_container(fixture, "web_1", CONTAINER_RUNNING);
}

static void a_clone_bears_the_spec_of_its_template(void **state)
{
	struct fixture *fixture = *state;
	char template[CONTAINER_ID_MAX];
	const char *const labels[] = { WEB, "colour=green" };
	const struct container *container;
	char spec[CONTAINER_SPEC_BYTES];

	tested->run(tested->context, "web_1", labels, countof(labels), 0.5);
	container = await_container(fixture, "web_1", CONTAINER_RUNNING);
	assert_int_equal(strlen(container->spec), CONTAINER_SPEC_BYTES - 1);
	(void)mem_strcpy(spec, sizeof(spec), container->spec);
	(void)mem_strcpy(template, sizeof(template), container->id);
	forget(fixture);
	assert_int_equal(result_code(fixture, submit_create(fixture, template, "web-ds-1")), 0);
	container = await_container(fixture, "web-ds-1", CONTAINER_CREATED);
	assert_string_equal(container_label(container, LABEL_SPEC), spec);
	assert_string_equal(container->spec, spec);
}

static void a_template_that_is_recreated_has_another_spec_only_when_it_is_another(void **state)
{
	struct fixture *fixture = *state;
	const char *const labels[] = { WEB, "colour=green" };
	const char *const tuned[] = { WEB, "colour=green", "dockscale.max=7" };
	const char *const changed[] = { WEB, "colour=red" };
	char spec[CONTAINER_SPEC_BYTES];

	tested->run(tested->context, "web_1", labels, countof(labels), 0.5);
	(void)mem_strcpy(
		spec, sizeof(spec), await_container(fixture, "web_1", CONTAINER_RUNNING)->spec);
	assert_string_equal(recreated(fixture, labels, countof(labels))->spec, spec);
	assert_string_equal(recreated(fixture, tuned, countof(tuned))->spec, spec);
	assert_string_not_equal(recreated(fixture, changed, countof(changed))->spec, spec);
}

static void a_name_that_is_taken_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	char template[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", template);
	assert_int_equal(
		result_code(fixture, submit_create(fixture, template, "web_1")), ERR_CONFLICT);
}

static void a_service_with_replicas_of_another_instance_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const char *const foreign[] = { WEB, LABEL_OWNER "=another", LABEL_ROLE "=replica" };
	char template[CONTAINER_ID_MAX];
	const struct record *result;

	tested->run(tested->context, "neighbour", foreign, countof(foreign), 0);
	run_web(fixture, "web_1", template);
	result = await_result(fixture, submit_create(fixture, template, "web-ds-1"));
	assert_int_equal(result->event.result.code, ERR_REFUSED);
	assert_non_null(strstr(result->event.result.msg, "another"));
	tested->stop(tested->context, "neighbour");
	assert_int_equal(result_code(fixture, submit_create(fixture, template, "web-ds-1")), 0);
}

static void a_clone_of_nothing_is_not_found(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		result_code(fixture, submit_create(fixture, NOBODY, "web-ds-1")), ERR_NOT_FOUND);
}

static void a_clone_runs_when_its_start_is_answered(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct container *clone;
	uint64_t intent;

	run_web(fixture, "web_1", id);
	intent = submit_create(fixture, id, "web-ds-1");
	(void)mem_strcpy(id, sizeof(id), await_result(fixture, intent)->event.result.container);
	forget(fixture);
	intent = submit_for(fixture, INTENT_START, id);
	assert_int_equal(result_code(fixture, intent), 0);
	clone = await_container(fixture, "web-ds-1", CONTAINER_RUNNING);
	assert_true(clone->started_at > 0);
	assert_true(clone->n_endpoints > 0);
	assert_string_not_equal(clone->endpoints[0].address, "");
	assert_announced_before(fixture, clone, intent);
}

static void a_start_of_what_runs_is_success(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_START, id), 0);
	assert_int_equal(result_of(fixture, INTENT_START, id), 0);
}

static void a_start_of_an_unknown_container_is_not_found(void **state)
{
	assert_int_equal(result_of(*state, INTENT_START, NOBODY), ERR_NOT_FOUND);
}

static void a_container_that_starts_again_has_a_new_life(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct container *container;
	usec_t first;

	run_web(fixture, "web_1", id);
	tested->stop(tested->context, "web_1");
	container = await_container(fixture, "web_1", CONTAINER_EXITED);
	first = container->started_at;
	forget(fixture);
	assert_int_equal(result_of(fixture, INTENT_START, id), 0);
	container = await_container(fixture, "web_1", CONTAINER_RUNNING);
	assert_string_equal(container->id, id);
	assert_true(container->started_at > first);
}

static void a_stop_is_announced_and_answered(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_string_equal(await_container(fixture, "web_1", CONTAINER_EXITED)->id, id);
}

static void a_stop_of_what_is_stopped_or_unknown_is_success(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_STOP, NOBODY), 0);
}

static void a_pause_and_its_end_are_announced_before_their_results(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct container *container;
	struct container before;
	uint64_t intent;

	run_web(fixture, "web_1", id);
	intent = submit_for(fixture, INTENT_PAUSE, id);
	assert_int_equal(result_code(fixture, intent), 0);
	container = await_container(fixture, "web_1", CONTAINER_PAUSED);
	assert_announced_before(fixture, container, intent);
	before = *container;
	forget(fixture);
	intent = submit_for(fixture, INTENT_UNPAUSE, id);
	assert_int_equal(result_code(fixture, intent), 0);
	container = await_container(fixture, "web_1", CONTAINER_RUNNING);
	assert_announced_before(fixture, container, intent);
	assert_true(before.started_at == container->started_at);
	assert_true(before.pid == container->pid);
	assert_string_equal(before.endpoints[0].address, container->endpoints[0].address);
}

static void a_pause_of_what_is_paused_is_success_and_so_is_its_opposite(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_UNPAUSE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_PAUSE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_PAUSE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_UNPAUSE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_UNPAUSE, id), 0);
}

static void a_pause_of_what_does_not_run_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_PAUSE, id), ERR_CONFLICT);
	assert_int_equal(result_of(fixture, INTENT_UNPAUSE, id), ERR_CONFLICT);
}

static void a_pause_of_an_unknown_container_is_not_found(void **state)
{
	assert_int_equal(result_of(*state, INTENT_PAUSE, NOBODY), ERR_NOT_FOUND);
	assert_int_equal(result_of(*state, INTENT_UNPAUSE, NOBODY), ERR_NOT_FOUND);
}

static void what_is_paused_is_not_started_nor_removed_but_stopped(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_PAUSE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_START, id), ERR_CONFLICT);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), ERR_CONFLICT);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), 0);
}

static void a_removal_is_announced_and_answered(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), 0);
	(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = id });
}

static void a_removal_of_what_is_gone_or_unknown_is_success(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_STOP, id), 0);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), 0);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, NOBODY), 0);
}

static void a_removal_of_what_runs_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	assert_int_equal(result_of(fixture, INTENT_REMOVE, id), ERR_CONFLICT);
}

static void a_death_is_announced(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	tested->kill(tested->context, "web_1");
	assert_string_equal(await_container(fixture, "web_1", CONTAINER_EXITED)->id, id);
}

static void a_stop_by_a_person_is_announced(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	tested->stop(tested->context, "web_1");
	assert_string_equal(await_container(fixture, "web_1", CONTAINER_EXITED)->id, id);
}

/* Also by each listing after it. */
static void an_end_that_a_person_asked_for_is_told_from_one_that_just_came(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct record *listing;
	bool told = !tested->silent_stops;

	run_web(fixture, "web_1", id);
	run_web(fixture, "web_2", id);
	tested->stop(tested->context, "web_1");
	tested->kill(tested->context, "web_2");
	assert_true(await_container(fixture, "web_1", CONTAINER_EXITED)->end_was_asked == told);
	assert_false(await_container(fixture, "web_2", CONTAINER_EXITED)->end_was_asked);
	let_pass(300 * USEC_PER_MSEC); /* what is told of it afterwards */
	forget(fixture);
	fixture->runtime->vtable->list(fixture->runtime);
	listing = await_listing(fixture);
	assert_true(listed(listing, "web_1")->end_was_asked == told);
	assert_false(listed(listing, "web_2")->end_was_asked);
	assert_int_equal(result_of(fixture, INTENT_START, listed(listing, "web_1")->id), 0);
	assert_false(await_container(fixture, "web_1", CONTAINER_RUNNING)->end_was_asked);
}

static void a_program_that_dies_after_it_was_stopped_once_was_not_stopped_again(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	tested->stop(tested->context, "web_1");
	(void)await_container(fixture, "web_1", CONTAINER_EXITED);
	assert_int_equal(result_of(fixture, INTENT_START, id), 0);
	forget(fixture);
	tested->kill(tested->context, "web_1");
	assert_false(await_container(fixture, "web_1", CONTAINER_EXITED)->end_was_asked);
}

static void a_removal_by_a_person_is_announced(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_web(fixture, "web_1", id);
	tested->remove(tested->context, "web_1");
	(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = id });
}

static void every_intent_has_exactly_one_result(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	uint64_t first;
	size_t seen[8] = { 0 };

	run_web(fixture, "web_1", id);
	first = submit_for(fixture, INTENT_START, id);
	for (size_t i = 1; i < countof(seen); i++)
		(void)submit_for(fixture, i % 2 == 0 ? INTENT_START : INTENT_STOP, id);
	for (size_t i = 0; i < countof(seen); i++)
		(void)await_result(fixture, first + i);
	let_pass(300 * USEC_PER_MSEC);
	for (size_t i = fixture->from; i < fixture->n_records; i++)
		if (fixture->records[i].event.kind == EVENT_RESULT)
			seen[fixture->records[i].event.result.intent - first]++;
	for (size_t i = 0; i < countof(seen); i++)
		assert_int_equal(seen[i], 1);
}

static void an_intent_while_it_is_away_is_unreachable(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct record *link;

	run_web(fixture, "web_1", id);
	tested->set_away(tested->context, true);
	link = await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true });
	assert_string_not_equal(link->event.link.msg, "");
	assert_int_equal(result_of(fixture, INTENT_START, id), ERR_UNREACHABLE);
	assert_int_equal(
		result_code(fixture, submit_create(fixture, id, "web-ds-1")), ERR_UNREACHABLE);
	tested->set_away(tested->context, false);
}

static void it_says_once_that_it_is_away_and_once_that_it_is_back(void **state)
{
	struct fixture *fixture = *state;
	size_t changes = 0;

	tested->set_away(tested->context, true);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true });
	let_pass(USEC_PER_SEC);
	tested->set_away(tested->context, false);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = false });
	let_pass(300 * USEC_PER_MSEC);
	for (size_t i = fixture->from; i < fixture->n_records; i++)
		changes += fixture->records[i].event.kind == EVENT_RUNTIME;
	assert_int_equal(changes, 2);
}

static void it_lists_when_it_comes_back(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct record *back;

	run_web(fixture, "web_1", id);
	tested->set_away(tested->context, true);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true });
	forget(fixture);
	tested->set_away(tested->context, false);
	back = await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = false });
	fixture->from = (size_t)(back - fixture->records);
	assert_non_null(listed(await_listing(fixture), "web_1"));
}

static void a_listing_can_be_asked_for_twice_at_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->runtime->vtable->list(fixture->runtime);
	fixture->runtime->vtable->list(fixture->runtime);
	assert_int_equal(await_listing(fixture)->n_containers, 0);
}

#define promise(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int suite_runtime(const struct suite_runtime_world *world)
{
	const struct CMUnitTest tests[] = {
		promise(a_container_that_a_person_runs_is_announced_with_its_facts),
		promise(a_listing_shows_all_that_matter_and_no_others),
		promise(a_listing_shows_stopped_containers_too),
		promise(a_listing_can_be_asked_for_twice_at_once),
		promise(a_clone_is_announced_before_the_result_that_gives_its_id),
		promise(a_clone_bears_our_labels_and_the_limit_of_its_template),
		promise(a_clone_bears_the_spec_of_its_template),
		promise(a_template_that_is_recreated_has_another_spec_only_when_it_is_another),
		promise(a_name_that_is_taken_is_a_conflict),
		promise(a_service_with_replicas_of_another_instance_is_refused),
		promise(a_clone_of_nothing_is_not_found),
		promise(a_clone_runs_when_its_start_is_answered),
		promise(a_start_of_what_runs_is_success),
		promise(a_start_of_an_unknown_container_is_not_found),
		promise(a_container_that_starts_again_has_a_new_life),
		promise(a_stop_is_announced_and_answered),
		promise(a_stop_of_what_is_stopped_or_unknown_is_success),
		promise(a_pause_and_its_end_are_announced_before_their_results),
		promise(a_pause_of_what_is_paused_is_success_and_so_is_its_opposite),
		promise(a_pause_of_what_does_not_run_is_a_conflict),
		promise(a_pause_of_an_unknown_container_is_not_found),
		promise(what_is_paused_is_not_started_nor_removed_but_stopped),
		promise(a_removal_is_announced_and_answered),
		promise(a_removal_of_what_is_gone_or_unknown_is_success),
		promise(a_removal_of_what_runs_is_a_conflict),
		promise(a_death_is_announced),
		promise(a_stop_by_a_person_is_announced),
		promise(an_end_that_a_person_asked_for_is_told_from_one_that_just_came),
		promise(a_program_that_dies_after_it_was_stopped_once_was_not_stopped_again),
		promise(a_removal_by_a_person_is_announced),
		promise(every_intent_has_exactly_one_result),
		promise(an_intent_while_it_is_away_is_unreachable),
		promise(it_says_once_that_it_is_away_and_once_that_it_is_back),
		promise(it_lists_when_it_comes_back),
	};

	tested = world;
	return cmocka_run_group_tests_name(tested->name, tests, NULL, NULL);
}
