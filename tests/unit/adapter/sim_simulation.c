/*
 * Services under loads on the simulated world: what the accounts say of a service that holds its count
 * can be reckoned by hand; one that scales meets a step; services on one machine share it.
 */
#include "unit/test.h"

#include <dockscale/adapter/sim/simulation.h>
#include <dockscale/base/mem.h>

#define SECOND USEC_PER_SEC

static const char *const two[] = { "dockscale.min=2", "dockscale.max=2",
	"dockscale.haproxy.port=80" };
static const char *const up_to_eight[] = { "dockscale.max=8", "dockscale.haproxy.port=80" };

/* A load without noise: @before up to second @change, then @after. */
static struct trace *steps(double before, double after, size_t change, size_t seconds)
{
	struct trace *trace = trace_constant(before, seconds, 1);

	for (size_t t = 0; t < seconds; t++) {
		trace->demand[t] = (float)(t < change ? before : after);
		trace->arrivals[t] = trace->demand[t];
		trace->error[t] = 1;
		trace->wanted[t] =
			(uint16_t)fmax(1, ceil((double)trace->demand[t] / TRACE_TARGET - 1e-6));
	}
	return trace;
}

static struct simulation_service service_of(const char *name, const struct trace *trace)
{
	return (struct simulation_service){
		.name = name,
		.trace = trace,
		.cores = 1,
		.min = 1,
		.max = 8,
		.labels = up_to_eight,
		.n_labels = countof(up_to_eight),
	};
}

static struct simulation *begin(const struct simulation_settings *settings)
{
	struct simulation *simulation = NULL;
	struct err err;

	if (simulation_new(settings, &simulation, &err) < 0)
		fail_msg("%s", err.msg);
	return simulation;
}

static void run(struct simulation *simulation, size_t seconds)
{
	for (size_t i = 0; i < seconds; i++)
		assert_true(simulation_step(simulation));
}

static void a_count_that_is_held_is_reckoned_by_hand(void **state)
{
	struct simulation_settings settings = { .n_services = 1, .startup = 5 * SECOND, .seed = 1 };
	struct trace *trace = steps(1.5, 3, 100, 120);
	struct config *config = config_new();
	struct simulation *simulation;
	struct score score;

	(void)state;
	settings.config = config;
	settings.services[0] = service_of("web", trace);
	settings.services[0].min = settings.services[0].max = 2;
	settings.services[0].labels = two;
	settings.services[0].n_labels = countof(two);
	simulation = begin(&settings);
	assert_int_equal(simulation_state(simulation, 0).serving, 2);
	run(simulation, 120);
	assert_false(simulation_step(simulation));
	assert_int_equal(simulation_seconds(simulation), 120);
	score = simulation_score(simulation, 0);
	assert_near(score.paid, 240);
	assert_near(score.under, 100.0 * 20 / 120); /* four are wanted in the last 20 s */
	assert_near(score.over, 0);
	/* one more a second than can be done: late from the second on at whose end two wait, and
	 * at most 20 may wait */
	assert_near(score.late, 100 * 3 * 19 / (1.5 * 100 + 3 * 20));
	assert_near(score.lost, 0);
	assert_near(score.actions, 0);
	assert_near(score.cost, 240 / score_oracle_paid(trace, 5, 64));
	assert_string_equal(simulation_problem(simulation, 0), "");
	assert_int_equal(simulation_failed(simulation, 0), 0);
	simulation_free(simulation);
	config_free(config);
	trace_free(trace);
}

static void a_step_of_the_load_is_met_after_the_start_up(void **state)
{
	struct simulation_settings settings = { .n_services = 1, .startup = 5 * SECOND, .seed = 1 };
	struct trace *trace = steps(0.7, 2.2, 60, 400);
	struct config *config = config_new();
	struct simulation *simulation;

	(void)state;
	settings.config = config;
	settings.services[0] = service_of("web", trace);
	simulation = begin(&settings);
	run(simulation, 60);
	assert_int_equal(simulation_state(simulation, 0).serving, 1);
	run(simulation, 5);
	assert_int_equal(simulation_state(simulation, 0).serving, 1);
	assert_true(simulation_state(simulation, 0).running > 1);
	run(simulation, 10);
	assert_true(simulation_state(simulation, 0).serving >= 3);
	run(simulation, 300);
	assert_int_equal(simulation_state(simulation, 0).serving, 3);
	assert_true(simulation_score(simulation, 0).actions >= 1);
	simulation_free(simulation);
	config_free(config);
	trace_free(trace);
}

static void a_pool_starts_what_exists(void **state)
{
	static const char *const pool[] = { "dockscale.mode=pool", "dockscale.max=4",
		"dockscale.haproxy.port=80" };
	struct simulation_settings settings = { .n_services = 1, .startup = 2 * SECOND, .seed = 1 };
	struct trace *trace = steps(1.5, 3, 60, 150);
	struct config *config = config_new();
	struct simulation *simulation;

	(void)state;
	settings.config = config;
	settings.services[0] = service_of("web", trace);
	settings.services[0].pool = true;
	settings.services[0].max = 4;
	settings.services[0].labels = pool;
	settings.services[0].n_labels = countof(pool);
	simulation = begin(&settings);
	assert_int_equal(simulation_state(simulation, 0).serving, 2);
	run(simulation, 150);
	assert_int_equal(simulation_state(simulation, 0).serving, 4);
	simulation_free(simulation);
	config_free(config);
	trace_free(trace);
}

static void services_share_the_cores_of_their_machine(void **state)
{
	struct simulation_settings settings = {
		.n_services = 2, .startup = SECOND, .host_cores = 2, .seed = 1
	};
	struct trace *trace = steps(1.5, 1.5, 60, 60);
	struct config *config = config_new();
	struct simulation *simulation;

	(void)state;
	settings.config = config;
	settings.services[0] = service_of("one", trace);
	settings.services[1] = service_of("other", trace);
	simulation = begin(&settings);
	run(simulation, 60);
	for (size_t i = 0; i < 2; i++)
		assert_true(simulation_score(simulation, i).late > 90);
	simulation_free(simulation);
	config_free(config);
	trace_free(trace);
}

static void who_does_not_come_to_serve_is_told_with_the_reason(void **state)
{
	static const char *const wrong[] = { "dockscale.max=many", "dockscale.haproxy.port=80" };
	struct simulation_settings settings = { .n_services = 1, .startup = SECOND, .seed = 1 };
	struct trace *trace = steps(0.5, 0.5, 60, 60);
	struct config *config = config_new();
	struct simulation *simulation = NULL;
	struct err err;

	(void)state;
	settings.config = config;
	settings.services[0] = service_of("web", trace);
	settings.services[0].labels = wrong;
	assert_int_equal(simulation_new(&settings, &simulation, &err), ERR_CONFLICT);
	assert_null(simulation);
	assert_non_null(strstr(err.msg, "web: 0 of 1 replicas"));
	assert_non_null(strstr(err.msg, "many"));
	config_free(config);
	trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_that_is_held_is_reckoned_by_hand),
		cmocka_unit_test(a_step_of_the_load_is_met_after_the_start_up),
		cmocka_unit_test(a_pool_starts_what_exists),
		cmocka_unit_test(services_share_the_cores_of_their_machine),
		cmocka_unit_test(who_does_not_come_to_serve_is_told_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
