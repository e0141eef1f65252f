/* A path belongs to one listener; a stale file makes way, a living one does not. */
#include <dockscale/io/unixsock.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char directory[64];
	char path[96];
};

static int set_up(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/unixsock.XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/sock", place->directory);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static void the_file_has_exactly_the_mode_asked_for(void **state)
{
	const struct place *place = *state;
	struct unixsock sock = { .fd = -1 };
	struct stat there;
	struct err err;
	mode_t before = umask(077);

	assert_int_equal(unixsock_listen(place->path, 0660, &sock, &err), 0);
	(void)umask(before);
	assert_int_equal(stat(place->path, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0660);
	unixsock_finish(&sock);
}

static void a_finished_socket_leaves_no_file(void **state)
{
	const struct place *place = *state;
	struct unixsock sock = { .fd = -1 };
	struct err err;

	assert_int_equal(unixsock_listen(place->path, 0600, &sock, &err), 0);
	unixsock_finish(&sock);
	assert_int_not_equal(access(place->path, F_OK), 0);
}

static void a_second_listener_is_refused(void **state)
{
	const struct place *place = *state;
	struct unixsock first = { .fd = -1 };
	struct unixsock second = { .fd = -1 };
	struct err err;

	assert_int_equal(unixsock_listen(place->path, 0600, &first, &err), 0);
	assert_int_equal(unixsock_listen(place->path, 0600, &second, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, "answers"));
	assert_int_equal(access(place->path, F_OK), 0);
	unixsock_finish(&first);
}

static void a_stale_file_makes_way(void **state)
{
	const struct place *place = *state;
	struct unixsock dead = { .fd = -1 };
	struct unixsock sock = { .fd = -1 };
	struct err err;

	assert_int_equal(unixsock_listen(place->path, 0600, &dead, &err), 0);
	(void)close(dead.fd); /* as a kill does: the file stays */
	assert_int_equal(unixsock_listen(place->path, 0600, &sock, &err), 0);
	unixsock_finish(&sock);
}

static void a_successors_file_is_not_removed(void **state)
{
	const struct place *place = *state;
	struct unixsock old = { .fd = -1 };
	struct unixsock sock = { .fd = -1 };
	struct err err;

	assert_int_equal(unixsock_listen(place->path, 0600, &old, &err), 0);
	(void)unlink(place->path);
	assert_int_equal(unixsock_listen(place->path, 0600, &sock, &err), 0);
	unixsock_finish(&old);
	assert_int_equal(access(place->path, F_OK), 0);
	unixsock_finish(&sock);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	const struct place *place = *state;
	struct unixsock sock = { .fd = -1 };
	struct err err;
	FILE *file = fopen(place->path, "w");

	assert_non_null(file);
	(void)fclose(file);
	assert_int_equal(unixsock_listen(place->path, 0600, &sock, &err), ERR_INVALID);
	assert_int_equal(access(place->path, F_OK), 0);
}

static void a_missing_directory_is_named(void **state)
{
	struct unixsock sock = { .fd = -1 };
	struct err err;

	(void)state;
	assert_int_equal(
		unixsock_listen("/nonexistent/dir/sock", 0600, &sock, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "/nonexistent/dir"));
}

static void a_path_that_is_too_long_is_refused_and_not_cut(void **state)
{
	char path[200] = "/tmp/";
	struct unixsock sock = { .fd = -1 };
	struct err err;

	(void)state;
	memset(path + 5, 'x', sizeof(path) - 6);
	assert_int_equal(unixsock_listen(path, 0600, &sock, &err), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_file_has_exactly_the_mode_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_finished_socket_leaves_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_listener_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stale_file_makes_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_successors_file_is_not_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_no_socket_is_left_alone, set_up, tear_down),
		cmocka_unit_test(a_missing_directory_is_named),
		cmocka_unit_test(a_path_that_is_too_long_is_refused_and_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
