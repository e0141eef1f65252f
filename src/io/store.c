/*
 * A file that survives everything, by SQLite: a write-ahead log makes each commit whole or nothing
 * for a process that is killed at any instant; a machine that loses its power may lose the last
 * ones, never the file. What cannot be read is set aside and begun anew: whoever stores here can
 * live without. It knows no words of what is stored.
 */
#include <dockscale/io/store.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store_aside.h"

#define PATH_BYTES      512
#define VALUE_BYTES_MAX 1048576 /* what a damaged file says of its lengths is not believed */
#define BUSY_TIMEOUT_MS 2000 /* somebody looks into the file with a tool of his own */

struct store {
	sqlite3 *db;
	sqlite3_stmt *put;
	sqlite3_stmt *forget;
	sqlite3_stmt *log;
	sqlite3_stmt *prune;
	char path[PATH_BYTES];
	dev_t device;
	ino_t inode;
	unsigned log_max;
};

/* The cache is small: rows are few, and each is written far more often than read. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = NORMAL;"
			       "PRAGMA wal_autocheckpoint = 256;"
			       "PRAGMA journal_size_limit = 1048576;"
			       "PRAGMA cache_size = -256;"
			       "PRAGMA temp_store = MEMORY;";

static const char schema[] =
	"CREATE TABLE rows (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE log (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, subject TEXT NOT NULL,"
	" text TEXT NOT NULL);";

static int fail(const struct store *store, struct err *err)
{
	return err_set(err, ERR_SYSTEM, "%s: %s", store->path, sqlite3_errmsg(store->db));
}

static int run(struct store *store, const char *sql, struct err *err)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(store, err);
}

/* The file's place: made with its directory, readable by its owner alone. */
static int make_file(struct store *store, struct err *err)
{
	char directory[PATH_BYTES];
	struct stat there;
	int fd;

	(void)mem_strcpy(directory, sizeof(directory), store->path);
	if (mkdir(dirname(directory), 0700) < 0 && errno != EEXIST)
		return err_errno(err, errno, "%s cannot be made", directory);
	fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "%s", store->path);
	if (fstat(fd, &there) < 0 || !S_ISREG(there.st_mode)) {
		(void)close(fd);
		return err_set(err, ERR_SYSTEM, "%s is no file", store->path);
	}
	(void)close(fd);
	store->device = there.st_dev;
	store->inode = there.st_ino;
	return 0;
}

