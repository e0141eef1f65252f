/* The fleet as a state machine: events in, intents out. It never calls out, never asks for the
 * time, and knows no loop, no socket and no JSON. Same events, same times, same seed: same intents. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/conf/load.h>
#include <dockscale/port/event.h>
#include <dockscale/port/intent.h>

struct engine;

/* @instance bears everything that is made; @seed feeds names and jitter: another one for each life of
 * the daemon. */
struct engine *engine_new(const char *instance, uint64_t seed);
void engine_free(struct engine *engine);

/* What `capacity = host` means on this machine; 1 until told. */
void engine_set_host_cores(struct engine *engine, double cores);

/* Would all services that are known now accept @config? Adds what is wrong to @problems; changes
 * nothing. A reload asks this before engine_configure(). */
void engine_check(
	const struct engine *engine, const struct config *config, struct config_problems *problems);

/* The files, at start and after a reload that passed engine_check(). @config is borrowed until the
 * next call. Services whose file is broken are disabled: their replicas stay as they are. */
void engine_configure(struct engine *engine, const struct config *config, struct moment now);

/* What the journal remembers of a service, one record after the other, before the first step: it is
 * used at the first listing where it fits the world, and forgotten where it does not. INTENT_RECORD
 * gives what is to be remembered. A negative result only says that this record is of no use. */
int engine_restore(struct engine *engine, const struct journal_record *record, struct moment now,
	struct err *err);

/* Takes @n_events in order, then looks once at each service that they concern (a tick: all), and
 * appends what should be done to @intents (which the caller cleared). Pointers inside the intents
 * live until the next call. */
void engine_step(struct engine *engine, const struct event *events, size_t n_events,
	struct moment now, struct intents *intents);

/* Would EVENT_COMMAND with @command be accepted? Asked before the event is pushed, so that the person
 * gets an answer: ERR_NOT_FOUND for an unknown service, ERR_INVALID for a count outside min and max. */
int engine_command_check(
	const struct engine *engine, const struct command *command, struct err *err);

/* The resolved configuration of a service; NULL when there is none. Lives until the next step. */
const struct service_config *engine_service_config(const struct engine *engine, const char *name);

/* Boot time at which a step with EVENT_TICK is wanted at the latest, for deadlines and probes
 * between two ticks; USEC_NEVER when nothing waits. */
usec_t engine_deadline(const struct engine *engine);
