/* From HAProxy's answers to facts: recorded ones, and such as HAProxy should not give. */
#include "haproxy_world.h"

#define STATE_HEAD                                                                                 \
	"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "    \
	"srv_fqdn srv_port\n"
#define STATISTICS_HEAD "# pxname,svname,qcur,scur\n"

static struct view parse(const char *answer)
{
	struct view view = { 0 };
	struct err err = { 0 };

	if (view_parse(answer, "web", &view, &err) != 0)
		fail_msg("%s", err.msg);
	return view;
}

static void assert_refused(const char *answer, int code, const char *part)
{
	struct view view = { 0 };
	struct err err = { 0 };

	assert_int_equal(view_parse(answer, "web", &view, &err), code);
	assert_int_equal(err.code, code);
	assert_contains(err.msg, part);
	assert_null(view.servers);
}

static void a_server_is_read_with_its_address_state_and_weight(void **state)
{
	struct view view = view_of("slots", "web");
	const struct view_server *server = server_of(&view, "ds-t-1");

	(void)state;
	assert_string_equal(server->address, "127.0.0.11");
	assert_int_equal(server->port, 8080);
	assert_int_equal(server->weight, 100);
	assert_true(server->up);
	assert_false(server->maint);
	assert_false(server->drain);
	view_finish(&view);
}

static void the_servers_of_the_asked_backend_are_read_alone(void **state)
{
	struct view view = view_of("slots", "web");

	(void)state;
	assert_int_equal(view.n_servers, 6);
	assert_string_equal(view.servers[0].name, "theirs");
	assert_string_equal(view.servers[5].name, "ds-other-1");
	assert_string_equal(view.algorithm, "leastconn");
	view_finish(&view);
}

static void a_drained_server_is_known_as_such(void **state)
{
	struct view view = view_of("slots", "web");

	(void)state;
	assert_true(server_of(&view, "ds-t-2")->drain);
	assert_false(server_of(&view, "ds-t-2")->maint);
	view_finish(&view);
}

static void an_empty_slot_is_in_maintenance(void **state)
{
	struct view view = view_of("slots_empty", "web");

	(void)state;
	for (size_t i = 1; i <= 4; i++) {
		assert_true(view.servers[i].maint);
		assert_false(view.servers[i].up);
		assert_string_equal(view.servers[i].address, "127.0.0.1");
	}
	view_finish(&view);
}

static void disabled_in_the_configuration_says_nothing_about_now(void **state)
{
	struct view view = parse(STATE_HEAD "4 web 1 a 10.0.0.1 2 4 1 - 80\n\n" STATISTICS_HEAD);

	(void)state;
	assert_false(view.servers[0].maint);
	view_finish(&view);
}

static void maintenance_has_many_reasons(void **state)
{
	static const int reasons[] = { 0x01, 0x02, 0x05, 0x20, 0x40, 0x09 };

	(void)state;
	for (size_t i = 0; i < countof(reasons); i++) {
		char answer[512];
		struct view view;

		(void)snprintf(answer, sizeof(answer),
			STATE_HEAD "4 web 1 a 10.0.0.1 0 %d 1 - 80\n\n" STATISTICS_HEAD,
			reasons[i]);
		view = parse(answer);
		assert_true(view.servers[0].maint);
		view_finish(&view);
	}
}

static void a_server_whose_check_fails_is_not_up(void **state)
{
	struct view view = parse(STATE_HEAD "4 web 1 a 10.0.0.1 0 0 1 - 80\n"
					    "4 web 2 b 10.0.0.2 1 0 1 - 80\n"
					    "4 web 3 c 10.0.0.3 3 0 1 - 80\n\n" STATISTICS_HEAD);

	(void)state;
	assert_false(view.servers[0].up);
	assert_true(view.servers[1].up); /* slow start */
	assert_false(view.servers[2].up);
	view_finish(&view);
}

static void a_slot_by_name_is_told_from_one_by_address(void **state)
{
	struct view view = view_of("slots", "web");

	(void)state;
	assert_false(server_of(&view, "ds-t-1")->literal);
	assert_true(server_of(&view, "theirs")->literal);
	view_finish(&view);
}

