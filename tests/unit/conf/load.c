/* Files to a configuration: what is read, and what is said of files that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static int setup(void **state)
{
	*state = world_new();
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

#define WEB "[haproxy]\nport = 8080\n"

static void a_directory_without_files_gives_the_defaults(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 0);
	assert_int_equal(world->config->n_files, 0);
	assert_int_equal(world->config->daemon.interval, USEC_PER_SEC);
	assert_string_equal(world->config->daemon.docker, "unix:///run/docker.sock");
	assert_string_equal(world->config->daemon.control, "/run/dockscale/control.sock");
	assert_string_equal(world->config->daemon.control_group, "dockscale");
	assert_string_equal(world->config->daemon.state, "/var/lib/dockscale");
	assert_string_equal(world->config->daemon.instance, "");
	assert_int_equal(world->config->daemon.log_level, LOG_LEVEL_INFO);
	assert_int_equal(world->config->daemon.allow_labels, LABELS_ALL);
	assert_false(world->config->daemon.allow_image_labels);
}

static void the_daemons_keys_are_read(void **state)
{
	struct world *world = *state;

	world_write(world, "dockscale.ini",
		"# a comment\n[daemon]\ninstance = host1 ; the first\n\tinterval=200ms\n"
		"log = json\nlog_level = warning\nallow_labels = service, cpu\nhttp = off\n"
		"dry_run = yes\nallow_image_labels = yes\n");
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 0);
	assert_string_equal(world->config->daemon.instance, "host1");
	assert_int_equal(world->config->daemon.interval, 200 * USEC_PER_MSEC);
	assert_int_equal(world->config->daemon.log, LOG_FORMAT_JSON);
	assert_int_equal(world->config->daemon.log_level, LOG_LEVEL_WARNING);
	assert_int_equal(world->config->daemon.allow_labels, LABELS_LISTED);
	assert_int_equal(world->config->daemon.n_allowed_sections, 2);
	assert_string_equal(world->config->daemon.allowed_sections[1], "cpu");
	assert_true(world->config->daemon.dry_run);
	assert_true(world->config->daemon.allow_image_labels);
}

static void services_are_read_in_the_order_of_their_names(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/web.ini", WEB);
	world_write(world, "services.d/api.ini", "[service]\nname = front\n" WEB);
	world_write(world, "services.d/.hidden.ini", "nonsense");
	world_write(world, "services.d/README", "nonsense");
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 0);
	assert_int_equal(world->config->n_files, 2);
	assert_string_equal(world->config->files[0].name, "front");
	assert_string_equal(world->config->files[1].name, "web");
	assert_false(world->config->files[1].broken);
	assert_int_equal(world->config->files[1].n_assignments, 1);
}

/* A service file of its own, whose problem has to hold @text. */
static void assert_refused(struct world *world, const char *file, const char *text)
{
	world_write(world, "services.d/web.ini", file);
	assert_int_equal(world_load(world), 0);
	assert_says(world, text);
	assert_string_equal(world->problems.items[0].service, "web");
	for (size_t i = 0; i < world->config->n_files; i++)
		assert_int_equal(world->config->files[i].broken,
			strcmp(world->config->files[i].name, "web") == 0);
}

static void a_bad_service_file_disables_that_service_alone(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/api.ini", WEB);
	assert_refused(world, "[service]\nmax = many\n",
		"services.d/web.ini:2: max: 'many' is not a whole number");
	assert_int_equal(world->config->n_files, 2);
	assert_string_equal(world->config->files[1].name, "web");
	world_write(world, "services.d/zoo.ini", WEB);
	assert_int_equal(world_load(world), 0);
	assert_false(world->config->files[0].broken);
	assert_true(world->config->files[1].broken);
	assert_false(world->config->files[2].broken);
	assert_int_equal(world->problems.count, 1);
}

