/* Does HAProxy look names up? Its answers as 2.6 gave them, what the tables tell, and what is planned then. */
#include "haproxy_scene.h"

#include <adapter/haproxy/names.h>

static void the_question_is_the_name_that_the_server_has(void **state)
{
	struct view_server server = { .name = "ds-t-3", .fqdn = "localhost" };
	cleanup_str struct str text = { 0 };

	(void)state;
	names_ask("web", &server, &text);
	assert_string_equal(str_text(&text), "set server web/ds-t-3 fqdn localhost\n");
}

static void the_answers_tell_it(void **state)
{
	(void)state;
	assert_true(
		names_are_looked_up("no need to change the FDQN by 'stats socket command'\n\n"));
	assert_true(names_are_looked_up(
		"web/ds-t-3 changed its FQDN from a to localhost by 'stats socket command'\n\n"));
	assert_true(names_are_looked_up(
		"set server <b>/<s> fqdn failed because SRV resolution is configured.\n\n"));
	assert_false(names_are_looked_up(
		"set server <b>/<s> fqdn failed because no resolution is configured.\n\n"));
	assert_false(names_are_looked_up("Permission denied\n\n"));
	assert_false(names_are_looked_up("No such server.\n\n"));
	assert_false(names_are_looked_up(""));
}

#define TABLES                                                                                     \
	"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "    \
	"srv_fqdn srv_port srvrecord\n%s\n\n# pxname,svname,qcur,scur\nweb,BACKEND,0,0\n\n"

static struct view view_with(const char *line)
{
	char text[1024];
	struct view view = { 0 };
	struct err err = { 0 };

	(void)snprintf(text, sizeof(text), TABLES, line);
	if (view_parse(text, "web", &view, &err) != 0)
		fail_msg("%s", err.msg);
	assert_int_equal(view.n_servers, 1);
	return view;
}

static void the_tables_tell_names_and_service_records(void **state)
{
	struct view view = view_with("3 web 1 ds-t-1 127.0.0.1 0 5 1 localhost 80 -");

	(void)state;
	assert_string_equal(view.servers[0].fqdn, "localhost");
	assert_false(view.servers[0].by_service);
	view_finish(&view);
	view = view_with("3 web 1 ds-t-1 127.0.0.1 0 5 1 - 80 -");
	assert_string_equal(view.servers[0].fqdn, "");
	view_finish(&view);
	view = view_with("3 web 1 ds-t-1 - 0 37 1 - 0 _http._tcp.localhost");
	assert_string_equal(view.servers[0].fqdn, "");
	assert_true(view.servers[0].by_service);
	view_finish(&view);
}

/* It becomes part of a command. */
static void a_name_that_would_end_the_command_is_not_taken(void **state)
{
	struct view view = view_with("3 web 1 ds-t-1 127.0.0.1 0 5 1 local;host 80 -");

	(void)state;
	assert_string_equal(view.servers[0].fqdn, "");
	assert_false(view.servers[0].literal);
	view_finish(&view);
}

static void a_slot_that_dns_leads_is_left_out_and_told(void **state)
{
	struct scene *scene = *state;

	scene->options.resolved = true;
	slot(scene, "ds-t-1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 0);
	assert_true(scene->plan.slots);
	assert_contains(scene->plan.problem, "up by DNS");
	assert_contains(scene->plan.problem, "take `resolvers` off");
	assert_int_equal(
		scene->plan.faults, FAULT_BIT(FAULT_NO_SLOT) | FAULT_BIT(FAULT_SLOT_UNUSABLE));
}

/* It serves now; the next reload is what takes its address. */
static void a_slot_that_dns_leads_goes_on_when_it_is_in_use_and_is_told(void **state)
{
	struct scene *scene = *state;
	struct view_server *used = server(scene, "ds-t-1", "10.0.0.1");

	scene->options.resolved = true;
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 1);
	assert_contains(scene->plan.problem, "take `resolvers` off");
	assert_int_equal(scene->plan.faults, FAULT_BIT(FAULT_SLOT_UNUSABLE));
	used->drain = true; /* a drain can be taken back, an empty slot not be filled */
	assert_plan(scene, "set server web/ds-t-1 state ready;");
	used->maint = true;
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 0);
}

static void a_slot_written_with_an_address_is_led_whatever_dns_does(void **state)
{
	struct scene *scene = *state;

	scene->options.resolved = true;
	slot(scene, "ds-t-1")->literal = true;
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
	assert_string_equal(scene->plan.problem, "");
}

static void a_slot_of_a_service_record_is_told_without_being_asked_about(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1")->by_service = true;
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_contains(scene->plan.problem, "take `resolvers` off");
}

static void a_free_slot_with_a_name_is_the_one_to_be_asked_about(void **state)
{
	struct scene *scene = *state;

	(void)strcpy(server(scene, "theirs", "10.0.0.9")->fqdn, "db.example");
	(void)strcpy(server(scene, "ds-t-1", "10.0.0.1")->fqdn, "localhost");
	slot(scene, "ds-t-2")->literal = true;
	member(scene, "10.0.0.1");
	assert_int_equal(
		plan_named_slot(&scene->options, &scene->wish, &scene->view), PLAN_NOWHERE);
	(void)strcpy(slot(scene, "ds-t-3")->fqdn, "localhost");
	assert_int_equal(plan_named_slot(&scene->options, &scene->wish, &scene->view), 3);
}

static void an_open_server_of_ours_that_is_down_is_found(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.9")->up = false;
	slot(scene, "ds-t-1");
	server(scene, "ds-t-2", "10.0.0.2");
	assert_int_equal(plan_next_down(&scene->options, &scene->view, 0), PLAN_NOWHERE);
	server(scene, "ds-t-3", "10.0.0.3")->up = false;
	assert_int_equal(plan_next_down(&scene->options, &scene->view, 0), 3);
	assert_int_equal(plan_next_down(&scene->options, &scene->view, 4), PLAN_NOWHERE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_is_the_name_that_the_server_has),
		cmocka_unit_test(the_answers_tell_it),
		cmocka_unit_test(the_tables_tell_names_and_service_records),
		cmocka_unit_test(a_name_that_would_end_the_command_is_not_taken),
		TEST(a_slot_that_dns_leads_is_left_out_and_told),
		TEST(a_slot_that_dns_leads_goes_on_when_it_is_in_use_and_is_told),
		TEST(a_slot_written_with_an_address_is_led_whatever_dns_does),
		TEST(a_slot_of_a_service_record_is_told_without_being_asked_about),
		TEST(a_free_slot_with_a_name_is_the_one_to_be_asked_about),
		TEST(an_open_server_of_ours_that_is_down_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
