/* What is remembered, as text: what was written is read, by any clock, and any other bytes are
 * safe. */
#include "unit/test.h"

#include "engine/memory.h"

#include <dockscale/base/mem.h>

#define HOUR (3600 * USEC_PER_SEC)

static int read_text(const char *text, usec_t shift, struct memory_values *values, struct err *err)
{
	return memory_read(text, strlen(text), shift, values, err);
}

static void what_was_written_is_read(void **state)
{
	struct service service = { .paused = true,
		.stopped_by_hand = true,
		.desired = 3,
		.manual = true,
		.manual_until = 5 * HOUR,
		.manual_for = HOUR,
		.orphaned_at = 2 * HOUR,
		.template_id = "0123abcd" };
	struct memory_values values;
	struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	service.policy.changed_at = 4 * HOUR;
	service.policy.changed_to = -1;
	service.concurrency.limit = 12;
	memory_write(&service, 100 * HOUR, &text);
	/* another boot clock: 90 hours less than that time's */
	assert_int_equal(memory_read(text.data, text.length, 190 * HOUR, &values, &err), 0);
	assert_true(values.paused && values.stopped_by_hand && values.manual);
	assert_int_equal(values.desired, 3);
	assert_int_equal(values.manual_count, 3);
	assert_int_equal(values.manual_until, -85 * HOUR);
	assert_int_equal(values.manual_left, HOUR);
	assert_int_equal(values.changed_at, -86 * HOUR);
	assert_int_equal(values.changed_to, -1);
	assert_int_equal(values.limit, 12);
	assert_int_equal(values.orphaned_at, -88 * HOUR);
	assert_string_equal(values.template, "0123abcd");
	memory_values_finish(&values);
	str_finish(&text);
}

static void a_service_of_which_nothing_is_to_be_said_is_a_head_alone(void **state)
{
	struct service service = { .desired = 3 };
	struct memory_values values;
	struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	service.policy.changed_at = USEC_NEVER;
	memory_write(&service, 0, &text);
	assert_string_equal(str_text(&text), "dockscale-service 1\n");
	assert_int_equal(memory_read(text.data, text.length, 0, &values, &err), 0);
	assert_false(values.paused || values.manual);
	assert_int_equal(values.changed_at, USEC_NEVER);
	str_finish(&text);
}

static void what_is_not_understood_is_not_believed(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{ "", ERR_INVALID },
		{ "dockscale-service 2\npaused=1\n", ERR_UNSUPPORTED },
		{ "dockscale-service 1", ERR_INVALID },
		{ "dockscale-service 1\npaused=1", ERR_INVALID },
		{ "dockscale-service 1\npaused=yes\n", ERR_INVALID },
		{ "dockscale-service 1\npaused\n", ERR_INVALID },
		{ "dockscale-service 1\ndesired=100000\n", ERR_INVALID },
		{ "dockscale-service 1\ndesired=-1\n", ERR_INVALID },
		{ "dockscale-service 1\nmanual_until=99999999999999999999\n", ERR_INVALID },
		{ "dockscale-service 1\nchanged_to=left\n", ERR_INVALID },
		{ "dockscale-service 1\ntemplate=a/b\n", ERR_INVALID },
		{ "dockscale-service 1\nspec=0123456789abcdef0\n", ERR_INVALID },
		{ "dockscale-service 1\ndraining=abc 1\n", ERR_INVALID },
		{ "dockscale-service 1\ndraining=abc 1 2 3\n", ERR_INVALID },
		{ "dockscale-service 1\nby_hand= 1 2\n", ERR_INVALID },
		{ "dockscale-service 1\nlabel=other=1\n", ERR_INVALID },
		{ "dockscale-service 1\nlabel=dockscale.min\n", ERR_INVALID },
		{ "dockscale-service 1\na key of the future=1\npaused=1\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct memory_values values = { 0 };
		struct err err = { 0 };
		int r = read_text(rows[i].text, 0, &values, &err);

		if (r != rows[i].code)
			print_error("%s: %d %s\n", rows[i].text, r, err.msg);
		assert_int_equal(r, rows[i].code);
		if (r == 0)
			memory_values_finish(&values);
	}
}

static void lists_are_bounded(void **state)
{
	struct memory_values values;
	struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	str_append(&text, "dockscale-service 1\n");
	for (int i = 0; i <= MEMORY_MARKS_MAX; i++)
		str_append(&text, "creating=abc 0 0\n");
	assert_int_equal(memory_read(text.data, text.length, 0, &values, &err), ERR_INVALID);
	str_finish(&text);
}

static struct policy_settings settings_of(usec_t down, usec_t up)
{
	struct policy_settings settings = { .min = 1, .max = 8 };

	settings.metric[METRIC_CPU] =
		(struct metric_settings){ .stabilization_down = down, .stabilization_up = up };
	return settings;
}

/* Wishes of five minutes, the last one now. */
static struct policy_state learned_policy(const struct policy_settings *settings, usec_t now)
{
	struct policy_state policy;
	struct wish_window *down = &policy.down[METRIC_CPU];

	policy_state_init(&policy, settings);
	down->primed = true;
	down->began = now - 300 * USEC_PER_SEC;
	down->window.spans = down->spans;
	for (int i = 0; i < 30; i++)
		window_push(&down->window, now - (30 - i) * 10 * USEC_PER_SEC,
			now - (29 - i) * 10 * USEC_PER_SEC, i < 10 ? 4 : 2);
	return policy;
}

