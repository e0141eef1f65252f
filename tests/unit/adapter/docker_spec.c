/* What makes a clone outdated, and what must never do so. */
#include "docker_world.h"

#include <adapter/docker/spec.h>

struct spec {
	char text[CONTAINER_SPEC_BYTES];
};

static struct spec spec_of(const char *inspect)
{
	struct spec spec;

	spec_of_inspect(jsontext_span(inspect), spec.text);
	return spec;
}

static struct spec spec_of_tree(const cJSON *inspect)
{
	cleanup_free char *text = cJSON_PrintUnformatted(inspect);

	return spec_of(text);
}

/* Of the recorded container with one thing put in its place. */
static struct spec changed(const char *at, const char *json)
{
	cleanup_json cJSON *inspect = docker_world_inspect();

	docker_world_set(inspect, at, json);
	return spec_of_tree(inspect);
}

static void what_a_clone_would_get_counts(void **state)
{
	static const struct {
		const char *at;
		const char *json;
	} rows[] = {
		{ "Image", "\"sha256:0123\"" },
		{ "Config.Env", "[\"A=2\"]" },
		{ "Config.Cmd", "[\"/other\"]" },
		{ "Config.Labels", "{\"tier\":\"back\"}" },
		{ "Config.Healthcheck", "{\"Test\":[\"CMD\",\"true\"]}" },
		{ "Config.User", "\"nobody\"" },
		{ "Config.Hostname", "\"chosen\"" },
		{ "HostConfig.Memory", "4096" },
		{ "HostConfig.NanoCpus", "4096" },
		{ "HostConfig.Binds", "[\"data:/data:ro\"]" },
		{ "HostConfig.CapDrop", "[\"ALL\"]" },
		{ "Config.Volumes", "{\"/other\":{}}" },
		{ "Config.ExposedPorts", "{\"81/tcp\":{}}" },
		{ "NetworkSettings.Networks", "{\"other\":{}}" },
	};
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct spec recorded = spec_of_tree(inspect);

	(void)state;
	assert_int_equal(strlen(recorded.text), CONTAINER_SPEC_BYTES - 1);
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_not_equal(changed(rows[i].at, rows[i].json).text, recorded.text);
}

static void what_is_one_containers_own_does_not_count(void **state)
{
	static const struct {
		const char *at;
		const char *json;
	} rows[] = {
		{ "Name", "\"/other\"" },
		{ "Created", "\"2030-01-01T00:00:00Z\"" },
		{ "State", "{\"Status\":\"exited\"}" },
		{ "Config.Hostname", "\"\"" },
		{ "Config.AttachStdout", "true" },
		{ "HostConfig.ConsoleSize", "[24,80]" },
		{ "HostConfig.PortBindings", "{\"80/tcp\":[{\"HostPort\":\"1\"}]}" },
		{ "HostConfig.RestartPolicy", "{\"Name\":\"always\"}" },
		{ "HostConfig.NewInLaterEngines", "null" },
		{ "HostConfig.AnotherNewOne", "{\"Inner\":[],\"Other\":false}" },
	};
	cleanup_json cJSON *inspect = docker_world_inspect();
	struct spec recorded = spec_of_tree(inspect);

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(changed(rows[i].at, rows[i].json).text, recorded.text);
}

static void labels_of_ours_and_of_compose_do_not_count(void **state)
{
	(void)state;
	assert_string_equal(changed("Config.Labels", "{\"tier\":\"front\",\"dockscale.max\":\"3\","
						     "\"com.docker.compose.config-hash\":\"0123\"}")
				    .text,
		changed("Config.Labels", "{\"tier\":\"front\"}").text);
}

/* Compose 2 writes the environment in any order. */
static void the_order_counts_only_where_it_says_something(void **state)
{
	(void)state;
	assert_string_equal(changed("Config.Env", "[\"A=1\",\"B=2\"]").text,
		changed("Config.Env", "[\"B=2\",\"A=1\"]").text);
	assert_string_not_equal(changed("Config.Cmd", "[\"a\",\"b\"]").text,
		changed("Config.Cmd", "[\"b\",\"a\"]").text);
	assert_string_not_equal(
		changed("Config.Cmd", "[\"a\",\"\"]").text, changed("Config.Cmd", "[\"a\"]").text);
	assert_string_not_equal(
		changed("Config.Healthcheck", "{\"Test\":[\"CMD\",\"a\",\"b\"]}").text,
		changed("Config.Healthcheck", "{\"Test\":[\"CMD\",\"b\",\"a\"]}").text);
}

/* Both Composes hand the anonymous volumes of a former container on to its successor. */
static void an_anonymous_volume_that_was_handed_on_does_not_count(void **state)
{
#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	struct spec none = changed("HostConfig.Binds", "[\"data:/data:ro\"]");

	(void)state;
	assert_string_equal(
		changed("HostConfig.Binds", "[\"" DIGITS ":/scratch:rw\",\"data:/data:ro\"]").text,
		none.text);
	assert_string_not_equal(
		changed("HostConfig.Binds", "[\"" DIGITS "0:/scratch:rw\",\"data:/data:ro\"]").text,
		none.text);
	assert_string_equal(
		changed("HostConfig.Mounts", "[{\"Type\":\"volume\",\"Source\":\"" DIGITS "\"}]")
			.text,
		changed("HostConfig.Mounts", "[]").text);
}

static void without_an_image_it_is_not_known(void **state)
{
	(void)state;
	assert_string_equal(spec_of("{\"Id\":\"a\",\"Config\":{}}").text, "");
	assert_string_equal(spec_of("{\"Id\":\"a\",\"Image\":\"\"}").text, "");
}

static void ours_bear_it_as_a_label(void **state)
{
	static const struct {
		const char *label;
		const char *spec;
	} rows[] = {
		{ "0123456789abcdef", "0123456789abcdef" },
		{ "0123456789ABCDEF", "" },
		{ "0123456789abcde", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct container clone = { 0 };

		assert_int_equal(container_add_label(&clone, LABEL_OWNER, "here", false), 0);
		assert_int_equal(container_add_label(&clone, LABEL_SPEC, rows[i].label, false), 0);
		spec_fill(&clone, jsontext_span("{\"Image\":\"sha256:1\"}"));
		assert_string_equal(clone.spec, rows[i].spec);
		container_finish(&clone);
	}
}

static void a_clone_from_before_there_were_specs_has_none(void **state)
{
	struct container clone = { 0 };

	(void)state;
	assert_int_equal(container_add_label(&clone, LABEL_OWNER, "here", false), 0);
	spec_fill(&clone, jsontext_span("{\"Image\":\"sha256:1\"}"));
	assert_string_equal(clone.spec, "");
	container_finish(&clone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_clone_would_get_counts),
		cmocka_unit_test(what_is_one_containers_own_does_not_count),
		cmocka_unit_test(labels_of_ours_and_of_compose_do_not_count),
		cmocka_unit_test(the_order_counts_only_where_it_says_something),
		cmocka_unit_test(an_anonymous_volume_that_was_handed_on_does_not_count),
		cmocka_unit_test(without_an_image_it_is_not_known),
		cmocka_unit_test(ours_bear_it_as_a_label),
		cmocka_unit_test(a_clone_from_before_there_were_specs_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
