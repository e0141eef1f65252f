/* What people do with docker and dockscalectl at the same time, event by event. */
#include "hand.h"

#define CLONES 2

/* The template, and clones of it, as the runtime has them. */
struct fleet {
	struct hand hand;
	struct container all[1 + CLONES];
};

static void tell(struct fleet *fleet, size_t index)
{
	hand_event(&fleet->hand,
		(struct event){ .kind = EVENT_CONTAINER, .container = &fleet->all[index] });
}

/* All of them serve. */
static void begin(struct fleet *fleet)
{
	static const char *const names[] = { "web", "one", "two" };

	hand_init(&fleet->hand);
	fleet->all[0] = hand_template();
	for (size_t i = 1; i < countof(fleet->all); i++) {
		fleet->all[i] = hand_container(names[i], 50 + (usec_t)i);
		hand_label_clone(&fleet->all[i]);
	}
	hand_list(&fleet->hand, fleet->all, countof(fleet->all));
	for (size_t i = 0; i < countof(fleet->all); i++)
		hand_probe(&fleet->hand, fleet->all[i].id, true);
	hand_balanced(&fleet->hand, 0);
}

static void end(struct fleet *fleet)
{
	for (size_t i = 0; i < countof(fleet->all); i++)
		container_finish(&fleet->all[i]);
	hand_finish(&fleet->hand);
}

static void is_told_to_end(struct fleet *fleet, size_t index)
{
	fleet->all[index].end_was_asked = true;
	tell(fleet, index);
}

static void ends(struct fleet *fleet, size_t index)
{
	fleet->all[index].state = CONTAINER_EXITED;
	fleet->all[index].end_was_asked = true;
	tell(fleet, index);
}

/* How many were removed in so many seconds. */
static size_t removed_in(struct fleet *fleet, int seconds)
{
	size_t removed = 0;

	for (int i = 0; i < seconds; i++) {
		hand_tick(&fleet->hand);
		removed += hand_count(&fleet->hand, INTENT_REMOVE);
	}
	return removed;
}

static struct service_snapshot shown(const struct fleet *fleet)
{
	struct snapshot *snapshot = engine_snapshot(fleet->hand.engine, fleet->hand.now);
	struct service_snapshot web = snapshot->services[0];

	web.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return web;
}

static enum replica_state state_of(const struct fleet *fleet, const char *name)
{
	struct snapshot *snapshot = engine_snapshot(fleet->hand.engine, fleet->hand.now);
	const struct service_snapshot *web = &snapshot->services[0];
	enum replica_state state = REPLICA_STOPPED;

	for (size_t i = 0; i < web->n_replicas; i++)
		if (strcmp(web->replicas[i].name, name) == 0)
			state = web->replicas[i].state;
	snapshot_free(snapshot);
	return state;
}

static void command(struct fleet *fleet, enum command_kind kind)
{
	hand_event(&fleet->hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { kind, "web", 0, 0 } });
}

static void a_stop_of_all_is_one_hand_though_one_takes_long_to_end(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	for (size_t i = 0; i < countof(fleet.all); i++)
		is_told_to_end(&fleet, i);
	ends(&fleet, 1);
	ends(&fleet, 2);
	assert_int_equal(removed_in(&fleet, 20), 0);
	ends(&fleet, 0);
	assert_int_equal(removed_in(&fleet, 20), 0);
	assert_int_equal(shown(&fleet).state, SERVICE_PAUSED);
	assert_int_equal(shown(&fleet).n_replicas, 3);
	end(&fleet);
}

static void a_stop_of_some_is_over_when_they_ended(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	is_told_to_end(&fleet, 1);
	ends(&fleet, 1);
	assert_int_equal(removed_in(&fleet, 10), 1);
	assert_int_equal(shown(&fleet).desired, 2);
	end(&fleet);
}

/* A clone stands in for the template, which is on its way. */
static void begin_with_stand_in(struct fleet *fleet)
{
	struct intent start;

	hand_init(&fleet->hand);
	fleet->all[0] = hand_template();
	fleet->all[0].state = CONTAINER_EXITED;
	fleet->all[1] = hand_container("one", 51);
	hand_label_clone(&fleet->all[1]);
	fleet->all[2] = (struct container){ 0 };
	hand_list(&fleet->hand, fleet->all, 2);
	for (int i = 0; i < 10 && hand_count(&fleet->hand, INTENT_START) == 0; i++)
		hand_tick(&fleet->hand);
	assert_non_null(hand_intent(&fleet->hand, INTENT_START, 0));
	start = *hand_intent(&fleet->hand, INTENT_START, 0);
	fleet->all[0].state = CONTAINER_RUNNING;
	fleet->all[0].started_at = 1010;
	tell(fleet, 0);
	hand_answer(&fleet->hand, &start, 0, "");
	hand_probe(&fleet->hand, fleet->all[1].id, true);
	hand_balanced(&fleet->hand, 0);
	assert_int_equal(shown(fleet).desired, 1);
}

