/* What every runtime promises (port/ports.h), as tests: run against the simulated world and
 * against a real engine, so that the one stays as honest as the other. */
#pragma once

#include <dockscale/port/ports.h>

/* The world that a runtime is tested in, and a person's hand in it. Every test begins with open()
 * and ends with close(); between them names are the world's own affair to keep apart from others. */
struct suite_runtime_world {
	const char *name; /* for the report */
	/* Its engine does not say that a container was told to stop, only that it ended: such an end
	 * cannot be told from a death. */
	bool silent_stops;
	void *context;
	/* A runtime of @instance in a world without containers. It tells that it is there by
	 * EVENT_RUNTIME with code 0 and an EVENT_LISTING. */
	struct runtime *(*open)(void *context, const char *instance, const struct config *config,
		struct event_sink sink);
	/* Frees the runtime and removes what the test left behind. */
	void (*close)(void *context, struct runtime *runtime);
	/* Lets time pass, real or virtual, until @done says so or @timeout is over; gives what
	 * @done said last. */
	bool (*run_until)(
		void *context, bool (*done)(void *argument), void *argument, usec_t timeout);
	struct moment (*now)(void *context);

	/* A person runs a container whose program serves until it is told to end; labels are
	 * "key=value"; @cpu_limit_cores 0: none. */
	void (*run)(void *context, const char *name, const char *const *labels, size_t n_labels,
		double cpu_limit_cores);
	void (*kill)(void *context, const char *name); /* its program dies */
	void (*stop)(void *context, const char *name);
	void (*remove)(void *context, const char *name); /* running or not */
	/* The other side of the runtime does not answer, or answers again. What ran may have
	 * stopped in between. */
	void (*set_away)(void *context, bool away);
};

/* Runs all tests. Returns how many failed. */
int suite_runtime(const struct suite_runtime_world *world);
