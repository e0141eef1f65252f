/* The limit that fills a replica and no more, found on a plant that thrashes: requests at once share the
 * CPU, clients leave those that take too long, and who is let in is worked for all the same. */
#include "unit/core/policy_lab.h"

#include <dockscale/core/concurrency.h>

#define CAPACITY 20.0 /* answers a second of one replica */

struct plant {
	struct concurrency concurrency;
	usec_t now;
	unsigned replicas;
	double knee; /* requests at once that fill one replica */
	double load; /* requests a second, of all */
	double sessions; /* of all */
	double queued;
	double rate;
	double lasting; /* sessions that do not end */
	bool fixed;
	unsigned changes;
};

static struct plant plant_make(double load)
{
	return (struct plant){
		.now = START, .replicas = 3, .knee = 2, .load = load, .fixed = true
	};
}

static double fullness(const struct plant *plant)
{
	return fmin(1, plant->sessions / plant->replicas / plant->knee);
}

/* What is let in moves from the queue to the sessions; who waits for more than a second is refused. */
static void plant_flow(struct plant *plant)
{
	double room = plant->concurrency.limit > 0
			      ? plant->concurrency.limit * (double)plant->replicas
			      : INFINITY;
	double done;
	double in;

	done = fmin(plant->sessions - plant->lasting,
		fullness(plant) * CAPACITY * plant->replicas / 10);
	done = fmax(done, 0);
	plant->sessions -= done;
	plant->rate = done * 10;
	plant->queued += plant->load / 10;
	in = fmin(plant->queued, fmax(room - plant->sessions, 0));
	plant->sessions += in;
	plant->queued = fmin(plant->queued - in, plant->load);
}

static void plant_tick(struct plant *plant)
{
	struct concurrency_input input = { .replicas = plant->replicas, .fixed = plant->fixed };

	for (int i = 0; i < 10; i++)
		plant_flow(plant);
	plant->now += SECOND;
	input.now = plant->now;
	input.utilisation = reading_known(fullness(plant));
	input.sessions = reading_known(plant->sessions);
	input.queued = reading_known(floor(plant->queued));
	input.rate = reading_known(plant->rate);
	plant->changes += concurrency_learn(&plant->concurrency, &input);
}

static void plant_run(struct plant *plant, unsigned seconds)
{
	while (seconds-- > 0)
		plant_tick(plant);
}

static void twice_the_load_is_limited_near_the_knee(void **state)
{
	(void)state;
	for (unsigned knee = 2; knee < 100; knee *= 2) {
		struct plant plant = plant_make(6 * CAPACITY);

		plant.knee = knee;
		plant_run(&plant, 60);
		assert_in_range(plant.concurrency.limit, (unsigned)(knee * 0.9), knee * 2);
		for (unsigned i = 0; i < 120; i++) {
			plant_tick(&plant);
			assert_true(plant.rate >= 0.9 * 3 * CAPACITY || plant.concurrency.low > 0);
		}
	}
}

static void the_answers_keep_up_while_it_is_searched(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);
	double answers = 0;

	(void)state;
	plant.knee = 10;
	plant_run(&plant, 10);
	for (unsigned i = 0; i < 300; i++) {
		plant_tick(&plant);
		answers += plant.rate;
	}
	assert_true(answers / 300 > 0.95 * 3 * CAPACITY);
}

static void the_limit_comes_within_seconds(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);

	(void)state;
	plant_run(&plant, 6);
	assert_true(plant.concurrency.limit > 0);
	/* What it answers in a second, not half of all that came. */
	assert_in_range(plant.concurrency.limit, CONCURRENCY_MIN, (unsigned)CAPACITY);
}

static void a_load_that_can_be_borne_is_not_limited(void **state)
{
	struct plant plant = plant_make(2.5 * CAPACITY);

	(void)state;
	plant_run(&plant, 600);
	assert_int_equal(plant.concurrency.limit, 0);
}

static void few_sessions_are_not_limited(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);
	struct concurrency_input input = { .replicas = 3, .fixed = true };

	(void)state;
	input.utilisation = reading_known(1);
	input.sessions = reading_known(11);
	input.queued = reading_known(0);
	input.rate = reading_known(60);
	for (unsigned i = 0; i < 60; i++) {
		input.now = START + i * SECOND;
		assert_false(concurrency_learn(&plant.concurrency, &input));
	}
	input.sessions = reading_known(13);
	for (unsigned i = 0; i < 4; i++) {
		input.now += SECOND;
		(void)concurrency_learn(&plant.concurrency, &input);
	}
	assert_int_not_equal(plant.concurrency.limit, 0);
}

