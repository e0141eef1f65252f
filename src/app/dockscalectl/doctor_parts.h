/* doctor's examinations, each in the file of its kind. */
#pragma once

#include "ctl.h"
#include "findings.h"

#define DAEMON_USER "dockscale" /* the packages make it */

/* Shortens the many calls: an array literal would hide the format from the compiler. */
#define doctor_add(doctor, verdict, what, cure, ...)                                               \
	findings_add(&(doctor)->findings, &(struct finding){ verdict, what, cure }, __VA_ARGS__)

struct doctor {
	const struct ctl *ctl;
	struct config *config; /* of the files, or the defaults */
	cJSON *status; /* of the daemon; NULL: it was not reached */
	struct findings findings;
};

/* doctor_user.c: may the user that the packages make for the daemon read and write @path (a socket)? Adds a failing
 * finding when not; nothing when it may, or when there is no such user on this machine. */
void doctor_check_user(struct doctor *doctor, const char *what, const char *path);

void doctor_host(struct doctor *doctor);
void doctor_haproxy(struct doctor *doctor);
