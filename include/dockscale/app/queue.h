/* Events on their way to the engine, each with its own copy of what it points to. */
#pragma once

#include <dockscale/port/event.h>

/* Empty at declaration. */
struct queue {
	struct event *items;
	size_t count;
	size_t capacity;
};

void queue_push(struct queue *queue, const struct event *event);
void queue_clear(struct queue *queue); /* frees the copies, keeps the list's memory */
void queue_finish(struct queue *queue);
