/* The order in which a step happens. Internal to this floor. */
#pragma once

#include "take.h"

/* service.c: a step of one service. */
/* Its replicas, and what it wants. */
void service_propose(struct engine *engine, struct service *service, bool tick);
/* The way to what it was granted. */
void service_step(struct engine *engine, struct service *service, bool tick);
usec_t service_wake(const struct service *service);
