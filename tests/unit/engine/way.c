/* The way to what is wanted, event by event: drains, failed calls, rolls. */
#include "hand.h"

/* The template and one clone serve, each with @sessions. */
struct pair {
	struct hand hand;
	struct container all[2];
};

static void begin(struct pair *pair, const char *spec, double sessions)
{
	hand_init(&pair->hand);
	pair->all[0] = hand_template();
	pair->all[1] = hand_container("one", 50);
	hand_label_clone(&pair->all[1]);
	for (size_t i = 0; i < countof(pair->all); i++)
		(void)mem_strcpy(pair->all[i].spec, sizeof(pair->all[i].spec), spec);
	hand_list(&pair->hand, pair->all, countof(pair->all));
	for (size_t i = 0; i < countof(pair->all); i++)
		hand_probe(&pair->hand, pair->all[i].id, true);
	hand_balanced(&pair->hand, sessions);
}

static void end(struct pair *pair)
{
	for (size_t i = 0; i < countof(pair->all); i++)
		container_finish(&pair->all[i]);
	hand_finish(&pair->hand);
}

static void command(struct hand *hand, enum command_kind kind, unsigned count)
{
	hand_event(hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { kind, "web", count, 0 } });
}

static struct service_snapshot shown(const struct hand *hand)
{
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	struct service_snapshot web = snapshot->services[0];

	web.replicas = NULL; /* they go with the snapshot */
	snapshot_free(snapshot);
	return web;
}

static void one_idle_report_ends_no_drain_however_long_ago_it_was(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "", 2);
	command(&pair.hand, COMMAND_SCALE, 1);
	assert_int_equal(shown(&pair.hand).draining, 1);
	hand_tick(&pair.hand);
	hand_balanced(&pair.hand, 0);
	for (int i = 0; i < 15; i++) { /* and no report for a while */
		hand_tick(&pair.hand);
		assert_int_equal(hand_count(&pair.hand, INTENT_STOP), 0);
		assert_int_equal(shown(&pair.hand).draining, 1);
	}
	hand_balanced(&pair.hand, 0);
	for (int i = 0; i < 5 && hand_count(&pair.hand, INTENT_STOP) == 0; i++)
		hand_tick(&pair.hand);
	assert_int_equal(hand_count(&pair.hand, INTENT_STOP), 1);
	end(&pair);
}

/* One more is wanted; gives its create. */
static struct intent ask_for_one(struct pair *pair)
{
	const struct intent *create;

	command(&pair->hand, COMMAND_SCALE, 3);
	create = hand_intent(&pair->hand, INTENT_CREATE, 0);
	assert_non_null(create);
	return *create;
}

static void a_create_that_failed_leaves_nothing(void **state)
{
	static const int codes[] = { ERR_REMOTE, ERR_REFUSED, ERR_CONFLICT, ERR_DENIED };

	(void)state;
	for (size_t i = 0; i < countof(codes); i++) {
		struct intent create;
		struct pair pair;

		begin(&pair, "", 0);
		create = ask_for_one(&pair);
		assert_int_equal(shown(&pair.hand).n_replicas, 3);
		hand_answer(&pair.hand, &create, codes[i], "");
		assert_int_equal(shown(&pair.hand).n_replicas, 2);
		assert_int_equal(shown(&pair.hand).starting, 0);
		end(&pair);
	}
}

static void a_create_that_timed_out_and_did_not_work_leaves_nothing(void **state)
{
	struct intent create;
	struct pair pair;

	(void)state;
	begin(&pair, "", 0);
	create = ask_for_one(&pair);
	hand_answer(&pair.hand, &create, ERR_TIMEOUT, "");
	assert_int_equal(shown(&pair.hand).n_replicas, 3);
	hand_list(&pair.hand, pair.all, countof(pair.all));
	assert_int_equal(shown(&pair.hand).n_replicas, 2);
	end(&pair);
}

static bool is_known(const struct hand *hand, const char *id)
{
	struct snapshot *snapshot = engine_snapshot(hand->engine, hand->now);
	bool known = false;

	for (size_t i = 0; i < snapshot->services[0].n_replicas; i++)
		known = known || strcmp(snapshot->services[0].replicas[i].id, id) == 0;
	snapshot_free(snapshot);
	return known;
}

static void what_was_created_and_cannot_be_started_is_removed(void **state)
{
	struct intent call;
	struct pair pair;

	(void)state;
	begin(&pair, "", 0);
	call = ask_for_one(&pair);
	hand_answer(&pair.hand, &call, 0, "new-id");
	assert_int_equal(hand_count(&pair.hand, INTENT_START), 1);
	call = *hand_intent(&pair.hand, INTENT_START, 0);
	hand_answer(&pair.hand, &call, ERR_REMOTE, "");
	for (int i = 0; i < 5 && hand_count(&pair.hand, INTENT_REMOVE) == 0; i++)
		hand_tick(&pair.hand);
	assert_int_equal(hand_count(&pair.hand, INTENT_REMOVE), 1);
	call = *hand_intent(&pair.hand, INTENT_REMOVE, 0);
	assert_string_equal(call.container, "new-id");
	hand_answer(&pair.hand, &call, 0, "");
	assert_false(is_known(&pair.hand, "new-id"));
	end(&pair);
}

