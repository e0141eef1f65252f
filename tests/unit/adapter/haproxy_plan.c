/* From who should be served and what HAProxy has to commands. */
#include "haproxy_scene.h"

#include "adapter/haproxy/limits.h"

static void a_backend_that_is_as_wished_needs_no_command(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	slot(scene, "ds-t-2");
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_false(scene->plan.again);
	assert_string_equal(scene->plan.problem, "");
}

static void a_free_slot_gets_its_address_before_it_opens(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
	assert_true(scene->plan.again);
	(void)mem_strcpy(scene->servers[0].address, CONTAINER_ADDRESS_MAX, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 state ready;");
	assert_false(scene->plan.again);
}

static void a_slot_is_weighed_before_it_opens(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1")->weight = 1;
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 weight 100;"
			   "set server web/ds-t-1 addr 10.0.0.1 port 80;");
}

static void a_replica_that_comes_back_finds_its_own_slot(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	(void)mem_strcpy(slot(scene, "ds-t-2")->address, CONTAINER_ADDRESS_MAX, "10.0.0.1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-2 state ready;");
}

static void a_slot_without_old_sessions_is_preferred(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1")->sessions = reading_known(1);
	slot(scene, "ds-t-2")->sessions = reading_unknown();
	slot(scene, "ds-t-3");
	member(scene, "10.0.0.1");
	assert_contains(make(scene), "set server web/ds-t-3 addr 10.0.0.1");
}

static void a_slot_with_old_sessions_is_better_than_none(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1")->sessions = reading_known(1);
	member(scene, "10.0.0.1");
	assert_contains(make(scene), "set server web/ds-t-1 addr 10.0.0.1");
	assert_string_equal(scene->plan.problem, "");
}

static void two_members_take_two_slots(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	slot(scene, "ds-t-2");
	member(scene, "10.0.0.1");
	member(scene, "10.0.0.2");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;"
			   "set server web/ds-t-2 addr 10.0.0.2 port 80;");
}

static void a_draining_member_is_drained(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	member(scene, "10.0.0.1")->state = MEMBER_DRAINING;
	assert_plan(scene, "set server web/ds-t-1 state drain;");
	scene->servers[0].drain = true;
	assert_plan(scene, "");
}

static void a_draining_member_without_a_server_gets_none(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	member(scene, "10.0.0.1")->state = MEMBER_DRAINING;
	assert_plan(scene, "");
}

static void a_closed_server_of_a_draining_member_stays_closed(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1")->maint = true;
	member(scene, "10.0.0.1")->state = MEMBER_DRAINING;
	assert_plan(scene, "");
}

static void a_drain_is_cancelled_by_opening(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1")->drain = true;
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 state ready;");
}

static void a_server_that_leads_to_nobody_is_closed_before_all_else(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	server(scene, "ds-t-2", "10.0.0.2");
	slot(scene, "ds-t-3");
	server(scene, "ds-t-4", "10.0.0.9");
	member(scene, "10.0.0.1")->state = MEMBER_DRAINING;
	member(scene, "10.0.0.2")->weight = 50;
	member(scene, "10.0.0.3");
	assert_plan(scene, "set server web/ds-t-4 state maint;"
			   "set server web/ds-t-1 state drain;"
			   "set server web/ds-t-3 addr 10.0.0.3 port 80;"
			   "set server web/ds-t-2 weight 50;");
}

static void another_port_is_another_replica(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1")->port = 81;
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 state maint;"
			   "set server web/ds-t-1 addr 10.0.0.1 port 80;");
}

static void a_stranger_who_drains_is_closed_too(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1")->drain = true;
	assert_plan(scene, "set server web/ds-t-1 state maint;");
}

static void two_slots_at_one_address_become_one(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	server(scene, "ds-t-2", "10.0.0.1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-2 state maint;");
}

