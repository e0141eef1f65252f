/* What the stories of the engine on the simulated world share: the service web, a daemon that
 * scales it, and an eye that looks after each step. */
#pragma once

#include "adapter/sim/sim_drive.h"

#include <dockscale/base/mem.h>
#include <dockscale/engine/snapshot.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND           USEC_PER_SEC
#define MINUTE           (60 * USEC_PER_SEC)
#define WORLD_LABELS_MAX 24

struct world {
	struct sim_settings settings;
	struct config *config;
	struct sim_drive *drive;
	struct sim *sim;
	const char *labels[WORLD_LABELS_MAX];
	size_t n_labels;
	/* What the eye saw. */
	size_t most_running;
	size_t most_containers;
	size_t wanted; /* of world_until_serving() and world_until_running() */
};

/* A label of the template; one with the same key is replaced. */
static inline void world_label(struct world *world, const char *label)
{
	size_t key = strcspn(label, "=") + 1;

	for (size_t i = 0; i < world->n_labels; i++) {
		if (strncmp(world->labels[i], label, key) != 0)
			continue;
		world->labels[i] = label;
		return;
	}
	if (world->n_labels == WORLD_LABELS_MAX)
		fail_msg("a world with more labels than this takes none");
	world->labels[world->n_labels++] = label;
}

/* A world of one second's start-up, slots, and up to eight replicas, scaled by the target policy, which
 * is told by what it sees alone; a test may change the settings and labels before world_begin(). */
static inline struct world world_new(void)
{
	struct world world = { .settings = sim_settings_default(), .config = config_new() };

	world_label(&world, "dockscale.service=web");
	world_label(&world, "dockscale.max=8");
	world_label(&world, "dockscale.haproxy.backend=web");
	world_label(&world, "dockscale.haproxy.port=8080");
	world_label(&world, "dockscale.policy.type=target");
	return world;
}

static inline void world_tell(void *context, struct moment now, const struct intent *intent)
{
	(void)context;
	if (intent->kind == INTENT_NOTE)
		print_error("%9.3f %s %s %d>%d: %s\n", (double)now.boot / 1e6 - 1000,
			intent->note.what, intent->note.replica, intent->note.from, intent->note.to,
			intent->note.because);
	else if (intent->kind < INTENT_PROBE)
		print_error("%9.3f   %s %s %.8s\n", (double)now.boot / 1e6 - 1000,
			intent_kind_name(intent->kind), intent->name, intent->container);
}

/* The daemon, in a world where nothing runs yet. WORLD_TRACE=1 shows what is done. */
static inline void world_start(struct world *world, uint64_t seed)
{
	world->drive = sim_drive_new(&world->settings, world->config, seed);
	world->sim = sim_drive_sim(world->drive);
	if (getenv("WORLD_TRACE") != NULL)
		sim_drive_listen(world->drive, world_tell, NULL);
}

static inline void world_end(struct world *world)
{
	sim_drive_free(world->drive);
	config_free(world->config);
}

static inline bool world_look(struct sim_drive *drive, void *context)
{
	struct world *world = context;
	size_t running = sim_running(world->sim, "web");
	size_t containers = sim_containers(world->sim, "web");

	(void)drive;
	world->most_running = running > world->most_running ? running : world->most_running;
	world->most_containers =
		containers > world->most_containers ? containers : world->most_containers;
	return false;
}

static inline void world_run(struct world *world, usec_t duration)
{
	(void)sim_drive_until(world->drive, world_look, world, duration);
}

static inline void world_run_template(struct world *world)
{
	(void)sim_run(world->sim, "web", world->labels, world->n_labels, 1.0);
}

static inline bool world_serves(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)world_look(drive, context);
	return sim_serving(world->sim, "web") == world->wanted;
}

/* Until @count replicas serve; the test fails when that takes longer than @limit. */
static inline void world_until_serving(struct world *world, size_t count, usec_t limit)
{
	world->wanted = count;
	if (!sim_drive_until(world->drive, world_serves, world, limit))
		fail_msg("%zu serve, %zu run, %zu exist instead of %zu",
			sim_serving(world->sim, "web"), sim_running(world->sim, "web"),
			sim_containers(world->sim, "web"), count);
}

static inline bool world_runs(struct sim_drive *drive, void *context)
{
	struct world *world = context;

	(void)world_look(drive, context);
	return sim_running(world->sim, "web") == world->wanted;
}

