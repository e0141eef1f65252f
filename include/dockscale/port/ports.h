/* The small interfaces behind which the world lies. A null adapter replaces every `if (enabled)`;
 * the simulated world fills the same tables. All calls return at once; what they find out comes
 * back through the sink that the constructor was given. No slot may call the engine. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/port/event.h>
#include <dockscale/port/intent.h>

/* Runtime: containers. Mandatory: all slots. */
struct runtime;
struct runtime_vtable {
	/* Takes CREATE, START, STOP, PAUSE, UNPAUSE, REMOVE. Each is answered by exactly one EVENT_RESULT, at its
	 * deadline at the latest (ERR_TIMEOUT: it may have worked; the next listing tells).
	 * All but CREATE are idempotent: "already so" and, for STOP and REMOVE, "no such container"
	 * are success. CREATE is not: a name that is taken is ERR_CONFLICT. PAUSE and UNPAUSE of what
	 * does not run, and REMOVE of what does (paused counts), are ERR_CONFLICT; STOP ends what is
	 * paused too. What was created, started, paused or unpaused is announced by EVENT_CONTAINER
	 * before the EVENT_RESULT. A paused container keeps pid, address and started_at; its
	 * health is none, and after the pause stays so until the next probe of Docker's.
	 * An end that somebody asked for is announced with end_was_asked, which stays until the
	 * container starts again; what ended by itself, or while nobody heard, is not. Where the
	 * runtime tells before the end that one was asked to end, that is announced too.
	 * CREATE only creates; it judges the template first and answers ERR_REFUSED with the cure */
	void (*submit)(struct runtime *runtime, const struct intent *intent);
	/* Asks for an EVENT_LISTING soon. Idempotent. The runtime also lists by itself: when its
	 * connection comes back, and now and then. */
	void (*list)(struct runtime *runtime);
	/* A RECORD_TEMPLATE of an earlier life, told before the first turn of the loop: what clones
	 * can be made with when the template itself is gone. What it cannot read it leaves. */
	void (*recall)(struct runtime *runtime, const struct journal_record *record);
	/* The files changed: which containers matter is asked of @config from now on. */
	void (*configure)(struct runtime *runtime, const struct config *config);
	/* Ends all requests without answers and frees. */
	void (*free)(struct runtime *runtime);
};
struct runtime {
	const struct runtime_vtable *vtable;
};

/* Balancer: who is served. */
struct balancer;
struct balancer_vtable {
	/* Takes MEMBERSHIP: makes it so and answers by one EVENT_BALANCER (an unreachable balancer
	 * too: n_reachable = 0). A membership that comes while the last one is under way replaces
	 * it. Idempotent. Order of work: close servers of ours whose address belongs to no
	 * member; then drain; then enable; then weights. */
	void (*submit)(struct balancer *balancer, const struct intent *intent);
	void (*free)(struct balancer *balancer);
};
struct balancer {
	const struct balancer_vtable *vtable;
};

/* Source: readings. */
struct source;
struct source_vtable {
	/* Takes WATCH and UNWATCH. Watching another life (started_at) of the same container replaces
	 * the former. Idempotent. */
	void (*submit)(struct source *source, const struct intent *intent);
	/* Reads everything watched: one EVENT_SAMPLE each, before it returns. The host's source takes
	 * nothing, and gives one EVENT_HOST. */
	void (*sample)(struct source *source, struct moment now);
	void (*free)(struct source *source);
};
struct source {
	const struct source_vtable *vtable;
};

/* Prober: our own health check. */
struct prober;
struct prober_vtable {
	/* Takes PROBE: one EVENT_PROBE each, within its timeout. */
	void (*submit)(struct prober *prober, const struct intent *intent);
	void (*free)(struct prober *prober);
};
struct prober {
	const struct prober_vtable *vtable;
};

/* Zones: the clocks of places. */
struct zones;
struct zones_vtable {
	/* Takes ZONE: one EVENT_ZONE each, soon. Idempotent. */
	void (*submit)(struct zones *zones, const struct intent *intent);
	void (*free)(struct zones *zones);
};
struct zones {
	const struct zones_vtable *vtable;
};

/* Journal: what outlives the daemon. Its loss harms nothing, and so it answers nothing: that it is
 * away, or back, or was begun anew is told by EVENT_JOURNAL, and each of these once. */
struct journal;
struct journal_vtable {
	/* Tells all that is remembered, before it returns. For the start, before anything is
	 * submitted. */
	void (*recall)(struct journal *journal,
		void (*each)(void *context, const struct journal_record *record), void *context);
	/* Takes RECORD: the newest of a service and kind is kept. Idempotent. Takes NOTE: a line more
	 * in the log, with @now's wall time; the oldest lines go. Returns at once; what was taken
	 * a second before a kill of the daemon is kept, and it is kept as a whole or not at all. */
	void (*submit)(struct journal *journal, const struct intent *intent, struct moment now);
	/* Writes what waits, for a bounded time, and frees. */
	void (*free)(struct journal *journal);
};
struct journal {
	const struct journal_vtable *vtable;
};
