/*
 * A cycle: read the backend, plan, send what is to be done and read again, so that the report says
 * how it is now and not how it was; then write the state file if anything in it changed. Each
 * step is an exchange on a connection of its own: a connection that is kept stays with the old
 * process after a reload, and would change servers that nobody uses any more.
 *
 * Commands are chained with ';' (an error does not stop the later ones; of commands on several
 * lines 3.0 runs only the first). A chain has an end: what does not fit goes into the next round,
 * which plans anew on what it finds.
 *
 * Of an HAProxy that is away only its state file can be kept right.
 */
#include "reconciler.h"

#include "names.h"
#include "replies.h"
#include "statefile.h"

#include <dockscale/base/mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXCHANGE_TIMEOUT USEC_PER_SEC
#define ANSWER_MAX       ((size_t)8 * 1024 * 1024) /* VIEW_SERVERS_MAX in both tables, and the rest */
#define CHAIN_MAX        ((size_t)8 * 1024) /* half of HAProxy's default buffer */
/* 3.0 answers `set server addr` before it has done it: of 3,000 next connections 24 saw the address
 * of before, none of them a fifth time. */
#define WAITS_MAX   10
#define ROUNDS_MAX  32 /* a few hundred members at once; never without end */
#define RETRIES_MAX 2

void reconciler_init(struct reconciler *reconciler, uv_loop_t *loop, const char *socket)
{
	*reconciler = (struct reconciler){ .loop = loop };
	(void)mem_strcpy(reconciler->socket, sizeof(reconciler->socket), socket);
}

static void clear(struct reconciler *reconciler)
{
	view_finish(&reconciler->view);
	plan_finish(&reconciler->plan);
	str_finish(&reconciler->sent);
	reconciler->reachable = false;
	reconciler->problem[0] = '\0';
	reconciler->faults = 0;
	reconciler->refused = false;
	reconciler->renumbered = false;
	reconciler->retries = 0;
	reconciler->rounds = 0;
	reconciler->waits = 0;
}

void reconciler_finish(struct reconciler *reconciler)
{
	exchange_cancel(reconciler->exchange);
	reconciler->exchange = NULL;
	limits_finish(&reconciler->limits);
	clear(reconciler);
}

static void finish_cycle(struct reconciler *reconciler)
{
	reconciler->done(reconciler->context);
}

static void tell(struct reconciler *reconciler, const char *problem)
{
	if (reconciler->problem[0] == '\0')
		(void)mem_strcpy(reconciler->problem, sizeof(reconciler->problem), problem);
}

static void meet(struct reconciler *reconciler, enum fault fault)
{
	if (fault != FAULT_NONE)
		reconciler->faults |= FAULT_BIT(fault);
}

struct strangers {
	const struct view *view;
	const bool *marked;
};

static bool is_marked(void *context, const char *server)
{
	const struct strangers *strangers = context;

	for (size_t i = 0; i < strangers->view->n_servers; i++)
		if (strangers->marked[i] && strcmp(strangers->view->servers[i].name, server) == 0)
			return true;
	return false;
}

static int close_in_text(struct reconciler *reconciler, const struct str *text, struct err *err)
{
	const char *backend = reconciler->options->config->backend;
	cleanup_free bool *marked = NULL;
	cleanup_str struct str whole = { 0 };
	cleanup_str struct str closed = { 0 };
	struct view view = { 0 };
	struct strangers strangers = { .view = &view };
	struct statefile_edit edit = { backend, is_marked, &strangers };
	int r = 0;

	/* As if it were told now, without anything counted. */
	str_appendf(&whole, "%s# pxname,svname,\n", str_text(text));
	if (view_parse(str_text(&whole), backend, &view, err) < 0)
		return err->code;
	strangers.marked = marked = mem_zero(view.n_servers, sizeof(*marked));
	if (plan_strangers(reconciler->options, reconciler->wish, &view, marked) > 0 &&
		statefile_close(str_text(text), &edit, &closed) > 0) {
		reconciler->saved = 0; /* it is not what a living HAProxy says */
		r = statefile_write(reconciler->state_file, str_text(&closed), closed.length, err);
	}
	view_finish(&view);
	return r;
}

/* HAProxy may come back with what the state file says, and an address may be another's by then. */
static void close_in_file(struct reconciler *reconciler)
{
	cleanup_str struct str text = { 0 };
	struct err err = { 0 };
	int r;

	if (reconciler->state_file == NULL)
		return;
	r = statefile_read(reconciler->state_file, &text, &err);
	if (r == ERR_NOT_FOUND)
		return;
	if (r == 0 && statefile_is_whole(str_text(&text), text.length))
		r = close_in_text(reconciler, &text, &err);
	if (r < 0) {
		tell(reconciler, err.msg);
		meet(reconciler, FAULT_STATE_FILE);
	}
}

/* Nothing is known of it now. */
static void give_up(struct reconciler *reconciler, const struct err *err)
{
	view_finish(&reconciler->view);
	reconciler->reachable = false;
	reconciler->problem[0] = '\0';
	tell(reconciler, err->msg);
	meet(reconciler, FAULT_BALANCER_AWAY);
	close_in_file(reconciler);
	finish_cycle(reconciler);
}

