/* What a clone has of its template, and what it must not have. */
#include "docker_world.h"

#include <adapter/docker/clone.h>

static struct clone clone_of(const char *inspect)
{
	return (struct clone){
		.inspect = jsontext_span(inspect),
		.name = "ds-here-web-1a2b3c",
		.service = "web",
		.instance = "here",
		.spec = "0123456789abcdef",
	};
}

/* The body that is sent, read back. */
static cJSON *body_of(const struct clone *clone)
{
	cleanup_str struct str body = { 0 };

	clone_body(clone, &body);
	return docker_world_parse(str_text(&body));
}

static cJSON *recorded_body(void)
{
	cleanup_free char *inspect = recorded("docker", "inspect.json");
	struct clone clone = clone_of(inspect);

	return body_of(&clone);
}

static void command_environment_and_limits_are_the_templates(void **state)
{
	cleanup_json cJSON *body = recorded_body();
	cleanup_json cJSON *inspect = docker_world_inspect();
	static const char *const same[] = { "Cmd", "Env", "Entrypoint", "User", "WorkingDir" };

	(void)state;
	for (size_t i = 0; i < countof(same); i++)
		assert_true(cJSON_Compare(jsontext_get(body, same[i]),
			jsontext_path(inspect, "Config", same[i]), true));
	assert_near(jsontext_number(jsontext_get(body, "HostConfig"), "NanoCpus"), 1.5e9);
	assert_near(jsontext_number(jsontext_get(body, "HostConfig"), "Memory"), 268435456);
	assert_true(cJSON_Compare(jsontext_path(body, "HostConfig", "Ulimits"),
		jsontext_path(inspect, "HostConfig", "Ulimits"), true));
}

/* The tag may have moved on since the template was made. */
static void the_image_is_the_same_by_its_digest(void **state)
{
	cleanup_json cJSON *body = recorded_body();

	(void)state;
	assert_memory_equal(jsontext_string(body, "Image"), "sha256:5e5e", 11);
}

static void labels_say_whose_it_is_and_nothing_of_compose(void **state)
{
	cleanup_json cJSON *body = recorded_body();
	const cJSON *labels = jsontext_get(body, "Labels");

	(void)state;
	assert_string_equal(jsontext_string(labels, LABEL_OWNER), "here");
	assert_string_equal(jsontext_string(labels, LABEL_SERVICE), "web");
	assert_string_equal(jsontext_string(labels, LABEL_ROLE), "replica");
	assert_string_equal(jsontext_string(labels, LABEL_INTENT), "ds-here-web-1a2b3c");
	assert_string_equal(jsontext_string(labels, LABEL_SPEC), "0123456789abcdef");
	assert_string_equal(jsontext_string(labels, "tier"), "front");
	assert_null(jsontext_get(labels, "dockscale.max"));
	assert_null(jsontext_get(labels, "com.docker.compose.project"));
}

static void a_clone_of_composes_is_one_more_of_its_replicas(void **state)
{
	static const char text[] =
		"{\"Image\":\"i\",\"Config\":{\"Labels\":{\"com.docker.compose.project\":\"p\","
		"\"com.docker.compose.service\":\"web\",\"com.docker.compose.config-hash\":\"h\","
		"\"com.docker.compose.container-number\":\"1\",\"com.docker.compose.slug\":\"s\","
		"\"com.docker.compose.replace\":\"r\",\"dockscale.compose\":\"compatible\"}}}";
	struct clone clone = clone_of(text);

	(void)state;
	clone.compose = true;
	cleanup_json cJSON *body = body_of(&clone);
	const cJSON *labels = jsontext_get(body, "Labels");
	assert_string_equal(jsontext_string(labels, "com.docker.compose.project"), "p");
	assert_string_equal(jsontext_string(labels, "com.docker.compose.service"), "web");
	assert_string_equal(jsontext_string(labels, "com.docker.compose.config-hash"), "h");
	assert_int_equal(strlen(jsontext_string(labels, "com.docker.compose.container-number")), 4);
	assert_null(jsontext_get(labels, "com.docker.compose.slug"));
	assert_null(jsontext_get(labels, "com.docker.compose.replace"));
	assert_null(jsontext_get(labels, "dockscale.compose"));
}

static void names_ports_and_addresses_are_not_shared(void **state)
{
	cleanup_json cJSON *body = recorded_body();
	const cJSON *host = jsontext_get(body, "HostConfig");
	const cJSON *front = jsontext_get(
		jsontext_path(body, "NetworkingConfig", "EndpointsConfig"), "shop_front");

	(void)state;
	assert_string_equal(jsontext_string(body, "Hostname"), "");
	assert_int_equal(cJSON_GetArraySize(jsontext_get(host, "PortBindings")), 0);
	assert_non_null(front);
	assert_null(jsontext_get(front, "Aliases"));
	assert_null(jsontext_get(front, "IPAMConfig"));
	assert_null(jsontext_get(front, "MacAddress"));
}

