/*
 * The host's part in a decision: how many of the wished replicas it has room for, and who gives way
 * to whom. Memory is counted in bytes that fit or do not fit. CPU is not: replicas are the load
 * itself, and another one of the same demand only shares it; what tells that a processor more is
 * needed, and no replica, is a host that is busy while tasks wait.
 *
 * Nothing is taken from a service because the host is full: a count that was granted stays granted
 * until its policy, or a service of higher priority, lowers it. So the edge of the host is a place
 * to rest at, and not one to swing around.
 */
#include <dockscale/core/arbiter.h>

#include <math.h>

/* Saturated: tasks wait for a processor for half of the time. A cgroup's own quota makes tasks wait
 * too, so that waiting alone says nothing. */
#define CPU_STALL       0.5
#define CPU_STALL_OVER  0.25
#define CPU_OVER_MARGIN 0.05 /* it is over that far below the limit */

/* Who gave way stays below for so long, and each time longer when it has to again soon. */
#define HOLD_FIRST (60 * USEC_PER_SEC)
#define HOLD_MOST  (16 * HOLD_FIRST)
#define HOLD_AGAIN (10 * HOLD_FIRST)

#define ROUNDING 1e-9

struct round {
	const struct arbiter_input *input;
	const struct arbiter_state *state;
	struct arbiter_service *services;
	size_t n;
	double room; /* bytes; INFINITY when the host's are not known */
	double coming; /* bytes of those that leave, promised to nobody */
	double cores; /* of those that leave, given to nobody */
};

static bool is_usable(struct reading reading)
{
	return reading_is_known(reading) && isfinite(reading.value) && reading.value >= 0;
}

static double known_or_0(struct reading reading)
{
	return is_usable(reading) ? reading.value : 0;
}

/* What one more replica must be given at most. Not known: 0, no reason to refuse it. */
static double cost_of(const struct arbiter_cost *cost)
{
	if (is_usable(cost->limit) && cost->limit.value > 0)
		return cost->limit.value;
	return known_or_0(cost->used);
}

static double cpu_share(const struct arbiter_host *host)
{
	if (!is_usable(host->cores) || !is_usable(host->cores_used) || host->cores.value <= 0)
		return 0;
	return host->cores_used.value / host->cores.value;
}

static bool is_cpu_full(const struct arbiter_input *input, bool before)
{
	const struct arbiter_host *host = input->host;
	bool stall_known = is_usable(host->cpu_stall);
	double limit = input->limits->cpu;
	double share = cpu_share(host);

	if (limit >= 1)
		return false;
	if (before)
		return share > limit - CPU_OVER_MARGIN &&
		       !(stall_known && host->cpu_stall.value < CPU_STALL_OVER);
	return share > limit && !(stall_known && host->cpu_stall.value < CPU_STALL);
}

static bool is_stalled(const struct arbiter_input *input, bool before)
{
	double limit = input->limits->pressure;

	if (limit >= 1 || !is_usable(input->host->memory_stall))
		return false;
	return input->host->memory_stall.value > (before ? limit / 2 : limit);
}

static double room_of(const struct arbiter_input *input)
{
	const struct arbiter_host *host = input->host;

	if (!is_usable(host->memory_bytes) || !is_usable(host->memory_used_bytes) ||
		host->memory_bytes.value <= 0)
		return INFINITY;
	return host->memory_bytes.value * input->limits->memory - host->memory_used_bytes.value -
	       host->reserved_bytes;
}

static bool refuse(struct arbiter_service *service, enum reason limit, double value, double bound)
{
	service->limit = limit;
	service->value = value;
	service->bound = bound;
	return false;
}

/* Budgets. */

static unsigned budget_count(double budget, double cost)
{
	double count = floor(budget / cost + ROUNDING);

	return count < 1e6 ? (unsigned)count : 1000000;
}

/* A budget that was made smaller: only a limit is sure enough to go down for. What is measured grows
 * when replicas go, and would drive the count down to min. */
static void shrink(struct arbiter_service *service, const struct arbiter_cost *cost, double budget,
	enum metric metric)
{
	unsigned most;

	if (budget <= 0 || service->spared || !is_usable(cost->limit) || cost->limit.value <= 0)
		return;
	most = budget_count(budget, cost->limit.value);
	if (most < service->min)
		most = service->min;
	if (service->granted <= most)
		return;
	service->granted = most;
	service->metric = metric;
	(void)refuse(service, REASON_BUDGET, (most + 1) * cost->limit.value, budget);
}

