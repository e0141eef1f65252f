/*
 * What the arbiter grants: a table of machines and wishes, and what holds for any of them. A machine
 * has 100 bytes and 10 cores here, so that shares can be read at a glance.
 */
#include <dockscale/core/arbiter.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND       USEC_PER_SEC
#define SERVICES_MAX 3
#define COUNTOF(a)   (sizeof(a) / sizeof((a)[0]))

static const struct arbiter_limits sane = { .cpu = 0.95, .memory = 0.9, .pressure = 0.2 };
static const struct arbiter_limits open_limits = { .cpu = 1, .memory = 0.9, .pressure = 1 };

static struct reading known(double value)
{
	return reading_known(value);
}

/* @used of 100 bytes and @cores of 10; tasks wait for a processor for half of the time. */
static struct arbiter_host host_with(double used, double cores)
{
	return (struct arbiter_host){
		.cores = known(10),
		.cores_used = known(cores),
		.memory_bytes = known(100),
		.memory_used_bytes = known(used),
		.cpu_stall = known(0.5),
		.memory_stall = known(0),
	};
}

/* A service of which one replica uses 10 bytes and half a core, and has no limit. */
static struct arbiter_service service_of(unsigned count, unsigned wish)
{
	return (struct arbiter_service){
		.min = 1,
		.floor = 1,
		.count = count,
		.wish = wish,
		.cpu = { .used = known(0.5) },
		.memory = { .used = known(10) },
	};
}

struct expected {
	unsigned granted;
	unsigned waiting;
	enum reason limit;
	unsigned pressed;
};

struct row {
	const char *name;
	const struct arbiter_limits *limits;
	struct arbiter_host host;
	struct arbiter_service services[SERVICES_MAX];
	size_t n;
	struct expected expected[SERVICES_MAX];
};

static void decide_row(struct row *row)
{
	struct arbiter_state state = { 0 };
	struct arbiter_input input = { row->limits != NULL ? row->limits : &sane, &row->host,
		1000 * SECOND };

	arbiter_decide(&state, &input, row->services, row->n);
}

static void check_row(struct row *row)
{
	decide_row(row);
	for (size_t i = 0; i < row->n; i++) {
		const struct arbiter_service *service = &row->services[i];
		const struct expected *expected = &row->expected[i];

		if (service->granted != expected->granted ||
			service->waiting != expected->waiting ||
			service->limit != expected->limit || service->pressed != expected->pressed)
			fail_msg("%s: service %zu is granted %u, waits for %u, limit %d, %u of its "
				 "ready ones go",
				row->name, i, service->granted, service->waiting,
				(int)service->limit, service->pressed);
	}
}

static struct arbiter_service with_priority(struct arbiter_service service, int priority)
{
	service.priority = priority;
	return service;
}

static struct arbiter_service with_limits(
	struct arbiter_service service, double cores, double bytes)
{
	service.cpu.limit = cores > 0 ? known(cores) : reading_unknown();
	service.memory.limit = bytes > 0 ? known(bytes) : reading_unknown();
	return service;
}

static struct arbiter_service with_budgets(
	struct arbiter_service service, double cores, double bytes)
{
	service.cpu_budget = cores;
	service.memory_budget = bytes;
	return service;
}

static struct arbiter_service with_min(struct arbiter_service service, unsigned min, unsigned floor)
{
	service.min = min;
	service.floor = floor;
	return service;
}

static struct arbiter_service with_ready(struct arbiter_service service, unsigned ready)
{
	service.ready = ready;
	return service;
}

static struct arbiter_service spared(struct arbiter_service service)
{
	service.spared = true;
	return service;
}

static struct arbiter_service unread(struct arbiter_service service)
{
	service.cpu.used = reading_unknown();
	service.memory.used = reading_unknown();
	return service;
}

