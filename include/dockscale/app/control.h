/* The control interface: /api/v1 as a table of routes over the engine. */
#pragma once

#include <dockscale/app/queue.h>
#include <dockscale/engine/snapshot.h>
#include <dockscale/io/httpd.h>

#define CONTROL_BODY_MAX 4096

struct control {
	const struct engine *engine;
	const char *instance;
	const char *config_directory;
	const char *docker; /* endpoint */
	bool dry_run; /* of the whole daemon */
	/* Mandatory. Carries out a command that engine_command_check() accepted; its effect on the
	 * desired count is there when it returns. */
	void (*command)(void *context, const struct command *command);
	/* Mandatory. Reads the files anew, all or nothing. Negative with @err in one sentence and
	 * each single problem in @problems; 0 with remarks (a key that waits for a restart) in
	 * @remarks, one a line. */
	int (*reload)(void *context, struct config_problems *problems, struct str *remarks,
		struct err *err);
	void *context;
};

/* Answers one request. @context is a struct control: the shape that httpd wants. */
void control_handle(
	void *context, const struct httpd_request *request, struct httpd_response *response);
