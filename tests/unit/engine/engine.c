/*
 * The engine, told what happened event by event. What these tests say of it holds for any world;
 * whole stories are told on the simulated one.
 */
#include "hand.h"

static struct service_snapshot web_of(struct hand *hand)
{
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	struct service_snapshot web = { 0 };

	if (snapshot->n_services > 0)
		web = snapshot->services[0];
	web.replicas = NULL;
	for (size_t i = 0; i < snapshot->n_services; i++)
		free(snapshot->services[i].replicas);
	free(snapshot->services);
	free(snapshot);
	return web;
}

/* A template that serves. */
static void serve_template(struct hand *hand)
{
	struct container template = hand_template();

	hand_init(hand);
	hand_list(hand, &template, 1);
	container_finish(&template);
	assert_non_null(hand_intent(hand, INTENT_PROBE, 0));
	hand_probe(hand, "web-id", true);
	hand_balanced(hand, 0);
	assert_int_equal(web_of(hand).serving, 1);
}

/* Ticks with the template busy at @share of its core, until something else than notes,
 * memberships and probes is wanted, or @most ticks are over. */
static void load_template(struct hand *hand, double share, int most)
{
	static double used;

	for (int i = 0; i < most; i++) {
		used += share * (double)USEC_PER_SEC;
		hand->now.boot += USEC_PER_SEC;
		hand_sample(hand, "web", 5, used);
		if (hand_count(hand, INTENT_CREATE) > 0)
			return;
		hand_event(hand, (struct event){ .kind = EVENT_TICK });
		if (hand_count(hand, INTENT_CREATE) > 0)
			return;
	}
}

static void a_labelled_container_becomes_a_service(void **state)
{
	struct hand hand;
	struct service_snapshot web;

	(void)state;
	serve_template(&hand);
	web = web_of(&hand);
	assert_string_equal(web.name, "web");
	assert_int_equal(web.desired, 1);
	assert_int_equal(web.max, 4);
	hand_finish(&hand);
}

static void nothing_is_said_to_the_balancer_before_the_first_probe_is_answered(void **state)
{
	struct hand hand;
	struct container template = hand_template();

	(void)state;
	hand_init(&hand);
	hand_list(&hand, &template, 1);
	container_finish(&template);
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 0);
	hand_tick(&hand);
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 0);
	hand_probe(&hand, "web-id", false);
	hand_tick(&hand);
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 1);
	assert_int_equal(hand_intent(&hand, INTENT_MEMBERSHIP, 0)->membership.count, 0);
	hand_finish(&hand);
}

static void a_busy_template_is_cloned(void **state)
{
	struct hand hand;
	const struct intent *create;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 1.0, 10);
	create = hand_intent(&hand, INTENT_CREATE, 0);
	assert_non_null(create);
	assert_string_equal(create->container, "web-id");
	assert_memory_equal(create->name, "ds-host1-web-", 13);
	assert_non_null(hand_intent(&hand, INTENT_NOTE, 0));
	assert_string_equal(hand_intent(&hand, INTENT_NOTE, 0)->note.what, "scaling up");
	hand_finish(&hand);
}

static void an_idle_template_is_left_alone(void **state)
{
	struct hand hand;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 0.3, 200);
	assert_int_equal(web_of(&hand).desired, 1);
	hand_finish(&hand);
}

