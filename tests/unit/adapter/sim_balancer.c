/*
 * The simulated balancer: memberships made so, servers closed, slots and dynamic servers.
 */
#include "unit/adapter/sim_rig.h"

static int setup(void **state)
{
	struct sim_settings settings = sim_settings_default();

	settings.slots = 3;
	*state = rig_new(&settings);
	return 0;
}

static int setup_dynamic(void **state)
{
	struct sim_settings settings = sim_settings_default();

	settings.dynamic = true;
	*state = rig_new(&settings);
	return 0;
}

/* Two replicas that are ready. */
static void run_two(struct rig *rig)
{
	rig_run(rig, "web");
	rig_run(rig, "web-2");
	rig_wait(rig, 2 * SECOND);
}

static const struct rig_event *submit(struct rig *rig, const struct member *members, size_t n)
{
	const struct rig_event *report;

	rig_membership(rig, members, n);
	rig_wait(rig, SECOND / 10);
	report = rig_last(rig, EVENT_BALANCER);
	assert_non_null(report);
	return report;
}

static void run_two_members(struct rig *rig, struct member members[2])
{
	run_two(rig);
	members[0] = rig_member(rig, 0, MEMBER_SERVING);
	members[1] = rig_member(rig, 1, MEMBER_SERVING);
}

static struct member serve_one_of_two(struct rig *rig)
{
	struct member member;

	run_two(rig);
	member = rig_member(rig, 0, MEMBER_SERVING);
	submit(rig, &member, 1);
	return member;
}

static void members_that_serve_are_up(void **state)
{
	struct rig *rig = *state;
	struct member members[2];
	const struct rig_event *report;

	run_two_members(rig, members);
	report = submit(rig, members, 2);
	assert_int_equal(report->event.balancer.n_reachable, 1);
	assert_int_equal(report->event.balancer.n_servers, 2);
	assert_string_equal(report->servers[0].id, members[0].id);
	assert_int_equal(report->servers[0].state, SERVER_UP);
	assert_string_equal(report->servers[0].server, "ds-here-1");
	assert_int_equal(report->servers[1].state, SERVER_UP);
	assert_int_equal(sim_serving(rig->sim, "web"), 2);
}

static void a_member_that_is_left_out_is_closed(void **state)
{
	struct rig *rig = *state;
	struct member members[2];

	run_two_members(rig, members);
	submit(rig, members, 2);
	submit(rig, members, 1);
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
}

static void a_draining_member_keeps_its_sessions_until_they_end(void **state)
{
	struct rig *rig = *state;
	struct member members[2];
	const struct rig_event *report;

	run_two(rig);
	sim_set_load(rig->sim, "web", 4.0);
	members[0] = rig_member(rig, 0, MEMBER_SERVING);
	members[1] = rig_member(rig, 1, MEMBER_SERVING);
	submit(rig, members, 2);
	rig_wait(rig, 5 * SECOND);
	members[1].state = MEMBER_DRAINING;
	report = submit(rig, members, 2);
	assert_int_equal(report->servers[1].state, SERVER_DRAIN);
	assert_true(report->servers[1].sessions.value > 0);
	rig_wait(rig, 5 * SECOND);
	report = submit(rig, members, 2);
	assert_true(report->servers[1].sessions.value == 0);
	assert_true(report->servers[0].sessions.value > 0);
}

static void a_member_without_a_free_slot_is_absent_with_the_reason(void **state)
{
	struct rig *rig = *state;
	struct member members[4];
	const struct rig_event *report;

	run_two(rig);
	rig_run(rig, "web-3");
	rig_run(rig, "web-4");
	for (size_t i = 0; i < 4; i++)
		members[i] = rig_member(rig, i, MEMBER_SERVING);
	report = submit(rig, members, 4);
	assert_int_equal(report->event.balancer.capacity, 3);
	assert_int_equal(report->servers[3].state, SERVER_ABSENT);
	assert_non_null(strstr(report->event.balancer.problem, "web-4"));
}

static void a_server_whose_container_does_not_answer_is_down(void **state)
{
	struct rig *rig = *state;
	struct member members[2];

	run_two_members(rig, members);
	submit(rig, members, 2);
	sim_set_healthy(rig->sim, "web", false);
	assert_int_equal(submit(rig, members, 2)->servers[0].state, SERVER_DOWN);
	assert_int_equal(sim_serving(rig->sim, "web"), 1);
}

static void slots_survive_a_reload(void **state)
{
	struct rig *rig = *state;

	(void)serve_one_of_two(rig);
	sim_balancer_reload(rig->sim);
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
	sim_balancer_restart(rig->sim);
	assert_int_equal(sim_enabled(rig->sim, "web"), 0);
}

