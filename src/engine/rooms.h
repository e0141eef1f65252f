/* What the rooms of the engine offer each other, one paragraph a room. Internal to this floor. */
#pragma once

#include "fleet.h"

/* note.c: what the operator is told. */
struct note {
	enum log_level level;
	const char *what;
	const struct replica *replica; /* NULL: the service as a whole */
	int from; /* -1: none */
	int to;
};
void note_add(struct engine *engine, const struct service *service, const struct note *note,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same about one replica, without counts. */
void note_replica(struct engine *engine, const struct service *service,
	const struct replica *replica, const char *what, const char *because);
/* Counts and tells one that was removed at our word. */
void note_removed(struct engine *engine, struct service *service, const struct replica *replica);
/* Sets the service's problem and tells it, unless it is the same as before; "" ends it. */
void note_problem(struct engine *engine, struct service *service, const char *text);

/* rate.c: shares of the time. */
/* Begins anew; the mean is over @length. */
void rate_init(struct rate *rate, usec_t length);
/* @total is the counter, in microseconds, at @at. */
void rate_take(struct rate *rate, struct reading total, usec_t at);
struct reading rate_mean(const struct rate *rate, usec_t now);

/* reason.c: a decision in words. */
void reason_format(const struct decision *decision, const struct policy_settings *settings,
	char *text, size_t size);

/* readings.c: samples to demand. */
void readings_prepare(struct engine *engine, struct service *service, struct replica *replica);
void readings_forget(struct replica *replica);
void readings_finish(struct replica *replica);
void readings_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct sample *sample);
void readings_demand(struct engine *engine, struct service *service);
/* Mean share of what it may use over @length; unknown without enough samples. */
struct reading readings_mean(
	const struct replica *replica, enum metric metric, usec_t now, usec_t length);

/* address.c: where it is reached. */
void address_update(const struct service *service, struct replica *replica);

/* replica.c: one replica's life. */
void replica_enter(struct engine *engine, struct service *service, struct replica *replica,
	enum replica_state state);
/* Takes in what the runtime tells, then follows it. */
void replica_observe(struct engine *engine, struct service *service, struct replica *replica,
	const struct container *container);
/* From the facts to the state; nothing while the service has no configuration. */
void replica_follow(struct engine *engine, struct service *service, struct replica *replica);
/* Deadlines, probes, the next call: whatever this moment asks of it. May drop the replica. */
void replica_step(struct engine *engine, struct service *service, struct replica *replica);
void replica_start(struct engine *engine, struct service *service, struct replica *replica);
void replica_unpause(struct engine *engine, struct service *service, struct replica *replica);
/* It is healthy, and becomes warm. */
void replica_pause(struct engine *engine, struct service *service, struct replica *replica);
struct replica *replica_create(struct engine *engine, struct service *service);
/* It exists now: it is started, unless that is all that is wanted of it. */
void replica_created(struct engine *engine, struct service *service, struct replica *replica);
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

/* sick.c: whether one that serves is healthy still. */
/* The answer to a probe of one that serves. */
void sick_probed(const struct service *service, struct replica *replica, bool healthy);
/* What the balancer's own check says of its server. */
void sick_reported(const struct engine *engine, struct replica *replica, enum server_state state);
/* Of one that serves or joins: the next probe, and the verdict. */
void sick_step(struct engine *engine, struct service *service, struct replica *replica);
/* It serves, or lives anew: what was before is over. */
void sick_forget(struct replica *replica);
/* Why it is unhealthy, in words; "" when it is not. */
const char *sick_because(enum sickness sick);

/* replace.c: outdated and sick ones are replaced, one at a time. */
/* Is it made of what its template was, and is no more? Whoever does not know says no. */
bool replace_is_outdated(const struct service *service, const struct replica *replica);
/* Should another one take its place? Then it goes before others do. */
bool replace_is_due(const struct service *service, const struct replica *replica);
/* Outdated, and one that is made instead would not be: it is not worth a start. */
bool replace_is_superseded(const struct service *service, const struct replica *replica);
/* Does one serve that is well, but for @but? NULL: any. */
bool replace_has_well(const struct service *service, const struct replica *but);
/* How many containers there should be: those that are wanted, and the successor on its way. */
unsigned replace_wanted(const struct service *service);
void replace_step(struct engine *engine, struct service *service);
/* May one that was found healthy join? At max another one drains for it. */
bool replace_admits(struct engine *engine, struct service *service, const struct replica *replica);
/* @victim is about to drain: because of what? */
enum leave_reason replace_reason(
	struct engine *engine, struct service *service, const struct replica *victim);
