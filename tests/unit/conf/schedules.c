/* Schedules in files and labels: what is read, and what is said of those that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <unistd.h>

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

static struct daemon_config daemon_config;

#define WEB   "[haproxy]\nport = 8080\n"
#define NIGHT "[schedule \"night\"]\n"

static int resolve(struct world *world, const char *file, const struct label *labels, size_t n,
	struct service_config *service)
{
	world_write(world, "services.d/web.ini", file);
	assert_int_equal(world_load(world), 0);
	if (world->problems.count > 0)
		fail_msg("%s", world->problems.items[0].text);
	return config_resolve(&daemon_config, &world->config->files[0], "web", "web_1", labels, n,
		service, &world->err);
}

static void assert_refused(struct world *world, const char *text, const char *because)
{
	cleanup_str struct str file = { 0 };

	str_appendf(&file, "%s%s", WEB, text);
	world_write(world, "services.d/web.ini", str_text(&file));
	assert_int_equal(world_load(world), 0);
	assert_says(world, because);
	assert_true(world->config->files[0].broken);
}

static void a_service_has_several_each_by_its_name(void **state)
{
	struct world *world = *state;
	struct service_config service;

	assert_int_equal(resolve(world,
				 WEB NIGHT "from = 22:00\nto = 6:30\ndays = mon-fri, sun\nmax = 0\n"
					   "[schedule \"month-end\"]\ncron = */15 8-10 28-31 * *\n"
					   "for = 1h\nmin = 4\nmax = 8\n",
				 NULL, 0, &service),
		0);
	assert_int_equal(service.n_schedules, 2);
	assert_string_equal(service.schedules[0].name, "night");
	assert_int_equal(service.schedules[0].schedule.rule.form, SCHEDULE_DAILY);
	assert_int_equal(service.schedules[0].schedule.rule.from, 22 * 60);
	assert_int_equal(service.schedules[0].schedule.rule.to, 6 * 60 + 30);
	assert_int_equal(service.schedules[0].schedule.rule.weekdays, 0x3F);
	assert_int_equal(service.schedules[0].schedule.min, SCHEDULE_SILENT);
	assert_int_equal(service.schedules[0].schedule.max, 0);
	assert_string_equal(service.schedules[1].name, "month-end");
	assert_int_equal(service.schedules[1].schedule.rule.form, SCHEDULE_CRON);
	assert_int_equal(service.schedules[1].schedule.rule.length, 3600 * USEC_PER_SEC);
	assert_true(service.schedules[1].schedule.rule.cron.minutes ==
		    (1ULL | 1ULL << 15 | 1ULL << 30 | 1ULL << 45));
	assert_int_equal(service.schedules[1].schedule.rule.cron.hours, 0x700);
	assert_int_equal(service.schedules[1].schedule.rule.cron.days, 0xF0000000);
	assert_false(service.schedules[1].schedule.rule.cron.any_day);
	assert_true(service.schedules[1].schedule.rule.cron.any_weekday);
	assert_int_equal(service.schedules[1].schedule.min, 4);
}

static void without_times_it_is_the_whole_day(void **state)
{
	struct world *world = *state;
	struct service_config service;

	assert_int_equal(
		resolve(world, WEB NIGHT "days = sat, sun\nmax = 2\n", NULL, 0, &service), 0);
	assert_int_equal(service.schedules[0].schedule.rule.from, 0);
	assert_int_equal(service.schedules[0].schedule.rule.to, 1440);
	assert_int_equal(service.schedules[0].schedule.rule.weekdays, 1 << 6 | 1);
	assert_string_equal(service.schedules[0].timezone, "");
}

static void labels_say_the_same_and_the_file_beats_them_key_by_key(void **state)
{
	struct world *world = *state;
	const struct label labels[] = { { "dockscale.schedule.night.from", "20:00", false },
		{ "dockscale.schedule.night.max", "3", false },
		{ "dockscale.schedule.weekend.days", "sat,sun", false },
		{ "dockscale.schedule.weekend.min", "2", false } };
	struct service_config service;

	assert_int_equal(
		resolve(world, WEB NIGHT "max = 1\n", labels, countof(labels), &service), 0);
	assert_int_equal(service.n_schedules, 2);
	assert_int_equal(service.schedules[0].schedule.max, 1);
	assert_int_equal(service.schedules[0].schedule.rule.from, 20 * 60);
	assert_string_equal(service.schedules[1].name, "weekend");
	assert_int_equal(service.schedules[1].schedule.min, 2);
}

static void a_wrong_label_says_which_and_of_whom(void **state)
{
	static const struct {
		struct label label;
		const char *because;
	} wrong[] = {
		{ { "dockscale.schedule.night.form", "8:00", false },
			"label dockscale.schedule.night.form of container web_1 is unknown: write "
			"dockscale.schedule.NAME.KEY" },
		{ { "dockscale.schedule.max", "8", false }, "is unknown" },
		{ { "dockscale.schedule.night.max", "many", false },
			"label dockscale.schedule.night.max of container web_1: " },
		{ { "dockscale.schedule.night.from", "8:00", false },
			"schedule night has no effect without min or max" },
	};
	struct world *world = *state;
	struct service_config service;

	for (size_t i = 0; i < countof(wrong); i++) {
		assert_int_equal(resolve(world, WEB, &wrong[i].label, 1, &service), ERR_INVALID);
		assert_contains(world->err.msg, wrong[i].because);
	}
	daemon_config.allow_labels = LABELS_NONE;
	assert_int_equal(resolve(world, WEB, &wrong[2].label, 1, &service), ERR_INVALID);
	assert_contains(world->err.msg, "is not permitted");
	daemon_config.allow_labels = LABELS_ALL;
}

