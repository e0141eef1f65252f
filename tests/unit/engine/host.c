/* The machine's memory and calls whose outcome nobody knows, event by event. */
#include "hand.h"

#define REPLICA_BYTES 200
#define TOTAL_BYTES   780 /* of it 90 %: 702 */

/* The template and a clone serve, and may use so much each. */
struct pair {
	struct hand hand;
	struct container all[2];
	double cpu_usec;
	struct intent made; /* the first create */
};

static void keep_create(struct pair *pair)
{
	const struct intent *intent = hand_intent(&pair->hand, INTENT_CREATE, 0);

	if (intent != NULL && pair->made.id == 0)
		pair->made = *intent;
}

static void host(struct pair *pair, double used)
{
	hand_event(&pair->hand,
		(struct event){ .kind = EVENT_HOST,
			.host = { .at = pair->hand.now.boot,
				.cores = reading_known(16),
				.busy_usec = reading_known(0),
				.cpu_pressure_usec = reading_known(0),
				.memory_pressure_usec = reading_known(0),
				.io_pressure_usec = reading_known(0),
				.memory_bytes = reading_known(TOTAL_BYTES),
				.memory_available_bytes = reading_known(TOTAL_BYTES - used) } });
}

/* A second in which each of them uses @share of a core, and all that runs here @used bytes. */
static void live(struct pair *pair, double share, double used)
{
	host(pair, used);
	pair->cpu_usec += share * (double)USEC_PER_SEC;
	for (size_t i = 0; i < countof(pair->all); i++)
		hand_sample(
			&pair->hand, pair->all[i].name, pair->all[i].started_at, pair->cpu_usec);
	hand_tick(&pair->hand); /* the last step: what it wants is seen */
}

static void begin_with(struct pair *pair, const char *warm)
{
	*pair = (struct pair){ .all = { hand_template(), hand_container("one", 50) } };
	hand_init(&pair->hand);
	(void)container_add_label(&pair->all[0], "dockscale.warm", warm, false);
	hand_label_clone(&pair->all[1]);
	for (size_t i = 0; i < countof(pair->all); i++)
		pair->all[i].memory_limit_bytes = REPLICA_BYTES;
	hand_list(&pair->hand, pair->all, countof(pair->all));
	for (size_t i = 0; i < countof(pair->all); i++)
		hand_probe(&pair->hand, pair->all[i].id, true);
	keep_create(pair);
	hand_balanced(&pair->hand, 0);
	keep_create(pair);
	for (int i = 0; i < 40; i++)
		live(pair, 0.7, 2 * REPLICA_BYTES);
}

static void begin(struct pair *pair)
{
	begin_with(pair, "0");
}

static void end(struct pair *pair)
{
	for (size_t i = 0; i < countof(pair->all); i++)
		container_finish(&pair->all[i]);
	hand_finish(&pair->hand);
}

static unsigned desired(const struct pair *pair)
{
	struct snapshot *snapshot = engine_snapshot(pair->hand.engine, pair->hand.now);
	unsigned count = snapshot->services[0].desired;

	snapshot_free(snapshot);
	return count;
}

static struct intent wait_for(struct pair *pair, enum intent_kind kind)
{
	for (int i = 0; i < 10; i++) {
		const struct intent *intent = hand_intent(&pair->hand, kind, 0);

		if (intent != NULL)
			return *intent;
		live(pair, 1.0, 2 * REPLICA_BYTES);
	}
	fail_msg("no such intent");
	abort();
}

/* It may run all the same, and takes its memory until it is gone for sure. */
static void one_whose_start_failed_keeps_its_memory_until_it_is_removed(void **state)
{
	struct intent call;
	struct pair pair;

	(void)state;
	begin(&pair);
	assert_int_equal(desired(&pair), 2);
	call = wait_for(&pair, INTENT_CREATE);
	assert_int_equal(desired(&pair), 3);
	hand_answer(&pair.hand, &call, 0, "new-id");
	call = wait_for(&pair, INTENT_START);
	hand_answer(&pair.hand, &call, ERR_REMOTE, "");
	call = wait_for(&pair, INTENT_REMOVE);
	for (int i = 0; i < 5; i++)
		live(&pair, 1.0, REPLICA_BYTES + 10);
	assert_int_equal(desired(&pair), 3);
	hand_answer(&pair.hand, &call, 0, "");
	for (int i = 0; i < 5; i++)
		live(&pair, 1.0, REPLICA_BYTES + 10);
	assert_int_equal(desired(&pair), 4);
	end(&pair);
}

static double reserved(const struct pair *pair)
{
	struct snapshot *snapshot = engine_snapshot(pair->hand.engine, pair->hand.now);
	double bytes = snapshot->host.memory_reserved_bytes;

	snapshot_free(snapshot);
	return bytes;
}

/* It began after the host was read, and was ready before it is read again. */
static void one_that_became_warm_between_two_readings_keeps_its_memory(void **state)
{
	struct container warm;
	struct intent pause;
	struct intent call;
	struct pair pair;

	(void)state;
	begin_with(&pair, "1");
	hand_answer(&pair.hand, &pair.made, 0, "warm-id");
	call = *hand_intent(&pair.hand, INTENT_START, 0);
	warm = hand_container("warm", pair.hand.now.boot + 1);
	hand_label_clone(&warm);
	pair.hand.now.boot += 2;
	hand_event(&pair.hand, (struct event){ .kind = EVENT_CONTAINER, .container = &warm });
	hand_answer(&pair.hand, &call, 0, "");
	hand_probe(&pair.hand, warm.id, true);
	assert_int_equal(hand_count(&pair.hand, INTENT_PAUSE), 1);
	pause = *hand_intent(&pair.hand, INTENT_PAUSE, 0);
	hand_event(&pair.hand, (struct event){ .kind = EVENT_TICK });
	assert_float_equal(reserved(&pair), REPLICA_BYTES, 1);
	/* and is waited for while it is being paused: another one would take as much again */
	hand_event(&pair.hand,
		(struct event){ .kind = EVENT_COMMAND, .command = { COMMAND_SCALE, "web", 3, 0 } });
	assert_int_equal(hand_count(&pair.hand, INTENT_CREATE), 0);
	warm.state = CONTAINER_PAUSED;
	hand_event(&pair.hand, (struct event){ .kind = EVENT_CONTAINER, .container = &warm });
	hand_answer(&pair.hand, &pause, 0, "");
	assert_int_equal(hand_count(&pair.hand, INTENT_UNPAUSE), 1);
	container_finish(&warm);
	end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_became_warm_between_two_readings_keeps_its_memory),
		cmocka_unit_test(one_whose_start_failed_keeps_its_memory_until_it_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
