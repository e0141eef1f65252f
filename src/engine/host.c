/*
 * The machine that all services share: what was read of it, what was promised of it, and who gets
 * how much of what all of them wish for together. The rules are the core's (arbiter.c); here the
 * fleet is put into its numbers, and what it grants becomes counts.
 *
 * Containers that a person starts, and a count that a person set, are not asked for: they show in
 * the host's use like everything else that runs there.
 */
#include "decide.h"

#include <dockscale/base/mem.h>

#include <math.h>

/* The mean over it counts: long enough that a start or a garbage collection is no full host. */
#define HOST_WINDOW (10 * USEC_PER_SEC)

/* A replica that serves for so long uses the memory that it needs; until then what it does not use
 * yet is kept for it. */
#define SETTLES (30 * USEC_PER_SEC)

/* What was kept ready and gave way is not made anew before it. */
#define YIELDS (60 * USEC_PER_SEC)

#define BLIND_FOR (15 * USEC_PER_SEC) /* a window is half full first */
#define HELD_OVER (60 * USEC_PER_SEC) /* held anew after that, it is told anew */

void host_init(struct host *host)
{
	rate_init(&host->busy, HOST_WINDOW);
	rate_init(&host->cpu_stall, HOST_WINDOW);
	rate_init(&host->memory_stall, HOST_WINDOW);
	rate_init(&host->io_stall, HOST_WINDOW);
}

void host_finish(struct host *host)
{
	free(host->wishes);
}

void host_take(struct engine *engine, const struct host_sample *sample)
{
	struct host *host = &engine->host;

	host->at = sample->at;
	host->cores = sample->cores;
	host->memory_bytes = sample->memory_bytes;
	host->memory_available_bytes = sample->memory_available_bytes;
	rate_take(&host->busy, sample->busy_usec, sample->at);
	rate_take(&host->cpu_stall, sample->cpu_pressure_usec, sample->at);
	rate_take(&host->memory_stall, sample->memory_pressure_usec, sample->at);
	rate_take(&host->io_stall, sample->io_pressure_usec, sample->at);
}

/* What its replicas cost. */

static bool is_settled(const struct engine *engine, const struct replica *replica)
{
	return replica->state == REPLICA_SERVING && engine->now.boot - replica->since >= SETTLES;
}

static struct reading cores_of(
	const struct engine *engine, const struct service *service, const struct replica *replica)
{
	struct reading cores = series_mean(
		replica, METRIC_CPU, engine->now.boot, service->config.metric[METRIC_CPU].window);

	cores.value *= replica->capacity_cores;
	return cores;
}

static void add_used(struct arbiter_service *wish, struct arbiter_cost *cost,
	struct reading reading, unsigned *n)
{
	if (reading.state == READING_UNKNOWN)
		wish->spared = true;
	if (!reading_is_known(reading))
		return;
	cost->used = reading_known((cost->used.value * *n + reading.value) / (*n + 1));
	++*n;
}

/* While none serves, what one used before is as good as known. */
static void remember_used(struct reading *last, struct arbiter_cost *cost)
{
	if (reading_is_known(cost->used))
		*last = cost->used;
	else
		cost->used = *last;
}

/* Where none that serves could be read so far, what others of it came to is the least that it uses. */
static void fall_back(struct service *service, struct arbiter_cost *cost)
{
	struct reading *most = &service->seen_bytes;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct reading bytes = service->replicas[i]->memory_bytes;

		if (reading_is_known(bytes) &&
			(!reading_is_known(*most) || bytes.value > most->value))
			*most = bytes;
	}
	if (!reading_is_known(cost->used))
		cost->used = *most;
}

static void find_used(
	const struct engine *engine, struct service *service, struct arbiter_service *wish)
{
	unsigned n_cpu = 0;
	unsigned n_memory = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state != REPLICA_SERVING)
			continue;
		add_used(wish, &wish->cpu, cores_of(engine, service, replica), &n_cpu);
		add_used(wish, &wish->memory, replica->memory_bytes, &n_memory);
	}
	remember_used(&service->used_cores, &wish->cpu);
	remember_used(&service->used_bytes, &wish->memory);
	fall_back(service, &wish->memory);
}

static void find_limits(const struct service *service, struct arbiter_service *wish)
{
	const struct replica *model = service->template;

	if (model == NULL && service->n_replicas > 0)
		model = service->replicas[0];
	if (model == NULL)
		return;
	if (model->facts.cpu_limit_cores > 0)
		wish->cpu.limit = reading_known(model->facts.cpu_limit_cores);
	if (model->facts.memory_limit_bytes > 0)
		wish->memory.limit = reading_known((double)model->facts.memory_limit_bytes);
}