static void a_clone_gets_traffic_only_when_its_probe_is_healthy(void **state)
{
	struct hand hand;
	struct container clone = hand_container("clone", 50);
	struct intent create;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 1.0, 10);
	create = *hand_intent(&hand, INTENT_CREATE, 0);
	(void)snprintf(clone.name, sizeof(clone.name), "%s", create.name);
	hand_label_clone(&clone);
	clone.state = CONTAINER_CREATED;
	clone.started_at = 0;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &clone });
	hand_answer(&hand, &create, 0, clone.id);
	assert_int_equal(hand_count(&hand, INTENT_START), 1);
	create = *hand_intent(&hand, INTENT_START, 0);
	clone.state = CONTAINER_RUNNING;
	clone.started_at = 50;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &clone });
	assert_int_equal(hand_count(&hand, INTENT_PROBE), 1);
	assert_int_equal(hand_count(&hand, INTENT_WATCH), 1);
	hand_answer(&hand, &create, 0, "");
	hand_probe(&hand, clone.id, false);
	hand_tick(&hand);
	assert_int_equal(hand_intent(&hand, INTENT_MEMBERSHIP, 0)->membership.count, 1);
	hand_probe(&hand, clone.id, true);
	assert_int_equal(hand_intent(&hand, INTENT_MEMBERSHIP, 0)->membership.count, 2);
	container_finish(&clone);
	hand_finish(&hand);
}

static void a_refused_clone_is_not_asked_for_again(void **state)
{
	struct hand hand;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 1.0, 10);
	hand_answer(&hand, hand_intent(&hand, INTENT_CREATE, 0), ERR_REFUSED, "");
	assert_string_equal(web_of(&hand).problem, "said the runtime");
	load_template(&hand, 1.0, 100);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
	assert_int_equal(web_of(&hand).counters.refused, 1);
	hand_finish(&hand);
}

static void a_failed_create_is_tried_again_later_and_later(void **state)
{
	struct hand hand;
	usec_t first;
	usec_t second;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 1.0, 10);
	hand_answer(&hand, hand_intent(&hand, INTENT_CREATE, 0), ERR_REMOTE, "");
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
	first = hand.now.boot;
	load_template(&hand, 1.0, 20);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 1);
	first = hand.now.boot - first;
	second = hand.now.boot;
	for (int i = 0; i < 4; i++) {
		second = hand.now.boot;
		hand_answer(&hand, hand_intent(&hand, INTENT_CREATE, 0), ERR_REMOTE, "");
		load_template(&hand, 1.0, 100);
	}
	assert_true(hand.now.boot - second > 4 * first);
	hand_finish(&hand);
}

static void a_create_that_timed_out_is_looked_up_before_another_is_made(void **state)
{
	struct hand hand;
	struct container both[2] = { hand_template(), hand_container("clone", 50) };
	struct intent create;

	(void)state;
	serve_template(&hand);
	load_template(&hand, 1.0, 10);
	create = *hand_intent(&hand, INTENT_CREATE, 0);
	hand_answer(&hand, &create, ERR_TIMEOUT, "");
	assert_int_equal(hand_count(&hand, INTENT_LIST), 1);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
	(void)snprintf(both[1].name, sizeof(both[1].name), "%s", create.name);
	hand_label_clone(&both[1]);
	both[1].state = CONTAINER_CREATED;
	both[1].started_at = 0;
	hand_list(&hand, both, 2);
	assert_int_equal(hand_count(&hand, INTENT_START), 1);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
	container_finish(&both[0]);
	container_finish(&both[1]);
	hand_finish(&hand);
}

static void a_dead_replica_leaves_the_balancer_at_once(void **state)
{
	struct hand hand;
	struct container template = hand_template();

	(void)state;
	serve_template(&hand);
	template.state = CONTAINER_EXITED;
	template.exit_code = 137;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &template });
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 1);
	assert_int_equal(hand_intent(&hand, INTENT_MEMBERSHIP, 0)->membership.count, 0);
	assert_int_equal(hand_count(&hand, INTENT_START), 0);
	hand_tick(&hand);
	hand_tick(&hand);
	assert_int_equal(hand_count(&hand, INTENT_START) + hand_count(&hand, INTENT_CREATE), 1);
	container_finish(&template);
	hand_finish(&hand);
}

