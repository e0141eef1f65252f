/*
 * Intents to requests, answers to results: exactly one each, at the deadline at the latest.
 * "Already so" is success. A create has rooms of its own (create.c), since it asks and judges
 * before it acts.
 */
#include "jobs.h"

#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <stdio.h>
#include <string.h>

#define JOBS_MAX   1024
#define STOP_GRACE (15 * USEC_PER_SEC) /* the engine's kill, and waiting for its end */

struct jobs {
	struct docker *docker;
	struct job *first;
	size_t count;
};

static void push_result(
	struct docker *docker, uint64_t intent, const char *id, const struct err *err)
{
	struct event event = { .kind = EVENT_RESULT };
	enum fault fault = docker_fault(err);
	const char *cure = docker_cure(fault);

	event.result.intent = intent;
	event.result.code = err->code;
	event.result.fault = fault;
	(void)mem_strcpy(event.result.container, sizeof(event.result.container), id);
	(void)snprintf(event.result.msg, sizeof(event.result.msg), "%s%s%s%s",
		cure != NULL ? cure : "", cure != NULL ? " (" : "", err->msg,
		cure != NULL ? ")" : "");
	event_push(&docker->sink, &event);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void drop(struct job *job)
{
	if (job->previous != NULL)
		job->previous->next = job->next;
	else
		job->jobs->first = job->next;
	if (job->next != NULL)
		job->next->previous = job->previous;
	job->jobs->count--;
	if (job->request != NULL)
		http_cancel(job->request);
	create_finish(job);
	uv_close((uv_handle_t *)&job->timer, on_closed);
}

void job_end(struct job *job, const char *id, const struct err *err)
{
	struct docker *docker = job->docker;
	uint64_t intent = job->intent;
	struct err result = err != NULL ? *err : (struct err){ 0 }; /* @err may be the job's own */

	drop(job);
	push_result(docker, intent, id, &result);
}

static void on_deadline(uv_timer_t *timer)
{
	struct job *job = timer->data;
	struct link *link = job->docker->link;
	struct err err = { 0 };

	(void)err_set(&err, ERR_TIMEOUT, "docker did not end the %s in time; it may still work",
		intent_kind_name(job->kind));
	if (job->kind == INTENT_CREATE)
		create_abandon(job);
	job_end(job, job->container, &err);
	link_doubt(link);
}

/* The deadline is the timer's affair: the request's own comes after it. */
void job_request(struct job *job, const struct http_call *call)
{
	struct http_call own = *call;
	usec_t left = job->deadline - clock_now().boot + USEC_PER_SEC;

	if (own.timeout == 0 || own.timeout > left)
		own.timeout = left;
	if (own.body_max == 0)
		own.body_max = ANSWER_BYTES_MAX;
	own.context = job;
	job->request = request_send(job->docker, &own);
}

void job_announce(struct job *job, const char *id)
{
	struct err err = { 0 };

	/* First, since the inspect may be answered at once. */
	(void)mem_strcpy(job->waits_for, sizeof(job->waits_for), id);
	job->ticket = watch_refresh(job->docker->watch, id);
	if (job->ticket != 0)
		return;
	(void)err_set(&err, ERR_LIMIT, "more containers than this version looks after");
	job_end(job, id, &err);
}

/* "It is so already" and "it cannot be" come as one answer: the state tells them apart. */
static const struct err *verdict(const struct job *job, const struct err *err)
{
	const struct container *facts = watch_find(job->docker->watch, job->waits_for);

	if (err != NULL || job->refusal.code == 0)
		return err;
	return facts != NULL && facts->state == job->wanted ? NULL : &job->refusal;
}

void jobs_refreshed(struct jobs *jobs, const char *id, uint64_t ticket, const struct err *err)
{
	struct job *next;

	for (struct job *job = jobs->first; job != NULL; job = next) {
		next = job->next;
		if (job->ticket != 0 && job->ticket <= ticket && strcmp(job->waits_for, id) == 0)
			job_end(job, id, verdict(job, err));
	}
}

void jobs_suspend(struct jobs *jobs, const struct err *err)
{
	struct err away = *err;
	struct job *next;

	away.code = ERR_UNREACHABLE;
	for (struct job *job = jobs->first; job != NULL; job = next) {
		next = job->next;
		if (job->ticket != 0)
			job_end(job, job->waits_for, &away);
	}
}

static void fail(struct job *job, const struct http_answer *answer)
{
	struct docker *docker = job->docker;
	struct err err = { 0 };

	(void)request_error(answer, &err);
	job_end(job, job->container, &err);
	if (err.code == ERR_UNREACHABLE)
		link_doubt(docker->link);
}

static void on_started(void *context, const struct http_answer *answer)
{
	struct job *job = context;

	job->request = NULL;
	if (answer->err.code == 0 && (answer->status == 204 || answer->status == 304))
		job_announce(job, job->container);
	else
		fail(job, answer);
}

/* Paused already is 409 and not paused is 500, as not running is. */
static void on_paused(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	bool refused = answer->status == 409 || answer->status == 500;

	job->request = NULL;
	if (answer->err.code != 0 || (answer->status != 204 && !refused)) {
		fail(job, answer);
		return;
	}
	if (refused) {
		(void)request_error(answer, &job->refusal);
		job->refusal.code = ERR_CONFLICT;
		job->wanted = job->kind == INTENT_PAUSE ? CONTAINER_PAUSED : CONTAINER_RUNNING;
	}
	job_announce(job, job->container);
}

static void on_stopped(void *context, const struct http_answer *answer)
{
	struct job *job = context;

	job->request = NULL;
	if (answer->err.code == 0 &&
		(answer->status == 204 || answer->status == 304 || answer->status == 404))
		job_end(job, job->container, NULL);
	else
		fail(job, answer);
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
		fail(job, answer);
}

static void request(struct job *job, const char *method, const char *action, job_answer_fn *on_done)
{
	cleanup_str struct str path = { 0 };

	str_append(&path, "/containers/");
	clone_escape(&path, jsontext_span(job->container));
	str_append(&path, action);
	job_request(job, &(struct http_call){
				 .method = method, .path = str_text(&path), .on_done = on_done });
}

static void stop(struct job *job, usec_t grace)
{
	cleanup_str struct str action = { 0 };
	usec_t seconds = (grace + USEC_PER_SEC - 1) / USEC_PER_SEC;
	usec_t end = clock_now().boot + grace + STOP_GRACE;

	if (end < job->deadline)
		job->deadline = end;
	str_appendf(&action, "/stop?t=%lld", (long long)seconds);
	request(job, "POST", str_text(&action), on_stopped);
}

static void begin(struct job *job, const struct intent *intent)
{
	switch (intent->kind) {
	case INTENT_CREATE:
		job->config = mem_zero(1, sizeof(*job->config));
		*job->config = *intent->config;
		/* The intent's word counts: a configuration may be shared. */
		(void)mem_strcpy(job->config->name, sizeof(job->config->name), intent->service);
		create_begin(job);
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

static struct job *new_job(struct jobs *jobs, const struct intent *intent)
{
	struct job *job = mem_zero(1, sizeof(*job));

	job->jobs = jobs;
	job->docker = jobs->docker;
	job->intent = intent->id;
	job->kind = intent->kind;
	job->deadline = intent->deadline;
	(void)mem_strcpy(job->container, sizeof(job->container), intent->container);
	(void)mem_strcpy(job->name, sizeof(job->name), intent->name);
	(void)uv_timer_init(jobs->docker->loop, &job->timer);
	job->timer.data = job;
	job->next = jobs->first;
	if (job->next != NULL)
		job->next->previous = job;
	jobs->first = job;
	jobs->count++;
	return job;
}

/* Why it cannot even begin. */
static int check(const struct jobs *jobs, const struct intent *intent, struct err *err)
{
	if (!link_is_up(jobs->docker->link))
		return err_set(
			err, ERR_UNREACHABLE, "docker at %s is away", jobs->docker->endpoint);
	if (jobs->count >= JOBS_MAX)
		return err_set(err, ERR_LIMIT, "%d requests are under way", JOBS_MAX);
	if (intent->container[0] == '\0')
		return err_set(
			err, ERR_INVALID, "a %s of no container", intent_kind_name(intent->kind));
	return 0;
}

void jobs_submit(struct jobs *jobs, const struct intent *intent)
{
	struct err err = { 0 };
	struct job *job;
	usec_t left;

	if (intent->kind > INTENT_REMOVE)
		return; /* not a runtime's */
	if (check(jobs, intent, &err) < 0) {
		push_result(jobs->docker, intent->id, intent->container, &err);
		return;
	}
	job = new_job(jobs, intent);
	begin(job, intent);
	left = job->deadline - clock_now().boot;
	(void)uv_timer_start(
		&job->timer, on_deadline, left > 0 ? (uint64_t)(left / USEC_PER_MSEC) : 0, 0);
}

struct jobs *jobs_new(struct docker *docker)
{
	struct jobs *jobs = mem_zero(1, sizeof(*jobs));

	jobs->docker = docker;
	return jobs;
}

void jobs_free(struct jobs *jobs)
{
	while (jobs->first != NULL)
		drop(jobs->first);
	free(jobs);
}