/* Is its successor's server not up yet? Then one that drains is kept. */
bool replace_keeps(const struct service *service, const struct replica *replica);
/* A clone that was to serve did not come to it: for good (@hopeless), or it may the next time. */
void replace_failed(struct engine *engine, struct service *service, const struct replica *replica,
	const char *text, bool hopeless);
void replace_served(struct service *service, const struct replica *replica);
/* A person's `resume`: the roll is tried once more. */
void replace_resumed(struct service *service);
struct roll_snapshot replace_show(const struct service *service);
void replace_problem(const struct service *service, char *text, size_t size);

/* answer.c: what comes of a call. */
void answer_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event);

/* health.c: whether it is healthy. */
void health_probed(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event);
/* The next probe, when it is time for it and there is something to probe. */
void health_probe(struct engine *engine, struct service *service, struct replica *replica);
/* One that is being probed: the next probe, or the end of its grace. */
void health_step(struct engine *engine, struct service *service, struct replica *replica);

/* configure.c: defaults, labels, file. */
/* Those whose containers or files changed; at a tick also those whose servers were another's. */
void configure_services(struct engine *engine, bool tick);
void configure_check(const struct service *service, const struct config *config,
	struct config_problems *problems);

/* decide.c: how many there should be. */
void decide_step(struct engine *engine, struct service *service);
/* What the policy wants becomes the count, as far as it was granted. */
void decide_grant(
	struct engine *engine, struct service *service, const struct arbiter_service *granted);
void decide_settle(struct engine *engine, struct service *service);
void decide_command(struct engine *engine, struct service *service, const struct command *command);

/* host.c: what the machine has room for. */
void host_init(struct host *host);
void host_finish(struct host *host);
void host_take(struct engine *engine, const struct host_sample *sample);
/* Grants what the services proposed in this tick. */
void host_arbitrate(struct engine *engine);
/* Has it room for one more that is kept warm? Then it is promised. */
bool host_take_room(struct engine *engine, const struct service *service);
/* The machine as it is now, with what was promised of it. */
struct arbiter_host host_now(const struct engine *engine);

/* converge.c: from the count there is to the count that is desired. */
/* Is or will soon be serving, so many. */
unsigned converge_count(const struct service *service);
/* Who goes next; NULL: none may. */
struct replica *converge_victim(const struct service *service);
void converge_step(struct engine *engine, struct service *service);

/* membership.c: who is served. */
void membership_step(struct engine *engine, struct service *service, bool tick);
void membership_report(
	struct engine *engine, struct service *service, const struct balancer_report *report);

/* overload.c: more than the replicas can bear. */
/* Takes in what a report says of @replica's requests. */
void overload_take(
	struct engine *engine, struct replica *replica, const struct server_report *report);
/* Takes in what a sample says of its waiting. */
void overload_sample(struct replica *replica, const struct sample *sample);
void overload_step(struct engine *engine, struct service *service);
/* The limit that a daemon before this one had learnt; 0: none. */
void overload_recall(const struct engine *engine, struct service *service, unsigned limit);
/* All that wait in the balancers. */
struct reading overload_queued(const struct service *service);
/* How many requests at once one balancer gives a replica; 0: as it likes. */
unsigned overload_maxconn(const struct service *service);

/* room.c: what the balancer takes. */
void room_step(struct engine *engine, struct service *service);
/* No more than can be served, but for what is there already and min. */
void room_limit(struct engine *engine, struct service *service, struct decision *decision);
/* What keeps a replica from being served, unless the balancer has said it; else @text stays. */
void room_problem(const struct service *service, char *text, size_t size);

/* The count follows what somebody started or ended. */
void decide_by_hand(struct engine *engine, struct service *service, unsigned count);