static bool has_budget(struct arbiter_service *service, const struct arbiter_cost *cost,
	double budget, enum metric metric)
{
	double value = (service->granted + service->waiting + 1) * cost_of(cost);

	if (budget <= 0 || value <= budget * (1 + ROUNDING))
		return true;
	service->metric = metric;
	return refuse(service, REASON_BUDGET, value, budget);
}

/* What is granted without a question. */
static void begin(struct round *round, struct arbiter_service *service)
{
	unsigned granted = service->count < service->wish ? service->count : service->wish;

	service->granted = granted;
	service->waiting = 0;
	service->pressed = 0;
	service->asked = service->asked_ready = 0;
	service->limit = REASON_NONE;
	service->metric = METRIC_NONE;
	service->value = 0;
	service->bound = 0;
	shrink(service, &service->cpu, service->cpu_budget, METRIC_CPU);
	shrink(service, &service->memory, service->memory_budget, METRIC_MEMORY);
	if (service->granted < service->min && service->granted < service->wish) {
		service->granted = service->wish < service->min ? service->wish : service->min;
		if (service->granted > service->count)
			round->room -=
				(service->granted - service->count) * cost_of(&service->memory);
		return;
	}
	round->coming += (service->count - service->granted) * known_or_0(service->memory.used);
}

/* Giving way. */

static bool yields(const struct arbiter_service *service, usec_t now)
{
	return service->yield.at > 0 && now - service->yield.at < service->yield.hold;
}

static void remember_yield(struct arbiter_yield *yield, usec_t now)
{
	bool again = yield->came_back && now - yield->at < yield->hold + HOLD_AGAIN;

	if (again)
		yield->hold = yield->hold * 2 < HOLD_MOST ? yield->hold * 2 : HOLD_MOST;
	else if (yield->at == 0 || yield->came_back)
		yield->hold = HOLD_FIRST;
	yield->came_back = false;
	yield->at = now;
}

static unsigned spare(const struct arbiter_service *service)
{
	unsigned left = service->granted - service->asked;

	return left > service->floor ? left - service->floor : 0;
}

/* Kept ready, and neither promised to its own service nor asked to go. */
static unsigned ready_of(const struct arbiter_service *service)
{
	return service->ready - service->pressed - service->asked_ready;
}

static bool goes_before(const struct arbiter_service *one, const struct arbiter_service *other)
{
	if (one->priority != other->priority)
		return one->priority < other->priority;
	return spare(one) > spare(other);
}

/* Who gives way next to @priority where @bytes and @cores are short; NULL: nobody can. What cannot be
 * read gives nothing: what it would free is not known. */
static struct arbiter_service *find_lower(
	struct round *round, int priority, double bytes, double cores)
{
	struct arbiter_service *found = NULL;

	for (size_t i = 0; i < round->n; i++) {
		struct arbiter_service *service = &round->services[i];
		bool helps = (bytes > 0 && known_or_0(service->memory.used) > 0) ||
			     (cores > 0 && known_or_0(service->cpu.used) > 0);

		if (service->priority >= priority || service->spared || !helps ||
			spare(service) == 0)
			continue;
		if (found == NULL || goes_before(service, found))
			found = service;
	}
	return found;
}

/* Who gives what it keeps ready to @priority: memory alone, since it uses no CPU. NULL: nobody can. */
static struct arbiter_service *find_lower_ready(struct round *round, int priority)
{
	struct arbiter_service *found = NULL;

	for (size_t i = 0; i < round->n; i++) {
		struct arbiter_service *service = &round->services[i];

		if (service->priority < priority && !service->spared && ready_of(service) > 0 &&
			known_or_0(service->memory.used) > 0 &&
			(found == NULL || service->priority < found->priority))
			found = service;
	}
	return found;
}

static void settle_asked(struct round *round, bool enough)
{
	for (size_t i = 0; i < round->n; i++) {
		struct arbiter_service *service = &round->services[i];

		if (enough && service->asked > 0) {
			service->granted -= service->asked;
			round->coming += service->asked * known_or_0(service->memory.used);
			round->cores += service->asked * known_or_0(service->cpu.used);
			remember_yield(&service->yield, round->input->now);
			(void)refuse(service, REASON_GIVES_WAY, 0, 0);
		}
		if (enough) {
			service->pressed += service->asked_ready;
			round->coming += service->asked_ready * known_or_0(service->memory.used);
		}
		service->asked = service->asked_ready = 0;
	}
}

/* Has those of lower priority give way until @bytes and @cores are there; nobody, when that cannot
 * be: half a replica is of no use. */
