/* What all parts of the Docker runtime share: where the engine is, what is spoken with it, and the
 * small things that know nobody. The parts that act stand above it, each with a header of its own:
 * link, watch, jobs, create, intents, runtime. Each knows those before it; what comes back up comes
 * through the functions that it was given at its birth. */
#pragma once

#include "jsontext.h"

#include <dockscale/io/http.h>
#include <dockscale/port/ports.h>

#include <uv.h>

/* The newest version of the API that we know, the oldest that is enough, both 1.x. */
#define API_NEWEST 44
#define API_OLDEST 24

#define INSPECT_BYTES_MAX ((size_t)1024 * 1024)
#define LIST_BYTES_MAX    ((size_t)4 * 1024 * 1024)
#define ANSWER_BYTES_MAX  ((size_t)64 * 1024) /* where only a message may come */

struct templates;

/* What the operator should hear once: what is too much for us is left out. */
enum remark { REMARK_INSPECT = 1, REMARK_CONTAINERS = 2, REMARK_NETWORKS = 4 };

struct docker {
	uv_loop_t *loop;
	struct http *http; /* NULL: the endpoint is none */
	char endpoint[CONFIG_TEXT_MAX];
	const char *socket; /* its path, in @endpoint; "": none that we know */
	char instance[CONFIG_NAME_MAX];
	const struct config *config;
	struct event_sink sink;
	unsigned api; /* 1.x, negotiated */
	unsigned remarked; /* of enum remark: told already */
	struct templates *templates;
};

/* remark.c: tells a remark by EVENT_RUNTIME, each kind once. */
void docker_remark(struct docker *docker, enum remark remark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* request.c: a request whose path gets the negotiated version put before it. */
struct http_request *request_send(struct docker *docker, const struct http_call *call);
/* What an answer that is no success means: 401 and 403 ERR_DENIED, 404 ERR_NOT_FOUND, 409
 * ERR_CONFLICT, else ERR_REMOTE, with the engine's own message. No answer: its error. */
int request_error(const struct http_answer *answer, struct err *err);

/* faults.c: the fault behind what request_error() gave; FAULT_NONE without an error. */
enum fault docker_fault(const struct err *err);
/* What a person can do about it; NULL: the engine's own words have to do. */
const char *docker_cure(enum fault fault);

/* images.c: labels of images, by digest. */
struct images;

struct images *images_new(void);
void images_free(struct images *images);
/* The image's inspect, reduced to its labels; NULL: not known yet. Valid until the next put. */
const cJSON *images_get(struct images *images, const char *digest);
/* Takes what GET /images/DIGEST/json answered; NULL: the engine has no such image any more. */
const cJSON *images_put(struct images *images, const char *digest, const char *inspect);

/* templates.c: the last good inspect of each service's template, so that a clone can still be made
 * when it was removed. */
/* What is new is told to @sink, to be remembered. */
struct templates *templates_new(struct event_sink sink);
void templates_free(struct templates *templates);
/* The oldest container of a service is taken for its template, until a create names another. */
void templates_note(struct templates *templates, const char *service,
	const struct container *container, const char *inspect);
void templates_set(struct templates *templates, const char *service,
	const struct container *container, const char *inspect);
/* Takes what was told in an earlier life; what it cannot read it leaves. */
void templates_recall(struct templates *templates, const struct journal_record *record);
/* A container was removed. Was it a template? It is kept until another one of its service is noted. */
bool templates_gone(struct templates *templates, const char *id);
/* NULL: never seen. */
const char *templates_find(const struct templates *templates, const char *id);
