/* The file for HAProxy's reload: the old one or the new one, whole. */
#include "haproxy_world.h"

#include <adapter/haproxy/statefile.h>

#include <sys/stat.h>
#include <unistd.h>

struct place {
	char directory[64];
	char path[96];
};

static int set_up(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/statefile.XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/state", place->directory);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	(void)rmdir(place->path);
	assert_int_equal(rmdir(place->directory), 0); /* nothing else was left there */
	free(place);
	return 0;
}

static void write_text(const struct place *place, const char *text)
{
	struct err err = { 0 };

	assert_int_equal(statefile_write(place->path, text, strlen(text), &err), 0);
}

static void assert_holds(const struct place *place, const char *text)
{
	char buffer[256] = "";
	FILE *file = fopen(place->path, "r");

	assert_non_null(file);
	buffer[fread(buffer, 1, sizeof(buffer) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(buffer, text);
}

static void the_file_holds_what_was_written(void **state)
{
	write_text(*state, "1\n# be_id\n");
	assert_holds(*state, "1\n# be_id\n");
}

static void a_shorter_text_replaces_a_longer_one(void **state)
{
	write_text(*state, "much longer than what follows\n");
	write_text(*state, "short\n");
	assert_holds(*state, "short\n");
}

static void haproxy_may_read_it_as_another_user(void **state)
{
	const struct place *place = *state;
	mode_t before = umask(022);
	struct stat stat_of;

	write_text(place, "x\n");
	(void)umask(before);
	assert_int_equal(stat(place->path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0644);
}

static void a_reader_of_the_old_file_keeps_it_whole(void **state)
{
	const struct place *place = *state;
	char buffer[16] = "";
	FILE *file;

	write_text(place, "before\n");
	file = fopen(place->path, "r");
	assert_non_null(file);
	write_text(place, "after\n");
	assert_non_null(fgets(buffer, sizeof(buffer), file));
	(void)fclose(file);
	assert_string_equal(buffer, "before\n");
}

static void a_directory_that_is_not_there_is_told_with_its_cure(void **state)
{
	const struct place *place = *state;
	struct err err = { 0 };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/none/state", place->directory);
	assert_int_equal(statefile_write(path, "x", 1, &err), ERR_NOT_FOUND);
	assert_contains(err.msg, path);
	assert_contains(err.msg, "[haproxy] state_file");
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
	const struct place *place = *state;
	struct err err = { 0 };

	assert_int_equal(mkdir(place->path, 0700), 0); /* a rename onto it fails */
	assert_true(statefile_write(place->path, "x", 1, &err) < 0);
	assert_int_equal(rmdir(place->path), 0);
}

static void a_whole_answer_is_told_from_its_head(void **state)
{
	cleanup_free char *text = recorded("haproxy", "state_file");
	size_t length = strlen(text);

	(void)state;
	assert_true(statefile_is_whole(text, length));
	while (length-- > 0) {
		text[length] = '\0';
		assert_false(statefile_is_whole(text, length));
	}
}

static void something_else_than_the_state_is_not_the_state(void **state)
{
	static const char *const bad[] = { "Permission denied\n\n", "2\n# be_id be_name\n\n",
		"1\n# pxname\n\n", "\n\n" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(statefile_is_whole(bad[i], strlen(bad[i])));
}

static bool is_first_slot(void *context, const char *server)
{
	(void)context;
	return strcmp(server, "ds-t-1") == 0;
}

static void a_server_is_closed_in_the_text_and_all_else_stays(void **state)
{
	cleanup_free char *text = recorded("haproxy", "state_file");
	cleanup_str struct str closed = { 0 };
	cleanup_str struct str expected = { 0 };
	struct statefile_edit edit = { "web", is_first_slot, NULL };
	const char *line = strstr(text, " ds-t-1 127.0.0.11 2 4 ");

	(void)state;
	assert_non_null(line);
	assert_int_equal(statefile_close(text, &edit, &closed), 1);
	str_append_bytes(&expected, text, (size_t)(line - text));
	str_append(&expected, " ds-t-1 127.0.0.11 0 5 ");
	str_append(&expected, line + strlen(" ds-t-1 127.0.0.11 2 4 "));
	assert_string_equal(str_text(&closed), str_text(&expected));
}

static void a_server_of_another_backend_is_another_one(void **state)
{
	cleanup_free char *text = recorded("haproxy", "state_file");
	cleanup_str struct str same = { 0 };
	struct statefile_edit edit = { "fixed", is_first_slot, NULL };

	(void)state;
	assert_int_equal(statefile_close(text, &edit, &same), 0);
	assert_string_equal(str_text(&same), text);
}

static void what_is_no_state_is_copied_as_it_is(void **state)
{
	static const char *const texts[] = { "", "4 web 2 ds-t-1 127.0.0.11 2 4",
		"# be_id be_name srv_name srv_op_state\n4 web ds-t-1 2\n",
		"# be_id be_name srv_name srv_op_state srv_admin_state\n4\n\n4 web" };
	struct statefile_edit edit = { "web", is_first_slot, NULL };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		cleanup_str struct str same = { 0 };

		assert_int_equal(statefile_close(texts[i], &edit, &same), 0);
		assert_string_equal(str_text(&same), texts[i]);
	}
}

static void a_path_that_does_not_fit_is_an_error(void **state)
{
	cleanup_free char *path = mem_zero(1, 5000);
	struct err err = { 0 };

	(void)state;
	memset(path, '/', 4999);
	assert_int_equal(statefile_write(path, "x", 1, &err), ERR_LIMIT);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_file_holds_what_was_written),
		TEST(a_shorter_text_replaces_a_longer_one),
		TEST(haproxy_may_read_it_as_another_user),
		TEST(a_reader_of_the_old_file_keeps_it_whole),
		TEST(a_directory_that_is_not_there_is_told_with_its_cure),
		TEST(a_failed_write_leaves_nothing_behind),
		TEST(a_whole_answer_is_told_from_its_head),
		TEST(something_else_than_the_state_is_not_the_state),
		TEST(a_server_is_closed_in_the_text_and_all_else_stays),
		TEST(a_server_of_another_backend_is_another_one),
		TEST(what_is_no_state_is_copied_as_it_is),
		TEST(a_path_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
