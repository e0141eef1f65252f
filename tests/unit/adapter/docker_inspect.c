/* What of an inspect becomes facts, and what does not. */
#include "docker_world.h"

#include <adapter/docker/inspect.h>

static struct container read_container(const cJSON *inspect)
{
	cleanup_json cJSON *image = docker_world_image();
	struct container container = { 0 };
	struct err err = { 0 };

	assert_int_equal(inspect_container(inspect, image, &container, &err), 0);
	return container;
}

/* The recorded one, with one thing put in its place. */
static struct container changed(const char *at, const char *json)
{
	cleanup_json cJSON *inspect = docker_world_inspect();

	docker_world_set(inspect, at, json);
	return read_container(inspect);
}

static void a_recorded_container_is_read(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct container container = read_container(inspect);

	(void)state;
	assert_int_equal(strlen(container.id), 64);
	assert_string_equal(container.name, "shop_web_1");
	assert_int_equal(container.state, CONTAINER_RUNNING);
	assert_int_equal(container.health, HEALTH_HEALTHY);
	assert_int_equal(container.pid, 4711);
	assert_true(container.started_at - container.created_at == 1376544);
	assert_near(container.cpu_limit_cores, 1.5);
	assert_int_equal(container.memory_limit_bytes, 268435456);
	container_finish(&container);
}

/* As it looks from a pause until Docker's next probe: unhealthy, and no probe has failed. */
static void unhealthy_without_as_many_failures_as_it_takes_is_no_verdict(void **state)
{
	static const struct {
		int retries;
		int failures;
		enum container_health health;
	} rows[] = {
		{ 0, 0, HEALTH_NONE },
		{ 0, 2, HEALTH_NONE },
		{ 0, 3, HEALTH_UNHEALTHY },
		{ 1, 0, HEALTH_NONE },
		{ 1, 1, HEALTH_UNHEALTHY },
		{ 5, 4, HEALTH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_json cJSON *inspect = docker_world_inspect();
		cJSON *health =
			cJSON_GetObjectItem(cJSON_GetObjectItem(inspect, "State"), "Health");
		cJSON *config = cJSON_GetObjectItem(inspect, "Config");
		cJSON *check = NULL;
		struct container container;

		cJSON_DeleteItemFromObject(config, "Healthcheck");
		check = cJSON_AddObjectToObject(config, "Healthcheck");
		assert_non_null(cJSON_AddNumberToObject(check, "Retries", rows[i].retries));
		cJSON_DeleteItemFromObject(health, "FailingStreak");
		assert_non_null(cJSON_AddNumberToObject(health, "FailingStreak", rows[i].failures));
		assert_true(cJSON_ReplaceItemInObject(
			health, "Status", cJSON_CreateString("unhealthy")));
		container = read_container(inspect);
		assert_int_equal(container.health, rows[i].health);
		container_finish(&container);
	}
}

static void the_network_that_it_was_made_with_comes_first(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct container container = read_container(inspect);

	(void)state;
	assert_int_equal(container.n_endpoints, 2);
	assert_string_equal(container.endpoints[0].network, "shop_front");
	assert_string_equal(container.endpoints[0].address, "172.19.0.9");
	assert_string_equal(container.endpoints[1].network, "shop_back");
	container_finish(&container);
}

static void a_published_port_is_read_with_both_its_sides(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct container container = read_container(inspect);

	(void)state;
	assert_int_equal(container.n_ports, 1);
	assert_int_equal(container.ports[0].inside, 8080);
	assert_int_equal(container.ports[0].outside, 80);
	container_finish(&container);
}

/* The image says max = 20, who started it said 8: that one is nobody else's. */
static void only_labels_that_are_the_same_in_the_image_come_from_it(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct container container = read_container(inspect);
	unsigned found = 0;

	(void)state;
	for (size_t i = 0; i < container.n_labels; i++) {
		const struct label *label = &container.labels[i];

		found += strcmp(label->key, "maintainer") == 0 && label->from_image;
		found += strcmp(label->key, "dockscale.max") == 0 && !label->from_image;
	}
	assert_int_equal(found, 2);
	assert_string_equal(container_label(&container, "dockscale.max"), "8");
	container_finish(&container);
}

/* The labels of a container that has only @key, with a value longer than any option takes. */
static struct container with_long_label(const char *key)
{
	char json[6000];

	(void)snprintf(json, sizeof(json), "{\"Labels\":{\"%s\":\"%05000d\"}}", key, 0);
	return changed("Config", json);
}

static void an_option_that_is_too_long_is_not_overheard(void **state)
{
	struct container container = with_long_label("dockscale.haproxy.backend");

	(void)state;
	assert_int_equal(container.n_labels, 1);
	assert_true(strlen(container.labels[0].value) >= CONFIG_TEXT_MAX);
	container_finish(&container);
}

static void a_long_label_of_somebody_else_is_left_out(void **state)
{
	struct container container = with_long_label("com.example.poem");

	(void)state;
	assert_int_equal(container.n_labels, 0);
	container_finish(&container);
}

static void every_state_of_the_engine_is_known(void **state)
{
	static const struct {
		const char *json;
		enum container_state state;
	} rows[] = {
		{ "{\"Status\":\"created\"}", CONTAINER_CREATED },
		{ "{\"Status\":\"running\"}", CONTAINER_RUNNING },
		{ "{\"Status\":\"paused\"}", CONTAINER_PAUSED },
		{ "{\"Status\":\"restarting\"}", CONTAINER_RESTARTING },
		{ "{\"Status\":\"removing\"}", CONTAINER_REMOVING },
		{ "{\"Status\":\"exited\"}", CONTAINER_EXITED },
		{ "{\"Status\":\"dead\"}", CONTAINER_EXITED },
		{ "{\"Status\":\"a word of tomorrow\"}", CONTAINER_EXITED },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct container container = changed("State", rows[i].json);

		assert_int_equal(container.state, rows[i].state);
		container_finish(&container);
	}
}

static void one_that_does_not_run_has_no_pid(void **state)
{
	struct container container = changed("State", "{\"Status\":\"exited\",\"Pid\":4711}");

	(void)state;
	assert_int_equal(container.pid, 0);
	container_finish(&container);
}

static void a_quota_is_a_limit_too(void **state)
{
	struct container container =
		changed("HostConfig", "{\"CpuQuota\":50000,\"CpuPeriod\":200000}");

	(void)state;
	assert_near(container.cpu_limit_cores, 0.25);
	container_finish(&container);
	container = changed("HostConfig", "{\"CpuQuota\":50000}");
	assert_near(container.cpu_limit_cores, 0.5);
	container_finish(&container);
}

static void limits_that_are_no_limits_are_none(void **state)
{
	static const char *const rows[] = { "{}", "{\"NanoCpus\":0,\"CpuQuota\":-1,\"Memory\":-1}",
		"{\"NanoCpus\":-5,\"Memory\":0}", "{\"NanoCpus\":\"2\",\"Memory\":true}",
		"{\"NanoCpus\":1e999,\"Memory\":1e999}", "{\"NanoCpus\":4611686018427387904}",
		"{\"CpuQuota\":4611686018427387904,\"CpuPeriod\":1}" };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct container container = changed("HostConfig", rows[i]);

		assert_near(container.cpu_limit_cores, 0);
		assert_int_equal(container.memory_limit_bytes, 0);
		container_finish(&container);
	}
}

