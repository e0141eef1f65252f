/* One intent under way: what jobs.c and create.c share. */
#pragma once

#include "clone.h"
#include "parts.h"

struct job {
	struct jobs *jobs;
	struct docker *docker;
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
/* The container is as wished: it is inspected, announced, and then the job has succeeded. */
void job_announce(struct job *job, const char *id);
/* The job's end: its one result. */
void job_end(struct job *job, const char *id, const struct err *err);

/* create.c */
void create_begin(struct job *job);
/* Its deadline is over: a clone that lacks networks is of no use, and is removed. */
void create_abandon(const struct job *job);
void create_finish(struct job *job); /* frees what it holds */
