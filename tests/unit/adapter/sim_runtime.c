/*
 * The simulated container engine: what a call does, when the daemon hears of it, and what goes wrong
 * on request.
 */
#include "unit/adapter/sim_rig.h"

static void the_first_listing_follows_the_connection(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	sim_daemon_restart(rig->sim, rig->config, rig_sink(rig));
	rig->n_events = 0;
	rig_wait(rig, SECOND / 100);
	assert_int_equal(rig->n_events, 2);
	assert_int_equal(rig->events[0].event.kind, EVENT_RUNTIME);
	assert_int_equal(rig->events[0].event.link.code, 0);
	assert_int_equal(rig->events[1].event.kind, EVENT_LISTING);
	assert_int_equal(rig->events[1].event.listing.count, 1);
}

static void a_listing_leaves_out_who_does_not_matter(void **state)
{
	struct rig *rig = *state;
	struct runtime *runtime = sim_runtime(rig->sim);

	rig_run(rig, "web");
	sim_run(rig->sim, "other", NULL, 0, 0);
	runtime->vtable->list(runtime);
	runtime->vtable->list(runtime);
	rig_wait(rig, SECOND);
	assert_int_equal(rig_count(rig, EVENT_LISTING), 1);
	assert_int_equal(rig_last(rig, EVENT_LISTING)->event.listing.count, 1);
	assert_int_equal(rig_count(rig, EVENT_CONTAINER), 1);
}

static void a_listing_comes_by_itself_now_and_then(void **state)
{
	struct rig *rig = *state;

	rig_wait(rig, 130 * SECOND);
	assert_int_equal(rig_count(rig, EVENT_LISTING), 2);
}

static void a_clone_is_announced_before_its_answer(void **state)
{
	struct rig *rig = *state;
	uint64_t call = rig_create(rig, rig_run(rig, "web"), "web-1");
	const struct container *clone;

	rig_wait(rig, SECOND / 2);
	clone = sim_container(rig->sim, "web", 1);
	assert_non_null(clone);
	assert_string_equal(rig->events[1].id, clone->id);
	assert_int_equal(rig->events[1].state, CONTAINER_CREATED);
	assert_int_equal(rig->events[2].event.kind, EVENT_RESULT);
	assert_int_equal(rig_answer(rig, call)->event.result.code, 0);
	assert_string_equal(rig_answer(rig, call)->event.result.container, clone->id);
}

static void a_clone_bears_our_labels_and_the_limits_of_its_template(void **state)
{
	struct rig *rig = *state;
	const char *labels[] = { "dockscale.service=web", "color=blue" };
	const struct container *clone;

	rig_create(rig, sim_run(rig->sim, "web", labels, 2, 0.5), "web-1");
	rig_wait(rig, SECOND);
	clone = sim_container(rig->sim, "web", 1);
	assert_non_null(clone);
	assert_string_equal(container_label(clone, LABEL_SERVICE), "web");
	assert_string_equal(container_label(clone, LABEL_OWNER), "here");
	assert_string_equal(container_label(clone, LABEL_ROLE), "replica");
	assert_string_equal(container_label(clone, LABEL_INTENT), "web-1");
	assert_string_equal(container_label(clone, "color"), "blue");
	assert_true(clone->cpu_limit_cores == 0.5);
}

static void a_name_that_is_taken_is_a_conflict(void **state)
{
	struct rig *rig = *state;
	uint64_t call = rig_create(rig, rig_run(rig, "web"), "web");

	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, call)->event.result.code, ERR_CONFLICT);
	assert_int_equal(sim_containers(rig->sim, "web"), 1);
}

static void a_template_that_is_gone_is_not_found(void **state)
{
	struct rig *rig = *state;
	uint64_t call = rig_create(rig, "no such id", "web-1");

	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, call)->event.result.code, ERR_NOT_FOUND);
}

