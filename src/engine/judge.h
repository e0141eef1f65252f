/* What is so: the rooms that judge what was read and told, and do nothing about it. One paragraph a
 * room. Internal to this floor. */
#pragma once

#include "fleet.h"

/* readings.c: samples to demand. */
void readings_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct sample *sample);
void readings_demand(struct engine *engine, struct service *service);

/* sick.c: whether one that serves is healthy still. */
/* The answer to a probe of one that serves. */
void sick_probed(const struct service *service, struct replica *replica, bool healthy);
/* What the balancer's own check says of its server. */
void sick_reported(const struct engine *engine, struct replica *replica, enum server_state state);
/* The verdict on one that serves or joins. */
void sick_step(struct engine *engine, struct service *service, struct replica *replica);
/* It joins, and nobody is led to it for longer than that takes: the balancer does not take it, or its
 * check fails. It is not sick for that until it had its time to become healthy once more. */
bool sick_is_stuck(
	const struct engine *engine, const struct service *service, const struct replica *replica);
/* It serves, or lives anew: what was before is over. */
void sick_forget(struct replica *replica);
/* Why it is unhealthy, in words; "" when it is not. */
const char *sick_because(enum sickness sick);

/* zones.c: what the clocks of places show. */
/* NULL: not known, or not yet; it is asked for. Good until the step ends. */
const struct zone *zones_find(struct engine *engine, const char *name);
/* May the answer come in a moment? */
bool zones_are_awaited(const struct engine *engine, const char *name);
/* Why it is not known. */
const char *zones_problem(const struct engine *engine, const char *name);
void zones_take(struct engine *engine, const struct event *event);
void zones_finish(struct engine *engine);

/* room.c: what the balancer takes. */
void room_step(struct engine *engine, struct service *service);
/* No more than can be served, but for what is there already and min. */
void room_limit(struct engine *engine, struct service *service, struct decision *decision);
/* What keeps a replica from being served, unless the balancer has said it; else @text stays. */
void room_problem(const struct service *service, char *text, size_t size);

/* hand.c: what somebody does beside us. */
/* One that counted ended. Was it a person's hand, which the service is not to undo? */
bool hand_ended(struct engine *engine, struct service *service, struct replica *replica);
/* New facts of it: was it told to end? A hand lasts while what it stops is still ending. */
void hand_told(const struct engine *engine, struct replica *replica);
/* It will be started again all the same: not before whoever ended it had time to recreate it. */
void hand_waits(const struct engine *engine, struct replica *replica);
/* A person's that was only created so far: its first start is theirs. */
bool hand_prepares(const struct service *service, const struct replica *replica);
/* One begins to run that we did not start. */
void hand_started(struct engine *engine, struct service *service, struct replica *replica);
/* The desired count as the hand that is at work leaves it. */
unsigned hand_wanted(const struct service *service);
/* By so many the hand that is at work has lowered it. */
unsigned hand_ended_count(const struct service *service);
bool hand_is_at_work(const struct service *service);
/* Is what it did a person's doing for sure? An engine that goes down looks like one for a while. */
bool hand_is_certain(const struct engine *engine, const struct service *service);
/* A person's `pause`: what was done until now is meant. */
void hand_meant(const struct engine *engine, struct service *service);
/* A person's `resume`: what was stopped by hand is ours to start again. */
void hand_resumed(struct service *service);
/* The engine went away: what ended just before was ended by it, and by no hand. */
void hand_forget(struct engine *engine);
/* Settles a hand that rests. True: the count is to follow it, to @ret_count. */
bool hand_step(struct engine *engine, struct service *service, unsigned *ret_count);
usec_t hand_wake(const struct service *service);
/* What to tell of a template that nobody started; @text stays when there is nothing. */
void hand_problem(const struct service *service, char *text, size_t size);

/* guard.c: replicas that keep failing. */
/* May another one be made or started now? */
bool guard_allows(const struct engine *engine, const struct service *service);
/* One is made or started. */
void guard_tried(struct engine *engine, struct service *service);
/* One failed before it lasted. */
void guard_failed(struct engine *engine, struct service *service, const char *cause);
/* One that served leaves, because it is not needed, before it could last: its try gave no answer, and the next
 * one need not wait. */
void guard_untried(
	const struct engine *engine, struct service *service, const struct replica *replica);
/* It begins anew, and so do all waits for the next try. */
void guard_end(struct engine *engine, struct service *service, const char *because);
void guard_step(struct engine *engine, struct service *service);
usec_t guard_wake(const struct service *service);
/* What to tell while it holds; @text stays when it does not. */
void guard_problem(const struct service *service, char *text, size_t size);

/* slow_start.c: the weight of one that has just joined. */
/* It was found healthy and is about to join. */
void slow_start_begin(struct replica *replica);
void slow_start_serving(const struct engine *engine, struct replica *replica);
/* Is its weight still growing? */
bool slow_start_holds(
	const struct engine *engine, const struct service *service, const struct replica *replica);
/* Its weight as it is now. */
unsigned slow_start_weight(
	const struct engine *engine, const struct service *service, const struct replica *replica);
/* Who serves alone need not grow. */
void slow_start_step(struct service *service);

/* replacement.c: outdated and sick ones, and how far they are replaced. */
/* Is it made of what its template was, and is no more? Whoever does not know says no. */
bool replacement_is_outdated(const struct service *service, const struct replica *replica);
/* Should another one take its place? Then it goes before others do. */
bool replacement_is_due(const struct service *service, const struct replica *replica);
/* Outdated, and one that is made instead would not be: it is not worth a start. */
bool replacement_is_superseded(const struct service *service, const struct replica *replica);
/* Does one serve that is well, but for @but? NULL: any. */
bool replacement_has_well(const struct service *service, const struct replica *but);
/* How many containers there should be: those that are wanted, and the successor on its way. */
unsigned replacement_wanted(const struct service *service);
/* Was the roll to what the template is by now given up? */
bool replacement_is_given_up(const struct service *service);
/* @victim is about to drain: because of what? */
enum leave_reason replacement_reason(
	struct engine *engine, struct service *service, const struct replica *victim);
/* Is its successor's server not up yet? Then one that drains is kept. */
bool replacement_keeps(const struct service *service, const struct replica *replica);
/* A clone that was to serve did not come to it: for good (@hopeless), or it may the next time. */
void replacement_failed(struct engine *engine, struct service *service,
	const struct replica *replica, const char *text, bool hopeless);
void replacement_served(struct service *service, const struct replica *replica);
/* A person's `resume`: the roll is tried once more. */
void replacement_resumed(struct service *service);
struct roll_snapshot replacement_show(const struct service *service);
void replacement_problem(const struct service *service, char *text, size_t size);

/* victim.c: who goes next; NULL: none may. */
struct replica *victim_find(const struct service *service);
/* Of those that serve, or are about to. */
struct replica *victim_find_up(const struct service *service);
