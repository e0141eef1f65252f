/* What people get wrong: each mistake is told, once, and harms nobody else. */
#include "hand.h"

static struct container labelled(const char *name, usec_t created, const char *service)
{
	struct container container = hand_container(name, created);

	(void)container_add_label(&container, "dockscale.service", service, false);
	(void)container_add_label(&container, "dockscale.haproxy.port", "8080", false);
	return container;
}

/* The state of service @name and what is wrong with it. */
static enum service_state state_of(struct hand *hand, const char *name, char problem[static 512])
{
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	enum service_state state = SERVICE_WAITING;

	problem[0] = '\0';
	for (size_t i = 0; i < snapshot->n_services; i++) {
		if (strcmp(snapshot->services[i].name, name) != 0)
			continue;
		state = snapshot->services[i].state;
		(void)mem_strcpy(problem, 512, snapshot->services[i].problem);
	}
	snapshot_free(snapshot);
	return state;
}

static size_t count_notes(const struct hand *hand, const char *what)
{
	size_t count = 0;
	const struct intent *note;

	for (size_t i = 0; (note = hand_intent(hand, INTENT_NOTE, i)) != NULL; i++)
		count += strcmp(note->note.what, what) == 0;
	return count;
}

static void a_label_that_names_no_service_is_told_once(void **state)
{
	struct hand hand;
	struct container odd = labelled("odd", 5, "bad name");

	(void)state;
	hand_init(&hand);
	hand_list(&hand, &odd, 1);
	assert_int_equal(count_notes(&hand, "container left alone"), 1);
	assert_non_null(strstr(hand_intent(&hand, INTENT_NOTE, 0)->note.because,
		"label dockscale.service of container odd is no name"));
	hand_list(&hand, &odd, 1);
	hand_event(&hand, (struct event){ .kind = EVENT_CONTAINER, .container = &odd });
	assert_int_equal(count_notes(&hand, "container left alone"), 0);
	container_finish(&odd);
	hand_finish(&hand);
}

static void a_remark_of_the_runtime_is_told_and_changes_nothing(void **state)
{
	struct event event = { .kind = EVENT_RUNTIME };
	struct hand hand;

	(void)state;
	hand_init(&hand);
	(void)mem_strcpy(event.link.msg, sizeof(event.link.msg), "more than we look after");
	hand_event(&hand, event);
	assert_int_equal(count_notes(&hand, "runtime remark"), 1);
	assert_int_equal(count_notes(&hand, "runtime answers"), 0);
	hand_finish(&hand);
}

static void list_two(struct hand *hand, const char *backend)
{
	struct container all[2] = { labelled("young", 70, "young"), labelled("old", 7, "old") };

	(void)container_add_label(&all[0], "dockscale.haproxy.backend", backend, false);
	(void)container_add_label(&all[1], "dockscale.haproxy.backend", "web", false);
	hand_list(hand, all, 2);
	container_finish(&all[0]);
	container_finish(&all[1]);
}

static void of_two_services_in_one_backend_the_older_has_it(void **state)
{
	struct hand hand;
	char problem[512];

	(void)state;
	hand_init(&hand);
	list_two(&hand, "web");
	assert_int_equal(state_of(&hand, "old", problem), SERVICE_ACTIVE);
	assert_string_equal(problem, "");
	assert_int_equal(state_of(&hand, "young", problem), SERVICE_DISABLED);
	assert_non_null(strstr(problem, "backend 'web' is that of service old already"));
	hand_finish(&hand);
}

static void a_backend_that_its_service_left_is_free_again(void **state)
{
	struct hand hand;
	struct container all[2] = { labelled("young", 70, "young"), labelled("anew", 80, "old") };
	char problem[512];

	(void)state;
	hand_init(&hand);
	list_two(&hand, "web");
	(void)container_add_label(&all[0], "dockscale.haproxy.backend", "web", false);
	(void)container_add_label(&all[1], "dockscale.haproxy.backend", "shop", false);
	hand_list(&hand, all, 2);
	hand_tick(&hand);
	assert_int_equal(state_of(&hand, "young", problem), SERVICE_ACTIVE);
	assert_string_equal(problem, "");
	container_finish(&all[0]);
	container_finish(&all[1]);
	hand_finish(&hand);
}

static void two_services_in_two_backends_do_not_clash(void **state)
{
	struct hand hand;
	char problem[512];

	(void)state;
	hand_init(&hand);
	list_two(&hand, "shop");
	assert_int_equal(state_of(&hand, "old", problem), SERVICE_ACTIVE);
	assert_int_equal(state_of(&hand, "young", problem), SERVICE_ACTIVE);
	hand_finish(&hand);
}

static void a_label_that_was_wrong_before_does_not_hold_a_reload(void **state)
{
	struct hand hand;
	struct config_problems problems = { 0 };
	struct container bad = labelled("bad", 5, "bad");

	(void)state;
	(void)container_add_label(&bad, "dockscale.maxx", "3", false);
	hand_init(&hand);
	hand_list(&hand, &bad, 1);
	engine_check(hand.engine, hand.config, &problems);
	assert_int_equal(problems.count, 0);
	container_finish(&bad);
	hand_finish(&hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_remark_of_the_runtime_is_told_and_changes_nothing),
		cmocka_unit_test(a_label_that_names_no_service_is_told_once),
		cmocka_unit_test(of_two_services_in_one_backend_the_older_has_it),
		cmocka_unit_test(a_backend_that_its_service_left_is_free_again),
		cmocka_unit_test(two_services_in_two_backends_do_not_clash),
		cmocka_unit_test(a_label_that_was_wrong_before_does_not_hold_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
