/* The engine's own picture of the world: services and their replicas. Internal to this floor. */
#pragma once

#include <dockscale/core/arbiter.h>
#include <dockscale/core/concurrency.h>
#include <dockscale/core/counter.h>
#include <dockscale/core/weight.h>
#include <dockscale/core/window.h>
#include <dockscale/engine/engine.h>
#include <dockscale/engine/snapshot.h>

/* Containers with an unusable label that are told of. */
#define TOLD_MAX 64

/* Why a replica goes. */
enum leave_reason {
	LEAVE_SURPLUS, /* not needed: the only reason that is taken back when load returns */
	LEAVE_FAILED, /* it never became healthy */
	LEAVE_WITHDRAWN, /* its template was removed */
	LEAVE_OUTDATED, /* made of what its template was, and a new one serves */
	LEAVE_SICK, /* it served and turned unhealthy, and another one serves in its place */
	LEAVE_RELEASED, /* a person released the service */
};

/* What says that one that served is unhealthy. */
enum sickness {
	SICK_NOT,
	SICK_PROBE, /* our own probe, several times in a row */
	SICK_DOCKER, /* its own health check, which Docker runs */
	SICK_BALANCER, /* HAProxy's check */
	SICK_START, /* a person's, which began again and did not become healthy */
	SICK_COUNT,
};

/* A counter of time as a share of the time, over the last seconds. It does not move: its window points
 * into it. */
#define RATE_SPANS 64

struct rate {
	struct counter counter;
	struct window window;
	struct window_span spans[RATE_SPANS];
	enum reading_state state; /* of the newest sample */
};

/* One metric of one replica. */
struct series {
	struct window window;
	struct window_span *spans; /* heap, sized at configuration */
	enum reading_state state; /* of the newest sample */
};

/* What runs as a container, or soon will. */
struct replica {
	char id[CONTAINER_ID_MAX]; /* "" until the create is answered */
	char name[CONTAINER_NAME_MAX];
	enum replica_role role;
	enum replica_state state;
	usec_t since; /* in this state, boot clock */
	usec_t deadline; /* of this state; USEC_NEVER: none */
	bool seen; /* announced or listed since the last listing was taken in */

	/* What the runtime told last. */
	struct container facts;
	usec_t life; /* started_at of the life that is being followed; 0: none */
	char address[CONTAINER_ADDRESS_MAX]; /* where the balancer and the probe reach it */
	unsigned port;

	/* A call that is under way. */
	uint64_t pending; /* intent id; 0: none */
	enum intent_kind pending_kind; /* what was asked: the state may be another one by then */
	bool uncertain; /* timed out: only a listing tells whether it worked */
	unsigned attempts; /* failed calls in a row */
	bool failed; /* given up, which is why it goes */
	enum leave_reason leave; /* since it drains */
	bool lived; /* it ran before, as far as we know */
	bool lasted; /* it has served for a while in this life */
	bool by_hand; /* somebody ended it: not ours to start again */
	usec_t leaves_until; /* it drained when the last daemon ended: until then the first to go */
	bool spare; /* warm, or in the making for it: counts for nothing */
	bool promoted; /* it was warm until now, and has to confirm its health */
	usec_t hands_off; /* until then somebody may be about to do more with it */
	usec_t retry_at; /* no call before it */

	/* Health. */
	bool lost; /* the kernel says that it ended, the runtime has not: nobody may be led to its
		    * address, which may be another's before the runtime answers */
	bool adopted; /* ran when we first looked: its server may be in use already */
	bool probe_pending;
	usec_t probe_at; /* the next one */
	char probe_answer[128];
	enum sickness sick; /* of one that serves, or of a person's that should */
	unsigned probe_failures; /* in a row, while it serves */
	unsigned probe_successes; /* in a row, since the last failure */
	usec_t down_since; /* its server, by the balancer's own check; 0: it is not */

	/* Readings. */
	bool watched;
	double capacity_cores; /* what 100 % of its CPU is; 0: not read yet */
	struct reading memory_bytes; /* the newest */
	struct counter cpu_counter;
	struct rate cpu_stall; /* tasks of it wait for a processor */
	struct series series[METRIC_COUNT];

