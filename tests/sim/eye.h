/* The eye of a simulated day: it hears every intent, looks at the world after every step, and holds
 * both against what dockscale promises. It knows the world as it is, the daemon knows what it was
 * told: a promise is broken only when the daemon could have known better for longer than its grace. */
#pragma once

#include "adapter/sim/sim_drive.h"

#define EYE_SERVICES_MAX 4

struct eye;

/* A promise that was not kept. */
struct violation {
	usec_t at; /* since the beginning of the day; of the moment in which the grace was over */
	char text[512];
};

struct eye_service {
	const char *name;
	unsigned min;
	unsigned max;
	usec_t drain_timeout;
	bool balanced; /* has a balancer of ours */
	bool tuned; /* it tunes itself */
	unsigned warm; /* kept ready */
	bool warm_created; /* only created */
	int priority;
	uint64_t memory_bytes; /* of a replica, where the machine is small; else 0 */
};

/* Hears and looks from now on. The drive is borrowed. */
struct eye *eye_new(struct sim_drive *drive, const struct eye_service *services, size_t n_services);
void eye_free(struct eye *eye);

/* Writes what it hears to standard error. */
void eye_trace(struct eye *eye);

/* What the world's hand does, so that what follows from it is not blamed on the daemon: */
/* something happened that may cost replicas, and the way back to min begins anew. */
void eye_excuse(struct eye *eye);
void eye_runtime_away(struct eye *eye, bool away);
void eye_balancer_away(struct eye *eye, bool away);
/* A person's `release` of a service: its clones go, and min is promised no more until `resume`. */
void eye_released(struct eye *eye, const char *service, bool released);
/* From now on nothing may happen any more: no container is made, started, stopped or removed. A service
 * that tunes itself learns on: it may change its count, if seldom. */
void eye_expect_quiet(struct eye *eye);

/* After each step. Returns whether a promise was broken by now. */
bool eye_look(struct eye *eye);
/* The first one that was broken, or NULL. */
const struct violation *eye_violation(const struct eye *eye);
/* The end of the day: no container is left over, none is missing. */
void eye_look_at_end(struct eye *eye);
/* Steps that were looked at. */
uint64_t eye_looks(const struct eye *eye);