static void a_bad_daemons_file_is_an_error_and_services_are_told_too(void **state)
{
	struct world *world = *state;

	world_write(world, "dockscale.ini", "[daemon]\n\ninterval = 5m\nlog = xml\n");
	world_write(world, "services.d/web.ini", "[service]\nmaxx = 3\n");
	assert_int_equal(world_load(world), ERR_INVALID);
	assert_null(world->config);
	assert_contains(world->err.msg, "dockscale.ini:3: interval: 5m is out of range: use 200ms "
					"to 1m (and 1 more)");
	assert_says(world, "dockscale.ini:4: log: 'xml' is not known: use text or json");
	assert_says(world, "web.ini:2: unknown key 'maxx' in [service]: did you mean 'max'?");
	assert_string_equal(world->problems.items[0].service, "");
}

static void every_problem_of_a_file_is_told(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[cpu]\ntarjet = 70%\nwindow = 2\n[service]\nmin = -1\nmin = 2\n",
		":2: unknown key 'tarjet' in [cpu]: did you mean 'target'?");
	assert_says(world, ":3: window: '2' is not a duration");
	assert_says(world, ":5: min: '-1' is not a whole number");
	assert_says(world, ":6: min is given twice (first ");
	assert_int_equal(world->problems.count, 4);
}

static void an_unknown_key_names_the_nearest_one(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[cpu]\nwidnow = 2s\n", "did you mean 'window'?");
	assert_refused(world, "[service]\nport = 80\n", "did you mean 'port' in [h");
	assert_refused(world, "[policy]\ncooldown = 5\n", "did you mean 'cooldown_");
	assert_refused(world, "[cpu]\nbanana = 5\n", "unknown key 'banana' in [cpu]: remove");
}

static void unknown_sections_are_told_once(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[cpus]\ntarget = 70%\nwindow = 2s\n",
		"web.ini:2: unknown section [cpus]: use [service], [cpu]");
	assert_int_equal(world->problems.count, 1);
	assert_refused(world, "max = 3\n", "web.ini:1: max stands before any section");
	assert_refused(
		world, "[daemon]\nlog = json\n", "section [daemon] belongs into dockscale.ini");
}

static void what_this_version_does_not_have_yet_says_so(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[prometheus \"rps\"]\nurl = x\n",
		":2: section [prometheus \"rps\"] is not in this version");
	assert_refused(world, "[service]\nmode = swarm\n",
		"mode: 'swarm' is not in this version: use clone or pool");
	assert_refused(world, "[policy]\ntype = lua\n", "'lua' is not in this version");
	assert_refused(world, "[service]\nmin = 0\n", "0 replicas come with schedules");
	world_write(world, "dockscale.ini", "[daemon]\nhttp = 0.0.0.0:8080\n");
	assert_int_equal(world_load(world), ERR_INVALID);
	assert_contains(world->err.msg, "http: '0.0.0.0:8080' is not in this version: use off");
}

static void a_key_without_effect_says_with_what_it_would_work(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[policy]\ncooldown_period = 60\n",
		"web.ini:2: cooldown_period works with [policy] type = threshold only; this "
		"service "
		"has type = auto: remove it or set type = threshold");
	assert_refused(world, "[haproxy]\nbalancer = none\ndrain_idle = 2s\n",
		"drain_idle works with [haproxy] balancer = haproxy only; this service has "
		"balancer "
		"= none");
	assert_refused(world, "[memory]\nwindow = 5s\n",
		"window works with [memory] target given, or [policy] type = threshold; this "
		"service has neither");
	assert_refused(world, "[health]\npath = /healthz\n", "set probe = http");
	assert_refused(world, "[haproxy]\nmethod = dynamic\nslots = web 1-5\n",
		"slots works with [haproxy] method = auto or slots only");
	assert_refused(world, "[service]\nmode = pool\nshared_volumes = allow\n",
		"shared_volumes works with [service] mode = clone only");
	assert_refused(world,
		"[policy]\ntype = threshold\nhysteresis = 5\n[cpu]\nlow = 10%\n"
		"[memory]\nlow = 10%\n",
		":3: hysteresis has no effect beside low");
}

