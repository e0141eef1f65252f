/*
 * How many there should be. The policy decides from demand; a person's hand comes first; what
 * changes the count is told with its reason and kept as history. Whether it can be carried out
 * is converge.c's matter.
 */
#include "decide.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* From the decision to serving, while none was measured. */
#define STARTUP_GUESS (10 * USEC_PER_SEC)

static unsigned clamp(unsigned count, const struct policy_settings *settings)
{
	if (count < settings->min)
		return settings->min;
	return count > settings->max ? settings->max : count;
}

static unsigned count_state(const struct service *service, bool (*in)(const struct replica *))
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++)
		count += in(service->replicas[i]) ? 1 : 0;
	return count;
}

static bool is_serving(const struct replica *replica)
{
	return replica->state == REPLICA_SERVING;
}

static bool container_runs(const struct replica *replica)
{
	return replica->facts.state == CONTAINER_RUNNING ||
	       replica->facts.state == CONTAINER_RESTARTING;
}

static void remember(
	struct engine *engine, struct service *service, unsigned from, const char *because)
{
	struct history_entry *entry = &service->history[service->n_history++ % HISTORY_MAX];

	entry->wall = engine->now.wall;
	entry->from = from;
	entry->to = service->desired;
	(void)mem_strcpy(entry->because, sizeof(entry->because), because);
}

static void change_count(
	struct engine *engine, struct service *service, const struct decision *decision)
{
	unsigned from = service->desired;
	bool up = decision->count > from;
	struct note note = { LOG_LEVEL_INFO, up ? "scaling up" : "scaling down", NULL, (int)from,
		(int)decision->count };
	char because[384];

	service->decision = *decision;
	if (decision->count == from)
		return;
	reason_format(decision, &service->config, because, sizeof(because));
	if (fleet_dry(engine, service)) {
		note.what = up ? "dry run: would scale up" : "dry run: would scale down";
		if (service->dry_wish != decision->count)
			note_add(engine, service, &note, "%s", because);
		service->dry_wish = decision->count;
		return;
	}
	if (decision->reason == REASON_HAND)
		note.what = "count follows a hand"; /* done already: nothing is scaled */
	note_add(engine, service, &note, "%s", because);
	service->desired = decision->count;
	if (decision->reason == REASON_HAND)
		service->counters.by_hand++;
	else if (up)
		service->counters.scaled_up++;
	else
		service->counters.scaled_down++;
	remember(engine, service, from, because);
}

void decide_settle(struct engine *engine, struct service *service)
{
	unsigned running = count_state(service, container_runs);

	service->settled = true;
	service->desired = clamp(running, &service->config.policy);
	service->dry_wish = service->desired;
	service->decision = (struct decision){
		.count = service->desired,
		.from = running,
		.reason = REASON_STARTING_UP,
	};
	memory_settle(engine, service);
	remember(engine, service, running, "taken over from what runs");
}

/* Without the runtime nothing can be done; without a balancer nobody new is served, and the load of
 * those that are tells nothing about all: the count is held, whatever is read. */
static bool is_away(const struct engine *engine, const struct service *service)
{
	return !engine->runtime_known || (service->n_balancers > 0 && service->n_reachable == 0);
}

static void hold(struct engine *engine, struct service *service)
{
	struct decision decision = {
		.count = clamp(service->desired, &service->config.policy),
		.from = service->desired,
		.wish = service->desired,
		.reason = REASON_AWAY,
	};

	change_count(engine, service, &decision);
}

/* As measured, or a guess until one was. */
static usec_t startup_of(const struct service *service)
{
	return service->startup > 0 ? service->startup : STARTUP_GUESS;
}

