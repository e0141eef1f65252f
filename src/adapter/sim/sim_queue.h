/* What will happen: a heap in virtual time. */
#pragma once

#include <dockscale/base/time.h>

#include <stddef.h>
#include <stdint.h>

struct sim;
struct sim_call;

/* One thing that is due. Those due at the same time happen in the order in which they were put. */
struct sim_due {
	usec_t at;
	uint64_t order;
	void (*run)(struct sim *sim, struct sim_due *due);
	uint64_t serial; /* of the container it is about, or 0 */
	uint64_t life; /* it is void when the subject has another one by then */
	struct sim_call *call; /* heap, or NULL. run() takes it or leaves it to be freed */
};

struct sim_queue {
	struct sim_due *items;
	size_t count;
	size_t capacity;
	uint64_t order;
};

void sim_queue_finish(struct sim_queue *queue);
void sim_queue_push(struct sim_queue *queue, const struct sim_due *due);
/* The next one's time; USEC_NEVER when there is none. */
usec_t sim_queue_next(const struct sim_queue *queue);
/* Takes the next one out. The queue must not be empty. */
struct sim_due sim_queue_pop(struct sim_queue *queue);
