/* What may not be cloned, why, and how to cure it. */
#include "docker_world.h"

#include <adapter/docker/template.h>

/* The recorded container without what is refused in it. */
static cJSON *harmless(void)
{
	cJSON *inspect = docker_world_inspect();

	docker_world_set(inspect, "Mounts", "[]");
	docker_world_set(inspect, "HostConfig.PortBindings", "{}");
	docker_world_set(inspect, "NetworkSettings.Networks", "{}");
	docker_world_set(inspect, "Config.Labels", "{\"dockscale.service\":\"web\"}");
	return inspect;
}

static int judge(const cJSON *inspect, const struct service_config *config, char text[static 2048])
{
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };
	int r = template_judge(inspect, config, &findings, &err);

	(void)mem_strcpy(text, 2048, str_text(&findings));
	if (r < 0)
		assert_non_null(strstr(text, err.msg));
	return r;
}

static void assert_refused(const cJSON *inspect, const char *what, const char *cure)
{
	const struct service_config config = { 0 };
	char text[2048];

	assert_int_equal(judge(inspect, &config, text), ERR_REFUSED);
	assert_non_null(strstr(text, what));
	assert_non_null(strstr(text, cure));
	assert_non_null(strstr(text, "shop_web_1"));
}

static void assert_remark(const cJSON *inspect, const char *what)
{
	const struct service_config config = { 0 };
	char text[2048];

	assert_int_equal(judge(inspect, &config, text), 0);
	assert_non_null(strstr(text, what));
}

static void what_is_harmless_is_accepted_without_a_word(void **state)
{
	cleanup_json cJSON *inspect = harmless();
	const struct service_config config = { 0 };
	char text[2048];

	(void)state;
	assert_int_equal(judge(inspect, &config, text), 0);
	assert_string_equal(text, "");
}

static void a_writable_named_volume_is_refused(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();

	(void)state;
	assert_refused(inspect, "volume shop_data at /data is writable", "shared_volumes = allow");
}

static void a_writable_bind_mount_is_refused(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"bind\",\"Source\":\"/srv/db\",\"Destination\":\"/db\",\"RW\":true}]");
	assert_refused(inspect, "path /srv/db at /db is writable", "read-only (:ro)");
}

/* What is not known to be read-only is writable. */
static void a_mount_that_says_nothing_of_writing_is_refused(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"bind\",\"Source\":\"/srv/db\",\"Destination\":\"/db\"}]");
	assert_refused(inspect, "writable", ":ro");
}

static void read_only_mounts_and_memory_are_accepted(void **state)
{
	cleanup_json cJSON *inspect = harmless();
	const struct service_config config = { 0 };
	char text[2048];

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"bind\",\"Source\":\"/a\",\"Destination\":\"/a\",\"RW\":false},"
		"{\"Type\":\"tmpfs\",\"Destination\":\"/tmp\",\"RW\":true}]");
	assert_int_equal(judge(inspect, &config, text), 0);
	assert_string_equal(text, "");
}

static void an_anonymous_volume_is_each_clones_own(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"volume\",\"Name\":\"0123abcd\",\"Destination\":\"/x\",\"RW\":true}]");
	assert_remark(inspect, "begins with an empty one");
}

static void sharing_that_is_meant_is_allowed_and_told(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	const struct service_config config = { .shared_volumes = SHARED_VOLUMES_ALLOW };
	char text[2048];

	(void)state;
	assert_int_equal(judge(inspect, &config, text), 0);
	assert_non_null(strstr(text, "shared with all clones"));
}

static void the_hosts_network_and_another_containers_are_refused(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "HostConfig.NetworkMode", "\"host\"");
	assert_refused(inspect, "network_mode host", "network of its own");
	docker_world_set(inspect, "HostConfig.NetworkMode", "\"container:0123\"");
	assert_refused(inspect, "container:0123", "network of its own");
}

static void what_clones_do_not_get_is_told(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();

	(void)state;
	docker_world_set(inspect, "Mounts", "[]");
	assert_remark(inspect, "host port 80 is the container's own");
	assert_remark(inspect, "fixed address 172.19.0.9 is its own");
}

static void every_clone_needs_a_host_port_where_it_is_reached_by_one(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	const struct service_config config = { .haproxy.address = BALANCER_ADDRESS_HOST_PORT };
	char text[2048];

	(void)state;
	docker_world_set(inspect, "Mounts", "[]");
	assert_false(template_ports_are_free(inspect));
	assert_int_equal(judge(inspect, &config, text), ERR_REFUSED);
	assert_non_null(strstr(text, "-p 8080"));
	docker_world_set(inspect, "HostConfig.PortBindings",
		"{\"8080/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}");
	assert_true(template_ports_are_free(inspect));
	assert_int_equal(judge(inspect, &config, text), 0);
}

