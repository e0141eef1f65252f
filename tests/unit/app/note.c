/* Notes of the engine as lines of the log: keys that stay the same, in one order. */
#include <dockscale/app/note.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct intent note(void)
{
	struct intent intent = { .kind = INTENT_NOTE };

	intent.note.level = LOG_LEVEL_INFO;
	intent.note.what = "scaling up";
	intent.note.from = -1;
	intent.note.to = -1;
	return intent;
}

static char *format(const struct intent *intent, enum log_format format)
{
	struct str out = { 0 };
	struct note_line line;

	note_fields(intent, &line);
	log_format_line(
		&out, format, intent->note.level, 0, intent->note.what, line.fields, line.n_fields);
	return str_take(&out);
}

static void a_decision_is_one_line_with_from_to_and_because(void **state)
{
	struct intent intent = note();
	char *text;

	(void)state;
	(void)mem_strcpy(intent.service, sizeof(intent.service), "web");
	intent.note.from = 1;
	intent.note.to = 3;
	(void)mem_strcpy(intent.note.because, sizeof(intent.note.because), "cpu 96% of 80%");
	text = format(&intent, LOG_FORMAT_TEXT);
	assert_string_equal(text,
		"1970-01-01T00:00:00.000Z info    scaling up service=web from=1 to=3 "
		"because=\"cpu 96% of 80%\"\n");
	free(text);
}

static void what_does_not_apply_is_left_out(void **state)
{
	struct intent intent = note();
	char *text;

	(void)state;
	text = format(&intent, LOG_FORMAT_TEXT);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z info    scaling up\n");
	free(text);
}

static void down_to_zero_is_said(void **state)
{
	struct intent intent = note();
	char *text;

	(void)state;
	intent.note.from = 1;
	intent.note.to = 0;
	text = format(&intent, LOG_FORMAT_TEXT);
	assert_non_null(strstr(text, "from=1 to=0"));
	free(text);
}

static void json_has_the_same_keys(void **state)
{
	struct intent intent = note();
	char *text;

	(void)state;
	(void)mem_strcpy(intent.service, sizeof(intent.service), "web");
	(void)mem_strcpy(intent.note.replica, sizeof(intent.note.replica), "web-1");
	(void)mem_strcpy(intent.note.because, sizeof(intent.note.because), "say \"no\"\n");
	text = format(&intent, LOG_FORMAT_JSON);
	assert_string_equal(text,
		"{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"message\":\"scaling "
		"up\",\"service\":\"web\",\"replica\":\"web-1\",\"because\":\"say "
		"\\\"no\\\"\\n\"}\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_is_one_line_with_from_to_and_because),
		cmocka_unit_test(what_does_not_apply_is_left_out),
		cmocka_unit_test(down_to_zero_is_said),
		cmocka_unit_test(json_has_the_same_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
