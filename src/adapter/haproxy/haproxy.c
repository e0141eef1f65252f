/*
 * The balancer port for HAProxy: keeps, for each service, who is wished and one reconciler a
 * socket, and answers each membership by one report when all sockets have ended their cycle.
 *
 * A membership that comes while a cycle is under way waits for its end; a still newer one takes
 * its place. The cycle that runs is not broken off (its commands may be on their way) and is
 * reported as what it is: how things stood. A hanging HAProxy can therefore not keep reports
 * from ever coming.
 *
 * When a service moves to another backend or socket, nobody else would close what it leaves behind:
 * it is withdrawn there, without a report.
 */
#include <dockscale/adapter/haproxy.h>

#include "local.h"
#include "report.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* What was wished, in memory of our own: an intent's lasts until the next step only. */
struct membership {
	struct haproxy_config config;
	struct member *members;
	size_t n_members;
	bool withdrawn;
	bool silent; /* nobody waits for a report */
};

struct service {
	struct haproxy_balancer *owner;
	struct service *next;
	char name[CONFIG_NAME_MAX];
	struct membership current;
	struct membership pending;
	bool has_current; /* current was begun at least once */
	bool has_pending;
	bool busy; /* a cycle is under way, or its report is being pushed */
	struct plan_options options;
	struct plan_wish wish;
	struct reconciler reconcilers[CONFIG_SOCKETS_MAX];
	size_t n_reconcilers;
	size_t n_running;
};

struct haproxy_balancer {
	struct balancer balancer;
	uv_loop_t *loop;
	char instance[CONFIG_NAME_MAX];
	struct event_sink sink;
	struct service *services;
};

static void membership_finish(struct membership *membership)
{
	free(membership->members);
	*membership = (struct membership){ 0 };
}

static void service_free(struct service *service)
{
	for (size_t i = 0; i < service->n_reconcilers; i++)
		reconciler_finish(&service->reconcilers[i]);
	membership_finish(&service->current);
	membership_finish(&service->pending);
	free(service);
}

static void forget(struct service *service)
{
	struct service **link = &service->owner->services;

	while (*link != service)
		link = &(*link)->next;
	*link = service->next;
	service_free(service);
}

static struct service *add_service(struct haproxy_balancer *haproxy, const char *name)
{
	struct service *service = mem_zero(1, sizeof(*service));

	service->owner = haproxy;
	(void)mem_strcpy(service->name, sizeof(service->name), name);
	service->next = haproxy->services;
	haproxy->services = service;
	return service;
}

static struct service *find_service(struct haproxy_balancer *haproxy, const char *name)
{
	for (struct service *service = haproxy->services; service != NULL; service = service->next)
		if (!service->current.silent && strcmp(service->name, name) == 0)
			return service;
	return NULL;
}

static void push(struct service *service, const struct balancer_report *report)
{
	struct event event = { .kind = EVENT_BALANCER, .balancer = *report };

	(void)mem_strcpy(event.balancer.service, sizeof(event.balancer.service), service->name);
	event_push(&service->owner->sink, &event);
}

static void begin(struct service *service);

/* The report may bring the next membership with it; so busy ends only behind it. */
static void end_cycle(struct service *service, const struct balancer_report *report)
{
	if (!service->current.silent)
		push(service, report);
	service->busy = false;
	if (service->has_pending)
		begin(service);
	else if (service->current.withdrawn)
		forget(service);
}

static void on_reconciled(void *context)
{
	struct service *service = context;
	cleanup_free struct server_report *servers = NULL;
	struct balancer_report report;

	if (--service->n_running > 0)
		return;
	servers = mem_zero(service->wish.n_members, sizeof(*servers));
	report_make(service->reconcilers, service->n_reconcilers, &service->options, &service->wish,
		servers, &report);
	end_cycle(service, &report);
}

static void set_reconcilers(struct service *service)
{
	const struct haproxy_config *config = &service->current.config;

	for (size_t i = 0; i < CONFIG_SOCKETS_MAX; i++) {
		struct reconciler *reconciler = &service->reconcilers[i];
		bool wanted = i < config->n_sockets;

		if (i < service->n_reconcilers &&
			(!wanted || strcmp(reconciler->socket, config->sockets[i]) != 0))
			reconciler_finish(reconciler);
		else if (i < service->n_reconcilers)
			continue;
		if (wanted)
			reconciler_init(reconciler, service->owner->loop, config->sockets[i]);
		reconciler->done = on_reconciled;
		reconciler->context = service;
	}
	service->n_reconcilers = config->n_sockets;
}

