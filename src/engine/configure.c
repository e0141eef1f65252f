/*
 * A service's configuration: defaults, then its template's labels, then its file. What was good
 * once stays until a better one comes: a recreated container with a wrong label does not stop
 * its service.
 */
#include "take.h"

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* Labels that say how a service is scaled; all the others are none of our business. */
#define LABEL_PREFIX "dockscale."

/* The oldest of those that we did not make; the rest of them are a person's. */
static void pick_template(struct service *service)
{
	bool pool = service->configured && service->config.mode == SERVICE_MODE_POOL;

	service->template = NULL;
	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (replica->role == ROLE_CLONE)
			continue;
		replica->role = pool ? ROLE_MEMBER : ROLE_FOREIGN;
		if (service->template == NULL ||
			replica->facts.created_at < service->template->facts.created_at)
			service->template = replica;
	}
	if (service->template == NULL)
		return;
	if (!pool)
		service->template->role = ROLE_TEMPLATE;
	if (strcmp(service->template_id, service->template->id) != 0) {
		(void)mem_strcpy(
			service->template_id, sizeof(service->template_id), service->template->id);
		service->refused_id[0] = '\0';
	}
}

static bool is_ours_to_read(const char *key)
{
	return strncmp(key, LABEL_PREFIX, strlen(LABEL_PREFIX)) == 0;
}

/* The first option label that @other has differently, or NULL. */
static const char *differing_label(const struct container *one, const struct container *other)
{
	for (size_t i = 0; i < one->n_labels; i++) {
		const char *value = container_label(other, one->labels[i].key);

		if (is_ours_to_read(one->labels[i].key) &&
			(value == NULL || strcmp(value, one->labels[i].value) != 0))
			return one->labels[i].key;
	}
	return NULL;
}

/* Two containers of a person's that disagree: neither is obeyed until they agree. */
static int check_agreement(const struct service *service, struct err *err)
{
	const struct replica *template = service->template;

	for (size_t i = 0; template != NULL && i < service->n_replicas; i++) {
		const struct replica *other = service->replicas[i];
		const char *key;

		if (other == template || other->role == ROLE_CLONE)
			continue;
		key = differing_label(&template->facts, &other->facts);
		if (key == NULL)
			key = differing_label(&other->facts, &template->facts);
		if (key != NULL)
			return err_set(err, ERR_INVALID,
				"containers %s and %s differ in label %s: give both the same, or "
				"set it in the service's file",
				template->name, other->name, key);
	}
	return 0;
}

static int resolve(const struct service *service, const struct config *config,
	const struct service_file *file, struct service_config *ret_config, struct err *err)
{
	const struct replica *template = service->template;
	int r;

	if (template == NULL)
		return memory_resolve(service, config, file, ret_config, err);
	r = check_agreement(service, err);
	if (r < 0)
		return r;
	return config_resolve(&config->daemon, file, service->name, template->name,
		template->facts.labels, template->facts.n_labels, ret_config, err);
}

static bool share_a_socket(const struct haproxy_config *one, const struct haproxy_config *other)
{
	for (size_t i = 0; i < one->n_sockets; i++)
		for (size_t k = 0; k < other->n_sockets; k++)
			if (strcmp(one->sockets[i], other->sockets[k]) == 0)
				return true;
	return false;
}

/* Servers that both would call theirs; without a range every number is meant. */
static bool share_servers(const struct haproxy_config *one, const struct haproxy_config *other)
{
	return strcmp(one->slot_prefix, other->slot_prefix) == 0 &&
	       (one->slot_last == 0 || other->slot_last == 0 ||
		       (one->slot_first <= other->slot_last &&
			       other->slot_first <= one->slot_last));
}

/* Two services on the same servers would give each other's replicas away each tick, and requests
 * for one would reach the other. The one that was there first keeps them. */
static int check_servers(const struct engine *engine, const struct service *service,
	const struct haproxy_config *wanted, struct err *err)
{
	for (size_t i = 0; i < engine->n_services; i++) {
		const struct service *other = engine->services[i];
		const struct haproxy_config *taken = &other->config.haproxy;

		if (other == service || !other->configured || wanted->balancer == BALANCER_NONE ||
			taken->balancer == BALANCER_NONE ||
			strcmp(wanted->backend, taken->backend) != 0 ||
			!share_a_socket(wanted, taken) || !share_servers(wanted, taken))
			continue;
		return err_set(err, ERR_CONFLICT,
			"HAProxy's backend '%s' is that of service %s already: give this service "
			"another [haproxy] backend, or [haproxy] slots of its own",
			wanted->backend, other->name);
	}
	return 0;
}

static const struct service_file *find_file(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_files; i++)
		if (strcmp(config->files[i].name, name) == 0)
			return &config->files[i];
	return NULL;
}

void configure_check(const struct service *service, const struct config *config,
	struct config_problems *problems)
{
	const struct service_file *file = find_file(config, service->name);
	struct service_config ignored;
	struct config_problem *problem;
	struct err err;

