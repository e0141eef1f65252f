/* What one that joins means for the count, event by event: its share of the load is not known yet. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_one_joins_the_count_does_not_fall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
