/* Keys of the policies' rules: what they mean, and what is said of those that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static struct daemon_config daemon_config;

#define WEB       "[haproxy]\nport = 8080\n"
#define THRESHOLD "[policy]\ntype = threshold\n"

static struct service_config resolved(const char *text)
{
	struct world *world = world_new();
	cleanup_str struct str file = { 0 };
	struct service_config service;
	struct err err = { 0 };
	int r;

	str_appendf(&file, "%s%s", WEB, text);
	world_write(world, "services.d/web.ini", str_text(&file));
	assert_int_equal(world_load(world), 0);
	if (world->problems.count > 0)
		fail_msg("%s", world->problems.items[0].text);
	r = config_resolve(
		&daemon_config, &world->config->files[0], "web", "web_1", NULL, 0, &service, &err);
	if (r < 0)
		fail_msg("%s", err.msg);
	world_free(world);
	return service;
}

static void assert_refused(const char *text, const char *because)
{
	struct world *world = world_new();
	cleanup_str struct str file = { 0 };

	str_appendf(&file, "%s%s", WEB, text);
	world_write(world, "services.d/web.ini", str_text(&file));
	assert_int_equal(world_load(world), 0);
	assert_says(world, because);
	world_free(world);
}

static void a_metric_without_a_word_of_its_own_follows_the_policys(void **state)
{
	struct service_config service = resolved("[policy]\ntype = target\non_missing = "
						 "4\n[memory]\ntarget = 70%\non_missing = last\n");

	(void)state;
	assert_int_equal(service.policy.metric[METRIC_CPU].missing.what, MISSING_COUNT);
	assert_int_equal(service.policy.metric[METRIC_CPU].missing.count, 4);
	assert_int_equal(service.policy.metric[METRIC_MEMORY].missing.what, MISSING_LAST);
	service = resolved("");
	assert_int_equal(service.policy.metric[METRIC_CPU].missing.what, MISSING_HOLD);
	assert_int_equal(service.policy.flap_budget, 0);
}

static void what_on_missing_cannot_be_is_told(void **state)
{
	(void)state;
	assert_refused("[policy]\non_missing = never\n",
		"web.ini:4: on_missing: 'never' is not known: use hold, last, or a number of");
	assert_refused("[policy]\non_missing = 0\n", "web.ini:4: on_missing: ");
	assert_refused("[cpu]\non_missing = 11\n", "web.ini:4: on_missing = 11 is over max = 10");
	assert_refused("[policy]\ntype = auto\n[cpu]\non_missing = last\n",
		"web.ini:6: on_missing = last works with [policy] type = target or threshold only");
	assert_refused("[policy]\ntype = target\n[memory]\non_missing = hold\n",
		"on_missing works with [memory] target given");
}

static void a_flap_budget_is_so_many_turns(void **state)
{
	(void)state;
	assert_int_equal(resolved("[policy]\nflap_budget = 6\n").policy.flap_budget, 6);
	assert_refused("[policy]\nflap_budget = 33\n", "web.ini:4: flap_budget: ");
}

static void thresholds_are_learned_where_there_are_some(void **state)
{
	struct service_config service =
		resolved(THRESHOLD "hysteresis = 15\n[adaptive]\nlearn = yes\nsureness = 99%\n");

	(void)state;
	assert_true(service.policy.adaptive.learn);
	assert_float_equal(service.policy.adaptive.sureness, 0.99, 1e-9);
	assert_float_equal(service.policy.adaptive.margin, 0.15, 1e-9);
	assert_false(resolved(THRESHOLD).policy.adaptive.learn);
	assert_refused("[policy]\ntype = target\n[adaptive]\nlearn = yes\n",
		"web.ini:6: learn works with [policy] type = threshold only");
	assert_refused(THRESHOLD "[cpu]\nlow = 20%\n[adaptive]\nlearn = yes\n",
		"web.ini:6: low is learned by ");
	assert_refused(THRESHOLD "[adaptive]\nsureness = 90%\n",
		"web.ini:6: sureness has no effect without learn = yes");
}

static void a_prediction_has_a_horizon(void **state)
{
	struct service_config service = resolved("[predict]\nmode = floor\nhorizon = 1h\n");

	(void)state;
	assert_int_equal(service.policy.predict.mode, PREDICT_FLOOR);
	assert_int_equal(service.policy.predict.horizon, 3600 * USEC_PER_SEC);
	assert_int_equal(resolved("").policy.predict.mode, PREDICT_OFF);
	assert_refused("[predict]\nhorizon = 1h\n",
		"web.ini:4: horizon works with [predict] mode = observe or floor only");
	assert_refused("[predict]\nmode = ceiling\n", "'ceiling' is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_metric_without_a_word_of_its_own_follows_the_policys),
		cmocka_unit_test(what_on_missing_cannot_be_is_told),
		cmocka_unit_test(a_flap_budget_is_so_many_turns),
		cmocka_unit_test(thresholds_are_learned_where_there_are_some),
		cmocka_unit_test(a_prediction_has_a_horizon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