static void one_service_gets_what_fits(void **state)
{
	struct arbiter_host reserved = host_with(50, 1);
	struct arbiter_host unknown = { 0 };
	struct row rows[] = {
		{ "all fits", .host = host_with(50, 1), .services = { service_of(1, 3) }, .n = 1,
			.expected = { { 3, 0, REASON_NONE, 0 } } },
		{ "memory is a hard fit", .host = host_with(50, 1),
			.services = { service_of(1, 6) }, .n = 1,
			.expected = { { 5, 0, REASON_HOST_MEMORY, 0 } } },
		{ "a limit is what it may come to", .host = host_with(50, 1),
			.services = { with_limits(service_of(1, 6), 0, 20) }, .n = 1,
			.expected = { { 3, 0, REASON_HOST_MEMORY, 0 } } },
		{ "what is promised is not granted twice", .host = reserved,
			.services = { service_of(1, 6) }, .n = 1,
			.expected = { { 3, 0, REASON_HOST_MEMORY, 0 } } },
		{ "an unknown host refuses nothing", .host = unknown,
			.services = { service_of(1, 6) }, .n = 1,
			.expected = { { 6, 0, REASON_NONE, 0 } } },
		{ "an unknown cost is no reason to refuse", .host = host_with(95, 1),
			.services = { unread(service_of(1, 6)) }, .n = 1,
			.expected = { { 6, 0, REASON_NONE, 0 } } },
		{ "min is granted always", .host = host_with(99, 1),
			.services = { with_min(service_of(1, 5), 3, 3) }, .n = 1,
			.expected = { { 3, 0, REASON_HOST_MEMORY, 0 } } },
		{ "fewer are granted always", .host = host_with(99, 10),
			.services = { service_of(5, 2) }, .n = 1,
			.expected = { { 2, 0, REASON_NONE, 0 } } },
		{ "what is kept ready takes no memory", .host = host_with(89, 1),
			.services = { service_of(1, 5) }, .n = 1,
			.expected = { { 3, 0, REASON_HOST_MEMORY, 0 } } },
		{ "a full host takes nothing away", .host = host_with(99, 10),
			.services = { service_of(5, 5) }, .n = 1,
			.expected = { { 5, 0, REASON_NONE, 0 } } },
	};

	(void)state;
	rows[3].host.reserved_bytes = 15;
	rows[8].services[0].ready = 2;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check_row(&rows[i]);
}

static void a_saturated_host_helps_nobody(void **state)
{
	struct row rows[] = {
		{ "busy, and tasks wait", .host = host_with(10, 9.7),
			.services = { service_of(1, 3) }, .n = 1,
			.expected = { { 1, 0, REASON_HOST_CPU, 0 } } },
		{ "busy, but nobody waits", .host = host_with(10, 9.7),
			.services = { service_of(1, 3) }, .n = 1,
			.expected = { { 3, 0, REASON_NONE, 0 } } },
		{ "busy, on a kernel without PSI", .host = host_with(10, 9.7),
			.services = { service_of(1, 3) }, .n = 1,
			.expected = { { 1, 0, REASON_HOST_CPU, 0 } } },
		{ "tasks wait, and it is not busy: a quota", .host = host_with(10, 9.3),
			.services = { service_of(1, 3) }, .n = 1,
			.expected = { { 3, 0, REASON_NONE, 0 } } },
		{ "busy, with a limit of 100 %", .limits = &open_limits,
			.host = host_with(10, 10.1), .services = { service_of(1, 3) }, .n = 1,
			.expected = { { 3, 0, REASON_NONE, 0 } } },
		{ "tasks wait for memory", .host = host_with(10, 1),
			.services = { service_of(1, 3) }, .n = 1,
			.expected = { { 1, 0, REASON_HOST_PRESSURE, 0 } } },
	};

	(void)state;
	rows[1].host.cpu_stall = known(0.1);
	rows[2].host.cpu_stall = reading_unsupported();
	rows[5].host.memory_stall = known(0.3);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check_row(&rows[i]);
}

