/* Labels and a file to the configuration of one service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static struct daemon_config daemon_config;

static int resolve_labels(
	const struct label *labels, size_t n, struct service_config *service, struct err *err)
{
	return config_resolve(&daemon_config, NULL, "web", "web_1", labels, n, service, err);
}

static void a_port_is_all_that_a_labelled_container_needs(void **state)
{
	const struct label labels[] = { { "dockscale.service", "web", false },
		{ "dockscale.haproxy.port", "8080", false }, { "maintainer", "somebody", true } };
	struct service_config service;
	struct err err;

	(void)state;
	assert_int_equal(resolve_labels(labels, countof(labels), &service, &err), 0);
	assert_string_equal(service.name, "web");
	assert_int_equal(service.min, 1);
	assert_int_equal(service.max, 10);
	assert_int_equal(service.mode, SERVICE_MODE_CLONE);
	assert_int_equal(service.stop_timeout, 10 * USEC_PER_SEC);
	assert_int_equal(service.shared_volumes, SHARED_VOLUMES_REFUSE);
	assert_int_equal(service.policy_type, POLICY_TYPE_AUTO);
	assert_int_equal(service.pace, PACE_CALM);
	assert_float_equal(service.policy.self_tuning.target, 0.8, 1e-9);
	assert_true(service.policy.metric[METRIC_CPU].enabled);
	assert_false(service.policy.metric[METRIC_MEMORY].enabled);
	assert_float_equal(service.policy.metric[METRIC_CPU].target, 0.8, 1e-9);
	assert_float_equal(service.policy.tolerance, 0.01, 1e-9);
	assert_int_equal(service.policy.max, 10);
	assert_int_equal(service.policy.min, 1);
	assert_int_equal(service.metric[METRIC_CPU].window, 2 * USEC_PER_SEC);
	assert_int_equal(service.policy.metric[METRIC_CPU].stabilization_down, 60 * USEC_PER_SEC);
	assert_string_equal(service.haproxy.backend, "web");
	assert_int_equal(service.haproxy.port, 8080);
	assert_int_equal(service.haproxy.n_sockets, 1);
	assert_string_equal(service.haproxy.sockets[0], "/run/haproxy/admin.sock");
	assert_int_equal(service.health.probe, PROBE_TCP);
	assert_int_equal(service.health.interval, 200 * USEC_PER_MSEC);
	assert_int_equal(service.haproxy.drain_timeout, 30 * USEC_PER_SEC);
}

struct said {
	const char *file; /* text of the service's file, or NULL */
	struct label labels[8]; /* until a key of NULL */
};

static int resolve(const struct said *said, struct service_config *service, struct err *err)
{
	struct world *world = world_new();
	size_t n = 0;
	int r;

	if (said->file != NULL)
		world_write(world, "services.d/web.ini", said->file);
	assert_int_equal(world_load(world), 0);
	while (n < countof(said->labels) && said->labels[n].key != NULL)
		n++;
	r = config_resolve(&daemon_config, said->file != NULL ? world->config->files : NULL, "web",
		"web_1", said->labels, n, service, err);
	world_free(world);
	return r;
}

static struct service_config resolved(const struct said *said)
{
	struct service_config service;
	struct err err = { 0 };

	if (resolve(said, &service, &err) != 0)
		fail_msg("%s", err.msg);
	return service;
}

static void assert_rejected(const struct said *said, const char *text)
{
	struct service_config service;
	struct service_config before;
	struct err err = { 0 };

	memset(&service, 0x5a, sizeof(service));
	memcpy(&before, &service, sizeof(before));
	assert_int_equal(resolve(said, &service, &err), ERR_INVALID);
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(err.msg, text);
	assert_memory_equal(&service, &before, sizeof(before));
}

#define PORT                                                                                       \
	{                                                                                          \
		"dockscale.haproxy.port", "8080", false                                            \
	}

static void the_file_beats_the_label(void **state)
{
	struct service_config service = resolved(&(struct said){
		"[service]\nmax = 5\n",
		{ PORT, { "dockscale.max", "8", false }, { "dockscale.min", "2", false } },
	});

	(void)state;
	assert_int_equal(service.max, 5);
	assert_int_equal(service.min, 2);
	assert_int_equal(service.policy.max, 5);
	assert_int_equal(service.policy.min, 2);
}

static void the_file_beats_a_label_that_could_not_be_read(void **state)
{
	(void)state;
	assert_int_equal(resolved(&(struct said){ "[service]\nmax = 5\n",
					  { PORT, { "dockscale.max", "lots", false } } })
				 .max,
		5);
}

