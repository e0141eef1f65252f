/* From requests that wait to work that waits. */
#include "unit/test.h"

#include <dockscale/core/backlog.h>

#define SECOND USEC_PER_SEC

/* A service whose requests cost 50 ms of a replica and stay 100 ms while there is room. */
struct service {
	struct backlog backlog;
	struct backlog_input input;
	struct reading work;
};

static struct service begin(double rate, double replicas)
{
	return (struct service){
		.input = {
			.now = 1000 * SECOND,
			.used = reading_known(rate * 0.05),
			.utilisation = reading_known(rate * 0.05 / replicas),
			.rate = reading_known(rate),
			.sessions = reading_known(rate * 0.1),
			.queued = reading_known(0),
		},
	};
}

static void live(struct service *service, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		service->input.now += SECOND;
		service->work = backlog_push(&service->backlog, &service->input);
	}
}

static void fill(struct service *service)
{
	service->input.utilisation = reading_known(1);
}

static void what_queues_costs_what_was_served_did(void **state)
{
	struct service service = begin(20, 2);

	(void)state;
	live(&service, 60);
	assert_true(reading_is_known(service.work));
	assert_near(service.work.value, 0);
	service.input.queued = reading_known(40);
	live(&service, 1);
	assert_near(service.work.value, 40 * 0.05);
}

static void a_queue_inside_of_full_replicas_counts_too(void **state)
{
	struct service service = begin(20, 2);

	(void)state;
	live(&service, 60);
	service.input.sessions = reading_known(102);
	fill(&service);
	live(&service, 1);
	assert_near(service.work.value, 100 * 0.05);
}

static void where_there_is_room_nobody_waits_inside(void **state)
{
	struct service service = begin(20, 2);

	(void)state;
	live(&service, 60);
	service.input.sessions = reading_known(102);
	live(&service, 1);
	assert_near(service.work.value, 0);
}

static void who_was_never_seen_with_room_has_no_queue_inside(void **state)
{
	struct service service = begin(40, 2);

	(void)state;
	service.input.sessions = reading_known(500);
	service.input.queued = reading_known(10);
	live(&service, 60);
	assert_near(service.work.value, 10 * 0.05);
}

static void connections_that_are_held_open_are_no_work_for_at_once(void **state)
{
	struct service service = begin(2, 2);

	(void)state;
	service.input.sessions = reading_known(200); /* each stays 100 s */
	live(&service, 60);
	fill(&service);
	service.input.sessions = reading_known(300);
	live(&service, 1);
	assert_near(service.work.value, 100 * 0.05 * 10 / 100);
}

static void too_little_to_tell_is_unknown(void **state)
{
	struct service service = begin(20, 2);
	struct service idle = begin(0, 2);

	(void)state;
	service.input.queued = reading_known(40);
	live(&service, 4);
	assert_false(reading_is_known(service.work));
	live(&service, 60);
	assert_true(reading_is_known(service.work));
	idle.input.queued = reading_known(40); /* nobody is served: they may cost anything */
	live(&idle, 60);
	assert_false(reading_is_known(idle.work));
}

static void a_queue_that_is_not_read_is_unknown(void **state)
{
	struct service service = begin(20, 2);

	(void)state;
	live(&service, 60);
	service.input.queued = reading_unknown();
	live(&service, 1);
	assert_false(reading_is_known(service.work));
	service.input.queued = reading_unsupported();
	live(&service, 1);
	assert_false(reading_is_known(service.work));
}

static void what_was_learned_outlives_a_rate_that_is_not_known_for_a_moment(void **state)
{
	struct service service = begin(20, 2);

	(void)state;
	live(&service, 60);
	service.input.rate = reading_unknown();
	service.input.queued = reading_known(40);
	live(&service, 10);
	assert_near(service.work.value, 40 * 0.05);
	live(&service, 60);
	assert_false(reading_is_known(service.work));
}

static void requests_that_become_dearer_are_learned(void **state)
{
	struct service service = begin(20, 4);

	(void)state;
	live(&service, 300);
	service.input.used = reading_known(20 * 0.15);
	service.input.queued = reading_known(100);
	live(&service, 300);
	assert_float_equal(service.work.value, 100 * 0.15, 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_queues_costs_what_was_served_did),
		cmocka_unit_test(a_queue_inside_of_full_replicas_counts_too),
		cmocka_unit_test(where_there_is_room_nobody_waits_inside),
		cmocka_unit_test(who_was_never_seen_with_room_has_no_queue_inside),
		cmocka_unit_test(connections_that_are_held_open_are_no_work_for_at_once),
		cmocka_unit_test(too_little_to_tell_is_unknown),
		cmocka_unit_test(a_queue_that_is_not_read_is_unknown),
		cmocka_unit_test(what_was_learned_outlives_a_rate_that_is_not_known_for_a_moment),
		cmocka_unit_test(requests_that_become_dearer_are_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