static void what_makes_no_sense_is_told_with_its_line(void **state)
{
	struct world *world = *state;

	assert_refused(world, NIGHT "max = 2\nfrom = 8:00\nto = 8:00\n",
		"web.ini:6: to: schedule night ends when it begins");
	assert_refused(world, NIGHT "min = 3\nmax = 2\n",
		"web.ini:4: min = 3 is over max = 2 of schedule night");
	assert_refused(world, NIGHT "min = 11\n", "web.ini:4: min = 11 is over [service] max = 10");
	assert_refused(world, NIGHT "max = 11\n", "web.ini:4: max = 11 is over [service] max = 10");
	assert_refused(world, NIGHT "from = 8:00\n",
		"web.ini:4: schedule night has no effect without min or max");
	assert_refused(world, NIGHT "max = 2\ncron = 0 8 * * *\n",
		"web.ini:5: cron says when schedule night begins, and nothing how long");
	assert_refused(world, NIGHT "max = 2\ncron = 0 8 * * *\nfor = 1h\ndays = mon\n",
		"web.ini:7: days has no effect beside cron");
	assert_refused(world, NIGHT "max = 2\nfor = 1h\n", "web.ini:5: for is for cron");
	assert_refused(world, NIGHT "max = 2\nmax = 3\n", "web.ini:5: max is given twice");
	assert_refused(world, NIGHT "mx = 2\n", "web.ini:4: unknown key 'mx' in [schedule]");
	assert_refused(world, "[schedule night]\nmax = 2\n",
		"web.ini:4: section [schedule night]: write [schedule \"NAME\"]");
	assert_refused(world, "[schedule \"a.b\"]\nmax = 2\n", "a name has letters, digits");
}

static void wrong_times_days_and_cron_lines_say_what_is_right(void **state)
{
	static const char *const crons[] = { "0 8 * *", "0 8 * * * *", "60 8 * * *", "0 24 * * *",
		"0 8 0 * *", "0 8 * 13 *", "0 8 * * 8", "0 8 * * mon-", "5-1 8 * * *",
		"*/0 8 * * *", "a 8 * * *", "0 8 L * *", "1,,2 8 * * *", "@daily" };
	static const char *const times[] = { "24:01", "8", "8:5", "8:60", "-1:00", "8:00am",
		":30" };
	struct world *world = *state;
	char text[160];

	for (size_t i = 0; i < countof(crons); i++) {
		(void)snprintf(
			text, sizeof(text), NIGHT "max = 2\nfor = 1h\ncron = %s\n", crons[i]);
		assert_refused(world, text, "web.ini:6: cron: ");
	}
	for (size_t i = 0; i < countof(times); i++) {
		(void)snprintf(text, sizeof(text), NIGHT "max = 2\nfrom = %s\n", times[i]);
		assert_refused(world, text, "is not a time of day: use HH:MM");
	}
	assert_refused(world, NIGHT "max = 2\ndays = weekend\n", "are no days of the week");
	assert_refused(world, NIGHT "max = 2\ndays = 1-5\n", "are no days of the week");
	assert_refused(world, NIGHT "max = 2\ncron = 0 8 * * *\nfor = 8d\n", "is out of range");
}

static void cron_knows_names_lists_steps_and_a_seventh_day(void **state)
{
	struct world *world = *state;
	struct service_config service;
	const struct schedule_cron *cron = &service.schedules[0].schedule.rule.cron;

	assert_int_equal(
		resolve(world,
			WEB NIGHT
			"max = 2\nfor = 1h\ncron = 5,10-20/5,50/5 */12 * Jan,mar sun-tue,7\n",
			NULL, 0, &service),
		0);
	assert_true(cron->minutes ==
		    (1ULL << 5 | 1ULL << 10 | 1ULL << 15 | 1ULL << 20 | 1ULL << 50 | 1ULL << 55));
	assert_int_equal(cron->hours, 1 | 1 << 12);
	assert_int_equal(cron->months, 1 << 1 | 1 << 3);
	assert_int_equal(cron->weekdays, 7);
	assert_true(cron->any_day);
	assert_false(cron->any_weekday);
}

static void a_zone_is_looked_for_where_files_are_read(void **state)
{
	struct world *world = *state;

	assert_refused(world, NIGHT "max = 2\ntimezone = ../passwd\n",
		"web.ini:5: timezone: '../passwd' is not a time zone's name");
	assert_refused(world, NIGHT "max = 2\ntimezone = Europe/Berln\n",
		"web.ini:5: timezone: there is no time zone 'Europe/Berln'");
	assert_refused(world, NIGHT "max = 2\ntimezone = Europe\n", "there is no time zone");
	world_write(world, "dockscale.ini", "[daemon]\ntimezone = Mars/Base\n");
	assert_int_equal(world_load(world), ERR_INVALID);
	assert_contains(world->err.msg, "dockscale.ini:2: timezone: there is no time zone");
}

static void there_is_an_end_to_their_number(void **state)
{
	cleanup_str struct str text = { 0 };

	for (unsigned i = 0; i < CONFIG_SCHEDULES_MAX + 1; i++)
		str_appendf(&text, "[schedule \"s%u\"]\nmax = 2\n", i);
	assert_refused(*state, str_text(&text), "web.ini:20: more than 8 schedules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_service_has_several_each_by_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(without_times_it_is_the_whole_day, setup, teardown),
		cmocka_unit_test_setup_teardown(
			labels_say_the_same_and_the_file_beats_them_key_by_key, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_wrong_label_says_which_and_of_whom, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_makes_no_sense_is_told_with_its_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
			wrong_times_days_and_cron_lines_say_what_is_right, setup, teardown),
		cmocka_unit_test_setup_teardown(
			cron_knows_names_lists_steps_and_a_seventh_day, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_zone_is_looked_for_where_files_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_an_end_to_their_number, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