static void the_file_beats_a_label_by_the_other_name_of_the_value(void **state)
{
	struct service_config service = resolved(&(struct said){
		"[policy]\ntype = threshold\n[cpu]\nhigh = 70%\n",
		{ PORT, { "dockscale.policy.cpu_threshold", "90", false } },
	});

	(void)state;
	assert_float_equal(service.policy.metric[METRIC_CPU].high, 0.7, 1e-9);
}

static void a_label_whose_effect_the_file_takes_away_is_no_error(void **state)
{
	struct service_config service = resolved(&(struct said){
		"[policy]\ntype = target\n[haproxy]\nbalancer = none\n",
		{ PORT, { "dockscale.policy.type", "threshold", false },
			{ "dockscale.policy.cpu_threshold", "90", false },
			{ "dockscale.memory.window", "5s", false },
			{ "dockscale.haproxy.network", "front", false } },
	});

	(void)state;
	assert_int_equal(service.policy_type, POLICY_TYPE_TARGET);
	assert_int_equal(service.haproxy.balancer, BALANCER_NONE);
	assert_false(service.policy.metric[METRIC_MEMORY].enabled);
}

static void two_labels_of_one_value_are_an_error(void **state)
{
	(void)state;
	assert_rejected(
		&(struct said){ NULL, { PORT, { "dockscale.policy.type", "threshold", false },
					      { "dockscale.policy.cpu_threshold", "90", false },
					      { "dockscale.cpu.high", "90%", false } } },
		"label dockscale.cpu.high of container web_1 is the same value as label "
		"dockscale.policy.cpu_threshold of container web_1: remove one");
}

static void the_classic_policy_has_its_classic_defaults(void **state)
{
	struct service_config service =
		resolved(&(struct said){ "[policy]\ntype = threshold\n", { PORT } });
	const struct policy_settings *policy = &service.policy;

	(void)state;
	assert_true(policy->metric[METRIC_CPU].enabled);
	assert_true(policy->metric[METRIC_MEMORY].enabled);
	assert_float_equal(policy->metric[METRIC_CPU].high, 0.8, 1e-9);
	assert_float_equal(policy->metric[METRIC_CPU].low, 0.7, 1e-9);
	assert_float_equal(policy->metric[METRIC_MEMORY].high, 0.8, 1e-9);
	assert_float_equal(policy->metric[METRIC_MEMORY].low, 0.7, 1e-9);
	assert_int_equal(policy->scale_up_amount, 1);
	assert_int_equal(policy->scale_down_amount, 1);
	assert_int_equal(policy->cooldown, 300 * USEC_PER_SEC);
	assert_true(policy->metric[METRIC_CPU].scale_down);
	assert_false(policy->metric[METRIC_MEMORY].scale_down);
}

static void classic_keys_take_bare_numbers_and_others_do_not(void **state)
{
	struct service_config service = resolved(&(struct said){
		"[policy]\ntype = threshold\ncpu_threshold = 75\nmemory_threshold = 90\n"
		"cooldown_period = 60\nhysteresis = 20\n",
		{ PORT },
	});

	(void)state;
	assert_float_equal(service.policy.metric[METRIC_CPU].high, 0.75, 1e-9);
	assert_float_equal(service.policy.metric[METRIC_CPU].low, 0.55, 1e-9);
	assert_float_equal(service.policy.metric[METRIC_MEMORY].low, 0.7, 1e-9);
	assert_int_equal(service.policy.cooldown, 60 * USEC_PER_SEC);
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.cpu.target", "70", false } } },
		"label dockscale.cpu.target of container web_1: '70' is not a percentage");
	assert_rejected(
		&(struct said){ NULL, { PORT, { "dockscale.policy.cooldown_up", "60", false } } },
		"'60' is not a duration");
}

static void a_low_that_is_given_stands_over_the_hysteresis(void **state)
{
	struct service_config service = resolved(&(struct said){
		"[policy]\ntype = threshold\nhysteresis = 5\n[cpu]\nlow = 30%\n",
		{ PORT },
	});

	(void)state;
	assert_float_equal(service.policy.metric[METRIC_CPU].low, 0.3, 1e-9);
	assert_float_equal(service.policy.metric[METRIC_MEMORY].low, 0.75, 1e-9);
}