static void a_host_name_that_was_chosen_is_kept(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	cleanup_free char *text = NULL;
	struct clone clone;

	(void)state;
	docker_world_set(inspect, "Config.Hostname", "\"shop\"");
	text = cJSON_PrintUnformatted(inspect);
	clone = clone_of(text);
	cleanup_json cJSON *body = body_of(&clone);
	assert_string_equal(jsontext_string(body, "Hostname"), "shop");
}

static void it_restarts_on_failure_and_is_never_removed_by_itself(void **state)
{
	cleanup_json cJSON *body = recorded_body();
	const cJSON *host = jsontext_get(body, "HostConfig");
	const cJSON *policy = jsontext_get(host, "RestartPolicy");

	(void)state;
	assert_string_equal(jsontext_string(policy, "Name"), "on-failure");
	assert_near(jsontext_number(policy, "MaximumRetryCount"), 3);
	assert_false(jsontext_bool(host, "AutoRemove"));
}

static void free_host_ports_are_kept_on_request(void **state)
{
	cleanup_free char *inspect = recorded("docker", "inspect.json");
	struct clone clone = clone_of(inspect);

	(void)state;
	clone.keep_ports = true;
	cleanup_json cJSON *body = body_of(&clone);
	assert_int_equal(cJSON_GetArraySize(jsontext_path(body, "HostConfig", "PortBindings")), 1);
}

/* Before API 1.44 a create takes one network: the one that the template was made with. */
static void the_other_networks_are_connected_afterwards_by_an_old_engine(void **state)
{
	cleanup_free char *inspect = recorded("docker", "inspect.json");
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	struct clone clone = clone_of(inspect);

	(void)state;
	assert_int_equal(clone_connects(&clone, connects), 0);
	clone.one_network = true;
	cleanup_json cJSON *body = body_of(&clone);
	const cJSON *endpoints = jsontext_path(body, "NetworkingConfig", "EndpointsConfig");
	assert_int_equal(cJSON_GetArraySize(endpoints), 1);
	assert_non_null(jsontext_get(endpoints, "shop_front"));
	assert_int_equal(clone_connects(&clone, connects), 1);
	assert_memory_equal(connects[0].network, "d3e4", 4);
	assert_string_equal(connects[0].endpoint, "{}");
	free(connects[0].network);
	free(connects[0].endpoint);
}

/* What this version of the engine knows and we do not, digits included. */
static void what_is_not_known_goes_through_as_it_came(void **state)
{
	static const char inspect[] =
		"{\"Id\":\"a\",\"Image\":\"i\",\"Config\":{\"Tomorrow\":[1.50,{\"x\":null}]},"
		"\"HostConfig\":{\"Big\":12345678901234567890}}";
	struct clone clone = clone_of(inspect);
	cleanup_str struct str body = { 0 };

	(void)state;
	clone_body(&clone, &body);
	assert_non_null(strstr(str_text(&body), "\"Tomorrow\":[1.50,{\"x\":null}]"));
	assert_non_null(strstr(str_text(&body), "\"Big\":12345678901234567890"));
}

static void a_name_in_a_path_is_escaped(void **state)
{
	cleanup_str struct str out = { 0 };

	(void)state;
	clone_escape(&out, jsontext_span("a/b c?%~"));
	assert_string_equal(str_text(&out), "a%2Fb%20c%3F%25~");
}

/* The clone of an inspect that is given as text. */
static cJSON *body_of_text(const char *inspect, bool one_network)
{
	struct clone clone = clone_of(inspect);

	clone.one_network = one_network;
	return body_of(&clone);
}

/* A value's text without blanks. */
static void assert_value(const cJSON *object, const char *key, const char *expected)
{
	char *text = cJSON_PrintUnformatted(jsontext_get(object, key));

	assert_non_null(text);
	assert_string_equal(text, expected);
	cJSON_free(text);
}

static void facts_that_are_no_specification_are_dropped(void **state)
{
	static const char *const facts[] = { "Id", "Name", "State", "Mounts", "NetworkSettings",
		"Config", "Created", "Path", "Args", "MacAddress" };
	cleanup_json cJSON *body = recorded_body();

	(void)state;
	for (size_t i = 0; i < countof(facts); i++)
		assert_null(jsontext_get(body, facts[i]));
	assert_null(jsontext_path(body, "HostConfig", "ContainerIDFile"));
}

