/* doctor's examinations, each in the file of its kind. */
#pragma once

#include "ctl.h"
#include "findings.h"

struct doctor {
	const struct ctl *ctl;
	struct config *config; /* of the files, or the defaults */
	cJSON *status; /* of the daemon; NULL: it was not reached */
	struct findings findings;
};

/* May the user that the packages make for the daemon read and write @path (a socket)? Adds a failing
 * finding when not; nothing when it may, or when there is no such user on this machine. */
void doctor_check_user(struct doctor *doctor, const char *what, const char *path);

void doctor_haproxy(struct doctor *doctor);
