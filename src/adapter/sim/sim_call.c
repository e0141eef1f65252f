/*
 * The daemon's calls to the runtime while they are under way: when the world does what they ask
 * for, and when the daemon hears of it, are two times. The deadline may come between them, the
 * answer may get lost, and the connection may break.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* An answer that is lost is missed at the deadline; where there is none, after this. */
#define LOST_ANSWER (30 * USEC_PER_SEC)
#define LATE_MOST   (10 * USEC_PER_SEC)

#define MEMBERS_ROOM 8

static int say(struct sim_call *call, int code, const char *message)
{
	(void)mem_strcpy(call->msg, sizeof(call->msg), message);
	return code;
}

/* What the real runtime reads in a template's inspect, the simulated one reads in its labels. */
static int judge(struct sim_call *call, const struct sim_container *template)
{
	const struct service_config *config = call->intent.config;
	const char *volume = container_label(&template->facts, SIM_LABEL_VOLUME);

	if (volume == NULL || strcmp(volume, "writable") != 0 ||
		(config != NULL && config->shared_volumes == SHARED_VOLUMES_ALLOW))
		return 0;
	(void)snprintf(call->msg, sizeof(call->msg),
		"container %s has a writable volume: clones would share it and corrupt each "
		"other's data; if that is meant, set [service] shared_volumes = allow",
		template->facts.name);
	return ERR_REFUSED;
}

static bool is_inherited(const struct label *label)
{
	static const char *const own[] = { LABEL_SERVICE, LABEL_OWNER, LABEL_ROLE, LABEL_INTENT,
		LABEL_SPEC };

	for (size_t i = 0; i < countof(own); i++)
		if (strcmp(label->key, own[i]) == 0)
			return false;
	return true;
}

static void inherit(const struct sim *sim, struct container *clone, const struct container *from,
	const struct intent *intent)
{
	const struct label own[] = {
		{ .key = LABEL_SERVICE, .value = intent->service },
		{ .key = LABEL_OWNER, .value = sim->instance },
		{ .key = LABEL_ROLE, .value = "replica" },
		{ .key = LABEL_INTENT, .value = intent->name },
		{ .key = LABEL_SPEC, .value = from->spec },
	};

	/* a limit can only cut the template's own labels, which are many then */
	for (size_t i = 0; i < countof(own); i++)
		(void)container_add_label(clone, own[i].key, own[i].value, false);
	for (size_t i = 0; i < from->n_labels; i++)
		if (is_inherited(&from->labels[i]))
			(void)container_add_label(clone, from->labels[i].key, from->labels[i].value,
				from->labels[i].from_image);
	clone->cpu_limit_cores = from->cpu_limit_cores;
	clone->memory_limit_bytes = from->memory_limit_bytes;
}

/* As the real runtime: with another instance's replicas at work there would be twice as many. */
static int refuse_others(const struct sim *sim, struct sim_call *call)
{
	for (size_t i = 0; i < sim->n_containers; i++) {
		const struct sim_container *container = sim->containers[i];
		const char *owner = container_label(&container->facts, LABEL_OWNER);
		const char *service = container_label(&container->facts, LABEL_SERVICE);

		if (owner == NULL || service == NULL || !sim_world_lives(container) ||
			strcmp(owner, sim->instance) == 0 ||
			strcmp(service, call->intent.service) != 0)
			continue;
		(void)snprintf(call->msg, sizeof(call->msg),
			"replicas of %s that run belong to the instance '%.60s'", service, owner);
		return ERR_REFUSED;
	}
	return 0;
}

static int create(struct sim *sim, struct sim_call *call)
{
	const struct intent *intent = &call->intent;
	const struct sim_container *template = sim_world_by_id(sim, intent->container);
	struct sim_container *clone;
	int r;

	if (template == NULL)
		return say(call, ERR_NOT_FOUND, "no such container: it was removed meanwhile");
	r = refuse_others(sim, call);
	if (r == 0)
		r = judge(call, template);
	if (r < 0)
		return r;
	if (sim_world_by_name(sim, intent->name) != NULL)
		return say(call, ERR_CONFLICT, "the container name is already in use");
	clone = sim_life_add(sim, intent->name);
	inherit(sim, &clone->facts, &template->facts, intent);
	clone->memory_bytes = template->memory_bytes;
	clone->revision = template->revision;
	clone->never_ready = sim->clones_never_ready;
	sim_life_select(sim, clone);
	(void)mem_strcpy(call->container, sizeof(call->container), clone->facts.id);
	sim_life_changed(sim, clone);
	return 0;
}

static int start(struct sim *sim, struct sim_call *call)
{
	struct sim_container *container = sim_world_by_id(sim, call->intent.container);

	if (container == NULL)
		return say(call, ERR_NOT_FOUND, "no such container: it was removed meanwhile");
	if (container->facts.state == CONTAINER_PAUSED)
		return say(call, ERR_CONFLICT, "cannot start a paused container, unpause it first");
	if (sim_world_runs(container))
		return 0;
	container->restarts = 0;
	sim_life_start(sim, container);
	return 0;
}

