/*
 * The journal as rows of a store: what is remembered under "kind/service", notes as lines of its
 * log. It is read once, at the start, and then only written, by a thread. Each instance has a file
 * of its own, so that two daemons on one machine may share a directory.
 */
#include <dockscale/adapter/sqlite.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>
#include <dockscale/io/writer.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION      1 /* of the tables; what the texts are their owners know */
#define LOG_MAX      10000
#define RETRY        (30 * USEC_PER_SEC)
#define PATIENCE     (2 * USEC_PER_SEC) /* at the end */
#define RECALLED_MAX 4096
#define KEY_BYTES    (CONFIG_NAME_MAX + 16)
#define CURE         ": give the daemon's user a directory that it may write ([daemon] state)"

struct sqlite_journal {
	struct journal journal;
	struct event_sink sink;
	struct writer *writer;
	struct journal_record *recalled; /* with copies of their texts, until they were told */
	size_t n_recalled;
};

static void tell(struct sqlite_journal *journal, int code, const char *text, const char *more)
{
	struct event event = { .kind = EVENT_JOURNAL, .link = { .code = code } };

	(void)snprintf(event.link.msg, sizeof(event.link.msg), "%.160s%s", text, more);
	event_push(&journal->sink, &event);
}

static void on_told(void *context, const struct err *err, bool anew)
{
	struct sqlite_journal *journal = context;

	(void)anew; /* a file that works again may be another one in any case */
	tell(journal, err->code, err->msg, err->code != 0 ? CURE : "");
}

/* "kind/service" back to what it was; false: not one of ours. */
static bool read_key(const char *key, struct journal_record *record)
{
	const char *slash = strchr(key, '/');

	if (slash == NULL || !config_name_valid(slash + 1) ||
		mem_strcpy(record->service, sizeof(record->service), slash + 1) != 0)
		return false;
	for (record->kind = 0; record->kind < RECORD_KINDS; record->kind++) {
		const char *name = record_kind_name(record->kind);

		if (strlen(name) == (size_t)(slash - key) && strncmp(name, key, strlen(name)) == 0)
			return true;
	}
	return false;
}

static void keep(void *context, const char *key, const void *value, size_t length)
{
	struct sqlite_journal *journal = context;
	struct journal_record record = { .length = length };
	char *text;

	if (length > RECORD_BYTES_MAX || journal->n_recalled == RECALLED_MAX ||
		!read_key(key, &record))
		return;
	text = mem_zero(length + 1, 1);
	memcpy(text, value, length);
	record.text = text;
	journal->recalled =
		mem_resize(journal->recalled, journal->n_recalled + 1, sizeof(*journal->recalled));
	journal->recalled[journal->n_recalled++] = record;
}

static void forget_recalled(struct sqlite_journal *journal)
{
	for (size_t i = 0; i < journal->n_recalled; i++)
		free((char *)journal->recalled[i].text);
	free(take_ptr(journal->recalled));
	journal->n_recalled = 0;
}

static void recall(struct journal *base,
	void (*each)(void *context, const struct journal_record *record), void *context)
{
	struct sqlite_journal *journal = (struct sqlite_journal *)base; /* its first member */

	for (size_t i = 0; i < journal->n_recalled; i++)
		each(context, &journal->recalled[i]);
	forget_recalled(journal);
}

static void log_note(struct writer *writer, const struct intent *intent, usec_t wall)
{
	cleanup_str struct str text = { 0 };

	str_append(&text, intent->note.what);
	if (intent->note.replica[0] != '\0')
		str_appendf(&text, " replica=%s", intent->note.replica);
	if (intent->note.from >= 0)
		str_appendf(&text, " from=%d to=%d", intent->note.from, intent->note.to);
	if (intent->note.because[0] != '\0')
		str_appendf(&text, " because=%s", intent->note.because);
	writer_log(writer, wall, intent->service, str_text(&text));
}

static void submit(struct journal *base, const struct intent *intent, struct moment now)
{
	struct sqlite_journal *journal = (struct sqlite_journal *)base;
	char key[KEY_BYTES];

	if (intent->kind == INTENT_NOTE) {
		log_note(journal->writer, intent, now.wall);
		return;
	}
	(void)snprintf(
		key, sizeof(key), "%s/%s", record_kind_name(intent->record.kind), intent->service);
	if (intent->record.length == 0 || intent->record.length > RECORD_BYTES_MAX)
		writer_forget(journal->writer, key);
	else
		writer_put(journal->writer, key, intent->record.text, intent->record.length);
}

static void finish(struct journal *base)
{
	struct sqlite_journal *journal = (struct sqlite_journal *)base;

	writer_free(journal->writer, PATIENCE);
	forget_recalled(journal);
	free(journal);
}

struct journal *sqlite_journal_new(
	uv_loop_t *loop, const char *directory, const char *instance, struct event_sink sink)
{
	static const struct journal_vtable vtable = { recall, submit, finish };
	struct sqlite_journal *journal = mem_zero(1, sizeof(*journal));
	cleanup_str struct str path = { 0 };
	struct writer_options options = {
		.store = { .version = VERSION, .log_max = LOG_MAX },
		.retry = RETRY,
		.told = on_told,
		.context = journal,
	};
	struct store *store = NULL;
	struct err err = { 0 };
	int r;

	str_appendf(&path, "%s/%s.sqlite", directory, instance);
	options.store.path = str_text(&path);
	journal->journal.vtable = &vtable;
	journal->sink = sink;
	r = store_open(&options.store, &store, &err);
	if (r == 1)
		tell(journal, 0, err.msg, ": it was set aside, and a new one begun");
	if (r >= 0 && store_each(store, keep, journal, &err) < 0) {
		r = err.code;
		store_close(take_ptr(store));
	}
	if (r < 0)
		tell(journal, r, err.msg, CURE);
	journal->writer = writer_new(loop, &options, store, &err);
	return &journal->journal;
}

void sqlite_journal_flush(struct journal *journal, usec_t patience)
{
	(void)writer_flush(((struct sqlite_journal *)journal)->writer, patience);
}

int sqlite_journal_check(const char *directory, struct err *err)
{
	if (access(directory, F_OK) < 0)
		return err_errno(err, errno, "%s", directory);
	if (access(directory, R_OK | W_OK | X_OK) < 0)
		return err_errno(err, errno, "%s may not be written", directory);
	return 0;
}