static void values_that_contradict_name_both_places(void **state)
{
	struct world *world = *state;

	assert_refused(world, "[service]\nmin = 12\n",
		":2: min = 12 is over max = 10 (the default): lower it or raise max");
	assert_refused(
		world, "[service]\nmax = 3\nmin = 4\n", "web.ini:3: min = 4 is over max = 3 (");
	assert_refused(world, "[cpu]\nhigh = 70%\n[policy]\ntype = threshold\ncpu_threshold = 80\n",
		"web.ini:5: cpu_threshold is the same value as ");
	assert_says(world, "web.ini:2: high: remove one");
	assert_refused(world, "[policy]\ntype = threshold\n[cpu]\nlow = 80%\n",
		":4: low = 80% is not below 80% ([cpu] high)");
	assert_refused(world, "[policy]\ntype = threshold\nhysteresis = 80\n",
		":3: hysteresis = 80 leaves nothing below the threshold of 80%");
}

static void two_files_of_one_name_are_both_disabled(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/a.ini", "[service]\nname = web\n" WEB);
	world_write(world, "services.d/web.ini", WEB);
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 1);
	assert_says(world, "services.d/a.ini and ");
	assert_says(world, "services.d/web.ini are both for service web");
	assert_true(world->config->files[0].broken);
	assert_true(world->config->files[1].broken);
}

static void of_two_files_with_the_same_match_the_second_is_disabled(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/a.ini", "[service]\nmatch = web_1\n" WEB);
	world_write(world, "services.d/b.ini", "[service]\nmatch = web_2\n" WEB);
	world_write(world, "services.d/c.ini", "[service]\nmatch = web_1\n" WEB);
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 1);
	assert_says(world, "services.d/c.ini has the same match = web_1 as ");
	assert_false(world->config->files[0].broken);
	assert_false(world->config->files[1].broken);
	assert_true(world->config->files[2].broken);
}

static void a_file_whose_name_is_no_name_needs_a_key(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/my web.ini", WEB);
	assert_int_equal(world_load(world), 0);
	assert_says(world, "my web.ini: the file's name is no name for a service");
	assert_int_equal(world->config->n_files, 0);
	world_write(world, "services.d/my web.ini", "[service]\nname = web\n" WEB);
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 0);
	assert_string_equal(world->config->files[0].name, "web");
}

static void a_port_may_still_come_from_a_label_where_labels_may_say_it(void **state)
{
	struct world *world = *state;

	world_write(world, "services.d/web.ini", "[service]\nmax = 3\n");
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 0);
	world_write(world, "dockscale.ini", "[daemon]\nallow_labels = service\n");
	assert_int_equal(world_load(world), 0);
	assert_says(
		world, "services.d/web.ini: the application's port is missing: write port = PORT");
}

