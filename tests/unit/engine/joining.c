/* Those that come to serve, event by event: what one that joins means for the count, and what those that
 * ran before us keep. */
#include "hand.h"

struct trio {
	struct hand hand;
	struct container all[3];
	double used; /* CPU of each, in microseconds */
};

/* A second in which those that are @read use so much of what they may. */
static void live(struct trio *trio, size_t read, double share)
{
	hand_tick(&trio->hand);
	trio->used += share * (double)USEC_PER_SEC;
	for (size_t i = 0; i < read; i++)
		hand_sample(&trio->hand, trio->all[i].name, trio->all[i].started_at, trio->used);
}

static void begin(struct trio *trio)
{
	static const char *const names[] = { "web", "one", "two" };

	*trio = (struct trio){ 0 };
	hand_init(&trio->hand);
	for (size_t i = 0; i < countof(trio->all); i++) {
		trio->all[i] = i == 0 ? hand_template() : hand_container(names[i], 50 + (usec_t)i);
		if (i > 0)
			hand_label_clone(&trio->all[i]);
	}
	hand_list(&trio->hand, trio->all, countof(trio->all));
	for (size_t i = 0; i < countof(trio->all); i++)
		hand_probe(&trio->hand, trio->all[i].id, true);
	hand_balanced(&trio->hand, 0);
}

static void end(struct trio *trio)
{
	for (size_t i = 0; i < countof(trio->all); i++)
		container_finish(&trio->all[i]);
	hand_finish(&trio->hand);
}

static unsigned desired(const struct trio *trio)
{
	struct snapshot *snapshot = engine_snapshot(trio->hand.engine, trio->hand.now);
	unsigned count = snapshot->services[0].desired;

	snapshot_free(snapshot);
	return count;
}

/* It ended and runs again. */
static void restart_the_last(struct trio *trio)
{
	struct container *last = &trio->all[countof(trio->all) - 1];

	last->started_at += 60 * USEC_PER_SEC;
	hand_list(&trio->hand, trio->all, countof(trio->all));
	hand_probe(&trio->hand, last->id, true);
}

static void while_one_joins_the_count_does_not_fall(void **state)
{
	struct trio trio;

	(void)state;
	begin(&trio);
	for (int i = 0; i < 70; i++)
		live(&trio, 3, 0.75);
	for (int i = 0; i < 58; i++)
		live(&trio, 3, 0.05);
	assert_int_equal(desired(&trio), 3);
	restart_the_last(&trio);
	for (int i = 0; i < 4; i++)
		live(&trio, 2, 0.05);
	assert_int_equal(desired(&trio), 3);
	hand_balanced(&trio.hand, 0);
	for (int i = 0; i < 6; i++)
		live(&trio, 3, 0.05);
	assert_int_equal(desired(&trio), 1);
	end(&trio);
}

/* Its server is left open by a daemon before us, and has sessions: closed, nobody would count them. */
static void who_ran_before_us_and_does_not_answer_keeps_its_server_without_new_sessions(
	void **state)
{
	const struct intent *membership;
	struct hand hand;
	struct container all[2] = { hand_template(), hand_container("one", 50) };

	(void)state;
	hand_init(&hand);
	hand_label_clone(&all[1]);
	hand_list(&hand, all, countof(all));
	assert_int_equal(hand_count(&hand, INTENT_MEMBERSHIP), 0);
	hand_probe(&hand, all[0].id, true);
	hand_probe(&hand, all[1].id, false);
	membership = hand_intent(&hand, INTENT_MEMBERSHIP, 0);
	assert_non_null(membership);
	assert_int_equal(membership->membership.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct member *member = &membership->membership.members[i];
		bool silent = strcmp(member->id, all[1].id) == 0;

		assert_int_equal(member->state, silent ? MEMBER_DRAINING : MEMBER_SERVING);
	}
	for (size_t i = 0; i < countof(all); i++)
		container_finish(&all[i]);
	hand_finish(&hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			who_ran_before_us_and_does_not_answer_keeps_its_server_without_new_sessions),
		cmocka_unit_test(while_one_joins_the_count_does_not_fall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
