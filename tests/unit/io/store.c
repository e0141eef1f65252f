/* Rows outlive the process, and whatever is done to the file, there is a store to write to. */
#include "unit/io/store_place.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void commit(struct store *store, const struct store_change *changes, size_t n)
{
	struct err err = { 0 };

	if (store_commit(store, changes, n, &err) != 0)
		fail_msg("%s", err.msg);
}

static void what_was_put_is_there_after_it_was_closed(void **state)
{
	const struct place *place = *state;
	const struct store_change changes[] = { place_put("b", "2"), place_put("a", "1"),
		place_put("a", "one"), place_put("c", "3"), { .kind = STORE_FORGET, .key = "c" } };
	struct store *store = place_open(place, 0);

	commit(store, changes, countof(changes));
	store_close(store);
	store = place_open(place, 0);
	assert_string_equal(place_rows(store).text, "a=one;b=2;");
	store_close(store);
}

static void only_its_owner_may_read_it(void **state)
{
	const struct place *place = *state;
	const struct store_change change = place_put("a", "1");
	struct stat there;
	char path[128];
	struct store *store = place_open(place, 0);

	commit(store, &change, 1);
	assert_int_equal(stat(place->path, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0600);
	(void)snprintf(path, sizeof(path), "%s-wal", place->path);
	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0600);
	store_close(store);
}

static void the_log_keeps_its_newest_lines(void **state)
{
	const struct place *place = *state;
	struct store *store = place_open(place, 0);
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;

	for (int i = 0; i < 250; i++) {
		char text[16];
		struct store_change change = { .kind = STORE_LOG, .key = "web", .at = i };

		(void)snprintf(text, sizeof(text), "line %d", i);
		change.value = text;
		change.length = strlen(text);
		commit(store, &change, 1);
	}
	store_close(store);
	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*), min(at), max(text) FROM log", -1,
				 &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(statement, 0), 100);
	assert_int_equal(sqlite3_column_int(statement, 1), 150);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
}

static void overwrite(const struct place *place, uint64_t chance)
{
	struct stat there;
	int fd = open(place->path, O_RDWR);
	char bytes[2048];

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &there), 0);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
		bytes[i] = (char)(chance >> 40);
	}
	switch (chance >> 33 & 3) {
	case 0: /* cut */
		assert_int_equal(ftruncate(fd, (off_t)(chance >> 35) % there.st_size), 0);
		break;
	default: /* rubbish somewhere */
		assert_true(pwrite(fd, bytes, sizeof(bytes),
				    (off_t)((chance >> 35) % (uint64_t)there.st_size)) > 0);
		break;
	}
	(void)close(fd);
}

static void a_file_of_random_damage_is_read_or_set_aside_and_never_in_the_way(void **state)
{
	const struct place *place = *state;
	unsigned set_aside = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		const struct store_change change = place_put("a", "after");
		struct store *store = NULL;
		struct err err = { 0 };
		int r;

		r = store_open(&place->options, &store, &err);
		assert_true(r >= 0);
		for (int i = 0; i < 20; i++) {
			char key[8];
			struct store_change some = place_put(key, "a value of a few words");

			(void)snprintf(key, sizeof(key), "k%d", i);
			assert_int_equal(store_commit(store, &some, 1, &err), 0);
		}
		store_close(store);
		overwrite(place, seed * 0x9e3779b97f4a7c15ULL);
		r = store_open(&place->options, &store, &err);
		if (r < 0)
			fail_msg("seed %u: %s", (unsigned)seed, err.msg);
		set_aside += r == 1;
		if (r == 1)
			assert_true(err.msg[0] != '\0');
		/* a page that no check looks into may still tell when it is written */
		if (store_commit(store, &change, 1, &err) < 0) {
			store_close(store);
			r = store_open(&place->options, &store, &err);
			assert_true(r >= 0);
			assert_int_equal(store_commit(store, &change, 1, &err), 0);
		}
		store_close(store);
	}
	assert_true(set_aside > 20);
	assert_in_range(place_files(place, "x.sqlite.damaged-", false), 1, 2 * STORE_DAMAGED_MAX);
}

static void a_file_of_another_version_is_set_aside(void **state)
{
	struct place *place = *state;
	const struct store_change change = place_put("a", "1");
	struct store *store = place_open(place, 0);

	commit(store, &change, 1);
	store_close(store);
	place->options.version = 2;
	store = place_open(place, 1);
	assert_string_equal(place_rows(store).text, "");
	assert_int_equal(place_files(place, "x.sqlite.damaged-", false), 1);
	store_close(store);
}

static void an_empty_file_is_begun(void **state)
{
	const struct place *place = *state;
	int fd = open(place->path, O_WRONLY | O_CREAT, 0600);
	struct store *store;

	assert_true(fd >= 0);
	(void)close(fd);
	store = place_open(place, 0);
	store_close(store);
}