/* Until @count run, whether they serve or not; the test fails when that takes longer than a minute. */
static inline void world_until_running(struct world *world, size_t count)
{
	world->wanted = count;
	if (!sim_drive_until(world->drive, world_runs, world, MINUTE))
		fail_msg("%zu run instead of %zu", sim_running(world->sim, "web"), count);
}

/* The template runs and serves. */
static inline void world_begin(struct world *world, uint64_t seed)
{
	world_start(world, seed);
	world_run_template(world);
	world_until_serving(world, 1, 10 * SECOND);
}

/* The template and clones of it under a load for @count replicas at a little less than 80 %, and calm
 * again: where demand was guessed too high on the way, what was too much is gone. */
static inline void world_begin_with(struct world *world, size_t count)
{
	world_begin(world, 1);
	sim_set_load(world->sim, "web", 0.8 * (double)count - 0.1);
	world_run(world, MINUTE);
	world_until_serving(world, count, 3 * MINUTE);
	world_run(world, 3 * MINUTE);
	world->most_running = 0;
	world->most_containers = 0;
}

/* A person's word on web. */
static inline void world_command(struct world *world, enum command_kind kind)
{
	const struct command command = { .kind = kind, .service = "web" };

	sim_drive_command(world->drive, &command);
}

/* A person's wish; @duration 0: for good. */
static inline void world_scale(struct world *world, unsigned count, usec_t duration)
{
	const struct command command = {
		.kind = COMMAND_SCALE, .service = "web", .count = count, .duration = duration
	};

	sim_drive_command(world->drive, &command);
}

/* The template and clones of it by a person's wish for the next hours, half busy. */
static inline void world_begin_by_hand(struct world *world, size_t count)
{
	world_begin(world, 1);
	sim_set_load(world->sim, "web", 0.4);
	world_scale(world, (unsigned)count, 5 * 60 * MINUTE);
}

/* The same, until they serve and nothing is on its way. */
static inline void world_begin_calm(struct world *world, size_t count)
{
	world_begin_by_hand(world, count);
	world_until_serving(world, count, 20 * SECOND);
	world_run(world, 10 * SECOND);
	world->most_running = 0;
	world->most_containers = 0;
}

/* The daemon is killed, and after @dead there is another one. */
static inline void world_restart(struct world *world, usec_t dead, uint64_t seed)
{
	sim_drive_kill(world->drive);
	if (dead > 0)
		world_run(world, dead);
	sim_drive_start(world->drive, seed);
}

/* What the daemon says of a service. */
static inline struct service_snapshot world_shown_of(const struct world *world, const char *name)
{
	struct snapshot *snapshot =
		engine_snapshot(sim_drive_engine(world->drive), sim_now(world->sim));
	struct service_snapshot shown = { 0 };

	for (size_t i = 0; i < snapshot->n_services; i++)
		if (strcmp(snapshot->services[i].name, name) == 0)
			shown = snapshot->services[i];
	shown.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return shown;
}

static inline struct service_snapshot world_shown(const struct world *world)
{
	return world_shown_of(world, "web");
}

/* Nothing is served that should not be, and nothing else runs: HAProxy is right. */
static inline void world_assert_right(const struct world *world, size_t count)
{
	if (sim_serving(world->sim, "web") != count && sim_drive_engine(world->drive) != NULL) {
		struct service_snapshot shown = world_shown(world);

		print_error(
			"%u wanted: %s; problem: %s\n", shown.desired, shown.reason, shown.problem);
	}
	assert_int_equal(sim_running(world->sim, "web"), count);
	assert_int_equal(sim_enabled(world->sim, "web"), count);
	assert_int_equal(sim_serving(world->sim, "web"), count);
}

static inline void world_assert_no_request_lost(const struct world *world)
{
	struct sim_faults faults = sim_faults(world->sim);

	assert_int_equal(sim_sessions_cut(world->sim), 0);
	assert_int_equal(faults.dead, 0);
	assert_int_equal(faults.unready, 0);
	assert_int_equal(faults.stranger, 0);
	assert_int_equal(faults.unserved, 0);
}

/* The name of the newest container that is not the template. */
static inline const char *world_clone(const struct world *world)
{
	const struct container *clone =
		sim_container(world->sim, "web", sim_containers(world->sim, "web") - 1);

	assert_non_null(clone);
	assert_string_not_equal(clone->name, "web");
	return clone->name;
}