void decide_step(struct engine *engine, struct service *service)
{
	static const struct policy *const policies[] = {
		[POLICY_TYPE_TARGET] = &policy_target,
		[POLICY_TYPE_THRESHOLD] = &policy_threshold,
		[POLICY_TYPE_AUTO] = &policy_auto,
	};
	struct policy_input input = {
		.now = engine->now.boot,
		.startup = startup_of(service),
		.self_tuning = service->self_tuning,
		.adaptive = &service->adaptive,
		.predictor = &service->predictor,
		.count = service->desired,
	};
	struct decision decision;

	if (!service->settled || service->schedule.waiting)
		return;
	if (service->self_tuning != NULL)
		input.local = schedule_local(engine);
	if (service->manual && service->manual_until > 0 &&
		engine->now.boot >= service->manual_until)
		service->manual = false;
	input.ready = count_state(service, is_serving);
	if (fleet_dry(engine, service))
		service->desired = input.count =
			clamp(count_state(service, replica_counts), &service->config.policy);
	readings_demand(engine, service);
	memcpy(input.demand, service->demand, sizeof(input.demand));
	input.backlog = overload_backlog(engine, service);
	if (service->demand[METRIC_CPU].state == READING_UNKNOWN)
		service->counters.unknown_samples++;
	if (service->paused || (service->manual && service->manual_until > 0)) {
		service->decision.reason = service->paused ? REASON_PAUSED : REASON_MANUAL;
		return;
	}
	if (is_away(engine, service)) {
		hold(engine, service);
		return;
	}
	service->proposed_over = service->policy.changed_at;
	service->proposed_over_to = service->policy.changed_to;
	service->proposed_over_flaps = service->policy.flaps.count;
	decision = policy_decide(policies[service->config.policy_type], &service->config.policy,
		&service->policy, &input);
	room_limit(engine, service, &decision);
	if (decision.count == service->desired && service->manual) {
		service->decision.reason = REASON_MANUAL;
		return;
	}
	service->proposal = decision;
	service->proposed = true;
}

/* What a hand ends or starts counts once it is done; until then a step down would be counted twice. */
static void wait_for_hand(const struct service *service, struct decision *decision)
{
	unsigned held = clamp(service->desired, &service->config.policy);

	if (!hand_is_at_work(service) || decision->count >= held)
		return;
	decision->count = held;
	decision->reason = REASON_HAND;
}

void decide_grant(
	struct engine *engine, struct service *service, const struct arbiter_service *granted)
{
	struct decision decision = service->proposal;

	if (granted->limit != REASON_NONE) {
		decision.count = granted->granted;
		decision.limit = granted->limit;
		decision.limit_metric = granted->metric;
		decision.limit_value = granted->value;
		decision.limit_bound = granted->bound;
	}
	wait_for_hand(service, &decision);
	if (decision.count == service->desired) { /* refused: the policy rests from nothing */
		service->policy.changed_at = service->proposed_over;
		service->policy.changed_to = service->proposed_over_to;
		service->policy.flaps.count = service->proposed_over_flaps;
	} else {
		service->manual = false;
	}
	change_count(engine, service, &decision);
}

void decide_by_hand(struct engine *engine, struct service *service, unsigned count)
{
	struct decision decision = { .count = clamp(count, &service->config.policy),
		.from = service->desired,
		.wish = count,
		.reason = REASON_HAND };

	/* The policy's past speaks of another count. */
	policy_state_init(&service->policy, &service->config.policy);
	change_count(engine, service, &decision);
}

void decide_manual(struct engine *engine, struct service *service, const struct command *command)
{
	struct decision decision = { .count = command->count,
		.from = service->desired,
		.wish = command->count,
		.reason = REASON_MANUAL };

	service->manual = true;
	service->manual_until = command->duration > 0 ? engine->now.boot + command->duration : 0;
	service->manual_for = command->duration;
	/* The policy's past ends here: otherwise its next tick would undo the wish. */
	policy_state_init(&service->policy, &service->config.policy);
	change_count(engine, service, &decision);
}

void decide_clamp(struct service *service)
{
	service->desired = clamp(service->desired, &service->config.policy);
}
