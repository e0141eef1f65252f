/*
 * The contract of a balancer, told as tests: one behaviour each, seen from outside through the
 * fixture and from inside through the reports. It knows no kind of balancer. What is in doubt is
 * asked from the fixture's view, since a report that is wrong is as bad as a server that is.
 */
#include "suite_balancer.h"

#include <dockscale/base/mem.h>
#include <dockscale/core/weight.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SERVERS_MAX 64
#define MEMBERS_MAX 8

/* cmocka gives a setup function no argument, so the fixture's ops of the run wait here. */
static const struct balancer_fixture_ops *suite_ops;

struct suite {
	struct balancer_fixture fixture;
	struct member members[MEMBERS_MAX];
	size_t n_members;
	size_t reports; /* how many came */
	size_t wanted; /* how many run_reports() waits for */
	struct balancer_report last;
	struct server_report servers[SERVERS_MAX]; /* of the last one */
};

static void on_event(void *context, const struct event *event)
{
	struct suite *suite = context;

	if (event->kind != EVENT_BALANCER)
		return;
	assert_string_equal(event->balancer.service, suite->fixture.config.name);
	assert_true(event->balancer.n_servers <= SERVERS_MAX);
	suite->last = event->balancer;
	for (size_t i = 0; i < event->balancer.n_servers; i++)
		suite->servers[i] = event->balancer.servers[i];
	suite->last.servers = suite->servers;
	suite->reports++;
}

static int setup(void **state)
{
	struct suite *suite = mem_zero(1, sizeof(*suite));

	suite->fixture.ops = suite_ops;
	suite_ops->setup(&suite->fixture, (struct event_sink){ on_event, suite });
	*state = suite;
	return 0;
}

static int teardown(void **state)
{
	struct suite *suite = *state;

	suite_ops->teardown(&suite->fixture);
	free(suite);
	return 0;
}

static void submit(struct suite *suite, bool withdrawn)
{
	struct intent intent = {
		.kind = INTENT_MEMBERSHIP,
		.config = &suite->fixture.config,
		.deadline = USEC_NEVER,
		.membership = { suite->members, suite->n_members, withdrawn },
	};

	(void)mem_strcpy(intent.service, sizeof(intent.service), suite->fixture.config.name);
	suite->fixture.balancer->vtable->submit(suite->fixture.balancer, &intent);
}

static bool has_reports(void *context)
{
	const struct suite *suite = context;

	return suite->reports >= suite->wanted;
}

static bool run(struct suite *suite, bool (*condition)(void *context))
{
	return suite_ops->run(&suite->fixture, condition, suite);
}

/* One membership and its answer. */
static void cycle(struct suite *suite)
{
	suite->wanted = suite->reports + 1;
	submit(suite, false);
	assert_true(run(suite, has_reports));
	assert_int_equal(suite->reports, suite->wanted);
}

static struct member *join(struct suite *suite)
{
	struct member *member = &suite->members[suite->n_members++];

	assert_true(suite->n_members <= MEMBERS_MAX);
	suite_ops->add_replica(&suite->fixture, member);
	return member;
}

static void leave(struct suite *suite, size_t at)
{
	suite->n_members--;
	memmove(&suite->members[at], &suite->members[at + 1],
		(suite->n_members - at) * sizeof(suite->members[0]));
}

static const struct server_report *report_of(const struct suite *suite, const struct member *member)
{
	for (size_t i = 0; i < suite->last.n_servers; i++)
		if (strcmp(suite->servers[i].id, member->id) == 0)
			return &suite->servers[i];
	return NULL;
}

static enum server_state state_of(const struct suite *suite, const struct member *member)
{
	const struct server_report *report = report_of(suite, member);

	return report != NULL ? report->state : SERVER_ABSENT;
}

/* What the fixture sees at an address; all zero where nothing of ours is open. */
static struct balancer_server seen_at(struct suite *suite, const char *address, unsigned port)
{
	struct balancer_server servers[SERVERS_MAX];
	size_t n = suite_ops->look(&suite->fixture, servers, SERVERS_MAX);

	for (size_t i = 0; i < n; i++)
		if (servers[i].port == port && strcmp(servers[i].address, address) == 0)
			return servers[i];
	return (struct balancer_server){ 0 };
}

static struct balancer_server seen(struct suite *suite, const struct member *member)
{
	return seen_at(suite, member->address, member->port);
}

static size_t count_open(struct suite *suite)
{
	struct balancer_server servers[SERVERS_MAX];

	return suite_ops->look(&suite->fixture, servers, SERVERS_MAX);
}

static void a_serving_member_takes_new_sessions(void **state)
{
	struct suite *suite = *state;
	const struct member *member = join(suite);

	cycle(suite);
	assert_true(seen(suite, member).taking);
	assert_int_equal(state_of(suite, member), SERVER_UP);
	assert_true(report_of(suite, member)->server[0] != '\0');
	assert_int_equal(suite->last.n_reachable, suite->last.n_balancers);
	assert_string_equal(suite->last.problem, "");
}

