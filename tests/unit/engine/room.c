/* The count is not raised beyond what the balancer takes. */
#include "hand.h"

static struct service_snapshot web_of(const struct hand *hand)
{
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	struct service_snapshot web = snapshot->services[0];

	web.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return web;
}

/* Three run and are healthy; two serve, and the third is for HAProxy in @state. */
struct scene {
	struct hand hand;
	enum server_state third;
	unsigned capacity;
	double used;
};

static void report(struct scene *scene)
{
	struct server_report servers[3] = { { .id = "web-id" }, { .id = "one-id" },
		{ .id = "two-id" } };
	struct event event = { .kind = EVENT_BALANCER,
		.balancer = { .service = "web",
			.n_balancers = 1,
			.n_reachable = 1,
			.capacity = scene->capacity,
			.servers = servers,
			.n_servers = 3 } };

	for (size_t i = 0; i < 3; i++)
		servers[i].state = i < 2 ? SERVER_UP : scene->third;
	hand_event(&scene->hand, event);
}

/* Ticks with the two busy; false as soon as a clone is made. */
static bool none_is_made(struct scene *scene, int ticks)
{
	for (int i = 0; i < ticks; i++) {
		scene->used += 1.0 * (double)USEC_PER_SEC;
		scene->hand.now.boot += USEC_PER_SEC;
		hand_sample(&scene->hand, "web", 5, scene->used);
		hand_sample(&scene->hand, "one", 50, scene->used);
		hand_event(&scene->hand, (struct event){ .kind = EVENT_TICK });
		if (hand_count(&scene->hand, INTENT_CREATE) > 0)
			return false;
		report(scene);
	}
	return true;
}

static void begin(struct scene *scene, enum server_state third, unsigned capacity)
{
	struct container all[3] = { hand_template(), hand_container("one", 50),
		hand_container("two", 60) };

	*scene = (struct scene){ .third = third, .capacity = capacity };
	hand_init(&scene->hand);
	hand_label_clone(&all[1]);
	hand_label_clone(&all[2]);
	hand_list(&scene->hand, all, 3);
	hand_probe(&scene->hand, "web-id", true);
	hand_probe(&scene->hand, "one-id", true);
	hand_probe(&scene->hand, "two-id", true);
	report(scene);
	for (int i = 0; i < 16; i++) { /* without a reading nothing is decided */
		hand_tick(&scene->hand);
		report(scene);
	}
	for (size_t i = 0; i < 3; i++)
		container_finish(&all[i]);
}

static void without_a_hindrance_one_more_is_made(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SERVER_UP, UINT32_MAX);
	assert_false(none_is_made(&scene, 30));
	hand_finish(&scene.hand);
}

static void one_that_haproxy_does_not_reach_is_told_and_no_other_is_made(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SERVER_DOWN, UINT32_MAX);
	assert_true(none_is_made(&scene, 10));
	assert_int_equal(web_of(&scene.hand).serving, 2);
	assert_non_null(strstr(web_of(&scene.hand).problem, "docker network connect bridge"));
	assert_non_null(strstr(web_of(&scene.hand).reason, "HAProxy takes no more"));
	assert_int_equal(hand_count(&scene.hand, INTENT_REMOVE), 0);
	scene.third = SERVER_UP; /* somebody has connected HAProxy */
	report(&scene);
	assert_int_equal(web_of(&scene.hand).serving, 3);
	assert_false(none_is_made(&scene, 30));
	assert_string_equal(web_of(&scene.hand).problem, "");
	hand_finish(&scene.hand);
}

static void one_that_haproxy_refuses_waits_and_no_other_is_made(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SERVER_ABSENT, UINT32_MAX);
	assert_true(none_is_made(&scene, 60));
	hand_finish(&scene.hand);
}

static void no_more_are_made_than_there_are_slots(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SERVER_UP, 3);
	assert_true(none_is_made(&scene, 60));
	assert_non_null(strstr(web_of(&scene.hand).problem, "server-template"));
	scene.capacity = 16; /* HAProxy was reloaded with more of them */
	report(&scene);
	assert_false(none_is_made(&scene, 30));
	assert_string_equal(web_of(&scene.hand).problem, "");
	hand_finish(&scene.hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_hindrance_one_more_is_made),
		cmocka_unit_test(one_that_haproxy_does_not_reach_is_told_and_no_other_is_made),
		cmocka_unit_test(one_that_haproxy_refuses_waits_and_no_other_is_made),
		cmocka_unit_test(no_more_are_made_than_there_are_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