static void servers_of_others_are_left_alone(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1");
	server(scene, "ds-other-1", "10.0.0.9");
	server(scene, "ds-t-x", "10.0.0.9");
	server(scene, "ds-t-1x", "10.0.0.9");
	server(scene, "ds-t-", "10.0.0.9");
	server(scene, "ds-t-1234567", "10.0.0.9");
	server(scene, "ds-t-c23456789abcg", "10.0.0.9");
	slot(scene, "ds-t-1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
}

static void another_instances_server_is_not_the_templates(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-other-1", "10.0.0.1");
	server(scene, "ds-other-c123456789abc", "10.0.0.1");
	slot(scene, "ds-t-1");
	template(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
}

static void a_person_may_begin_a_name_as_we_do(void **state)
{
	static const char *const names[] = { "ds-1", "ds-web", "ds--1", "ds-web-", "ds-web-1a" };
	struct scene *scene = *state;

	server(scene, "", "10.0.0.1")->drain = true;
	template(scene, "10.0.0.1");
	for (size_t i = 0; i < countof(names); i++) {
		(void)mem_strcpy(scene->servers[0].name, SERVER_NAME_MAX, names[i]);
		assert_contains(make(scene), names[i]);
		assert_contains(make(scene), "state ready;");
	}
}

static void slots_beyond_the_range_are_others(void **state)
{
	struct scene *scene = *state;

	scene->config.slot_first = 2;
	scene->config.slot_last = 3;
	server(scene, "ds-t-1", "10.0.0.8");
	server(scene, "ds-t-2", "10.0.0.9");
	server(scene, "ds-t-4", "10.0.0.8");
	assert_plan(scene, "set server web/ds-t-2 state maint;");
	assert_int_equal(scene->plan.capacity, 1);
}

static void slots_may_have_a_prefix_of_their_own(void **state)
{
	struct scene *scene = *state;

	(void)mem_strcpy(scene->config.slot_prefix, sizeof(scene->config.slot_prefix), "place");
	server(scene, "ds-t-1", "10.0.0.8");
	server(scene, "place1", "10.0.0.9");
	assert_plan(scene, "set server web/place1 state maint;");
}

static void the_templates_own_server_is_drained_and_enabled(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1");
	slot(scene, "ds-t-1");
	template(scene, "10.0.0.1")->state = MEMBER_DRAINING;
	assert_plan(scene, "set server web/theirs state drain;");
	scene->servers[0].drain = true;
	scene->members[0].state = MEMBER_SERVING;
	assert_plan(scene, "set server web/theirs state ready;");
}

static void the_templates_own_server_takes_no_slot_and_adds_to_the_capacity(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1");
	slot(scene, "ds-t-1");
	template(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 2);
}

static void the_templates_own_server_is_not_closed_when_the_template_goes(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1");
	slot(scene, "ds-t-1");
	assert_plan(scene, "");
}

static bool has_one_address(const char *address)
{
	return strcmp(address, "192.0.2.7") == 0;
}

/* `docker run -p 8080:80`, and a line that a person wrote for it. */
static struct view_server *published(struct scene *scene, const char *door, const char *line)
{
	struct member *web = template(scene, "10.0.0.1");
	struct view_server *theirs = server(scene, "theirs", line);

	scene->options.is_local = has_one_address;
	web->doors[web->n_doors++] = (struct container_port){ 443, 8443, "0.0.0.0" };
	web->doors[web->n_doors] = (struct container_port){ .inside = 80, .outside = 8080 };
	(void)mem_strcpy(web->doors[web->n_doors++].address, sizeof(web->doors[0].address), door);
	theirs->port = 8080;
	return theirs;
}

static void the_templates_own_server_may_lead_to_a_port_that_it_publishes(void **state)
{
	static const char *const doors[][2] = { { "0.0.0.0", "127.0.0.1" }, { "", "::1" },
		{ "::", "192.0.2.7" }, { "198.51.100.3", "198.51.100.3" } };

	for (size_t i = 0; i < countof(doors); i++) {
		struct scene *scene = *state;
		struct view_server *theirs = published(scene, doors[i][0], doors[i][1]);

		slot(scene, "ds-t-1");
		assert_plan(scene, "");
		scene->members[0].state = MEMBER_DRAINING;
		assert_plan(scene, "set server web/theirs state drain;");
		scene->members[0].state = MEMBER_SERVING;
		theirs->drain = true;
		/* opened where it is, and not led to the container's address */
		assert_plan(scene, "set server web/theirs state ready;");
		scene->wish.n_members = scene->view.n_servers = 0;
	}
}

static void a_port_of_another_machine_or_address_is_not_the_templates(void **state)
{
	static const char *const doors[][2] = { { "0.0.0.0", "192.0.2.8" },
		{ "198.51.100.3", "127.0.0.1" } };

	for (size_t i = 0; i < countof(doors); i++) {
		struct scene *scene = *state;

		(void)published(scene, doors[i][0], doors[i][1]);
		slot(scene, "ds-t-1");
		assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
		scene->wish.n_members = scene->view.n_servers = 0;
	}
}

static void a_slot_is_never_a_members_by_a_port_that_it_publishes(void **state)
{
	struct scene *scene = *state;
	struct view_server *theirs = published(scene, "0.0.0.0", "127.0.0.1");

	(void)mem_strcpy(theirs->name, sizeof(theirs->name), "ds-t-1");
	assert_contains(make(scene), "state maint");
}

static void a_person_s_maintenance_is_told_and_kept(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1")->maint = true;
	slot(scene, "ds-t-1");
	template(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_contains(scene->plan.problem, "set server web/theirs state ready");
}

static void a_template_without_a_server_takes_a_slot(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	template(scene, "10.0.0.1");
	assert_contains(make(scene), "set server web/ds-t-1 addr 10.0.0.1 port 80;");
}

static void slots_that_run_out_are_told_and_the_others_are_used(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	member(scene, "10.0.0.1");
	member(scene, "10.0.0.2");
	assert_plan(scene, "set server web/ds-t-1 addr 10.0.0.1 port 80;");
	assert_int_equal(scene->plan.capacity, 1);
	assert_contains(scene->plan.problem, "all 1 slots ds-t-N of backend web are in use");
	assert_int_equal(scene->plan.faults, FAULT_BIT(FAULT_NO_SLOT));
}

static void slots_that_are_not_there_are_told(void **state)
{
	struct scene *scene = *state;

	scene->config.method = BALANCER_METHOD_SLOTS;
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 0);
	assert_contains(scene->plan.problem, "backend web has no slots");
}

static void a_slot_without_an_address_cannot_be_used_and_is_told(void **state)
{
	struct scene *scene = *state;

	(void)mem_strcpy(slot(scene, "ds-t-1")->address, CONTAINER_ADDRESS_MAX, "-");
	member(scene, "10.0.0.1");
	assert_plan(scene, "");
	assert_int_equal(scene->plan.capacity, 0);
	assert_true(scene->plan.slots);
	assert_contains(scene->plan.problem, "could not resolve localhost");
	assert_int_equal(
		scene->plan.faults, FAULT_BIT(FAULT_NO_SLOT) | FAULT_BIT(FAULT_SLOT_UNUSABLE));
}

static void a_member_without_an_address_is_told(void **state)
{
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	member(scene, "");
	assert_plan(scene, "");
	assert_contains(scene->plan.problem, "web-1 has no address");
}

static void an_address_that_is_none_reaches_no_command(void **state)
{
	static const char *const bad[] = { "10.0.0.1;shutdown", "host", "10.0.0", "1\n2" };
	struct scene *scene = *state;

	slot(scene, "ds-t-1");
	member(scene, "");
	for (size_t i = 0; i < countof(bad); i++) {
		(void)mem_strcpy(scene->members[0].address, CONTAINER_ADDRESS_MAX, bad[i]);
		assert_plan(scene, "");
	}
}

static void a_backend_without_slots_gets_servers_added(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.9");
	member(scene, "10.0.0.1");
	assert_plan(scene, "add server web/ds-t-c123456789abc 10.0.0.1:80 weight 100;"
			   "set server web/ds-t-c123456789abc state ready;");
	assert_false(scene->plan.slots);
	assert_int_equal(scene->plan.capacity, UINT32_MAX);
}

static void an_added_server_gets_its_options_its_checks_and_its_weight(void **state)
{
	struct scene *scene = *state;

	scene->config.method = BALANCER_METHOD_DYNAMIC;
	(void)mem_strcpy(scene->config.server_options, CONFIG_TEXT_MAX, "maxconn 5 check");
	member(scene, "fd00::1")->weight = 30;
	assert_plan(scene,
		"add server web/ds-t-c123456789abc [fd00::1]:80 weight 100 maxconn 5 check;"
		"enable health web/ds-t-c123456789abc;"
		"set server web/ds-t-c123456789abc weight 30;"
		"set server web/ds-t-c123456789abc state ready;");
}

static void an_added_server_whose_replica_is_gone_is_closed_and_deleted(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-c123456789abc", "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-c123456789abc state maint;"
			   "del server web/ds-t-c123456789abc;");
	scene->servers[0].maint = true; /* refused as long as there are connections */
	assert_plan(scene, "del server web/ds-t-c123456789abc;");
}

static void an_added_server_of_a_replica_that_moved_is_led_to_it(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-c123456789abc", "10.0.0.9");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-c123456789abc state maint;"
			   "set server web/ds-t-c123456789abc addr 10.0.0.1 port 80;");
	assert_true(scene->plan.again);
}