	/* The balancer's view. */
	char server[SERVER_NAME_MAX];
	enum server_state server_state;
	struct reading sessions;
	struct reading queued; /* for this one alone */
	struct counter requests; /* sessions that ended */
	struct reading rate; /* of them, a second */
	struct counter waits; /* for a CPU */
	struct reading pressure; /* the share of the last tick in which something waited so */
	bool stuck; /* it joins for too long: the balancer does not take it */
	struct reading total; /* sessions ever, when it was reported last */
	unsigned idle_reports; /* in a row without a session */
	usec_t idle_since;
	unsigned weight;
	bool slow; /* it joined anew: its weight grows */
	usec_t slow_from; /* since it serves; 0: it does not yet */
};

/* What a person does to a service beside us, from the first move until it rests. */
struct hand {
	int change; /* of the count */
	usec_t until; /* no move until then: settled; 0: no hand is at work */
	usec_t settled_at;
	unsigned before; /* the count before the first move */
	bool paused; /* it was settled by a pause */
};

/* Replicas that another one takes the place of: outdated ones and sick ones. */
struct replacement {
	unsigned extra; /* containers beside the wanted count, now: 0 or 1 */
	bool rolling; /* outdated clones go, one by one */
	bool ready; /* and their successors may be made: the template serves */
	bool most_sick; /* more than half of those that should serve: none is replaced */
	unsigned outdated;
	unsigned sick;
	unsigned members; /* those that should serve */
	char failed_spec[CONTAINER_SPEC_BYTES]; /* the roll to it was given up; "": none was */
	char failure[256]; /* why */
	unsigned failures; /* of new ones, since one served */
	unsigned cures; /* sick ones replaced, each soon after the other */
	usec_t cured_at; /* the last one of them; 0: none was */
	usec_t retry_at; /* no sick one is replaced before it */
};

/* A service whose replicas keep failing. */
struct guard {
	unsigned failures; /* in a row, without one that lasted */
	usec_t since; /* the first of them, boot clock */
	bool open; /* too many of them */
	usec_t try_at; /* then: a single try from now on */
	bool reconfigured; /* since the last failure */
	char template_id[CONTAINER_ID_MAX]; /* of what failed last */
	char spec[CONTAINER_SPEC_BYTES];
	char cause[384];
};

/* The replicas that are kept ready. */
struct warm {
	unsigned failures; /* in a row; they hold up the refill alone */
	usec_t retry_at; /* no refill before it */
	char failure[384]; /* the last one */
};

struct service {
	char name[CONFIG_NAME_MAX];
	const struct service_file *file; /* NULL: known by labels alone */
	struct service_config config; /* the last good one */
	bool configured;
	bool settled; /* the first count was taken from the world */
	bool paused;
	bool released; /* by a person: hands off until resume */
	struct hand hand;
	struct replacement replacement;
	bool stopped_by_hand; /* all of it: paused until somebody starts a container of it */
	usec_t orphaned_at; /* boot clock, since when it has no template; 0: it has one */
	bool withdrawing; /* for longer than its grace: its clones go */
	bool withdrawn; /* nobody speaks of it any more */
	bool closing; /* its servers were told to go */
	bool closed; /* and all balancers have done it */

	struct replica **replicas;
	size_t n_replicas;
	bool clashes; /* its servers are another service's */
	bool dirty; /* containers or files changed: look at the configuration again */
	struct replica *template; /* clone: what is cloned; pool: the oldest member; or NULL */
	char template_id[CONTAINER_ID_MAX]; /* remembered when it is gone */

	unsigned desired;
	bool manual;
	usec_t manual_until;
	usec_t manual_for; /* how long that was, when it was said */
	struct policy_state policy;
	struct decision decision; /* the last one */
	/* What the policy wants in this tick; the arbiter has the last word. */
	struct decision proposal;
	bool proposed;
	usec_t proposed_over; /* the policy's last change before it, should it be refused */
	int proposed_over_to;
	struct arbiter_yield yield;
	enum reason held_told; /* that the host holds it */
	usec_t held_at; /* the last tick in which it did */
	unsigned dry_wish; /* what a dry run said last */
	struct demand demand[METRIC_COUNT];
	usec_t joined_at; /* last change of who serves */

	char refused_id[CONTAINER_ID_MAX]; /* template whose clone was refused */
	char refusal[384];
	unsigned failures; /* in a row; sets the backoff */
	usec_t retry_at; /* no create or start before it */
	char failure[384]; /* the last one */
	struct guard guard;
	unsigned held_back; /* wanted, and not begun since others are starting */
	struct warm warm;
	char conflict[512]; /* what is wrong with its configuration */
	char problem[512];

