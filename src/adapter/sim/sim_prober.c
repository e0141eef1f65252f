/*
 * The simulated prober: whoever has the address now answers, whether it is the one that was meant
 * or not.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <string.h>

static struct sim *sim_of(struct prober *prober)
{
	return (struct sim *)((char *)prober - offsetof(struct sim, prober));
}

static const char *verdict(const struct sim *sim, const struct sim_call *call)
{
	const struct intent *intent = &call->intent;
	const struct sim_container *container = sim_world_by_address(sim, intent->probe.address);

	if (call->code != 0)
		return "no answer";
	if (intent->probe.kind == PROBE_NONE)
		return NULL;
	if (container == NULL)
		return "no route to host";
	if (!sim_world_runs(container)) /* paused: the kernel takes the connection, nobody reads */
		return "no answer within the timeout";
	if (!container->ready || container->stopping)
		return "connection refused";
	return container->healthy ? NULL : "no answer within the timeout";
}

static void run(struct sim *sim, struct sim_due *due)
{
	const struct sim_call *call = due->call;
	struct event event = { .kind = EVENT_PROBE };
	const char *wrong = verdict(sim, call);

	if (call->answered)
		return; /* nobody waits for it */
	(void)mem_strcpy(event.probe.id, sizeof(event.probe.id), call->intent.container);
	event.probe.healthy = wrong == NULL;
	(void)mem_strcpy(event.probe.msg, sizeof(event.probe.msg), wrong != NULL ? wrong : "");
	event_push(&sim->sink, &event);
}

void sim_prober_forget(struct sim *sim)
{
	for (size_t i = 0; i < sim->queue.count; i++)
		if (sim->queue.items[i].run == run)
			sim->queue.items[i].call->answered = true;
}

static void submit(struct prober *prober, const struct intent *intent)
{
	struct sim *sim = sim_of(prober);
	usec_t delay = sim_world_delay(sim, sim->settings.call_delay);
	struct sim_call *call;

	if (intent->kind != INTENT_PROBE)
		return;
	call = sim_call_new(sim, intent);
	call->code = sim_world_failure(sim, INTENT_PROBE) != NULL ? ERR_UNREACHABLE : 0;
	if (intent->probe.timeout > 0 && intent->probe.timeout < delay) {
		delay = intent->probe.timeout;
		call->code = ERR_TIMEOUT;
	}
	sim_queue_push(
		&sim->queue, &(struct sim_due){ .at = sim->now + delay, .run = run, .call = call });
}

static void free_nothing(struct prober *prober)
{
	(void)prober;
}

void sim_prober_init(struct sim *sim)
{
	static const struct prober_vtable vtable = { .submit = submit, .free = free_nothing };

	sim->prober.vtable = &vtable;
}