static void added_servers_are_read_like_written_ones(void **state)
{
	struct view view = view_of("dynamic", "dyn");

	(void)state;
	assert_int_equal(view.n_servers, 2);
	assert_string_equal(view.servers[0].name, "ds-t-c0123456789ab");
	assert_string_equal(view.servers[0].address, "127.0.0.31");
	assert_true(view.servers[0].up);
	assert_true(view.servers[1].maint);
	view_finish(&view);
}

static void the_process_names_itself_and_its_version(void **state)
{
	struct view view = view_of("slots", "web");

	(void)state;
	assert_true(view.pid > 0);
	assert_true(view.uptime < 60 * USEC_PER_SEC);
	assert_false(view.stopping);
	assert_string_equal(view.version, "2.6.12-1+deb12u4");
	view_finish(&view);
}

static void the_old_process_of_a_reload_says_so(void **state)
{
	struct view view = view_of("stopping", "web");

	(void)state;
	assert_true(view.stopping);
	view_finish(&view);
}

static void answers_to_commands_before_the_tables_do_no_harm(void **state)
{
	struct view view = view_of("accepted", "web");

	(void)state;
	assert_int_equal(view.n_servers, 6);
	assert_string_equal(server_of(&view, "ds-t-3")->address, "127.0.0.13");
	assert_int_equal(server_of(&view, "ds-t-3")->weight, 50);
	view_finish(&view);
}

static void sessions_and_queue_come_from_the_statistics(void **state)
{
	struct view view = parse(STATE_HEAD
		"4 web 1 a 10.0.0.1 2 0 1 - 80\n4 web 2 b 10.0.0.2 2 0 1 - 80\n\n" STATISTICS_HEAD
		"web,b,3,7\nweb,a,0,1\nother,a,9,9\nweb,BACKEND,5,5\n");

	(void)state;
	assert_near(view.servers[0].sessions.value, 1);
	assert_near(view.servers[0].queued.value, 0);
	assert_near(view.servers[1].sessions.value, 7);
	assert_near(view.servers[1].queued.value, 3);
	assert_true(reading_is_known(view.servers[0].sessions));
	view_finish(&view);
}

static void a_server_without_statistics_has_unknown_sessions_and_never_zero(void **state)
{
	struct view view = parse(STATE_HEAD
		"4 web 1 a 10.0.0.1 2 0 1 - 80\n4 web 2 b 10.0.0.2 2 0 1 - 80\n\n" STATISTICS_HEAD
		"web,a,,many\n");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(view.servers[i].sessions.state, READING_UNKNOWN);
		assert_int_equal(view.servers[i].queued.state, READING_UNKNOWN);
	}
	view_finish(&view);
}

static void statistics_of_a_frontend_of_the_same_name_are_none(void **state)
{
	struct view view = view_of("frontend_of_same_name", "web");

	(void)state;
	assert_int_equal(view.n_servers, 6);
	assert_false(view.counted);
	assert_int_equal(view.id, 4);
	assert_int_equal(server_of(&view, "ds-t-1")->sessions.state, READING_UNKNOWN);
	view_finish(&view);
}

static void statistics_asked_for_by_the_backends_id_count(void **state)
{
	struct view view = view_of("frontend_of_same_name_by_id", "web");

	(void)state;
	assert_true(view.counted);
	assert_near(server_of(&view, "ds-t-1")->sessions.value, 0);
	view_finish(&view);
}

static void columns_are_found_by_their_headings(void **state)
{
	struct view view = parse(
		"# be_id new srv_port be_name srv_uweight srv_name srv_admin_state srv_op_state "
		"srv_addr\n4 x 81 web 7 a 0 2 fd00::2\n\n"
		"# pxname,new,scur,svname,qcur\nweb,9,5,a,6\n\n");

	(void)state;
	assert_string_equal(view.servers[0].address, "fd00::2");
	assert_int_equal(view.servers[0].port, 81);
	assert_int_equal(view.servers[0].weight, 7);
	assert_near(view.servers[0].sessions.value, 5);
	view_finish(&view);
}