/* SIGTERM has come long before: sim_call_put() sent it. */
static int stop(struct sim *sim, struct sim_call *call)
{
	struct sim_container *container = sim_world_by_id(sim, call->intent.container);

	if (container != NULL &&
		(sim_world_lives(container) || container->facts.state == CONTAINER_RESTARTING))
		sim_life_end(sim, container, sim_life_exit_code(container), true);
	return 0;
}

static int pause_container(struct sim *sim, struct sim_call *call)
{
	struct sim_container *container = sim_world_by_id(sim, call->intent.container);

	if (container == NULL)
		return say(call, ERR_NOT_FOUND, "no such container: it was removed meanwhile");
	if (!sim_world_lives(container))
		return say(call, ERR_CONFLICT, "the container is not running");
	if (sim_world_runs(container))
		sim_life_pause(sim, container);
	return 0;
}

static int unpause_container(struct sim *sim, struct sim_call *call)
{
	struct sim_container *container = sim_world_by_id(sim, call->intent.container);

	if (container == NULL)
		return say(call, ERR_NOT_FOUND, "no such container: it was removed meanwhile");
	if (!sim_world_lives(container))
		return say(call, ERR_CONFLICT, "the container is not paused");
	if (!sim_world_runs(container))
		sim_life_unpause(sim, container);
	return 0;
}

static int remove_container(struct sim *sim, struct sim_call *call)
{
	struct sim_container *container = sim_world_by_id(sim, call->intent.container);

	if (container == NULL)
		return 0;
	if (sim_world_lives(container) || container->facts.state == CONTAINER_RESTARTING)
		return say(call, ERR_CONFLICT,
			"cannot remove a running container: stop it before the removal");
	sim_life_remove(sim, container);
	return 0;
}

static void perform(struct sim *sim, struct sim_call *call)
{
	static int (*const doers[])(struct sim * sim, struct sim_call * call) = {
		[INTENT_CREATE] = create,
		[INTENT_START] = start,
		[INTENT_STOP] = stop,
		[INTENT_PAUSE] = pause_container,
		[INTENT_UNPAUSE] = unpause_container,
		[INTENT_REMOVE] = remove_container,
	};
	bool muted = sim->muted;

	call->done = true;
	if (call->code != 0)
		return; /* it was made to fail */
	sim->muted = muted || (call->unheard && !call->answered);
	call->code = doers[call->intent.kind](sim, call);
	sim->muted = muted;
}

static void answer(const struct sim *sim, struct sim_call *call)
{
	struct event event = { .kind = EVENT_RESULT };

	call->answered = true;
	event.result.intent = call->intent.id;
	if (!call->done || call->times_out) {
		event.result.code = ERR_TIMEOUT;
		event.result.fault = FAULT_ENGINE_SLOW;
		(void)mem_strcpy(event.result.msg, sizeof(event.result.msg),
			"no answer within the deadline: it may have worked");
	} else {
		event.result.code = call->code;
		event.result.fault =
			call->fault != FAULT_NONE ? call->fault : fault_of_code(call->code);
		(void)mem_strcpy(
			event.result.container, sizeof(event.result.container), call->container);
		(void)mem_strcpy(event.result.msg, sizeof(event.result.msg), call->msg);
	}
	event_push(&sim->sink, &event);
	if (call->twice)
		event_push(&sim->sink, &event);
}

static void run(struct sim *sim, struct sim_due *due)
{
	struct sim_call *call = due->call;

	if (!call->done && sim->now >= call->effect_at)
		perform(sim, call);
	if (!call->answered && sim->now >= call->answer_at)
		answer(sim, call);
	if (call->done && call->answered)
		return;
	due->at = call->done ? call->answer_at : call->effect_at;
	sim_queue_push(&sim->queue, due);
	due->call = NULL;
}

/* The daemon may be dead when a call is carried out, and its configuration gone. One copy serves all
 * calls that were made with the same. */
static const struct service_config *keep_config(
	struct sim *sim, const struct service_config *config)
{
	struct service_config *kept;

	for (size_t i = sim->n_configs; config != NULL && i > 0; i--) {
		kept = sim->configs[i - 1];
		if (strcmp(kept->name, config->name) != 0)
			continue;
		if (mem_same(kept, config, sizeof(*kept)))
			return kept;
		break;
	}
	if (config == NULL)
		return NULL;
	sim->configs =
		mem_resize(sim->configs, sim->n_configs + 1, sizeof(struct service_config *));
	kept = mem_zero(1, sizeof(*kept));
	memcpy(kept, config, sizeof(*kept)); /* with its padding, or it would never be the same */
	sim->configs[sim->n_configs++] = kept;
	return kept;
}

/* One with room for @n members: there are several a second, most of them alike. */
static struct sim_call *take_call(struct sim *sim, size_t n)
{
	struct sim_call *call = sim->spare;
	size_t room = (n / MEMBERS_ROOM + 1) * MEMBERS_ROOM;

