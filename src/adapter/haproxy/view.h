/* One backend as one HAProxy tells it: facts read from the answers of its runtime API. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/time.h>
#include <dockscale/port/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_SERVERS_MAX 4096 /* of one backend; more is an error */

struct view_server {
	char name[SERVER_NAME_MAX];
	char address[CONTAINER_ADDRESS_MAX];
	unsigned port;
	unsigned weight; /* as set by hand or by us (srv_uweight) */
	bool maint; /* forced, inherited, or for want of an address */
	bool drain;
	bool up; /* its check, if it has one, finds it well */
	bool literal; /* written with an address, not with a name */
	bool by_service; /* its addresses are those of a DNS service record */
	char fqdn[64]; /* the name that it is written with; "": none, or one of another kind */
	struct reading sessions;
	struct reading queued;
	struct reading total; /* sessions ever */
	struct reading maxconn; /* sessions at once; 0: no limit */
};

struct view {
	uint64_t id; /* the backend's (be_id); 0: not told, it has no servers */
	bool counted; /* the statistics are of this backend */
	int64_t pid; /* 0: not told */
	usec_t uptime; /* of the process */
	bool stopping; /* the old process of a reload */
	char version[64];
	char algorithm[64]; /* "" : not told */
	struct reading queued; /* for whichever server is free first */
	/* Ever: requests that found no connection, attempts made again at one server, and requests sent
	 * to another one. */
	struct reading unconnected;
	struct reading retried;
	struct reading redispatched;
	struct view_server *servers;
	size_t n_servers;
};

/* Reads what "show info;show servers state B;show stat B 6 -1" answers, in any order and with other
 * texts in between. B in `show stat` means a frontend where one is called as the backend is; then
 * nothing is counted, and the backend's id has to be asked for instead. Columns are found by their headings, so that versions may add some. Errors:
 * ERR_NOT_FOUND (no such backend), ERR_DENIED, ERR_LIMIT, ERR_REMOTE (not what HAProxy says). */
int view_parse(const char *answer, const char *backend, struct view *ret_view, struct err *err);

void view_finish(struct view *view);

/* Is it a name to HAProxy? Only such can stand in a command, where ';' and the end of a line begin
 * a new one. */
bool view_is_name(const char *text);

/* Something that differs when anything worth keeping over a reload differs. Never 0. */
uint64_t view_fingerprint(const struct view *view);
