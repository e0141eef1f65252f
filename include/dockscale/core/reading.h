/* What was measured: known, unknown, or not measurable on this machine. Never a silent zero. */
#pragma once

#include <stdbool.h>

enum reading_state {
	READING_UNKNOWN, /* not read, or the read failed: never a reason to go down */
	READING_KNOWN, /* value holds */
	READING_UNSUPPORTED, /* the machine has no such controller: left out of every rule */
};

struct reading {
	enum reading_state state;
	double value; /* meaningless unless READING_KNOWN */
};

static inline struct reading reading_known(double value)
{
	return (struct reading){ .state = READING_KNOWN, .value = value };
}

static inline struct reading reading_unknown(void)
{
	return (struct reading){ .state = READING_UNKNOWN };
}

static inline struct reading reading_unsupported(void)
{
	return (struct reading){ .state = READING_UNSUPPORTED };
}

static inline bool reading_is_known(struct reading reading)
{
	return reading.state == READING_KNOWN;
}