static bool take_from_lower(struct round *round, int priority, double bytes, double cores)
{
	while (bytes > 0 || cores > 0) {
		struct arbiter_service *lower =
			bytes > 0 ? find_lower_ready(round, priority) : NULL;

		if (lower != NULL) {
			lower->asked_ready++;
			bytes -= known_or_0(lower->memory.used);
			continue;
		}
		lower = find_lower(round, priority, bytes, cores);
		if (lower == NULL) {
			settle_asked(round, false);
			return false;
		}
		lower->asked++;
		bytes -= known_or_0(lower->memory.used);
		cores -= known_or_0(lower->cpu.used);
	}
	settle_asked(round, true);
	return true;
}

/* One more replica. */

static bool refuse_for_memory(
	const struct round *round, struct arbiter_service *service, double cost)
{
	double total = round->input->host->memory_bytes.value;
	double limit = round->input->limits->memory;

	return refuse(
		service, REASON_HOST_MEMORY, (total * limit - round->room + cost) / total, limit);
}

/* Grants one, or lets it wait for what others free; false: refused, with its reason. */
static bool grant_one(struct round *round, struct arbiter_service *service)
{
	const struct arbiter_input *input = round->input;
	bool ready = service->granted + service->waiting < service->count + ready_of(service);
	double cost = ready ? 0 : cost_of(&service->memory);
	double bytes = cost > 0 ? cost - round->room : 0; /* short of it by so much */
	double cores = 0;

	if (!has_budget(service, &service->cpu, service->cpu_budget, METRIC_CPU) ||
		!has_budget(service, &service->memory, service->memory_budget, METRIC_MEMORY))
		return false;
	if (yields(service, input->now))
		return refuse(service, REASON_GIVES_WAY, 0, 0);
	if (round->state->stalled)
		return refuse(service, REASON_HOST_PRESSURE, input->host->memory_stall.value,
			input->limits->pressure);
	if (round->state->cpu_full) {
		cores = known_or_0(service->cpu.used);
		if (cores <= 0)
			return refuse(service, REASON_HOST_CPU, cpu_share(input->host),
				input->limits->cpu);
	}
	if ((bytes > round->coming || cores > round->cores) &&
		(service->modest ||
			!take_from_lower(round, service->priority,
				bytes > 0 ? bytes - round->coming : 0, cores - round->cores)))
		return bytes > round->coming ? refuse_for_memory(round, service, cost)
					     : refuse(service, REASON_HOST_CPU,
						       cpu_share(input->host), input->limits->cpu);
	round->cores -= cores;
	if (bytes > 0) {
		round->coming -= bytes;
		round->room += bytes; /* claimed with it: nobody behind gets at it */
	}
	round->room -= cost;
	if (bytes > 0)
		service->waiting++;
	else
		service->granted++;
	return true;
}

static double share_of_wish(const struct arbiter_service *service)
{
	return (double)(service->granted + service->waiting) / (double)service->wish;
}

/* Whose turn it is: the highest priority that wishes for more, and there whoever has least. */
static struct arbiter_service *find_next(struct round *round)
{
	struct arbiter_service *next = NULL;

	for (size_t i = 0; i < round->n; i++) {
		struct arbiter_service *service = &round->services[i];

		if (service->limit != REASON_NONE ||
			service->granted + service->waiting >= service->wish)
			continue;
		if (next == NULL || service->priority > next->priority ||
			(service->priority == next->priority &&
				share_of_wish(service) < share_of_wish(next)))
			next = service;
	}
	return next;
}

static void finish(struct round *round, struct arbiter_service *service)
{
	if (service->waiting > 0) /* one behind may have been refused; this is what it waits for */
		(void)refuse_for_memory(round, service, 0);
	if (service->granted > service->count)
		service->yield.came_back = service->yield.at > 0;
}

void arbiter_decide(struct arbiter_state *state, const struct arbiter_input *input,
	struct arbiter_service *services, size_t n_services)
{
	struct round round = { .input = input,
		.state = state,
		.services = services,
		.n = n_services,
		.room = room_of(input),
		.coming = input->host->leaving_bytes,
		.cores = fmax(0, input->host->leaving_cores - input->host->reserved_cores) };
	struct arbiter_service *service;

	state->cpu_full = is_cpu_full(input, state->cpu_full);
	state->stalled = is_stalled(input, state->stalled);
	for (size_t i = 0; i < n_services; i++)
		begin(&round, &services[i]);
	while ((service = find_next(&round)) != NULL)
		(void)grant_one(&round, service); /* it has its reason */
	for (size_t i = 0; i < n_services; i++)
		finish(&round, &services[i]);
	state->room = round.room;
}
