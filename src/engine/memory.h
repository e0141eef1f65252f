/* What the journal keeps of a service, as text and as values. Internal to this floor. */
#pragma once

#include "fleet.h"

#include <dockscale/base/str.h>

#define MEMORY_MARKS_MAX 256 /* of each kind */

/* A replica that something is remembered of, in one life of it. */
struct mark {
	char id[CONTAINER_NAME_MAX]; /* creating: its name */
	usec_t life; /* its started_at */
	usec_t at; /* since when */
};

struct marks {
	struct mark *items; /* heap */
	size_t count;
};

/* The values of a RECORD_SERVICE. Times are those of the clock that the reader was told. */
struct memory_values {
	bool paused;
	bool stopped_by_hand;
	bool released;
	unsigned desired; /* while it is paused */
	bool manual;
	unsigned manual_count;
	usec_t manual_until; /* 0: until the policy's next change */
	usec_t manual_left; /* of it, when it was written */
	usec_t changed_at; /* USEC_NEVER: never */
	int changed_to;
	unsigned limit; /* learnt in an overload that is not over; 0: none */
	usec_t orphaned_at; /* 0: it has a template */
	char template[CONTAINER_ID_MAX];
	char spec[CONTAINER_SPEC_BYTES];
	struct guard guard; /* while it is open; of it what a line is kept of */
	char failed_spec[CONTAINER_SPEC_BYTES]; /* the roll to it was given up */
	char failure[256]; /* why */
	struct marks draining;
	struct marks by_hand;
	struct marks creating;
	struct marks warming; /* by name, as those that are being created */
	struct marks extra;
	struct str labels; /* the template's own, "key=value" lines */
};

/* Of one service. */
struct memory {
	struct memory_values values; /* recalled: until the service is settled; labels for longer */
	bool recalled;
	char *learned; /* as recalled, until the service is settled */
	size_t learned_length;

	uint64_t signature; /* of what was recorded last; 0: nothing */
	usec_t shift; /* wall less boot clock, then */
	uint64_t learned_signature;
	usec_t learned_at; /* boot clock: recorded last */
	uint64_t template_signature;
	struct str text; /* what the intents point to */
	struct str learned_text;
	struct str template_text; /* until the next step: it may be long */
};

/* That of @service, made when it has none. */
struct memory *memory_of(struct service *service);

void memory_values_finish(struct memory_values *values);

/* The one that is to take another's place, while it is beside the count; NULL: none is. */
const struct replica *memory_extra(const struct service *service);

/* What of @service is remembered, with @shift added to each time (wall less boot clock). */
void memory_write(const struct service *service, usec_t shift, struct str *out);
/* Reads what memory_write() wrote, less @shift; any bytes are safe. 0; ERR_UNSUPPORTED for another
 * version; ERR_INVALID. */
int memory_read(const char *text, size_t length, usec_t shift, struct memory_values *ret_values,
	struct err *err);

/* The same for what the policy learned: the wishes of its windows. */
void memory_write_learned(const struct policy_state *policy, usec_t shift, struct str *out);
/* Into a @policy that policy_state_init() made; wishes that lie after @now are left out. */
/* Behind it, where the policy tunes itself; to be read by itself. False: there is nothing of this
 * version. */
void memory_write_tuned(const struct auto_policy *policy, struct str *out);
bool memory_read_tuned(const char *text, size_t length, struct auto_policy *policy);
int memory_read_learned(const char *text, size_t length, struct moment now,
	struct policy_state *policy, struct err *err);

/* Lines: the next one of @text, ended by NUL in @line; ERR_INVALID for one that is too long or has
 * a NUL in it; 1 at the end. */
struct lines {
	const char *text;
	size_t length;
	char line[1024];
};
int memory_next_line(struct lines *lines, struct err *err);
/* The first line, which must be @head: ERR_UNSUPPORTED when it is another one. */
int memory_read_head(struct lines *lines, const char *head, struct err *err);
