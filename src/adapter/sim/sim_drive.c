/*
 * An engine on a simulated world. It does what the daemon's loop does: it collects events, steps
 * the engine, hands intents to the ports by their kind, and wakes up for ticks and deadlines. Only
 * that its waiting takes no time.
 */
#include "adapter/sim/sim_drive.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

#define INSTANCE "here"
/* Steps without time passing: beyond it the engine and the world answer each other for ever. */
#define STEPS_AT_ONCE_MAX 10000

struct sim_drive {
	struct sim *sim;
	struct engine *engine;
	const struct config *config;
	struct event *events; /* with copies of what they point to */
	size_t n_events;
	size_t events_capacity;
	struct intents intents;
	usec_t tick_at;
	usec_t wake_at; /* the engine's deadline */
	unsigned steps_at_once;
	uint64_t counts[INTENT_NOTE + 1];
	void (*hear)(void *context, struct moment now, const struct intent *intent);
	void *hear_context;
};

/* Events point to what lives only until push returns: the queue has its own. */
static void keep_containers(struct event *event, const struct event *from)
{
	size_t n = event->kind == EVENT_CONTAINER ? 1 : from->listing.count;
	const struct container *containers =
		event->kind == EVENT_CONTAINER ? from->container : from->listing.containers;
	struct container *kept = mem_zero(n + 1, sizeof(*kept));

	for (size_t i = 0; i < n; i++)
		container_copy(&kept[i], &containers[i]);
	if (event->kind == EVENT_CONTAINER)
		event->container = kept;
	else
		event->listing.containers = kept;
}

static void keep_servers(struct event *event, const struct event *from)
{
	size_t n = from->balancer.n_servers;
	struct server_report *kept = mem_resize(NULL, n, sizeof(*kept));

	if (n > 0)
		memcpy(kept, from->balancer.servers, n * sizeof(*kept));
	event->balancer.servers = kept;
}

static void push(void *context, const struct event *event)
{
	struct sim_drive *drive = context;
	struct event *kept;

	if (drive->engine == NULL)
		return; /* nobody hears it */
	if (drive->n_events == drive->events_capacity) {
		drive->events_capacity =
			drive->events_capacity > 0 ? 2 * drive->events_capacity : 64;
		drive->events =
			mem_resize(drive->events, drive->events_capacity, sizeof(*drive->events));
	}
	kept = &drive->events[drive->n_events++];
	*kept = *event;
	if (event->kind == EVENT_CONTAINER || event->kind == EVENT_LISTING)
		keep_containers(kept, event);
	else if (event->kind == EVENT_BALANCER)
		keep_servers(kept, event);
}

static void finish_containers(const struct container *containers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_finish((struct container *)&containers[i]);
	free((void *)containers);
}

static void clear_events(struct sim_drive *drive)
{
	for (size_t i = 0; i < drive->n_events; i++) {
		struct event *event = &drive->events[i];

		if (event->kind == EVENT_CONTAINER)
			finish_containers(event->container, 1);
		else if (event->kind == EVENT_LISTING)
			finish_containers(event->listing.containers, event->listing.count);
		else if (event->kind == EVENT_BALANCER)
			free((void *)event->balancer.servers);
	}
	drive->n_events = 0;
}

static struct event_sink sink_of(struct sim_drive *drive)
{
	return (struct event_sink){ .push = push, .context = drive };
}

static void hand_over(struct sim_drive *drive, const struct intent *intent)
{
	struct runtime *runtime = sim_runtime(drive->sim);
	struct balancer *balancer = sim_balancer(drive->sim);
	struct source *source = sim_source(drive->sim);
	struct prober *prober = sim_prober(drive->sim);
	struct zones *zones = sim_zones(drive->sim);
	struct journal *journal = sim_journal(drive->sim);

	switch (intent->kind) {
	case INTENT_CREATE:
	case INTENT_START:
	case INTENT_STOP:
	case INTENT_PAUSE:
	case INTENT_UNPAUSE:
	case INTENT_REMOVE:
		runtime->vtable->submit(runtime, intent);
		return;
	case INTENT_LIST:
		runtime->vtable->list(runtime);
		return;
	case INTENT_PROBE:
		prober->vtable->submit(prober, intent);
		return;
	case INTENT_WATCH:
	case INTENT_UNWATCH:
		source->vtable->submit(source, intent);
		return;
	case INTENT_MEMBERSHIP:
		balancer->vtable->submit(balancer, intent);
		return;
	case INTENT_ZONE:
		zones->vtable->submit(zones, intent);
		return;
	case INTENT_RECORD:
	case INTENT_NOTE:
		journal->vtable->submit(journal, intent, sim_now(drive->sim));
		return;
	}
}

static void step(struct sim_drive *drive)
{
	struct moment now = sim_now(drive->sim);

	if (++drive->steps_at_once > STEPS_AT_ONCE_MAX) {
		(void)fprintf(stderr, "sim: the engine steps without end at one time\n");
		abort();
	}
	intents_clear(&drive->intents);
	engine_step(drive->engine, drive->events, drive->n_events, now, &drive->intents);
	drive->wake_at = engine_deadline(drive->engine);
	clear_events(drive);
	for (size_t i = 0; i < drive->intents.count; i++) {
		const struct intent *intent = &drive->intents.items[i];

		drive->counts[intent->kind]++;
		if (drive->hear != NULL)
			drive->hear(drive->hear_context, now, intent);
		hand_over(drive, intent);
	}
}

