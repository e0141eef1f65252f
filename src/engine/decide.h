/* What is wanted: how many, how much of the machine, how many requests at once; and what of it is
 * remembered. One paragraph a room. Internal to this floor. */
#pragma once

#include "judge.h"

/* decide.c: how many there should be. */
void decide_step(struct engine *engine, struct service *service);
/* What the policy wants becomes the count, as far as it was granted. */
void decide_grant(
	struct engine *engine, struct service *service, const struct arbiter_service *granted);
/* The first count is taken from the world. */
void decide_settle(struct engine *engine, struct service *service);
/* The count follows what somebody started or ended. */
void decide_by_hand(struct engine *engine, struct service *service, unsigned count);
/* The count is what a person says, for as long as that holds. */
void decide_manual(struct engine *engine, struct service *service, const struct command *command);
/* The count is within its bounds again. */
void decide_clamp(struct service *service);

/* schedule.c: the bounds by the clock. */
/* Sets them, unless they are waited for. */
void schedule_step(struct engine *engine, struct service *service);
/* What people's clocks show where the daemon is; UTC while that is not known. */
usec_t schedule_local(struct engine *engine);
void schedule_problem(const struct service *service, char *text, size_t size);

/* host.c: what the machine has room for. */
void host_init(struct host *host);
void host_finish(struct host *host);
void host_take(struct engine *engine, const struct host_sample *sample);
/* Grants what the services proposed in this tick. */
void host_arbitrate(struct engine *engine);
/* Has it room for one more that nobody granted, kept warm or a successor? Then it is promised. */
bool host_take_room(struct engine *engine, const struct service *service);
/* The machine as it is now, with what was promised of it. */
struct arbiter_host host_now(const struct engine *engine);

/* overload.c: more than the replicas can bear. */
/* Takes in what a report says of @replica's requests. */
void overload_take(
	struct engine *engine, struct replica *replica, const struct server_report *report);
void overload_step(struct engine *engine, struct service *service);
/* The limit that a daemon before this one had learnt; 0: none. */
void overload_recall(const struct engine *engine, struct service *service, unsigned limit);
/* All that wait in the balancers. */
struct reading overload_queued(const struct service *service);
/* The work that waits, in replica-seconds; once a tick, after readings_demand(). */
struct reading overload_backlog(const struct engine *engine, struct service *service);
/* How many requests at once one balancer gives a replica; 0: as it likes. */
unsigned overload_maxconn(const struct service *service);

/* memory.c: what outlives the daemon. */
/* A step begins: texts of the last one's intents are over. */
void memory_begin(struct engine *engine);
/* Records what changed. */
void memory_step(struct engine *engine, struct service *service, bool tick);
/* The service is no more. */
void memory_forget(struct engine *engine, struct service *service);
void memory_template(struct engine *engine, const struct event *event);
void memory_journal(struct engine *engine, const struct event *event);

/* memory_recall.c: what the last daemon left. */
/* A configuration for clones whose template was gone before this daemon came. */
int memory_resolve(const struct service *service, const struct config *config,
	const struct service_file *file, struct service_config *ret_config, struct err *err);
/* What was recalled meets the first listing: it changes the count that was taken over from it. */
void memory_settle(struct engine *engine, struct service *service);
