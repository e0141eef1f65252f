/*
 * What will happen in the simulated world, soonest first. A binary heap: nothing is ever taken out
 * of its middle; what has become void is recognised when its time comes.
 */
#include "adapter/sim/sim_queue.h"

#include <dockscale/base/mem.h>

#include <stdbool.h>

static bool earlier(const struct sim_due *a, const struct sim_due *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct sim_due *a, struct sim_due *b)
{
	struct sim_due kept = *a;

	*a = *b;
	*b = kept;
}

void sim_queue_finish(struct sim_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		free(queue->items[i].call);
	free(queue->items);
	*queue = (struct sim_queue){ 0 };
}

void sim_queue_push(struct sim_queue *queue, const struct sim_due *due)
{
	size_t i = queue->count++;

	if (i == queue->capacity) {
		queue->capacity = queue->capacity > 0 ? queue->capacity * 2 : 32;
		queue->items = mem_resize(queue->items, queue->capacity, sizeof(*queue->items));
	}
	queue->items[i] = *due;
	queue->items[i].order = queue->order++;
	while (i > 0 && earlier(&queue->items[i], &queue->items[(i - 1) / 2])) {
		swap(&queue->items[i], &queue->items[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

usec_t sim_queue_next(const struct sim_queue *queue)
{
	return queue->count > 0 ? queue->items[0].at : USEC_NEVER;
}

struct sim_due sim_queue_pop(struct sim_queue *queue)
{
	struct sim_due top = queue->items[0];
	size_t i = 0;

	queue->items[0] = queue->items[--queue->count];
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < queue->count &&
				earlier(&queue->items[child], &queue->items[least]))
				least = child;
		if (least == i)
			return top;
		swap(&queue->items[i], &queue->items[least]);
		i = least;
	}
}