static void several_members_serve_side_by_side(void **state)
{
	struct suite *suite = *state;

	for (int i = 0; i < 3; i++)
		(void)join(suite);
	cycle(suite);
	assert_int_equal(count_open(suite), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(seen(suite, &suite->members[i]).taking);
	assert_true(suite->last.capacity >= 3);
}

static void a_second_identical_membership_changes_nothing(void **state)
{
	struct suite *suite = *state;
	struct balancer_server before[SERVERS_MAX] = { 0 };
	struct balancer_server after[SERVERS_MAX] = { 0 };

	(void)join(suite);
	(void)join(suite);
	cycle(suite);
	(void)suite_ops->look(&suite->fixture, before, SERVERS_MAX);
	cycle(suite);
	(void)suite_ops->look(&suite->fixture, after, SERVERS_MAX);
	assert_memory_equal(before, after, sizeof(before));
}

static void an_empty_membership_is_answered(void **state)
{
	struct suite *suite = *state;

	cycle(suite);
	assert_int_equal(suite->last.n_servers, 0);
	assert_int_equal(count_open(suite), 0);
	assert_string_equal(suite->last.problem, "");
}

static void the_newer_of_two_memberships_holds(void **state)
{
	struct suite *suite = *state;
	const struct member *first = join(suite);
	const struct member *second;

	submit(suite, false);
	second = join(suite);
	cycle(suite);
	cycle(suite); /* the first one may have been answered too */
	assert_true(seen(suite, first).taking);
	assert_true(seen(suite, second).taking);
	assert_int_equal(state_of(suite, second), SERVER_UP);
}

static void a_draining_member_takes_no_new_session_and_stays(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	(void)join(suite);
	cycle(suite);
	member->state = MEMBER_DRAINING;
	cycle(suite);
	assert_int_equal(seen(suite, member).port, member->port);
	assert_false(seen(suite, member).taking);
	assert_int_equal(state_of(suite, member), SERVER_DRAIN);
	assert_true(reading_is_known(report_of(suite, member)->sessions));
	assert_true(reading_is_known(report_of(suite, member)->total));
	assert_true(reading_is_known(suite->last.queued));
	assert_true(seen(suite, &suite->members[1]).taking);
}

static void a_drain_can_be_cancelled(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	cycle(suite);
	member->state = MEMBER_DRAINING;
	cycle(suite);
	member->state = MEMBER_SERVING;
	cycle(suite);
	assert_true(seen(suite, member).taking);
	assert_int_equal(state_of(suite, member), SERVER_UP);
	assert_int_equal(count_open(suite), 1);
}

static void a_draining_member_without_a_server_gets_none(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	member->state = MEMBER_DRAINING;
	cycle(suite);
	assert_int_equal(count_open(suite), 0);
	assert_int_equal(state_of(suite, member), SERVER_ABSENT);
}

static void a_removed_member_is_closed(void **state)
{
	struct suite *suite = *state;
	struct member gone;

	(void)join(suite);
	(void)join(suite);
	cycle(suite);
	gone = suite->members[0];
	leave(suite, 0);
	cycle(suite);
	assert_int_equal(seen(suite, &gone).port, 0);
	assert_null(report_of(suite, &gone));
	assert_true(seen(suite, &suite->members[0]).taking);
}

static void a_removed_member_can_come_back(void **state)
{
	struct suite *suite = *state;
	struct member member = *join(suite);

	cycle(suite);
	suite->n_members = 0;
	cycle(suite);
	suite->n_members = 1;
	suite->members[0] = member;
	cycle(suite);
	assert_true(seen(suite, &member).taking);
	assert_int_equal(count_open(suite), 1);
}

static void places_are_used_again(void **state)
{
	struct suite *suite = *state;

	for (int round = 0; round < 12; round++) {
		if (suite->n_members == 2)
			leave(suite, 0);
		(void)join(suite);
		cycle(suite);
		assert_true(seen(suite, &suite->members[suite->n_members - 1]).taking);
	}
	assert_int_equal(count_open(suite), 2);
}

static void a_member_that_moved_is_served_at_its_new_address(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);
	struct member before = *member;

	cycle(suite);
	suite->n_members = 0;
	(void)join(suite);
	(void)mem_strcpy(member->id, sizeof(member->id), before.id);
	cycle(suite);
	assert_int_equal(seen(suite, &before).port, 0);
	assert_true(seen(suite, member).taking);
	assert_int_equal(count_open(suite), 1);
}

