/* The error value: filled, wrapped, cut where it does not fit, never lost. */
#include "unit/test.h"

#include <dockscale/base/err.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

static void set_fills_code_and_message_and_returns_the_code(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, ERR_LIMIT, "%d is more than %d", 9, 8), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "9 is more than 8");
}

static void wrap_puts_context_before_the_message_and_keeps_the_code(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_INVALID, "'x' is not a number");
	assert_int_equal(err_wrap(&err, "web.ini:%d", 12), ERR_INVALID);
	assert_int_equal(err_wrap(&err, "reload"), ERR_INVALID);
	assert_string_equal(err.msg, "reload: web.ini:12: 'x' is not a number");
}

static void a_message_that_is_too_long_is_cut_and_ended(void **state)
{
	char text[2000];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_REMOTE, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	err_wrap(&err, "docker");
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_memory_equal(err.msg, "docker: xxx", 11);
	err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(err.code, ERR_REMOTE);
}

static void an_error_number_becomes_a_code_and_its_text(void **state)
{
	static const struct {
		int errnum;
		int code;
	} rows[] = { { EACCES, ERR_DENIED }, { EPERM, ERR_DENIED }, { ENOENT, ERR_NOT_FOUND },
		{ ECONNREFUSED, ERR_UNREACHABLE }, { ETIMEDOUT, ERR_TIMEOUT },
		{ EIO, ERR_SYSTEM } };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(err_errno(&err, rows[i].errnum, "open"), rows[i].code);
	err_errno(&err, ENOENT, "open %s", "/nowhere");
	assert_string_equal(err.msg, "open /nowhere: No such file or directory");
}

static void every_code_has_a_word_and_no_other_number_has_one(void **state)
{
	(void)state;
	assert_string_equal(err_code_name(0), "none");
	assert_string_equal(err_code_name(ERR_INVALID), "invalid");
	assert_string_equal(err_code_name(ERR_NOT_FOUND), "not-found");
	assert_string_equal(err_code_name(ERR_TIMEOUT), "timeout");
	assert_string_equal(err_code_name(ERR_SYSTEM), "system");
	for (int code = ERR_SYSTEM; code <= ERR_INVALID; code++)
		assert_string_not_equal(err_code_name(code), "unknown");
	assert_string_equal(err_code_name(ERR_SYSTEM - 1), "unknown");
	assert_string_equal(err_code_name(1), "unknown");
	assert_string_equal(err_code_name(INT_MIN), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_code_and_message_and_returns_the_code),
		cmocka_unit_test(wrap_puts_context_before_the_message_and_keeps_the_code),
		cmocka_unit_test(a_message_that_is_too_long_is_cut_and_ended),
		cmocka_unit_test(an_error_number_becomes_a_code_and_its_text),
		cmocka_unit_test(every_code_has_a_word_and_no_other_number_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
