/*
 * What comes of a call: a create, start, stop or remove was done, refused, failed, or got no answer,
 * in which case it may have worked all the same and only a listing tells.
 */
#include "take.h"

#include <dockscale/base/mem.h>

static void create_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	switch (event->result.code) {
	case 0:
		(void)mem_strcpy(replica->id, sizeof(replica->id), event->result.container);
		replica_created(engine, service, replica);
		return;
	case ERR_TIMEOUT:
	case ERR_UNREACHABLE:
		/* It may have worked: the next listing tells. */
		replica->uncertain = true;
		(void)fleet_intend(engine, service, INTENT_LIST);
		return;
	case ERR_REFUSED:
		service->counters.refused++;
		(void)mem_strcpy(
			service->refused_id, sizeof(service->refused_id), service->template_id);
		(void)mem_strcpy(service->refusal, sizeof(service->refusal), event->result.msg);
		replacement_failed(engine, service, replica, event->result.msg, true);
		break;
	default:
		if (!warm_failed(engine, service, replica, event->result.msg)) {
			fleet_failed(engine, service, event->result.msg);
			replacement_failed(engine, service, replica, event->result.msg, false);
			guard_failed(engine, service, event->result.msg);
		}
		break;
	}
	fleet_drop_replica(engine, service, replica);
}

static void start_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (replica->state != REPLICA_STARTING)
		return; /* it runs already, or has ended again */
	if (event->result.code == 0) {
		life_follow(engine, service, replica);
		return;
	}
	replica->state = REPLICA_STOPPED;
	replica_retry_later(engine, replica);
	if (event->result.code == ERR_TIMEOUT || event->result.code == ERR_UNREACHABLE) {
		(void)fleet_intend(engine, service, INTENT_LIST);
		return;
	}
	replica->failed = true;
	if (!warm_failed(engine, service, replica, event->result.msg)) {
		fleet_failed(engine, service, event->result.msg);
		replacement_failed(engine, service, replica, event->result.msg, false);
		guard_failed(engine, service, event->result.msg);
	}
	if (replica->role == ROLE_CLONE)
		replica_enter(engine, service, replica, REPLICA_REMOVING);
}

static void stop_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (event->result.code == 0) {
		replica_stopped(engine, service, replica);
		return;
	}
	replica_retry_later(engine, replica);
	(void)fleet_intend(engine, service, INTENT_LIST);
}

static void remove_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (event->result.code == 0) {
		note_removed(engine, service, replica);
		fleet_drop_replica(engine, service, replica);
		return;
	}
	replica_retry_later(engine, replica);
	if (event->result.code == ERR_CONFLICT)
		replica_stop(engine, service, replica); /* it runs: stop it first */
}

static bool is_uncertain(const struct event *event)
{
	return event->result.code == ERR_TIMEOUT || event->result.code == ERR_UNREACHABLE;
}

static void unpause_answered(struct engine *engine, struct service *service,
	struct replica *replica, const struct event *event)
{
	if (replica->state != REPLICA_STARTING)
		return;
	if (event->result.code == 0) {
		life_follow(engine, service, replica);
		return;
	}
	if (!is_uncertain(event)) {
		warm_dropped(engine, service, replica, event->result.msg);
		return;
	}
	/* If it worked, it is found running, and is one in the making. */
	replica->spare = true;
	replica->promoted = false;
	replica_retry_later(engine, replica);
	replica_enter(engine, service, replica, REPLICA_WARM);
	(void)fleet_intend(engine, service, INTENT_LIST);
}

static void pause_answered(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	if (replica->state != REPLICA_WARM)
		return;
	if (event->result.code == 0) {
		life_follow(engine, service, replica);
		return;
	}
	replica_retry_later(engine, replica);
	(void)fleet_intend(engine, service, INTENT_LIST);
}

/* An announcement may have come first and have led on: then the answer is no news. */
void answer_take(struct engine *engine, struct service *service, struct replica *replica,
	const struct event *event)
{
	enum fault fault = event->result.fault;

	/* The code alone names most of them. */
	fleet_fault(
		engine, service, fault != FAULT_NONE ? fault : fault_of_code(event->result.code));
	replica->pending = 0;
	switch (replica->pending_kind) {
	case INTENT_CREATE:
		if (replica->state == REPLICA_CREATING)
			create_answered(engine, service, replica, event);
		return;
	case INTENT_STOP:
		if (replica->state == REPLICA_STOPPING)
			stop_answered(engine, service, replica, event);
		return;
	case INTENT_PAUSE:
		pause_answered(engine, service, replica, event);
		return;
	case INTENT_UNPAUSE:
		unpause_answered(engine, service, replica, event);
		return;
	case INTENT_REMOVE:
		if (replica->state == REPLICA_REMOVING)
			remove_answered(engine, service, replica, event);
		return;
	default:
		start_answered(engine, service, replica, event);
		return;
	}
}
