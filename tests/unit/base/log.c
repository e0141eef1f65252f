/* One line an event, whatever it is that comes from outside. */
#include "unit/test.h"

#include <dockscale/base/log.h>
#include <dockscale/base/mem.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* 2024-02-29T12:34:56.789Z */
#define WALL ((usec_t)1709210096 * USEC_PER_SEC + 789 * USEC_PER_MSEC)

static void assert_line(enum log_format format, const char *message, const struct log_field *field,
	const char *expected)
{
	cleanup_str struct str line = { 0 };

	log_format_line(&line, format, LOG_LEVEL_INFO, WALL, message, field, 1);
	assert_string_equal(str_text(&line), expected);
}

static void a_text_line_has_time_level_message_and_fields(void **state)
{
	const struct log_field field = { "service", "web" };

	(void)state;
	assert_line(LOG_FORMAT_TEXT, "scaling up", &field,
		"2024-02-29T12:34:56.789Z info    scaling up service=web\n");
}

static void a_json_line_has_the_same_as_members(void **state)
{
	const struct log_field field = { "service", "web" };

	(void)state;
	assert_line(LOG_FORMAT_JSON, "scaling up", &field,
		"{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"info\","
		"\"message\":\"scaling up\",\"service\":\"web\"}\n");
}

static void a_field_without_value_is_left_out(void **state)
{
	const struct log_field field = { "service", NULL };

	(void)state;
	assert_line(LOG_FORMAT_TEXT, "x", &field, "2024-02-29T12:34:56.789Z info    x\n");
	assert_line(LOG_FORMAT_JSON, "x", &field,
		"{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"info\",\"message\":\"x\"}\n");
}

static void a_text_value_that_could_be_misread_is_quoted(void **state)
{
	static const struct {
		const char *value;
		const char *text;
	} rows[] = {
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "say \"no\"", "\"say \\\"no\\\"\"" },
		{ "line\nline", "\"line\\nline\"" },
		{ "carriage\rreturn", "\"carriage\\u000dreturn\"" },
		{ "\x1b[2Jgone", "\"\\u001b[2Jgone\"" },
		{ "\xFF", "\"\xEF\xBF\xBD\"" },
		{ "70%", "70%" },
		{ "/run/x.sock:1", "/run/x.sock:1" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		const struct log_field field = { "k", rows[i].value };
		cleanup_str struct str expected = { 0 };

		str_appendf(&expected, "2024-02-29T12:34:56.789Z info    x k=%s\n", rows[i].text);
		assert_line(LOG_FORMAT_TEXT, "x", &field, str_text(&expected));
	}
}

static void a_message_cannot_break_its_line(void **state)
{
	const struct log_field field = { "k", NULL };

	(void)state;
	assert_line(LOG_FORMAT_TEXT, "refused: \"a\nb\"", &field,
		"2024-02-29T12:34:56.789Z info    \"refused: \\\"a\\nb\\\"\"\n");
	assert_line(LOG_FORMAT_TEXT, "it is \"so\" = \\", &field,
		"2024-02-29T12:34:56.789Z info    it is \"so\" = \\\n");
}

/* Gives what was written to the log since the last call. */
static const char *written(int fd, char *buffer, size_t size)
{
	ssize_t n = read(fd, buffer, size - 1);

	buffer[n > 0 ? n : 0] = '\0';
	return buffer;
}

static void lines_below_the_level_are_not_written(void **state)
{
	char buffer[1024];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_setup(fds[1], LOG_LEVEL_WARNING, LOG_FORMAT_JSON);
	log_info("quiet", { "a", "b" });
	assert_string_equal(written(fds[0], buffer, sizeof(buffer)), "");
	log_error("loud", { "a", "b" }, { "c", NULL });
	assert_non_null(strstr(written(fds[0], buffer, sizeof(buffer)),
		"\"level\":\"error\",\"message\":\"loud\",\"a\":\"b\"}\n"));
	log_setup(fds[1], LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
	log_debug("all", { "a", "b" });
	assert_non_null(strstr(written(fds[0], buffer, sizeof(buffer)), " debug   all a=b\n"));
	log_setup(STDERR_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_log_that_nobody_reads_stops_nothing(void **state)
{
	char filler[4096];
	int fds[2];

	(void)state;
	memset(filler, 'x', sizeof(filler));
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fds[1], filler, sizeof(filler)) > 0)
		continue;
	log_setup(fds[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	log_error("full", { "a", "b" });
	log_setup(STDERR_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	assert_int_equal(read(fds[0], filler, 1), 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void every_level_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(log_level_name(LOG_LEVEL_DEBUG), "debug");
	assert_string_equal(log_level_name(LOG_LEVEL_INFO), "info");
	assert_string_equal(log_level_name(LOG_LEVEL_WARNING), "warning");
	assert_string_equal(log_level_name(LOG_LEVEL_ERROR), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_line_has_time_level_message_and_fields),
		cmocka_unit_test(a_json_line_has_the_same_as_members),
		cmocka_unit_test(a_field_without_value_is_left_out),
		cmocka_unit_test(a_text_value_that_could_be_misread_is_quoted),
		cmocka_unit_test(a_message_cannot_break_its_line),
		cmocka_unit_test(lines_below_the_level_are_not_written),
		cmocka_unit_test(a_log_that_nobody_reads_stops_nothing),
		cmocka_unit_test(every_level_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
