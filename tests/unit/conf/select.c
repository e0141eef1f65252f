/* Which service a container belongs to: its label as far as it may speak, then the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

struct selected {
	int result;
	char service[CONFIG_NAME_MAX];
	const struct service_file *file;
	struct err err;
};

static int setup(void **state)
{
	struct world *world = world_new();

	world_write(world, "services.d/a.ini",
		"[service]\nname = api\nmatch = com.docker.compose.service=api\n");
	world_write(world, "services.d/b.ini", "[service]\nmatch = db_1\n");
	world_write(world, "services.d/c.ini", "[service]\nmatch = db_1\n");
	world_write(world, "services.d/web.ini", "[service]\nmax = 3\n");
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 1); /* two files with one match */
	(void)mem_strcpy(world->config->daemon.instance, CONFIG_NAME_MAX, "host1");
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

static struct selected choose(
	const struct world *world, const char *container, const struct label *labels, size_t n)
{
	struct selected selected = { .service = "" };

	selected.result = config_select(world->config, container, labels, n, selected.service,
		&selected.file, &selected.err);
	return selected;
}

static void the_label_names_the_service(void **state)
{
	const struct label label = { "dockscale.service", "web", false };
	const struct label unknown = { "dockscale.service", "shop", false };
	struct selected selected = choose(*state, "x", &label, 1);

	assert_int_equal(selected.result, 0);
	assert_string_equal(selected.service, "web");
	assert_string_equal(selected.file->name, "web");
	selected = choose(*state, "x", &unknown, 1);
	assert_int_equal(selected.result, 0);
	assert_string_equal(selected.service, "shop");
	assert_null(selected.file);
}

static void a_file_matches_by_label_or_by_name(void **state)
{
	const struct label label = { "com.docker.compose.service", "api", true };
	struct selected selected = choose(*state, "x", &label, 1);

	assert_int_equal(selected.result, 0);
	assert_string_equal(selected.service, "api");
	selected = choose(*state, "db_1", NULL, 0);
	assert_int_equal(selected.result, 0);
	assert_string_equal(selected.service, "b"); /* the first in the order of files */
	assert_string_equal(selected.file->name, "b");
}

static void a_container_that_nobody_named_belongs_to_none(void **state)
{
	const struct label label = { "com.docker.compose.service", "apis", false };

	assert_int_equal(choose(*state, "db_12", &label, 1).result, 1);
	assert_int_equal(choose(*state, "", NULL, 0).result, 1);
}

static void the_label_comes_before_the_files(void **state)
{
	const struct label label = { "dockscale.service", "web", false };

	assert_string_equal(choose(*state, "db_1", &label, 1).service, "web");
}

static void a_label_that_is_no_name_is_an_error(void **state)
{
	const struct label label = { "dockscale.service", "my web", false };
	const struct label empty = { "dockscale.service", "", false };
	struct selected selected = choose(*state, "web_1", &label, 1);

	assert_int_equal(selected.result, ERR_INVALID);
	assert_contains(selected.err.msg, "label dockscale.service of container web_1 is no name");
	assert_int_equal(choose(*state, "web_1", &empty, 1).result, ERR_INVALID);
}

static void a_label_of_the_image_opts_nothing_in(void **state)
{
	struct world *world = *state;
	const struct label label = { "dockscale.service", "web", true };

	assert_int_equal(choose(world, "x", &label, 1).result, 1);
	assert_string_equal(choose(world, "db_1", &label, 1).service, "b");
	world->config->daemon.allow_image_labels = true;
	assert_string_equal(choose(world, "x", &label, 1).service, "web");
}

static void a_label_that_is_not_permitted_is_not_looked_at(void **state)
{
	struct world *world = *state;
	const struct label label = { "dockscale.service", "my web", false };

	world->config->daemon.allow_labels = LABELS_NONE;
	assert_int_equal(choose(world, "x", &label, 1).result, 1);
	assert_string_equal(choose(world, "db_1", &label, 1).service, "b");
}

static void what_this_daemon_made_is_found_whatever_labels_may_say(void **state)
{
	struct world *world = *state;
	struct label labels[] = { { "dockscale.service", "b", true },
		{ "dockscale.owner", "host1", false }, { "dockscale.role", "replica", false } };

	world->config->daemon.allow_labels = LABELS_NONE;
	assert_string_equal(choose(world, "b-1", labels, countof(labels)).service, "b");
	labels[1].value = "host2";
	assert_int_equal(choose(world, "b-1", labels, countof(labels)).result, 1);
	labels[1].value = "";
	(void)mem_strcpy(world->config->daemon.instance, CONFIG_NAME_MAX, "");
	assert_int_equal(choose(world, "b-1", labels, countof(labels)).result, 1);
}

static void names_of_services_are_plain(void **state)
{
	(void)state;
	assert_true(config_name_valid("web"));
	assert_true(config_name_valid("9-a_b.c"));
	assert_true(config_name_valid(
		"a23456789012345678901234567890123456789012345678901234567890123"));
	assert_false(config_name_valid(
		"a234567890123456789012345678901234567890123456789012345678901234"));
	assert_false(config_name_valid(""));
	assert_false(config_name_valid(".a"));
	assert_false(config_name_valid("a/b"));
	assert_false(config_name_valid("caf\xc3\xa9"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_label_names_the_service),
		test(a_file_matches_by_label_or_by_name),
		test(a_container_that_nobody_named_belongs_to_none),
		test(the_label_comes_before_the_files),
		test(a_label_that_is_no_name_is_an_error),
		test(a_label_of_the_image_opts_nothing_in),
		test(a_label_that_is_not_permitted_is_not_looked_at),
		test(what_this_daemon_made_is_found_whatever_labels_may_say),
		test(names_of_services_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