static void servers_of_the_other_method_are_cleared_away(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-c923456789abc", "10.0.0.9");
	server(scene, "ds-t-1", "10.0.0.1");
	member(scene, "10.0.0.1");
	assert_plan(scene, "set server web/ds-t-c923456789abc state maint;"
			   "del server web/ds-t-c923456789abc;");
}

static void a_weight_changes_without_closing(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	member(scene, "10.0.0.1")->weight = 40;
	assert_plan(scene, "set server web/ds-t-1 weight 40;");
}

static void a_slot_is_limited_before_it_opens(void **state)
{
	struct scene *scene = *state;
	struct limits limits = { 0 };

	scene->options.limits = &limits;
	slot(scene, "ds-t-1")->maxconn = reading_known(0);
	(void)mem_strcpy(scene->servers[0].address, CONTAINER_ADDRESS_MAX, "10.0.0.1");
	member(scene, "10.0.0.1")->maxconn = 6;
	assert_plan(scene, "set maxconn server web/ds-t-1 6;set server web/ds-t-1 state ready;");
	limits_finish(&limits);
}

static void an_added_server_is_limited_before_it_opens(void **state)
{
	struct scene *scene = *state;
	struct limits limits = { 0 };

	scene->options.limits = &limits;
	member(scene, "10.0.0.1")->maxconn = 6;
	assert_plan(scene, "add server web/ds-t-c123456789abc 10.0.0.1:80 weight 100;"
			   "set maxconn server web/ds-t-c123456789abc 6;"
			   "set server web/ds-t-c123456789abc state ready;");
	limits_finish(&limits);
}

