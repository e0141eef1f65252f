/*
 * The journal's promises: what was taken is told to the next daemon, the newest of each kind and as a
 * whole; what is damaged or away is in nobody's way, and is told.
 */
#include "suite_journal.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct suite_journal_world *world;

struct heard {
	unsigned events;
	int code;
};

static void hear(void *context, const struct event *event)
{
	struct heard *heard = context;

	assert_int_equal(event->kind, EVENT_JOURNAL);
	heard->events++;
	heard->code = event->link.code;
}

static struct journal *open_journal(struct heard *heard)
{
	*heard = (struct heard){ 0 };
	return world->open(world->context, (struct event_sink){ .push = hear, .context = heard });
}

static void record_bytes(struct journal *journal, enum record_kind kind, const char *service,
	const char *text, size_t length)
{
	struct intent intent = { .kind = INTENT_RECORD };

	(void)mem_strcpy(intent.service, sizeof(intent.service), service);
	intent.record.kind = kind;
	intent.record.text = text;
	intent.record.length = length;
	journal->vtable->submit(journal, &intent, world->now(world->context));
}

static void record(
	struct journal *journal, enum record_kind kind, const char *service, const char *text)
{
	record_bytes(journal, kind, service, text, strlen(text));
}

static void note(struct journal *journal, const char *what)
{
	struct intent intent = { .kind = INTENT_NOTE };

	(void)mem_strcpy(intent.service, sizeof(intent.service), "web");
	intent.note.what = what;
	intent.note.from = 1;
	intent.note.to = 2;
	journal->vtable->submit(journal, &intent, world->now(world->context));
}

static void take(void *context, const struct journal_record *told)
{
	struct str *text = context;

	str_appendf(text, "%s/%s=", record_kind_name(told->kind), told->service);
	str_append_bytes(text, told->text, told->length);
	str_append(text, ";");
}

/* Is @expected recalled, in any order? Each of it is "kind/service=text;". */
static void assert_recalled(struct journal *journal, const char *const *expected, size_t n)
{
	cleanup_str struct str text = { 0 };
	size_t length = 0;

	journal->vtable->recall(journal, take, &text);
	for (size_t i = 0; i < n; i++) {
		if (strstr(str_text(&text), expected[i]) == NULL)
			fail_msg("%s is not in %s", expected[i], str_text(&text));
		length += strlen(expected[i]);
	}
	assert_int_equal(text.length, length);
}

static void nothing_is_remembered_at_first(void **state)
{
	struct heard heard;
	struct journal *journal = open_journal(&heard);

	(void)state;
	assert_recalled(journal, NULL, 0);
	world->close(world->context, journal);
	assert_int_equal(heard.events, 0);
}

/* The end in order, or the kill. */
static void the_newest_of_each_is_remembered(void (*end)(void *context, struct journal *journal))
{
	static const char *const expected[] = { "service/web=third;", "learned/web=another;",
		"service/api=its own;" };
	struct heard heard;
	struct journal *journal = open_journal(&heard);

	record(journal, RECORD_SERVICE, "web", "first");
	record(journal, RECORD_LEARNED, "web", "another");
	record(journal, RECORD_TEMPLATE, "web", "to be forgotten");
	world->settle(world->context, journal);
	note(journal, "scaling up");
	record(journal, RECORD_SERVICE, "web", "second");
	record(journal, RECORD_SERVICE, "api", "its own");
	record(journal, RECORD_SERVICE, "web", "third");
	record(journal, RECORD_TEMPLATE, "web", "");
	end(world->context, journal);
	journal = open_journal(&heard);
	assert_recalled(journal, expected, countof(expected));
	world->close(world->context, journal);
	assert_int_equal(heard.events, 0);
}

static void the_newest_of_each_outlives_an_end_in_order(void **state)
{
	(void)state;
	the_newest_of_each_is_remembered(world->close);
}

static void the_newest_of_each_outlives_a_kill(void **state)
{
	(void)state;
	the_newest_of_each_is_remembered(world->kill);
}

struct bytes {
	const char *text;
	size_t length;
	unsigned found;
};