static void a_writable_volume_is_refused_with_the_cure(void **state)
{
	struct rig *rig = *state;
	const char *labels[] = { "dockscale.service=web", "sim.volume=writable" };
	const char *template = sim_run(rig->sim, "database", labels, 2, 1.0);
	uint64_t refused = rig_create(rig, template, "database-1");
	uint64_t allowed;

	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, refused)->event.result.code, ERR_REFUSED);
	assert_non_null(strstr(rig_answer(rig, refused)->event.result.msg, "shared_volumes"));
	assert_int_equal(sim_containers(rig->sim, "web"), 1);
	rig->service.shared_volumes = SHARED_VOLUMES_ALLOW;
	allowed = rig_create(rig, template, "database-1");
	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, allowed)->event.result.code, 0);
}

static void starting_and_stopping_twice_is_success(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	uint64_t start = rig_call(rig, INTENT_START, id);
	uint64_t stop = rig_call(rig, INTENT_STOP, id);
	uint64_t again;

	rig_wait(rig, SECOND);
	again = rig_call(rig, INTENT_STOP, id);
	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, start)->event.result.code, 0);
	assert_int_equal(rig_answer(rig, stop)->event.result.code, 0);
	assert_int_equal(rig_answer(rig, again)->event.result.code, 0);
	assert_int_equal(sim_running(rig->sim, "web"), 0);
}

static void what_is_not_there_is_stopped_and_removed_but_not_started(void **state)
{
	struct rig *rig = *state;
	uint64_t stop = rig_call(rig, INTENT_STOP, "none");
	uint64_t remove = rig_call(rig, INTENT_REMOVE, "none");
	uint64_t start = rig_call(rig, INTENT_START, "none");

	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, stop)->event.result.code, 0);
	assert_int_equal(rig_answer(rig, remove)->event.result.code, 0);
	assert_int_equal(rig_answer(rig, start)->event.result.code, ERR_NOT_FOUND);
}

static void what_runs_is_not_removed(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	uint64_t refused = rig_call(rig, INTENT_REMOVE, id);
	uint64_t done;

	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, refused)->event.result.code, ERR_CONFLICT);
	sim_stop(rig->sim, "web");
	done = rig_call(rig, INTENT_REMOVE, id);
	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, done)->event.result.code, 0);
	assert_int_equal(rig_count(rig, EVENT_GONE), 1);
	assert_int_equal(sim_containers(rig->sim, "web"), 0);
}

static void an_address_is_used_again_as_soon_as_it_is_free(void **state)
{
	struct rig *rig = *state;
	char address[CONTAINER_ADDRESS_MAX];

	rig_run(rig, "web");
	(void)mem_strcpy(address, sizeof(address), rig_last(rig, EVENT_CONTAINER)->address);
	sim_stop(rig->sim, "web");
	assert_string_equal(rig_last(rig, EVENT_CONTAINER)->address, "");
	rig_run(rig, "other");
	assert_string_equal(rig_last(rig, EVENT_CONTAINER)->address, address);
}

static void another_start_is_another_life(void **state)
{
	struct rig *rig = *state;
	const struct container *web;
	usec_t first;

	rig_run(rig, "web");
	web = sim_container(rig->sim, "web", 0);
	first = web->started_at;
	sim_stop(rig->sim, "web");
	sim_start(rig->sim, "web");
	assert_true(web->started_at > first);
}

static void a_call_that_was_made_to_fail_does_nothing(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	uint64_t failed;
	uint64_t worked;

	sim_fail(rig->sim, INTENT_CREATE, 1, ERR_REMOTE, false);
	failed = rig_create(rig, id, "web-1");
	worked = rig_create(rig, id, "web-2");
	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, failed)->event.result.code, ERR_REMOTE);
	assert_int_equal(rig_answer(rig, worked)->event.result.code, 0);
	assert_int_equal(sim_containers(rig->sim, "web"), 2);
}