static void weights_are_set(void **state)
{
	struct suite *suite = *state;

	join(suite)->weight = WEIGHT_BASE;
	join(suite)->weight = 37;
	cycle(suite);
	assert_int_equal(seen(suite, &suite->members[0]).weight, WEIGHT_BASE);
	assert_int_equal(seen(suite, &suite->members[1]).weight, 37);
	assert_int_equal(report_of(suite, &suite->members[1])->weight, 37);
}

static void weights_change_while_members_serve(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	cycle(suite);
	member->weight = 50;
	cycle(suite);
	assert_int_equal(seen(suite, member).weight, 50);
	assert_true(seen(suite, member).taking);
}

static void a_limit_is_set_changed_and_lifted(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);
	struct member *other = join(suite);

	suite->fixture.config.haproxy.maxconn = BALANCER_MAXCONN_COUNT;
	cycle(suite);
	assert_int_equal(seen(suite, member).maxconn, 0);
	member->maxconn = other->maxconn = 7;
	cycle(suite);
	assert_int_equal(seen(suite, member).maxconn, 7);
	assert_int_equal(seen(suite, other).maxconn, 7);
	member->maxconn = 3;
	cycle(suite);
	assert_int_equal(seen(suite, member).maxconn, 3);
	assert_int_equal(seen(suite, other).maxconn, 7);
	member->maxconn = other->maxconn = 0;
	cycle(suite);
	assert_int_equal(seen(suite, member).maxconn, 0);
	assert_int_equal(seen(suite, other).maxconn, 0);
}

static void a_new_member_never_serves_without_its_limit(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	member->maxconn = 5;
	cycle(suite);
	assert_true(seen(suite, member).taking);
	assert_int_equal(seen(suite, member).maxconn, 5);
}

static void a_limit_is_there_again_after_a_reload(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	member->maxconn = 5;
	cycle(suite);
	suite_ops->reload(&suite->fixture);
	cycle(suite);
	assert_true(seen(suite, member).taking);
	assert_int_equal(seen(suite, member).maxconn, 5);
}

static void a_withdrawn_service_is_closed(void **state)
{
	struct suite *suite = *state;

	(void)join(suite);
	(void)join(suite);
	cycle(suite);
	suite->n_members = 0;
	suite->wanted = suite->reports + 1;
	submit(suite, true);
	assert_true(run(suite, has_reports));
	assert_int_equal(count_open(suite), 0);
	assert_int_equal(suite->last.n_servers, 0);
}

static void a_balancer_that_is_away_is_told(void **state)
{
	struct suite *suite = *state;
	const struct member *member = join(suite);

	cycle(suite);
	suite_ops->away(&suite->fixture, true);
	cycle(suite);
	assert_int_equal(suite->last.n_reachable, 0);
	assert_true(suite->last.n_balancers > 0);
	for (size_t i = 0; i < suite->last.n_servers; i++) {
		assert_int_not_equal(suite->servers[i].state, SERVER_UP);
		assert_false(reading_is_known(suite->servers[i].sessions));
	}
	suite_ops->away(&suite->fixture, false);
	cycle(suite);
	assert_int_equal(suite->last.n_reachable, suite->last.n_balancers);
	assert_true(seen(suite, member).taking);
	assert_int_equal(state_of(suite, member), SERVER_UP);
}

static void what_changed_while_it_was_away_is_made_so(void **state)
{
	struct suite *suite = *state;
	struct member gone = *join(suite);
	const struct member *come;

	cycle(suite);
	suite_ops->away(&suite->fixture, true);
	leave(suite, 0);
	come = join(suite);
	cycle(suite);
	suite_ops->away(&suite->fixture, false);
	cycle(suite);
	assert_int_equal(seen(suite, &gone).port, 0);
	assert_true(seen(suite, come).taking);
	assert_int_equal(count_open(suite), 1);
}

static void after_a_reload_one_membership_makes_it_right(void **state)
{
	struct suite *suite = *state;
	struct member *draining;

	(void)join(suite);
	draining = join(suite);
	cycle(suite);
	draining->state = MEMBER_DRAINING;
	cycle(suite);
	suite_ops->reload(&suite->fixture);
	cycle(suite);
	assert_true(seen(suite, &suite->members[0]).taking);
	assert_int_equal(state_of(suite, &suite->members[0]), SERVER_UP);
	assert_false(seen(suite, draining).taking);
}

static void a_server_that_leads_to_nobody_is_closed(void **state)
{
	struct suite *suite = *state;

	(void)join(suite);
	cycle(suite);
	suite_ops->misroute(&suite->fixture, "127.0.0.99", 9);
	assert_true(seen_at(suite, "127.0.0.99", 9).taking);
	cycle(suite);
	assert_int_equal(seen_at(suite, "127.0.0.99", 9).port, 0);
	assert_true(seen(suite, &suite->members[0]).taking);
	assert_int_equal(count_open(suite), 1);
}

