/*
 * A disk may take seconds, or never answer. So the loop only puts changes into a list, and a thread
 * makes one commit of all that came meanwhile. The list is bounded: a key is in it once, with its
 * newest value, and the log loses its oldest lines first. What could not be written stays in the
 * list for the next try; a file that somebody removed is made anew. What the thread finds out is
 * told on the loop.
 */
#include <dockscale/io/writer.h>

#include <dockscale/base/mem.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define STACK_BYTES ((size_t)256 * 1024)

struct changes {
	struct store_change *items; /* with copies of their texts */
	size_t count;
	size_t capacity;
	size_t n_keys;
	size_t n_lines;
};

struct writer {
	struct writer_options options;
	char *path;
	uv_async_t news;
	pthread_t thread;
	struct store *store; /* the thread's */

	pthread_mutex_t lock; /* over all that follows */
	pthread_cond_t work; /* for the thread: something came, or the end */
	pthread_cond_t rest; /* for who waits: all is done that can be */
	struct changes waiting;
	bool busy;
	bool closing;
	bool ended;
	bool abandoned; /* nobody listens any more */
	bool hasty; /* try now, whatever failed before */
	usec_t retry_at; /* monotonic clock; 0: nothing failed */
	struct err state; /* as found by the thread */
	bool anew;
	bool unheard;
};

static usec_t monotonic(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for a clock that Linux has */
	return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, usec_t at)
{
	struct timespec until = { .tv_sec = at / USEC_PER_SEC,
		.tv_nsec = (long)(at % USEC_PER_SEC) * 1000 };

	(void)pthread_cond_timedwait(condition, lock, &until); /* who waits looks again */
}

/* The list. */

static void finish_change(struct store_change *change)
{
	free((char *)change->key);
	free((void *)change->value);
}

static void changes_drop(struct changes *changes, size_t index)
{
	if (changes->items[index].kind == STORE_LOG)
		changes->n_lines--;
	else
		changes->n_keys--;
	finish_change(&changes->items[index]);
	changes->count--;
	memmove(&changes->items[index], &changes->items[index + 1],
		(changes->count - index) * sizeof(*changes->items));
}

static void changes_finish(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		finish_change(&changes->items[i]);
	free(changes->items);
	*changes = (struct changes){ 0 };
}

static size_t find_key(const struct changes *changes, const char *key)
{
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].kind != STORE_LOG && strcmp(changes->items[i].key, key) == 0)
			return i;
	return changes->count;
}

static size_t find_line(const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].kind == STORE_LOG)
			return i;
	return changes->count;
}

/* Takes the texts of @change over. */
static void changes_add(struct changes *changes, struct store_change change)
{
	size_t index =
		change.kind == STORE_LOG ? find_line(changes) : find_key(changes, change.key);

	if (index < changes->count &&
		(change.kind != STORE_LOG || changes->n_lines == WRITER_LOG_MAX))
		changes_drop(changes, index);
	if (change.kind != STORE_LOG && changes->n_keys == WRITER_KEYS_MAX) {
		finish_change(&change);
		return;
	}
	if (changes->count == changes->capacity) {
		changes->capacity = changes->capacity > 0 ? 2 * changes->capacity : 16;
		changes->items =
			mem_resize(changes->items, changes->capacity, sizeof(*changes->items));
	}
	changes->items[changes->count++] = change;
	if (change.kind == STORE_LOG)
		changes->n_lines++;
	else
		changes->n_keys++;
}

/* What failed goes back before what came since. */
static void put_back(struct changes *waiting, struct changes *failed)
{
	struct changes newer = *waiting;

	*waiting = *failed;
	for (size_t i = 0; i < newer.count; i++)
		changes_add(waiting, newer.items[i]);
	free(newer.items);
}

/* The thread. */

/* Under the lock. */
static void found(struct writer *writer, const struct err *err, bool anew)
{
	bool same = (err->code == 0) == (writer->state.code == 0) && !anew;

	writer->state = *err;
	writer->retry_at = err->code != 0 ? monotonic() + writer->options.retry : 0;
	if (same)
		return;
	writer->anew = writer->anew || anew;
	writer->unheard = true;
	if (!writer->abandoned)
		(void)uv_async_send(&writer->news); /* fails only on a closed handle */
}

/* Opens what is not open, or is not there any more. *ret_anew: it is another file than before. */
static int reopen(struct writer *writer, bool *ret_anew, struct err *err)
{
	struct err remark = { 0 };
	int r;

	if (writer->store != NULL && store_is_there(writer->store))
		return 0;
	store_close(take_ptr(writer->store));
	r = store_open(&writer->options.store, &writer->store, &remark);
	*ret_anew = r >= 0;
	*err = remark;
	if (r >= 0)
		err->code = 0;
	return r < 0 ? r : 0;
}

static int write_all(struct writer *writer, struct changes *going, bool *ret_anew, struct err *err)
{
	int r = reopen(writer, ret_anew, err);
	struct err why = { 0 };

	if (r == 0)
		r = store_commit(writer->store, going->items, going->count, &why);
	if (r < 0 && err->code == 0) {
		store_close(take_ptr(writer->store));
		*ret_anew = false;
		*err = why;
	}
	return r;
}

/* Under the lock, which it leaves while it writes. */
static void work(struct writer *writer)
{
	struct changes going = writer->waiting;
	struct err err = { 0 };
	bool anew = false;
	int r;

	writer->waiting = (struct changes){ 0 };
	writer->busy = true;
	writer->hasty = false;
	(void)pthread_mutex_unlock(&writer->lock);
	r = write_all(writer, &going, &anew, &err);
	(void)pthread_mutex_lock(&writer->lock);
	writer->busy = false;
	if (r == 0)
		changes_finish(&going);
	else
		put_back(&writer->waiting, &going);
	found(writer, &err, anew);
}