static void a_secret_that_compose_copied_in_is_refused(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	cleanup_json cJSON *changes =
		docker_world_parse("[{\"Path\":\"/run/secrets\",\"Kind\":1},{\"Path\":\"/run/"
				   "secrets/key\",\"Kind\":1}]");
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(template_wants_changes(inspect));
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), ERR_REFUSED);
	assert_non_null(strstr(err.msg, "/run/secrets/key"));
	assert_non_null(strstr(err.msg, "file:"));
}

static void a_secret_that_is_mounted_is_accepted(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	cleanup_json cJSON *changes =
		docker_world_parse("[{\"Path\":\"/run/secrets/key\",\"Kind\":1}]");
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"bind\",\"Source\":\"/k\",\"Destination\":\"/run/secrets/key\"}]");
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), 0);
	assert_int_equal(template_judge_changes(inspect, NULL, &findings, &err), 0);
}

static void a_network_that_is_called_almost_so_is_accepted(void **state)
{
	cleanup_json cJSON *inspect = harmless();
	const struct service_config config = { 0 };
	char text[2048];

	(void)state;
	docker_world_set(inspect, "HostConfig.NetworkMode", "\"hosts\"");
	assert_int_equal(judge(inspect, &config, text), 0);
	docker_world_set(inspect, "HostConfig.NetworkMode", "\"containers\"");
	assert_int_equal(judge(inspect, &config, text), 0);
}

static void a_writable_mount_of_an_unknown_kind_is_refused(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"cluster\",\"Source\":\"x\",\"Destination\":\"/x\",\"RW\":true}]");
	assert_refused(inspect, "x at /x is writable", ":ro");
}

static void a_volume_that_a_mount_names_is_not_anonymous(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "HostConfig.Mounts",
		"[{\"Type\":\"volume\",\"Source\":\"orders\",\"Target\":\"/x\"}]");
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"volume\",\"Name\":\"orders\",\"Destination\":\"/x\",\"RW\":true}]");
	assert_refused(inspect, "volume orders at /x is writable", ":ro");
}

static void a_volume_of_another_container_is_not_anonymous(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "HostConfig.VolumesFrom", "[\"database\"]");
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"volume\",\"Name\":\"0123abcd\",\"Destination\":\"/x\",\"RW\":true}]");
	assert_refused(inspect, "volume 0123abcd at /x is writable", ":ro");
}

static void a_volume_is_not_named_by_a_longer_name(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "HostConfig.Binds", "[\"0123abcd:/y:ro\",17]");
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"volume\",\"Name\":\"0123\",\"Destination\":\"/x\",\"RW\":true}]");
	assert_remark(inspect, "begins with an empty one");
}

static void one_fixed_port_among_free_ones_is_not_free(void **state)
{
	cleanup_json cJSON *inspect = harmless();

	(void)state;
	docker_world_set(inspect, "HostConfig.PublishAllPorts", "true");
	assert_true(template_ports_are_free(inspect));
	docker_world_set(inspect, "HostConfig.PortBindings",
		"{\"80/tcp\":[{\"HostPort\":\"0\"}],\"81/tcp\":[{},{\"HostPort\":\"81\"}]}");
	assert_false(template_ports_are_free(inspect));
	assert_false(template_ports_are_free(NULL));
}

static void no_published_port_is_refused_where_each_clone_needs_one(void **state)
{
	cleanup_json cJSON *inspect = harmless();
	const struct service_config config = { .haproxy.address = BALANCER_ADDRESS_HOST_PORT };
	char text[2048];

	(void)state;
	assert_int_equal(judge(inspect, &config, text), ERR_REFUSED);
	assert_non_null(strstr(text, "address = container"));
}

static void rights_and_removal_are_told(void **state)
{
	static const struct {
		const char *at;
		const char *json;
		const char *remark;
	} rows[] = {
		{ "HostConfig.Privileged", "true", "it is privileged, and so is every clone" },
		{ "HostConfig.Devices", "[{\"PathOnHost\":\"/dev/fuse\"}]", "its devices" },
		{ "HostConfig.DeviceRequests", "[{\"Count\":-1}]", "its devices" },
		{ "HostConfig.AutoRemove", "true", "(--rm)" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		cleanup_json cJSON *inspect = harmless();

		docker_world_set(inspect, rows[i].at, rows[i].json);
		assert_remark(inspect, rows[i].remark);
	}
}

static void all_findings_are_told_and_the_first_refusal_is_the_message(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	const struct service_config config = { 0 };
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	docker_world_set(inspect, "HostConfig.NetworkMode", "\"host\"");
	assert_int_equal(template_judge(inspect, &config, &findings, &err), ERR_REFUSED);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.msg, "container shop_web_1: it uses the host's network"));
	assert_non_null(strstr(str_text(&findings), "refused: container shop_web_1: it uses"));
	assert_non_null(strstr(str_text(&findings), "refused: container shop_web_1: volume"));
	assert_non_null(strstr(str_text(&findings), "remark: container shop_web_1: host port"));
}

static void an_inspect_that_is_no_json_is_invalid_and_not_refused(void **state)
{
	const struct service_config config = { 0 };
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(docker_judge_template("<html>", &config, &findings, &err), ERR_INVALID);
	assert_string_equal(str_text(&findings), "");
}

