/*
 * What is under way, one job an intent, and its end: exactly one result each, at the deadline at the
 * latest. Which requests it takes is the affair of who began it.
 */
#include "jobs.h"

#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <stdio.h>
#include <string.h>

#define JOBS_MAX 1024

static void push_result(
	const struct jobs *jobs, uint64_t intent, const char *id, const struct err *err)
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
	event_push(&jobs->docker->sink, &event);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* What a create holds. */
static void finish(struct job *job)
{
	for (size_t i = 0; i < job->n_connects; i++) {
		free(job->connects[i].network);
		free(job->connects[i].endpoint);
	}
	free(job->inspect);
	free(job->config);
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
	finish(job);
	uv_close((uv_handle_t *)&job->timer, on_closed);
}

void job_end(struct job *job, const char *id, const struct err *err)
{
	const struct jobs *jobs = job->jobs;
	uint64_t intent = job->intent;
	struct err result = err != NULL ? *err : (struct err){ 0 }; /* @err may be the job's own */

	drop(job);
	push_result(jobs, intent, id, &result);
}

static void on_deadline(uv_timer_t *timer)
{
	struct job *job = timer->data;
	struct link *link = job->jobs->link;
	struct err err = { 0 };

	(void)err_set(&err, ERR_TIMEOUT, "docker did not end the %s in time; it may still work",
		intent_kind_name(job->kind));
	if (job->abandon != NULL)
		job->abandon(job);
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
	job->request = request_send(job->jobs->docker, &own);
}

void job_request_of(struct job *job, const char *action, const struct http_call *call)
{
	cleanup_str struct str path = { 0 };
	struct http_call own = *call;

	str_append(&path, "/containers/");
	clone_escape(&path, jsontext_span(job->container));
	str_append(&path, action);
	own.path = str_text(&path);
	job_request(job, &own);
}

void job_announce(struct job *job, const char *id)
{
	struct err err = { 0 };

	/* First, since the inspect may be answered at once. */
	(void)mem_strcpy(job->waits_for, sizeof(job->waits_for), id);
	job->ticket = watch_refresh(job->jobs->watch, id);
	if (job->ticket != 0)
		return;
	(void)err_set(&err, ERR_LIMIT, "more containers than this version looks after");
	job_end(job, id, &err);
}

/* "It is so already" and "it cannot be" come as one answer: the state tells them apart. */
static const struct err *verdict(const struct job *job, const struct err *err)
{
	const struct container *facts = watch_find(job->jobs->watch, job->waits_for);

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

void job_fail(struct job *job, const char *id, const struct http_answer *answer)
{
	struct link *link = job->jobs->link;
	struct err err = { 0 };

	(void)request_error(answer, &err);
	job_end(job, id, &err);
	if (err.code == ERR_UNREACHABLE)
		link_doubt(link);
}

static struct job *new_job(struct jobs *jobs, const struct intent *intent)
{
	struct job *job = mem_zero(1, sizeof(*job));

	job->jobs = jobs;
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
	if (!link_is_up(jobs->link))
		return err_set(
			err, ERR_UNREACHABLE, "docker at %s is away", jobs->docker->endpoint);
	if (jobs->count >= JOBS_MAX)
		return err_set(err, ERR_LIMIT, "%d requests are under way", JOBS_MAX);
	if (intent->container[0] == '\0')
		return err_set(
			err, ERR_INVALID, "a %s of no container", intent_kind_name(intent->kind));
	return 0;
}

struct job *jobs_add(struct jobs *jobs, const struct intent *intent)
{
	struct err err = { 0 };

	if (check(jobs, intent, &err) == 0)
		return new_job(jobs, intent);
	push_result(jobs, intent->id, intent->container, &err);
	return NULL;
}

void job_await(struct job *job)
{
	usec_t left = job->deadline - clock_now().boot;

	(void)uv_timer_start(
		&job->timer, on_deadline, left > 0 ? (uint64_t)(left / USEC_PER_MSEC) : 0, 0);
}

struct jobs *jobs_new(struct docker *docker, struct link *link, struct watch *watch)
{
	struct jobs *jobs = mem_zero(1, sizeof(*jobs));

	jobs->docker = docker;
	jobs->link = link;
	jobs->watch = watch;
	return jobs;
}

void jobs_free(struct jobs *jobs)
{
	while (jobs->first != NULL)
		drop(jobs->first);
	free(jobs);
}
