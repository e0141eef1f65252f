/* What the clocks of places show, from files below a directory. */
#include "unit/test.h"

#include <dockscale/adapter/tzdata.h>
#include <dockscale/base/mem.h>

#include <string.h>

static struct event heard;
static unsigned n_heard;

static void hear(void *context, const struct event *event)
{
	(void)context;
	heard = *event;
	n_heard++;
}

static void ask(const char *directory, const char *name)
{
	struct zones *zones = tzdata_new(directory, (struct event_sink){ .push = hear });
	struct intent intent = { .kind = INTENT_ZONE };

	(void)mem_strcpy(intent.zone.name, sizeof(intent.zone.name), name);
	intent.zone.from = 1767225600 * USEC_PER_SEC; /* 2026-01-01 */
	intent.zone.until = 1798761600 * USEC_PER_SEC;
	n_heard = 0;
	zones->vtable->submit(zones, &intent);
	zones->vtable->free(zones);
	assert_int_equal(n_heard, 1);
	assert_int_equal(heard.kind, EVENT_ZONE);
	assert_string_equal(heard.zone.name, name);
	assert_true(heard.zone.from == intent.zone.from);
}

static void a_zone_is_told_with_its_changes(void **state)
{
	(void)state;
	ask(ZONE_DIRECTORY, "Europe/Berlin");
	assert_int_equal(heard.zone.code, 0); /* packaging/dependencies names tzdata */
	assert_int_equal(heard.zone.zone.n_spans, 3);
	assert_true(zone_ahead(&heard.zone.zone, 1782864000 * USEC_PER_SEC) ==
		    7200 * USEC_PER_SEC); /* July */
}

static void what_is_not_there_is_told_too(void **state)
{
	(void)state;
	ask("/nowhere", "Europe/Berlin");
	assert_int_equal(heard.zone.code, ERR_NOT_FOUND);
	assert_string_equal(heard.zone.msg, "there is no time zone 'Europe/Berlin' in /nowhere");
}

static void the_machines_own_clocks_are_always_known(void **state)
{
	(void)state;
	ask("/nowhere", "");
	assert_int_equal(heard.zone.code, 0);
	assert_in_range(heard.zone.zone.n_spans, 1, ZONE_SPANS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_told_with_its_changes),
		cmocka_unit_test(what_is_not_there_is_told_too),
		cmocka_unit_test(the_machines_own_clocks_are_always_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
