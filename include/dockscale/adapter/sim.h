/* The simulated world: containers, balancer, cgroups and traffic in virtual time behind the same
 * ports. Deterministic: same seed, same calls, same events. */
#pragma once

#include <dockscale/port/ports.h>

struct sim;

#define SIM_HOST_CORES 16 /* what `capacity = host` means to an engine that is driven here */

/* Labels by which a container of the simulated world tells how it is. Clones inherit them. */
#define SIM_LABEL_VOLUME "sim.volume" /* "writable": may not be cloned without shared_volumes */
#define SIM_LABEL_RESTART                                                                          \
	"sim.restart" /* "no", "on-failure", "always". Default: "on-failure" (at
					 * most 3 times in a row) for what a daemon made, else "no" */
#define SIM_LABEL_EXIT    "sim.exit" /* exit code after SIGTERM; default 143 */
#define SIM_LABEL_HEALTH  "sim.health" /* "docker": the image has a health check */
#define SIM_LABEL_MEMORY  "sim.memory" /* MiB that it uses; default by its sessions */
#define SIM_LABEL_NETWORK "sim.network" /* name of its network; default "bridge" */

/* How the simulated world and its replicas behave. All zero is a world that answers at once. */
struct sim_settings {
	uint64_t seed;
	usec_t create_delay; /* answer to CREATE */
	usec_t start_delay; /* answer to START */
	usec_t ready_delay; /* from the start until the probe finds it healthy */
	usec_t stop_delay; /* answer to STOP */
	usec_t call_delay; /* answer to anything else */
	double capacity; /* cores that a replica without a CPU limit can use; 0: 1 */
	double session_seconds; /* mean length of a session */
	double start_cores; /* burnt from the start until it is healthy; 0: all that it may use;
			     * negative: none */
	usec_t list_interval; /* between two listings that the runtime makes by itself; 0: 60 s */
	double jitter; /* each delay varies by this share of it, 0..1 */
	unsigned slots; /* of each backend, where the method is slots; 0: 20 */
	bool dynamic; /* method "auto" finds a balancer for dynamic servers */
	bool memory_unsupported; /* the machine has no memory controller */
	double host_cores; /* that its containers share; 0: more than they want */
	uint64_t host_memory_bytes; /* that they share; 0: more than they want */
	bool host_unreadable; /* the machine's own readings fail */
	usec_t clocks_ahead; /* of UTC, in all places; those of Mars/... are not known */
};

/* A second of a person's machine: create 50 ms, start 300 ms, ready after 1 s, sessions of 200 ms. */
struct sim_settings sim_settings_default(void);

/* @config is borrowed until runtime->configure() gives another. A runtime connects by itself: its
 * EVENT_RUNTIME and first EVENT_LISTING come call_delay after the start of time. */
struct sim *sim_new(const struct sim_settings *settings, const struct config *config,
	const char *instance, struct event_sink sink);
void sim_free(struct sim *sim);

/* The ports live as long as the sim: their free() does nothing. */
struct runtime *sim_runtime(struct sim *sim);
struct balancer *sim_balancer(struct sim *sim);
struct source *sim_source(struct sim *sim);
struct prober *sim_prober(struct sim *sim);
struct journal *sim_journal(struct sim *sim);
struct zones *sim_zones(struct sim *sim);
struct source *sim_host(struct sim *sim); /* the machine's own readings */

/* Virtual time. sim_advance() runs everything that is due up to @to and pushes its events;
 * sim_next() tells when something is due next (USEC_NEVER: nothing). */
struct moment sim_now(const struct sim *sim);
usec_t sim_next(const struct sim *sim);
void sim_advance(struct sim *sim, usec_t to);

/* The daemon is killed: what its journal took in the last second is lost by chance. */
void sim_daemon_kill(struct sim *sim);
/* The daemon was killed and another one connects: answers to the calls of the former are never
 * heard, though what they asked for happens; nothing is watched; @sink is the new daemon's.
 * Connecting takes call_delay. */
void sim_daemon_restart(struct sim *sim, const struct config *config, struct event_sink sink);

/* The world's hand. A name that no container has ends the process: the script is wrong. */

/* Load is in cores wanted by the service's traffic, spread over its serving replicas by weight;
 * it ends at their limits. A core of load opens ten sessions a second. */
void sim_set_load(struct sim *sim, const char *service, double cores);

/* Work that does not vanish where it is too much: it waits in front of the service, up to so many
 * seconds' worth of what its replicas do, and the rest is lost. For loads that are set anew at least
 * each second. */
struct sim_load_settings {
	double cores; /* of work that arrives */
	double queue_seconds; /* that may wait; 0: as sim_set_load() */
	double misread; /* what is read of the CPU time that it takes, as a factor; 0: 1 */
};
void sim_set_work(struct sim *sim, const char *service, const struct sim_load_settings *settings);
/* What became of it so far, in core-seconds. */
struct sim_work {
	double arrived;
	double served;
	double lost;
	double waiting; /* now */
};
struct sim_work sim_work(struct sim *sim, const char *service);
/* A person runs a container (labels: "key=value", n of them); gives its id, which lives as long as
 * the container. NULL when the name is taken. */
const char *sim_run(struct sim *sim, const char *name, const char *const *labels, size_t n_labels,
	double cpu_limit_cores);
/* The same without its start. */
const char *sim_create(struct sim *sim, const char *name, const char *const *labels,
	size_t n_labels, double cpu_limit_cores);
