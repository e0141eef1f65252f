/* The rooms behind the simulated world's ports, as they see each other. */
#pragma once

#include "adapter/sim/sim_world.h"

/* sim_announce.c */
/* Tells the daemon of a container, unless it is none of its business or cannot hear. */
void sim_announce_container(struct sim *sim, const struct sim_container *container);
void sim_announce_gone(struct sim *sim, const struct sim_container *container);

/* sim_life.c */
/* A container that exists and does not run. Its labels are the caller's to add;
 * sim_life_select() comes after them. */
struct sim_container *sim_life_add(struct sim *sim, const char *name);
/* Finds out which service it belongs to. */
void sim_life_select(struct sim *sim, struct sim_container *container);
void sim_life_start(struct sim *sim, struct sim_container *container);
/* Its program ended; by its policy it starts again, unless it was @told to. */
void sim_life_end(struct sim *sim, struct sim_container *container, int exit_code, bool told);
void sim_life_pause(struct sim *sim, struct sim_container *container);
void sim_life_unpause(struct sim *sim, struct sim_container *container);
void sim_life_remove(struct sim *sim, struct sim_container *container);
/* The container's health or limits changed. */
void sim_life_changed(struct sim *sim, struct sim_container *container);
/* Will the container start again with the engine? */
bool sim_life_comes_back(const struct sim *sim, const struct sim_container *container);
/* What it exits with after SIGTERM. */
int sim_life_exit_code(const struct sim_container *container);

/* sim_runtime.c */
void sim_runtime_init(struct sim *sim);
/* Connects once more, telling a listing. */
void sim_runtime_connect(struct sim *sim, usec_t delay);
void sim_runtime_restart(struct sim *sim, bool live_restore);
/* A new daemon connects, or finds the engine away. */
void sim_runtime_reconnect(struct sim *sim);

/* sim_call.c */
struct sim_call *sim_call_new(struct sim *sim, const struct intent *intent);
/* For the next one. NULL is fine. */
void sim_call_free(struct sim *sim, struct sim_call *call);
/* Those that were kept for the next one. */
void sim_call_finish(struct sim *sim);
/* The call's effect comes after @delay, and its answer then or at its deadline. */
void sim_call_put(struct sim *sim, struct sim_call *call, usec_t delay);
/* The call does nothing and is answered by @code. */
void sim_call_refuse(struct sim *sim, struct sim_call *call, int code, const char *message);
/* The connection broke: all calls under way are answered by ERR_UNREACHABLE, and done or lost by
 * chance. */
void sim_call_cut(struct sim *sim);
/* Nobody waits for the answers any more: all is done in its time, unheard. */
void sim_call_forget(struct sim *sim);

/* sim_balancer.c */
void sim_balancer_init(struct sim *sim);
/* Forgets the memberships under way. */
void sim_balancer_forget(struct sim *sim);
/* The operator's own server of a container that runs. */
void sim_balancer_add(
	struct sim *sim, const char *service, const struct sim_container *container, unsigned port);

/* sim_source.c, sim_prober.c, sim_zones.c, sim_journal.c */
void sim_source_init(struct sim *sim);
void sim_prober_init(struct sim *sim);
void sim_zones_init(struct sim *sim);
void sim_journal_init(struct sim *sim);
void sim_journal_finish(struct sim *sim);
void sim_prober_forget(struct sim *sim);

/* sim_host.c */
double sim_host_cores(const struct sim *sim);
double sim_host_memory(const struct sim *sim);
/* Its working set; 0 unless it lives. */
double sim_memory_of(const struct sim_container *container);
/* Cuts the containers' rates to what the machine has. */
void sim_host_share(struct sim *sim);
void sim_host_settle(struct sim *sim, usec_t span);

/* sim_traffic.c */
/* Lets the traffic flow up to now as it did; what changes after it counts from now on. */
void sim_traffic_change(struct sim *sim);
/* As sim_traffic_change(), where nothing is about to change. */
void sim_traffic_settle(struct sim *sim);
/* As sim_traffic_settle(), and the containers' rates are those from now on. */
void sim_traffic_rates(struct sim *sim);
void sim_traffic_load(
	struct sim *sim, const char *service, const struct sim_load_settings *settings);
struct sim_work sim_traffic_work(struct sim *sim, const char *service);
/* Sessions as they are, and those of them that the balancer knows. */
uint64_t sim_traffic_sessions(const struct sim_container *container);
uint64_t sim_traffic_reported(const struct sim_container *container);
/* Sessions that its program has answered in its life. */
uint64_t sim_traffic_total(const struct sim_container *container);
/* A balancer was reloaded: its sessions go on where nobody counts them. */
void sim_traffic_hide(struct sim *sim);
/* All sessions of the container are over. */
void sim_traffic_end(struct sim_container *container);
/* Cores that the container may use. */
double sim_traffic_limit(const struct sim *sim, const struct sim_container *container);
