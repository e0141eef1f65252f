/* The way to what is wanted: the rooms that start, drain, stop and replace. One paragraph a room.
 * Internal to this floor. */
#pragma once

#include "decide.h"

/* replica.c: what we do with one replica. */
void replica_enter(struct engine *engine, struct service *service, struct replica *replica,
	enum replica_state state);
/* A call for it; there is none under way. */
struct intent *replica_call(struct engine *engine, struct service *service, struct replica *replica,
	enum intent_kind kind);
void replica_start(struct engine *engine, struct service *service, struct replica *replica);
void replica_unpause(struct engine *engine, struct service *service, struct replica *replica);
/* It is healthy, and becomes warm. */
void replica_pause(struct engine *engine, struct service *service, struct replica *replica);
/* One that counts, or a spare one that is kept warm. */
struct replica *replica_create(struct engine *engine, struct service *service, bool spare);
/* It exists now: it is started, unless that is all that is wanted of it. */
void replica_created(struct engine *engine, struct service *service, struct replica *replica);
/* It is read from now on, with the limits that it has by now. */
void replica_watch(struct engine *engine, struct service *service, struct replica *replica);
/* It runs, and has to prove its health. */
void replica_begin_life(struct engine *engine, struct service *service, struct replica *replica);
void replica_end_life(struct engine *engine, struct service *service, struct replica *replica);
/* No new sessions; stopped when it is idle, or at the deadline. */
void replica_drain(struct engine *engine, struct service *service, struct replica *replica,
	enum leave_reason reason);
void replica_stop(struct engine *engine, struct service *service, struct replica *replica);
/* It does not run any more, and we wanted that. */
void replica_stopped(struct engine *engine, struct service *service, struct replica *replica);
/* A call for it failed: the next one waits, longer each time. */
void replica_retry_later(struct engine *engine, struct replica *replica);
usec_t replica_wake(const struct replica *replica);

/* replace.c: outdated and sick ones are replaced, one at a time. */
void replace_step(struct engine *engine, struct service *service);
/* May one that was found healthy join? At max another one drains for it. */
bool replace_admits(struct engine *engine, struct service *service, const struct replica *replica);

/* warm.c: replicas kept ready. */
/* One more is to count: the warm one that is nearest to serving, or one in the making; false: none. */
bool warm_promote(struct engine *engine, struct service *service);
/* Those that can be promoted when the call that is under way for them is over. */
unsigned warm_count_soon(const struct service *service);
/* Is there one that could be promoted at once? */
bool warm_is_ready(const struct engine *engine, const struct service *service);
/* What it failed at was the making of a warm one: only the refill waits. False: it is none. */
bool warm_failed(struct engine *engine, struct service *service, const struct replica *replica,
	const char *text);
/* A promoted one cannot confirm its health: it goes. */
void warm_dropped(struct engine *engine, struct service *service, struct replica *replica,
	const char *because);
/* Is a clone that does not run one that an earlier daemon kept warm? */
bool warm_found(const struct service *service, const struct replica *replica);
/* Is one that was there when we came, and is paused before it serves, what an earlier daemon asked for? */
bool warm_found_late(const struct service *service, const struct replica *replica);
/* A warm one's facts changed, and it does not run. */
void warm_follow(struct engine *engine, struct service *service, struct replica *replica);
/* As many as are wanted are kept; @may_refill: the service lacks nothing else. */
void warm_step(struct engine *engine, struct service *service, bool may_refill);
/* What keeps it from its warm ones; @text stays when there is nothing. */
void warm_problem(const struct service *service, char *text, size_t size);

/* health.c: whether it is healthy. */
void health_probed(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event);
/* The next probe of one that is probed, joins or serves; and the end of its grace, or the verdict. */
void health_step(struct engine *engine, struct service *service, struct replica *replica);

/* converge.c: from the count there is to the count that is desired. */
void converge_step(struct engine *engine, struct service *service);

/* release.c: a service that a person released. */
/* All clones leave, those that run by a drain. */
void release_clones(struct engine *engine, struct service *service, enum leave_reason reason);
/* In place of deciding and converging. */
void release_step(struct engine *engine, struct service *service);
/* What still drains may be taken back. */
void release_resumed(struct service *service);

/* orphan.c: a service whose template is gone. */
void orphan_step(struct engine *engine, struct service *service);
usec_t orphan_wake(const struct service *service);
/* What to tell of it; @text stays when there is nothing. */
void orphan_problem(
	const struct engine *engine, const struct service *service, char *text, size_t size);
