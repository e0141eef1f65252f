/*
 * The way to a clone: the template is inspected anew (what is remembered serves only when it is
 * gone), judged, created by its own specification, and connected to its other networks where the
 * engine's create takes only one.
 */
#include "create.h"

#include "inspect.h"
#include "spec.h"
#include "template.h"

#include <dockscale/base/mem.h>

#include <string.h>

/* What was created and cannot be completed is of no use. Nobody waits for the answer: what stays
 * behind is found by the next listing. */
static void forget_answer(void *context, const struct http_answer *answer)
{
	(void)context;
	(void)answer;
}

static void remove_created(struct docker *docker, const char *id)
{
	cleanup_str struct str path = { 0 };

	str_append(&path, "/containers/");
	clone_escape(&path, jsontext_span(id));
	str_append(&path, "?v=1&force=1");
	(void)request_send(docker, &(struct http_call){
					   .method = "DELETE",
					   .path = str_text(&path),
					   .timeout = 10 * USEC_PER_SEC,
					   .body_max = ANSWER_BYTES_MAX,
					   .on_done = forget_answer,
				   });
}

static void connect_next(struct job *job);

static void on_connected(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	struct docker *docker = job->jobs->docker;
	char id[CONTAINER_ID_MAX];

	job->request = NULL;
	if (answer->err.code == 0 && answer->status == 200) {
		job->n_connected++;
		connect_next(job);
		return;
	}
	(void)mem_strcpy(id, sizeof(id), job->container);
	job_fail(job, "", answer);
	remove_created(docker, id);
}

static void connect_next(struct job *job)
{
	cleanup_str struct str path = { 0 };
	cleanup_str struct str body = { 0 };
	const struct clone_connect *connect = &job->connects[job->n_connected];

	if (job->n_connected == job->n_connects) {
		job_announce(job, job->container);
		return;
	}
	str_appendf(&path, "/networks/%s/connect", connect->network);
	str_append(&body, "{\"Container\":");
	str_append_json(&body, job->container);
	str_appendf(&body, ",\"EndpointConfig\":%s}", connect->endpoint);
	job_request(job, &(struct http_call){
				 .method = "POST",
				 .path = str_text(&path),
				 .body = str_text(&body),
				 .on_done = on_connected,
			 });
}

/* The clone may well exist: the next listing finds it by its name. */
static int read_id(
	const struct http_answer *answer, char id[static CONTAINER_ID_MAX], struct err *err)
{
	cleanup_json cJSON *tree = NULL;
	int r = jsontext_parse(answer->body, answer->length, &tree, err);
	const char *text = r == 0 ? jsontext_string(tree, "Id") : "";

	if (r == 0 && (text[0] == '\0' || mem_strcpy(id, CONTAINER_ID_MAX, text) != 0))
		r = err_set(
			err, ERR_REMOTE, "docker says that it created a container, but not its id");
	return r;
}

static void on_created(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	char id[CONTAINER_ID_MAX];
	struct err err = { 0 };

	job->request = NULL;
	if (answer->err.code != 0 || answer->status != 201) {
		job_fail(job, "", answer);
		return;
	}
	if (read_id(answer, id, &err) < 0) {
		job_end(job, "", &err);
		return;
	}
	/* From here on the job's container is the clone. */
	(void)mem_strcpy(job->container, sizeof(job->container), id);
	job->created = true;
	connect_next(job);
}

static void create(struct job *job, const cJSON *inspect)
{
	cleanup_str struct str path = { 0 };
	cleanup_str struct str body = { 0 };
	char spec[CONTAINER_SPEC_BYTES];
	struct clone clone = {
		.inspect = jsontext_span(job->inspect),
		.name = job->name,
		.service = job->config->name,
		.instance = job->jobs->docker->instance,
		.spec = spec,
		.compose = job->config->compose == COMPOSE_COMPATIBLE,
		.one_network = job->jobs->docker->api < 44,
		.keep_ports = job->config->haproxy.address == BALANCER_ADDRESS_HOST_PORT &&
			      template_ports_are_free(inspect),
	};

	spec_of_inspect(clone.inspect, spec);
	clone_body(&clone, &body);
	job->n_connects = clone_connects(&clone, job->connects);
	str_append(&path, "/containers/create?name=");
	clone_escape(&path, jsontext_span(job->name));
	job_request(job, &(struct http_call){
				 .method = "POST",
				 .path = str_text(&path),
				 .body = str_text(&body),
				 .on_done = on_created,
			 });
}

/* Without the list of changes (a proxy that forbids it, a template that is gone) the judgement is
 * made without it: a secret that a clone lacks keeps it from getting healthy, but damages
 * nothing. */
static void on_changes(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	cleanup_json cJSON *inspect = NULL;
	cleanup_json cJSON *changes = NULL;
	cleanup_str struct str findings = { 0 };
	struct err err = { 0 };

	job->request = NULL;
	if (answer->err.code == 0 && answer->status == 200)
		(void)jsontext_parse(answer->body, answer->length, &changes, &err);
	err = (struct err){ 0 };
	if (jsontext_parse(job->inspect, strlen(job->inspect), &inspect, &err) < 0 ||
		template_judge_changes(inspect, changes, &findings, &err) < 0)
		job_end(job, "", &err);
	else
		create(job, inspect);
}