static void limits_queues_and_totals_are_read(void **state)
{
	struct view view =
		parse(STATE_HEAD "4 web 1 a 10.0.0.1 2 0 1 - 80\n"
				 "4 web 2 b 10.0.0.2 2 0 1 - 80\n\n"
				 "# pxname,svname,qcur,scur,slim,stot,econ,wretr,wredis\n"
				 "web,a,1,5,8,5000000000,2,4,1\nweb,b,0,0,,7,0,0,0\n"
				 "web,BACKEND,33,5,999,40,3,5,2\n\n");

	(void)state;
	assert_near(view.servers[0].maxconn.value, 8);
	assert_near(view.servers[0].total.value, 5e9);
	assert_true(reading_is_known(view.servers[1].maxconn));
	assert_near(view.servers[1].maxconn.value, 0);
	assert_near(view.queued.value, 33);
	assert_near(view.unconnected.value, 3);
	assert_near(view.retried.value, 5);
	assert_near(view.redispatched.value, 2);
	view_finish(&view);
}

static void lines_may_end_as_on_a_terminal(void **state)
{
	struct view view = parse("# be_id be_name srv_name srv_op_state srv_admin_state "
				 "srv_uweight srv_addr\r\n4 web a 2 0 1 10.0.0.1\r\n\r\n"
				 "# pxname,svname,qcur,scur\r\nweb,a,0,4\r\n\r\n");

	(void)state;
	assert_string_equal(view.servers[0].address, "10.0.0.1");
	assert_near(view.servers[0].sessions.value, 4);
	view_finish(&view);
}

static void a_name_that_does_not_fit_is_left_out(void **state)
{
	char answer[1024];
	char name[SERVER_NAME_MAX + 1];
	struct view view;

	(void)state;
	memset(name, 'n', SERVER_NAME_MAX);
	name[SERVER_NAME_MAX] = '\0';
	(void)snprintf(answer, sizeof(answer),
		STATE_HEAD "4 web 1 %s 10.0.0.1 2 0 1 - 80\n4 web 2 %s 10.0.0.2 2 0 1 - "
			   "80\n\n" STATISTICS_HEAD,
		name, name + 1);
	view = parse(answer);
	assert_int_equal(view.n_servers, 1);
	assert_string_equal(view.servers[0].name, name + 1);
	view_finish(&view);
}

static void a_name_that_would_break_out_of_a_command_is_an_error(void **state)
{
	static const char *const bad[] = { "a;b", "a\tb", "a/b", "a\\b", "" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		char answer[512];

		(void)snprintf(answer, sizeof(answer),
			STATE_HEAD "4 web 1 %s 10.0.0.1 2 0 1 - 80\n\n" STATISTICS_HEAD, bad[i]);
		assert_refused(answer, ERR_REMOTE, "names a server");
	}
}

static void an_unknown_backend_is_told_with_its_cure(void **state)
{
	cleanup_free char *answer = recorded("haproxy", "no_backend");

	(void)state;
	assert_refused(answer, ERR_NOT_FOUND, "dockscalectl haproxy");
}

static void a_denied_question_is_told_with_its_cure(void **state)
{
	(void)state;
	assert_refused("Permission denied\n\nPermission denied\n\n", ERR_DENIED, "level admin");
}

static void a_tables_absence_is_an_error(void **state)
{
	(void)state;
	assert_refused(STATE_HEAD "4 web 1 a 10.0.0.1 2 0 1 - 80\n\n", ERR_REMOTE, "not what");
	assert_refused(STATISTICS_HEAD "web,a,0,0\n", ERR_REMOTE, "not what");
}

static void something_else_that_answers_is_shown(void **state)
{
	(void)state;
	assert_refused("SSH-2.0-OpenSSH_9.2\r\n", ERR_REMOTE, "SSH-2.0-OpenSSH_9.2");
	assert_refused("", ERR_REMOTE, "without an answer");
}

static void what_could_command_a_terminal_is_not_shown(void **state)
{
	(void)state;
	assert_refused("\033[2Jgone\177\n", ERR_REMOTE, "'?[2Jgone?'");
}

static void a_state_that_is_incomplete_is_an_error(void **state)
{
	(void)state;
	assert_refused(
		STATE_HEAD "4 web 1 a 10.0.0.1 2 0\n\n" STATISTICS_HEAD, ERR_REMOTE, "incomplete");
	assert_refused(STATE_HEAD "4 web 1 a 10.0.0.1 2 -1 1 - 80\n\n" STATISTICS_HEAD, ERR_REMOTE,
		"incomplete");
}

