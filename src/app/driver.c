/*
 * The one place where the engine meets the world. Adapters push events at any time; they are
 * queued, and all that came in one turn of the loop is one step: a listing of a hundred
 * containers or a tick with a hundred samples is decided once. The engine never calls out and
 * adapters never call the engine, so nothing here can be entered twice.
 */
#include <dockscale/app/driver.h>

#include <dockscale/app/queue.h>
#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <assert.h>

/* A deadline that is already over is looked at this much later at the earliest: should the
 * engine ever ask again and again, the loop stays alive and the processor cool. */
#define WAKE_MIN_MS 5

struct driver {
	struct engine *engine;
	struct driver_ports ports;
	struct queue coming; /* being filled */
	struct queue going; /* in the step that runs */
	struct intents intents;
	uv_timer_t tick;
	uv_timer_t wake; /* deadlines between two ticks */
	uv_idle_t hurry; /* runs while events wait, so that the loop does not sleep on them */
	uv_check_t turn; /* the end of a turn: time to step */
	usec_t interval;
	usec_t next_tick; /* boot clock */
	unsigned open_handles;
	bool running;
	bool stepping;
	struct moment now; /* of the last step */
};

static void on_hurry(uv_idle_t *idle)
{
	(void)idle; /* its being active is all that it is for */
}

static void push(void *context, const struct event *event)
{
	struct driver *driver = context;

	if (!driver->running)
		return;
	queue_push(&driver->coming, event);
	(void)uv_idle_start(&driver->hurry, on_hurry); /* fails only without a callback */
}

static void submit_runtime(struct driver *driver, const struct intent *intent)
{
	driver->ports.runtime->vtable->submit(driver->ports.runtime, intent);
}

static void submit_list(struct driver *driver, const struct intent *intent)
{
	(void)intent;
	driver->ports.runtime->vtable->list(driver->ports.runtime);
}

static void submit_prober(struct driver *driver, const struct intent *intent)
{
	driver->ports.prober->vtable->submit(driver->ports.prober, intent);
}

static void submit_source(struct driver *driver, const struct intent *intent)
{
	driver->ports.source->vtable->submit(driver->ports.source, intent);
}

static void submit_balancer(struct driver *driver, const struct intent *intent)
{
	struct balancer *balancer = driver->ports.haproxy;

	if (intent->config != NULL && intent->config->haproxy.balancer == BALANCER_NONE)
		balancer = driver->ports.none;
	balancer->vtable->submit(balancer, intent);
}

static void submit_zone(struct driver *driver, const struct intent *intent)
{
	driver->ports.zones->vtable->submit(driver->ports.zones, intent);
}

static void submit_record(struct driver *driver, const struct intent *intent)
{
	driver->ports.journal->vtable->submit(driver->ports.journal, intent, driver->now);
}

static void submit_note(struct driver *driver, const struct intent *intent)
{
	driver->ports.note(intent);
	submit_record(driver, intent);
}

static void dispatch(struct driver *driver)
{
	static void (*const submit[])(struct driver *, const struct intent *) = {
		[INTENT_CREATE] = submit_runtime,
		[INTENT_START] = submit_runtime,
		[INTENT_STOP] = submit_runtime,
		[INTENT_PAUSE] = submit_runtime,
		[INTENT_UNPAUSE] = submit_runtime,
		[INTENT_REMOVE] = submit_runtime,
		[INTENT_PROBE] = submit_prober,
		[INTENT_WATCH] = submit_source,
		[INTENT_UNWATCH] = submit_source,
		[INTENT_MEMBERSHIP] = submit_balancer,
		[INTENT_LIST] = submit_list,
		[INTENT_ZONE] = submit_zone,
		[INTENT_RECORD] = submit_record,
		[INTENT_NOTE] = submit_note,
	};

	for (size_t i = 0; i < driver->intents.count; i++)
		submit[driver->intents.items[i].kind](driver, &driver->intents.items[i]);
}

static void on_wake(uv_timer_t *timer)
{
	push(timer->data, &(struct event){ .kind = EVENT_TICK });
}