static usec_t earlier(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

static void advance(struct sim_drive *drive, usec_t to)
{
	usec_t before = sim_now(drive->sim).boot;

	sim_advance(drive->sim, to > before ? to : before);
	if (sim_now(drive->sim).boot > before)
		drive->steps_at_once = 0;
}

static void push_tick(struct sim_drive *drive)
{
	static const struct event event = { .kind = EVENT_TICK };
	struct moment now = sim_now(drive->sim);
	struct source *source = sim_source(drive->sim);
	struct source *host = sim_host(drive->sim);

	if (now.boot < drive->tick_at) {
		if (now.boot >= drive->wake_at)
			push(drive, &event);
		return;
	}
	source->vtable->sample(source, now);
	host->vtable->sample(host, now);
	push(drive, &event);
	drive->tick_at = now.boot + drive->config->daemon.interval;
}

/* Up to the next thing that happens, but not beyond @end. Returns false when @end was reached and
 * nothing is left to do before it. */
static bool turn(struct sim_drive *drive, usec_t end)
{
	usec_t next = earlier(sim_next(drive->sim), end);

	if (drive->n_events > 0)
		next = sim_now(drive->sim).boot;
	else if (drive->engine != NULL)
		next = earlier(next, earlier(drive->tick_at, drive->wake_at));
	advance(drive, next);
	if (drive->engine != NULL) {
		push_tick(drive);
		if (drive->n_events > 0) {
			step(drive);
			return true;
		}
	}
	return sim_now(drive->sim).boot < end || sim_next(drive->sim) <= end;
}

struct sim_drive *sim_drive_new(
	const struct sim_settings *settings, const struct config *config, uint64_t seed)
{
	struct sim_drive *drive = mem_zero(1, sizeof(*drive));

	drive->config = config;
	drive->sim = sim_new(settings, config, INSTANCE, sink_of(drive));
	sim_drive_start(drive, seed);
	return drive;
}

void sim_drive_free(struct sim_drive *drive)
{
	if (drive == NULL)
		return;
	clear_events(drive);
	engine_free(drive->engine);
	sim_free(drive->sim);
	intents_finish(&drive->intents);
	free(drive->events);
	free(drive);
}

struct sim *sim_drive_sim(struct sim_drive *drive)
{
	return drive->sim;
}

const char *sim_drive_instance(void)
{
	return INSTANCE;
}

struct engine *sim_drive_engine(struct sim_drive *drive)
{
	return drive->engine;
}

void sim_drive_run(struct sim_drive *drive, usec_t duration)
{
	usec_t end = sim_now(drive->sim).boot + duration;

	while (turn(drive, end))
		continue;
}

bool sim_drive_until(struct sim_drive *drive, bool (*holds)(struct sim_drive *drive, void *context),
	void *context, usec_t limit)
{
	usec_t end = sim_now(drive->sim).boot + limit;

	do {
		if (holds(drive, context))
			return true;
	} while (turn(drive, end));
	return holds(drive, context);
}

void sim_drive_kill(struct sim_drive *drive)
{
	clear_events(drive);
	if (drive->engine != NULL)
		sim_daemon_kill(drive->sim);
	engine_free(drive->engine);
	drive->engine = NULL;
}

static void restore(void *context, const struct journal_record *record)
{
	struct sim_drive *drive = context;
	struct err ignored; /* what is damaged is left alone */

	(void)engine_restore(drive->engine, record, sim_now(drive->sim), &ignored);
}

void sim_drive_start(struct sim_drive *drive, uint64_t seed)
{
	struct journal *journal = sim_journal(drive->sim);

	sim_drive_kill(drive);
	drive->engine = engine_new(INSTANCE, seed);
	drive->tick_at = sim_now(drive->sim).boot + drive->config->daemon.interval;
	engine_set_host_cores(drive->engine, SIM_HOST_CORES);
	engine_configure(drive->engine, drive->config, sim_now(drive->sim));
	journal->vtable->recall(journal, restore, drive);
	drive->wake_at = engine_deadline(drive->engine);
	sim_daemon_restart(drive->sim, drive->config, sink_of(drive));
}

void sim_drive_configure(struct sim_drive *drive, const struct config *config)
{
	struct runtime *runtime = sim_runtime(drive->sim);

	drive->config = config;
	engine_configure(drive->engine, config, sim_now(drive->sim));
	drive->wake_at = engine_deadline(drive->engine);
	runtime->vtable->configure(runtime, config);
}

void sim_drive_command(struct sim_drive *drive, const struct command *command)
{
	push(drive, &(struct event){ .kind = EVENT_COMMAND, .command = *command });
}

uint64_t sim_drive_count(const struct sim_drive *drive, enum intent_kind kind)
{
	return drive->counts[kind];
}

void sim_drive_listen(struct sim_drive *drive,
	void (*hear)(void *context, struct moment now, const struct intent *intent), void *context)
{
	drive->hear = hear;
	drive->hear_context = context;
}
