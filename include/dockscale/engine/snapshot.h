/* What the engine knows, as a value for those who show it: status, explain, top, metrics. */
#pragma once

#include <dockscale/core/demand.h>
#include <dockscale/engine/engine.h>

enum replica_state {
	REPLICA_PLANNED, /* wanted, not asked for yet (backing off, or above the parallel limit) */
	REPLICA_CREATING,
	REPLICA_STARTING,
	REPLICA_PROBING, /* runs; our probe has not found it healthy yet */
	REPLICA_JOINING, /* healthy; the balancer does not serve it yet */
	REPLICA_SERVING,
	REPLICA_DRAINING,
	REPLICA_STOPPING,
	REPLICA_REMOVING,
	REPLICA_STOPPED, /* exists, does not run, is not wanted now (template, pool, leftovers) */
	REPLICA_FAILED, /* did not become healthy, or a call for it failed; backs off */
	REPLICA_WARM, /* kept ready: healthy and paused, or only created; counts for nothing */
	REPLICA_STATE_COUNT,
};

enum replica_role {
	ROLE_TEMPLATE, /* what clones are made from; the last to go */
	ROLE_CLONE, /* ours */
	ROLE_FOREIGN, /* a person's, beside the template; counted, never removed */
	ROLE_MEMBER, /* one of a pool */
};

struct replica_snapshot {
	char id[CONTAINER_ID_MAX]; /* "" : not created yet */
	char name[CONTAINER_NAME_MAX];
	char address[CONTAINER_ADDRESS_MAX];
	char server[SERVER_NAME_MAX]; /* the balancer's name for it; "" : none */
	enum replica_role role;
	enum replica_state state;
	enum server_state server_state;
	usec_t since; /* boot clock */
	struct reading cpu; /* share of what it may use, mean over the window */
	struct reading memory;
	struct reading sessions;
	unsigned weight;
	bool outdated; /* a clone of what its template was, and is no more */
	char unhealthy[64]; /* it should serve and is not healthy: why; "" : it is */
};

/* The template changed, and its clones are replaced. */
enum roll_state {
	ROLL_NONE,
	ROLL_UNDER_WAY,
	ROLL_WAITING, /* paused, no room for a successor, or the template itself does not serve */
	ROLL_STOPPED, /* new ones did not come to serve: the old ones go on */
};

struct roll_snapshot {
	enum roll_state state;
	unsigned replaced; /* clones of what the template is that serve */
	unsigned of; /* with those that are outdated */
};

/* Why the count is what it is: one line of history. */
struct history_entry {
	usec_t wall;
	unsigned from;
	unsigned to;
	char because[384];
};

#define HISTORY_MAX 16

struct service_counters {
	uint64_t scaled_up; /* decisions */
	uint64_t scaled_down;
	uint64_t by_hand; /* counts that followed what a person started or stopped */
	uint64_t created; /* replicas that began to serve */
	uint64_t removed;
	uint64_t failed; /* creates, starts, probes that failed */
	uint64_t refused; /* creates that we or the runtime refused */
	uint64_t unknown_samples; /* ticks without a usable reading */
	uint64_t rolled; /* outdated ones that were replaced */
	uint64_t replaced_unhealthy; /* sick ones that were */
	uint64_t corrections; /* memberships that had to be repaired */
	uint64_t guarded; /* times that the crash guard ended the tries */
};

enum service_state {
	SERVICE_ACTIVE,
	SERVICE_PAUSED,
	SERVICE_DISABLED,
	SERVICE_WAITING,
	SERVICE_RELEASED,
};

struct service_snapshot {
	char name[CONFIG_NAME_MAX];
	enum service_state state; /* waiting: no container of it is known yet */
	unsigned desired;
	unsigned serving;
	unsigned starting; /* planned to joining */
	unsigned draining; /* draining to removing */
	unsigned warm; /* kept ready */
	unsigned held_back; /* wanted, and not begun: parallel_starts are on their way */
	unsigned parallel_starts;
	unsigned min; /* as they hold now */
	unsigned max;
	struct {
		char name[CONFIG_SCHEDULE_NAME_MAX];
		unsigned min; /* SCHEDULE_SILENT: it says nothing */
		unsigned max;
		bool in_force;
	} schedules[CONFIG_SCHEDULES_MAX];
	size_t n_schedules;
	char reason[384]; /* of the last decision */
	unsigned wished; /* by the policy, before limits */
	enum reason limit; /* what kept it from the wish; REASON_NONE: nothing */
	char problem[512]; /* what keeps it from its desired count, with the cure; "" : nothing */
	struct {
		bool open;
		unsigned failures; /* in a row */
		usec_t try_at; /* boot clock, while it is open */
	} guard;
	bool dry_run;
	bool journal_away; /* as the snapshot's */
	bool manual; /* a person's `scale` holds */
	usec_t manual_until; /* boot clock; 0: until the policy's next change */
	struct demand demand[METRIC_COUNT];
	struct metric_settings metric[METRIC_COUNT];
	enum policy_type policy;
	struct {
		enum predict mode;
		usec_t horizon;
		bool known;
		double forecast; /* largest demand within the horizon, replica units */
		bool judged; /* enough of them have come due: */
		double error; /* mean difference to what came, replica units */
		double missed; /* share of them that were less than what came */
	} prediction;
	struct {
		bool learning; /* the thresholds of CPU are */
		bool ready; /* and hold: metric[] has them as they are now */
		double growth; /* by which demand may grow within a start-up; 1: none */
		double sureness;
	} adaptive;
	bool slots; /* the balancer's method in use */
	size_t n_balancers;
	size_t n_reachable;
	struct roll_snapshot roll;
	unsigned unhealthy; /* of those that should serve */
	struct reading queued; /* requests that wait in the balancers */
	unsigned
		maxconn; /* requests at once that one balancer gives a replica; 0: no limit of ours */
	bool maxconn_learnt;
	struct service_counters counters;
	uint64_t faults[FAULT_COUNT]; /* by enum fault */
	struct history_entry history[HISTORY_MAX]; /* newest first */
	size_t n_history;
	struct replica_snapshot *replicas;
	size_t n_replicas;
};

/* The machine; means over some seconds where it is not a gauge. */
struct host_snapshot {
	struct reading cores;
	struct reading cores_used;
	struct reading memory_bytes;
	struct reading memory_available_bytes;
	double memory_reserved_bytes; /* granted, and not used yet */
	struct reading cpu_stall; /* share of the time in which something waited for it */
	struct reading memory_stall;
	struct reading io_stall;
	bool cpu_full; /* saturated: nobody gets more */
};

struct snapshot {
	struct moment at;
	char instance[CONFIG_NAME_MAX];
	bool runtime_known; /* a listing has come */
	bool runtime_away;
	char runtime_problem[256];
	uint64_t faults[FAULT_COUNT]; /* that are no service's */
	bool journal_away; /* what is decided does not outlive the daemon */
	char journal_problem[256];
	struct host_snapshot host;
	struct service_snapshot *services;
	size_t n_services;
};

/* Heap; free with snapshot_free(). */
struct snapshot *engine_snapshot(const struct engine *engine, struct moment now);
void snapshot_free(struct snapshot *snapshot);

/* "host_memory", "budget", "max", ...; "" for what limits nothing. */
const char *limit_name(enum reason limit);
const char *replica_state_name(enum replica_state state);
const char *replica_role_name(enum replica_role role);
const char *service_state_name(enum service_state state);
const char *roll_state_name(enum roll_state state);
const char *server_state_name(enum server_state state);
