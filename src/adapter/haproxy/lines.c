/*
 * The lines to paste. As a whole they are a file that `haproxy -c` accepts and that works; a person
 * who has a configuration takes from each section what theirs lacks. Every line that is not plain
 * says why it is there: it will be read at night, in somebody else's configuration.
 */
#include <dockscale/adapter/haproxy.h>

#include "plan.h"

#include <string.h>

static void print_socket(const char *socket, struct str *out)
{
	if (strchr(socket, '/') != NULL)
		str_appendf(out, "\tstats socket %s mode 660 level admin\n", socket);
	else
		str_appendf(out, "\tstats socket ipv4@%s level admin\n", socket);
}

static void print_global(const struct haproxy_config *haproxy, struct str *out)
{
	str_append(out,
		"global\n"
		"\t# Where servers are opened and closed. The user of the daemon must be able to "
		"write to it.\n");
	for (size_t i = 0; i < haproxy->n_sockets; i++)
		print_socket(haproxy->sockets[i], out);
	if (haproxy->state_file[0] != '\0')
		str_appendf(out,
			"\t# Read at each reload, written by dockscaled after each change (a "
			"warning until "
			"then). Below "
			"/run: a boot begins with\n"
			"\t# empty slots.\n"
			"\tserver-state-file %s\n",
			haproxy->state_file);
}

static void print_defaults(const struct haproxy_config *haproxy, struct str *out)
{
	str_append(out, "\ndefaults\n"
			"\tmode http\n"
			"\ttimeout connect 5s\n"
			"\ttimeout client 30s\n"
			"\ttimeout server 30s\n");
	if (haproxy->state_file[0] != '\0')
		str_append(out,
			"\t# Without it each reload closes all slots until the daemon's next "
			"tick.\n"
			"\tload-server-state-from-file global\n");
}

static void print_frontend(const char *backend, struct str *out)
{
	str_appendf(out,
		"\nfrontend %s-in\n"
		"\tbind :80\n"
		"\t# At a reload the old process closes an idle connection behind an answer, and "
		"not while the next\n"
		"\t# request is on its way: without it keep-alive clients see errors at each "
		"reload.\n"
		"\toption idle-close-on-response\n"
		"\tdefault_backend %s\n",
		backend, backend);
}

/* The words that a slot has for its own; "" : none. */
static void print_maxconn(const struct haproxy_config *haproxy, struct str *out)
{
	if (haproxy->maxconn == BALANCER_MAXCONN_COUNT)
		str_appendf(out, "maxconn %u ", haproxy->maxconn_count);
}

static void print_servers(
	const struct service_config *config, const char *instance, struct str *out)
{
	struct plan_options options = { .config = &config->haproxy, .instance = instance };
	unsigned first = config->haproxy.slot_first;
	unsigned last = config->haproxy.slot_last;
	char prefix[SERVER_NAME_MAX];

	if (config->haproxy.method == BALANCER_METHOD_DYNAMIC) {
		str_append(out,
			"\t# No servers here: they are added while HAProxy runs (2.6 or newer), "
			"and are gone after a\n"
			"\t# reload until the daemon's next tick. Slots have no such gap.\n");
		return;
	}
	if (first == 0 && last == 0) {
		first = 1;
		last = config->max;
	}
	plan_slot_prefix(&options, prefix);
	str_appendf(out,
		"\t# Slots: places that get a replica's address while HAProxy runs. Named "
		"localhost and not by an\n"
		"\t# address, because only a name gives way to the state file's address at a "
		"reload.\n"
		"\tserver-template %s %u-%u localhost:80 check disabled ",
		prefix, first, last);
	print_maxconn(&config->haproxy, out);
	str_append(out, "init-addr last,libc,none\n");
}

static void print_overload(struct str *out)
{
	str_append(out,
		"\t# When it is too much: what waits longer than this for a replica gets a 503. "
		"Less than your clients'\n"
		"\t# patience, or answers come to those who have left.\n"
		"\ttimeout queue 5s\n"
		"\t# Nobody works for a client that has left. (One that only shuts its sending "
		"side counts as such.)\n"
		"\toption abortonclose\n");
}

static void print_backend(
	const struct service_config *config, const char *instance, struct str *out)
{
	str_appendf(out,
		"\nbackend %s\n"
		"\t# A new replica gets the next sessions, a slow one gets fewer; it takes weights "
		"and new servers,\n"
		"\t# which static-rr and plain hashes do not. With `weights = cpu` and short "
		"requests prefer roundrobin.\n"
		"\tbalance leastconn\n"
		"\t# A replica that dies takes no request with it: another one is asked. "
		"empty-response can repeat a\n"
		"\t# POST that was already worked on: leave that word out where this does "
		"harm.\n"
		"\toption redispatch 1\n"
		"\tretries 3\n"
		"\tretry-on conn-failure empty-response\n",
		config->haproxy.backend);
	print_overload(out);
	print_servers(config, instance, out);
}

void haproxy_print_lines(const struct service_config *config, const char *instance, struct str *out)
{
	if (config->haproxy.balancer == BALANCER_NONE) {
		str_appendf(out, "# Service %s has `balancer = none`: HAProxy needs no lines.\n",
			config->name);
		return;
	}
	str_appendf(out,
		"# HAProxy for service %s of instance %s. Sections that you have take the lines "
		"that they lack;\n"
		"# sections that you do not have are pasted whole. Then: haproxy -c -f "
		"/etc/haproxy/haproxy.cfg, reload.\n\n",
		config->name, instance);
	print_global(&config->haproxy, out);
	print_defaults(&config->haproxy, out);
	print_frontend(config->haproxy.backend, out);
	print_backend(config, instance, out);
}