static void a_place_that_is_no_directory_is_told(void **state)
{
	struct place *place = *state;
	struct store *store = NULL;
	struct err err = { 0 };
	char path[160];
	int fd = open(place->path, O_WRONLY | O_CREAT, 0600);

	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/below", place->path);
	place->options.path = path;
	assert_true(store_open(&place->options, &store, &err) < 0);
	assert_null(store);
	assert_non_null(strstr(err.msg, path));
}

static void a_file_that_somebody_removed_is_noticed(void **state)
{
	const struct place *place = *state;
	struct store *store = place_open(place, 0);

	assert_true(store_is_there(store));
	(void)place_files(place, "", true);
	assert_false(store_is_there(store));
	store_close(store);
}

/* In a process of its own, since the limit and the signal are the process's. */
static int fill_the_disk(const struct place *place)
{
	const struct rlimit limit = { 128 * 1024, 128 * 1024 };
	static char value[16 * 1024];
	struct store *store = NULL;
	struct err err = { 0 };
	int failed = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (store_open(&place->options, &store, &err) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	memset(value, 'x', sizeof(value) - 1);
	for (int i = 0; i < 32; i++) {
		char key[8];
		struct store_change change = place_put(key, value);

		(void)snprintf(key, sizeof(key), "k%02d", i);
		if (store_commit(store, &change, 1, &err) == 0)
			continue;
		failed++;
		store_close(store);
		if (store_open(&place->options, &store, &err) < 0)
			return 2;
	}
	store_close(store);
	return failed > 0 ? 0 : 3;
}

static void a_full_disk_fails_the_commit_and_keeps_what_was_there(void **state)
{
	const struct place *place = *state;
	const struct store_change change = place_put("a", "before");
	struct store *store = place_open(place, 0);
	int status = -1;
	pid_t child;

	commit(store, &change, 1);
	store_close(store);
	child = fork();
	if (child == 0)
		_exit(fill_the_disk(place));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store = place_open(place, 0);
	assert_non_null(strstr(place_rows(store).text, "a=before;"));
	store_close(store);
}

/* Two rows that are always alike, and a number that only grows. */
static void write_for_ever(const struct place *place, int report)
{
	struct store *store = NULL;
	struct err err = { 0 };

	if (store_open(&place->options, &store, &err) < 0)
		_exit(1);
	for (unsigned i = 0;; i++) {
		char value[2048];
		struct store_change changes[2];

		(void)snprintf(value, sizeof(value), "%08u%*s", i, (int)(i * 37 % 2000), "");
		changes[0] = place_put("one", value);
		changes[1] = place_put("other", value);
		if (store_commit(store, changes, 2, &err) < 0)
			_exit(2);
		if (write(report, &i, sizeof(i)) != sizeof(i))
			_exit(3);
	}
}

struct pair {
	unsigned number[2];
	size_t length[2];
	size_t count;
};

static void find_pair(void *context, const char *key, const void *value, size_t length)
{
	struct pair *pair = context;

	(void)key;
	assert_true(pair->count < 2 && length >= 8);
	pair->length[pair->count] = length;
	pair->number[pair->count++] = (unsigned)strtoul((const char *)value, NULL, 10);
}

static void a_kill_at_any_instant_leaves_a_whole_file_with_all_that_was_committed(void **state)
{
	const struct place *place = *state;

	for (unsigned round = 0; round < 60; round++) {
		unsigned committed = 0;
		unsigned number = 0;
		bool any = false;
		struct pair pair = { .count = 0 };
		struct err err = { 0 };
		struct store *store;
		int report[2];
		pid_t child;

		assert_int_equal(pipe(report), 0);
		child = fork();
		if (child == 0)
			write_for_ever(place, report[1]);
		(void)close(report[1]);
		/* not before so many commits, and then at whatever instant it is */
		for (unsigned i = 0; i <= round % 20; i++)
			if (read(report[0], &number, sizeof(number)) == sizeof(number)) {
				committed = number;
				any = true;
			}
		(void)usleep(round * 97 % 1500);
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(report[0], &number, sizeof(number)) == sizeof(number)) {
			committed = number;
			any = true;
		}
		(void)close(report[0]);
		assert_true(any);
		store = place_open(place, 0);
		assert_int_equal(store_each(store, find_pair, &pair, &err), 0);
		store_close(store);
		assert_int_equal(pair.count, 2);
		assert_int_equal(pair.number[0], pair.number[1]);
		assert_int_equal(pair.length[0], pair.length[1]);
		/* the one after it may have been committed but not told of */
		assert_in_range(pair.number[0], committed, committed + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_put_is_there_after_it_was_closed, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			only_its_owner_may_read_it, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			the_log_keeps_its_newest_lines, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_of_random_damage_is_read_or_set_aside_and_never_in_the_way,
			place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_of_another_version_is_set_aside, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			an_empty_file_is_begun, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_place_that_is_no_directory_is_told, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_that_somebody_removed_is_noticed, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_full_disk_fails_the_commit_and_keeps_what_was_there, place_set_up,
			place_tear_down),
		cmocka_unit_test_setup_teardown(
			a_kill_at_any_instant_leaves_a_whole_file_with_all_that_was_committed,
			place_set_up, place_tear_down),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
