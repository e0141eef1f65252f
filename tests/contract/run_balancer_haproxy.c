/*
 * The balancer's contract on a real HAProxy, once with slots and once with servers that are added
 * and deleted; and what only HAProxy can get wrong: rights, algorithms, places, several sockets,
 * the operator's own server, the state file.
 */
#include "suite_balancer.h"
#include "suite_haproxy_world.h"

#include <dockscale/adapter/haproxy.h>
#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000

/* Of the operator: one that is closed, one that nobody is sent to. */
#define OTHERS "\tserver closed 127.0.0.1:9 disabled\n\tserver theirs 127.0.0.1:9 weight 0\n"
#define SLOTS                                                                                      \
	"\tserver-template ds-t- 1-8 localhost:80 disabled init-addr last,libc,none\n"             \
	"\tserver-template ds-t-other- 1-2 localhost:80 disabled init-addr last,libc,none\n"

struct world {
	struct world_haproxy haproxy;
	uv_loop_t loop;
	uv_timer_t patience;
	bool impatient;
	int session; /* descriptor of the one that lasts */
};

static void configure(struct service_config *config, const struct world_haproxy *haproxy)
{
	(void)mem_strcpy(config->name, sizeof(config->name), "shop");
	config->haproxy.balancer = BALANCER_HAPROXY;
	config->haproxy.n_sockets = 1;
	(void)mem_strcpy(config->haproxy.sockets[0], CONFIG_TEXT_MAX, haproxy->socket);
	(void)mem_strcpy(config->haproxy.backend, CONFIG_NAME_MAX, "web");
	(void)mem_strcpy(config->haproxy.state_file, CONFIG_TEXT_MAX, haproxy->state_file);
}

static void set_up(
	struct balancer_fixture *fixture, struct event_sink sink, const char *backend_lines)
{
	struct world *world = mem_zero(1, sizeof(*world));

	world->session = -1;
	world_start(&world->haproxy, backend_lines);
	assert_int_equal(uv_loop_init(&world->loop), 0);
	(void)uv_timer_init(&world->loop, &world->patience);
	configure(&fixture->config, &world->haproxy);
	fixture->world = world;
	fixture->balancer = haproxy_balancer_new(&world->loop, "t", sink);
}

static void set_up_slots(struct balancer_fixture *fixture, struct event_sink sink)
{
	set_up(fixture, sink, "\tbalance leastconn\n" OTHERS SLOTS);
}

static void set_up_dynamic(struct balancer_fixture *fixture, struct event_sink sink)
{
	set_up(fixture, sink, "\tbalance leastconn\n" OTHERS);
}

static void tear_down(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;

	if (world->session >= 0)
		(void)close(world->session);
	fixture->balancer->vtable->free(fixture->balancer);
	uv_close((uv_handle_t *)&world->patience, NULL);
	(void)uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	world_finish(&world->haproxy);
	free(world);
}

static void on_patience(uv_timer_t *timer)
{
	((struct world *)timer->data)->impatient = true;
}

static bool run(struct balancer_fixture *fixture, bool (*condition)(void *context), void *context)
{
	struct world *world = fixture->world;
	bool holds;

	world->patience.data = world;
	world->impatient = false;
	uv_update_time(&world->loop);
	(void)uv_timer_start(&world->patience, on_patience, PATIENCE_MS, 0);
	while (!(holds = condition(context)) && !world->impatient)
		(void)uv_run(&world->loop, UV_RUN_ONCE);
	(void)uv_timer_stop(&world->patience);
	return holds;
}

static void add_replica(struct balancer_fixture *fixture, struct member *ret_member)
{
	world_add_replica(&((struct world *)fixture->world)->haproxy, ret_member);
}

/* One row of `show servers state`; the test reads by position, and knows one version. */
struct row {
	char name[96];
	char address[46];
	unsigned state;
	unsigned admin;
	unsigned weight;
	unsigned port;
};

static const char *next_row(const char *cursor, struct row *ret_row)
{
	for (; (cursor = strchr(cursor, '\n')) != NULL;) {
		cursor++;
		if (sscanf(cursor,
			    "%*u web %*u %95s %45s %u %u %u %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %u",
			    ret_row->name, ret_row->address, &ret_row->state, &ret_row->admin,
			    &ret_row->weight, &ret_row->port) == 6)
			return cursor;
	}
	return NULL;
}

static bool is_ours(const struct row *row)
{
	const char *rest = row->name + strlen("ds-t-");

	if (strncmp(row->name, "ds-t-", strlen("ds-t-")) != 0)
		return false;
	return rest[0] == 'c' || rest[strspn(rest, "0123456789")] == '\0';
}