	if (call != NULL && call->room >= n) {
		sim->spare = call->next;
		return call;
	}
	call = mem_resize(NULL, 1, sizeof(*call) + room * sizeof(call->members[0]));
	call->room = room;
	return call;
}

void sim_call_free(struct sim *sim, struct sim_call *call)
{
	if (call == NULL)
		return;
	call->next = sim->spare;
	sim->spare = call;
}

void sim_call_finish(struct sim *sim)
{
	while (sim->spare != NULL) {
		struct sim_call *call = sim->spare;

		sim->spare = call->next;
		free(call);
	}
}

struct sim_call *sim_call_new(struct sim *sim, const struct intent *intent)
{
	size_t n = intent->kind == INTENT_MEMBERSHIP ? intent->membership.count : 0;
	struct sim_call *call = take_call(sim, n);

	*call = (struct sim_call){ .intent = *intent, .room = call->room };
	call->intent.config = keep_config(sim, intent->config);
	if (n > 0)
		memcpy(call->members, intent->membership.members, n * sizeof(call->members[0]));
	if (intent->kind == INTENT_MEMBERSHIP)
		call->intent.membership.members = call->members;
	return call;
}

/* The program gets its signal when the call is made; whoever it was talking to is cut off. */
static void terminate(struct sim *sim, struct sim_container *container)
{
	if (container == NULL || !sim_world_lives(container) || container->stopping)
		return;
	sim_traffic_change(sim);
	sim->sessions_cut += sim_traffic_sessions(container);
	container->stopping = true;
	sim_traffic_end(container);
}

static usec_t earlier(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

void sim_call_refuse(struct sim *sim, struct sim_call *call, int code, const char *message)
{
	call->code = say(call, code, message);
	call->done = true;
	call->answer_at = sim->now + sim_world_delay(sim, sim->settings.call_delay);
	sim_queue_push(
		&sim->queue, &(struct sim_due){ .at = call->answer_at, .run = run, .call = call });
}

/* What the world's hand or chance does to this call. Gives how late its answer is. */
static usec_t spoil(struct sim *sim, struct sim_call *call)
{
	const struct sim_failure *failure = sim_world_failure(sim, call->intent.kind);
	const struct sim_chances *chances = &sim->chances;
	double chance = sim_world_chance(sim);

	if (failure != NULL && failure->worked)
		call->times_out = call->unheard = true;
	else if (failure != NULL) {
		call->code = say(call, failure->code, "the simulated engine was told to fail");
		call->fault = failure->fault;
	} else if (chance < chances->fail)
		call->code = say(call, ERR_REMOTE, "the simulated engine fails now and then");
	else if ((chance -= chances->fail) < chances->lose)
		call->times_out = true;
	else if ((chance -= chances->lose) < chances->late)
		return (usec_t)(sim_world_chance(sim) * (double)LATE_MOST);
	else
		call->twice = chance - chances->late < chances->twice;
	return 0;
}

void sim_call_put(struct sim *sim, struct sim_call *call, usec_t delay)
{
	usec_t late = spoil(sim, call);
	usec_t deadline = call->intent.deadline;

	if (call->code == 0 && call->intent.kind == INTENT_STOP)
		terminate(sim, sim_world_by_id(sim, call->intent.container));
	call->effect_at = sim->now + sim_world_delay(sim, delay);
	call->answer_at = call->effect_at + late;
	if (call->times_out)
		call->answer_at = deadline > 0 ? deadline : sim->now + LOST_ANSWER;
	else if (deadline > 0 && deadline < call->answer_at) {
		call->answer_at = deadline;
		call->times_out = late > 0;
	}
	sim_queue_push(&sim->queue, &(struct sim_due){
					    .at = earlier(call->effect_at, call->answer_at),
					    .run = run,
					    .call = call,
				    });
}

static struct sim_call *next_unanswered(const struct sim *sim)
{
	for (size_t i = 0; i < sim->queue.count; i++)
		if (sim->queue.items[i].run == run && !sim->queue.items[i].call->answered)
			return sim->queue.items[i].call;
	return NULL;
}

void sim_call_forget(struct sim *sim)
{
	struct sim_call *call;

	while ((call = next_unanswered(sim)) != NULL)
		call->answered = true;
}

void sim_call_cut(struct sim *sim)
{
	bool muted = sim->muted;
	struct sim_call *call;

	sim->muted = true;
	/* searched anew each time: what is performed queues more */
	while ((call = next_unanswered(sim)) != NULL) {
		struct event event = { .kind = EVENT_RESULT };

		if (!call->done && (sim_world_random(sim) & 1) != 0)
			perform(sim, call);
		call->done = true;
		call->answered = true;
		event.result.intent = call->intent.id;
		event.result.code = ERR_UNREACHABLE;
		event.result.fault = FAULT_ENGINE_AWAY;
		(void)mem_strcpy(event.result.msg, sizeof(event.result.msg),
			"the connection broke before the answer");
		event_push(&sim->sink, &event);
	}
	sim->muted = muted;
}
