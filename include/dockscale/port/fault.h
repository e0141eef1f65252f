/* What may go wrong outside, by name: each fault has a key that scripts count, and one answer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fault {
	FAULT_NONE,
	/* The runtime. */
	FAULT_ENGINE_AWAY,
	FAULT_ENGINE_SLOW,
	FAULT_ENGINE_ERROR,
	FAULT_ENGINE_DENIED,
	FAULT_ENGINE_TAKEN,
	FAULT_CONFLICT,
	FAULT_PORT_TAKEN,
	FAULT_IMAGE_GONE,
	FAULT_CONTAINER_GONE,
	FAULT_DISK_FULL,
	/* The balancer. */
	FAULT_BALANCER_AWAY,
	FAULT_BALANCER_RELOADED,
	FAULT_NO_BACKEND,
	FAULT_NO_SLOT,
	FAULT_SLOT_UNUSABLE,
	FAULT_SERVER_REFUSED,
	FAULT_SERVER_DOWN,
	FAULT_STATE_FILE,
	/* The machine. */
	FAULT_CGROUP_GONE,
	FAULT_CLOCK_JUMP,
	FAULT_JOURNAL_AWAY,
	/* The service. */
	FAULT_CREATE_REFUSED,
	FAULT_NEVER_HEALTHY,
	FAULT_DIED,
	FAULT_COUNT,
};

/* Several of them, as bits. */
typedef uint32_t fault_set;
#define FAULT_BIT(fault) ((fault_set)1 << (fault))

/* Its stable key for JSON: "engine_away". FAULT_NONE has "none". */
const char *fault_key(enum fault fault);
/* One sentence: what we do. */
const char *fault_answer(enum fault fault);
/* The fault with this key; FAULT_NONE: unknown, of a newer version perhaps. */
enum fault fault_find(const char *key);
/* Does it hold for a while, told again and again? Then its beginning counts, else each time. */
bool fault_lasts(enum fault fault);
/* What a call to the runtime that failed with @code (enum err_code) met, as far as the code tells. */
enum fault fault_of_code(int code);