static void ask_changes(struct job *job)
{
	job_request_of(job, "/changes",
		&(struct http_call){
			.method = "GET",
			.timeout = 5 * USEC_PER_SEC,
			.body_max = LIST_BYTES_MAX,
			.on_done = on_changes,
		});
}

/* Takes ownership of @inspect. */
static void judge(struct job *job, char *inspect)
{
	cleanup_json cJSON *tree = NULL;
	cleanup_str struct str findings = { 0 };
	struct container template = { 0 };
	struct err err = { 0 };

	job->inspect = inspect;
	if (jsontext_parse(inspect, strlen(inspect), &tree, &err) < 0 ||
		inspect_container(tree, NULL, &template, &err) < 0 ||
		template_judge(tree, job->config, &findings, &err) < 0) {
		container_finish(&template);
		job_end(job, "", &err);
		return;
	}
	spec_of_inspect(jsontext_span(inspect), template.spec);
	templates_set(job->jobs->docker->templates, job->config->name, &template, inspect);
	container_finish(&template);
	if (template_wants_changes(tree))
		ask_changes(job);
	else
		create(job, tree);
}

static void on_template(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	struct docker *docker = job->jobs->docker;
	char id[CONTAINER_ID_MAX];
	const char *remembered;
	struct err err = { 0 };

	job->request = NULL;
	if (answer->err.code == 0 && answer->status == 200) {
		judge(job, mem_strdup(answer->body));
		return;
	}
	remembered = templates_find(job->jobs->docker->templates, job->container);
	if (answer->status == 404 && remembered != NULL) {
		(void)mem_strcpy(id, sizeof(id), job->container);
		judge(job, mem_strdup(remembered));
		/* The judgement keeps it as if it were there. */
		(void)templates_gone(docker->templates, id);
		return;
	}
	if (answer->status != 404) {
		job_fail(job, "", answer);
		return;
	}
	(void)err_set(&err, ERR_NOT_FOUND,
		"the template %.12s was removed and never seen before: run it again",
		job->container);
	job_end(job, "", &err);
}

static void ask_template(struct job *job)
{
	job_request_of(job, "/json",
		&(struct http_call){
			.method = "GET",
			.body_max = INSPECT_BYTES_MAX,
			.on_done = on_template,
		});
}

/* Replicas of the service that another instance made: the daemon's instance was renamed, or there is
 * one that we cannot see. NULL: none. */
static const char *find_owner(const struct job *job, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *owner = jsontext_string(jsontext_get(item, "Labels"), LABEL_OWNER);

		if (owner[0] != '\0' && strcmp(owner, job->jobs->docker->instance) != 0)
			return owner;
	}
	return NULL;
}

static void on_replicas(void *context, const struct http_answer *answer)
{
	struct job *job = context;
	cleanup_json cJSON *list = NULL;
	struct err err = { 0 };
	const char *owner;

	job->request = NULL;
	if (answer->err.code != 0 || answer->status != 200) {
		job_fail(job, "", answer);
		return;
	}
	if (jsontext_parse(answer->body, answer->length, &list, &err) < 0) {
		job_end(job, "", &err);
		return;
	}
	owner = find_owner(job, list);
	if (owner == NULL) {
		ask_template(job);
		return;
	}
	(void)err_set(&err, ERR_REFUSED,
		"replicas of %s that run belong to the instance '%.60s', and this is '%s': if it "
		"was renamed, set [daemon] instance = %.60s, or remove them (docker ps --filter "
		"label=" LABEL_OWNER "=%.60s)",
		job->config->name, owner, job->jobs->docker->instance, owner, owner);
	job_end(job, "", &err);
}

/* A clone that lacks networks is of no use. */
static void abandon(const struct job *job)
{
	if (job->created && job->n_connected < job->n_connects)
		remove_created(job->jobs->docker, job->container);
}

/* Before anything is made: with another instance's replicas at work there would be twice as many. */
static void ask_replicas(struct job *job)
{
	cleanup_str struct str filters = { 0 };
	cleanup_str struct str label = { 0 };
	cleanup_str struct str path = { 0 };

	str_appendf(&label, LABEL_SERVICE "=%s", job->config->name);
	str_append(&filters,
		"{\"status\":[\"running\",\"paused\"],\"label\":[\"" LABEL_ROLE "=replica\",");
	str_append_json(&filters, str_text(&label));
	str_append(&filters, "]}");
	str_append(&path, "/containers/json?filters=");
	clone_escape(&path, jsontext_span(str_text(&filters)));
	job_request(job, &(struct http_call){
				 .method = "GET",
				 .path = str_text(&path),
				 .body_max = LIST_BYTES_MAX,
				 .on_done = on_replicas,
			 });
}

void create_begin(struct job *job, const struct intent *intent)
{
	job->abandon = abandon;
	job->config = mem_zero(1, sizeof(*job->config));
	*job->config = *intent->config;
	/* The intent's word counts: a configuration may be shared. */
	(void)mem_strcpy(job->config->name, sizeof(job->config->name), intent->service);
	ask_replicas(job);
}
