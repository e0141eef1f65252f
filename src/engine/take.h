/* Events and what they change: what the runtime, the balancer and people say. One paragraph a room.
 * Internal to this floor. */
#pragma once

#include "steer.h"

/* life.c: one replica's life. */
/* Takes in what the runtime tells, then follows it. */
void life_observe(struct engine *engine, struct service *service, struct replica *replica,
	const struct container *container);
/* From the facts to the state; nothing while the service has no configuration. */
void life_follow(struct engine *engine, struct service *service, struct replica *replica);
/* Deadlines, probes, the next call: whatever this moment asks of it. */
void life_step(struct engine *engine, struct service *service, struct replica *replica);

/* adopt.c: containers to services and replicas. */
void adopt_listing(struct engine *engine, const struct container *containers, size_t count);
void adopt_container(struct engine *engine, const struct container *container);
void adopt_gone(struct engine *engine, const char *id);

/* answer.c: what comes of a call. */
void answer_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event);

/* membership.c: who is served. */
void membership_step(struct engine *engine, struct service *service, bool tick);
void membership_report(
	struct engine *engine, struct service *service, const struct balancer_report *report);

/* command.c: what a person says. */
void command_take(struct engine *engine, struct service *service, const struct command *command);

/* configure.c: defaults, labels, file. */
/* Those whose containers or files changed; at a tick also those whose servers were another's. */
void configure_services(struct engine *engine, bool tick);
void configure_check(const struct service *service, const struct config *config,
	struct config_problems *problems);
