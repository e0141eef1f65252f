/* An INTENT_NOTE as one line of the log. */
#pragma once

#include <dockscale/port/intent.h>

#define NOTE_FIELDS_MAX 5

/* The fields of one note, with the memory that they need. */
struct note_line {
	struct log_field fields[NOTE_FIELDS_MAX];
	size_t n_fields;
	char from[16];
	char to[16];
};

/* service, replica, from, to, because, in this order; what does not apply is left out. The texts
 * point into @intent and @ret_line. */
void note_fields(const struct intent *intent, struct note_line *ret_line);

void note_log(const struct intent *intent);