void sim_kill(struct sim *sim, const char *name); /* the program dies */
void sim_stop(struct sim *sim, const char *name); /* a person's docker stop */
void sim_start(struct sim *sim, const char *name); /* a person's docker start */
void sim_pause(struct sim *sim, const char *name); /* a person's docker pause */
void sim_unpause(struct sim *sim, const char *name);
void sim_remove(struct sim *sim, const char *name); /* a person's docker rm -f */
/* The template's spec changes, or is the same in another container. */
enum sim_change {
	SIM_CHANGE_IN_PLACE, /* docker update */
	SIM_CHANGE_RECREATED, /* docker compose up with a new image: same name, another id */
	SIM_CHANGE_RECREATED_SAME, /* docker compose up --force-recreate */
	SIM_CHANGE_BACK, /* docker update, to what it was before */
};
void sim_change_template(struct sim *sim, const char *name, enum sim_change change);
/* What else runs on the machine uses so much. */
void sim_set_host_use(struct sim *sim, double cores, uint64_t bytes);
void sim_set_limit(struct sim *sim, const char *name, double cpu_limit_cores);
void sim_set_memory(struct sim *sim, const char *name, uint64_t bytes, uint64_t limit_bytes);
/* Sessions that do not end by themselves, beside those of the load. */
void sim_set_sessions(struct sim *sim, const char *name, unsigned count);
void sim_set_healthy(struct sim *sim, const char *name, bool healthy);
/* What is created from now on by the daemon gets healthy, or never does. */
void sim_set_clones_healthy(struct sim *sim, bool healthy);
void sim_set_readable(struct sim *sim, const char *name, bool readable); /* its cgroup files */
/* The engine's socket does not answer; containers go on. Calls under way end with
 * ERR_UNREACHABLE, and by the seed did their work or not. */
void sim_runtime_away(struct sim *sim, bool away);
/* The engine restarts, 3 s long. Without @live_restore all containers end, are announced, and
 * those whose restart policy says so come back with it, with other addresses. */
void sim_engine_restart(struct sim *sim, bool live_restore);
void sim_balancer_away(struct sim *sim, bool away); /* its socket; traffic goes on */
/* HAProxy was reloaded: dynamic servers vanish, slots come back from the state file. */
void sim_balancer_reload(struct sim *sim);
/* HAProxy was restarted without a state file: all slots are empty. */
void sim_balancer_restart(struct sim *sim);
/* The operator's own server of a running container, at the address it has now. */
void sim_add_server(struct sim *sim, const char *service, const char *name, unsigned port);
/* The journal's disk is full or gone: nothing is written, nothing recalled, and both is told. */
void sim_journal_away(struct sim *sim, bool away);
void sim_journal_damage(struct sim *sim); /* texts are cut, changed, of another version, or gone */
void sim_journal_lose(struct sim *sim); /* somebody removed the directory */
/* The next @count calls of a kind fail with @code, or (@worked) work and time out: nothing but a
 * listing tells. A failed PROBE is an unhealthy answer, a failed MEMBERSHIP an unreachable
 * balancer. */
void sim_fail(struct sim *sim, enum intent_kind kind, unsigned count, int code, bool worked);
/* The next @count calls of a kind do nothing and meet @fault, one of the runtime's. */
void sim_fail_by(struct sim *sim, enum intent_kind kind, unsigned count, enum fault fault);
/* Somebody sets the wall clock, forth or back. */
void sim_jump_clock(struct sim *sim, usec_t by);
/* From now on each call to the runtime meets one of these with its chance (0..1 each, 1 together). */
struct sim_chances {
	double fail; /* nothing happens: ERR_REMOTE */
	double lose; /* it works, and the answer never comes */
	double late; /* it works, and the answer comes up to ten seconds later */
	double twice; /* it works, and is answered twice */
};
void sim_set_chances(struct sim *sim, const struct sim_chances *chances);

/* What the world looks like, for assertions. */
size_t sim_running(const struct sim *sim, const char *service); /* containers that run */
size_t sim_containers(const struct sim *sim, const char *service); /* that exist */
bool sim_exists(const struct sim *sim, const char *name); /* such a container */
size_t sim_enabled(const struct sim *sim, const char *service); /* servers that are enabled */
/* Enabled servers whose container runs, is healthy and is the service's. */
size_t sim_serving(const struct sim *sim, const char *service);
/* The most sessions at once that a server of it gets; 0: no server has a limit. */
unsigned sim_maxconn(const struct sim *sim, const char *service);
/* What a container uses now, as a share of what it may use (1 = all). */
double sim_cpu_share(struct sim *sim, const char *name);
/* The container at @index of the service, oldest first, or NULL. Valid until it is removed. */
const struct container *sim_container(const struct sim *sim, const char *service, size_t index);
/* Memory that is used on the machine, in bytes. */
double sim_host_memory_used(const struct sim *sim);
/* Sessions cut by a STOP of the daemon before they ended. */
uint64_t sim_sessions_cut(const struct sim *sim);

/* What traffic met, in the time it lasted, summed over servers. */
struct sim_faults {
	usec_t dead; /* enabled servers of ours at whose address nobody runs */
	usec_t unready; /* enabled servers of ours whose container has not become healthy yet */
	usec_t stranger; /* enabled servers of ours at the address of somebody else's container */
	usec_t unserved; /* a service with load had no server that answers */
};
struct sim_faults sim_faults(struct sim *sim);
