/* The self-tuning policy as a whole. */
#include "unit/core/policy_lab.h"

#include <dockscale/base/mem.h>
#include <dockscale/core/auto.h>

struct service {
	struct auto_policy *policy;
	struct auto_settings settings;
	struct auto_input input;
	struct auto_verdict verdict;
	int said;
};

static struct service begin(void)
{
	struct auto_policy *policy = mem_zero(1, auto_size());

	auto_init(policy);
	return (struct service){
		.policy = policy,
		.settings = { .target = 0.8,
			.caution = 20,
			.change_price = 40,
			.glance = 12,
			.min = 1,
			.max = 20 },
		.input = { .now = START, .capacity = 1, .backlog = -1, .startup = 10 * SECOND },
	};
}

/* Seconds of @demand, served by what the policy wanted a moment before. */
static void live(struct service *service, double demand, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		if (service->said > 0)
			service->input.capacity = service->verdict.count;
		service->input.now += SECOND;
		service->input.local += SECOND;
		service->input.usage =
			demand < service->input.capacity ? demand : service->input.capacity;
		service->said = auto_push(
			service->policy, &service->settings, &service->input, &service->verdict);
	}
}

static void it_says_nothing_before_it_saw_a_period(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 0.5, 5);
	assert_int_equal(service.said, 0);
	live(&service, 0.5, 1);
	assert_int_equal(service.said, 1);
	free(service.policy);
}

static void level_load_gets_what_it_needs_and_no_more(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 4.3, 7200);
	assert_in_range(service.verdict.count, 6, 7);
	assert_false(service.verdict.lean);
	assert_float_equal(service.verdict.demand, 4.3, 0.01);
	free(service.policy);
}

static void a_full_service_grows_within_a_period(void **state)
{
	struct service service = begin();
	unsigned before;

	(void)state;
	live(&service, 1.5, 1800);
	before = service.verdict.count;
	live(&service, 12, 6);
	assert_true(service.verdict.count >= before + 2);
	live(&service, 12, 60);
	assert_true(service.verdict.count >= 15);
	free(service.policy);
}

static void a_service_that_fills_up_within_a_second_grows_in_it(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 0.25, 1801);
	assert_int_equal(service.verdict.count, 1);
	live(&service, 4, 1);
	assert_true(service.verdict.count >= 2);
	free(service.policy);
}

static void idle_replicas_that_are_gone_do_not_come_back_unasked(void **state)
{
	(void)state;
	for (int surge = 3; surge <= 40; surge++) {
		struct service service = begin();
		unsigned before;

		live(&service, 0.05, 10);
		live(&service, 1.5, surge);
		live(&service, 0, 30);
		before = service.verdict.count;
		for (int i = 0; i < 1200; i++) {
			live(&service, 0, 1);
			assert_true(service.verdict.count <= before);
			before = service.verdict.count;
		}
		assert_int_equal(service.verdict.count, 1);
		free(service.policy);
	}
}

static void at_first_the_lean_policy_decides(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 0.25, 10);
	assert_true(service.verdict.lean);
	live(&service, 4, 30);
	assert_true(service.verdict.lean);
	assert_true(service.verdict.count >= 5);
	live(&service, 0.25, 600);
	assert_false(service.verdict.lean);
	service.settings.lean = true; /* or always, to compare with */
	live(&service, 0.25, 6);
	assert_true(service.verdict.lean);
	free(service.policy);
}

static void min_and_max_hold(void **state)
{
	struct service service = begin();

	(void)state;
	service.settings.min = 3;
	service.settings.max = 5;
	live(&service, 0.1, 600);
	assert_int_equal(service.verdict.count, 3);
	live(&service, 50, 600);
	assert_int_equal(service.verdict.count, 5);
	free(service.policy);
}

static void after_a_gap_it_looks_for_a_period_first(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 4, 600);
	service.input.now += 3600 * SECOND;
	live(&service, 4, 5);
	assert_int_equal(service.said, 0);
	live(&service, 4, 60);
	assert_in_range(service.verdict.count, 5, 7);
	free(service.policy);
}

static void it_says_who_decided(void **state)
{
	struct service service = begin();

	(void)state;
	live(&service, 4, 60);
	assert_true(service.verdict.lean);
	live(&service, 4, 600);
	assert_true(service.verdict.sureness > 0.5 && service.verdict.sureness < 1);
	assert_true(service.verdict.expected > 3);
	assert_true(service.verdict.budget > 0);
	free(service.policy);
}

static void what_was_learned_goes_on_in_another_life(void **state)
{
	struct service before = begin();
	struct service after = begin();
	uint8_t *bytes = mem_zero(auto_saved_size(), 1);

	(void)state;
	live(&before, 4.3, 7200);
	auto_save(before.policy, bytes);
	assert_true(auto_restore(after.policy, bytes, auto_saved_size()));
	assert_int_equal(auto_age(after.policy), auto_age(before.policy));
	after.input.capacity = 6;
	live(&after, 4.3, 30);
	assert_false(after.verdict.lean);
	assert_near(after.verdict.sureness, before.verdict.sureness);
	assert_near(after.verdict.budget, before.verdict.budget);
	assert_in_range(after.verdict.count, 6, 7);
	free(bytes);
	free(before.policy);
	free(after.policy);
}

static void what_could_not_have_been_learned_is_refused(void **state)
{
	struct service service = begin();
	size_t size = auto_saved_size();
	uint8_t *bytes = mem_zero(size, 1);
	unsigned refused = 0;

	(void)state;
	live(&service, 4.3, 600);
	for (size_t at = 0; at + 4 <= size / 4; at += 4) {
		auto_save(service.policy, bytes);
		memset(bytes + at, 0xff, 4); /* no number, as a float */
		refused += !auto_restore(service.policy, bytes, size);
	}
	assert_true(refused > 300);
	auto_save(service.policy, bytes);
	assert_false(auto_restore(service.policy, bytes, size - 1));
	bytes[0] ^= 2; /* of another version */
	assert_false(auto_restore(service.policy, bytes, size));
	free(bytes);
	free(service.policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_nothing_before_it_saw_a_period),
		cmocka_unit_test(level_load_gets_what_it_needs_and_no_more),
		cmocka_unit_test(a_full_service_grows_within_a_period),
		cmocka_unit_test(a_service_that_fills_up_within_a_second_grows_in_it),
		cmocka_unit_test(idle_replicas_that_are_gone_do_not_come_back_unasked),
		cmocka_unit_test(at_first_the_lean_policy_decides),
		cmocka_unit_test(min_and_max_hold),
		cmocka_unit_test(after_a_gap_it_looks_for_a_period_first),
		cmocka_unit_test(it_says_who_decided),
		cmocka_unit_test(what_was_learned_goes_on_in_another_life),
		cmocka_unit_test(what_could_not_have_been_learned_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
