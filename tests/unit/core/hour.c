/* An hour of a service, tick by tick, through the whole of core: counters to rates, rates to
 * windows, windows to demand, demand to decisions. The replicas are a line of arithmetic: they
 * share the load, none does more than it can, and a new one serves after its start-up time. No
 * real time passes. */
#include "unit/core/policy_lab.h"

#include <dockscale/core/counter.h>
#include <dockscale/core/window.h>

#define HOUR_SECONDS 3600
#define REPLICAS_MAX 16
#define START_UP     (2 * SECOND)
#define WINDOW       (2 * SECOND)

struct replica {
	double used_usec; /* the kernel's counter of CPU time */
	usec_t serves_at;
	struct counter counter;
	struct window_span spans[8];
	struct window window;
};

struct service {
	struct lab lab;
	struct replica replicas[REPLICAS_MAX];
	unsigned count;
	unsigned ups;
	unsigned downs;
	unsigned most;
	double unserved; /* replica-seconds of load that found no capacity */
	double replica_seconds;
};

static void add_replica(struct service *service, usec_t serves_at)
{
	struct replica *replica = &service->replicas[service->count++];

	*replica = (struct replica){ .serves_at = serves_at };
	window_init(&replica->window, replica->spans, 8, WINDOW);
}

static void begin(struct service *service, const struct policy *policy)
{
	*service = (struct service){ .lab = lab_make(policy) };
	service->lab.settings.metric[METRIC_CPU].stabilization_down = MINUTE;
	service->lab.settings.cooldown = policy == &policy_threshold ? 300 * SECOND : 0;
	lab_begin(&service->lab, 1);
	add_replica(service, 0);
}

static bool serves(const struct replica *replica, usec_t now)
{
	return now >= replica->serves_at;
}

static unsigned serving(const struct service *service, usec_t now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < service->count; i++)
		n += serves(&service->replicas[i], now);
	return n;
}

/* A second of work. */
static void work(struct service *service, usec_t now, double load)
{
	unsigned n = serving(service, now - SECOND);
	double share = fmin(1, load / n);

	service->unserved += fmax(0, load - n);
	service->replica_seconds += service->count;
	for (unsigned i = 0; i < service->count; i++)
		if (serves(&service->replicas[i], now - SECOND))
			service->replicas[i].used_usec += share * (double)USEC_PER_SEC;
}

static void read_replica(struct replica *replica, usec_t now)
{
	usec_t from = 0;
	struct reading rate =
		counter_rate(&replica->counter, (uint64_t)replica->used_usec, now, &from);

	if (reading_is_known(rate))
		window_push(&replica->window, from, now, rate.value / (double)USEC_PER_SEC);
}

static void measure(struct service *service, usec_t now)
{
	struct demand_input inputs[REPLICAS_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < service->count; i++) {
		struct replica *replica = &service->replicas[i];

		if (!serves(replica, now))
			continue;
		read_replica(replica, now);
		/* One that has only just begun is new, not unreadable. */
		if (!window_covers(&replica->window, now, 0.5))
			continue;
		inputs[n++] = (struct demand_input){
			.mean = window_mean(&replica->window, now, 0.5),
			.latest = window_latest(&replica->window, now, SECOND),
		};
	}
	service->lab.input.demand[METRIC_CPU] = demand_sum(inputs, n, true);
}

static void tick(struct service *service, double load)
{
	usec_t now = service->lab.input.now + SECOND;
	unsigned count;

	work(service, now, load);
	measure(service, now);
	service->lab.input.count = service->count;
	service->lab.input.ready = serving(service, now);
	count = lab_tick(&service->lab);
	service->ups += count > service->count;
	service->downs += count < service->count;
	while (service->count < count)
		add_replica(service, now + START_UP);
	service->count = count;
	if (count > service->most)
		service->most = count;
	assert_in_range(count, service->lab.settings.min, service->lab.settings.max);
}

/* Calm, a surge of four replicas' worth for ten minutes, calm; with a little noise. */
static void live_an_hour(struct service *service, const struct policy *policy)
{
	uint64_t seed = 1;

	begin(service, policy);
	for (int second = 0; second < HOUR_SECONDS; second++) {
		double load = second >= 600 && second < 1200 ? 4 : 0.4;

		tick(service, load * (0.97 + 0.06 * lab_random(&seed)));
	}
}

static void target_lives_an_hour_up_with_the_surge_and_down_after_it(void **state)
{
	struct service service;

	(void)state;
	live_an_hour(&service, &policy_target);
	/* 5 carry the surge at 80 %. Growing, 4 of them are at their limit: 4 * 1.5 / 0.8 = 8. */
	assert_in_range(service.most, 5, 8);
	assert_int_equal(service.count, 1);
	assert_in_range(service.ups, 2, 6);
	assert_in_range(service.downs, 2, 5);
	assert_true(service.unserved < 30); /* seconds of the surge, until replicas serve */
	assert_true(service.replica_seconds < 3000 + 600 * 6 + 70 * 7);
}

static void target_is_above_demand_within_seconds_of_a_surge(void **state)
{
	struct service service;
	int seconds = 0;

	(void)state;
	begin(&service, &policy_target);
	for (int i = 0; i < 120; i++)
		tick(&service, 0.4);
	while (serving(&service, service.lab.input.now) < 5 && seconds < 60) {
		tick(&service, 4);
		seconds++;
	}
	assert_in_range(seconds, 1, 15);
}

static void threshold_lives_an_hour_one_step_a_cooldown(void **state)
{
	struct service service;

	(void)state;
	live_an_hour(&service, &policy_threshold);
	assert_int_equal(service.most, 3); /* ten minutes are two cooldowns */
	assert_int_equal(service.ups, 2);
	assert_int_equal(service.downs, 2);
	assert_int_equal(service.count, 1);
}

/* Demand that lies still must leave the count still, wherever it lies. */
static void steady_demand_with_noise_makes_target_rest(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (double load = 0.5; load < 7.5; load += 0.37) {
		struct service service;

		begin(&service, &policy_target);
		for (int i = 0; i < HOUR_SECONDS; i++) {
			if (i == 300)
				service.ups = service.downs = 0;
			tick(&service, load * (0.985 + 0.03 * lab_random(&seed)));
		}
		if (service.ups + service.downs > 2)
			print_error(
				"load %.2f: %u up, %u down\n", load, service.ups, service.downs);
		assert_true(service.ups + service.downs <= 2);
	}
}

static void an_hour_without_readings_changes_nothing(void **state)
{
	const struct policy *const policies[] = { &policy_target, &policy_threshold };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab lab = lab_make(policies[i]);

		lab_begin(&lab, 5);
		for (int second = 0; second < HOUR_SECONDS; second++) {
			lab.input.demand[METRIC_CPU] = lab_unknown(5);
			assert_int_equal(lab_tick(&lab), 5);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target_lives_an_hour_up_with_the_surge_and_down_after_it),
		cmocka_unit_test(target_is_above_demand_within_seconds_of_a_surge),
		cmocka_unit_test(threshold_lives_an_hour_one_step_a_cooldown),
		cmocka_unit_test(steady_demand_with_noise_makes_target_rest),
		cmocka_unit_test(an_hour_without_readings_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
