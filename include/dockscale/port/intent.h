/* What should be done. The engine returns intents; a driver hands them to the adapters. */
#pragma once

#include <dockscale/base/log.h>
#include <dockscale/conf/config.h>
#include <dockscale/port/container.h>
#include <dockscale/port/event.h>
#include <dockscale/port/record.h>

enum intent_kind {
	INTENT_CREATE, /* create a clone of .container as .name; answered by EVENT_RESULT */
	INTENT_START, /* start .container; answered */
	INTENT_STOP, /* stop .container within .timeout; answered */
	INTENT_PAUSE, /* freeze .container: no CPU, memory kept; answered */
	INTENT_UNPAUSE, /* let it go on; answered */
	INTENT_REMOVE, /* remove .container; answered. The last one that is a runtime's */
	INTENT_PROBE, /* probe .address:.port once; answered by EVENT_PROBE */
	INTENT_WATCH, /* read the statistics of .container from now on */
	INTENT_UNWATCH, /* and no longer */
	INTENT_MEMBERSHIP, /* this is who should be served: every member of .service; answered by
			    * EVENT_BALANCER. Idempotent, sent each tick and after each change */
	INTENT_LIST, /* ask the runtime for a listing; answered by EVENT_LISTING */
	INTENT_ZONE, /* ask what the clocks of .zone.name show; answered by EVENT_ZONE */
	INTENT_RECORD, /* remember .record in place of what was; not answered */
	INTENT_NOTE, /* tell the operator, and keep it in the log */
};

enum member_state {
	MEMBER_SERVING, /* enabled */
	MEMBER_DRAINING, /* no new sessions, those that are may end */
};

/* Ports of the host that lead to one replica, as far as they matter. */
#define MEMBER_DOORS_MAX 4

/* One replica that the balancer should know. Who is not listed and is ours is closed. */
struct member {
	char id[CONTAINER_ID_MAX];
	char name[CONTAINER_NAME_MAX];
	char address[CONTAINER_ADDRESS_MAX];
	unsigned port;
	enum member_state state;
	unsigned weight;
	unsigned maxconn; /* sessions at once that one balancer gives it, others wait; 0: as the
			   * balancer's own configuration has it */
	bool maxconn_recalled; /* where it is so already a daemon before this one wrote it */
	bool ours; /* false: the template or one that a person started; it may have a server of the
		    * operator's own, found by address, or by a port that it publishes */
	struct container_port doors[MEMBER_DOORS_MAX]; /* unless it is ours */
	size_t n_doors;
};

struct intent {
	uint64_t id; /* unique in this life of the daemon */
	enum intent_kind kind;
	char service[CONFIG_NAME_MAX];
	char container[CONTAINER_ID_MAX]; /* create: the template */
	char name[CONTAINER_NAME_MAX]; /* create: name and LABEL_INTENT of the new one */
	const struct service_config *config; /* valid until the service is configured anew */
	usec_t deadline; /* boot clock: answer by then, ERR_TIMEOUT after */
	union {
		usec_t stop_timeout;
		struct {
			enum probe_kind kind;
			char address[CONTAINER_ADDRESS_MAX];
			unsigned port;
			usec_t timeout;
		} probe;
		struct {
			int64_t pid;
			usec_t started_at;
			double cpu_limit_cores; /* from inspect; 0: none */
			uint64_t memory_limit_bytes; /* from inspect; 0: none */
		} watch;
		struct {
			const struct member *members; /* valid until the next step */
			size_t count;
			bool withdrawn; /* the service is gone: close what is ours, then forget */
		} membership;
		struct {
			char name[ZONE_NAME_MAX]; /* "": the machine's own */
			usec_t from; /* wall clock */
			usec_t until;
		} zone;
		struct {
			enum record_kind kind;
			const char *text; /* valid until the next step */
			size_t length; /* 0: forget it */
		} record;
		struct {
			enum log_level level;
			const char *what; /* stable words: "scaling up", "replica serving" */
			char replica[CONTAINER_NAME_MAX];
			int from; /* -1: none */
			int to;
			char because[384];
		} note;
	};
};

/* What a step gives. Reused from step to step; grows once. */
struct intents {
	struct intent *items;
	size_t count;
	size_t capacity;
};

void intents_finish(struct intents *intents);
void intents_clear(struct intents *intents);
/* A new zeroed intent at the end; valid until the next call. */
struct intent *intents_add(struct intents *intents, enum intent_kind kind);
const char *intent_kind_name(enum intent_kind kind);
