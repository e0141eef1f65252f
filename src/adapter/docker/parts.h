/* The parts of the Docker runtime and what they ask of each other. Each part's state is its own;
 * they meet in struct docker. */
#pragma once

#include "jsontext.h"
#include "sole.h"

#include <dockscale/io/http.h>
#include <dockscale/port/ports.h>

#include <uv.h>

/* The newest version of the API that we know, the oldest that is enough, both 1.x. */
#define API_NEWEST 44
#define API_OLDEST 24

#define INSPECT_BYTES_MAX ((size_t)1024 * 1024)
#define LIST_BYTES_MAX    ((size_t)4 * 1024 * 1024)
#define ANSWER_BYTES_MAX  ((size_t)64 * 1024) /* where only a message may come */

struct link;
struct watch;
struct jobs;
struct images;
struct templates;

/* What the operator should hear once: what is too much for us is left out. */
enum remark { REMARK_INSPECT = 1, REMARK_CONTAINERS = 2, REMARK_NETWORKS = 4 };

struct docker {
	struct runtime runtime;
	uv_loop_t *loop;
	struct http *http; /* NULL: the endpoint is none */
	char endpoint[CONFIG_TEXT_MAX];
	const char *socket; /* its path, in @endpoint; "": none that we know */
	struct sole sole;
	char instance[CONFIG_NAME_MAX];
	const struct config *config;
	struct event_sink sink;
	unsigned api; /* 1.x, negotiated */
	unsigned remarked; /* of enum remark: told already */
	struct link *link;
	struct watch *watch;
	struct jobs *jobs;
	struct images *images;
	struct templates *templates;
};

/* runtime.c: tells a remark by EVENT_RUNTIME, each kind once. */
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

/* link.c: the connection. It is up from the first listing until somebody finds nobody there. */
struct link *link_new(struct docker *docker);
void link_free(struct link *link);
bool link_is_up(const struct link *link);
/* Is the engine still there? Asks on a new connection; what it finds out it tells. */
void link_doubt(struct link *link);
/* It is not. Told once; connecting begins anew. */
void link_lost(struct link *link, const struct err *err);
/* The first listing of this connection is complete and about to be told. */
void link_listed(struct link *link);
/* Reads "1.41"; 0 when it is no version. */
unsigned link_parse_version(const char *text);
/* The version to speak with an engine whose newest is @theirs; ERR_UNSUPPORTED with the cure. */
int link_choose_version(const char *theirs, unsigned *ret_api, struct err *err);

/* watch.c: the containers that matter, and their facts. */
struct watch *watch_new(struct docker *docker);
void watch_free(struct watch *watch);
/* Lists anew, inspects each, and tells all at once. While one listing is under way another one
 * follows it. */
void watch_list(struct watch *watch);
/* The connection is lost: nothing is under way any more. */
void watch_suspend(struct watch *watch);
/* Something happened to a container; @attributes (may be NULL) are its name and labels. */
void watch_changed(struct watch *watch, const char *id, const cJSON *attributes);
/* Somebody let the engine send it a signal: an end that follows was asked for. */
void watch_signalled(struct watch *watch, const char *id, int number, usec_t at_wall);
void watch_died(struct watch *watch, const char *id, int exit_code, usec_t at_wall);
void watch_gone(struct watch *watch, const char *id);
/* What was known of it last; NULL: nothing. Valid until something comes. */
const struct container *watch_find(const struct watch *watch, const char *id);
/* Inspects a container anew and announces it; jobs_refreshed() is called with the ticket or a later
 * one afterwards. 0: there is no room for another container. */
uint64_t watch_refresh(struct watch *watch, const char *id);

/* jobs.c: intents under way. */
struct jobs *jobs_new(struct docker *docker);
void jobs_free(struct jobs *jobs);
void jobs_submit(struct jobs *jobs, const struct intent *intent);
/* A container was inspected and announced (@err NULL), or could not be. */
void jobs_refreshed(struct jobs *jobs, const char *id, uint64_t ticket, const struct err *err);
/* The connection is lost: who waits for an inspect waits in vain. */
void jobs_suspend(struct jobs *jobs, const struct err *err);

/* images.c: labels of images, by digest. */
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