static void what_has_no_id_or_no_state_is_no_container(void **state)
{
	static const char *const rows[] = { "{}", "[]", "7", "{\"Id\":\"abc\"}",
		"{\"State\":{\"Status\":\"running\"}}", "{\"Id\":7,\"State\":{}}",
		"{\"Id\":\"abc\",\"State\":\"running\"}", "{\"Id\":\"abc\",\"State\":null}" };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_json cJSON *inspect = docker_world_parse(rows[i]);
		struct container container = { 0 };
		struct err err = { 0 };

		assert_int_equal(inspect_container(inspect, NULL, &container, &err), ERR_INVALID);
		assert_string_not_equal(err.msg, "");
		container_finish(&container);
	}
}

static void times_are_read_to_the_microsecond_in_their_zone(void **state)
{
	(void)state;
	assert_true(inspect_time("1970-01-02T00:00:00Z") == 86400 * USEC_PER_SEC);
	assert_true(inspect_time("1970-01-02T00:00:00.0000019Z") == 86400 * USEC_PER_SEC + 1);
	assert_true(inspect_time("1970-01-02T02:30:00+02:30") == 86400 * USEC_PER_SEC);
	assert_true(inspect_time("1970-01-01T21:00:00-03:00") == 86400 * USEC_PER_SEC);
}

static void what_is_no_time_and_never_are_zero(void **state)
{
	static const char *const rows[] = { "", "0001-01-01T00:00:00Z", "yesterday", "2026-03-01",
		"1970-01-01T00:00:00Z", "1970-01-01T00:30:00+01:00" };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_true(inspect_time(rows[i]) == 0);
}

static void an_error_is_told_in_the_engines_own_words(void **state)
{
	char text[64];
	static const char json[] = "{\"message\":\"no such image\"}";

	(void)state;
	inspect_message(json, strlen(json), text, sizeof(text));
	assert_string_equal(text, "no such image");
	inspect_message("Bad Gateway", 11, text, sizeof(text));
	assert_string_equal(text, "Bad Gateway");
	inspect_message("", 0, text, sizeof(text));
	assert_string_equal(text, "");
}