static void memory_counts_with_a_target_only_when_that_is_given(void **state)
{
	(void)state;
	assert_false(
		resolved(&(struct said){ NULL, { PORT } }).policy.metric[METRIC_MEMORY].enabled);
	assert_true(resolved(
		&(struct said){ NULL, { PORT, { "dockscale.memory.target", "75%", false },
					      { "dockscale.memory.scale_down", "yes", false } } })
			    .policy.metric[METRIC_MEMORY]
			    .enabled);
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.memory.low", "5%", false } } },
		"label dockscale.memory.low of container web_1 works with [policy] type = "
		"threshold only; this service has type = auto");
}

static void a_missing_port_is_told_with_its_cure(void **state)
{
	(void)state;
	assert_rejected(&(struct said){ NULL, { { "dockscale.max", "3", false } } },
		"container web_1: the application's port is missing: write port = PORT into "
		"[haproxy] of the service's file, or give the container the label "
		"dockscale.haproxy.port=PORT");
}

static void a_worker_needs_no_port_and_is_not_probed(void **state)
{
	struct service_config service = resolved(
		&(struct said){ NULL, { { "dockscale.haproxy.balancer", "none", false } } });

	(void)state;
	assert_int_equal(service.haproxy.balancer, BALANCER_NONE);
	assert_int_equal(service.health.probe, PROBE_NONE);
	service = resolved(
		&(struct said){ "[haproxy]\nbalancer = none\n[health]\nport = 9000\n", { { 0 } } });
	assert_int_equal(service.health.probe, PROBE_TCP);
	assert_int_equal(service.health.port, 9000);
	assert_rejected(
		&(struct said){ NULL, { { "dockscale.haproxy.balancer", "none", false },
					      { "dockscale.health.probe", "http", false } } },
		"label dockscale.health.probe of container web_1 = http needs a port");
}

static void an_unknown_label_names_the_nearest_one(void **state)
{
	(void)state;
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.cpu.tarjet", "70%", false } } },
		"label dockscale.cpu.tarjet of container web_1 is unknown: did you mean "
		"dockscale.cpu.target?");
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.maks", "7", false } } },
		"is unknown: did you mean dockscale.max?");
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.banana", "7", false } } },
		"label dockscale.banana of container web_1 is unknown: remove it");
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.lua.script", "4", false } } },
		"label dockscale.lua.script of container web_1 is not in this version: "
		"remove it");
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.lua.script", "x", false } } },
		"is not in this version");
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.", "x", false } } }, "unknown");
}

static void what_only_the_operator_may_say_is_no_label(void **state)
{
	(void)state;
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.match", "db", false } } },
		"is not for labels: write match into [service] of the service's file");
	assert_rejected(
		&(struct said){ NULL, { PORT, { "dockscale.haproxy.state_file", "/x", false } } },
		"is not for labels");
}

static void labels_that_are_not_permitted_are_rejected(void **state)
{
	const struct daemon_config all = daemon_config;

	(void)state;
	daemon_config.allow_labels = LABELS_LISTED;
	daemon_config.n_allowed_sections = 1;
	(void)mem_strcpy(daemon_config.allowed_sections[0], CONFIG_NAME_MAX, "haproxy");
	assert_int_equal(resolved(&(struct said){ NULL, { PORT } }).haproxy.port, 8080);
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.max", "3", false } } },
		"label dockscale.max of container web_1 is not permitted: remove it, or add "
		"service "
		"to allow_labels of dockscale.ini");
	daemon_config.allow_labels = LABELS_NONE;
	assert_rejected(&(struct said){ NULL, { PORT } }, "is not permitted");
	daemon_config = all;
}

static void labels_of_the_image_count_only_when_allowed(void **state)
{
	const struct said said = { NULL,
		{ PORT, { "dockscale.max", "3", true }, { "dockscale.nonsense", "3", true } } };
	const struct said right = { NULL, { PORT, { "dockscale.max", "3", true } } };

	(void)state;
	assert_int_equal(resolved(&said).max, 10);
	daemon_config.allow_image_labels = true;
	assert_int_equal(resolved(&right).max, 3);
	assert_rejected(&said, "dockscale.nonsense");
	daemon_config.allow_image_labels = false;
}

static void labels_that_tell_who_owns_it_are_no_options(void **state)
{
	const struct said said = { NULL,
		{ PORT, { "dockscale.service", "web", false }, { "dockscale.owner", "h", false },
			{ "dockscale.role", "replica", false },
			{ "dockscale.intent", "x", false } } };

	(void)state;
	assert_string_equal(resolved(&said).name, "web");
}

