/* HAProxy's runtime API behind the balancer port. */
#pragma once

#include <dockscale/base/str.h>
#include <dockscale/port/ports.h>

#include <uv.h>

/* Everything it makes in HAProxy bears @instance. Sockets come with each membership's config. */
struct balancer *haproxy_balancer_new(
	uv_loop_t *loop, const char *instance, struct event_sink sink);

/* The balancer of services with `balancer = none`: every membership is at once as wished. */
struct balancer *balancer_none_new(struct event_sink sink);

/* The HAProxy lines to paste for a service, as `haproxy -c` accepts them. */
void haproxy_print_lines(
	const struct service_config *config, const char *instance, struct str *out);

/* What `doctor` wants to know of one socket. */
struct haproxy_facts {
	char version[64];
	char pid[16];
	bool admin; /* the socket's level is admin */
	bool backend_found;
	char algorithm[64]; /* of the backend; "" : not told by this version */
	bool dynamic_capable; /* add server works for this backend */
	unsigned slots; /* slots of ours in the backend */
	unsigned slots_literal; /* of them, those that would come back at a literal address (no
				 * init-addr last / state file): 0 where it cannot be told */
	unsigned slots_unlimited; /* of them, those without maxconn now */
	bool slots_resolved; /* their names are looked up by DNS, which overwrites addresses */
	unsigned down; /* servers of ours that should serve, and do not for HAProxy's check */
	char down_at[CONTAINER_ADDRESS_MAX + 8]; /* where one of them leads to */
	uint64_t stranded; /* requests that found no connection at their server, where none was sent
			    * to another one although there is one: the backend lacks redispatch */
	bool state_file; /* load-server-state-from-file seems in use */
};

/* Asks synchronously (a loop of its own), within @timeout. */
int haproxy_inspect(const char *socket, const char *backend, const char *instance,
	const struct haproxy_config *config, usec_t timeout, struct haproxy_facts *ret_facts,
	struct err *err);
