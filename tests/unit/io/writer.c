/* The thread writes what the loop put, tells when it cannot, and never holds the loop up. */
#include <dockscale/io/writer.h>

#include "unit/io/store_place.h"

#define PATIENCE (10 * USEC_PER_SEC)

struct heard {
	uv_loop_t loop;
	unsigned told;
	int code;
	bool anew;
};

static void on_told(void *context, const struct err *err, bool anew)
{
	struct heard *heard = context;

	heard->told++;
	heard->code = err->code;
	heard->anew = anew;
}

static struct writer *begin(
	const struct place *place, struct heard *heard, struct store *store, usec_t retry)
{
	const struct err away = { .code = ERR_SYSTEM, .msg = "not there" };

	*heard = (struct heard){ .told = 0 };
	assert_int_equal(uv_loop_init(&heard->loop), 0);
	return writer_new(&heard->loop,
		&(struct writer_options){ .store = place->options,
			.retry = retry,
			.told = on_told,
			.context = heard },
		store, &away);
}

static void end(struct heard *heard, struct writer *writer)
{
	writer_free(writer, PATIENCE);
	(void)uv_run(&heard->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&heard->loop), 0);
}

static void what_was_put_is_written_at_the_end(void **state)
{
	const struct place *place = *state;
	struct heard heard;
	struct writer *writer = begin(place, &heard, place_open(place, 0), USEC_PER_SEC);
	struct store *store;

	writer_put(writer, "a", "1", 1);
	writer_put(writer, "b", "2", 1);
	writer_log(writer, 5, "web", "a line");
	writer_put(writer, "a", "one", 3);
	writer_forget(writer, "b");
	end(&heard, writer);
	assert_int_equal(heard.told, 0);
	store = place_open(place, 0);
	assert_string_equal(place_rows(store).text, "a=one;");
	store_close(store);
}

static void a_directory_that_is_removed_is_made_anew_and_told(void **state)
{
	const struct place *place = *state;
	struct heard heard;
	struct writer *writer = begin(place, &heard, place_open(place, 0), USEC_PER_SEC);
	struct store *store;

	writer_put(writer, "a", "1", 1);
	assert_true(writer_flush(writer, PATIENCE));
	(void)place_files(place, "", true);
	(void)rmdir(place->directory);
	writer_put(writer, "b", "2", 1);
	assert_true(writer_flush(writer, PATIENCE));
	(void)uv_run(&heard.loop, UV_RUN_NOWAIT);
	assert_int_equal(heard.told, 1);
	assert_int_equal(heard.code, 0);
	assert_true(heard.anew);
	end(&heard, writer);
	store = place_open(place, 0);
	assert_string_equal(place_rows(store).text, "b=2;");
	store_close(store);
}

static void what_could_not_be_written_waits_for_the_next_try(void **state)
{
	struct place *place = *state;
	struct heard heard;
	struct writer *writer;
	struct store *store;
	char blocked[160];
	int fd = open(
		place->path, O_WRONLY | O_CREAT, 0600); /* a file where the directory is to be */

	(void)close(fd);
	(void)snprintf(blocked, sizeof(blocked), "%s/y.sqlite", place->path);
	place->options.path = blocked;
	writer = begin(place, &heard, NULL, 3600 * USEC_PER_SEC);
	writer_put(writer, "a", "1", 1);
	assert_false(writer_flush(writer, PATIENCE));
	(void)uv_run(&heard.loop, UV_RUN_NOWAIT);
	assert_int_equal(heard.told, 0); /* the caller knew */
	writer_put(writer, "b", "2", 1);
	writer_put(writer, "a", "one", 3);
	(void)unlink(place->path);
	assert_true(writer_flush(writer, PATIENCE));
	(void)uv_run(&heard.loop, UV_RUN_NOWAIT);
	assert_int_equal(heard.told, 1);
	assert_int_equal(heard.code, 0);
	end(&heard, writer);
	store = place_open(place, 0);
	assert_string_equal(place_rows(store).text, "a=one;b=2;");
	store_close(store);
	(void)unlink(blocked);
	(void)rmdir(place->path);
}

static void that_it_fails_is_told_once(void **state)
{
	const struct place *place = *state;
	struct heard heard;
	struct writer *writer = begin(place, &heard, place_open(place, 0), 3600 * USEC_PER_SEC);
	int fd;

	(void)place_files(place, "", true);
	(void)rmdir(place->directory);
	fd = open(place->directory, O_WRONLY | O_CREAT, 0600);
	(void)close(fd);
	for (int i = 0; i < 3; i++) {
		writer_put(writer, "a", "1", 1);
		assert_false(writer_flush(writer, PATIENCE));
		(void)uv_run(&heard.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(heard.told, 1);
	assert_true(heard.code < 0);
	end(&heard, writer);
	(void)unlink(place->directory);
}

static void what_waits_is_bounded(void **state)
{
	struct place *place = *state;
	struct heard heard;
	struct writer *writer;
	struct store *store;
	char blocked[160];
	int fd = open(place->path, O_WRONLY | O_CREAT, 0600);

	(void)close(fd);
	(void)snprintf(blocked, sizeof(blocked), "%s/y.sqlite", place->path);
	place->options.path = blocked;
	writer = begin(place, &heard, NULL, 3600 * USEC_PER_SEC);
	for (int i = 0; i < 2 * WRITER_KEYS_MAX; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		writer_put(writer, key, "v", 1);
		writer_log(writer, i, "web", "a line");
	}
	(void)unlink(place->path);
	assert_true(writer_flush(writer, PATIENCE));
	end(&heard, writer);
	store = place_open(place, 0);
	assert_non_null(strstr(place_rows(store).text, "k0=v;"));
	store_close(store);
	(void)unlink(blocked);
	(void)rmdir(place->path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_put_is_written_at_the_end, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_is_removed_is_made_anew_and_told,
			place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(what_could_not_be_written_waits_for_the_next_try,
			place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			that_it_fails_is_told_once, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			what_waits_is_bounded, place_set_up, place_tear_down),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
