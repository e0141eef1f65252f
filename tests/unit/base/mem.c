/* Memory that is there, copies that fit. */
#include "unit/test.h"

#include <dockscale/base/mem.h>

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void new_memory_is_zero_even_when_it_is_none(void **state)
{
	cleanup_free unsigned char *memory = mem_zero(3, 5);
	cleanup_free void *none = mem_zero(0, 8);

	(void)state;
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(memory[i], 0);
	assert_non_null(none);
}

static void resized_memory_keeps_what_it_held(void **state)
{
	cleanup_free char *text = mem_strdup("dockscale");

	(void)state;
	text = mem_resize(text, 4096, 1);
	assert_string_equal(text, "dockscale");
	text = mem_resize(text, 0, 1);
	assert_non_null(text);
}

/* Counts that multiply to less than they are would give memory that is too small. */
static void a_size_that_overflows_ends_the_process(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		volatile size_t many = SIZE_MAX / 2;

		(void)dup2(fd, STDERR_FILENO);
		free(mem_resize(NULL, many, 4));
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_copy_that_fits_is_whole(void **state)
{
	char buffer[5] = "####";
	cleanup_free char *part = mem_strndup("dockscale", 4);

	(void)state;
	assert_int_equal(mem_strcpy(buffer, sizeof(buffer), "1234"), 0);
	assert_string_equal(buffer, "1234");
	assert_int_equal(mem_strcpy(buffer, sizeof(buffer), ""), 0);
	assert_string_equal(buffer, "");
	assert_string_equal(part, "dock");
}

static void a_copy_that_does_not_fit_is_cut_and_ended(void **state)
{
	char buffer[8] = "1234567";

	(void)state;
	assert_int_equal(mem_strcpy(buffer, 5, "abcde"), 1);
	assert_string_equal(buffer, "abcd");
	assert_int_equal(buffer[5], '6'); /* and nothing behind it was touched */
	assert_int_equal(mem_strcpy(buffer, 1, "x"), 1);
	assert_string_equal(buffer, "");
	buffer[0] = 'k';
	assert_int_equal(mem_strcpy(buffer, 0, "x"), 1);
	assert_int_equal(buffer[0], 'k');
}

static void a_taken_pointer_leaves_null_behind(void **state)
{
	cleanup_free char *text = mem_strdup("x");
	cleanup_free char *taken = take_ptr(text);

	(void)state;
	assert_null(text);
	assert_string_equal(taken, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_memory_is_zero_even_when_it_is_none),
		cmocka_unit_test(resized_memory_keeps_what_it_held),
		cmocka_unit_test(a_size_that_overflows_ends_the_process),
		cmocka_unit_test(a_copy_that_fits_is_whole),
		cmocka_unit_test(a_copy_that_does_not_fit_is_cut_and_ended),
		cmocka_unit_test(a_taken_pointer_leaves_null_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
