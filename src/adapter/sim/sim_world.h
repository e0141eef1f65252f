/* What the rooms of the simulated world share: its state, chance, and who is there. */
#pragma once

#include "adapter/sim/sim_queue.h"

#include <dockscale/adapter/sim.h>

/* One call of the daemon that is under way. */
struct sim_call {
	struct intent intent; /* its membership points to the copy in here */
	usec_t effect_at; /* when the world does it */
	usec_t answer_at; /* when the daemon hears of it */
	bool done;
	bool answered;
	bool times_out; /* works, but the answer is lost */
	bool unheard; /* nor are its effects announced, but to another daemon */
	bool twice; /* answered a second time */
	int code; /* once done */
	enum fault fault;
	char container[CONTAINER_ID_MAX];
	char msg[384];
	struct sim_call *next; /* while it is spare */
	size_t room; /* for members */
	struct member members[]; /* of a membership */
};

/* Of its image, say: another one is another spec. */
struct sim_revision {
	unsigned now;
	unsigned before;
	unsigned newest;
};

struct sim_container {
	struct container facts;
	uint64_t serial; /* never used again */
	uint64_t life; /* another one after each start and each end */
	char service[CONFIG_NAME_MAX]; /* "" : it does not matter */
	struct sim_revision revision;
	bool never_ready;
	bool healthy; /* as the world's hand set it */
	bool ready; /* its start is over */
	bool stopping; /* SIGTERM was sent */
	bool readable;
	usec_t health_from; /* boot clock: Docker's health, unknown since a pause, is known again */
	bool comes_back; /* with the engine that took it along */
	uint32_t address_key; /* of its address now */
	char last_address[CONTAINER_ADDRESS_MAX];
	unsigned restarts; /* by its policy, in a row */
	double old_sessions; /* with a balancer that was reloaded: real, but not reported */
	unsigned held_sessions; /* open until told otherwise */
	bool rested; /* a person paused it, in this life of it */
	double memory_bytes; /* 0: as its sessions need */
	/* Traffic, settled up to sim->settled_at; the rates hold from then on. */
	double cpu_usec;
	double throttled_usec;
	double sessions;
	double cpu_rate;
	double throttled_rate;
	double stalled_usec; /* for its own limit, or for the machine */
	double stalled_rate;
	double sessions_aim;
	double demand; /* cores of traffic sent to it */
	unsigned maxconn; /* of the server that sends it; 0: no limit */
	double misread; /* what is read of its CPU time, as a factor */
};

enum sim_server_kind { SIM_SERVER_SLOT, SIM_SERVER_DYNAMIC, SIM_SERVER_OPERATOR };

struct sim_server {
	enum sim_server_kind kind;
	char service[CONFIG_NAME_MAX];
	char name[SERVER_NAME_MAX];
	char address[CONTAINER_ADDRESS_MAX]; /* "" : an empty slot */
	uint32_t address_key;
	unsigned port;
	enum server_state state; /* up (enabled), drain or maint */
	unsigned weight;
	unsigned maxconn; /* sessions at once, the others wait; 0: no limit */
};

struct sim_load {
	char service[CONFIG_NAME_MAX];
	double cores;
	double queue_seconds; /* 0: nothing waits */
	double misread;
	struct sim_work done;
};

struct sim_watch {
	char id[CONTAINER_ID_MAX];
	usec_t started_at;
	bool told_gone;
};

struct sim_failure {
	unsigned count;
	int code;
	enum fault fault; /* none: as the code says */
	bool worked;
};

/* The last reload of the balancer that a service was told of. */
struct sim_reload {
	char service[CONFIG_NAME_MAX];
	uint64_t told;
};

/* A record with a text of its own. */
struct sim_row {
	struct journal_record record;
	usec_t durable_at; /* from then on it outlives a kill */
};

struct sim_rows {
	struct sim_row *items;
	size_t count;
};

enum sim_link { SIM_LINK_CONNECTING, SIM_LINK_UP, SIM_LINK_AWAY };

struct sim {
	struct sim_settings settings;
	const struct config *config;
	char instance[CONFIG_NAME_MAX];
	struct event_sink sink;
	usec_t now;
	usec_t wall_ahead; /* what the wall clock was set ahead by, all in all */
	uint64_t random;
	uint64_t last_serial;
	usec_t last_wall; /* no two containers are made or started at one time */
	int64_t last_pid;
	struct sim_queue queue;
	struct sim_call *spare;
	struct service_config **configs; /* that calls were made with */
	size_t n_configs;
	struct sim_failure failures[INTENT_NOTE + 1];
	struct sim_chances chances;

	/* An array of pointers: events and ids point into containers. Oldest first. */
	struct sim_container **containers;
	size_t n_containers;
	bool clones_never_ready;

	struct runtime runtime;
	enum sim_link link;
	uint64_t link_life;
	bool list_pending;
	bool muted; /* what happens now is not announced */

	struct balancer balancer;
	struct sim_server *servers;
	size_t n_servers;
	bool balancer_away;
	uint64_t reloads;
	struct sim_reload *reloads_told;
	size_t n_reloads_told;

	struct source source;
	struct sim_watch *watches;
	size_t n_watches;

	struct prober prober;
	struct source host;
	struct zones zones;

	struct journal journal;
	struct sim_rows journal_rows; /* that are durable */
	struct sim_rows journal_waiting;
	bool journal_away;
	uint64_t journal_chance;

	struct sim_load *loads;
	size_t n_loads;
	usec_t settled_at;
	bool rates_stale;
	uint64_t changes; /* of anything that can be seen from outside, so far */
	size_t n_dead; /* servers in each fault now */
	size_t n_unready;
	size_t n_stranger;
	size_t n_unserved;
	struct sim_faults faults;
	uint64_t sessions_cut;

	/* The machine; settled as the traffic is. */
	double host_other_cores;
	double host_other_bytes;
	double host_rate; /* cores that are busy */
	bool host_saturated;
	double host_busy_usec;
	double host_cpu_stall_usec;
	double host_memory_stall_usec;
};

/* xorshift64*. */
uint64_t sim_world_random(struct sim *sim);
/* Evenly from 0 to less than 1. */
double sim_world_chance(struct sim *sim);
/* @delay with its jitter. */
usec_t sim_world_delay(struct sim *sim, usec_t delay);
/* Has the next call of @kind to fail? Counts it. */
const struct sim_failure *sim_world_failure(struct sim *sim, enum intent_kind kind);

/* NULL when there is none. By address only those that live are found. */
struct sim_container *sim_world_by_id(const struct sim *sim, const char *id);
struct sim_container *sim_world_by_serial(const struct sim *sim, uint64_t serial);
struct sim_container *sim_world_by_name(const struct sim *sim, const char *name);
struct sim_container *sim_world_by_address(const struct sim *sim, const char *address);
/* Whom its address leads to. */
struct sim_container *sim_world_at(const struct sim *sim, const struct sim_server *server);

/* A number for an address, the same for the same: addresses differ in their last characters only, and
 * they are what is compared most. */
uint32_t sim_world_address_key(const char *address);

bool sim_world_runs(const struct sim_container *container);
/* Does it run, or is it paused? Then it has an address and memory. */
bool sim_world_lives(const struct sim_container *container);
/* Does it run, and answer its clients? */
bool sim_world_answers(const struct sim_container *container);