static void compare(void *context, const struct journal_record *told)
{
	struct bytes *bytes = context;

	assert_int_equal(told->length, bytes->length);
	assert_memory_equal(told->text, bytes->text, bytes->length);
	bytes->found++;
}

static void any_bytes_are_kept_and_too_many_are_not(void **state)
{
	cleanup_free char *text = mem_zero(RECORD_BYTES_MAX + 1, 1);
	struct bytes bytes = { .text = text, .length = RECORD_BYTES_MAX };
	struct heard heard;
	struct journal *journal = open_journal(&heard);

	(void)state;
	for (size_t i = 0; i < RECORD_BYTES_MAX; i++)
		text[i] = (char)(i * 7);
	record_bytes(journal, RECORD_TEMPLATE, "web", text, RECORD_BYTES_MAX);
	record_bytes(journal, RECORD_TEMPLATE, "api", text, RECORD_BYTES_MAX + 1);
	world->kill(world->context, journal);
	journal = open_journal(&heard);
	journal->vtable->recall(journal, compare, &bytes);
	assert_int_equal(bytes.found, 1);
	world->close(world->context, journal);
}

static void count(void *context, const struct journal_record *told)
{
	unsigned *counted = context;

	assert_true(told->length <= RECORD_BYTES_MAX);
	assert_true(told->kind < RECORD_KINDS);
	(*counted)++;
}

static void what_is_damaged_is_in_nobodys_way(void **state)
{
	(void)state;
	for (uint64_t chance = 1; chance <= 30; chance++) {
		struct heard heard;
		struct journal *journal = open_journal(&heard);
		unsigned counted = 0;

		for (int i = 0; i < 20; i++) {
			char name[16];

			(void)snprintf(name, sizeof(name), "service-%d", i);
			record(journal, RECORD_SERVICE, name, "a few words of it");
		}
		world->close(world->context, journal);
		world->damage(world->context, chance * 0x9e3779b97f4a7c15ULL);
		journal = open_journal(&heard);
		journal->vtable->recall(journal, count, &counted);
		assert_in_range(counted, 0, 21);
		record(journal, RECORD_SERVICE, "web", "after");
		world->settle(world->context, journal);
		assert_int_equal(heard.code, 0);
		world->close(world->context, journal);
	}
}

static void that_it_is_away_and_back_is_told_once(void **state)
{
	struct heard heard;
	struct journal *journal = open_journal(&heard);

	(void)state;
	record(journal, RECORD_SERVICE, "web", "before");
	world->settle(world->context, journal);
	assert_int_equal(heard.events, 0);
	world->set_away(world->context, true);
	for (int i = 0; i < 3; i++) {
		record(journal, RECORD_SERVICE, "web", "meanwhile");
		world->settle(world->context, journal);
	}
	assert_int_equal(heard.events, 1);
	assert_true(heard.code < 0);
	world->set_away(world->context, false);
	record(journal, RECORD_SERVICE, "web", "after");
	world->settle(world->context, journal);
	assert_int_equal(heard.events, 2);
	assert_int_equal(heard.code, 0);
	record(journal, RECORD_SERVICE, "web", "all again");
	world->kill(world->context, journal);
	journal = open_journal(&heard);
	assert_recalled(journal, (const char *const[]){ "service/web=all again;" }, 1);
	world->close(world->context, journal);
}

static int clear(void **state)
{
	(void)state;
	world->clear(world->context);
	return 0;
}

int suite_journal(const struct suite_journal_world *under_test)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_remembered_at_first, clear),
		cmocka_unit_test_teardown(the_newest_of_each_outlives_an_end_in_order, clear),
		cmocka_unit_test_teardown(the_newest_of_each_outlives_a_kill, clear),
		cmocka_unit_test_teardown(any_bytes_are_kept_and_too_many_are_not, clear),
		cmocka_unit_test_teardown(what_is_damaged_is_in_nobodys_way, clear),
		cmocka_unit_test_teardown(that_it_is_away_and_back_is_told_once, clear),
	};

	world = under_test;
	return cmocka_run_group_tests_name(under_test->name, tests, NULL, NULL);
}