static void a_limit_that_changes_is_told_to_the_source(void **state)
{
	struct hand hand;
	struct container template = hand_template();
	const struct intent *watch;

	(void)state;
	serve_template(&hand);
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &template });
	assert_int_equal(hand_count(&hand, INTENT_WATCH), 0);
	template.cpu_limit_cores = 0.5;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &template });
	watch = hand_intent(&hand, INTENT_WATCH, 0);
	assert_non_null(watch);
	assert_true(watch->watch.cpu_limit_cores < 0.6);
	assert_int_equal(web_of(&hand).serving, 1);
	container_finish(&template);
	hand_finish(&hand);
}

static void nothing_is_done_while_the_runtime_is_away(void **state)
{
	struct hand hand;
	struct event away = { .kind = EVENT_RUNTIME,
		.link = { .code = ERR_UNREACHABLE, .msg = "refused" } };

	(void)state;
	serve_template(&hand);
	hand_event(&hand, away);
	assert_int_equal(hand_intent(&hand, INTENT_NOTE, 0)->note.level, LOG_LEVEL_WARNING);
	hand_event(&hand, away);
	assert_int_equal(hand_count(&hand, INTENT_NOTE), 0);
	load_template(&hand, 1.0, 30);
	assert_int_equal(web_of(&hand).desired, 1);
	hand_finish(&hand);
}

static void a_new_engine_takes_over_what_runs(void **state)
{
	struct hand hand;
	struct container all[3] = { hand_template(), hand_container("one", 50),
		hand_container("two", 51) };

	(void)state;
	hand_init(&hand);
	hand_label_clone(&all[1]);
	hand_label_clone(&all[2]);
	hand_list(&hand, all, 3);
	assert_int_equal(hand_count(&hand, INTENT_PROBE), 3);
	assert_int_equal(web_of(&hand).desired, 3);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
	assert_int_equal(hand_count(&hand, INTENT_STOP), 0);
	for (size_t i = 0; i < countof(all); i++)
		container_finish(&all[i]);
	hand_finish(&hand);
}

static void a_clone_that_was_only_created_is_cleared_away(void **state)
{
	struct hand hand;
	struct container all[2] = { hand_template(), hand_container("half", 50) };

	(void)state;
	hand_init(&hand);
	hand_label_clone(&all[1]);
	all[1].state = CONTAINER_CREATED;
	all[1].started_at = 0;
	hand_list(&hand, all, 2);
	assert_int_equal(web_of(&hand).desired, 1);
	hand_tick(&hand);
	assert_int_equal(web_of(&hand).draining, 1);
	container_finish(&all[0]);
	container_finish(&all[1]);
	hand_finish(&hand);
}

static size_t count_desired(struct hand *hand)
{
	return web_of(hand).desired;
}

/* `docker rm -f web` and `docker run --name web`: it is created before it is started. */
static void a_template_that_is_recreated_costs_no_count_and_is_started_by_who_made_it(void **state)
{
	struct container both[2] = { hand_template(), hand_container("clone", 6) };
	struct container successor = hand_container("web", 20);
	struct hand hand;

	(void)state;
	hand_label_clone(&both[1]);
	hand_init(&hand);
	hand_list(&hand, both, 2);
	hand_probe(&hand, "web-id", true);
	hand_probe(&hand, "clone-id", true);
	hand_balanced(&hand, 0);
	assert_int_equal(count_desired(&hand), 2);
	both[0].state = CONTAINER_EXITED;
	both[0].end_was_asked = true;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &both[0] });
	hand_event(&hand, (struct event){ .kind = EVENT_GONE, .gone = "web-id" });
	for (size_t i = 0; i < both[0].n_labels; i++)
		(void)container_add_label(
			&successor, both[0].labels[i].key, both[0].labels[i].value, false);
	(void)mem_strcpy(successor.id, sizeof(successor.id), "next-id");
	successor.state = CONTAINER_CREATED;
	successor.started_at = 0;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &successor });
	assert_int_equal(hand_count(&hand, INTENT_START), 0);
	successor.state = CONTAINER_RUNNING;
	successor.started_at = 20;
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &successor });
	for (int i = 0; i < 6; i++)
		hand_tick(&hand);
	assert_int_equal(count_desired(&hand), 2);
	container_finish(&both[0]);
	container_finish(&both[1]);
	container_finish(&successor);
	hand_finish(&hand);
}