static void what_timed_out_but_worked_is_only_seen_in_a_listing(void **state)
{
	struct rig *rig = *state;
	struct runtime *runtime = sim_runtime(rig->sim);
	const char *id = rig_run(rig, "web");
	usec_t begin = sim_now(rig->sim).boot;
	uint64_t call;

	sim_fail(rig->sim, INTENT_CREATE, 1, 0, true);
	call = rig_create(rig, id, "web-1");
	rig_wait(rig, 31 * SECOND);
	assert_int_equal(rig_answer(rig, call)->event.result.code, ERR_TIMEOUT);
	assert_int_equal(rig_answer(rig, call)->at - begin, 30 * SECOND);
	assert_int_equal(rig_count(rig, EVENT_CONTAINER), 1); /* the template's */
	runtime->vtable->list(runtime);
	rig_wait(rig, SECOND);
	assert_int_equal(rig_last(rig, EVENT_LISTING)->event.listing.count, 2);
}

static void an_answer_later_than_the_deadline_is_a_timeout(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	struct intent intent = rig_intent(rig, INTENT_STOP, id);
	struct runtime *runtime = sim_runtime(rig->sim);

	intent.deadline = sim_now(rig->sim).boot + SECOND / 10; /* it takes 200 ms */
	runtime->vtable->submit(runtime, &intent);
	rig_wait(rig, SECOND / 10);
	assert_int_equal(rig_answer(rig, intent.id)->event.result.code, ERR_TIMEOUT);
	assert_int_equal(sim_running(rig->sim, "web"), 1);
	rig_wait(rig, SECOND);
	assert_int_equal(sim_running(rig->sim, "web"), 0);
	assert_int_equal(rig_last(rig, EVENT_CONTAINER)->state, CONTAINER_EXITED);
}

static void while_away_calls_are_unreachable_and_nothing_is_announced(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	uint64_t call;

	sim_runtime_away(rig->sim, true);
	assert_int_equal(rig_last(rig, EVENT_RUNTIME)->event.link.code, ERR_UNREACHABLE);
	call = rig_call(rig, INTENT_STOP, id);
	rig_run(rig, "web-2");
	rig_wait(rig, SECOND);
	assert_int_equal(rig_answer(rig, call)->event.result.code, ERR_UNREACHABLE);
	assert_int_equal(rig_count(rig, EVENT_CONTAINER), 1);
	sim_runtime_away(rig->sim, false);
	rig_wait(rig, SECOND);
	assert_int_equal(rig_last(rig, EVENT_RUNTIME)->event.link.code, 0);
	assert_int_equal(rig_last(rig, EVENT_LISTING)->event.listing.count, 2);
}

static void a_call_under_way_when_the_engine_goes_is_answered_once(void **state)
{
	struct rig *rig = *state;
	const char *id = rig_run(rig, "web");
	uint64_t calls[16];
	size_t done;

	for (size_t i = 0; i < countof(calls); i++) {
		char name[] = "web-a";

		name[4] = (char)('a' + i);
		calls[i] = rig_create(rig, id, name);
	}
	sim_runtime_away(rig->sim, true);
	rig_wait(rig, 40 * SECOND);
	for (size_t i = 0; i < countof(calls); i++)
		assert_int_equal(rig_answer(rig, calls[i])->event.result.code, ERR_UNREACHABLE);
	done = sim_containers(rig->sim, "web") - 1;
	assert_in_range(done, 1, countof(calls) - 1); /* some were done, some were lost */
}

static void what_a_killed_daemon_asked_for_happens_unheard(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, rig_run(rig, "web"), "web-1");
	sim_daemon_restart(rig->sim, rig->config, rig_sink(rig));
	rig_wait(rig, SECOND);
	assert_int_equal(rig_count(rig, EVENT_RESULT), 0);
	assert_int_equal(sim_containers(rig->sim, "web"), 2);
}

static void our_replicas_start_again_by_themselves_three_times(void **state)
{
	struct rig *rig = *state;
	uint64_t call = rig_create(rig, rig_run(rig, "web"), "web-1");

	rig_wait(rig, SECOND);
	rig_call(rig, INTENT_START, rig_answer(rig, call)->event.result.container);
	rig_wait(rig, SECOND);
	for (unsigned i = 0; i < 3; i++) {
		sim_kill(rig->sim, "web-1");
		assert_int_equal(rig_last(rig, EVENT_CONTAINER)->state, CONTAINER_RESTARTING);
		rig_wait(rig, SECOND);
		assert_int_equal(rig_last(rig, EVENT_CONTAINER)->state, CONTAINER_RUNNING);
	}
	sim_kill(rig->sim, "web-1");
	rig_wait(rig, 10 * SECOND);
	assert_int_equal(rig_last(rig, EVENT_CONTAINER)->state, CONTAINER_EXITED);
}