/* Those that nobody can press out: the template, and what a person started. */
static unsigned count_staying(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica_counts(replica) &&
			(replica == service->template ||
				(replica->role == ROLE_FOREIGN &&
					service->config.manual != MANUAL_ENFORCE)))
			count++;
	}
	return count;
}

static void fill_wish(
	const struct engine *engine, struct service *service, struct arbiter_service *wish)
{
	unsigned staying = count_staying(service);
	bool dry = fleet_dry(engine, service);
	/* Who ended since the last reading may be all that is needed: nobody gives way by an old one. */
	bool old = engine->host.at == engine->host.judged_at;

	*wish = (struct arbiter_service){
		.priority = service->config.priority,
		.min = service->config.policy.min,
		.floor =
			service->config.policy.min > staying ? service->config.policy.min : staying,
		.count = service->desired,
		.wish = service->proposed ? service->proposal.count : service->desired,
		.spared = !service->proposed || service->manual || dry || hand_is_at_work(service),
		.modest = dry || old,
		.cpu_budget = service->config.cpu_budget,
		.memory_budget = (double)service->config.memory_budget,
		.yield = service->yield,
	};
	find_used(engine, service, wish);
	find_limits(service, wish);
}

/* What was promised, and what is given back. */

static double bytes_of(const struct arbiter_service *wish)
{
	if (reading_is_known(wish->memory.limit))
		return wish->memory.limit.value;
	return reading_is_known(wish->memory.used) ? wish->memory.used.value : 0;
}

static bool can_be_made(const struct service *service)
{
	return service->refused_id[0] == '\0' && service->conflict[0] == '\0' &&
	       !service->withdrawing;
}

static double known_or_0(struct reading reading)
{
	return reading_is_known(reading) ? reading.value : 0;
}

/* It runs or will, and counts or is made to be kept warm. One that is warm uses what it needs by now. */
static bool is_taking(const struct replica *replica)
{
	return replica->state >= REPLICA_CREATING && replica->state <= REPLICA_SERVING;
}

static bool lives(const struct replica *replica)
{
	return replica->facts.state == CONTAINER_PAUSED ||
	       replica->facts.state == CONTAINER_RUNNING;
}

static unsigned count_ready(const struct service *service)
{
	unsigned count = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->spare &&
			(is_taking(replica) || (replica->state == REPLICA_WARM && lives(replica))))
			count++;
	}
	return count;
}

/* One that was paused is read no more, and has what it had. */
static double bytes_of_leaving(const struct replica *replica, const struct arbiter_service *wish)
{
	if (replica->spare && lives(replica) && !reading_is_known(replica->memory_bytes))
		return known_or_0(wish->memory.used);
	return known_or_0(replica->memory_bytes);
}

/* It lives, and was not read since it began: the host's reading may be older than it. */
static bool is_unread(const struct engine *engine, const struct replica *replica)
{
	if (replica->facts.state == CONTAINER_PAUSED)
		return engine->host.at <= replica->began_at; /* it is not read while it is paused */
	return replica->facts.state == CONTAINER_RUNNING &&
	       replica->memory_bytes.state == READING_UNKNOWN;
}

static void add_leaving(const struct engine *engine, const struct service *service,
	const struct replica *replica, const struct arbiter_service *wish, struct arbiter_host *now)
{
	double unread = is_unread(engine, replica) ? bytes_of(wish) : 0;

	now->leaving_cores += known_or_0(cores_of(engine, service, replica));
	now->leaving_bytes += fmax(unread, bytes_of_leaving(replica, wish));
	now->reserved_bytes += unread; /* until it has ended */
}

static void add_promises(const struct engine *engine, const struct service *service,
	const struct arbiter_service *wish, struct arbiter_host *now)
{
	double bytes = bytes_of(wish);
	double cores = known_or_0(wish->cpu.used);
	/* With one that takes another's place, and with those that a hand ended just now: whoever
	 * restarts one has its memory back in a moment. */
	unsigned wanted = replacement_wanted(service) + hand_ended_count(service);
	unsigned counted = 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (is_taking(replica)) {
			counted += replica_counts(replica) ? 1 : 0;
			if (is_settled(engine, replica))
				continue;
			now->reserved_cores += cores;
			now->reserved_bytes += fmax(0, bytes - known_or_0(replica->memory_bytes));
		} else if (replica->state == REPLICA_DRAINING ||
			   replica->state == REPLICA_STOPPING) {
			add_leaving(engine, service, replica, wish, now);
		} else if ((replica->state == REPLICA_WARM && is_unread(engine, replica)) ||
			   (replica->state == REPLICA_REMOVING && !replica->lived)) {
			now->reserved_bytes += bytes; /* a start may have worked all the same */
		}
	}
	if (wanted > counted && can_be_made(service)) {
		now->reserved_cores += (wanted - counted) * cores;
		now->reserved_bytes += (wanted - counted) * bytes;
	}
}