static bool serves(const struct haproxy_config *config, const char *backend, const char *socket)
{
	if (config->balancer != BALANCER_HAPROXY || strcmp(config->backend, backend) != 0)
		return false;
	for (size_t i = 0; i < config->n_sockets; i++)
		if (strcmp(config->sockets[i], socket) == 0)
			return true;
	return false;
}

/* Withdraws the service from the places of @before that are not places of now. */
static void leave_places(struct service *service, const struct haproxy_config *before)
{
	const struct haproxy_config *now = &service->pending.config;
	struct haproxy_config left = *before;
	struct service *silent;

	left.n_sockets = 0;
	left.state_file[0] = '\0';
	for (size_t i = 0; i < before->n_sockets; i++)
		if (!serves(now, before->backend, before->sockets[i]))
			memmove(left.sockets[left.n_sockets++], before->sockets[i],
				sizeof(left.sockets[0]));
	if (left.n_sockets == 0)
		return;
	silent = add_service(service->owner, service->name);
	silent->pending = (struct membership){ .config = left, .withdrawn = true, .silent = true };
	silent->has_pending = true;
	begin(silent);
}

static void refuse(struct service *service, const struct err *err)
{
	struct balancer_report report = { .n_balancers = service->current.config.n_sockets };

	(void)mem_strcpy(report.problem, sizeof(report.problem), err->msg);
	end_cycle(service, &report);
}

/* The state file belongs to the first socket: a file that two processes share cannot hold both. */
static void start(struct service *service)
{
	const char *file = service->current.config.state_file;

	service->n_running = service->n_reconcilers;
	for (size_t i = 0; i < service->n_reconcilers; i++)
		reconciler_start(&service->reconcilers[i], &service->options, &service->wish,
			i == 0 && file[0] != '\0' ? file : NULL);
}

static void begin(struct service *service)
{
	struct err err = { 0 };

	service->busy = true;
	if (service->has_current)
		leave_places(service, &service->current.config);
	membership_finish(&service->current);
	service->current = service->pending;
	service->pending = (struct membership){ 0 };
	service->has_pending = false;
	service->has_current = true;
	service->options = (struct plan_options){
		.config = &service->current.config,
		.instance = service->owner->instance,
		.withdrawn = service->current.withdrawn,
		.is_local = local_has,
	};
	service->wish = (struct plan_wish){
		.members = service->current.members,
		.n_members = service->current.withdrawn ? 0 : service->current.n_members,
	};
	set_reconcilers(service);
	if (service->n_reconcilers == 0)
		(void)err_set(&err, ERR_INVALID, "[haproxy] socket is missing");
	if (err.code == 0)
		(void)plan_check(&service->options, &err);
	if (err.code != 0)
		refuse(service, &err);
	else
		start(service);
}

static void submit(struct balancer *balancer, const struct intent *intent)
{
	struct haproxy_balancer *haproxy = (struct haproxy_balancer *)balancer;
	struct service *service = find_service(haproxy, intent->service);
	size_t n = intent->membership.count;

	if (service == NULL)
		service = add_service(haproxy, intent->service);
	membership_finish(&service->pending);
	service->pending = (struct membership){
		.config = intent->config->haproxy,
		.members = mem_zero(n, sizeof(struct member)),
		.n_members = n,
		.withdrawn = intent->membership.withdrawn,
	};
	if (n > 0)
		memcpy(service->pending.members, intent->membership.members,
			n * sizeof(struct member));
	service->has_pending = true;
	if (!service->busy)
		begin(service);
}

static void free_balancer(struct balancer *balancer)
{
	struct haproxy_balancer *haproxy = (struct haproxy_balancer *)balancer;

	while (haproxy->services != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on */
		forget(haproxy->services);
	free(haproxy);
}

struct balancer *haproxy_balancer_new(uv_loop_t *loop, const char *instance, struct event_sink sink)
{
	static const struct balancer_vtable vtable = { submit, free_balancer };
	struct haproxy_balancer *haproxy = mem_zero(1, sizeof(*haproxy));

	haproxy->balancer.vtable = &vtable;
	haproxy->loop = loop;
	haproxy->sink = sink;
	(void)mem_strcpy(haproxy->instance, sizeof(haproxy->instance), instance);
	return &haproxy->balancer;
}
