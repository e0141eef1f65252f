/* What every balancer owes the engine, whoever it is. A program gives the suite a fixture (how to
 * make one, how to let time pass, how to look at it from outside) and gets the same tests. */
#pragma once

#include <dockscale/port/ports.h>

/* A server as somebody outside sees it, who never asks the balancer under test. */
struct balancer_server {
	char address[CONTAINER_ADDRESS_MAX];
	unsigned port;
	bool taking; /* new sessions may go there */
	unsigned weight;
	unsigned maxconn; /* sessions at once; 0: no limit */
};

struct balancer_fixture;

struct balancer_fixture_ops {
	/* A world with one balancer, one service without members, and at least four places for
	 * them. Fills @fixture->balancer and ->config; events go to @sink. */
	void (*setup)(struct balancer_fixture *fixture, struct event_sink sink);
	void (*teardown)(struct balancer_fixture *fixture);
	/* Lets time pass until @condition holds: false when it did not within five seconds of the
	 * fixture's time. */
	bool (*run)(
		struct balancer_fixture *fixture, bool (*condition)(void *context), void *context);
	/* Starts a replica that is well and nobody's server yet. Fills id, name, address and port;
	 * it is serving, ours, and has the usual weight. */
	void (*add_replica)(struct balancer_fixture *fixture, struct member *ret_member);
	/* Every server of ours that is not closed. Returns how many. */
	size_t (*look)(
		struct balancer_fixture *fixture, struct balancer_server *ret_servers, size_t max);
	/* Takes the balancer away, so that nobody answers; and brings it back. */
	void (*away)(struct balancer_fixture *fixture, bool away);
	/* It is loaded anew, as after a change of its configuration. */
	void (*reload)(struct balancer_fixture *fixture);

	/* Optional: NULL leaves the tests out that need it. */

	/* Opens a server of ours by hand to an address where no member lives. */
	void (*misroute)(struct balancer_fixture *fixture, const char *address, unsigned port);
	/* Everything about the servers that are not ours, as one text (heap). */
	char *(*others)(struct balancer_fixture *fixture);
	/* Begins a session that lasts until end_session(), on whoever the balancer chooses. */
	void (*begin_session)(struct balancer_fixture *fixture);
	void (*end_session)(struct balancer_fixture *fixture);
	/* Makes one short session; gives the port of the replica that served it, 0: nobody did. */
	unsigned (*visit)(struct balancer_fixture *fixture);
};

struct balancer_fixture {
	const struct balancer_fixture_ops *ops;
	struct balancer *balancer;
	struct service_config config;
	void *world; /* the fixture's own */
};

/* Runs the suite; returns the number of tests that failed. */
int suite_balancer_run(const char *name, const struct balancer_fixture_ops *ops);
