/* One holder at a time, and none that is dead. */
#include "unit/test.h"

#include <dockscale/io/claim.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[64];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(name, sizeof(name), "dockscale-test-%d", (int)getpid());
	return 0;
}

static void the_second_one_learns_who_is_first(void **state)
{
	struct err err = { 0 };
	char pid[32];
	int first = -1;
	int second = -1;

	(void)state;
	assert_int_equal(claim_take(name, &first, &err), 0);
	assert_int_equal(claim_take(name, &second, &err), ERR_CONFLICT);
	assert_int_equal(second, -1);
	(void)snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	assert_non_null(strstr(err.msg, pid));
	(void)close(first);
	assert_int_equal(claim_take(name, &second, &err), 0);
	(void)close(second);
}

/* Sends one letter when it holds the name, and waits for its end. */
static void hold_forever(int tell)
{
	struct err err;
	int fd = -1;

	if (claim_take(name, &fd, &err) == 0 && write(tell, "x", 1) == 1)
		(void)pause();
	_exit(1);
}

static void one_that_was_killed_holds_nothing(void **state)
{
	struct err err = { 0 };
	int ends[2];
	int fd = -1;
	char letter;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		hold_forever(ends[1]);
	assert_true(child > 0);
	assert_int_equal(read(ends[0], &letter, 1), 1);
	assert_int_equal(claim_take(name, &fd, &err), ERR_CONFLICT);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(claim_take(name, &fd, &err), 0);
	(void)close(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_name_that_is_too_long_is_invalid(void **state)
{
	struct err err = { 0 };
	char longer[200];
	int fd = -1;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(claim_take(longer, &fd, &err), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_second_one_learns_who_is_first, setup),
		cmocka_unit_test_setup(one_that_was_killed_holds_nothing, setup),
		cmocka_unit_test_setup(a_name_that_is_too_long_is_invalid, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