static void wishes_are_recalled_by_another_clock(void **state)
{
	const struct policy_settings settings = settings_of(300 * USEC_PER_SEC, 0);
	struct policy_state before = learned_policy(&settings, 5 * HOUR);
	struct moment now = { .boot = HOUR, .wall = 105 * HOUR + 20 * USEC_PER_SEC };
	const struct wish_window *down;
	struct policy_state after;
	struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	memory_write_learned(&before, 100 * HOUR, &text);
	assert_in_range(text.length, 50, 300); /* two wishes, since those that are alike are one */
	policy_state_init(&after, &settings);
	assert_int_equal(memory_read_learned(text.data, text.length, now, &after, &err), 0);
	down = &after.down[METRIC_CPU];
	assert_true(down->primed && down->blind);
	assert_int_equal(down->window.count, 2);
	assert_int_equal(down->began, HOUR - 320 * USEC_PER_SEC);
	assert_int_equal(down->spans[0].from, HOUR - 320 * USEC_PER_SEC);
	assert_int_equal(down->spans[1].to, HOUR - 20 * USEC_PER_SEC);
	assert_near(down->spans[0].value, 4);
	assert_near(down->spans[1].value, 2);
	str_finish(&text);
}

static void wishes_of_other_settings_or_of_a_later_time_are_left(void **state)
{
	const struct policy_settings settings = settings_of(300 * USEC_PER_SEC, 0);
	const struct policy_settings others = settings_of(600 * USEC_PER_SEC, 0);
	struct policy_state before = learned_policy(&settings, 5 * HOUR);
	struct moment early = { .boot = HOUR, .wall = 50 * HOUR };
	struct moment now = { .boot = HOUR, .wall = 106 * HOUR };
	struct policy_state after;
	struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	memory_write_learned(&before, 100 * HOUR, &text);
	policy_state_init(&after, &others);
	assert_int_equal(memory_read_learned(text.data, text.length, now, &after, &err), 0);
	assert_false(after.down[METRIC_CPU].primed);
	policy_state_init(&after, &settings);
	assert_int_equal(memory_read_learned(text.data, text.length, early, &after, &err), 0);
	assert_false(after.down[METRIC_CPU].primed);
	str_finish(&text);
}

static void what_was_learned_is_believed_as_a_whole_or_not_at_all(void **state)
{
	static const char *const texts[] = {
		"dockscale-learned 2\n",
		"dockscale-learned 1\nwindow=down cpu 300000000\n",
		"dockscale-learned 1\nwindow=down disk 300000000 1\n",
		"dockscale-learned 1\nwindow=left cpu 300000000 1\n",
		"dockscale-learned 1\nwindow=down cpu 300000000 1\nwindow=down cpu 300000000 1\n",
		"dockscale-learned 1\nwindow=down cpu 300000000 1\nwish=2 1 1\n",
		"dockscale-learned 1\nwindow=down cpu 300000000 1\nwish=1 5 1\nwish=4 6 1\n",
		"dockscale-learned 1\nwindow=down cpu 300000000 1\nwish=1 5 1000001\n",
		"dockscale-learned 1\nwindow=down cpu 300000000 1\nwish=1 5\n",
	};
	const struct policy_settings settings = settings_of(300 * USEC_PER_SEC, 0);
	struct moment now = { .boot = HOUR, .wall = 106 * HOUR };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct policy_state policy;
		struct err err = { 0 };

		policy_state_init(&policy, &settings);
		assert_true(
			memory_read_learned(texts[i], strlen(texts[i]), now, &policy, &err) < 0);
		assert_false(policy.down[METRIC_CPU].primed);
	}
}

/* A clock that was set must not hold a count or a cooldown for ever. */
static void any_byte_may_be_another_one(void **state)
{
	const struct policy_settings settings = settings_of(300 * USEC_PER_SEC, 0);
	struct policy_state policy = learned_policy(&settings, 5 * HOUR);
	struct service service = { .manual = true, .manual_until = HOUR, .desired = 2 };
	struct moment now = { .boot = HOUR, .wall = 106 * HOUR };
	struct str texts[2] = { { 0 }, { 0 } };

	(void)state;
	service.policy.changed_at = HOUR;
	service.policy.changed_to = 1;
	memory_write(&service, 100 * HOUR, &texts[0]);
	memory_write_learned(&policy, 100 * HOUR, &texts[1]);
	for (size_t i = 0; i < texts[0].length; i++)
		for (int byte = 0; byte < 256; byte += 5) {
			struct memory_values values = { 0 };
			char kept = texts[0].data[i];
			struct err err;

			texts[0].data[i] = (char)byte;
			if (memory_read(texts[0].data, texts[0].length, 0, &values, &err) == 0)
				memory_values_finish(&values);
			texts[0].data[i] = kept;
		}
	for (size_t i = 0; i < texts[1].length; i++)
		for (int byte = 0; byte < 256; byte += 5) {
			char kept = texts[1].data[i];
			struct err err;

			policy_state_init(&policy, &settings);
			texts[1].data[i] = (char)byte;
			(void)memory_read_learned(
				texts[1].data, texts[1].length, now, &policy, &err);
			assert_in_range(policy.down[METRIC_CPU].window.count, 0, POLICY_WISHES);
			texts[1].data[i] = kept;
		}
	str_finish(&texts[0]);
	str_finish(&texts[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(a_service_of_which_nothing_is_to_be_said_is_a_head_alone),
		cmocka_unit_test(what_is_not_understood_is_not_believed),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(wishes_are_recalled_by_another_clock),
		cmocka_unit_test(wishes_of_other_settings_or_of_a_later_time_are_left),
		cmocka_unit_test(what_was_learned_is_believed_as_a_whole_or_not_at_all),
		cmocka_unit_test(any_byte_may_be_another_one),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
