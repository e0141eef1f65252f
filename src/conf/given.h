/* What was said about each option, by whom, before it becomes a value. */
#pragma once

#include "report.h"

#include <dockscale/conf/option.h>

#define GIVEN_MAX  128 /* options, all scopes */
#define GIVEN_TEXT 384 /* place and key of one, with NUL */

struct given {
	const char *value; /* NULL: nobody said anything */
	const char *place; /* "web.ini:12"; of a label: its key */
	bool label;
};

/* Borrows the texts of assignments and labels. Empty: { .container = "..." }. */
struct givens {
	struct given items[GIVEN_MAX]; /* by the option's row */
	const char *container; /* whose labels */
};

#define GIVEN_SCHEDULE "schedule" /* the kind of section that a service may have several of */

/* Is it one, [schedule "NAME"]? What follows the word is judged by whoever takes it. */
bool given_is_schedule(const char *section);

/* Takes in a file's assignments; unknown, planned and repeated keys are reported. */
void given_take_file(struct givens *givens, enum option_scope scope,
	const struct assignment *assignments, size_t n, struct report *report);

struct given_labels {
	const struct daemon_config *daemon; /* what labels may say */
	const struct label *labels;
	size_t count;
};

/* Takes in labels dockscale.*, after the file: what the file says stays. */
void given_take_labels(
	struct givens *givens, const struct given_labels *labels, struct report *report);

/* One that is known, unless the same kind of source said it already: that is reported. */
void given_put(struct givens *givens, const struct option *option, const struct given *given,
	struct report *report);
/* Did a file, or a @label, say something about it? */
bool given_is_said(const struct givens *givens, const struct option *option, bool label);
/* Reports a key that no section of that name has. */
void given_unknown_key(
	enum option_scope scope, const struct assignment *item, struct report *report);
/* "label dockscale.max of container web_1" */
void given_label_title(const char *key, const char *container, char text[static GIVEN_TEXT]);

/* May labels speak about @section? */
bool given_is_allowed(const struct daemon_config *daemon, const char *section);

/* Defaults, then what was given, into @config (zeroed by the caller). */
void given_apply(
	const struct givens *givens, enum option_scope scope, void *config, struct report *report);

/* NULL when nobody said anything about that key. */
const struct given *given_find(const struct givens *givens, const char *section, const char *key);

/* How messages about it begin: "web.ini:12: max", "label dockscale.max of container web_1". */
void given_name(
	const struct givens *givens, const struct option *option, char text[static GIVEN_TEXT]);