static bool may_work(const struct writer *writer)
{
	return writer->waiting.count > 0 &&
	       (writer->retry_at == 0 || writer->hasty || monotonic() >= writer->retry_at);
}

static void *live(void *argument)
{
	struct writer *writer = argument;

	(void)pthread_mutex_lock(&writer->lock);
	while (!writer->closing || may_work(writer)) {
		if (may_work(writer)) {
			work(writer);
			continue;
		}
		(void)pthread_cond_broadcast(&writer->rest);
		if (writer->waiting.count > 0)
			wait_until(&writer->work, &writer->lock, writer->retry_at);
		else
			(void)pthread_cond_wait(&writer->work, &writer->lock);
	}
	writer->ended = true;
	(void)pthread_cond_broadcast(&writer->rest);
	(void)pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Signals are the loop's. */
static void begin_thread(struct writer *writer)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	/* Without a thread nothing is written, which a flush finds out. */
	if (pthread_create(&writer->thread, &attributes, live, writer) != 0)
		writer->ended = true;
	(void)pthread_attr_destroy(&attributes);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The loop. */

static void on_news(uv_async_t *handle)
{
	struct writer *writer = handle->data;
	struct err state;
	bool anew;
	bool unheard;

	(void)pthread_mutex_lock(&writer->lock);
	state = writer->state;
	anew = writer->anew;
	unheard = writer->unheard;
	writer->anew = false;
	writer->unheard = false;
	(void)pthread_mutex_unlock(&writer->lock);
	if (unheard)
		writer->options.told(writer->options.context, &state, anew);
}

struct writer *writer_new(uv_loop_t *loop, const struct writer_options *options,
	struct store *store, const struct err *away)
{
	struct writer *writer = mem_zero(1, sizeof(*writer));
	pthread_condattr_t clock;

	writer->options = *options;
	writer->path = mem_strdup(options->store.path);
	writer->options.store.path = writer->path;
	writer->store = store;
	if (store == NULL)
		writer->state = *away;
	(void)uv_async_init(loop, &writer->news, on_news); /* needs a descriptor, as all does */
	writer->news.data = writer;
	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&writer->work, &clock);
	(void)pthread_cond_init(&writer->rest, &clock);
	(void)pthread_condattr_destroy(&clock);
	begin_thread(writer);
	return writer;
}

/* Takes the texts of @change over. */
static void add(struct writer *writer, struct store_change change)
{
	(void)pthread_mutex_lock(&writer->lock);
	changes_add(&writer->waiting, change);
	(void)pthread_cond_signal(&writer->work);
	(void)pthread_mutex_unlock(&writer->lock);
}

void writer_put(struct writer *writer, const char *key, const void *value, size_t length)
{
	void *copy = mem_zero(length + 1, 1);

	memcpy(copy, value, length);
	add(writer, (struct store_change){ .kind = STORE_PUT,
			    .key = mem_strdup(key),
			    .value = copy,
			    .length = length });
}

void writer_forget(struct writer *writer, const char *key)
{
	add(writer, (struct store_change){ .kind = STORE_FORGET, .key = mem_strdup(key) });
}

void writer_log(struct writer *writer, usec_t wall, const char *subject, const char *text)
{
	add(writer, (struct store_change){ .kind = STORE_LOG,
			    .key = mem_strdup(subject),
			    .value = mem_strdup(text),
			    .length = strlen(text),
			    .at = wall });
}

bool writer_flush(struct writer *writer, usec_t patience)
{
	usec_t end = monotonic() + patience;
	bool done;

	(void)pthread_mutex_lock(&writer->lock);
	writer->hasty = true;
	(void)pthread_cond_signal(&writer->work);
	while ((writer->busy || (writer->waiting.count > 0 && writer->hasty)) && !writer->ended &&
		monotonic() < end)
		wait_until(&writer->rest, &writer->lock, end);
	done = !writer->busy && writer->waiting.count == 0;
	(void)pthread_mutex_unlock(&writer->lock);
	return done;
}

static void free_all(struct writer *writer)
{
	store_close(writer->store);
	changes_finish(&writer->waiting);
	(void)pthread_mutex_destroy(&writer->lock);
	(void)pthread_cond_destroy(&writer->work);
	(void)pthread_cond_destroy(&writer->rest);
	free(writer->path);
	free(writer);
}

static void on_closed(uv_handle_t *handle)
{
	struct writer *writer = handle->data;

	if (!writer->abandoned)
		free_all(writer);
}

void writer_free(struct writer *writer, usec_t patience)
{
	usec_t end = monotonic() + patience;
	bool started;

	if (writer == NULL)
		return;
	(void)writer_flush(writer, patience);
	(void)pthread_mutex_lock(&writer->lock);
	started = !writer->ended;
	writer->closing = true;
	(void)pthread_cond_signal(&writer->work);
	while (!writer->ended && monotonic() < end)
		wait_until(&writer->rest, &writer->lock, end);
	writer->abandoned = !writer->ended;
	(void)pthread_mutex_unlock(&writer->lock);
	if (started && writer->abandoned)
		(void)pthread_detach(writer->thread);
	else if (started)
		(void)pthread_join(writer->thread, NULL);
	uv_close((uv_handle_t *)&writer->news, on_closed);
}