static void nobody_is_limited_while_help_is_on_its_way(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);

	(void)state;
	plant.fixed = false;
	plant_run(&plant, 60);
	assert_int_equal(plant.concurrency.limit, 0);
	plant.fixed = true;
	plant_run(&plant, 4);
	assert_int_not_equal(plant.concurrency.limit, 0);
}

static void the_limit_is_lifted_when_the_overload_is_over(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);

	(void)state;
	plant_run(&plant, 60);
	assert_int_not_equal(plant.concurrency.limit, 0);
	plant.load = CAPACITY;
	plant_run(&plant, 10);
	assert_int_not_equal(plant.concurrency.limit, 0);
	plant_run(&plant, 15);
	assert_int_equal(plant.concurrency.limit, 0);
}

static void what_is_unknown_changes_nothing(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);
	struct concurrency_input input = { .replicas = 3, .fixed = true };
	struct concurrency before;

	(void)state;
	plant_run(&plant, 60);
	before = plant.concurrency;
	for (unsigned missing = 0; missing < 5; missing++) {
		input.now = plant.now + (usec_t)missing * 200 * SECOND;
		input.replicas = missing == 4 ? 0 : 3;
		input.utilisation = missing == 0 ? reading_unknown() : reading_known(0);
		input.sessions = missing == 1 ? reading_unknown() : reading_known(0);
		input.queued = missing == 2 ? reading_unknown() : reading_known(0);
		input.rate = missing == 3 ? reading_known(NAN) : reading_known(0);
		for (unsigned i = 0; i < 100; i++) {
			input.now += SECOND;
			assert_false(concurrency_learn(&plant.concurrency, &input));
		}
		assert_int_equal(plant.concurrency.limit, before.limit);
	}
}

static void sessions_that_last_are_never_pressed_below_their_number(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);

	(void)state;
	plant.lasting = plant.sessions = 900;
	plant_run(&plant, 60);
	assert_true(plant.concurrency.limit == 0 || plant.concurrency.limit > 300);
	for (unsigned i = 0; i < 300; i++) { /* and there is room for the others */
		plant_tick(&plant);
		assert_true(plant.rate > 0.9 * 3 * CAPACITY);
	}
}

/* Hundreds are being worked on, in vain for most, when the limit comes: for seconds nobody is let in. */
static void while_old_sessions_go_nothing_is_told_by_how_few_are_let_in(void **state)
{
	struct concurrency concurrency = { 0 };
	struct concurrency_input input = {
		.now = START,
		.replicas = 3,
		.fixed = true,
		.utilisation = reading_known(1),
		.sessions = reading_known(420),
		.queued = reading_known(0),
		.rate = reading_known(120),
	};

	(void)state;
	for (int i = 0; i < 4; i++, input.now += SECOND)
		(void)concurrency_learn(&concurrency, &input);
	assert_in_range(concurrency.limit, 1, 60);
	input.queued = reading_known(110);
	input.rate = reading_known(1);
	for (int i = 0; i < 9; i++, input.now += SECOND) {
		input.sessions.value -= 30;
		assert_false(concurrency_learn(&concurrency, &input));
	}
}

static void sessions_that_hardly_end_are_not_limited_at_all(void **state)
{
	struct plant plant = plant_make(1);

	(void)state;
	plant.sessions = 6000;
	plant.lasting = 5990;
	plant_run(&plant, 300);
	assert_int_equal(plant.concurrency.limit, 0);
}

static void a_limit_that_leaves_room_is_raised(void **state)
{
	struct plant plant = plant_make(6 * CAPACITY);

	(void)state;
	plant_run(&plant, 60);
	plant.knee = 50; /* requests wait for something else now */
	plant_run(&plant, 60);
	assert_true(plant.concurrency.limit >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twice_the_load_is_limited_near_the_knee),
		cmocka_unit_test(the_answers_keep_up_while_it_is_searched),
		cmocka_unit_test(the_limit_comes_within_seconds),
		cmocka_unit_test(a_load_that_can_be_borne_is_not_limited),
		cmocka_unit_test(few_sessions_are_not_limited),
		cmocka_unit_test(nobody_is_limited_while_help_is_on_its_way),
		cmocka_unit_test(the_limit_is_lifted_when_the_overload_is_over),
		cmocka_unit_test(what_is_unknown_changes_nothing),
		cmocka_unit_test(sessions_that_last_are_never_pressed_below_their_number),
		cmocka_unit_test(while_old_sessions_go_nothing_is_told_by_how_few_are_let_in),
		cmocka_unit_test(sessions_that_hardly_end_are_not_limited_at_all),
		cmocka_unit_test(a_limit_that_leaves_room_is_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