static void the_end_of_a_stand_in_is_no_wish_for_less(void **state)
{
	struct fleet fleet;

	(void)state;
	begin_with_stand_in(&fleet);
	ends(&fleet, 1);
	hand_probe(&fleet.hand, fleet.all[0].id, true);
	for (int i = 0; i < 10; i++) {
		hand_tick(&fleet.hand);
		assert_int_equal(state_of(&fleet, "web"), REPLICA_JOINING);
	}
	assert_int_equal(shown(&fleet).state, SERVICE_ACTIVE);
	assert_int_equal(shown(&fleet).desired, 1);
	end(&fleet);
}

static void a_restart_of_a_template_that_has_a_stand_in_is_no_wish_for_more(void **state)
{
	struct fleet fleet;

	(void)state;
	begin_with_stand_in(&fleet);
	ends(&fleet, 0);
	fleet.all[0].state = CONTAINER_RUNNING;
	fleet.all[0].started_at = 1020;
	fleet.all[0].end_was_asked = false;
	tell(&fleet, 0);
	for (int i = 0; i < 10; i++) {
		hand_tick(&fleet.hand);
		assert_int_equal(shown(&fleet).desired, 1);
	}
	end(&fleet);
}

static void one_that_does_not_obey_holds_a_hand_for_a_minute_at_most(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	is_told_to_end(&fleet, 0);
	is_told_to_end(&fleet, 1);
	ends(&fleet, 1);
	assert_int_equal(removed_in(&fleet, 55), 0);
	assert_int_equal(removed_in(&fleet, 10), 1);
	assert_int_equal(shown(&fleet).desired, 2);
	end(&fleet);
}

static const struct intent *find_record(const struct fleet *fleet)
{
	const struct intent *intent;

	for (size_t i = 0; (intent = hand_intent(&fleet->hand, INTENT_RECORD, i)) != NULL; i++)
		if (intent->record.kind == RECORD_SERVICE)
			return intent;
	return NULL;
}

static void a_pause_right_after_a_hand_is_recorded_at_once_with_what_the_hand_left(void **state)
{
	struct fleet fleet;
	const struct intent *record;

	(void)state;
	begin(&fleet);
	ends(&fleet, 1);
	hand_tick(&fleet.hand);
	assert_null(find_record(&fleet)); /* it may be an engine that goes down */
	command(&fleet, COMMAND_PAUSE);
	record = find_record(&fleet);
	assert_non_null(record);
	assert_non_null(strstr(record->record.text, "paused=1\ndesired=2\n"));
	assert_int_equal(removed_in(&fleet, 30), 0);
	assert_int_equal(shown(&fleet).desired, 2);
	end(&fleet);
}

static void a_restart_by_hand_in_the_midst_of_which_a_pause_is_said_costs_nothing(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	ends(&fleet, 1);
	command(&fleet, COMMAND_PAUSE);
	fleet.all[1].state = CONTAINER_RUNNING;
	fleet.all[1].end_was_asked = false;
	fleet.all[1].started_at = 90;
	tell(&fleet, 1);
	assert_int_equal(removed_in(&fleet, 10), 0);
	assert_int_equal(shown(&fleet).desired, 3);
	end(&fleet);
}

/* A person's container beside @template, healthy at once. */
static struct container start_another(
	struct hand *hand, const struct container *template, const char *name, usec_t started)
{
	struct container another = hand_container(name, started);

	for (size_t i = 0; i < template->n_labels; i++)
		(void)container_add_label(
			&another, template->labels[i].key, template->labels[i].value, false);
	hand_event(hand, (struct event){ .kind = EVENT_CONTAINER, .container = &another });
	hand_probe(hand, another.id, true);
	return another;
}

static size_t count_members(struct hand *hand)
{
	hand_tick(hand);
	return hand_intent(hand, INTENT_MEMBERSHIP, 0)->membership.count;
}

