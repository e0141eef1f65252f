/* What happened. Events are the only way in: results come back as events, nothing else does. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/zone.h>
#include <dockscale/core/reading.h>
#include <dockscale/port/container.h>
#include <dockscale/port/fault.h>

#define SERVER_NAME_MAX 96

enum event_kind {
	EVENT_TICK, /* time to decide; also the wake-up for deadlines */
	EVENT_LISTING, /* listing: every container that matters, at once */
	EVENT_CONTAINER, /* container: one that appeared or changed */
	EVENT_GONE, /* gone: one that was removed */
	EVENT_RUNTIME, /* link: the runtime answers (code 0) or is away; code 0 and a msg while it
			* answers is a remark for the operator, told once */
	EVENT_SAMPLE, /* sample: readings of one container */
	EVENT_PROBE, /* probe: the answer to an INTENT_PROBE */
	EVENT_BALANCER, /* balancer: what the balancer(s) of one service say */
	EVENT_RESULT, /* result: an intent's end */
	EVENT_COMMAND, /* command: a person's */
	EVENT_TEMPLATE, /* specification: what clones of a service are made with, to be remembered */
	EVENT_JOURNAL, /* link: the journal writes (code 0; with a msg: it was begun anew, and why) or
			* is away. After code 0 nothing of what was recorded before is in it */
	EVENT_HOST, /* host: readings of the machine */
	EVENT_ZONE, /* zone: what the clocks of a place show, or why that is not known */
};

/* Counters and gauges of one container at one time. Unsupported ones are marked so. */
struct sample {
	char id[CONTAINER_ID_MAX];
	usec_t started_at; /* the life it belongs to, as in struct container */
	usec_t at; /* boot clock */
	struct reading cpu_usec; /* cpu.stat usage_usec, a counter */
	struct reading throttled_usec;
	struct reading memory_bytes; /* working set */
	struct reading cpu_limit_cores; /* smallest on the way up; unknown: none or not read */
	struct reading memory_limit_bytes; /* smallest on the way up, else the machine's memory */
	struct reading oom_kills;
	struct reading cpu_pressure_usec; /* PSI some total */
	struct reading memory_pressure_usec;
	enum fault fault; /* why it could not be read, where that has a name */
	bool ended; /* the kernel says so: nothing of this life runs any more */
};

/* Counters and gauges of the machine at one time. PSI is unsupported on kernels without. */
struct host_sample {
	usec_t at; /* boot clock */
	struct reading cores; /* online */
	struct reading busy_usec; /* a counter: of all cores together, neither idle nor waiting */
	struct reading memory_bytes; /* that there are */
	struct reading memory_available_bytes; /* that can be had without swapping */
	struct reading cpu_pressure_usec; /* PSI some totals: counters */
	struct reading memory_pressure_usec;
	struct reading io_pressure_usec;
};

enum server_state {
	SERVER_ABSENT, /* no server for this member */
	SERVER_UP, /* takes new sessions */
	SERVER_DOWN, /* enabled, but its check fails */
	SERVER_DRAIN,
	SERVER_MAINT,
};

/* One member as the balancers have it: the worst of all reachable ones. */
struct server_report {
	char id[CONTAINER_ID_MAX];
	char server[SERVER_NAME_MAX];
	enum server_state state;
	struct reading sessions; /* current, summed over the reachable balancers */
	struct reading queued; /* that wait for this one alone */
	struct reading total; /* sessions ever, a counter */
	unsigned weight;
};

struct balancer_report {
	char service[CONFIG_NAME_MAX];
	size_t n_balancers;
	size_t n_reachable;
	bool slots; /* the method in use */
	unsigned capacity; /* members it can hold; UINT32_MAX: any */
	struct reading queued; /* sessions that wait for whoever is free first */
	const struct server_report *servers; /* valid during the step */
	size_t n_servers;
	char problem[256]; /* what is wrong with its cure; "" : nothing */
	uint8_t faults[FAULT_COUNT]; /* how many of the balancers met each */
};

enum command_kind { COMMAND_SCALE, COMMAND_PAUSE, COMMAND_RESUME, COMMAND_RELEASE };

struct command {
	enum command_kind kind;
	char service[CONFIG_NAME_MAX]; /* "" : all; not for scale */
	unsigned count; /* scale */
	usec_t duration; /* scale: for so long; 0: until the policy's next change */
};

struct event {
	enum event_kind kind;
	union {
		struct {
			const struct container *containers; /* valid during the step */
			size_t count;
		} listing;
		const struct container *container; /* valid during the step */
		char gone[CONTAINER_ID_MAX];
		struct {
			int code;
			enum fault fault;
			char msg[256];
		} link;
		struct sample sample;
		struct {
			char id[CONTAINER_ID_MAX];
			bool healthy;
			char msg[128];
		} probe;
		struct balancer_report balancer;
		struct {
			uint64_t intent;
			int code; /* 0, or enum err_code. "already done" is 0 */
			enum fault fault; /* what stands behind the code */
			char container[CONTAINER_ID_MAX]; /* create: the new one's id */
			char msg[384];
		} result;
		struct command command;
		struct {
			char service[CONFIG_NAME_MAX];
			char id[CONTAINER_ID_MAX]; /* of the template */
			char spec[CONTAINER_SPEC_BYTES]; /* as its container's */
			const char *text; /* a RECORD_TEMPLATE; valid during the step */
			size_t length;
		} specification;
		struct host_sample host;
		struct {
			char name[ZONE_NAME_MAX]; /* as it was asked for */
			int code; /* 0, or enum err_code */
			struct zone zone;
			usec_t from; /* as asked */
			char msg[256];
		} zone;
	};
};

/* Where adapters put events. The driver copies nothing: the event is handled before push returns
 * or is queued with its own copy; either way the adapter may free afterwards. */
struct event_sink {
	void (*push)(void *context, const struct event *event);
	void *context;
};

static inline void event_push(const struct event_sink *sink, const struct event *event)
{
	sink->push(sink->context, event);
}