struct arbiter_host host_now(const struct engine *engine)
{
	const struct host *host = &engine->host;
	usec_t now = engine->now.boot;
	struct arbiter_host view = { 0 };

	view.cpu_stall = rate_mean(&host->cpu_stall, now);
	view.memory_stall = rate_mean(&host->memory_stall, now);
	view.cores_used = rate_mean(&host->busy, now);
	if (host->at == 0 || now - host->at > HOST_WINDOW)
		return view;
	view.cores = host->cores;
	view.memory_bytes = host->memory_bytes;
	view.memory_used_bytes = host->memory_available_bytes;
	if (reading_is_known(host->memory_bytes) && reading_is_known(host->memory_available_bytes))
		view.memory_used_bytes.value =
			fmax(0, host->memory_bytes.value - host->memory_available_bytes.value);
	return view;
}

/* What is told. */

static void tell_blind(struct engine *engine, const struct arbiter_host *now)
{
	struct host *host = &engine->host;
	struct note note = { LOG_LEVEL_WARNING, "host not read", NULL, -1, -1 };
	bool memory = reading_is_known(now->memory_used_bytes);
	bool cpu = reading_is_known(now->cores_used) && reading_is_known(now->cores);

	if ((memory && cpu) || host->seen_at == 0)
		host->seen_at = engine->now.boot; /* or looked at for the first time */
	if (engine->now.boot - host->seen_at < BLIND_FOR || host->blind_told)
		return;
	host->blind_told = true;
	note_add(engine, NULL, &note,
		"%s of this machine cannot be read: no replica is refused for want of it",
		memory ? "the use of the processors"
		: cpu  ? "the memory"
		       : "neither processors nor memory");
}

static void tell_held(
	struct engine *engine, struct service *service, const struct arbiter_service *granted)
{
	struct note note = { LOG_LEVEL_WARNING, "count held", NULL, (int)granted->granted,
		(int)granted->wish };
	char because[384];

	if (granted->limit == REASON_NONE) {
		if (engine->now.boot - service->held_at > HELD_OVER)
			service->held_told = REASON_NONE;
		return;
	}
	service->held_at = engine->now.boot;
	if (service->held_told != REASON_NONE)
		return;
	service->held_told = granted->limit;
	reason_format(&service->decision, &service->config, because, sizeof(because));
	note_add(engine, service, &note, "%s", because);
}

bool host_take_room(struct engine *engine, const struct service *service)
{
	struct arbiter_state *state = &engine->host.arbiter;

	if (service->replica_bytes <= 0)
		return true; /* unknown is no reason to refuse */
	if (state->stalled || service->replica_bytes > state->room)
		return false;
	state->room -= service->replica_bytes;
	return true;
}

/* So many of its warm ones make room for a service of higher priority. */
static void press(
	struct engine *engine, struct service *service, const struct arbiter_service *granted)
{
	struct note note = { LOG_LEVEL_INFO, "warm replicas give way", NULL, (int)granted->ready,
		(int)(granted->ready - granted->pressed) };

	if (granted->pressed == 0)
		return;
	service->warm.yields_until = engine->now.boot + YIELDS;
	service->warm.most = granted->ready - granted->pressed;
	note_add(engine, service, &note, "to a service of higher priority");
}

void host_arbitrate(struct engine *engine)
{
	const struct daemon_config *config = &engine->config->daemon;
	struct arbiter_limits limits = { config->host_cpu, config->host_memory,
		config->host_pressure };
	struct arbiter_host now = host_now(engine);
	struct arbiter_input input = { &limits, &now, engine->now.boot };
	struct host *host = &engine->host;

	if (host->wishes_capacity < engine->n_services) {
		host->wishes_capacity = engine->n_services;
		host->wishes =
			mem_resize(host->wishes, host->wishes_capacity, sizeof(*host->wishes));
	}
	for (size_t i = 0; i < engine->n_services; i++) {
		fill_wish(engine, engine->services[i], &host->wishes[i]);
		host->wishes[i].ready = count_ready(engine->services[i]);
		engine->services[i]->replica_bytes = bytes_of(&host->wishes[i]);
		add_promises(engine, engine->services[i], &host->wishes[i], &now);
	}
	host->reserved_bytes = now.reserved_bytes;
	host->judged_at = host->at;
	arbiter_decide(&host->arbiter, &input, host->wishes, engine->n_services);
	for (size_t i = 0; i < engine->n_services; i++) {
		struct service *service = engine->services[i];

		service->yield = host->wishes[i].yield;
		press(engine, service, &host->wishes[i]);
		if (!service->proposed)
			continue;
		decide_grant(engine, service, &host->wishes[i]);
		tell_held(engine, service, &host->wishes[i]);
	}
	if (engine->runtime_seen)
		tell_blind(engine, &now);
}
