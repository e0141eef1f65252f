/* What the tests of the source over recorded and over changing machines share. Each program defines
 * all of it, and uses what it needs. */
#pragma once

#include <adapter/cgroup/source.h>

#include <dockscale/adapter/cgroup.h>
#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TAIL "4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define A    "0a1b2c3d" TAIL
#define B    "bbbbbbbb" TAIL

#define SAMPLES_MAX 16

struct world {
	char base[256]; /* holds root and proc */
	struct source *source;
	struct sample samples[SAMPLES_MAX];
	size_t count;
};

static inline void collect(void *context, const struct event *event)
{
	struct world *world = context;

	assert_int_equal(event->kind, EVENT_SAMPLE);
	assert_true(world->count < SAMPLES_MAX);
	world->samples[world->count++] = event->sample;
}

static inline void open_source(struct world *world)
{
	char root[300];
	char proc[300];
	struct cgroup_options options = { .root = root, .proc = proc };
	struct event_sink sink = { collect, world };
	struct err err = { 0 };

	(void)snprintf(root, sizeof(root), "%s/root", world->base);
	(void)snprintf(proc, sizeof(proc), "%s/proc", world->base);
	assert_int_equal(cgroup_source_new(&options, sink, &world->source, &err), 0);
}

static inline void close_world(struct world *world)
{
	world->source->vtable->free(world->source);
}

static inline struct intent watch_intent(const char *id, int64_t pid, usec_t started_at)
{
	struct intent intent = { .kind = INTENT_WATCH };

	(void)mem_strcpy(intent.container, sizeof(intent.container), id);
	intent.watch.pid = pid;
	intent.watch.started_at = started_at;
	return intent;
}

static inline void watch(struct world *world, const char *id, int64_t pid)
{
	struct intent intent = watch_intent(id, pid, 5);

	world->source->vtable->submit(world->source, &intent);
}

static inline void unwatch(struct world *world, const char *id)
{
	struct intent intent = { .kind = INTENT_UNWATCH };

	(void)mem_strcpy(intent.container, sizeof(intent.container), id);
	world->source->vtable->submit(world->source, &intent);
}

static inline void sample(struct world *world, usec_t at)
{
	world->count = 0;
	world->source->vtable->sample(world->source, (struct moment){ .boot = at });
}

static inline void assert_known(struct reading reading, double value)
{
	assert_int_equal(reading.state, READING_KNOWN);
	assert_true(reading.value == value);
}

#define assert_unknown(reading)     assert_int_equal((reading).state, READING_UNKNOWN)
#define assert_unsupported(reading) assert_int_equal((reading).state, READING_UNSUPPORTED)
