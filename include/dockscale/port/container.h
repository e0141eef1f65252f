/* A container as the runtime sees it: facts, not opinions. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/conf/load.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTAINER_ID_MAX        65 /* 64 hex digits and NUL */
#define CONTAINER_NAME_MAX      128
#define CONTAINER_ADDRESS_MAX   46 /* INET6_ADDRSTRLEN */
#define CONTAINER_ENDPOINTS_MAX 8
#define CONTAINER_PORTS_MAX     16
#define CONTAINER_LABELS_MAX    128
#define CONTAINER_SPEC_BYTES    17 /* 16 hex digits and NUL */

/* Labels by which what is ours is found again. */
#define LABEL_SERVICE "dockscale.service"
#define LABEL_OWNER   "dockscale.owner" /* the instance that made it */
#define LABEL_ROLE    "dockscale.role" /* "replica" on what we made */
#define LABEL_INTENT  "dockscale.intent" /* the name given by the create */
#define LABEL_SPEC    "dockscale.spec" /* of the template, when the clone was made of it */

enum container_state {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_EXITED, /* dead counts as exited */
	CONTAINER_REMOVING,
};

enum container_health { HEALTH_NONE, HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct container_endpoint {
	char network[CONFIG_NAME_MAX];
	char address[CONTAINER_ADDRESS_MAX];
};

struct container_port { /* a published port */
	unsigned inside;
	unsigned outside;
	char address[CONTAINER_ADDRESS_MAX]; /* host address it is bound to */
};

struct container {
	char id[CONTAINER_ID_MAX];
	char name[CONTAINER_NAME_MAX]; /* without the leading slash */
	enum container_state state;
	enum container_health health; /* none: no check, or no verdict since a pause */
	int64_t pid; /* 0 unless running */
	int exit_code; /* of the last end */
	bool end_was_asked; /* a person or the engine that goes down asked for it; only who heard
			    * the events knows. Of one that runs: it was told to end, and may */
	usec_t created_at; /* wall */
	usec_t started_at; /* wall; 0: never. With the id it names one life of a container */
	double cpu_limit_cores; /* 0: none */
	uint64_t memory_limit_bytes; /* 0: none */
	struct container_endpoint endpoints[CONTAINER_ENDPOINTS_MAX];
	size_t n_endpoints;
	struct container_port ports[CONTAINER_PORTS_MAX];
	size_t n_ports;
	/* What a clone of it would be made with, as a number; a clone of ours bears that of its
	 * template at the time. Other than its template's: outdated. "": unknown, never outdated */
	char spec[CONTAINER_SPEC_BYTES];
	struct label *labels; /* heap, keys and values too */
	size_t n_labels;
};

/* The value of a label, or NULL. */
const char *container_label(const struct container *container, const char *key);
/* Frees what the container holds, not itself. */
void container_finish(struct container *container);
void container_copy(struct container *to, const struct container *from);
/* Appends a label (texts are copied). Returns 0, or ERR_LIMIT beyond CONTAINER_LABELS_MAX. */
int container_add_label(
	struct container *container, const char *key, const char *value, bool from_image);
