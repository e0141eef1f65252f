/* An engine on a simulated world: what the daemon's loop does with the real parts, in virtual
 * time. */
#pragma once

#include <dockscale/adapter/sim.h>
#include <dockscale/engine/engine.h>

struct sim_drive;

/* A daemon called "here" with an engine of @seed, started now. @config is borrowed. */
struct sim_drive *sim_drive_new(
	const struct sim_settings *settings, const struct config *config, uint64_t seed);
void sim_drive_free(struct sim_drive *drive);

struct sim *sim_drive_sim(struct sim_drive *drive);
/* The name that all its daemons have. */
const char *sim_drive_instance(void);
/* NULL while the daemon is dead. */
struct engine *sim_drive_engine(struct sim_drive *drive);

/* Lets the time pass. Every second (the configuration's interval) is a tick: readings, then the
 * engine's step; what happens between two ticks is a step of its own. */
void sim_drive_run(struct sim_drive *drive, usec_t duration);
/* As sim_drive_run(), until @holds (asked after each step) or for @limit at most. Returns whether it
 * came to hold. */
bool sim_drive_until(struct sim_drive *drive, bool (*holds)(struct sim_drive *drive, void *context),
	void *context, usec_t limit);

/* The daemon is killed: calls under way go on, unheard. Then another one may start. */
void sim_drive_kill(struct sim_drive *drive);
void sim_drive_start(struct sim_drive *drive, uint64_t seed);
/* The files changed. @config is borrowed. */
void sim_drive_configure(struct sim_drive *drive, const struct config *config);
/* A person's command; the caller has asked engine_command_check(). */
void sim_drive_command(struct sim_drive *drive, const struct command *command);

/* Intents of a kind so far, of all daemons. */
uint64_t sim_drive_count(const struct sim_drive *drive, enum intent_kind kind);
/* Calls @hear with every intent before it is carried out. */
void sim_drive_listen(struct sim_drive *drive,
	void (*hear)(void *context, struct moment now, const struct intent *intent), void *context);