static void without_readings_the_count_is_held(void **state)
{
	struct hand hand;

	(void)state;
	serve_template(&hand);
	hand_event(&hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { COMMAND_SCALE, "web", 3, 0 } });
	assert_int_equal(web_of(&hand).desired, 3);
	for (int i = 0; i < 600; i++)
		hand_tick(&hand);
	assert_int_equal(web_of(&hand).desired, 3);
	hand_finish(&hand);
}

static void a_count_out_of_bounds_is_refused_with_the_cure(void **state)
{
	struct hand hand;
	struct command command = { COMMAND_SCALE, "web", 9, 0 };
	struct err err;

	(void)state;
	serve_template(&hand);
	assert_int_equal(engine_command_check(hand.engine, &command, &err), ERR_INVALID);
	assert_non_null(strstr(err.msg, "change min or max"));
	command.count = 4;
	assert_int_equal(engine_command_check(hand.engine, &command, &err), 0);
	(void)mem_strcpy(command.service, sizeof(command.service), "wbe");
	assert_int_equal(engine_command_check(hand.engine, &command, &err), ERR_NOT_FOUND);
	hand_finish(&hand);
}

static void a_paused_service_keeps_its_count(void **state)
{
	struct hand hand;

	(void)state;
	serve_template(&hand);
	hand_event(&hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { COMMAND_PAUSE, "web", 0, 0 } });
	load_template(&hand, 1.0, 30);
	assert_int_equal(web_of(&hand).desired, 1);
	assert_int_equal(web_of(&hand).state, SERVICE_PAUSED);
	hand_event(&hand, (struct event){ .kind = EVENT_COMMAND,
				  .command = { COMMAND_RESUME, "web", 0, 0 } });
	load_template(&hand, 1.0, 30);
	assert_int_equal(hand_count(&hand, INTENT_CREATE), 1);
	hand_finish(&hand);
}

static void a_dry_run_says_what_it_would_do_and_does_nothing(void **state)
{
	struct hand hand;
	struct container template = hand_template();
	size_t said = 0;

	(void)state;
	hand_init(&hand);
	hand.config->daemon.dry_run = true;
	hand_list(&hand, &template, 1);
	hand_probe(&hand, "web-id", true);
	for (int i = 0; i < 20; i++) {
		const struct intent *note;

		load_template(&hand, 1.0, 1);
		note = hand_intent(&hand, INTENT_NOTE, 0);
		said += note != NULL && strcmp(note->note.what, "dry run: would scale up") == 0;
		assert_int_equal(hand_count(&hand, INTENT_CREATE), 0);
		assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 0);
	}
	assert_int_equal(said, 1);
	container_finish(&template);
	hand_finish(&hand);
}

static void a_wrong_label_disables_its_service_and_says_why(void **state)
{
	struct hand hand;
	struct container template = hand_template();

	(void)state;
	hand_init(&hand);
	(void)container_add_label(&template, "dockscale.mxa", "3", false);
	hand_list(&hand, &template, 1);
	assert_int_equal(web_of(&hand).state, SERVICE_DISABLED);
	assert_non_null(strstr(web_of(&hand).problem, "mxa"));
	hand_tick(&hand);
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 0);
	container_finish(&template);
	hand_finish(&hand);
}

/* A template and its clone "one", both healthy. */
static void serve_two(struct hand *hand, struct container all[2])
{
	hand_init(hand);
	hand_label_clone(&all[1]);
	hand_list(hand, all, 2);
	hand_probe(hand, "web-id", true);
	hand_probe(hand, "one-id", true);
}

