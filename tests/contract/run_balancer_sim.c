/*
 * The simulated balancer keeps the promises of the balancer port, with slots and with dynamic
 * servers, as the real one does.
 */
#include "suite_balancer.h"

#include "adapter/sim/sim_world.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>
#include <dockscale/core/weight.h>

#include <stdio.h>
#include <string.h>

#define SERVICE  "web"
#define OPERATOR "operator"

struct world {
	struct config *config;
	struct sim *sim;
	unsigned replicas;
};

static void set_up(struct balancer_fixture *fixture, struct event_sink sink, bool dynamic)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct sim_settings settings = sim_settings_default();

	settings.dynamic = dynamic;
	settings.session_seconds = 0; /* sessions come from begin_session() alone */
	world->config = config_new();
	world->sim = sim_new(&settings, world->config, "contract", sink);
	(void)mem_strcpy(fixture->config.name, sizeof(fixture->config.name), SERVICE);
	fixture->config.haproxy.n_sockets = 1;
	fixture->balancer = sim_balancer(world->sim);
	fixture->world = world;
}

static void set_up_slots(struct balancer_fixture *fixture, struct event_sink sink)
{
	set_up(fixture, sink, false);
}

static void set_up_dynamic(struct balancer_fixture *fixture, struct event_sink sink)
{
	set_up(fixture, sink, true);
}

static void tear_down(struct balancer_fixture *fixture)
{
	struct world *world = fixture->world;

	fixture->balancer->vtable->free(fixture->balancer);
	sim_free(world->sim);
	config_free(world->config);
	free(world);
}

static struct sim *sim_of(const struct balancer_fixture *fixture)
{
	return ((struct world *)fixture->world)->sim;
}

static bool run(struct balancer_fixture *fixture, bool (*condition)(void *context), void *context)
{
	struct sim *sim = sim_of(fixture);
	usec_t end = sim_now(sim).boot + 5 * USEC_PER_SEC;

	while (!condition(context)) {
		usec_t next = sim_next(sim);

		if (next > end) {
			sim_advance(sim, end);
			return condition(context);
		}
		sim_advance(sim, next);
	}
	return true;
}

static void add_replica(struct balancer_fixture *fixture, struct member *ret_member)
{
	struct world *world = fixture->world;
	const char *const labels[] = {
		"dockscale.service=" SERVICE,
		"dockscale.owner=contract",
	};
	struct member member = { .state = MEMBER_SERVING, .weight = WEIGHT_BASE, .ours = true };
	const struct sim_container *container;

	member.port = 8000 + ++world->replicas;
	(void)snprintf(member.name, sizeof(member.name), "replica-%u", world->replicas);
	(void)mem_strcpy(member.id, sizeof(member.id),
		sim_run(world->sim, member.name, labels, countof(labels), 1.0));
	sim_advance(world->sim, sim_now(world->sim).boot + 2 * USEC_PER_SEC); /* it is ready */
	container = sim_world_by_id(world->sim, member.id);
	(void)mem_strcpy(
		member.address, sizeof(member.address), container->facts.endpoints[0].address);
	*ret_member = member;
}

static size_t look(
	struct balancer_fixture *fixture, struct balancer_server *ret_servers, size_t max)
{
	const struct sim *sim = sim_of(fixture);
	size_t n = 0;

	for (size_t i = 0; i < sim->n_servers && n < max; i++) {
		const struct sim_server *server = &sim->servers[i];

		if (server->kind == SIM_SERVER_OPERATOR || server->state == SERVER_MAINT)
			continue;
		ret_servers[n].port = server->port;
		ret_servers[n].taking = server->state == SERVER_UP;
		ret_servers[n].weight = server->weight;
		ret_servers[n].maxconn = server->maxconn;
		(void)mem_strcpy(
			ret_servers[n].address, sizeof(ret_servers[n].address), server->address);
		n++;
	}
	return n;
}

static void away(struct balancer_fixture *fixture, bool is_away)
{
	sim_balancer_away(sim_of(fixture), is_away);
}

static void reload(struct balancer_fixture *fixture)
{
	sim_balancer_reload(sim_of(fixture));
}

/* A slot that was filled by somebody, or came back from a stale state file. */
static void misroute(struct balancer_fixture *fixture, const char *address, unsigned port)
{
	struct sim *sim = sim_of(fixture);

	for (size_t i = 0; i < sim->n_servers; i++) {
		struct sim_server *server = &sim->servers[i];

		if (server->kind != SIM_SERVER_SLOT || server->address[0] != '\0')
			continue;
		(void)mem_strcpy(server->address, sizeof(server->address), address);
		server->port = port;
		server->state = SERVER_UP;
		return;
	}
}

/* The operator's server is there from the first look on. */
static char *others(struct balancer_fixture *fixture)
{
	struct sim *sim = sim_of(fixture);
	struct str text = { 0 };

	if (sim_world_by_name(sim, OPERATOR) == NULL) {
		(void)sim_run(sim, OPERATOR, NULL, 0, 1.0);
		sim_add_server(sim, SERVICE, OPERATOR, 80);
	}
	for (size_t i = 0; i < sim->n_servers; i++)
		if (sim->servers[i].kind == SIM_SERVER_OPERATOR)
			str_appendf(&text, "%s %s:%u %d %u\n", sim->servers[i].name,
				sim->servers[i].address, sim->servers[i].port,
				(int)sim->servers[i].state, sim->servers[i].weight);
	return str_take(&text);
}

static void hold_session(struct balancer_fixture *fixture, unsigned count)
{
	struct sim *sim = sim_of(fixture);

	sim_set_sessions(sim, sim_container(sim, SERVICE, 0)->name, count);
}

static void begin_session(struct balancer_fixture *fixture)
{
	hold_session(fixture, 1);
}

static void end_session(struct balancer_fixture *fixture)
{
	hold_session(fixture, 0);
}

/* A little load for a while: the first one to whom some of it came. */
static unsigned visit(struct balancer_fixture *fixture)
{
	struct sim *sim = sim_of(fixture);
	unsigned port = 0;

	sim_set_load(sim, SERVICE, 0.1);
	sim_advance(sim, sim_now(sim).boot + USEC_PER_SEC);
	(void)sim_faults(sim); /* lets the load flow up to now */
	for (size_t i = 0; i < sim->n_servers; i++) {
		const struct sim_container *container =
			sim_world_by_address(sim, sim->servers[i].address);

		if (container != NULL && container->demand > 0 && port == 0)
			port = sim->servers[i].port;
	}
	sim_set_load(sim, SERVICE, 0);
	return port;
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
		.misroute = misroute,
		.others = others,
		.begin_session = begin_session,
		.end_session = end_session,
		.visit = visit,
	};
	int failed = suite_balancer_run("simulated balancer, slots", &ops);

	ops.setup = set_up_dynamic;
	ops.misroute = NULL; /* there is no slot to fill */
	return failed + suite_balancer_run("simulated balancer, dynamic", &ops);
}