static void members_of_another_type_say_nothing(void **state)
{
	cleanup_json cJSON *inspect = docker_world_parse(
		"{\"Name\":7,\"HostConfig\":{\"NetworkMode\":5,\"PortBindings\":[1],\"Binds\":"
		"\"a\","
		"\"Privileged\":\"yes\",\"AutoRemove\":1},\"Mounts\":{},\"NetworkSettings\":[],"
		"\"Config\":\"\"}");
	const struct service_config config = { 0 };
	char text[2048];

	(void)state;
	assert_int_equal(judge(inspect, &config, text), 0);
	assert_string_equal(text, "");
}

static void changes_that_are_no_copied_secret_are_no_matter(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	cleanup_json cJSON *changes = docker_world_parse(
		"[{\"Path\":\"/run/nginx.pid\",\"Kind\":1},{\"Path\":\"/run/secrets/a\","
		"\"Kind\":0},{\"Path\":\"/run/secrets/b\",\"Kind\":2},{},5]");
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), 0);
	assert_string_equal(str_text(&findings), "");
}

static void a_mount_at_the_beginning_of_its_name_does_not_excuse_a_secret(void **state)
{
	cleanup_json cJSON *inspect = docker_world_inspect();
	cleanup_json cJSON *changes =
		docker_world_parse("[{\"Path\":\"/run/secrets/key2\",\"Kind\":1}]");
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	docker_world_set(inspect, "Mounts", "[{\"Destination\":\"/run/secrets/key\"}]");
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), ERR_REFUSED);
	docker_world_set(inspect, "Mounts", "[{\"Destination\":\"/run/secrets\"}]");
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), 0);
	docker_world_set(inspect, "Mounts", "[{\"Destination\":\"/run/secrets/\"}]");
	assert_int_equal(template_judge_changes(inspect, changes, &findings, &err), 0);
}

static void a_finding_is_one_line_that_commands_no_terminal(void **state)
{
	cleanup_json cJSON *inspect = harmless();
	const struct service_config config = { 0 };
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	(void)state;
	docker_world_set(inspect, "Mounts",
		"[{\"Type\":\"bind\",\"Source\":\"/a\\u001b[2J\",\"Destination\":\"/b\\nok\","
		"\"RW\":true},{\"Type\":\"volume\",\"Name\":\"v\",\"Destination\":\"/c\\r\\u007f\","
		"\"RW\":true}]");
	assert_int_equal(template_judge(inspect, &config, &findings, &err), ERR_REFUSED);
	assert_non_null(strstr(err.msg, "path /a?[2J at /b?ok is writable"));
	assert_non_null(strstr(str_text(&findings), "path /a?[2J at /b?ok is writable"));
	assert_non_null(strstr(str_text(&findings), "the volume at /c?? has no name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_harmless_is_accepted_without_a_word),
		cmocka_unit_test(a_writable_named_volume_is_refused),
		cmocka_unit_test(a_writable_bind_mount_is_refused),
		cmocka_unit_test(a_mount_that_says_nothing_of_writing_is_refused),
		cmocka_unit_test(read_only_mounts_and_memory_are_accepted),
		cmocka_unit_test(an_anonymous_volume_is_each_clones_own),
		cmocka_unit_test(sharing_that_is_meant_is_allowed_and_told),
		cmocka_unit_test(the_hosts_network_and_another_containers_are_refused),
		cmocka_unit_test(what_clones_do_not_get_is_told),
		cmocka_unit_test(every_clone_needs_a_host_port_where_it_is_reached_by_one),
		cmocka_unit_test(a_secret_that_compose_copied_in_is_refused),
		cmocka_unit_test(a_secret_that_is_mounted_is_accepted),
		cmocka_unit_test(a_network_that_is_called_almost_so_is_accepted),
		cmocka_unit_test(a_writable_mount_of_an_unknown_kind_is_refused),
		cmocka_unit_test(a_volume_that_a_mount_names_is_not_anonymous),
		cmocka_unit_test(a_volume_of_another_container_is_not_anonymous),
		cmocka_unit_test(a_volume_is_not_named_by_a_longer_name),
		cmocka_unit_test(one_fixed_port_among_free_ones_is_not_free),
		cmocka_unit_test(no_published_port_is_refused_where_each_clone_needs_one),
		cmocka_unit_test(rights_and_removal_are_told),
		cmocka_unit_test(all_findings_are_told_and_the_first_refusal_is_the_message),
		cmocka_unit_test(an_inspect_that_is_no_json_is_invalid_and_not_refused),
		cmocka_unit_test(members_of_another_type_say_nothing),
		cmocka_unit_test(changes_that_are_no_copied_secret_are_no_matter),
		cmocka_unit_test(a_mount_at_the_beginning_of_its_name_does_not_excuse_a_secret),
		cmocka_unit_test(a_finding_is_one_line_that_commands_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