static void servers_of_others_are_left_alone(void **state)
{
	struct suite *suite = *state;
	cleanup_free char *before = suite_ops->others(&suite->fixture);
	cleanup_free char *after = NULL;

	assert_true(before[0] != '\0');
	(void)join(suite);
	(void)join(suite);
	cycle(suite);
	suite->members[0].state = MEMBER_DRAINING;
	cycle(suite);
	leave(suite, 0);
	cycle(suite);
	suite->n_members = 0;
	suite->wanted = suite->reports + 1;
	submit(suite, true);
	assert_true(run(suite, has_reports));
	after = suite_ops->others(&suite->fixture);
	assert_string_equal(before, after);
}

static bool has_session(void *context)
{
	struct suite *suite = context;
	const struct server_report *report;

	if (suite->reports < suite->wanted)
		return false;
	report = report_of(suite, &suite->members[0]);
	if (report != NULL && reading_is_known(report->sessions) && report->sessions.value > 0)
		return true;
	suite->wanted = suite->reports + 1;
	submit(suite, false);
	return false;
}

static bool has_no_session(void *context)
{
	struct suite *suite = context;
	const struct server_report *report;

	if (suite->reports < suite->wanted)
		return false;
	report = report_of(suite, &suite->members[0]);
	if (report != NULL && reading_is_known(report->sessions) && report->sessions.value == 0)
		return true;
	suite->wanted = suite->reports + 1;
	submit(suite, false);
	return false;
}

static void sessions_of_a_draining_member_are_told_until_they_end(void **state)
{
	struct suite *suite = *state;
	struct member *member = join(suite);

	cycle(suite);
	suite_ops->begin_session(&suite->fixture);
	assert_true(run(suite, has_session));
	member->state = MEMBER_DRAINING;
	cycle(suite);
	assert_int_equal(state_of(suite, member), SERVER_DRAIN);
	assert_true(report_of(suite, member)->sessions.value == 1);
	suite_ops->end_session(&suite->fixture);
	assert_true(run(suite, has_no_session));
	assert_int_equal(state_of(suite, member), SERVER_DRAIN);
}

static void visitors_meet_the_serving_members_only(void **state)
{
	struct suite *suite = *state;
	unsigned draining;
	unsigned serving;

	draining = join(suite)->port;
	serving = join(suite)->port;
	cycle(suite);
	assert_int_not_equal(suite_ops->visit(&suite->fixture), 0);
	suite->members[0].state = MEMBER_DRAINING;
	cycle(suite);
	for (int i = 0; i < 10; i++) {
		unsigned port = suite_ops->visit(&suite->fixture);

		assert_int_not_equal(port, draining);
		assert_int_equal(port, serving);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define TEST_IF(hook, run)                                                                         \
	((hook) != NULL ? (struct CMUnitTest)TEST(run) : (struct CMUnitTest){ 0 })

/* Leaves out what the fixture has no hook for; gives how many are left. */
static size_t keep(struct CMUnitTest *tests, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (tests[i].test_func != NULL)
			tests[kept++] = tests[i];
	return kept;
}

int suite_balancer_run(const char *name, const struct balancer_fixture_ops *ops)
{
	struct CMUnitTest tests[] = {
		TEST(a_serving_member_takes_new_sessions),
		TEST(several_members_serve_side_by_side),
		TEST(a_second_identical_membership_changes_nothing),
		TEST(an_empty_membership_is_answered),
		TEST(the_newer_of_two_memberships_holds),
		TEST(a_draining_member_takes_no_new_session_and_stays),
		TEST(a_drain_can_be_cancelled),
		TEST(a_draining_member_without_a_server_gets_none),
		TEST(a_removed_member_is_closed),
		TEST(a_removed_member_can_come_back),
		TEST(places_are_used_again),
		TEST(a_member_that_moved_is_served_at_its_new_address),
		TEST(weights_are_set),
		TEST(weights_change_while_members_serve),
		TEST(a_limit_is_set_changed_and_lifted),
		TEST(a_new_member_never_serves_without_its_limit),
		TEST(a_limit_is_there_again_after_a_reload),
		TEST(a_withdrawn_service_is_closed),
		TEST(a_balancer_that_is_away_is_told),
		TEST(what_changed_while_it_was_away_is_made_so),
		TEST(after_a_reload_one_membership_makes_it_right),
		TEST_IF(ops->misroute, a_server_that_leads_to_nobody_is_closed),
		TEST_IF(ops->others, servers_of_others_are_left_alone),
		TEST_IF(ops->begin_session, sessions_of_a_draining_member_are_told_until_they_end),
		TEST_IF(ops->visit, visitors_meet_the_serving_members_only),
	};

	suite_ops = ops;
	return _cmocka_run_group_tests(name, tests, keep(tests, countof(tests)), NULL, NULL);
}