static void dynamic_servers_vanish_at_a_reload_and_are_added_again(void **state)
{
	struct rig *rig = *state;
	struct member member;
	const struct rig_event *report;

	run_two(rig);
	member = rig_member(rig, 0, MEMBER_SERVING);
	report = submit(rig, &member, 1);
	assert_false(report->event.balancer.slots);
	assert_string_equal(report->servers[0].server, "ds-here-web");
	sim_balancer_reload(rig->sim);
	assert_int_equal(sim_enabled(rig->sim, "web"), 0);
	submit(rig, &member, 1);
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
}

static void a_balancer_that_is_away_says_so_and_serves_on(void **state)
{
	struct rig *rig = *state;
	struct member member = serve_one_of_two(rig);

	sim_balancer_away(rig->sim, true);
	assert_int_equal(submit(rig, &member, 0)->event.balancer.n_reachable, 0);
	assert_int_equal(sim_serving(rig->sim, "web"), 1);
	sim_balancer_away(rig->sim, false);
	submit(rig, &member, 0);
	assert_int_equal(sim_serving(rig->sim, "web"), 0);
}

static void a_membership_replaces_the_one_under_way(void **state)
{
	struct rig *rig = *state;
	struct member member;

	run_two(rig);
	member = rig_member(rig, 0, MEMBER_SERVING);
	rig_membership(rig, &member, 0);
	submit(rig, &member, 1);
	assert_int_equal(rig_count(rig, EVENT_BALANCER), 1);
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
}

static void the_templates_own_server_is_used_and_never_closed(void **state)
{
	struct rig *rig = *state;
	struct member member;

	run_two(rig);
	sim_add_server(rig->sim, "web", "web", 8080);
	member = rig_member(rig, 0, MEMBER_SERVING);
	assert_string_equal(submit(rig, &member, 1)->servers[0].server, "web");
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
	submit(rig, &member, 0);
	assert_int_equal(sim_enabled(rig->sim, "web"), 1);
	member.state = MEMBER_DRAINING;
	submit(rig, &member, 1);
	assert_int_equal(sim_enabled(rig->sim, "web"), 0);
}

static void a_withdrawn_service_has_all_of_ours_closed(void **state)
{
	struct rig *rig = *state;
	struct balancer *balancer = sim_balancer(rig->sim);
	struct intent intent;

	(void)serve_one_of_two(rig);
	intent = rig_intent(rig, INTENT_MEMBERSHIP, "");
	intent.membership.withdrawn = true;
	balancer->vtable->submit(balancer, &intent);
	rig_wait(rig, SECOND);
	assert_int_equal(sim_enabled(rig->sim, "web"), 0);
}

static void a_stranger_at_a_served_address_is_counted(void **state)
{
	struct rig *rig = *state;
	struct member member = serve_one_of_two(rig);

	sim_stop(rig->sim, "web");
	rig_wait(rig, SECOND);
	sim_run(rig->sim, "stranger", NULL, 0, 0);
	rig_wait(rig, 2 * SECOND);
	assert_int_equal(sim_faults(rig->sim).dead, SECOND);
	assert_int_equal(sim_faults(rig->sim).stranger, 2 * SECOND);
	submit(rig, &member, 0);
	assert_int_equal(sim_enabled(rig->sim, "web"), 0);
}

static void who_is_enabled_before_it_is_ready_is_counted(void **state)
{
	struct rig *rig = *state;
	struct member member;

	rig_run(rig, "web");
	member = rig_member(rig, 0, MEMBER_SERVING);
	rig_membership(rig, &member, 1);
	rig_wait(rig, 5 * SECOND);
	assert_int_equal(sim_faults(rig->sim).unready, SECOND - 2 * USEC_PER_MSEC);
}

#define slots_test(name)   cmocka_unit_test_setup_teardown(name, setup, rig_tear_down)
#define dynamic_test(name) cmocka_unit_test_setup_teardown(name, setup_dynamic, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		slots_test(members_that_serve_are_up),
		slots_test(a_member_that_is_left_out_is_closed),
		slots_test(a_draining_member_keeps_its_sessions_until_they_end),
		slots_test(a_member_without_a_free_slot_is_absent_with_the_reason),
		slots_test(a_server_whose_container_does_not_answer_is_down),
		slots_test(slots_survive_a_reload),
		dynamic_test(dynamic_servers_vanish_at_a_reload_and_are_added_again),
		slots_test(a_balancer_that_is_away_says_so_and_serves_on),
		slots_test(a_membership_replaces_the_one_under_way),
		slots_test(the_templates_own_server_is_used_and_never_closed),
		slots_test(a_withdrawn_service_has_all_of_ours_closed),
		slots_test(a_stranger_at_a_served_address_is_counted),
		slots_test(who_is_enabled_before_it_is_ready_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
