/* The JSON of /api/v1 from a snapshot, and what people are shown of it. */
#include <dockscale/app/show.h>
#include <dockscale/app/status_json.h>
#include <dockscale/base/mem.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct snapshot snapshot;
	struct service_snapshot service;
	struct replica_snapshot replica;
};

static int set_up(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct service_snapshot *service = &world->service;

	world->snapshot.at = (struct moment){ 100 * USEC_PER_SEC, 1000 * USEC_PER_SEC };
	(void)mem_strcpy(world->snapshot.instance, CONFIG_NAME_MAX, "host1");
	world->snapshot.runtime_known = true;
	world->snapshot.services = service;
	world->snapshot.n_services = 1;
	(void)mem_strcpy(service->name, sizeof(service->name), "web");
	(void)mem_strcpy(service->reason, sizeof(service->reason), "cpu is \"above\"");
	service->desired = 3;
	service->serving = 2;
	service->starting = 1;
	service->min = 1;
	service->max = 8;
	service->metric[METRIC_CPU] = (struct metric_settings){ .enabled = true, .target = 0.8 };
	service->demand[METRIC_CPU] =
		(struct demand){ .state = READING_KNOWN, .units = 2.5, .utilisation = 0.7 };
	service->demand[METRIC_MEMORY].state = READING_UNSUPPORTED;
	service->n_balancers = service->n_reachable = 1;
	service->slots = true;
	service->history[0] = (struct history_entry){ .wall = 0, .from = 1, .to = 3 };
	service->n_history = 1;
	service->replicas = &world->replica;
	service->n_replicas = 1;
	(void)mem_strcpy(world->replica.name, sizeof(world->replica.name), "web_1");
	world->replica.state = REPLICA_SERVING;
	world->replica.since = 88 * USEC_PER_SEC + 500 * USEC_PER_MSEC;
	world->replica.cpu = reading_known(0.7);
	world->replica.weight = 100;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static cJSON *status_of(const struct world *world)
{
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	status_json(&world->snapshot, false, &out);
	tree = cJSON_Parse(str_text(&out));
	assert_non_null(tree);
	return tree;
}

/* Follows a path such as "services.0.readings.cpu". */
static const cJSON *at(const cJSON *tree, const char *path)
{
	char step[64];

	while (tree != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");

		(void)mem_strcpy(step, sizeof(step), path);
		step[length] = '\0';
		tree = cJSON_IsArray(tree) ? cJSON_GetArrayItem(tree, step[0] - '0')
					   : cJSON_GetObjectItemCaseSensitive(tree, step);
		path += length + (path[length] == '.');
	}
	return tree;
}

static void counts_and_words_are_there(void **state)
{
	cJSON *tree = status_of(*state);

	assert_string_equal(at(tree, "instance")->valuestring, "host1");
	assert_string_equal(at(tree, "runtime.state")->valuestring, "up");
	assert_int_equal(at(tree, "services.0.desired")->valueint, 3);
	assert_int_equal(at(tree, "services.0.serving")->valueint, 2);
	assert_string_equal(at(tree, "services.0.reason")->valuestring, "cpu is \"above\"");
	assert_string_equal(at(tree, "services.0.balancer.method")->valuestring, "slots");
	cJSON_Delete(tree);
}

static void the_machine_is_shown_and_what_it_did_not_grant(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->snapshot.host = (struct host_snapshot){
		.cores = reading_known(2),
		.memory_bytes = reading_known(25276059648),
		.memory_available_bytes = reading_known(400),
		.cpu_stall = reading_known(0.25),
		.io_stall = reading_unsupported(),
	};
	world->service.wished = 6;
	world->service.limit = REASON_HOST_MEMORY;
	tree = status_of(world);
	assert_int_equal(at(tree, "host.cores")->valueint, 2);
	assert_true(cJSON_IsNull(at(tree, "host.used")));
	assert_string_equal(at(tree, "host.used_state")->valuestring, "unknown");
	assert_true(at(tree, "host.memory")->valuedouble == 25276059648);
	assert_int_equal(at(tree, "host.available")->valueint, 400);
	assert_float_equal(at(tree, "host.pressure.cpu.value")->valuedouble, 0.25, 1e-9);
	assert_true(cJSON_IsNull(at(tree, "host.pressure.io.value")));
	assert_string_equal(at(tree, "host.pressure.io.state")->valuestring, "unsupported");
	assert_int_equal(at(tree, "services.0.wished")->valueint, 6);
	assert_string_equal(at(tree, "services.0.limit")->valuestring, "host_memory");
	cJSON_Delete(tree);
}

static void a_known_reading_has_its_value_and_target(void **state)
{
	cJSON *tree = status_of(*state);

	assert_float_equal(at(tree, "services.0.readings.cpu.value")->valuedouble, 0.7, 1e-9);
	assert_float_equal(at(tree, "services.0.readings.cpu.target")->valuedouble, 0.8, 1e-9);
	assert_float_equal(at(tree, "services.0.readings.cpu.demand")->valuedouble, 2.5, 1e-9);
	cJSON_Delete(tree);
}

static void an_unknown_reading_is_null_and_never_zero(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->service.demand[METRIC_CPU].state = READING_UNKNOWN;
	tree = status_of(world);
	assert_true(cJSON_IsNull(at(tree, "services.0.readings.cpu.value")));
	assert_string_equal(at(tree, "services.0.readings.cpu.state")->valuestring, "unknown");
	assert_true(cJSON_IsNull(at(tree, "services.0.replicas.0.sessions")));
	cJSON_Delete(tree);
}

static void an_unsupported_reading_says_so(void **state)
{
	cJSON *tree = status_of(*state);

	assert_true(cJSON_IsNull(at(tree, "services.0.readings.memory.value")));
	assert_string_equal(
		at(tree, "services.0.readings.memory.state")->valuestring, "unsupported");
	cJSON_Delete(tree);
}

static void what_is_not_finite_is_null(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->service.demand[METRIC_CPU].units = (double)NAN;
	tree = status_of(world);
	assert_true(cJSON_IsNull(at(tree, "services.0.readings.cpu.demand")));
	cJSON_Delete(tree);
}

static void a_replicas_age_is_in_seconds(void **state)
{
	cJSON *tree = status_of(*state);

	assert_float_equal(at(tree, "services.0.replicas.0.since_s")->valuedouble, 11.5, 1e-9);
	assert_true(cJSON_IsNull(at(tree, "services.0.replicas.0.id")));
	cJSON_Delete(tree);
}

static void no_service_is_an_empty_list(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->snapshot.n_services = 0;
	tree = status_of(world);
	assert_true(cJSON_IsArray(at(tree, "services")));
	assert_int_equal(cJSON_GetArraySize(at(tree, "services")), 0);
	cJSON_Delete(tree);
}

static cJSON *explain_of(const struct world *world, const struct service_config *config)
{
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	status_json_explain(&world->service, config, world->snapshot.at, &out);
	tree = cJSON_Parse(str_text(&out));
	assert_non_null(tree);
	return tree;
}

static void explain_adds_history_and_the_persons_hand(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->service.manual = true;
	world->service.manual_until = 160 * USEC_PER_SEC;
	tree = explain_of(world, NULL);
	assert_string_equal(at(tree, "history.0.at")->valuestring, "1970-01-01T00:00:00Z");
	assert_int_equal(at(tree, "history.0.to")->valueint, 3);
	assert_float_equal(at(tree, "manual_for_s")->valuedouble, 60, 1e-9);
	assert_true(cJSON_IsNull(at(tree, "haproxy")));
	cJSON_Delete(tree);
}

static void explain_tells_the_haproxy_settings(void **state)
{
	struct service_config config = { .min = 1 };
	cJSON *tree;

	(void)mem_strcpy(config.haproxy.backend, sizeof(config.haproxy.backend), "be");
	(void)mem_strcpy(config.haproxy.sockets[0], CONFIG_TEXT_MAX, "/run/haproxy/admin.sock");
	config.haproxy.n_sockets = 1;
	tree = explain_of(*state, &config);
	assert_string_equal(at(tree, "haproxy.backend")->valuestring, "be");
	assert_string_equal(at(tree, "haproxy.sockets.0")->valuestring, "/run/haproxy/admin.sock");
	cJSON_Delete(tree);
}

static void a_person_sees_the_row_of_a_service(void **state)
{
	cleanup_str struct str out = { 0 };
	cJSON *tree = status_of(*state);

	show_status(tree, &out);
	assert_non_null(strstr(str_text(&out), "SERVICE"));
	assert_non_null(strstr(str_text(&out), "2/3"));
	assert_non_null(strstr(str_text(&out), "70%/80%"));
	assert_non_null(strstr(str_text(&out), "slots 1/1"));
	cJSON_Delete(tree);
}

static void a_person_sees_a_question_mark_for_an_unknown_reading(void **state)
{
	struct world *world = *state;
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	world->service.demand[METRIC_CPU].state = READING_UNKNOWN;
	tree = status_of(world);
	show_status(tree, &out);
	assert_non_null(strstr(str_text(&out), "?/80%"));
	cJSON_Delete(tree);
}

static void a_problem_has_a_line_of_its_own(void **state)
{
	struct world *world = *state;
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	(void)mem_strcpy(world->service.problem, sizeof(world->service.problem), "no port");
	tree = status_of(world);
	show_status(tree, &out);
	assert_non_null(strstr(str_text(&out), "! web: no port\n"));
	cJSON_Delete(tree);
}

static void each_fault_is_there_from_the_start_and_counts(void **state)
{
	struct world *world = *state;
	cJSON *tree;

	world->service.faults[FAULT_PORT_TAKEN] = 3;
	world->snapshot.faults[FAULT_ENGINE_AWAY] = 1;
	tree = status_of(world);
	assert_int_equal(at(tree, "services.0.faults.port_taken")->valueint, 3);
	assert_int_equal(at(tree, "services.0.faults.disk_full")->valueint, 0);
	assert_int_equal(at(tree, "faults.engine_away")->valueint, 1);
	assert_int_equal(cJSON_GetArraySize(at(tree, "faults")), FAULT_COUNT - 1);
	assert_null(at(tree, "faults.none"));
	cJSON_Delete(tree);
}

static void explain_tells_the_faults_that_were_met_and_what_is_done(void **state)
{
	struct world *world = *state;
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	world->service.faults[FAULT_PORT_TAKEN] = 3;
	tree = explain_of(world, NULL);
	show_explain(tree, &out);
	assert_non_null(strstr(str_text(&out), "port_taken  3  "));
	assert_non_null(strstr(str_text(&out), fault_answer(FAULT_PORT_TAKEN)));
	assert_null(strstr(str_text(&out), "disk_full"));
	cJSON_Delete(tree);
}

static void explain_says_value_and_target_in_words(void **state)
{
	cleanup_str struct str out = { 0 };
	cJSON *tree = explain_of(*state, NULL);

	show_explain(tree, &out);
	assert_non_null(strstr(str_text(&out), "70% of what the replicas may use, target 80%"));
	cJSON_Delete(tree);
}

static void schedules_are_there_with_those_that_hold(void **state)
{
	struct world *world = *state;
	struct service_snapshot *service = &world->service;
	cleanup_str struct str out = { 0 };
	cJSON *tree;

	service->n_schedules = 2;
	(void)mem_strcpy(service->schedules[0].name, CONFIG_SCHEDULE_NAME_MAX, "night");
	service->schedules[0].min = SCHEDULE_SILENT;
	service->schedules[0].in_force = true;
	(void)mem_strcpy(service->schedules[1].name, CONFIG_SCHEDULE_NAME_MAX, "work");
	service->schedules[1].min = 2;
	service->schedules[1].max = 6;
	tree = explain_of(world, NULL);
	assert_true(cJSON_IsNull(at(tree, "schedules.0.min")));
	assert_int_equal(at(tree, "schedules.0.max")->valueint, 0);
	assert_true(cJSON_IsTrue(at(tree, "schedules.0.in_force")));
	assert_false(cJSON_IsTrue(at(tree, "schedules.1.in_force")));
	show_explain(tree, &out);
	assert_non_null(strstr(
		str_text(&out), "night: at most 0, now; work: at least 2, at most 6, not now"));
	cJSON_Delete(tree);
}

static void learned_thresholds_are_told_once_they_hold(void **state)
{
	struct world *world = *state;
	cleanup_str struct str out = { 0 };
	cJSON *tree = explain_of(world, NULL);

	assert_true(cJSON_IsNull(at(tree, "adaptive")));
	cJSON_Delete(tree);
	world->service.adaptive.learning = true;
	tree = explain_of(world, NULL);
	show_explain(tree, &out);
	assert_non_null(strstr(str_text(&out), "being learned: those that are configured hold"));
	cJSON_Delete(tree);
	world->service.adaptive.ready = true;
	world->service.adaptive.growth = 1.42;
	world->service.adaptive.sureness = 0.95;
	str_clear(&out);
	tree = explain_of(world, NULL);
	show_explain(tree, &out);
	assert_non_null(strstr(str_text(&out),
		"learned: demand may grow by 42% while a replica starts (95% sure)"));
	cJSON_Delete(tree);
}

static void a_prediction_is_shown_with_its_error(void **state)
{
	struct world *world = *state;
	cleanup_str struct str out = { 0 };
	cJSON *tree = explain_of(world, NULL);

	assert_true(cJSON_IsNull(at(tree, "prediction")));
	cJSON_Delete(tree);
	world->service.prediction.mode = PREDICT_OBSERVE;
	world->service.prediction.horizon = 600 * USEC_PER_SEC;
	tree = explain_of(world, NULL);
	assert_true(cJSON_IsNull(at(tree, "prediction.demand")));
	assert_true(cJSON_IsNull(at(tree, "prediction.error")));
	cJSON_Delete(tree);
	world->service.prediction.known = world->service.prediction.judged = true;
	world->service.prediction.forecast = 3.1;
	world->service.prediction.error = 0.21;
	world->service.prediction.missed = 0.03;
	tree = explain_of(world, NULL);
	assert_float_equal(at(tree, "prediction.demand")->valuedouble, 3.1, 1e-6);
	show_explain(tree, &out);
	assert_non_null(strstr(str_text(&out),
		"3.10 replicas' worth may come within 10m (only observed); so far it was off by "
		"0.21 on average, and more came in 3% of the cases"));
	cJSON_Delete(tree);
}

static void what_is_missing_in_the_tree_is_shown_as_a_dash(void **state)
{
	cleanup_str struct str out = { 0 };
	cJSON *tree = cJSON_Parse("{\"services\":[{}]}");

	(void)state;
	show_status(tree, &out);
	assert_non_null(strstr(str_text(&out), "- "));
	show_explain(tree, &out);
	cJSON_Delete(tree);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(counts_and_words_are_there),
		TEST(the_machine_is_shown_and_what_it_did_not_grant),
		TEST(a_known_reading_has_its_value_and_target),
		TEST(an_unknown_reading_is_null_and_never_zero),
		TEST(an_unsupported_reading_says_so),
		TEST(what_is_not_finite_is_null),
		TEST(a_replicas_age_is_in_seconds),
		TEST(no_service_is_an_empty_list),
		TEST(explain_adds_history_and_the_persons_hand),
		TEST(explain_tells_the_haproxy_settings),
		TEST(a_person_sees_the_row_of_a_service),
		TEST(a_person_sees_a_question_mark_for_an_unknown_reading),
		TEST(a_problem_has_a_line_of_its_own),
		TEST(each_fault_is_there_from_the_start_and_counts),
		TEST(explain_tells_the_faults_that_were_met_and_what_is_done),
		TEST(explain_says_value_and_target_in_words),
		TEST(schedules_are_there_with_those_that_hold),
		TEST(learned_thresholds_are_told_once_they_hold),
		TEST(a_prediction_is_shown_with_its_error),
		cmocka_unit_test(what_is_missing_in_the_tree_is_shown_as_a_dash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