typedef void answer_handler(
	void *context, const struct err *err, const char *answer, size_t length);

static void ask(struct reconciler *reconciler, const char *text, answer_handler *done)
{
	reconciler->exchange =
		exchange_start(reconciler->loop, &(struct exchange_options){
							 .address = reconciler->socket,
							 .text = text,
							 .limit_bytes = ANSWER_MAX,
							 .timeout = EXCHANGE_TIMEOUT,
							 .done = done,
							 .context = reconciler,
						 });
}

static void on_dump(void *context, const struct err *err, const char *answer, size_t length)
{
	struct reconciler *reconciler = context;
	struct err wrong = *err;

	reconciler->exchange = NULL;
	/* Anything else would make HAProxy warn at its next reload and forget the servers. */
	if (wrong.code == 0 && !statefile_is_whole(answer, length))
		(void)err_set(&wrong, ERR_REMOTE,
			"`show servers state` was not answered as expected: the state file stays "
			"as it was");
	if (wrong.code == 0)
		(void)statefile_write(reconciler->state_file, answer, length, &wrong);
	if (wrong.code == 0) {
		reconciler->saved = view_fingerprint(&reconciler->view);
		(void)mem_strcpy(
			reconciler->saved_in, sizeof(reconciler->saved_in), reconciler->state_file);
	} else {
		tell(reconciler, wrong.msg);
		meet(reconciler, FAULT_STATE_FILE);
	}
	finish_cycle(reconciler);
}

/* The file may have been moved in the configuration, or removed by a person. */
static bool is_saved(const struct reconciler *reconciler)
{
	return reconciler->saved == view_fingerprint(&reconciler->view) &&
	       strcmp(reconciler->saved_in, reconciler->state_file) == 0 &&
	       access(reconciler->state_file, F_OK) == 0;
}

/* The dump has all backends, so that services which share the file do not harm one another. */
static void save(struct reconciler *reconciler)
{
	if (reconciler->state_file == NULL || is_saved(reconciler))
		finish_cycle(reconciler);
	else
		ask(reconciler, "show servers state\n", on_dump);
}

/* How much of the commands fits into one chain; ends behind a ';'. */
static size_t fitting(const struct str *commands)
{
	size_t length = commands->length;

	if (length <= CHAIN_MAX)
		return length;
	for (length = CHAIN_MAX; length > 0 && commands->data[length - 1] != ';'; length--)
		;
	return length;
}

/* Behind the commands; `show info` comes last, since a node's description may say anything, and
 * answers to commands are read up to the tables. */
static void append_questions(const struct reconciler *reconciler, struct str *text)
{
	const char *backend = reconciler->options->config->backend;

	str_appendf(text, "show servers state %s;", backend);
	if (reconciler->backend_id > 0)
		str_appendf(text, "show stat %" PRIu64 " 6 -1;", reconciler->backend_id);
	else
		str_appendf(text, "show stat %s 6 -1;", backend);
	str_append(text, "show info\n");
}

static void on_read(void *context, const struct err *err, const char *answer, size_t length);

static void read_backend(struct reconciler *reconciler)
{
	cleanup_str struct str text = { 0 };

	append_questions(reconciler, &text);
	ask(reconciler, str_text(&text), on_read);
}

static int refuse_old(const struct reconciler *reconciler, struct err *err)
{
	if (!reconciler->view.stopping)
		return 0;
	return err_set(err, ERR_CONFLICT,
		"only the old process of a reload answers: is the new one running?");
}

/* A reload came in between: from the beginning, on the process that is there now. */
static bool begin_again(struct reconciler *reconciler)
{
	if (reconciler->retries++ == RETRIES_MAX)
		return false;
	view_finish(&reconciler->view);
	str_clear(&reconciler->sent);
	reconciler->problem[0] = '\0';
	read_backend(reconciler);
	return true;
}

static void on_acted(void *context, const struct err *err, const char *answer, size_t length);

static void send_commands(struct reconciler *reconciler, const char *commands, size_t length)
{
	cleanup_str struct str text = { 0 };

	str_append(&text, "set severity-output number;");
	str_append_bytes(&text, commands, length);
	append_questions(reconciler, &text);
	ask(reconciler, str_text(&text), on_acted);
}

static void act(struct reconciler *reconciler)
{
	const struct str *commands = &reconciler->plan.commands;
	bool same = strcmp(str_text(commands), str_text(&reconciler->sent)) == 0;
	size_t length = fitting(commands);

	if (length == 0 || (same && (!reconciler->more || ++reconciler->waits > WAITS_MAX))) {
		save(reconciler);
		return;
	}
	reconciler->more = (length < commands->length || reconciler->plan.again) &&
			   ++reconciler->rounds < ROUNDS_MAX;
	if (same) { /* look again, and do nothing twice */
		send_commands(reconciler, "", 0);
		return;
	}
	str_clear(&reconciler->sent);
	str_append(&reconciler->sent, commands->data);
	send_commands(reconciler, commands->data, length);
}

