/* The driver between the engine and the world: events in, one step a turn of the loop, intents
 * out to the adapters. */
#pragma once

#include <dockscale/engine/engine.h>
#include <dockscale/port/ports.h>

#include <uv.h>

/* Where intents go. All are mandatory and stay the caller's. */
struct driver_ports {
	struct runtime *runtime;
	struct balancer *haproxy; /* services with balancer = haproxy */
	struct balancer *none; /* services without */
	struct source *source;
	struct source *host; /* of the machine's own readings */
	struct prober *prober;
	struct zones *zones;
	struct journal *journal;
	void (*note)(const struct intent *intent);
};

struct driver;

/* @engine stays the caller's. Nothing happens before driver_start(). */
struct driver *driver_new(uv_loop_t *loop, struct engine *engine);

/* The sink that adapters are made with; good as long as the driver lives. */
struct event_sink driver_sink(struct driver *driver);

/* Begins to tick each @interval, on a schedule that does not drift. */
void driver_start(struct driver *driver, const struct driver_ports *ports, usec_t interval);
/* Another journal from now on: the files changed. */
void driver_set_journal(struct driver *driver, struct journal *journal);
void driver_set_interval(struct driver *driver, usec_t interval);

/* Hands everything that was pushed to the engine now, and its intents to the adapters: for a
 * person who waits for the effect. Not from inside an adapter's call. */
void driver_flush(struct driver *driver);

/* No step from now on: events that still come are dropped. */
void driver_stop(struct driver *driver);

/* After the adapters are gone. Memory goes when the loop has run once more. NULL is fine. */
void driver_free(struct driver *driver);
