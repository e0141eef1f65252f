/* Do the values of a service go together? Fills what follows from others, reports what does not. */
#pragma once

#include "given.h"

struct check {
	const struct givens *givens;
	const char *source; /* who is to be corrected where something is missing: a path, or a
			     * container */
	bool labels_follow; /* the file alone is looked at: a missing value may be a label's */
};

/* @service holds the values by given_apply(). */
void check_service(
	const struct check *check, struct service_config *service, struct report *report);