static uint64_t ms_until(usec_t then, usec_t now)
{
	return then > now ? (uint64_t)((then - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC) : 0;
}

/* The next tick comes anyway; only a deadline before it needs a timer. */
static void arm_wake(struct driver *driver)
{
	usec_t deadline = engine_deadline(driver->engine);
	uint64_t wait_ms;

	if (deadline >= driver->next_tick) {
		(void)uv_timer_stop(&driver->wake);
		return;
	}
	wait_ms = ms_until(deadline, clock_now().boot);
	uv_update_time(driver->wake.loop);
	(void)uv_timer_start(
		&driver->wake, on_wake, wait_ms > WAKE_MIN_MS ? wait_ms : WAKE_MIN_MS, 0);
}

static void step(struct driver *driver)
{
	struct queue events = driver->coming;

	assert(!driver->stepping);
	driver->stepping = true;
	driver->coming = driver->going;
	driver->going = events;
	intents_clear(&driver->intents);
	driver->now = clock_now();
	engine_step(driver->engine, events.items, events.count, driver->now, &driver->intents);
	queue_clear(&driver->going);
	dispatch(driver);
	driver->stepping = false;
	arm_wake(driver);
}

void driver_flush(struct driver *driver)
{
	if (!driver->running)
		return;
	(void)uv_idle_stop(&driver->hurry);
	if (driver->coming.count > 0)
		step(driver);
}

static void on_turn(uv_check_t *check)
{
	struct driver *driver = check->data;

	if (driver->coming.count > 0)
		driver_flush(driver);
}

static void on_tick(uv_timer_t *timer);

/* Ticks lie on a grid from the first one on. One that is missed (the machine slept, the loop was
 * held up) is left out, not made up for. */
static void arm_tick(struct driver *driver, usec_t now)
{
	if (driver->next_tick <= now)
		driver->next_tick +=
			((now - driver->next_tick) / driver->interval + 1) * driver->interval;
	uv_update_time(driver->tick.loop);
	(void)uv_timer_start(&driver->tick, on_tick, ms_until(driver->next_tick, now), 0);
}

static void on_tick(uv_timer_t *timer)
{
	struct driver *driver = timer->data;
	struct moment now = clock_now();

	if (now.boot >= driver->next_tick) { /* the loop's clock is coarser than ours */
		driver->ports.source->vtable->sample(driver->ports.source, now);
		driver->ports.host->vtable->sample(driver->ports.host, now);
		push(driver, &(struct event){ .kind = EVENT_TICK });
	}
	arm_tick(driver, now.boot);
}

struct driver *driver_new(uv_loop_t *loop, struct engine *engine)
{
	struct driver *driver = mem_zero(1, sizeof(*driver));

	driver->engine = engine;
	(void)uv_timer_init(loop, &driver->tick); /* these four always give 0 */
	(void)uv_timer_init(loop, &driver->wake);
	(void)uv_idle_init(loop, &driver->hurry);
	(void)uv_check_init(loop, &driver->turn);
	driver->tick.data = driver;
	driver->wake.data = driver;
	driver->hurry.data = driver;
	driver->turn.data = driver;
	driver->open_handles = 4;
	driver->running = true; /* adapters may push from their first moment on */
	return driver;
}

struct event_sink driver_sink(struct driver *driver)
{
	return (struct event_sink){ .push = push, .context = driver };
}

void driver_start(struct driver *driver, const struct driver_ports *ports, usec_t interval)
{
	driver->ports = *ports;
	driver->interval = interval;
	driver->next_tick = clock_now().boot;
	(void)uv_check_start(&driver->turn, on_turn);
	(void)uv_timer_start(&driver->tick, on_tick, 0, 0);
}

void driver_set_journal(struct driver *driver, struct journal *journal)
{
	driver->ports.journal = journal;
}

void driver_set_interval(struct driver *driver, usec_t interval)
{
	usec_t now = clock_now().boot;

	if (interval == driver->interval)
		return;
	driver->interval = interval;
	driver->next_tick = now + interval;
	arm_tick(driver, now);
}

void driver_stop(struct driver *driver)
{
	driver->running = false;
	(void)uv_timer_stop(&driver->tick);
	(void)uv_timer_stop(&driver->wake);
	(void)uv_idle_stop(&driver->hurry);
	(void)uv_check_stop(&driver->turn);
}

static void on_closed(uv_handle_t *handle)
{
	struct driver *driver = handle->data;

	if (--driver->open_handles > 0)
		return;
	queue_finish(&driver->coming);
	queue_finish(&driver->going);
	intents_finish(&driver->intents);
	free(driver);
}

void driver_free(struct driver *driver)
{
	if (driver == NULL)
		return;
	driver_stop(driver);
	uv_close((uv_handle_t *)&driver->tick, on_closed);
	uv_close((uv_handle_t *)&driver->wake, on_closed);
	uv_close((uv_handle_t *)&driver->hurry, on_closed);
	uv_close((uv_handle_t *)&driver->turn, on_closed);
}
