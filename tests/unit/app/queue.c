/* Events in the queue live on their own, whatever their adapter does with its memory. */
#include <dockscale/app/queue.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct container *make_container(const char *name)
{
	struct container *container = mem_zero(1, sizeof(*container));

	(void)mem_strcpy(container->name, sizeof(container->name), name);
	assert_int_equal(container_add_label(container, "dockscale.service", name, false), 0);
	return container;
}

static void free_container(struct container *container)
{
	container_finish(container);
	free(container);
}

static void a_container_outlives_its_adapters_copy(void **state)
{
	struct queue queue = { 0 };
	struct container *container = make_container("web");

	(void)state;
	queue_push(&queue, &(struct event){ .kind = EVENT_CONTAINER, .container = container });
	free_container(container);
	assert_string_equal(queue.items[0].container->name, "web");
	assert_string_equal(container_label(queue.items[0].container, "dockscale.service"), "web");
	queue_finish(&queue);
}

static void a_listing_is_copied_whole(void **state)
{
	struct queue queue = { 0 };
	struct container *one = make_container("one");
	struct container pair[2] = { *one, *one };

	(void)state;
	queue_push(&queue, &(struct event){ .kind = EVENT_LISTING, .listing = { pair, 2 } });
	free_container(one);
	assert_int_equal(queue.items[0].listing.count, 2);
	assert_string_equal(queue.items[0].listing.containers[1].name, "one");
	queue_finish(&queue);
}

static void an_empty_listing_is_a_listing(void **state)
{
	struct queue queue = { 0 };

	(void)state;
	queue_push(&queue, &(struct event){ .kind = EVENT_LISTING });
	assert_int_equal(queue.count, 1);
	assert_int_equal(queue.items[0].listing.count, 0);
	queue_finish(&queue);
}

static void a_balancers_servers_are_copied(void **state)
{
	struct queue queue = { 0 };
	struct server_report *servers = mem_zero(2, sizeof(*servers));
	struct event event = { .kind = EVENT_BALANCER };

	(void)state;
	servers[1].weight = 77;
	event.balancer.servers = servers;
	event.balancer.n_servers = 2;
	queue_push(&queue, &event);
	free(servers);
	assert_int_equal(queue.items[0].balancer.servers[1].weight, 77);
	queue_finish(&queue);
}

static void order_is_kept_over_growth(void **state)
{
	struct queue queue = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		struct event event = { .kind = EVENT_RESULT };

		event.result.intent = i;
		queue_push(&queue, &event);
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(queue.items[i].result.intent, i);
	queue_finish(&queue);
}

static void memory_of_a_burst_goes_back_in_quieter_times(void **state)
{
	struct queue queue = { 0 };
	size_t burst;

	(void)state;
	for (int i = 0; i < 5000; i++)
		queue_push(&queue, &(struct event){ .kind = EVENT_TICK });
	queue_clear(&queue);
	burst = queue.capacity;
	for (int turn = 0; turn < 20; turn++) {
		queue_push(&queue, &(struct event){ .kind = EVENT_TICK });
		queue_clear(&queue);
	}
	assert_true(queue.capacity < burst / 8);
	queue_finish(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_outlives_its_adapters_copy),
		cmocka_unit_test(a_listing_is_copied_whole),
		cmocka_unit_test(an_empty_listing_is_a_listing),
		cmocka_unit_test(a_balancers_servers_are_copied),
		cmocka_unit_test(order_is_kept_over_growth),
		cmocka_unit_test(memory_of_a_burst_goes_back_in_quieter_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