static void a_drained_replica_is_stopped_after_two_idle_reports(void **state)
{
	struct hand hand;
	struct container all[2] = { hand_template(), hand_container("one", 50) };

	(void)state;
	serve_two(&hand, all);
	hand_balanced(&hand, 2);
	assert_int_equal(web_of(&hand).serving, 2);
	hand_event(&hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { COMMAND_SCALE, "web", 1, 0 } });
	assert_int_equal(web_of(&hand).draining, 1);
	for (int i = 0; i < 5; i++) {
		hand_tick(&hand);
		hand_balanced(&hand, 2);
		assert_int_equal(hand_count(&hand, INTENT_STOP), 0);
	}
	for (int i = 0; i < 4 && hand_count(&hand, INTENT_STOP) == 0; i++) {
		hand_tick(&hand);
		if (hand_count(&hand, INTENT_STOP) == 0)
			hand_balanced(&hand, 0);
	}
	for (int i = 0; i < 3 && hand_count(&hand, INTENT_STOP) == 0; i++)
		hand_tick(&hand);
	assert_int_equal(hand_count(&hand, INTENT_STOP), 1);
	assert_string_equal(hand_intent(&hand, INTENT_STOP, 0)->container, "one-id");
	container_finish(&all[0]);
	container_finish(&all[1]);
	hand_finish(&hand);
}

static void sessions_that_come_and_go_between_two_reports_hold_a_drain(void **state)
{
	struct hand hand;
	struct container all[2] = { hand_template(), hand_container("one", 50) };

	(void)state;
	serve_two(&hand, all);
	hand.total = reading_known(7);
	hand_balanced(&hand, 0);
	hand_event(&hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { COMMAND_SCALE, "web", 1, 0 } });
	for (int i = 0; i < 10; i++) {
		hand_tick(&hand);
		hand.total.value++; /* who is pinned to it was there, and is gone again */
		hand_balanced(&hand, 0);
		assert_int_equal(hand_count(&hand, INTENT_STOP), 0);
	}
	for (int i = 0; i < 6 && hand_count(&hand, INTENT_STOP) == 0; i++) {
		hand_balanced(&hand, 0);
		if (hand_count(&hand, INTENT_STOP) == 0)
			hand_tick(&hand);
	}
	assert_int_equal(hand_count(&hand, INTENT_STOP), 1);
	container_finish(&all[0]);
	container_finish(&all[1]);
	hand_finish(&hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_labelled_container_becomes_a_service),
		cmocka_unit_test(
			nothing_is_said_to_the_balancer_before_the_first_probe_is_answered),
		cmocka_unit_test(a_busy_template_is_cloned),
		cmocka_unit_test(an_idle_template_is_left_alone),
		cmocka_unit_test(a_clone_gets_traffic_only_when_its_probe_is_healthy),
		cmocka_unit_test(a_refused_clone_is_not_asked_for_again),
		cmocka_unit_test(a_failed_create_is_tried_again_later_and_later),
		cmocka_unit_test(a_create_that_timed_out_is_looked_up_before_another_is_made),
		cmocka_unit_test(a_dead_replica_leaves_the_balancer_at_once),
		cmocka_unit_test(a_limit_that_changes_is_told_to_the_source),
		cmocka_unit_test(nothing_is_done_while_the_runtime_is_away),
		cmocka_unit_test(a_new_engine_takes_over_what_runs),
		cmocka_unit_test(a_clone_that_was_only_created_is_cleared_away),
		cmocka_unit_test(
			a_template_that_is_recreated_costs_no_count_and_is_started_by_who_made_it),
		cmocka_unit_test(without_readings_the_count_is_held),
		cmocka_unit_test(a_count_out_of_bounds_is_refused_with_the_cure),
		cmocka_unit_test(a_paused_service_keeps_its_count),
		cmocka_unit_test(a_dry_run_says_what_it_would_do_and_does_nothing),
		cmocka_unit_test(a_wrong_label_disables_its_service_and_says_why),
		cmocka_unit_test(a_drained_replica_is_stopped_after_two_idle_reports),
		cmocka_unit_test(sessions_that_come_and_go_between_two_reports_hold_a_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