static void a_slot_that_is_emptied_gets_back_what_it_had(void **state)
{
	struct scene *scene = *state;
	struct limits limits = { 0 };

	scene->options.limits = &limits;
	server(scene, "ds-t-1", "10.0.0.1")->maxconn = reading_known(50);
	member(scene, "10.0.0.1")->maxconn = 6;
	assert_plan(scene, "set maxconn server web/ds-t-1 6;");
	scene->servers[0].maxconn = reading_known(6);
	assert_plan(scene, "");
	scene->wish.n_members = 0;
	assert_plan(scene, "set server web/ds-t-1 state maint;"
			   "set maxconn server web/ds-t-1 50;");
	limits_finish(&limits);
}

static void a_weight_beyond_haproxys_limit_is_the_limit(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1");
	member(scene, "10.0.0.1")->weight = 100000;
	assert_plan(scene, "set server web/ds-t-1 weight 256;");
	scene->servers[0].weight = 256;
	assert_plan(scene, "");
}

static void who_drains_is_not_weighed(void **state)
{
	struct scene *scene = *state;

	server(scene, "ds-t-1", "10.0.0.1")->drain = true;
	*member(scene, "10.0.0.1") = (struct member){ .state = MEMBER_DRAINING,
		.address = "10.0.0.1",
		.port = 80,
		.weight = 5,
		.ours = true };
	assert_plan(scene, "");
}

static void a_withdrawn_service_closes_all_of_ours_and_nothing_else(void **state)
{
	struct scene *scene = *state;

	server(scene, "theirs", "10.0.0.1");
	server(scene, "ds-t-1", "10.0.0.2");
	server(scene, "ds-t-c123456789abc", "10.0.0.3");
	server(scene, "ds-other-1", "10.0.0.4");
	template(scene, "10.0.0.1");
	member(scene, "10.0.0.2");
	scene->options.withdrawn = true;
	assert_plan(scene, "set server web/ds-t-1 state maint;"
			   "set server web/ds-t-c123456789abc state maint;"
			   "del server web/ds-t-c123456789abc;");
}

static void places_name_the_server_of_each_member(void **state)
{
	struct scene *scene = *state;
	size_t places[3];

	slot(scene, "ds-t-1");
	server(scene, "theirs", "10.0.0.1");
	server(scene, "ds-t-2", "10.0.0.2");
	template(scene, "10.0.0.1");
	member(scene, "10.0.0.2");
	member(scene, "10.0.0.3");
	plan_places(&scene->options, &scene->wish, &scene->view, places);
	assert_int_equal(places[0], 1);
	assert_int_equal(places[1], 2);
	assert_true(places[2] == PLAN_NOWHERE);
}

static void a_recorded_backend_is_brought_to_the_wish(void **state)
{
	struct scene *scene = *state;
	struct view by_hand = scene->view;

	scene->view = view_of("slots", "web");
	member(scene, "127.0.0.11")->port = 8080;
	member(scene, "127.0.0.12")->port = 8080;
	member(scene, "127.0.0.13")->port = 8080;
	template(scene, "127.0.0.9")->port = 8080;
	assert_plan(scene, "set server web/ds-t-2 state ready;"
			   "set server web/ds-t-3 weight 100;"
			   "set server web/ds-t-3 addr 127.0.0.13 port 8080;"
			   "set server web/theirs weight 100;");
	assert_int_equal(scene->plan.capacity, 5);
	view_finish(&scene->view);
	scene->view = by_hand;
}

