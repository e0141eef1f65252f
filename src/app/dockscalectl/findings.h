/* What doctor and check found: lines for people, or JSON, and the worst of them. */
#pragma once

#include <dockscale/base/str.h>

#include <stdbool.h>

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct finding {
	enum verdict verdict;
	const char *what; /* "docker socket" */
	const char *cure; /* what to do; NULL: nothing to do */
};

struct findings {
	struct str text;
	struct str json; /* elements of an array */
	enum verdict worst;
};

void findings_add(struct findings *findings, const struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Prints all to standard output and gives the exit status: 1 when something fails. */
int findings_print(const struct findings *findings, bool json);
void findings_finish(struct findings *findings);