/* An outdated clone, a clone of what the template is that drains, and the template serve. */
static void the_successor_in_a_roll_is_a_new_one_and_none_that_drains(void **state)
{
	struct container another = hand_container("two", 60);
	struct pair pair;
	struct intent create;

	(void)state;
	begin(&pair, "old", 3);
	command(&pair.hand, COMMAND_PAUSE, 0);
	(void)mem_strcpy(pair.all[0].spec, sizeof(pair.all[0].spec), "new");
	hand_event(
		&pair.hand, (struct event){ .kind = EVENT_CONTAINER, .container = &pair.all[0] });
	(void)mem_strcpy(another.spec, sizeof(another.spec), "new");
	hand_label_clone(&another);
	create = ask_for_one(&pair);
	(void)mem_strcpy(another.name, sizeof(another.name), create.name);
	hand_event(&pair.hand, (struct event){ .kind = EVENT_CONTAINER, .container = &another });
	hand_answer(&pair.hand, &create, 0, another.id);
	hand_probe(&pair.hand, another.id, true);
	hand_balanced(&pair.hand, 3);
	command(&pair.hand, COMMAND_SCALE, 2);
	assert_int_equal(shown(&pair.hand).draining, 1);
	assert_int_equal(shown(&pair.hand).serving, 2);
	command(&pair.hand, COMMAND_RESUME, 0);
	for (int i = 0; i < 3 && hand_count(&pair.hand, INTENT_CREATE) == 0; i++)
		hand_tick(&pair.hand);
	assert_int_equal(hand_count(&pair.hand, INTENT_CREATE), 1);
	assert_int_equal(shown(&pair.hand).roll.state, ROLL_UNDER_WAY);
	assert_int_equal(shown(&pair.hand).draining, 1);
	container_finish(&another);
	end(&pair);
}

static size_t count_members(struct hand *hand)
{
	hand_tick(hand);
	return hand_intent(hand, INTENT_MEMBERSHIP, 0)->membership.count;
}

/* It began again, the engine was killed in that second, and the kernel alone can tell. */
static void one_that_is_gone_before_anything_was_read_of_it_leaves_the_balancer(void **state)
{
	struct event away = { .kind = EVENT_RUNTIME, .link = { .code = ERR_UNREACHABLE } };
	struct event gone = { .kind = EVENT_SAMPLE };
	struct pair pair;

	(void)state;
	begin(&pair, "", 1);
	pair.all[1].started_at = 90;
	hand_event(
		&pair.hand, (struct event){ .kind = EVENT_CONTAINER, .container = &pair.all[1] });
	hand_event(&pair.hand, away);
	assert_int_equal(
		count_members(&pair.hand), 2); /* it keeps its server, without new sessions */
	(void)mem_strcpy(gone.sample.id, sizeof(gone.sample.id), pair.all[1].id);
	gone.sample.started_at = 50; /* of the life before */
	gone.sample.ended = true;
	gone.sample.fault = FAULT_CGROUP_GONE;
	gone.sample.cpu_usec = reading_unknown();
	hand_event(&pair.hand, gone);
	assert_int_equal(count_members(&pair.hand), 2);
	gone.sample.started_at = 90;
	hand_event(&pair.hand, gone);
	assert_int_equal(count_members(&pair.hand), 1);
	end(&pair);
}

/* All that ran before us serve but one, which is about to, and now the runtime is away: the first word to the
 * balancer is not of more than max all the same. */
static void at_max_those_that_serve_make_room_without_the_runtime(void **state)
{
	static const char *const names[] = { "web", "one", "two", "three", "four", "five" };
	struct event away = { .kind = EVENT_RUNTIME, .link = { .code = ERR_UNREACHABLE } };
	struct container all[countof(names)];
	const struct intent *said;
	size_t serving = 0;
	struct hand hand;

	(void)state;
	hand_init(&hand);
	all[0] = hand_template(); /* up to four of it */
	for (size_t i = 1; i < countof(all); i++) {
		all[i] = hand_container(names[i], 50 + (usec_t)i);
		hand_label_clone(&all[i]);
	}
	hand_list(&hand, all, countof(all));
	hand_probe(&hand, all[countof(all) - 1].id, false);
	for (size_t i = 0; i + 2 < countof(all); i++)
		hand_probe(&hand, all[i].id, true);
	hand_event(&hand, away);
	hand_probe(&hand, all[countof(all) - 2].id, true);
	for (int i = 0; i < 3 && hand_count(&hand, INTENT_MEMBERSHIP) == 0; i++)
		hand_tick(&hand);
	said = hand_intent(&hand, INTENT_MEMBERSHIP, 0);
	assert_non_null(said);
	for (size_t i = 0; i < said->membership.count; i++)
		serving += said->membership.members[i].state == MEMBER_SERVING;
	assert_int_equal(serving, 4);
	for (size_t i = 0; i < countof(all); i++)
		container_finish(&all[i]);
	hand_finish(&hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_max_those_that_serve_make_room_without_the_runtime),
		cmocka_unit_test(one_idle_report_ends_no_drain_however_long_ago_it_was),
		cmocka_unit_test(a_create_that_failed_leaves_nothing),
		cmocka_unit_test(a_create_that_timed_out_and_did_not_work_leaves_nothing),
		cmocka_unit_test(what_was_created_and_cannot_be_started_is_removed),
		cmocka_unit_test(the_successor_in_a_roll_is_a_new_one_and_none_that_drains),
		cmocka_unit_test(
			one_that_is_gone_before_anything_was_read_of_it_leaves_the_balancer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