static void a_label_with_a_control_character_is_not_repeated(void **state)
{
	struct service_config service;
	struct err err;
	const struct said said = { NULL,
		{ PORT, { "dockscale.haproxy.server_options", "check\nshow\x1b[2J", false } } };

	(void)state;
	assert_int_equal(resolve(&said, &service, &err), ERR_INVALID);
	assert_contains(err.msg, "the value holds a control character");
	assert_null(strchr(err.msg, '\x1b'));
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.\x1b[2J", "x", false } } },
		"label dockscale.(unprintable) of container web_1 is unknown");
}

static void a_value_that_is_too_long_is_told(void **state)
{
	char value[400];

	(void)state;
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	assert_rejected(&(struct said){ NULL,
				{ PORT, { "dockscale.haproxy.server_options", value, false } } },
		"the value has 399 bytes: 255 is the most");
}

static void habits_of_other_formats_get_a_hint(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_write(world, "services.d/web.ini", "[cpu]\ntarget = 70% # much\nwindow = \"2s\"\n");
	assert_int_equal(world_load(world), 0);
	assert_says(world, "(a comment behind a value begins with ' ;')");
	assert_says(world, "(write it without quotes)");
	world_free(world);
}

static void several_wrong_labels_are_counted(void **state)
{
	(void)state;
	assert_rejected(&(struct said){ NULL, { PORT, { "dockscale.min", "x", false },
						      { "dockscale.max", "y", false } } },
		"label dockscale.min of container web_1: 'x' is not a whole number (and 1 more)");
}

static void a_broken_file_resolves_to_nothing(void **state)
{
	struct service_file file = { .name = "web", .path = "web.ini", .broken = true };
	struct service_config service;
	struct err err;

	(void)state;
	assert_int_equal(
		config_resolve(&daemon_config, &file, "web", "web_1", NULL, 0, &service, &err),
		ERR_INVALID);
	assert_contains(err.msg, "web.ini is wrong");
}

static void equal_text_gives_equal_bytes(void **state)
{
	/* The engine compares policies by memcmp: what lies between members counts. */
	struct service_config *one = malloc(sizeof(*one));
	struct service_config *two = malloc(sizeof(*two));
	const struct label labels[] = { PORT };
	struct err err;

	(void)state;
	memset(one, 0x00, sizeof(*one));
	memset(two, 0xff, sizeof(*two));
	assert_int_equal(resolve_labels(labels, 1, one, &err), 0);
	assert_int_equal(resolve_labels(labels, 1, two, &err), 0);
	assert_memory_equal(one, two, sizeof(*one));
	free(one);
	free(two);
}

static int setup(void **state)
{
	struct config *config = config_new();

	(void)state;
	daemon_config = config->daemon;
	config_free(config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_all_that_a_labelled_container_needs),
		cmocka_unit_test(the_file_beats_the_label),
		cmocka_unit_test(the_file_beats_a_label_that_could_not_be_read),
		cmocka_unit_test(the_file_beats_a_label_by_the_other_name_of_the_value),
		cmocka_unit_test(a_label_whose_effect_the_file_takes_away_is_no_error),
		cmocka_unit_test(two_labels_of_one_value_are_an_error),
		cmocka_unit_test(the_classic_policy_has_its_classic_defaults),
		cmocka_unit_test(classic_keys_take_bare_numbers_and_others_do_not),
		cmocka_unit_test(a_low_that_is_given_stands_over_the_hysteresis),
		cmocka_unit_test(memory_counts_with_a_target_only_when_that_is_given),
		cmocka_unit_test(a_missing_port_is_told_with_its_cure),
		cmocka_unit_test(a_worker_needs_no_port_and_is_not_probed),
		cmocka_unit_test(an_unknown_label_names_the_nearest_one),
		cmocka_unit_test(what_only_the_operator_may_say_is_no_label),
		cmocka_unit_test(labels_that_are_not_permitted_are_rejected),
		cmocka_unit_test(labels_of_the_image_count_only_when_allowed),
		cmocka_unit_test(labels_that_tell_who_owns_it_are_no_options),
		cmocka_unit_test(a_label_with_a_control_character_is_not_repeated),
		cmocka_unit_test(a_value_that_is_too_long_is_told),
		cmocka_unit_test(habits_of_other_formats_get_a_hint),
		cmocka_unit_test(several_wrong_labels_are_counted),
		cmocka_unit_test(a_broken_file_resolves_to_nothing),
		cmocka_unit_test(equal_text_gives_equal_bytes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