static void a_template_that_bears_marks_has_a_clone_with_ours_alone(void **state)
{
	cleanup_json cJSON *body =
		body_of_text("{\"Image\":\"i\",\"Config\":{\"Labels\":{\"dockscale.owner\":"
			     "\"there\",\"dockscale.role\":\"x\",\"a\":\"\\u003cb\\u003e\"}}}",
			false);
	const cJSON *labels = jsontext_get(body, "Labels");

	(void)state;
	assert_int_equal(cJSON_GetArraySize(labels), 6);
	assert_string_equal(jsontext_string(labels, LABEL_OWNER), "here");
	assert_string_equal(jsontext_string(labels, "a"), "<b>");
}

static void a_template_without_labels_has_a_clone_with_ours(void **state)
{
	static const char *const texts[] = { "{\"Image\":\"i\"}",
		"{\"Image\":\"i\",\"Config\":{\"Labels\":null}}",
		"{\"Image\":\"i\",\"Config\":{\"Labels\":{}},\"HostConfig\":{}}" };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		cleanup_json cJSON *body = body_of_text(texts[i], false);

		assert_int_equal(cJSON_GetArraySize(jsontext_get(body, "Labels")), 5);
	}
}

/* The engine tells "/db:/web/database" of what was asked for as "db:database". */
static void links_are_asked_for_as_the_engine_wants_them(void **state)
{
	cleanup_json cJSON *body =
		body_of_text("{\"Image\":\"i\",\"HostConfig\":{\"Links\":[\"/cache:/web/cache\","
			     "\"/db-1:/web/database\",\"a:b\",\"c\",\"\",5]}}",
			false);

	(void)state;
	assert_value(jsontext_get(body, "HostConfig"), "Links",
		"[\"cache:cache\",\"db-1:database\",\"a:b\",\"c\",\"\",5]");
}

static void an_endpoint_keeps_its_links_and_options(void **state)
{
	cleanup_json cJSON *body = body_of_text(
		"{\"Image\":\"i\",\"NetworkSettings\":{\"Networks\":{\"a\":{\"Links\":[\"db:d\"],"
		"\"DriverOpts\":{\"q\":\"8\"},\"IPAddress\":\"10.0.0.2\"},"
		"\"b\":{\"Links\":null,\"DriverOpts\":null,\"Aliases\":[\"web\"]}}}}",
		false);
	const cJSON *endpoints = jsontext_path(body, "NetworkingConfig", "EndpointsConfig");

	(void)state;
	assert_value(endpoints, "a", "{\"Links\":[\"db:d\"],\"DriverOpts\":{\"q\":\"8\"}}");
	assert_value(endpoints, "b", "{}");
}

static void without_a_network_there_is_nothing_to_configure(void **state)
{
	cleanup_json cJSON *body = body_of_text(
		"{\"Image\":\"i\",\"HostConfig\":{\"NetworkMode\":\"none\"},"
		"\"NetworkSettings\":{\"Networks\":{\"none\":{\"NetworkID\":\"5c1d\"}}}}",
		false);

	(void)state;
	assert_value(body, "NetworkingConfig", "{\"EndpointsConfig\":{}}");
}

/* Of two networks one is given with the create: the other one is left to connect. */
static void assert_connected_once(const char *text)
{
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	struct clone clone = clone_of(text);

	clone.one_network = true;
	assert_int_equal(clone_connects(&clone, connects), 1);
	free(connects[0].network);
	free(connects[0].endpoint);
}

static void an_old_engine_is_given_the_network_that_the_mode_means(void **state)
{
	static const struct {
		const char *mode;
		const char *endpoints;
	} rows[] = {
		{ "shop", "{\"EndpointsConfig\":{\"shop\":{}}}" },
		{ "a9b8c7d6e5f4", "{\"EndpointsConfig\":{\"shop\":{}}}" }, /* the id of shop */
		{ "a9b8c7d6", "{\"EndpointsConfig\":{\"shop\":{}}}" }, /* its beginning */
		{ "default", "{\"EndpointsConfig\":{\"bridge\":{}}}" },
		{ "", "{\"EndpointsConfig\":{\"bridge\":{}}}" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text),
			"{\"Image\":\"i\",\"HostConfig\":{\"NetworkMode\":\"%s\"},"
			"\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"NetworkID\":\"1\"},"
			"\"shop\":{\"NetworkID\":\"a9b8c7d6e5f4\"}}}}",
			rows[i].mode);
		cleanup_json cJSON *body = body_of_text(text, true);
		assert_value(body, "NetworkingConfig", rows[i].endpoints);
		assert_connected_once(text);
	}
}

