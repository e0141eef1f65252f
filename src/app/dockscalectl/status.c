/*
 * The commands that look: status and explain. They ask the daemon and show what it says; with
 * --json they pass it on untouched.
 */
#include "client.h"

#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int show_once(const struct ctl *ctl, bool clear)
{
	cleanup_str struct str text = { 0 };
	cJSON *status = NULL;
	int exit_status =
		client_run(ctl, &(struct client_request){ "GET", "/status", NULL }, &status);

	if (status == NULL)
		return exit_status;
	if (clear)
		str_append(&text, "\033[H\033[2J"); /* home, and clear the screen */
	show_status(status, &text);
	cJSON_Delete(status);
	(void)fputs(str_text(&text), stdout);
	(void)fflush(stdout);
	return exit_status;
}

int status_run(const struct ctl *ctl)
{
	const struct timespec second = { .tv_sec = 1 };
	bool terminal = isatty(STDOUT_FILENO) == 1;

	if (!ctl->watch)
		return show_once(ctl, false);
	for (;;) { /* until it is interrupted; a daemon that restarts comes back into view */
		(void)show_once(ctl, terminal);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL);
		if (ferror(stdout))
			return CTL_PROBLEM;
	}
}

int status_explain(const struct ctl *ctl)
{
	cleanup_str struct str text = { 0 };
	cJSON *service = NULL;
	char path[256];
	int exit_status;

	(void)snprintf(path, sizeof(path), "/services/%s", ctl->words.items[0]);
	exit_status = client_run(ctl, &(struct client_request){ "GET", path, NULL }, &service);
	if (service == NULL)
		return exit_status;
	show_explain(service, &text);
	cJSON_Delete(service);
	(void)fputs(str_text(&text), stdout);
	return exit_status;
}