	/* What is wrong already is told by its status, and is no reason to keep the rest from a
	 * reload: anybody who may start containers could. */
	if (service->template == NULL || service->conflict[0] != '\0' ||
		(file != NULL && file->broken) ||
		resolve(service, config, file, &ignored, &err) == 0)
		return;
	if (problems->count < CONFIG_PROBLEMS_MAX) {
		problem = &problems->items[problems->count];
		(void)mem_strcpy(problem->service, sizeof(problem->service), service->name);
		(void)mem_strcpy(problem->text, sizeof(problem->text), err.msg);
	}
	problems->count++;
}

/* The policy's memory fits its settings only while these stay. */
static bool remembers_the_same(const struct service_config *one, const struct service_config *other)
{
	if (one->policy_type != other->policy_type)
		return false;
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		const struct metric_settings *a = &one->policy.metric[metric];
		const struct metric_settings *b = &other->policy.metric[metric];

		if (a->stabilization_down != b->stabilization_down ||
			a->stabilization_up != b->stabilization_up)
			return false;
	}
	return true;
}

static void prepare_self_tuning(struct service *service)
{
	if (service->config.policy_type != POLICY_TYPE_AUTO &&
		service->config.policy.predict.mode == PREDICT_OFF) {
		free(service->self_tuning);
		service->self_tuning = NULL;
	} else if (service->self_tuning == NULL) {
		service->self_tuning = mem_zero(1, auto_size());
		auto_init(service->self_tuning);
	}
}

static void apply(
	struct engine *engine, struct service *service, const struct service_config *config)
{
	bool anew = !service->configured || !remembers_the_same(&service->config, config);
	bool predicts_anew =
		service->config.policy.predict.mode == PREDICT_OFF ||
		service->config.policy.predict.horizon != config->policy.predict.horizon;

	service->config = *config;
	service->configured = true;
	service->schedule.bounds = schedule_bounds_begin(config->min, config->max);
	if (anew)
		policy_state_init(&service->policy, &service->config.policy);
	prepare_self_tuning(service);
	if (predicts_anew)
		service->predictor = (struct predictor){ .judged = 0 };
	if (!config->policy.adaptive.learn || config->policy_type != POLICY_TYPE_THRESHOLD)
		service->adaptive = (struct adaptive){ .learned = 0 };
	pick_template(service); /* the mode decides what a person's containers are */
	for (size_t i = 0; i < service->n_replicas; i++) {
		series_prepare(engine, service, service->replicas[i]);
		life_follow(engine, service, service->replicas[i]);
	}
}

static void configure(struct engine *engine, struct service *service)
{
	struct service_config config;
	struct err err;

	service->dirty = false;
	service->concerned = true;
	service->file = find_file(engine->config, service->name);
	pick_template(service);
	service->conflict[0] = '\0';
	service->clashes = false;
	if (service->file != NULL && service->file->broken) {
		(void)snprintf(service->conflict, sizeof(service->conflict),
			"%s is not valid: the service is left as it is", service->file->path);
		return;
	}
	/* Without a template its clones go on with what was good; without any container there is
	 * nothing to configure yet. */
	if (service->template == NULL && (service->configured || service->n_replicas == 0))
		return;
	if (resolve(service, engine->config, service->file, &config, &err) < 0) {
		(void)mem_strcpy(service->conflict, sizeof(service->conflict), err.msg);
		return;
	}
	if (check_servers(engine, service, &config.haproxy, &err) < 0) {
		service->clashes = true;
		(void)mem_strcpy(service->conflict, sizeof(service->conflict), err.msg);
		return;
	}
	apply(engine, service, &config);
}

/* When a person's first container of it was made. */
static usec_t age_of(const struct service *service)
{
	usec_t first = USEC_NEVER;

	for (size_t i = 0; i < service->n_replicas; i++)
		if (service->replicas[i]->role != ROLE_CLONE &&
			service->replicas[i]->facts.created_at < first)
			first = service->replicas[i]->facts.created_at;
	return first;
}

static struct service *oldest_dirty(const struct engine *engine)
{
	struct service *oldest = NULL;

	for (size_t i = 0; i < engine->n_services; i++)
		if (engine->services[i]->dirty &&
			(oldest == NULL || age_of(engine->services[i]) < age_of(oldest)))
			oldest = engine->services[i];
	return oldest;
}

/* The oldest first, so that of two that clash the same one has its servers after each start. */
void configure_services(struct engine *engine, bool tick)
{
	for (size_t i = 0; i < engine->n_services; i++)
		if (tick && engine->services[i]->clashes)
			engine->services[i]->dirty = true;
	for (size_t i = 0; i < engine->n_services; i++) {
		struct service *service = oldest_dirty(engine);

		if (service == NULL)
			return;
		configure(engine, service);
	}
}