/* "web,NAME,qcur,qmax,scur,smax,slim,...": slim is empty where there is no limit. */
static unsigned maxconn_of(const char *statistics, const char *name)
{
	cleanup_str struct str begin = { 0 };
	const char *cursor;

	str_appendf(&begin, "web,%s,", name);
	cursor = strstr(statistics, str_text(&begin));
	for (int i = 0; i < 6 && cursor != NULL; i++)
		cursor = strchr(cursor + 1, ',');
	return cursor != NULL ? (unsigned)strtoul(cursor + 1, NULL, 10) : 0;
}

static size_t look(
	struct balancer_fixture *fixture, struct balancer_server *ret_servers, size_t max)
{
	struct world *world = fixture->world;
	cleanup_free char *answer = world_ask(world->haproxy.socket, "show servers state web");
	cleanup_free char *statistics = world_ask(world->haproxy.socket, "show stat -1 4 -1");
	const char *cursor = answer;
	struct row row;
	size_t n = 0;

	while (n < max && (cursor = next_row(cursor, &row)) != NULL) {
		if (!is_ours(&row) || (row.admin & 0x63) != 0)
			continue;
		ret_servers[n] = (struct balancer_server){ .port = row.port,
			.taking = (row.admin & 0x18) == 0 && row.state == 2 && row.weight > 0,
			.weight = row.weight,
			.maxconn = maxconn_of(statistics, row.name) };
		(void)mem_strcpy(ret_servers[n].address, CONTAINER_ADDRESS_MAX, row.address);
		n++;
	}
	return n;
}

static char *others(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;
	cleanup_free char *answer = world_ask(world->haproxy.socket, "show servers state web");
	const char *cursor = answer;
	struct str text = { 0 };
	struct row row;

	while ((cursor = next_row(cursor, &row)) != NULL)
		if (!is_ours(&row))
			str_appendf(&text, "%s %s:%u state %u admin %u weight %u\n", row.name,
				row.address, row.port, row.state, row.admin, row.weight);
	return str_take(&text);
}

static void away(struct balancer_fixture *fixture, bool is_away)
{
	world_away(&((struct world *)fixture->world)->haproxy, is_away);
}

static void reload(struct balancer_fixture *fixture)
{
	world_reload(&((struct world *)fixture->world)->haproxy);
}

static void ask(struct balancer_fixture *fixture, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void ask(struct balancer_fixture *fixture, const char *format, ...)
{
	struct world *world = fixture->world;
	cleanup_str struct str line = { 0 };
	va_list args;

	va_start(args, format);
	str_vappendf(&line, format, args);
	va_end(args);
	free(world_ask(world->haproxy.socket, str_text(&line)));
}

/* 3.0 answers before it has set an address. */
static void wait_for_address(struct balancer_fixture *fixture, const char *address)
{
	struct world *world = fixture->world;
	bool there = false;

	for (int i = 0; i < 1000 && !there; i++) {
		cleanup_free char *answer =
			world_ask(world->haproxy.socket, "show servers state web");

		there = strstr(answer, address) != NULL;
	}
	assert_true(there);
}

static void misroute_slot(struct balancer_fixture *fixture, const char *address, unsigned port)
{
	ask(fixture, "set server web/ds-t-7 addr %s port %u;set server web/ds-t-7 state ready",
		address, port);
	wait_for_address(fixture, address);
}

static void misroute_added(struct balancer_fixture *fixture, const char *address, unsigned port)
{
	ask(fixture, "add server web/ds-t-cffffffffffff %s:%u;enable server web/ds-t-cffffffffffff",
		address, port);
	wait_for_address(fixture, address);
}

static void begin_session(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;

	world->haproxy.release = 0;
	world->session = world_request(&world->haproxy, "/hold");
}

static void end_session(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;

	world->haproxy.release = 1;
	assert_int_not_equal(world_answer(world->session), 0); /* it was not cut */
	world->session = -1;
}

static unsigned visit(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;

	return world_answer(world_request(&world->haproxy, "/"));
}

int main(void)
{
	struct balancer_fixture_ops ops = {
		.setup = set_up_slots,
		.teardown = tear_down,
		.run = run,
		.add_replica = add_replica,
		.look = look,
		.away = away,
		.reload = reload,
		.misroute = misroute_slot,
		.others = others,
		.begin_session = begin_session,
		.end_session = end_session,
		.visit = visit,
	};
	int failed = suite_balancer_run("haproxy with slots", &ops);

	ops.setup = set_up_dynamic;
	ops.misroute = misroute_added;
	failed += suite_balancer_run("haproxy with added servers", &ops);
	return failed > 0;
}