/* It goes on to HAProxy's socket. */
static void what_is_no_address_is_no_endpoint(void **state)
{
	static const struct {
		const char *network;
		const char *address; /* NULL: no endpoint */
	} rows[] = {
		{ "{\"IPAddress\":\"10.0.0.2\"}", "10.0.0.2" },
		{ "{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"fd00::2\"}", "fd00::2" },
		{ "{\"IPAddress\":\"10.0.0.2; shutdown sessions\"}", NULL },
		{ "{\"IPAddress\":\"10.0.0\"}", NULL },
		{ "{\"IPAddress\":\"fd00::2\"}", NULL },
		{ "{\"IPAddress\":\"web\",\"GlobalIPv6Address\":\"10.0.0.2\"}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		char json[256];
		struct container container;

		(void)snprintf(json, sizeof(json), "{\"Networks\":{\"a\":%s}}", rows[i].network);
		container = changed("NetworkSettings", json);
		assert_int_equal(container.n_endpoints, rows[i].address != NULL);
		if (rows[i].address != NULL)
			assert_string_equal(container.endpoints[0].address, rows[i].address);
		container_finish(&container);
	}
}

static void the_first_network_may_be_meant_by_its_id(void **state)
{
	static const char *const modes[] = { "b", "5c1d2e3f4a5b", "5c1d" };

	(void)state;
	for (size_t i = 0; i < countof(modes); i++) {
		cleanup_json cJSON *inspect = docker_world_inspect();
		char json[64];
		struct container container;

		(void)snprintf(json, sizeof(json), "\"%s\"", modes[i]);
		docker_world_set(inspect, "HostConfig.NetworkMode", json);
		docker_world_set(inspect, "NetworkSettings.Networks",
			"{\"a\":{\"NetworkID\":\"1234\",\"IPAddress\":\"10.0.0.1\"},"
			"\"b\":{\"NetworkID\":\"5c1d2e3f4a5b\",\"IPAddress\":\"10.0.0.2\"}}");
		container = read_container(inspect);
		assert_string_equal(container.endpoints[0].network, "b");
		container_finish(&container);
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} rows[] = {
#define ROW(text) { text, sizeof(text) - 1 }
		ROW("{} x"),
		ROW("{}{}"),
		ROW("[1]]"),
		ROW("{\"a\":\"b\nc\"}"),
		ROW("{\"a\":\"\x01\"}"),
		ROW("{\x01}"),
		ROW("\xEF\xBB\xBF{}"),
		ROW("{\"a\":\"b\\u0000c\"}"),
		ROW("{}\0"),
		ROW("{\"a\":\"\0\"}"),
		ROW("{\"I\\u0064\":1}"),
		ROW("{\"a\":{\"\\u0044ns\" :1}}"),
		ROW("\""),
		ROW(""),
		ROW("{\"a\":\"\\"),
		ROW("\x0b{}"),
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cJSON *tree = NULL;
		struct err err = { 0 };

		assert_int_equal(
			jsontext_parse(rows[i].text, rows[i].length, &tree, &err), ERR_INVALID);
		assert_null(tree);
		assert_string_not_equal(err.msg, "");
	}
}

static void json_that_an_engine_writes_is_read(void **state)
{
	static const char *const rows[] = { " {} \n", "{\"a\":\"\\u0041\\n\\u003c\"}",
		"{\"a\\u003cb\":1}", "{\"a\\\"b\":1}", "{\"\\u00e4\":1}", "[\"\\u0041\"]", "7" };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_json cJSON *tree = docker_world_parse(rows[i]);

		assert_non_null(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_container_is_read),
		cmocka_unit_test(unhealthy_without_as_many_failures_as_it_takes_is_no_verdict),
		cmocka_unit_test(the_network_that_it_was_made_with_comes_first),
		cmocka_unit_test(a_published_port_is_read_with_both_its_sides),
		cmocka_unit_test(only_labels_that_are_the_same_in_the_image_come_from_it),
		cmocka_unit_test(an_option_that_is_too_long_is_not_overheard),
		cmocka_unit_test(a_long_label_of_somebody_else_is_left_out),
		cmocka_unit_test(every_state_of_the_engine_is_known),
		cmocka_unit_test(one_that_does_not_run_has_no_pid),
		cmocka_unit_test(a_quota_is_a_limit_too),
		cmocka_unit_test(limits_that_are_no_limits_are_none),
		cmocka_unit_test(what_has_no_id_or_no_state_is_no_container),
		cmocka_unit_test(times_are_read_to_the_microsecond_in_their_zone),
		cmocka_unit_test(what_is_no_time_and_never_are_zero),
		cmocka_unit_test(what_is_no_address_is_no_endpoint),
		cmocka_unit_test(the_first_network_may_be_meant_by_its_id),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(json_that_an_engine_writes_is_read),
		cmocka_unit_test(an_error_is_told_in_the_engines_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