static void more_servers_than_the_limit_are_an_error(void **state)
{
	cleanup_str struct str answer = { 0 };
	struct view view;

	(void)state;
	str_append(&answer, STATISTICS_HEAD "\n" STATE_HEAD);
	for (int i = 0; i < VIEW_SERVERS_MAX; i++)
		str_appendf(&answer, "4 web %d s%d 10.0.0.1 2 0 1 - 80\n", i, i);
	view = parse(str_text(&answer));
	assert_int_equal(view.n_servers, VIEW_SERVERS_MAX);
	view_finish(&view);
	str_append(&answer, "4 web 1 more 10.0.0.1 2 0 1 - 80\n");
	assert_refused(str_text(&answer), ERR_LIMIT, "backend of its own");
}

static uint64_t fingerprint(const struct view_server *server, int64_t pid)
{
	struct view_server copy = *server;
	struct view view = { .pid = pid, .servers = &copy, .n_servers = 1 };

	return view_fingerprint(&view);
}

static void what_is_worth_keeping_changes_the_fingerprint(void **state)
{
	const struct view_server server = { .name = "a", .address = "10.0.0.1", .weight = 100 };
	struct view_server changed[] = { server, server, server, server, server, server };

	(void)state;
	changed[0].name[0] = 'b';
	changed[1].address[7] = '2';
	changed[2].port = 1;
	changed[3].weight = 99;
	changed[4].maint = true;
	changed[5].drain = true;
	for (size_t i = 0; i < countof(changed); i++)
		assert_true(fingerprint(&changed[i], 1) != fingerprint(&server, 1));
	assert_true(fingerprint(&server, 1) != fingerprint(&server, 2));
}

static void sessions_do_not_change_the_fingerprint(void **state)
{
	const struct view_server server = { .name = "a", .address = "10.0.0.1", .weight = 100 };
	struct view_server busy = server;

	(void)state;
	busy.sessions = reading_known(5);
	busy.up = true;
	assert_true(fingerprint(&busy, 1) == fingerprint(&server, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_read_with_its_address_state_and_weight),
		cmocka_unit_test(the_servers_of_the_asked_backend_are_read_alone),
		cmocka_unit_test(a_drained_server_is_known_as_such),
		cmocka_unit_test(an_empty_slot_is_in_maintenance),
		cmocka_unit_test(disabled_in_the_configuration_says_nothing_about_now),
		cmocka_unit_test(maintenance_has_many_reasons),
		cmocka_unit_test(a_server_whose_check_fails_is_not_up),
		cmocka_unit_test(a_slot_by_name_is_told_from_one_by_address),
		cmocka_unit_test(added_servers_are_read_like_written_ones),
		cmocka_unit_test(the_process_names_itself_and_its_version),
		cmocka_unit_test(the_old_process_of_a_reload_says_so),
		cmocka_unit_test(answers_to_commands_before_the_tables_do_no_harm),
		cmocka_unit_test(sessions_and_queue_come_from_the_statistics),
		cmocka_unit_test(a_server_without_statistics_has_unknown_sessions_and_never_zero),
		cmocka_unit_test(statistics_of_a_frontend_of_the_same_name_are_none),
		cmocka_unit_test(statistics_asked_for_by_the_backends_id_count),
		cmocka_unit_test(columns_are_found_by_their_headings),
		cmocka_unit_test(limits_queues_and_totals_are_read),
		cmocka_unit_test(lines_may_end_as_on_a_terminal),
		cmocka_unit_test(a_name_that_does_not_fit_is_left_out),
		cmocka_unit_test(a_name_that_would_break_out_of_a_command_is_an_error),
		cmocka_unit_test(an_unknown_backend_is_told_with_its_cure),
		cmocka_unit_test(a_denied_question_is_told_with_its_cure),
		cmocka_unit_test(a_tables_absence_is_an_error),
		cmocka_unit_test(something_else_that_answers_is_shown),
		cmocka_unit_test(what_could_command_a_terminal_is_not_shown),
		cmocka_unit_test(a_state_that_is_incomplete_is_an_error),
		cmocka_unit_test(more_servers_than_the_limit_are_an_error),
		cmocka_unit_test(what_is_worth_keeping_changes_the_fingerprint),
		cmocka_unit_test(sessions_do_not_change_the_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
