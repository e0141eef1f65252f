/*
 * An adapter frees what its event points to as soon as the push returns, and the engine takes
 * all that happened in one turn of the loop at once. In between, the copies live here.
 */
#include <dockscale/app/queue.h>

#include <dockscale/base/mem.h>

#include <string.h>

#define CAPACITY_KEPT 256 /* events; a burst (a long listing) does not stay in memory for ever */

static struct container *copy_containers(const struct container *containers, size_t count)
{
	struct container *copies = mem_zero(count, sizeof(*copies));

	for (size_t i = 0; i < count; i++)
		container_copy(&copies[i], &containers[i]);
	return copies;
}

static void free_containers(const struct container *containers, size_t count)
{
	struct container *copies = (struct container *)containers; /* made by copy_containers() */

	for (size_t i = 0; i < count; i++)
		container_finish(&copies[i]);
	free(copies);
}

static void own(struct event *event)
{
	struct balancer_report *report = &event->balancer;
	struct server_report *servers;

	switch (event->kind) {
	case EVENT_LISTING:
		event->listing.containers =
			copy_containers(event->listing.containers, event->listing.count);
		break;
	case EVENT_CONTAINER:
		event->container = copy_containers(event->container, 1);
		break;
	case EVENT_BALANCER:
		servers = mem_zero(report->n_servers, sizeof(*servers));
		if (report->n_servers > 0)
			memcpy(servers, report->servers, report->n_servers * sizeof(*servers));
		report->servers = servers;
		break;
	case EVENT_TEMPLATE:
		event->specification.text =
			mem_strndup(event->specification.text, event->specification.length);
		break;
	default: /* all others hold no pointer */
		break;
	}
}

static void disown(struct event *event)
{
	switch (event->kind) {
	case EVENT_LISTING:
		free_containers(event->listing.containers, event->listing.count);
		break;
	case EVENT_CONTAINER:
		free_containers(event->container, 1);
		break;
	case EVENT_BALANCER:
		free((struct server_report *)event->balancer.servers);
		break;
	case EVENT_TEMPLATE:
		free((char *)event->specification.text);
		break;
	default:
		break;
	}
}

void queue_push(struct queue *queue, const struct event *event)
{
	if (queue->count == queue->capacity) {
		queue->capacity = queue->capacity > 0 ? queue->capacity * 2 : 16;
		queue->items = mem_resize(queue->items, queue->capacity, sizeof(*queue->items));
	}
	queue->items[queue->count] = *event;
	own(&queue->items[queue->count]);
	queue->count++;
}

void queue_clear(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		disown(&queue->items[i]);
	if (queue->capacity > CAPACITY_KEPT && queue->count < queue->capacity / 4) {
		queue->capacity /= 2;
		queue->items = mem_resize(queue->items, queue->capacity, sizeof(*queue->items));
	}
	queue->count = 0;
}

void queue_finish(struct queue *queue)
{
	queue_clear(queue);
	free(queue->items);
	*queue = (struct queue){ 0 };
}
