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
	enum fault fault;
} replies[] = {
	{ "Permission denied", "the line of HAProxy's socket needs `level admin`",
		FAULT_SERVER_REFUSED },
	{ "must use a dynamic load balancing",
		"the backend's algorithm is static and takes no new servers: use `balance "
		"leastconn` or `balance roundrobin`, or slots",
		FAULT_SERVER_REFUSED },
	{ "static LB algorithm",
		"the backend's algorithm is static and takes no weights: use `balance leastconn` "
		"or `balance roundrobin`",
		FAULT_SERVER_REFUSED },
	{ "experimental", "this version adds servers only in experimental mode: use slots",
		FAULT_SERVER_REFUSED },
	{ "No such backend", "the backend is gone: see [haproxy] backend", FAULT_NO_BACKEND },
	{ "only supported through configuration file",
		"the server has no address to be changed: HAProxy could not resolve its name when "
		"it started",
		FAULT_SLOT_UNUSABLE },
	{ "Invalid addr", "HAProxy does not take the replica's address", FAULT_SERVER_REFUSED },
	{ "Proxy is disabled", "the backend is disabled: enable it in HAProxy's configuration",
		FAULT_SERVER_REFUSED },
	{ "Unknown command", "this version of HAProxy is too old: 2.4 is the first that will do",
		FAULT_SERVER_REFUSED },
	{ "unknown keyword", "[haproxy] server_options has a word that this HAProxy does not know",
		FAULT_SERVER_REFUSED },
	{ "Already exists a server with the same name", NULL, FAULT_NONE },
	{ "Server still has connections attached", NULL, FAULT_NONE },
	{ "Only servers in maintenance mode can be deleted", NULL, FAULT_NONE },
	/* it went, or its `add server` failed and was told */
	{ "No such server", NULL, FAULT_NONE },
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

/* What the complaint that @line is of comes to; FAULT_NONE: none that matters. */
static enum fault judge_line(const char *line, char *problem, size_t size)
{
	bool error;
	const char *text = strip_severity(line, &error);

	for (size_t i = 0; i < countof(replies); i++) {
		if (strstr(text, replies[i].text) == NULL)
			continue;
		if (replies[i].cure == NULL)
			return FAULT_NONE;
		(void)snprintf(problem, size, "%.140s (HAProxy: %.100s)", replies[i].cure, text);
		return replies[i].fault;
	}
	if (error)
		(void)snprintf(problem, size, "HAProxy refused a command: %.160s", text);
	return error ? FAULT_SERVER_REFUSED : FAULT_NONE;
}

enum fault replies_judge(const char *answer, char *problem, size_t size)
{
	while (*answer != '\0') {
		char line[256];
		size_t length = strcspn(answer, "\n");
		enum fault fault;

		replies_quote(answer, length, line, sizeof(line));
		/* Behind the answers to the commands come the tables. */
		if (strncmp(line, "# ", 2) == 0)
			return FAULT_NONE;
		fault = judge_line(line, problem, size);
		if (fault != FAULT_NONE)
			return fault;
		answer += length;
		answer += *answer == '\n';
	}
	return FAULT_NONE;
}