	struct member *members; /* as last sent; the intent points here */
	size_t n_members;
	size_t members_capacity;
	usec_t membership_at;
	size_t n_balancers;
	size_t n_reachable;
	unsigned capacity; /* members that the balancer can hold; UINT32_MAX: any, or not told */
	bool slots;
	char balancer_problem[256];
	struct weight_state weights;
	struct reading queued; /* in the balancers, for whichever replica is free first */
	struct concurrency concurrency;
	bool limit_recalled; /* a daemon before this one wrote it into the balancers */
	uint64_t kind; /* of the replicas it was learnt from; 0: not known */

	struct service_counters counters;
	uint64_t faults[FAULT_COUNT];
	uint8_t balancer_faults[FAULT_COUNT]; /* as last reported */
	struct history_entry history[HISTORY_MAX]; /* ring */
	size_t n_history; /* ever */

	struct memory *memory; /* what the journal keeps of it; NULL: nothing yet */
};

/* The machine, as far as it was read. */
struct host {
	usec_t at; /* the newest sample, boot clock; 0: none */
	struct reading cores;
	struct reading memory_bytes;
	struct reading memory_available_bytes;
	struct rate busy; /* cores */
	struct rate cpu_stall;
	struct rate memory_stall;
	struct rate io_stall;
	unsigned blind_ticks; /* in a row in which something of it was not known */
	bool blind_told;
	double reserved_bytes; /* at the last tick */
	struct arbiter_state arbiter;
	struct arbiter_service *wishes; /* of the services, in their order; grows with them */
	size_t wishes_capacity;
};

struct engine {
	char instance[CONFIG_NAME_MAX];
	uint64_t random;
	double host_cores;
	struct host host;
	const struct config *config;
	struct service **services;
	size_t n_services;
	uint64_t next_intent;
	bool runtime_known; /* a listing came since the runtime was last away */
	bool runtime_seen; /* a listing came ever */
	bool runtime_away;
	char runtime_problem[256];
	bool journal_away;
	char journal_problem[256];
	char told[TOLD_MAX][CONTAINER_ID_MAX]; /* containers that no service can be found for */
	size_t n_told;
	uint64_t faults[FAULT_COUNT]; /* that are no service's */
	bool clock_known;
	usec_t wall_ahead; /* the wall clock's lead over the boot clock, in the last step */

	/* The step under way. */
	struct moment now;
	struct intents *intents;
};

static inline bool replica_is_up(const struct replica *replica) /* joining or serving */
{
	return replica->state == REPLICA_JOINING || replica->state == REPLICA_SERVING;
}

/* Is or will soon be serving. */
static inline bool replica_counts(const struct replica *replica)
{
	return !replica->spare && replica->state >= REPLICA_CREATING &&
	       replica->state <= REPLICA_SERVING;
}

/* Does a balancer know it, so that it may have sessions whatever we think of it? One that ended and
 * came back at its old address gets traffic before we know of its new life. */
static inline bool replica_has_server(const struct replica *replica)
{
	return replica->server_state != SERVER_ABSENT && replica->server_state != SERVER_MAINT;
}

/* fleet.c: services and replicas as memory, and what every room needs to say something. */
uint64_t fleet_random(struct engine *engine);
usec_t fleet_backoff(struct engine *engine, unsigned failures);
struct intent *fleet_intend(
	struct engine *engine, const struct service *service, enum intent_kind kind);
bool fleet_dry(const struct engine *engine, const struct service *service);
struct service *fleet_find_service(const struct engine *engine, const char *name);
struct replica *fleet_find_replica(
	const struct engine *engine, const char *id, struct service **ret_service);
struct service *fleet_add_service(struct engine *engine, const char *name);
void fleet_free_service(struct service *service);
struct replica *fleet_add_replica(struct service *service);
void fleet_drop_replica(struct engine *engine, struct service *service, struct replica *replica);
/* Counts a fault; @service NULL: it is no service's. */
void fleet_fault(struct engine *engine, struct service *service, enum fault fault);
/* A create, start or first probe failed: the service waits before the next one. */
void fleet_failed(struct engine *engine, struct service *service, const char *text);

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
void room_limit(const struct service *service, struct decision *decision);
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
