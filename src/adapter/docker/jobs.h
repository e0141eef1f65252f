/* Intents under way, and their results. */
#pragma once

#include "clone.h"
#include "watch.h"

struct job;

struct jobs {
	struct docker *docker;
	struct link *link;
	struct watch *watch;
	struct job *first;
	size_t count;
};

struct job {
	struct jobs *jobs;
	struct job *next;
	struct job *previous;
	uint64_t intent;
	enum intent_kind kind;
	char container[CONTAINER_ID_MAX];
	char name[CONTAINER_NAME_MAX]; /* create */
	usec_t deadline; /* boot clock */
	uv_timer_t timer; /* runs out at the deadline */
	struct http_request *request;
	uint64_t ticket; /* of the inspect that it waits for; 0: none */
	char waits_for[CONTAINER_ID_MAX]; /* its container */
	struct err refusal; /* the engine's; what the inspect finds decides whether it matters */
	enum container_state wanted; /* after a refusal: in this state all is well */

	/* stop */
	usec_t grace; /* what the container is given to end by itself */
	bool woken; /* it was tried to end a pause that might be in its way */

	/* Its deadline is over, and it is about to end; NULL: nothing to clear away. */
	void (*abandon)(const struct job *job);

	/* create */
	struct service_config *config; /* a copy: the engine's may be gone by then */
	char *inspect; /* of the template */
	struct clone_connect connects[CLONE_CONNECTS_MAX];
	size_t n_connects;
	size_t n_connected;
	bool created; /* .container is the clone */
};

typedef void job_answer_fn(void *context, const struct http_answer *answer);

/* Sends the next request of a job. @path as in request_send(). */
void job_request(struct job *job, const struct http_call *call);
/* The same of the job's container: @action ("/start") follows its path, which @call lacks. */
void job_request_of(struct job *job, const char *action, const struct http_call *call);
/* The container is as wished: it is inspected, announced, and then the job has succeeded. */
void job_announce(struct job *job, const char *id);
/* The job's end: its one result. */
void job_end(struct job *job, const char *id, const struct err *err);
/* Its end by an answer that is no success. */
void job_fail(struct job *job, const char *id, const struct http_answer *answer);
/* It has begun: from now on its deadline counts. */
void job_await(struct job *job);

struct jobs *jobs_new(struct docker *docker, struct link *link, struct watch *watch);
void jobs_free(struct jobs *jobs);
/* A job for @intent. NULL: it cannot even begin, which was told. */
struct job *jobs_add(struct jobs *jobs, const struct intent *intent);
/* As watch_listener.refreshed: who waits for this inspect has its end. */
void jobs_refreshed(struct jobs *jobs, const char *id, uint64_t ticket, const struct err *err);
/* The connection is lost: who waits for an inspect waits in vain. */
void jobs_suspend(struct jobs *jobs, const struct err *err);