static void a_budget_is_a_max_in_cores_or_bytes(void **state)
{
	struct arbiter_host host = host_with(10, 1);
	struct row rows[] = {
		{ "cores of a limit", .host = host,
			.services = { with_budgets(with_limits(service_of(1, 5), 1, 0), 3, 0) },
			.n = 1, .expected = { { 3, 0, REASON_BUDGET, 0 } } },
		{ "cores as they are used", .host = host,
			.services = { with_budgets(service_of(1, 6), 2, 0) }, .n = 1,
			.expected = { { 4, 0, REASON_BUDGET, 0 } } },
		{ "bytes", .host = host, .services = { with_budgets(service_of(1, 6), 0, 35) },
			.n = 1, .expected = { { 3, 0, REASON_BUDGET, 0 } } },
		{ "a smaller one by limits", .host = host,
			.services = { with_budgets(with_limits(service_of(5, 5), 1, 0), 3, 0) },
			.n = 1, .expected = { { 3, 0, REASON_BUDGET, 0 } } },
		{ "a smaller one by what is used takes nothing away", .host = host,
			.services = { with_budgets(service_of(5, 5), 0, 35) }, .n = 1,
			.expected = { { 5, 0, REASON_NONE, 0 } } },
		{ "never below min", .host = host,
			.services = { with_min(
				with_budgets(with_limits(service_of(5, 5), 1, 0), 1, 0), 2, 2) },
			.n = 1, .expected = { { 2, 0, REASON_BUDGET, 0 } } },
		{ "holds on an unknown host too", .host = { .cores = { READING_UNKNOWN, 0 } },
			.services = { with_budgets(service_of(1, 6), 2, 0) }, .n = 1,
			.expected = { { 4, 0, REASON_BUDGET, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check_row(&rows[i]);
}

static void services_compete_by_priority(void **state)
{
	struct arbiter_host leaving = host_with(90, 1);
	struct row rows[] = {
		{ "the higher one first", .host = host_with(50, 1),
			.services = { service_of(1, 4), with_priority(service_of(1, 4), 5) },
			.n = 2,
			.expected = { { 2, 0, REASON_HOST_MEMORY, 0 }, { 4, 0, REASON_NONE, 0 } } },
		{ "equal ones share", .host = host_with(50, 1),
			.services = { service_of(1, 5), service_of(1, 5) }, .n = 2,
			.expected = { { 3, 0, REASON_HOST_MEMORY, 0 },
				{ 3, 0, REASON_HOST_MEMORY, 0 } } },
		{ "the lower one gives way", .host = host_with(90, 1),
			.services = { service_of(5, 5), with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 3, 0, REASON_GIVES_WAY, 0 },
				{ 1, 2, REASON_HOST_MEMORY, 0 } } },
		{ "down to its min", .host = host_with(90, 1),
			.services = { with_min(service_of(5, 5), 4, 4),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 4, 0, REASON_GIVES_WAY, 0 },
				{ 1, 1, REASON_HOST_MEMORY, 0 } } },
		{ "and not below what is not ours to stop", .host = host_with(90, 1),
			.services = { with_min(service_of(5, 5), 1, 5),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "the lowest first", .host = host_with(90, 1),
			.services = { with_priority(service_of(3, 3), -1), service_of(3, 3),
				with_priority(service_of(1, 4), 1) },
			.n = 3,
			.expected = { { 1, 0, REASON_GIVES_WAY, 0 }, { 2, 0, REASON_GIVES_WAY, 0 },
				{ 1, 3, REASON_HOST_MEMORY, 0 } } },
		{ "equal ones give nothing", .host = host_with(90, 1),
			.services = { service_of(5, 5), service_of(1, 3) }, .n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "nor does a person's count", .host = host_with(90, 1),
			.services = { spared(service_of(5, 5)),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "nor what cannot be read", .host = host_with(90, 1),
			.services = { unread(service_of(5, 5)),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "what is not enough for one is not taken", .host = host_with(90, 1),
			.services = { service_of(5, 5),
				with_priority(with_limits(service_of(1, 3), 0, 60), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "who waits for those that leave takes no more", .host = leaving,
			.services = { service_of(5, 5), with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 2, REASON_HOST_MEMORY, 0 } } },
		{ "what the higher one waits for is not the lower one's", .host = leaving,
			.services = { service_of(5, 9), with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_HOST_MEMORY, 0 },
				{ 1, 2, REASON_HOST_MEMORY, 0 } } },
		{ "for a processor one goes for another at once", .host = host_with(10, 9.8),
			.services = { service_of(5, 5), with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 3, 0, REASON_GIVES_WAY, 0 }, { 3, 0, REASON_NONE, 0 } } },
		{ "and what was exchanged is not exchanged again", .host = host_with(10, 9.8),
			.services = { with_min(service_of(3, 5), 3, 3),
				with_priority(service_of(3, 4), 1) },
			.n = 2,
			.expected = { { 3, 0, REASON_HOST_CPU, 0 },
				{ 3, 0, REASON_HOST_CPU, 0 } } },
		{ "a dry run takes nothing", .host = host_with(90, 1),
			.services = { service_of(5, 5), with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
	};

	(void)state;
	rows[10].host.leaving_bytes = rows[11].host.leaving_bytes = 20;
	rows[13].host.leaving_cores = rows[13].host.reserved_cores = 1;
	rows[14].services[1].modest = true;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check_row(&rows[i]);
}

static void what_is_kept_ready_gives_way_before_what_serves(void **state)
{
	struct row rows[] = {
		{ "it is enough", .host = host_with(90, 1),
			.services = { with_ready(service_of(5, 5), 2),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 2 }, { 1, 2, REASON_HOST_MEMORY, 0 } } },
		{ "no more of it than is needed", .host = host_with(80, 1),
			.services = { with_ready(service_of(5, 5), 2),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 1 }, { 2, 1, REASON_HOST_MEMORY, 0 } } },
		{ "then what serves", .host = host_with(90, 1),
			.services = { with_ready(service_of(5, 5), 1),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 4, 0, REASON_GIVES_WAY, 1 },
				{ 1, 2, REASON_HOST_MEMORY, 0 } } },
		{ "of any lower one before what serves of the lowest", .host = host_with(90, 1),
			.services = { with_priority(service_of(3, 3), -1),
				with_ready(service_of(3, 3), 1),
				with_priority(service_of(1, 2), 1) },
			.n = 3,
			.expected = { { 3, 0, REASON_NONE, 0 }, { 3, 0, REASON_NONE, 1 },
				{ 1, 1, REASON_HOST_MEMORY, 0 } } },
		{ "the lowest first", .host = host_with(90, 1),
			.services = { with_ready(service_of(3, 3), 1),
				with_priority(with_ready(service_of(3, 3), 1), -1),
				with_priority(service_of(1, 2), 1) },
			.n = 3,
			.expected = { { 3, 0, REASON_NONE, 0 }, { 3, 0, REASON_NONE, 1 },
				{ 1, 1, REASON_HOST_MEMORY, 0 } } },
		{ "not for an equal one", .host = host_with(90, 1),
			.services = { with_ready(service_of(5, 5), 2), service_of(1, 3) }, .n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "not where nothing may be taken", .host = host_with(90, 1),
			.services = { spared(with_ready(service_of(5, 5), 2)),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "not where it is not enough", .host = host_with(90, 1),
			.services = { with_min(with_ready(service_of(5, 5), 2), 5, 5),
				with_priority(with_limits(service_of(1, 3), 0, 40), 1) },
			.n = 2,
			.expected = { { 5, 0, REASON_NONE, 0 }, { 1, 0, REASON_HOST_MEMORY, 0 } } },
		{ "for a processor it is of no use", .host = host_with(10, 9.8),
			.services = { with_ready(service_of(5, 5), 2),
				with_priority(service_of(1, 3), 1) },
			.n = 2,
			.expected = { { 3, 0, REASON_GIVES_WAY, 0 }, { 3, 0, REASON_NONE, 0 } } },
		{ "what went is not its own any more", .host = host_with(90, 1),
			.services = { with_ready(service_of(5, 7), 2),
				with_priority(service_of(1, 2), 1) },
			.n = 2,
			.expected = { { 6, 0, REASON_HOST_MEMORY, 1 },
				{ 1, 1, REASON_HOST_MEMORY, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		check_row(&rows[i]);
}

static void the_numbers_of_a_refusal_are_what_one_more_would_come_to(void **state)
{
	struct row row = { "", .host = host_with(50, 1), .services = { service_of(1, 6) }, .n = 1 };
	struct row budget = { "", .host = host_with(50, 1),
		.services = { with_budgets(service_of(1, 6), 0, 25) }, .n = 1 };

	(void)state;
	decide_row(&row);
	assert_true(fabs(row.services[0].value - 1.0) < 1e-9); /* 50 + 4 * 10, and 10 */
	assert_true(row.services[0].bound == 0.9);
	decide_row(&budget);
	assert_int_equal(budget.services[0].metric, METRIC_MEMORY);
	assert_true(budget.services[0].value == 30 && budget.services[0].bound == 25);
}

static void a_saturated_host_is_over_only_when_it_is_clearly_so(void **state)
{
	static const struct {
		double cores;
		double stall;
		bool full;
	} ticks[] = { { 9.4, 0.9, false }, { 9.6, 0.9, true }, { 9.4, 0.4, true },
		{ 9.1, 0.3, true }, { 8.9, 0.3, false }, { 9.4, 0.9, false }, { 9.6, 0.9, true },
		{ 9.6, 0.2, false } };
	struct arbiter_state memory = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNTOF(ticks); i++) {
		struct arbiter_host host = host_with(10, ticks[i].cores);
		struct arbiter_input input = { &sane, &host, 1000 * SECOND };
		struct arbiter_service service = service_of(1, 2);

		host.cpu_stall = known(ticks[i].stall);
		arbiter_decide(&memory, &input, &service, 1);
		if (memory.cpu_full != ticks[i].full)
			fail_msg("tick %zu: full is %d", i, memory.cpu_full);
	}
}

static unsigned decide_at(struct arbiter_service *services, size_t n, double used, usec_t now)
{
	struct arbiter_state state = { 0 };
	struct arbiter_host host = host_with(used, 1);
	struct arbiter_input input = { &sane, &host, now };

	arbiter_decide(&state, &input, services, n);
	return services[0].granted;
}

static void who_gave_way_comes_back_after_a_while_and_later_each_time(void **state)
{
	struct arbiter_service services[] = { service_of(3, 3),
		with_priority(service_of(1, 2), 1) };
	usec_t hold = 60 * SECOND;
	usec_t now = 1000 * SECOND;

	(void)state;
	for (int i = 0; i < 4; i++, hold *= 2) {
		services[0].count = 3;
		services[1].wish = 2;
		assert_int_equal(decide_at(services, 2, 90, now), 2);
		services[0].count = 2;
		services[1].wish = 1; /* the higher one wishes for it no more */
		assert_int_equal(decide_at(services, 2, 50, now + hold - SECOND), 2);
		assert_int_equal(services[0].limit, REASON_GIVES_WAY);
		now += hold;
		assert_int_equal(decide_at(services, 2, 50, now), 3);
		now += SECOND;
	}
	/* after a quiet time it begins anew */
	now += 3600 * SECOND;
	services[0].count = 3;
	services[1].wish = 2;
	assert_int_equal(decide_at(services, 2, 90, now), 2);
	services[0].count = 2;
	services[1].wish = 1;
	assert_int_equal(decide_at(services, 2, 50, now + 60 * SECOND), 3);
}

/* What holds for any machine and any wishes. */

static uint64_t chance = 88172645463325252ULL;

static unsigned choose(unsigned n)
{
	chance ^= chance << 13; /* xorshift64: Marsaglia, "Xorshift RNGs" (2003) */
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)((chance >> 32) % n);
}

static struct reading any_reading(double most)
{
	unsigned kind = choose(8);

	if (kind == 0)
		return reading_unknown();
	return kind == 1 ? reading_unsupported() : known(most * choose(1000) / 1000.0);
}

static struct arbiter_host any_host(void)
{
	return (struct arbiter_host){
		.cores = any_reading(16),
		.cores_used = any_reading(16),
		.memory_bytes = any_reading(200),
		.memory_used_bytes = any_reading(150),
		.cpu_stall = any_reading(1),
		.memory_stall = any_reading(0.3),
		.reserved_bytes = choose(30),
		.leaving_bytes = choose(30),
		.reserved_cores = choose(3),
		.leaving_cores = choose(3),
	};
}

static struct arbiter_service any_service(void)
{
	struct arbiter_service service = {
		.priority = (int)choose(4) - 1,
		.min = 1 + choose(3),
		.count = choose(8),
		.spared = choose(6) == 0,
		.modest = choose(8) == 0,
		.cpu = { .limit = any_reading(2), .used = any_reading(2) },
		.memory = { .limit = any_reading(30), .used = any_reading(20) },
		.cpu_budget = choose(4) == 0 ? choose(8) : 0,
		.memory_budget = choose(4) == 0 ? choose(100) : 0,
	};

	service.floor = service.min + choose(2);
	service.wish = service.min + choose(8);
	service.ready = choose(3) == 0 ? choose(4) : 0;
	if (choose(5) == 0)
		service.yield = (struct arbiter_yield){ (900 + choose(100)) * SECOND, 60 * SECOND,
			choose(2) == 0 };
	return service;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void check_one(const struct arbiter_service *service)
{
	unsigned kept = least(service->wish, service->count);

	assert_true(service->granted <= service->wish);
	assert_true(service->granted + service->waiting <= service->wish);
	assert_true(
		service->granted >= least(service->wish, service->min) || service->granted >= kept);
	assert_true(service->granted >= least(kept, service->min));
	assert_true(service->pressed <= service->ready);
	if (service->spared)
		assert_true(service->granted >= kept && service->pressed == 0);
	if (service->granted < service->wish)
		assert_int_not_equal(service->limit, REASON_NONE);
	if (service->limit == REASON_GIVES_WAY && service->granted < kept)
		assert_true(service->granted >= service->floor);
}

/* Nobody gives way but to somebody higher, who gets or awaits something for it. */
static void check_giving(const struct arbiter_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct arbiter_service *service = &services[i];
		bool for_somebody = false;

		if (service->pressed == 0 &&
			(service->limit != REASON_GIVES_WAY ||
				service->granted >= least(service->wish, service->count)))
			continue;
		for (size_t k = 0; k < n; k++)
			for_somebody = for_somebody ||
				       (services[k].priority > service->priority &&
					       (services[k].waiting > 0 ||
						       services[k].granted > services[k].count));
		assert_true(for_somebody);
	}
}

static void check_fit(const struct arbiter_limits *limits, const struct arbiter_host *host,
	const struct arbiter_service *services, size_t n)
{
	double room;
	bool beyond_min = false;
	double added = 0;

	if (!reading_is_known(host->memory_bytes) || !reading_is_known(host->memory_used_bytes) ||
		host->memory_bytes.value <= 0)
		return;
	room = host->memory_bytes.value * limits->memory - host->memory_used_bytes.value -
	       host->reserved_bytes;
	for (size_t i = 0; i < n; i++) {
		const struct arbiter_service *service = &services[i];
		double cost =
			reading_is_known(service->memory.limit) && service->memory.limit.value > 0
				? service->memory.limit.value
			: reading_is_known(service->memory.used) ? service->memory.used.value
								 : 0;

		unsigned there = service->count + service->ready - service->pressed;

		if (service->granted <= there)
			continue;
		added += (service->granted - there) * cost;
		beyond_min = beyond_min || (cost > 0 && service->granted > service->min);
	}
	if (beyond_min)
		assert_true(added <= room + 1e-6);
}

static void any_machine_and_any_wishes_keep_the_rules(void **state)
{
	(void)state;
	for (int round = 0; round < 50000; round++) {
		struct arbiter_service services[8];
		struct arbiter_service again[8];
		struct arbiter_state memory = { .cpu_full = choose(4) == 0,
			.stalled = choose(8) == 0 };
		struct arbiter_state memory_again = memory;
		struct arbiter_host host = any_host();
		struct arbiter_input input = { &sane, &host, 1000 * SECOND };
		size_t n = 1 + choose(8);

		memset(services, 0, sizeof(services));
		for (size_t i = 0; i < n; i++)
			services[i] = any_service();
		memcpy(again, services, sizeof(services));
		arbiter_decide(&memory, &input, services, n);
		arbiter_decide(&memory_again, &input, again, n);
		for (size_t i = 0; i < n; i++) {
			check_one(&services[i]);
			assert_int_equal(services[i].granted, again[i].granted);
			assert_int_equal(services[i].limit, again[i].limit);
		}
		check_giving(services, n);
		check_fit(&sane, &host, services, n);
	}
}

static void a_higher_priority_never_gets_less(void **state)
{
	(void)state;
	for (int round = 0; round < 50000; round++) {
		struct arbiter_service services[5];
		struct arbiter_service raised[5];
		struct arbiter_state memory = { .cpu_full = choose(4) == 0 };
		struct arbiter_state memory_raised = memory;
		struct arbiter_host host = any_host();
		struct arbiter_input input = { &sane, &host, 1000 * SECOND };
		size_t n = 2 + choose(4);

		for (size_t i = 0; i < n; i++)
			raised[i] = services[i] = any_service();
		services[0].modest = raised[0].modest = false; /* it may live on what others took */
		raised[0].priority += 1 + (int)choose(3);
		arbiter_decide(&memory, &input, services, n);
		arbiter_decide(&memory_raised, &input, raised, n);
		if (raised[0].granted + raised[0].waiting <
			services[0].granted + services[0].waiting)
			fail_msg("round %d: %u and %u, with the higher priority %u and %u", round,
				services[0].granted, services[0].waiting, raised[0].granted,
				raised[0].waiting);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_service_gets_what_fits),
		cmocka_unit_test(a_saturated_host_helps_nobody),
		cmocka_unit_test(a_budget_is_a_max_in_cores_or_bytes),
		cmocka_unit_test(services_compete_by_priority),
		cmocka_unit_test(what_is_kept_ready_gives_way_before_what_serves),
		cmocka_unit_test(the_numbers_of_a_refusal_are_what_one_more_would_come_to),
		cmocka_unit_test(a_saturated_host_is_over_only_when_it_is_clearly_so),
		cmocka_unit_test(who_gave_way_comes_back_after_a_while_and_later_each_time),
		cmocka_unit_test(any_machine_and_any_wishes_keep_the_rules),
		cmocka_unit_test(a_higher_priority_never_gets_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