static void what_is_no_readable_file_is_told(void **state)
{
	struct world *world = *state;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/services.d/web.ini", world->directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(world_load(world), 0);
	assert_says(world, "services.d/web.ini is a directory, not a file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(world_load(world), 0);
	assert_says(world, "web.ini is a device or pipe, not a file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("web.ini", path), 0);
	assert_int_equal(world_load(world), 0);
	assert_says(world, "web.ini: Too many levels of symbolic links");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("gone", path), 0);
	assert_int_equal(world_load(world), 0);
	assert_says(world, "web.ini is a link to nothing");
	assert_true(world->config->files[0].broken);
}

static void a_file_without_read_right_is_told(void **state)
{
	struct world *world = *state;
	char path[256];
	bool root = geteuid() == 0;

	world_write(world, "services.d/web.ini", WEB);
	(void)snprintf(path, sizeof(path), "%s/services.d/web.ini", world->directory);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(world->directory, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/services.d", world->directory);
	assert_int_equal(chmod(path, 0755), 0);
	if (root) /* root reads everything: be nobody for a moment */
		assert_int_equal(seteuid(65534), 0);
	(void)world_load(world);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_says(
		world, "web.ini: give the daemon's user the right to read it: Permission denied");
}

static void a_missing_directory_is_an_error(void **state)
{
	struct world *world = *state;
	struct config *config = NULL;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/nothing", world->directory);
	assert_int_equal(config_load(path, &config, &world->problems, &world->err), ERR_NOT_FOUND);
	assert_contains(world->err.msg, path);
	assert_null(config);
}

static void a_daemons_file_that_is_a_link_to_nothing_is_no_default(void **state)
{
	struct world *world = *state;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/dockscale.ini", world->directory);
	assert_int_equal(symlink("gone", path), 0);
	assert_int_equal(world_load(world), ERR_INVALID);
	assert_contains(world->err.msg, "dockscale.ini is a link to nothing");
}

static void more_services_than_the_limit_are_an_error(void **state)
{
	struct world *world = *state;
	char name[64];

	for (int i = 0; i < 513; i++) {
		(void)snprintf(name, sizeof(name), "services.d/s%d.ini", i);
		world_write(world, name, "");
	}
	assert_int_equal(world_load(world), ERR_LIMIT);
	assert_contains(world->err.msg, "has 513 service files: 512 is the most");
}

static void problems_over_the_limit_are_counted(void **state)
{
	struct world *world = *state;
	cleanup_str struct str text = { 0 };

	for (int i = 0; i < 100; i++)
		str_append(&text, "nonsense\n");
	world_write(world, "services.d/web.ini", str_text(&text));
	assert_int_equal(world_load(world), 0);
	assert_int_equal(world->problems.count, 100);
	assert_says(world, "web.ini:64: there is no '='");
}

static void one_file_can_be_checked_alone(void **state)
{
	struct world *world = *state;
	char path[256];

	world_write(world, "new.ini", "[service]\nmax = 3\n");
	(void)snprintf(path, sizeof(path), "%s/new.ini", world->directory);
	assert_int_equal(config_check_file(path, &world->problems), 0);
	world_write(world, "new.ini", "[daemon]\nintervall = 1s\n");
	assert_int_equal(config_check_file(path, &world->problems), ERR_INVALID);
	assert_says(
		world, "new.ini:2: unknown key 'intervall' in [daemon]: did you mean 'interval'");
	world_write(world, "new.ini", "[cpu]\ntarget = 0%\n");
	assert_int_equal(config_check_file(path, &world->problems), ERR_INVALID);
	assert_says(world, "new.ini:2: target: 0% is out of range: use 1% to 100%");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_check_file(path, &world->problems), ERR_INVALID);
	assert_says(world, "No such file");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_directory_without_files_gives_the_defaults),
		test(the_daemons_keys_are_read),
		test(services_are_read_in_the_order_of_their_names),
		test(a_bad_service_file_disables_that_service_alone),
		test(a_bad_daemons_file_is_an_error_and_services_are_told_too),
		test(every_problem_of_a_file_is_told),
		test(an_unknown_key_names_the_nearest_one),
		test(unknown_sections_are_told_once),
		test(what_this_version_does_not_have_yet_says_so),
		test(a_key_without_effect_says_with_what_it_would_work),
		test(values_that_contradict_name_both_places),
		test(two_files_of_one_name_are_both_disabled),
		test(of_two_files_with_the_same_match_the_second_is_disabled),
		test(a_file_whose_name_is_no_name_needs_a_key),
		test(a_port_may_still_come_from_a_label_where_labels_may_say_it),
		test(what_is_no_readable_file_is_told),
		test(a_file_without_read_right_is_told),
		test(a_missing_directory_is_an_error),
		test(a_daemons_file_that_is_a_link_to_nothing_is_no_default),
		test(more_services_than_the_limit_are_an_error),
		test(problems_over_the_limit_are_counted),
		test(one_file_can_be_checked_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