static void plan(struct reconciler *reconciler)
{
	struct plan_options options = *reconciler->options;

	options.limits = &reconciler->limits;
	options.resolved = reconciler->resolved;
	plan_finish(&reconciler->plan);
	plan_make(&options, reconciler->wish, &reconciler->view, &reconciler->plan);
	tell(reconciler, reconciler->plan.problem);
	reconciler->faults |= reconciler->plan.faults;
	act(reconciler);
}

static void on_acted(void *context, const struct err *err, const char *answer, size_t length)
{
	struct reconciler *reconciler = context;
	struct err wrong = *err;
	struct view view = { 0 };
	enum fault fault;
	bool reloaded;

	(void)length;
	reconciler->exchange = NULL;
	if (wrong.code == 0)
		(void)view_parse(answer, reconciler->options->config->backend, &view, &wrong);
	if (wrong.code != 0) {
		give_up(reconciler, &wrong);
		return;
	}
	reloaded = view.stopping || view.pid != reconciler->view.pid;
	view_finish(&reconciler->view);
	reconciler->view = view;
	if (reloaded && begin_again(reconciler))
		return;
	if (refuse_old(reconciler, &wrong) < 0) {
		give_up(reconciler, &wrong);
		return;
	}
	fault = replies_judge(answer, reconciler->problem, sizeof(reconciler->problem));
	meet(reconciler, fault);
	if (fault == FAULT_SERVER_REFUSED && !reconciler->plan.slots)
		reconciler->refused = true;
	if (reconciler->more)
		plan(reconciler);
	else
		save(reconciler);
}

static void note_process(struct reconciler *reconciler)
{
	int64_t pid = reconciler->view.pid;

	if (pid != reconciler->pid) {
		limits_finish(&reconciler->limits); /* its file speaks again */
		reconciler->asked = false;
		reconciler->resolved = false;
	}
	if (reconciler->pid > 0 && reconciler->pid != pid) {
		reconciler->reloaded = true;
		meet(reconciler, FAULT_BALANCER_RELOADED);
	}
	reconciler->pid = pid;
}

/* A frontend may be called as the backend is, and numbers change with a reload. */
static bool must_renumber(struct reconciler *reconciler)
{
	if (reconciler->view.counted || reconciler->view.id == reconciler->backend_id ||
		reconciler->renumbered)
		return false;
	reconciler->backend_id = reconciler->view.id;
	reconciler->renumbered = true;
	return true;
}

static void on_named(void *context, const struct err *err, const char *answer, size_t length)
{
	struct reconciler *reconciler = context;

	(void)length;
	reconciler->exchange = NULL;
	reconciler->asked = err->code == 0;
	if (err->code == 0)
		reconciler->resolved = names_are_looked_up(answer);
	plan(reconciler);
}

/* Once a process: is there DNS behind the slots? */
static bool ask_named(struct reconciler *reconciler)
{
	cleanup_str struct str text = { 0 };
	size_t slot;

	if (reconciler->asked || reconciler->options->withdrawn)
		return false;
	slot = plan_named_slot(reconciler->options, reconciler->wish, &reconciler->view);
	if (slot == PLAN_NOWHERE)
		return false;
	names_ask(reconciler->options->config->backend, &reconciler->view.servers[slot], &text);
	ask(reconciler, str_text(&text), on_named);
	return true;
}

/* It answers, but has no such backend: then nobody is served by it, and that is known. */
static void no_backend(struct reconciler *reconciler, const struct err *err)
{
	reconciler->reachable = true;
	plan_make(reconciler->options, &(struct plan_wish){ 0 }, &reconciler->view,
		&reconciler->plan);
	tell(reconciler, err->msg);
	meet(reconciler, FAULT_NO_BACKEND);
	finish_cycle(reconciler);
}

static void on_read(void *context, const struct err *err, const char *answer, size_t length)
{
	struct reconciler *reconciler = context;
	struct err wrong = *err;

	(void)length;
	reconciler->exchange = NULL;
	if (wrong.code == 0)
		(void)view_parse(
			answer, reconciler->options->config->backend, &reconciler->view, &wrong);
	if (wrong.code == ERR_NOT_FOUND && err->code == 0) {
		no_backend(reconciler, &wrong);
		return;
	}
	if (wrong.code == 0)
		(void)refuse_old(reconciler, &wrong);
	if (wrong.code == ERR_CONFLICT && begin_again(reconciler))
		return;
	if (wrong.code != 0) {
		give_up(reconciler, &wrong);
		return;
	}
	if (must_renumber(reconciler)) {
		view_finish(&reconciler->view);
		read_backend(reconciler);
		return;
	}
	note_process(reconciler);
	reconciler->reachable = true;
	if (!ask_named(reconciler))
		plan(reconciler);
}

void reconciler_start(struct reconciler *reconciler, const struct plan_options *options,
	const struct plan_wish *wish, const char *state_file)
{
	clear(reconciler);
	reconciler->options = options;
	reconciler->wish = wish;
	reconciler->state_file = state_file;
	read_backend(reconciler);
}