static void slots_are_counted_and_those_written_with_an_address(void **state)
{
	struct scene *scene = *state;
	size_t slots;
	size_t literal;

	slot(scene, "ds-t-1")->literal = true;
	slot(scene, "ds-t-2");
	server(scene, "theirs", "10.0.0.1")->literal = true;
	plan_count_slots(&scene->options, &scene->view, &slots, &literal);
	assert_int_equal(slots, 2);
	assert_int_equal(literal, 1);
}

static void names_that_would_break_out_of_a_command_are_refused(void **state)
{
	static const char *const bad[] = { "", "a b", "a;b", "a\nb", "a/b", "a\\b", "a<b" };
	struct scene *scene = *state;
	struct err err = { 0 };

	assert_int_equal(plan_check(&scene->options, &err), 0);
	for (size_t i = 0; i < countof(bad); i++) {
		(void)mem_strcpy(scene->config.backend, sizeof(scene->config.backend), bad[i]);
		assert_int_equal(plan_check(&scene->options, &err), ERR_INVALID);
	}
	(void)mem_strcpy(scene->config.backend, sizeof(scene->config.backend), "web");
	(void)mem_strcpy(scene->config.server_options, CONFIG_TEXT_MAX, "check;shutdown");
	assert_int_equal(plan_check(&scene->options, &err), ERR_INVALID);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backend_that_is_as_wished_needs_no_command),
		TEST(a_free_slot_gets_its_address_before_it_opens),
		TEST(a_slot_is_weighed_before_it_opens),
		TEST(a_replica_that_comes_back_finds_its_own_slot),
		TEST(a_slot_without_old_sessions_is_preferred),
		TEST(a_slot_with_old_sessions_is_better_than_none),
		TEST(two_members_take_two_slots),
		TEST(a_draining_member_is_drained),
		TEST(a_draining_member_without_a_server_gets_none),
		TEST(a_closed_server_of_a_draining_member_stays_closed),
		TEST(a_drain_is_cancelled_by_opening),
		TEST(a_server_that_leads_to_nobody_is_closed_before_all_else),
		TEST(another_port_is_another_replica),
		TEST(a_stranger_who_drains_is_closed_too),
		TEST(two_slots_at_one_address_become_one),
		TEST(servers_of_others_are_left_alone),
		TEST(another_instances_server_is_not_the_templates),
		TEST(a_person_may_begin_a_name_as_we_do),
		TEST(slots_beyond_the_range_are_others),
		TEST(slots_may_have_a_prefix_of_their_own),
		TEST(the_templates_own_server_is_drained_and_enabled),
		TEST(the_templates_own_server_takes_no_slot_and_adds_to_the_capacity),
		TEST(the_templates_own_server_is_not_closed_when_the_template_goes),
		TEST(the_templates_own_server_may_lead_to_a_port_that_it_publishes),
		TEST(a_port_of_another_machine_or_address_is_not_the_templates),
		TEST(a_slot_is_never_a_members_by_a_port_that_it_publishes),
		TEST(a_person_s_maintenance_is_told_and_kept),
		TEST(a_template_without_a_server_takes_a_slot),
		TEST(slots_that_run_out_are_told_and_the_others_are_used),
		TEST(slots_that_are_not_there_are_told),
		TEST(a_slot_without_an_address_cannot_be_used_and_is_told),
		TEST(a_member_without_an_address_is_told),
		TEST(an_address_that_is_none_reaches_no_command),
		TEST(a_backend_without_slots_gets_servers_added),
		TEST(an_added_server_gets_its_options_its_checks_and_its_weight),
		TEST(an_added_server_whose_replica_is_gone_is_closed_and_deleted),
		TEST(an_added_server_of_a_replica_that_moved_is_led_to_it),
		TEST(servers_of_the_other_method_are_cleared_away),
		TEST(a_slot_is_limited_before_it_opens),
		TEST(an_added_server_is_limited_before_it_opens),
		TEST(a_slot_that_is_emptied_gets_back_what_it_had),
		TEST(a_weight_changes_without_closing),
		TEST(a_weight_beyond_haproxys_limit_is_the_limit),
		TEST(who_drains_is_not_weighed),
		TEST(a_withdrawn_service_closes_all_of_ours_and_nothing_else),
		TEST(places_name_the_server_of_each_member),
		TEST(a_recorded_backend_is_brought_to_the_wish),
		TEST(slots_are_counted_and_those_written_with_an_address),
		TEST(names_that_would_break_out_of_a_command_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