static void what_is_started_by_hand_beside_others_of_a_person_at_max_waits_for_the_hand(
	void **state)
{
	struct container template = hand_container("web", 5);
	struct container another;
	struct hand hand;

	(void)state;
	hand_init(&hand);
	(void)container_add_label(&template, "dockscale.service", "web", false);
	(void)container_add_label(&template, "dockscale.max", "1", false);
	(void)container_add_label(&template, "dockscale.haproxy.port", "8080", false);
	hand_list(&hand, &template, 1);
	hand_probe(&hand, template.id, true);
	hand_balanced(&hand, 0);
	another = start_another(&hand, &template, "web-2", 70);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(count_members(&hand), 1);
		hand_probe(&hand, another.id, true);
	}
	for (int i = 0; i < 3; i++) {
		(void)count_members(&hand);
		hand_probe(&hand, another.id, true);
	}
	assert_int_equal(count_members(&hand), 2); /* a person's is not ours to keep away */
	container_finish(&template);
	container_finish(&another);
	hand_finish(&hand);
}

/* `docker run` creates it, and starts it a moment later. */
static void the_first_container_of_a_service_is_one(void **state)
{
	struct fleet fleet = { 0 };
	struct container *template = &fleet.all[0];

	(void)state;
	hand_init(&fleet.hand);
	hand_list(&fleet.hand, NULL, 0);
	*template = hand_template();
	template->state = CONTAINER_CREATED;
	template->started_at = 0;
	tell(&fleet, 0);
	hand_tick(&fleet.hand);
	template->state = CONTAINER_RUNNING;
	template->started_at = 50;
	tell(&fleet, 0);
	hand_probe(&fleet.hand, template->id, true);
	hand_balanced(&fleet.hand, 0);
	for (int i = 0; i < 10; i++)
		hand_tick(&fleet.hand);
	assert_int_equal(shown(&fleet).desired, 1);
	assert_int_equal(shown(&fleet).counters.by_hand, 0);
	end(&fleet);
}

static void a_count_by_hand_is_held_at_max(void **state)
{
	struct fleet fleet;
	struct container others[3];

	(void)state;
	begin(&fleet);
	for (size_t i = 0; i < countof(others); i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "web-%zu", i + 2);
		others[i] = start_another(&fleet.hand, &fleet.all[0], name, 70 + (usec_t)i);
	}
	for (int i = 0; i < 10; i++) {
		(void)removed_in(&fleet, 1);
		assert_in_range(shown(&fleet).desired, 3, 4);
	}
	assert_int_equal(shown(&fleet).desired, 4);
	assert_int_equal(shown(&fleet).counters.by_hand, 1);
	end(&fleet);
	for (size_t i = 0; i < countof(others); i++)
		container_finish(&others[i]);
}

static void a_cgroup_goes_without_a_fault_when_its_container_is_told_to_end(void **state)
{
	struct fleet fleet;
	struct event gone = { .kind = EVENT_SAMPLE };

	(void)state;
	begin(&fleet);
	gone.sample.fault = FAULT_CGROUP_GONE;
	gone.sample.ended = true;
	gone.sample.cpu_usec = reading_unknown();
	(void)mem_strcpy(gone.sample.id, sizeof(gone.sample.id), fleet.all[1].id);
	gone.sample.started_at = fleet.all[1].started_at;
	is_told_to_end(&fleet, 1);
	hand_event(&fleet.hand, gone);
	assert_int_equal(shown(&fleet).faults[FAULT_CGROUP_GONE], 0);
	(void)mem_strcpy(gone.sample.id, sizeof(gone.sample.id), fleet.all[2].id);
	gone.sample.started_at = fleet.all[2].started_at;
	hand_event(&fleet.hand, gone);
	assert_int_equal(shown(&fleet).faults[FAULT_CGROUP_GONE], 1);
	end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_of_all_is_one_hand_though_one_takes_long_to_end),
		cmocka_unit_test(a_stop_of_some_is_over_when_they_ended),
		cmocka_unit_test(the_end_of_a_stand_in_is_no_wish_for_less),
		cmocka_unit_test(a_restart_of_a_template_that_has_a_stand_in_is_no_wish_for_more),
		cmocka_unit_test(one_that_does_not_obey_holds_a_hand_for_a_minute_at_most),
		cmocka_unit_test(
			a_pause_right_after_a_hand_is_recorded_at_once_with_what_the_hand_left),
		cmocka_unit_test(
			a_restart_by_hand_in_the_midst_of_which_a_pause_is_said_costs_nothing),
		cmocka_unit_test(
			what_is_started_by_hand_beside_others_of_a_person_at_max_waits_for_the_hand),
		cmocka_unit_test(the_first_container_of_a_service_is_one),
		cmocka_unit_test(a_count_by_hand_is_held_at_max),
		cmocka_unit_test(a_cgroup_goes_without_a_fault_when_its_container_is_told_to_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
