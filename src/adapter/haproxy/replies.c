/*
 * The texts by which HAProxy refuses a command, and what a person can do about each. Success
 * needs no reading: the servers are read again after each change, and they are the truth. The
 * texts are those of 2.4, 2.6 and 3.0; `set severity-output number` marks errors with "[3]: " or
 * less, so that a refusal whose text is new is still told, in HAProxy's own words.
 */
#include "replies.h"

#include <dockscale/base/mem.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	const char *cure; /* NULL: the next cycle settles it */
} replies[] = {
	{ "Permission denied", "the line of HAProxy's socket needs `level admin`" },
	{ "must use a dynamic load balancing", "the backend's algorithm is static and takes no new "
					       "servers: use `balance leastconn` "
					       "or `balance roundrobin`, or slots" },
	{ "static LB algorithm", "the backend's algorithm is static and takes no weights: use "
				 "`balance leastconn` or "
				 "`balance roundrobin`" },
	{ "experimental", "this version adds servers only in experimental mode: use slots" },
	{ "No such backend", "the backend is gone: see [haproxy] backend" },
	{ "only supported through configuration file", "the server has no address to be changed: "
						       "HAProxy could not resolve its name when it "
						       "started" },
	{ "Invalid addr", "HAProxy does not take the replica's address" },
	{ "Proxy is disabled", "the backend is disabled: enable it in HAProxy's configuration" },
	{ "Unknown command", "this version of HAProxy is too old: 2.4 is the first that will do" },
	{ "unknown keyword",
		"[haproxy] server_options has a word that this HAProxy does not know" },
	{ "Already exists a server with the same name", NULL },
	{ "Server still has connections attached", NULL },
	{ "Only servers in maintenance mode can be deleted", NULL },
	{ "No such server", NULL }, /* it went, or its `add server` failed and was told */
};

void replies_quote(const char *answer, size_t length, char *buffer, size_t size)
{
	size_t kept = length < size ? length : size - 1;

	for (size_t i = 0; i < kept; i++)
		buffer[i] = (unsigned char)answer[i] < ' ' || answer[i] == 0x7F ? '?' : answer[i];
	buffer[kept] = '\0';
}

/* The text of a line behind "[n]: "; @ret_error when n says so. */
static const char *strip_severity(const char *line, bool *ret_error)
{
	*ret_error = false;
	if (line[0] != '[' || line[1] < '0' || line[1] > '7' || line[2] != ']' || line[3] != ':' ||
		line[4] != ' ')
		return line;
	*ret_error = line[1] <= '3';
	return line + 5;
}

/* Returns true when @line was a complaint that matters. */
static bool judge_line(const char *line, char *problem, size_t size)
{
	bool error;
	const char *text = strip_severity(line, &error);

	for (size_t i = 0; i < countof(replies); i++) {
		if (strstr(text, replies[i].text) == NULL)
			continue;
		if (replies[i].cure == NULL)
			return false;
		(void)snprintf(problem, size, "%.140s (HAProxy: %.100s)", replies[i].cure, text);
		return true;
	}
	if (error)
		(void)snprintf(problem, size, "HAProxy refused a command: %.160s", text);
	return error;
}

void replies_judge(const char *answer, char *problem, size_t size)
{
	while (*answer != '\0') {
		char line[256];
		size_t length = strcspn(answer, "\n");

		replies_quote(answer, length, line, sizeof(line));
		/* Behind the answers to the commands come the tables. */
		if (strncmp(line, "# ", 2) == 0)
			return;
		if (judge_line(line, problem, size))
			return;
		answer += length;
		answer += *answer == '\n';
	}
}
