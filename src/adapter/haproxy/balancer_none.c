/*
 * The balancer of services that have none (workers, other proxies): who should serve serves, who
 * should drain drains, and nobody can count sessions. It keeps `if (balancer)` out of the engine.
 */
#include <dockscale/adapter/haproxy.h>

#include <dockscale/base/mem.h>

struct none {
	struct balancer balancer;
	struct event_sink sink;
};

static void submit(struct balancer *balancer, const struct intent *intent)
{
	struct none *none = (struct none *)balancer;
	size_t n = intent->membership.withdrawn ? 0 : intent->membership.count;
	cleanup_free struct server_report *servers = mem_zero(n, sizeof(*servers));
	struct event event = {
		.kind = EVENT_BALANCER,
		.balancer = { .capacity = UINT32_MAX, .servers = servers, .n_servers = n },
	};

	for (size_t i = 0; i < n; i++) {
		const struct member *member = &intent->membership.members[i];

		servers[i] = (struct server_report){
			.state = member->state == MEMBER_SERVING ? SERVER_UP : SERVER_DRAIN,
			.sessions = reading_unsupported(),
			.queued = reading_unsupported(),
			.weight = member->weight,
		};
		(void)mem_strcpy(servers[i].id, sizeof(servers[i].id), member->id);
	}
	(void)mem_strcpy(event.balancer.service, sizeof(event.balancer.service), intent->service);
	event_push(&none->sink, &event);
}

static void free_none(struct balancer *balancer)
{
	free(balancer);
}

struct balancer *balancer_none_new(struct event_sink sink)
{
	static const struct balancer_vtable vtable = { submit, free_none };
	struct none *none = mem_zero(1, sizeof(*none));

	none->balancer.vtable = &vtable;
	none->sink = sink;
	return &none->balancer;
}
