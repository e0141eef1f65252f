/*
 * What `doctor` wants to know of one socket. It changes nothing: whether servers can be added is
 * found out by asking for one with a word that no version knows. A static algorithm refuses
 * before it reads the words, a dynamic one complains about the word. And whether the slots' names are
 * looked up, by names.h.
 */
#include <dockscale/adapter/haproxy.h>

#include "names.h"
#include "plan.h"

#include <dockscale/base/mem.h>
#include <dockscale/io/exchange.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)8 * 1024 * 1024)

struct answer {
	struct err err;
	char *text;
};

static void on_done(void *context, const struct err *err, const char *text, size_t length)
{
	struct answer *answer = context;

	answer->err = *err;
	answer->text = mem_strndup(text, length);
}

/* Asks and waits on a loop of its own; 0 with *ret_text (heap). */
static int ask(
	const char *socket, const char *line, usec_t timeout, char **ret_text, struct err *err)
{
	struct answer answer = { 0 };
	uv_loop_t loop;
	int r = uv_loop_init(&loop);

	if (r < 0)
		return err_set(err, ERR_SYSTEM, "cannot make a loop: %s", uv_strerror(r));
	(void)exchange_start(&loop, &(struct exchange_options){
					    .address = socket,
					    .text = line,
					    .limit_bytes = ANSWER_MAX,
					    .timeout = timeout,
					    .done = on_done,
					    .context = &answer,
				    });
	(void)uv_run(&loop, UV_RUN_DEFAULT); /* ends when the exchange has closed everything */
	(void)uv_loop_close(&loop);
	if (answer.err.code != 0) {
		free(answer.text);
		*err = answer.err;
		return err->code;
	}
	*ret_text = answer.text;
	return 0;
}

static unsigned count_unlimited(const struct view *view, const struct plan_options *options)
{
	char prefix[SERVER_NAME_MAX];
	unsigned count = 0;

	plan_slot_prefix(options, prefix);
	for (size_t i = 0; i < view->n_servers; i++)
		if (strncmp(view->servers[i].name, prefix, strlen(prefix)) == 0 &&
			reading_is_known(view->servers[i].maxconn) &&
			view->servers[i].maxconn.value == 0)
			count++;
	return count;
}

static void take_view(
	const struct view *view, const struct plan_options *options, struct haproxy_facts *facts)
{
	size_t slots;
	size_t literal;

	plan_count_slots(options, view, &slots, &literal);
	facts->backend_found = true;
	facts->slots = (unsigned)slots;
	facts->slots_literal = (unsigned)literal;
	facts->slots_unlimited = count_unlimited(view, options);
	(void)mem_strcpy(facts->algorithm, sizeof(facts->algorithm), view->algorithm);
	(void)mem_strcpy(facts->version, sizeof(facts->version), view->version);
	(void)snprintf(facts->pid, sizeof(facts->pid), "%lld", (long long)view->pid);
}

static void take_down(
	const struct view *view, const struct plan_options *options, struct haproxy_facts *facts)
{
	for (size_t at = 0; (at = plan_next_down(options, view, at)) != PLAN_NOWHERE; at++) {
		facts->down++;
		(void)snprintf(facts->down_at, sizeof(facts->down_at), "%s port %u",
			view->servers[at].address, view->servers[at].port);
	}
}

/* What a backend's options are HAProxy tells nobody, but it counts what comes of them. One server alone
 * has no other to send to, and where there is none nothing is tried again. */
static void take_stranded(const struct view *view, struct haproxy_facts *facts)
{
	size_t open = 0;

	for (size_t i = 0; i < view->n_servers; i++)
		open += !view->servers[i].maint && !view->servers[i].drain;
	if (open > 1 && reading_is_known(view->unconnected) && reading_is_known(view->retried) &&
		reading_is_known(view->redispatched) && view->retried.value > 0 &&
		view->redispatched.value == 0)
		facts->stranded = (uint64_t)view->unconnected.value;
}

/* Of a slot that is open nothing is asked: it does its work. */
static void take_names(const struct view *view, const struct plan_options *options,
	const char *socket, usec_t timeout, struct haproxy_facts *facts)
{
	static const struct plan_wish nobody = { 0 };
	size_t slot = plan_named_slot(options, &nobody, view);
	cleanup_str struct str line = { 0 };
	cleanup_free char *text = NULL;
	struct err err;

	if (slot == PLAN_NOWHERE)
		return;
	names_ask(options->config->backend, &view->servers[slot], &line);
	if (ask(socket, str_text(&line), timeout, &text, &err) == 0 && text != NULL)
		facts->slots_resolved = names_are_looked_up(text);
}

/* The head of the answer is there even where the backend is not. */
static void take_head(const char *text, struct haproxy_facts *facts)
{
	const char *version = strstr(text, "\nVersion: ");
	const char *pid = strstr(text, "\nPid: ");

	facts->admin = strncmp(text, "admin\n", 6) == 0;
	if (version != NULL)
		(void)sscanf(version, "\nVersion: %63[^\n]", facts->version);
	if (pid != NULL)
		(void)sscanf(pid, "\nPid: %15[0-9]", facts->pid);
}

int haproxy_inspect(const char *socket, const char *backend, const char *instance,
	const struct haproxy_config *config, usec_t timeout, struct haproxy_facts *ret_facts,
	struct err *err)
{
	struct haproxy_config asked = *config;
	struct plan_options options = { .config = &asked, .instance = instance };
	struct haproxy_facts facts = { 0 };
	cleanup_str struct str line = { 0 };
	cleanup_free char *text = NULL;
	struct view view;
	struct err missing;
	int r;

	(void)mem_strcpy(asked.backend, sizeof(asked.backend), backend);
	r = plan_check(&options, err);
	if (r < 0)
		return r;
	/* Of all backends: a name may mean a frontend that is called so too. */
	str_appendf(&line,
		"show cli level;show info;show servers state %s;show stat -1 6 -1;"
		"add server %s/ds-%s-ask 127.0.0.1:1 no-such-word\n",
		backend, backend, instance);
	r = ask(socket, str_text(&line), timeout, &text, err);
	if (r < 0)
		return r;
	if (text == NULL)
		return err_set(err, ERR_REMOTE, "%s: no answer came", socket);
	take_head(text, &facts);
	r = view_parse(text, backend, &view, &missing);
	if (r < 0 && facts.version[0] == '\0') {
		*err = missing;
		return err_wrap(err, "%s", socket);
	}
	if (r == 0) {
		take_view(&view, &options, &facts);
		take_down(&view, &options, &facts);
		take_stranded(&view, &facts);
		take_names(&view, &options, socket, timeout, &facts);
		view_finish(&view);
	}
	facts.dynamic_capable = strstr(text, "unknown keyword 'no-such-word'") != NULL;
	facts.state_file = config->state_file[0] != '\0' && access(config->state_file, R_OK) == 0;
	*ret_facts = facts;
	return 0;
}
