/* Who would have been cheapest. */
#include "unit/core/policy_lab.h"

#include "core/auto/hindsight.h"

#include <math.h>

#define HORIZON 3
#define TARGET  0.8

static const struct hindsight_prices prices = { .missing = 20, .change = 3.5, .startup = 2 };

/* Experts wish by their tau: the surest for @most, the least sure for @least. */
static struct pool_bids spread(unsigned least, unsigned most)
{
	struct pool_bids bids;

	for (size_t set = 0; set < POOL_SETS; set++)
		for (size_t tau = 0; tau < POOL_TAUS; tau++)
			bids.needs[set][tau] =
				least + (unsigned)(tau * (most - least) / (POOL_TAUS - 1));
	for (size_t i = 0; i < POOL_KEEPS; i++)
		bids.keeps[i] = 1;
	return bids;
}

static size_t chosen_after(double demand, unsigned least, unsigned most, int samples_count)
{
	struct samples samples = { 0 };
	struct pool pool;
	struct pool_bids bids = spread(least, most);
	size_t chosen = 0;

	pool_init(&pool);
	for (int i = 1; i <= samples_count; i++) {
		samples_push(&samples, demand);
		hindsight_judge(&pool, &samples, (uint64_t)i, HORIZON, TARGET, &prices);
		pool_wish_all(&pool, &bids);
		chosen = hindsight_choose(&pool);
	}
	return chosen;
}

static void nobody_is_judged_before_a_start_up_is_over(void **state)
{
	(void)state;
	assert_int_equal(chosen_after(4, 1, 9, HORIZON + 4), 0);
}

static void who_has_just_enough_is_cheapest(void **state)
{
	(void)state;
	/* 4 at 80 % want 5: of 1, 3, 5, 7, 9 the third */
	assert_int_equal(pool_expert(chosen_after(4, 1, 9, 400)).tau, 2);
}

static void one_too_many_is_cheaper_than_one_too_few(void **state)
{
	(void)state;
	/* of 4, 4, 5, 5, 6 (6 wanted) the last; of 4, 7, 10, 13, 16 the second */
	assert_int_equal(pool_expert(chosen_after(4.5, 4, 6, 400)).tau, 4);
	assert_int_equal(pool_expert(chosen_after(4.5, 4, 16, 400)).tau, 1);
}

static void changes_cost(void **state)
{
	struct samples samples = { 0 };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (unsigned i = 1; i <= 400; i++) {
		struct pool_bids bids = spread(5, 5);

		bids.needs[0][0] = 5 + i / 2 % 2; /* goes up and down, and has enough */
		samples_push(&samples, 4);
		hindsight_judge(&pool, &samples, i, HORIZON, TARGET, &prices);
		pool_wish_all(&pool, &bids);
	}
	assert_true(pool.costs[0] > pool.costs[POOL_EXPERTS - 1]);
}

static void who_is_in_charge_stays_while_it_comes_near(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		pool.costs[i] = 100;
	pool.costs[17] = 98;
	assert_int_equal(hindsight_choose(&pool), 0);
	pool.costs[17] = 90;
	assert_int_equal(hindsight_choose(&pool), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_judged_before_a_start_up_is_over),
		cmocka_unit_test(who_has_just_enough_is_cheapest),
		cmocka_unit_test(one_too_many_is_cheaper_than_one_too_few),
		cmocka_unit_test(changes_cost),
		cmocka_unit_test(who_is_in_charge_stays_while_it_comes_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
