/*
 * Intents to requests. "Already so" is success. A create has a room of its own (create.c), since it
 * asks and judges before it acts.
 */
#include "intents.h"

#include "create.h"

#include <dockscale/io/clock.h>

#include <string.h>

#define STOP_GRACE (15 * USEC_PER_SEC) /* the engine's kill, and waiting for its end */

static void on_started(void *context, const struct http_answer *answer)
{
	struct job *job = context;

	job->request = NULL;
	if (answer->err.code == 0 && (answer->status == 204 || answer->status == 304))
		job_announce(job, job->container);
	else
		job_fail(job, job->container, answer);
}

/* Paused already is 409 and not paused is 500, as not running is. */
static void on_paused(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	bool refused = answer->status == 409 || answer->status == 500;

	job->request = NULL;
	if (answer->err.code != 0 || (answer->status != 204 && !refused)) {
		job_fail(job, job->container, answer);
		return;
	}
	if (refused) {
		(void)request_error(answer, &job->refusal);
		job->refusal.code = ERR_CONFLICT;
		job->wanted = job->kind == INTENT_PAUSE ? CONTAINER_PAUSED : CONTAINER_RUNNING;
	}
	job_announce(job, job->container);
}

static void request(struct job *job, const char *method, const char *action, job_answer_fn *on_done)
{
	job_request_of(job, action, &(struct http_call){ .method = method, .on_done = on_done });
}

static void ask_stop(struct job *job);

/* Whether or not that helped, the stop's own answer is the job's. */
static void on_woken(void *context, const struct http_answer *answer)
{
	struct job *job = context;

	(void)answer;
	job->request = NULL;
	job->woken = true;
	ask_stop(job);
}

/* Podman refuses to stop what is paused; Docker wakes it by itself. */
static bool may_be_paused(const struct http_answer *answer)
{
	struct err err = { 0 };

	return request_error(answer, &err) == ERR_CONFLICT;
}

static void on_stopped(void *context, const struct http_answer *answer)
{
	struct job *job = context;

	job->request = NULL;
	if (answer->err.code == 0 &&
		(answer->status == 204 || answer->status == 304 || answer->status == 404))
		job_end(job, job->container, NULL);
	else if (!job->woken && may_be_paused(answer))
		request(job, "POST", "/unpause", on_woken);
	else
		job_fail(job, job->container, answer);
}

static void on_removed(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	bool under_way =
		answer->status == 409 && strstr(answer->body, "already in progress") != NULL;

	job->request = NULL;
	if (answer->err.code == 0 && (answer->status == 204 || answer->status == 404 || under_way))
		job_end(job, job->container, NULL);
	else
		job_fail(job, job->container, answer);
}

static void ask_stop(struct job *job)
{
	cleanup_str struct str action = { 0 };
	usec_t seconds = (job->grace + USEC_PER_SEC - 1) / USEC_PER_SEC;

	str_appendf(&action, "/stop?t=%lld", (long long)seconds);
	request(job, "POST", str_text(&action), on_stopped);
}

static void stop(struct job *job, usec_t grace)
{
	usec_t end = clock_now().boot + grace + STOP_GRACE;

	if (end < job->deadline)
		job->deadline = end;
	job->grace = grace;
	ask_stop(job);
}

static void begin(struct job *job, const struct intent *intent)
{
	switch (intent->kind) {
	case INTENT_CREATE:
		create_begin(job, intent);
		return;
	case INTENT_START:
		request(job, "POST", "/start", on_started);
		return;
	case INTENT_PAUSE:
		request(job, "POST", "/pause", on_paused);
		return;
	case INTENT_UNPAUSE:
		request(job, "POST", "/unpause", on_paused);
		return;
	case INTENT_STOP:
		stop(job, intent->stop_timeout);
		return;
	default:
		request(job, "DELETE", "?v=1&force=0", on_removed);
		return;
	}
}

void intents_submit(struct jobs *jobs, const struct intent *intent)
{
	struct job *job;

	if (intent->kind > INTENT_REMOVE)
		return; /* not a runtime's */
	job = jobs_add(jobs, intent);
	if (job == NULL)
		return;
	begin(job, intent);
	job_await(job);
}
