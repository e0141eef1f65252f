/* Talking to the daemon over its control socket. */
#pragma once

#include "ctl.h"

#include <dockscale/base/str.h>

struct client_request {
	const char *method;
	const char *path; /* behind /api/v1 */
	const char *body; /* NULL: none */
};

struct client_reply {
	long status; /* of HTTP */
	struct str body;
};

/* Where the daemon listens: --socket, else what the daemon's file says, else the default. */
void client_socket(const struct ctl *ctl, char path[static CONFIG_TEXT_MAX]);

/* The directory of the files: --config, else what the daemon that answers has, else the default. */
void client_config(const struct ctl *ctl, char directory[static CONFIG_TEXT_MAX]);

/* ERR_UNREACHABLE or ERR_DENIED with the cure. Any HTTP status is a success here. */
int client_ask(const struct ctl *ctl, const struct client_request *request,
	struct client_reply *ret_reply, struct err *err);

/* Asks (for up to 3 s while the daemon has just begun), and gives the answer's tree (cJSON_Delete() it). What goes wrong, the daemon's refusal too,
 * is printed; the exit status comes back. With --json the body is printed as it is, and *ret_tree
 * is NULL. */
int client_run(const struct ctl *ctl, const struct client_request *request, cJSON **ret_tree);
