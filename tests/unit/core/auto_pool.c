/* What each expert would do with the same forecasts. */
#include "unit/core/policy_lab.h"

#include "core/auto/pool.h"

/* All needs and all keeps alike. */
static struct pool_bids bids(unsigned need, unsigned keep)
{
	struct pool_bids bids;

	for (size_t set = 0; set < POOL_SETS; set++)
		for (size_t tau = 0; tau < POOL_TAUS; tau++)
			bids.needs[set][tau] = need;
	for (size_t i = 0; i < POOL_KEEPS; i++)
		bids.keeps[i] = keep;
	return bids;
}

static size_t with_budget(size_t budget)
{
	return pool_index((struct expert){ .budget = budget });
}

static void every_number_is_one_expert(void **state)
{
	(void)state;
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		assert_int_equal(pool_index(pool_expert(i)), i);
}

static void all_go_up_at_once(void **state)
{
	struct pool pool;
	struct pool_bids need = bids(7, 1);

	(void)state;
	pool_init(&pool);
	pool_wish_all(&pool, &need);
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		assert_int_equal(pool_wish(&pool, i, 0), 7);
	assert_int_equal(pool_wish(&pool, 0, 1), 1);
}

/* Samples until expert @index has gone down from 7 to 5. */
static unsigned samples_until_down(size_t index)
{
	struct pool pool;
	struct pool_bids high = bids(7, 1);
	struct pool_bids low = bids(5, 1);
	unsigned samples = 0;

	pool_init(&pool);
	pool_wish_all(&pool, &high);
	while (pool_wish(&pool, index, 0) == 7 && samples < 100) {
		pool_wish_all(&pool, &low);
		samples++;
	}
	assert_int_equal(pool_wish(&pool, index, 0), 5);
	return samples;
}

static void down_it_goes_when_the_surplus_has_cost_its_budget(void **state)
{
	(void)state;
	/* two replicas too many are 10 replica-seconds a sample */
	for (size_t i = 0; i < POOL_BUDGETS; i++)
		assert_int_equal(samples_until_down(with_budget(i)), (int)(pool_budgets[i] / 10));
}

static void none_goes_below_what_it_keeps(void **state)
{
	struct pool pool;
	struct pool_bids high = bids(7, 1);
	struct pool_bids low = bids(2, 6);

	(void)state;
	pool_init(&pool);
	pool_wish_all(&pool, &high);
	for (int i = 0; i < 200; i++)
		pool_wish_all(&pool, &low);
	for (size_t i = 0; i < POOL_EXPERTS; i++)
		assert_int_equal(pool_wish(&pool, i, 0), 6);
}

static void between_samples_they_are_raised_and_never_lowered(void **state)
{
	struct pool pool;
	struct pool_bids first = bids(4, 1);
	struct pool_bids more = bids(6, 1);
	struct pool_bids less = bids(2, 1);

	(void)state;
	pool_init(&pool);
	pool_wish_all(&pool, &first);
	pool_raise_all(&pool, &more);
	assert_int_equal(pool_wish(&pool, 3, 0), 6);
	pool_raise_all(&pool, &less);
	assert_int_equal(pool_wish(&pool, 3, 0), 6);
	assert_int_equal(pool_wish(&pool, 3, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_one_expert),
		cmocka_unit_test(all_go_up_at_once),
		cmocka_unit_test(down_it_goes_when_the_surplus_has_cost_its_budget),
		cmocka_unit_test(none_goes_below_what_it_keeps),
		cmocka_unit_test(between_samples_they_are_raised_and_never_lowered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