static void networks_beyond_the_most_are_not_connected(void **state)
{
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	cleanup_str struct str text = { 0 };
	struct clone clone;

	(void)state;
	str_append(&text, "{\"NetworkSettings\":{\"Networks\":{\"a/b\":{}");
	for (int i = 0; i < 40; i++)
		str_appendf(&text, ",\"n%d\":{}", i);
	str_append(&text, "}}}");
	clone = clone_of(str_text(&text));
	clone.one_network = true;
	assert_int_equal(clone_connects(&clone, connects), CLONE_CONNECTS_MAX);
	assert_string_equal(connects[0].network, "a%2Fb");
	for (size_t i = 0; i < CLONE_CONNECTS_MAX; i++) {
		free(connects[i].network);
		free(connects[i].endpoint);
	}
}

static void an_inspect_without_an_image_gives_a_body_that_the_engine_can_refuse(void **state)
{
	cleanup_json cJSON *body = body_of_text("{\"Id\":\"a\"}", false);

	(void)state;
	assert_value(body, "Image", "\"\"");
}

/* Podman tells some of what a create takes in words that its create refuses. */
static void what_podman_tells_is_asked_for_as_it_takes_it(void **state)
{
	cleanup_free char *inspect = recorded("docker", "inspect-podman.json");
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	struct clone clone = clone_of(inspect);
	const cJSON *limit;
	const cJSON *variable;

	(void)state;
	clone.one_network = true; /* by the version that it gives */
	cleanup_json cJSON *body = body_of(&clone);
	const cJSON *host = jsontext_get(body, "HostConfig");
	assert_near(jsontext_number(host, "NanoCpus"), 5e8);
	assert_near(jsontext_number(host, "CpuQuota"), 0);
	assert_near(jsontext_number(host, "CpuPeriod"), 0);
	limit = cJSON_GetArrayItem(jsontext_get(host, "Ulimits"), 0);
	assert_string_equal(jsontext_string(limit, "Name"), "nofile");
	assert_near(jsontext_number(limit, "Hard"), 1024);
	cJSON_ArrayForEach (variable, jsontext_get(body, "Env"))
		assert_null(strstr(cJSON_GetStringValue(variable), "HOSTNAME"));
	assert_int_equal(cJSON_GetArraySize(jsontext_get(body, "Env")), 4);
	assert_int_equal(
		cJSON_GetArraySize(jsontext_path(body, "NetworkingConfig", "EndpointsConfig")), 2);
	assert_int_equal(clone_connects(&clone, connects), 0);
}

/* Without a limit in cores the kernel's own numbers count, on any engine. */
static void a_quota_without_cores_is_kept(void **state)
{
	cleanup_json cJSON *body =
		body_of_text("{\"Id\":\"a\",\"Image\":\"i\",\"Config\":{},\"HostConfig\":{"
			     "\"NanoCpus\":0,\"CpuPeriod\":50000,\"CpuQuota\":25000}}",
			false);
	const cJSON *host = jsontext_get(body, "HostConfig");

	(void)state;
	assert_near(jsontext_number(host, "CpuPeriod"), 50000);
	assert_near(jsontext_number(host, "CpuQuota"), 25000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_environment_and_limits_are_the_templates),
		cmocka_unit_test(the_image_is_the_same_by_its_digest),
		cmocka_unit_test(labels_say_whose_it_is_and_nothing_of_compose),
		cmocka_unit_test(a_clone_of_composes_is_one_more_of_its_replicas),
		cmocka_unit_test(names_ports_and_addresses_are_not_shared),
		cmocka_unit_test(a_host_name_that_was_chosen_is_kept),
		cmocka_unit_test(it_restarts_on_failure_and_is_never_removed_by_itself),
		cmocka_unit_test(free_host_ports_are_kept_on_request),
		cmocka_unit_test(the_other_networks_are_connected_afterwards_by_an_old_engine),
		cmocka_unit_test(what_is_not_known_goes_through_as_it_came),
		cmocka_unit_test(a_name_in_a_path_is_escaped),
		cmocka_unit_test(facts_that_are_no_specification_are_dropped),
		cmocka_unit_test(a_template_that_bears_marks_has_a_clone_with_ours_alone),
		cmocka_unit_test(a_template_without_labels_has_a_clone_with_ours),
		cmocka_unit_test(links_are_asked_for_as_the_engine_wants_them),
		cmocka_unit_test(an_endpoint_keeps_its_links_and_options),
		cmocka_unit_test(without_a_network_there_is_nothing_to_configure),
		cmocka_unit_test(an_old_engine_is_given_the_network_that_the_mode_means),
		cmocka_unit_test(networks_beyond_the_most_are_not_connected),
		cmocka_unit_test(what_podman_tells_is_asked_for_as_it_takes_it),
		cmocka_unit_test(a_quota_without_cores_is_kept),
		cmocka_unit_test(
			an_inspect_without_an_image_gives_a_body_that_the_engine_can_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