/* One number or text of a pragma. */
static int ask(struct store *store, const char *sql, char *answer, size_t size, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	const char *text = NULL;
	int r = 0;

	answer[0] = '\0';
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(store, err);
	if (sqlite3_step(statement) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(statement, 0);
	else
		r = fail(store, err);
	if (text != NULL)
		(void)mem_strcpy(answer, size, text);
	(void)sqlite3_finalize(statement);
	return r;
}

static int begin_schema(struct store *store, int version, struct err *err)
{
	char sql[64];
	int r = run(store, "BEGIN IMMEDIATE", err);

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT", version);
	if (r == 0)
		r = run(store, schema, err);
	return r == 0 ? run(store, sql, err) : r;
}

static int check_version(struct store *store, int version, struct err *err)
{
	char found[32];
	char expected[32];
	int r = ask(store, "PRAGMA user_version", found, sizeof(found), err);

	(void)snprintf(expected, sizeof(expected), "%d", version);
	if (r < 0 || strcmp(found, expected) == 0)
		return r;
	if (strcmp(found, "0") == 0)
		return begin_schema(store, version, err);
	return err_set(err, ERR_UNSUPPORTED, "%s is of version %s, and this is %s", store->path,
		found, expected);
}

static int check_whole(struct store *store, struct err *err)
{
	char answer[128];
	int r = ask(store, "PRAGMA quick_check(1)", answer, sizeof(answer), err);

	if (r < 0 || strcmp(answer, "ok") == 0)
		return r;
	return err_set(err, ERR_INVALID, "%s is damaged: %s", store->path, answer);
}

static int prepare(struct store *store, struct err *err)
{
	const struct {
		sqlite3_stmt **statement;
		const char *sql;
	} rows[] = {
		{ &store->put, "INSERT INTO rows VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET "
			       "value = excluded.value" },
		{ &store->forget, "DELETE FROM rows WHERE key = ?1" },
		{ &store->log, "INSERT INTO log (at, subject, text) VALUES (?3, ?1, ?2)" },
		{ &store->prune, "DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?1" },
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (sqlite3_prepare_v3(store->db, rows[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
			    rows[i].statement, NULL) != SQLITE_OK)
			return fail(store, err);
	return 0;
}

/* Is it the file that is wrong, and not its place? Damage has many names. */
static bool is_damage(const struct store *store, const struct err *err)
{
	static const int places[] = { SQLITE_OK, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_FULL,
		SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PERM, SQLITE_READONLY, SQLITE_NOMEM, SQLITE_AUTH,
		SQLITE_PROTOCOL, SQLITE_NOLFS };
	int code = store->db != NULL ? sqlite3_errcode(store->db) & 0xff : SQLITE_OK;

	if (err->code == ERR_INVALID || err->code == ERR_UNSUPPORTED)
		return true;
	for (size_t i = 0; i < countof(places); i++)
		if (places[i] == code)
			return false;
	return true;
}

static void bound(struct store *store)
{
	(void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	(void)sqlite3_limit(
		store->db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX); /* gives the old one */
}

static int open_once(struct store *store, int version, bool *ret_damaged, struct err *err)
{
	int r = make_file(store, err);

	if (r < 0)
		return r;
	if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		r = fail(store, err);
	if (r == 0)
		bound(store);
	if (r == 0)
		r = run(store, settings, err);
	if (r == 0)
		r = check_whole(store, err);
	if (r == 0)
		r = check_version(store, version, err);
	if (r == 0)
		r = prepare(store, err);
	*ret_damaged = r < 0 && is_damage(store, err);
	return r;
}

static struct store *new_store(const struct store_options *options)
{
	struct store *store = mem_zero(1, sizeof(*store));

	store->log_max = options->log_max;
	(void)mem_strcpy(store->path, sizeof(store->path), options->path);
	return store;
}

int store_open(const struct store_options *options, struct store **ret_store, struct err *err)
{
	struct store *store = new_store(options);
	struct err why = { 0 };
	bool damaged = false;
	int r = open_once(store, options->version, &damaged, &why);
	int begun_anew = 0;

	if (r < 0 && damaged) {
		store_close(store);
		store = new_store(options);
		store_aside(options->path);
		begun_anew = 1;
		*err = why;
		r = open_once(store, options->version, &damaged, &why);
	}
	if (r < 0) {
		store_close(store);
		*err = why;
		return r;
	}
	*ret_store = store;
	return begun_anew;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	(void)sqlite3_finalize(store->put);
	(void)sqlite3_finalize(store->forget);
	(void)sqlite3_finalize(store->log);
	(void)sqlite3_finalize(store->prune);
	(void)sqlite3_close(store->db);
	free(store);
}

int store_each(struct store *store,
	void (*each)(void *context, const char *key, const void *value, size_t length),
	void *context, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int code;

	if (sqlite3_prepare_v2(store->db, "SELECT key, value FROM rows ORDER BY key", -1,
		    &statement, NULL) != SQLITE_OK)
		return fail(store, err);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(statement, 0);
		const void *value = sqlite3_column_blob(statement, 1);
		int length = sqlite3_column_bytes(statement, 1);

		if (key != NULL && value != NULL && length > 0)
			each(context, key, value, (size_t)length);
	}
	if (code != SQLITE_DONE)
		(void)fail(store, err);
	(void)sqlite3_finalize(statement);
	return code == SQLITE_DONE ? 0 : err->code;
}

static int step(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	int code = sqlite3_step(statement);
	int r = code == SQLITE_DONE ? 0 : fail(store, err);

	(void)sqlite3_reset(statement); /* its error is the step's, told already */
	return r;
}

/* Bindings fail only for want of memory or beyond SQLite's own limits: the step then tells. */
static int change(struct store *store, const struct store_change *change, struct err *err)
{
	sqlite3_stmt *statement = change->kind == STORE_PUT      ? store->put
				  : change->kind == STORE_FORGET ? store->forget
								 : store->log;

	(void)sqlite3_bind_text(statement, 1, change->key, -1, SQLITE_STATIC);
	if (change->kind == STORE_PUT)
		(void)sqlite3_bind_blob(
			statement, 2, change->value, (int)change->length, SQLITE_STATIC);
	if (change->kind == STORE_LOG) {
		(void)sqlite3_bind_text(
			statement, 2, change->value, (int)change->length, SQLITE_STATIC);
		(void)sqlite3_bind_int64(statement, 3, change->at);
	}
	return step(store, statement, err);
}

int store_commit(struct store *store, const struct store_change *changes, size_t n, struct err *err)
{
	struct err ignored;
	int r = run(store, "BEGIN IMMEDIATE", err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = change(store, &changes[i], err);
	if (r == 0) {
		(void)sqlite3_bind_int64(store->prune, 1, store->log_max);
		r = step(store, store->prune, err);
	}
	if (r == 0)
		r = run(store, "COMMIT", err);
	if (r < 0)
		(void)run(store, "ROLLBACK", &ignored); /* some errors have done so already */
	return r;
}

bool store_is_there(const struct store *store)
{
	struct stat there;

	return stat(store->path, &there) == 0 && there.st_ino == store->inode &&
	       there.st_dev == store->device;
}
