/* What HAProxy's refusals become: the first that matters, with its cure. */
#include "haproxy_world.h"

#include <adapter/haproxy/replies.h>

struct problem {
	char text[256];
	enum fault fault;
};

static struct problem judge(const char *answer)
{
	struct problem problem = { "", FAULT_NONE };

	problem.fault = replies_judge(answer, problem.text, sizeof(problem.text));
	return problem;
}

/* The answer behind "# name: command" of the recorded refusals. */
static struct problem judge_refusal(const char *name)
{
	cleanup_free char *text = recorded("haproxy", "refusals");
	char mark[64];
	char *begin;
	char *end;

	(void)snprintf(mark, sizeof(mark), "# %s: ", name);
	begin = strstr(text, mark);
	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, "\n# ");
	if (end != NULL)
		end[1] = '\0';
	return judge(begin);
}

static struct problem judge_recorded(const char *name)
{
	cleanup_free char *text = recorded("haproxy", name);

	return judge(text);
}

static void success_is_no_problem(void **state)
{
	(void)state;
	assert_string_equal(judge_recorded("accepted").text, "");
	assert_string_equal(judge("").text, "");
	assert_string_equal(judge("\n\n\n").text, "");
}

static void a_socket_without_the_right_is_told_with_its_cure(void **state)
{
	(void)state;
	assert_contains(judge_recorded("denied").text, "level admin");
}

static void each_refusal_that_matters_has_its_cure(void **state)
{
	static const struct {
		const char *name;
		const char *cure;
		enum fault fault;
	} refusals[] = {
		{ "static_weight", "takes no weights", FAULT_SERVER_REFUSED },
		{ "static_add", "takes no new servers", FAULT_SERVER_REFUSED },
		{ "backend_gone", "see [haproxy] backend", FAULT_NO_BACKEND },
		{ "add_backend_gone", "see [haproxy] backend", FAULT_NO_BACKEND },
		{ "address", "does not take the replica's address", FAULT_SERVER_REFUSED },
		{ "option", "[haproxy] server_options", FAULT_SERVER_REFUSED },
		{ "command", "2.4 is the first", FAULT_SERVER_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < countof(refusals); i++) {
		assert_contains(judge_refusal(refusals[i].name).text, refusals[i].cure);
		assert_int_equal(judge_refusal(refusals[i].name).fault, refusals[i].fault);
	}
}

static void a_refusal_that_the_next_cycle_settles_is_not_told(void **state)
{
	static const char *const names[] = { "server_gone", "exists", "del_open" };

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		assert_string_equal(judge_refusal(names[i]).text, "");
		assert_int_equal(judge_refusal(names[i]).fault, FAULT_NONE);
	}
	assert_string_equal(
		judge("[3]: Server still has connections attached to it, cannot remove it.\n").text,
		"");
}

static void a_refusal_whose_text_is_new_is_told_in_haproxys_words(void **state)
{
	(void)state;
	assert_string_equal(judge_refusal("weight_range").text,
		"HAProxy refused a command: Absolute weight can only be between 0 and 256 "
		"inclusive.");
}

static void a_cure_is_told_whole(void **state)
{
	(void)state;
	assert_contains(judge_refusal("static_add").text, "or slots (HAProxy: ");
}

static void the_first_refusal_that_matters_is_told(void **state)
{
	(void)state;
	assert_contains(judge("[3]: No such server.\n\n[6]: New server registered.\n\n"
			      "[3]: No such backend.\n\n[3]: Permission denied\n")
				.text,
		"No such backend");
}

static void information_is_no_refusal(void **state)
{
	(void)state;
	assert_string_equal(judge("[4]: something changed\n[6]: something else\n").text, "");
}

static void the_tables_behind_the_answers_are_not_read(void **state)
{
	(void)state;
	assert_string_equal(
		judge("[6]: fine\n1\n# be_id be_name\n[3]: Permission denied\n").text, "");
}

static void what_could_command_a_terminal_is_not_shown(void **state)
{
	(void)state;
	assert_string_equal(
		judge("[3]: new\033[2J\r\n").text, "HAProxy refused a command: new?[2J?");
}

static void what_was_a_problem_before_stays_one(void **state)
{
	struct problem problem = { "before", FAULT_NONE };

	(void)state;
	replies_judge("[6]: fine\n", problem.text, sizeof(problem.text));
	assert_string_equal(problem.text, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_is_no_problem),
		cmocka_unit_test(a_socket_without_the_right_is_told_with_its_cure),
		cmocka_unit_test(each_refusal_that_matters_has_its_cure),
		cmocka_unit_test(a_refusal_that_the_next_cycle_settles_is_not_told),
		cmocka_unit_test(a_refusal_whose_text_is_new_is_told_in_haproxys_words),
		cmocka_unit_test(a_cure_is_told_whole),
		cmocka_unit_test(the_first_refusal_that_matters_is_told),
		cmocka_unit_test(information_is_no_refusal),
		cmocka_unit_test(the_tables_behind_the_answers_are_not_read),
		cmocka_unit_test(what_could_command_a_terminal_is_not_shown),
		cmocka_unit_test(what_was_a_problem_before_stays_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
