/*
 * The engine's own picture of the world, services and their replicas, and what every room needs to
 * say something. The lowest layer of this floor:
 *
 *   fleet   what is known, and how to say something
 *   judge   what is so: readings, health, hands, failures, who is to be replaced
 *   decide  what is wanted: counts, the machine's room, limits; and what is remembered
 *   steer   the way there: starts, drains, stops, replacements, warm ones
 *   take    events, and what they change: the runtime's, the balancer's, people's
 *   step    the order in which all of it happens, once an event
 *
 * Each layer has a header with its rooms, calls go down or stay level, and level ones make no circle.
 */
#pragma once

#include <dockscale/core/arbiter.h>
#include <dockscale/core/backlog.h>
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
	usec_t began_at; /* when we heard of it, boot clock */
	char address[CONTAINER_ADDRESS_MAX]; /* where the balancer and the probe reach it */
	unsigned port;

	/* A call that is under way. */
	usec_t wanted_at; /* one of ours that is to serve was decided on; 0: it served already */
	uint64_t pending; /* intent id; 0: none */
	enum intent_kind pending_kind; /* what was asked: the state may be another one by then */
	bool uncertain; /* timed out: only a listing tells whether it worked */
	unsigned attempts; /* failed calls in a row */
	bool failed; /* given up, which is why it goes */
	enum leave_reason leave; /* since it drains */
	bool lived; /* it ran before, as far as we know */
	bool lasted; /* it has served for a while in this life */
	bool by_hand; /* somebody ended it: not ours to start again */
	bool surplus; /* when somebody ended it: it was one too many, so its return is no wish for more */
	usec_t ending_since; /* it was told to end, and runs still; 0: it was not */
	usec_t leaves_until; /* it drained when the last daemon ended: until then the first to go */
	bool spare; /* warm, or in the making for it: counts for nothing */
	bool promoted; /* it was warm until now, and has to confirm its health */
	usec_t hands_off; /* until then somebody may be about to do more with it */
	usec_t retry_at; /* no call before it */

	/* Health. */
	bool lost; /* the kernel says that it ended, the runtime has not: nobody may be led to its
		    * address, which may be another's before the runtime answers */
	bool adopted; /* ran when we first looked: its server may be in use already */
	bool inherited; /* it ran before us, and no balancer has said yet whether it has a server */
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
	bool crowded; /* but the host has no memory for one */
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

/* Somewhere whose clocks matter. */
struct place {
	char name[ZONE_NAME_MAX]; /* "": where the machine is */
	struct zone zone; /* n_spans 0: not known */
	usec_t from; /* wall clock: since when it was asked for */
	usec_t asked_at; /* boot clock; 0: never */
	usec_t wanted_at;
	bool answered; /* since then */
	char problem[256]; /* of the last answer */
};

/* The bounds by the clock. */
struct schedule_state {
	struct schedule_bounds bounds; /* that hold now */
	uint32_t in_force; /* a bit for each schedule */
	bool waiting; /* the clocks of some place are not known yet */
	char problem[384];
};

/* The replicas that are kept ready. */
struct warm {
	unsigned failures; /* in a row; they hold up the refill alone */
	usec_t retry_at; /* no refill before it */
	char failure[384]; /* the last one */
	bool crowded; /* the host has no memory for another one */
	usec_t yields_until; /* to a service of higher priority; 0: it does not */
	unsigned most; /* kept until then */
};

struct service {
	char name[CONFIG_NAME_MAX];
	const struct service_file *file; /* NULL: known by labels alone */
	struct service_config config; /* the last good one */
	bool configured;
	bool settled; /* the first count was taken from the world */
	bool paused;
	bool released; /* by a person: hands off until resume */
	bool spoken; /* in this step a person said something: it is recorded whatever else is not sure */
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
	bool concerned; /* something happened to it since its last step */
	bool dirty; /* containers or files changed: look at the configuration again */
	struct replica *template; /* clone: what is cloned; pool: the oldest member; or NULL */
	char template_id[CONTAINER_ID_MAX]; /* remembered when it is gone */

	unsigned desired;
	bool manual;
	usec_t manual_until;
	usec_t manual_for; /* how long that was, when it was said */
	struct policy_state policy;
	struct auto_policy
		*self_tuning; /* heap; NULL where neither auto nor a prediction needs it */
	struct adaptive adaptive; /* threshold */
	struct predictor predictor;
	usec_t startup; /* from a decision to serving, lately; 0: not measured yet */
	struct decision decision; /* the last one */
	/* What the policy wants in this tick; the arbiter has the last word. */
	struct decision proposal;
	bool proposed;
	usec_t proposed_over; /* the policy's last change before it, should it be refused */
	int proposed_over_to;
	unsigned proposed_over_flaps;
	struct arbiter_yield yield;
	struct reading used_cores; /* by one of its replicas, when that was known last */
	struct reading used_bytes;
	struct reading seen_bytes; /* the most that any of it used, serving or not */
	double replica_bytes; /* what another one is counted with; 0: not known */
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
	struct schedule_state schedule;
	char conflict[512]; /* what is wrong with its configuration */
	char problem[512];

	struct member *members; /* as last sent; the intent points here */
	size_t n_members;
	size_t members_capacity;
	usec_t membership_at;
	size_t n_balancers;
	size_t n_reachable;
	bool full; /* more are wanted than it can hold */
	unsigned capacity; /* members that the balancer can hold; UINT32_MAX: any, or not told */
	bool slots;
	char balancer_problem[256];
	struct weight_state weights;
	struct reading queued; /* in the balancers, for whichever replica is free first */
	struct backlog backlog; /* what its requests cost */
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
	usec_t judged_at; /* the newest sample by which it was decided who gives way */
	struct reading cores;
	struct reading memory_bytes;
	struct reading memory_available_bytes;
	struct rate busy; /* cores */
	struct rate cpu_stall;
	struct rate memory_stall;
	struct rate io_stall;
	usec_t seen_at; /* when all of it was known last, boot clock */
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
	struct place **places;
	size_t n_places;
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

/* Is or will soon be serving, so many. */
static inline unsigned fleet_count(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		count += replica_counts(service->replicas[i]) ? 1 : 0;
	return count;
}

/* A spare in the making, or ready and not paused yet: it runs beside those that count. */
static inline bool replica_is_warming(const struct replica *replica)
{
	return replica->spare && (replica->state < REPLICA_JOINING ||
					 (replica->state == REPLICA_WARM &&
						 replica->facts.state == CONTAINER_RUNNING));
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
/* Did not all that ran before us answer their first probe yet? Any of them may be serving. */
bool fleet_is_adopting(const struct service *service);
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
/* The share between the last two samples; unknown when the last one was not read, or is the first. */
struct reading rate_newest(const struct rate *rate);

/* series.c: what was read of a replica, over time. */
void series_prepare(struct engine *engine, struct service *service, struct replica *replica);
void series_forget(struct replica *replica);
void series_finish(struct replica *replica);
/* Mean share of what it may use over @length; unknown without enough samples. */
struct reading series_mean(
	const struct replica *replica, enum metric metric, usec_t now, usec_t length);

/* reason.c: a decision in words. */
void reason_format(const struct decision *decision, const struct service_config *config, char *text,
	size_t size);

/* address.c: where it is reached. */
void address_update(const struct service *service, struct replica *replica);

/* memory_text.c: frees what is remembered of a service; NULL is fine. The rest is in memory.h. */
void memory_free(struct memory *memory);