static void a_persons_container_stays_down(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	sim_kill(rig->sim, "web");
	rig_wait(rig, 10 * SECOND);
	assert_int_equal(sim_running(rig->sim, "web"), 0);
}

static void an_engine_with_live_restore_comes_back_with_all(void **state)
{
	struct rig *rig = *state;

	rig_run(rig, "web");
	sim_engine_restart(rig->sim, true);
	assert_int_equal(sim_running(rig->sim, "web"), 1);
	rig_wait(rig, 10 * SECOND);
	assert_int_equal(rig_count(rig, EVENT_CONTAINER), 1);
	assert_int_equal(rig_last(rig, EVENT_LISTING)->event.listing.count, 1);
}

static void an_engine_without_live_restore_brings_back_whose_policy_says_so(void **state)
{
	struct rig *rig = *state;
	const char *labels[] = { "dockscale.service=web", "sim.restart=always" };
	const struct container *second;
	char address[CONTAINER_ADDRESS_MAX];

	rig_run(rig, "web");
	sim_run(rig->sim, "web-2", labels, 2, 1.0);
	sim_run(rig->sim, "web-3", labels, 2, 1.0);
	second = sim_container(rig->sim, "web", 1);
	(void)mem_strcpy(address, sizeof(address), second->endpoints[0].address);
	rig->n_events = 0;
	sim_engine_restart(rig->sim, false);
	assert_int_equal(sim_running(rig->sim, "web"), 0);
	assert_int_equal(rig_count(rig, EVENT_CONTAINER), 3); /* each end is told */
	rig_wait(rig, 10 * SECOND);
	assert_int_equal(sim_running(rig->sim, "web"), 2);
	assert_string_not_equal(second->endpoints[0].address, address);
}

static void the_same_seed_is_the_same_world(void **state)
{
	struct rig *rig = *state;
	struct sim_settings settings = sim_settings_default();
	struct rig *twin = rig_new(&settings);
	struct rig *other;

	settings.seed = 2;
	other = rig_new(&settings);
	assert_string_equal(rig_run(rig, "web"), rig_run(twin, "web"));
	assert_string_not_equal(rig_run(other, "web"), sim_container(rig->sim, "web", 0)->id);
	rig_free(other);
	rig_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_first_listing_follows_the_connection, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_listing_leaves_out_who_does_not_matter, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_listing_comes_by_itself_now_and_then, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_clone_is_announced_before_its_answer, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_clone_bears_our_labels_and_the_limits_of_its_template, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_is_a_conflict, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_template_that_is_gone_is_not_found, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_writable_volume_is_refused_with_the_cure, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			starting_and_stopping_twice_is_success, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_not_there_is_stopped_and_removed_but_not_started, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			what_runs_is_not_removed, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			an_address_is_used_again_as_soon_as_it_is_free, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			another_start_is_another_life, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_that_was_made_to_fail_does_nothing, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(what_timed_out_but_worked_is_only_seen_in_a_listing,
			rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			an_answer_later_than_the_deadline_is_a_timeout, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			while_away_calls_are_unreachable_and_nothing_is_announced, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_under_way_when_the_engine_goes_is_answered_once, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_killed_daemon_asked_for_happens_unheard, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(our_replicas_start_again_by_themselves_three_times,
			rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			a_persons_container_stays_down, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			an_engine_with_live_restore_comes_back_with_all, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(
			an_engine_without_live_restore_brings_back_whose_policy_says_so, rig_set_up,
			rig_tear_down),
		cmocka_unit_test_setup_teardown(
			the_same_seed_is_the_same_world, rig_set_up, rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