/* hand.c: what somebody does beside us, and templates that are removed. */
/* One that counted ended. Was it a person's hand, which the service is not to undo? */
bool hand_ended(struct engine *engine, struct service *service, struct replica *replica);
/* It will be started again all the same: not before whoever ended it had time to recreate it. */
void hand_waits(const struct engine *engine, struct replica *replica);
/* A person's that was only created so far: its first start is theirs. */
bool hand_prepares(const struct service *service, const struct replica *replica);
/* One begins to run that we did not start. */
void hand_started(struct engine *engine, struct service *service, struct replica *replica);
/* The desired count as the hand that is at work leaves it. */
unsigned hand_wanted(const struct service *service);
bool hand_is_at_work(const struct service *service);
/* Is what it did a person's doing for sure? An engine that goes down looks like one for a while. */
bool hand_is_certain(const struct engine *engine, const struct service *service);
/* A person's `resume`: what was stopped by hand is ours to start again. */
void hand_resumed(struct service *service);
/* The engine went away: what ended just before was ended by it, and by no hand. */
void hand_forget(struct engine *engine);
void hand_step(struct engine *engine, struct service *service);
usec_t hand_wake(const struct service *service);
/* What to tell of a template that is gone; @text stays when there is nothing. */
void hand_problem(
	const struct engine *engine, const struct service *service, char *text, size_t size);

/* guard.c: replicas that keep failing. */
/* May another one be made or started now? */
bool guard_allows(const struct engine *engine, const struct service *service);
/* One is made or started. */
void guard_tried(struct engine *engine, struct service *service);
/* One failed before it lasted. */
void guard_failed(struct engine *engine, struct service *service, const char *cause);
/* It begins anew, and so do all waits for the next try. */
void guard_end(struct engine *engine, struct service *service, const char *because);
void guard_step(struct engine *engine, struct service *service);
usec_t guard_wake(const struct service *service);
/* What to tell while it holds; @text stays when it does not. */
void guard_problem(const struct service *service, char *text, size_t size);

/* warm.c: replicas kept ready. */
/* One more is to count: the warm one that is nearest to serving, or one in the making; false: none. */
bool warm_promote(struct engine *engine, struct service *service);
/* What it failed at was the making of a warm one: only the refill waits. False: it is none. */
bool warm_failed(struct engine *engine, struct service *service, const struct replica *replica,
	const char *text);
/* A promoted one cannot confirm its health: it goes. */
void warm_dropped(struct engine *engine, struct service *service, struct replica *replica,
	const char *because);
/* Is a clone that does not run one that an earlier daemon kept warm? */
bool warm_found(const struct service *service, const struct replica *replica);
/* A warm one's facts changed, and it does not run. */
void warm_follow(struct engine *engine, struct service *service, struct replica *replica);
/* Of a pause or its end. */
void warm_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event);
/* As many as are wanted are kept; @may_refill: the service lacks nothing else. */
void warm_step(struct engine *engine, struct service *service, bool may_refill);
/* What keeps it from its warm ones; @text stays when there is nothing. */
void warm_problem(const struct service *service, char *text, size_t size);

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

/* release.c: a service that a person released. */
/* All clones leave, those that run by a drain. */
void release_clones(struct engine *engine, struct service *service, enum leave_reason reason);
/* In place of deciding and converging. */
void release_step(struct engine *engine, struct service *service);
/* What still drains may be taken back. */
void release_resumed(struct service *service);

/* adopt.c: containers to services and replicas. */
void adopt_listing(struct engine *engine, const struct container *containers, size_t count);
void adopt_container(struct engine *engine, const struct container *container);
void adopt_gone(struct engine *engine, const char *id);
/* Did not all that ran before us answer their first probe yet? Any of them may be serving. */
bool adopt_is_under_way(const struct service *service);

/* memory.c: what outlives the daemon. */
void memory_free(struct memory *memory);
/* A configuration for clones whose template was gone before this daemon came. */
int memory_resolve(const struct service *service, const struct config *config,
	const struct service_file *file, struct service_config *ret_config, struct err *err);
/* What was recalled meets the first listing: it changes the count that was taken over from it. */
void memory_settle(struct engine *engine, struct service *service);
/* A step begins: texts of the last one's intents are over. */
void memory_begin(struct engine *engine);
/* Records what changed. */
void memory_step(struct engine *engine, struct service *service, bool tick);
/* The service is no more. */
void memory_forget(struct engine *engine, struct service *service);
void memory_template(struct engine *engine, const struct event *event);
void memory_journal(struct engine *engine, const struct event *event);

/* service.c: a step of one service. */
/* Its replicas, and what it wants. */
void service_propose(struct engine *engine, struct service *service, bool tick);
/* The way to what it was granted. */
void service_step(struct engine *engine, struct service *service, bool tick);
usec_t service_wake(const struct service *service);
