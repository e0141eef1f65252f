/*
 * A day in the simulated world in which everything goes wrong that may: storms, in which something
 * is harmed every few seconds, and calms, in which the world works and the load only changes. What
 * happens is chosen by the seed alone, so that a day that went wrong can be lived again.
 */
#include "day.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/load.h>

#include <stdio.h>
#include <string.h>

#define SECOND     USEC_PER_SEC
#define MINUTE     (60 * SECOND)
#define DAY_LENGTH (24 * 60 * MINUTE)
#define LAST_CALM  (90 * MINUTE) /* the end of the day: no harm, a constant load */
#define MIB        0x100000ULL
#define QUIET      (15 * MINUTE) /* the end of that: nothing may happen */
#define LABELS_MAX 16

struct day_service {
	char name[8];
	char text[LABELS_MAX][64];
	const char *labels[LABELS_MAX];
	size_t n_labels;
};

struct living {
	uint64_t chance;
	struct day *day;
	struct sim_settings settings;
	struct config *config;
	struct sim_drive *drive;
	struct sim *sim;
	struct eye *eye;
	struct day_service services[EYE_SERVICES_MAX];
	struct eye_service seen[EYE_SERVICES_MAX];
	bool released[EYE_SERVICES_MAX];
	bool said[EYE_SERVICES_MAX]; /* a release, in this storm */
	size_t n_services;
	usec_t ends; /* of the day */
	bool trace;
};

/* Knuth's MMIX. */
static uint64_t next_chance(struct living *living)
{
	living->chance = living->chance * 6364136223846793005ULL + 1442695040888963407ULL;
	return living->chance >> 33;
}

static unsigned choose(struct living *living, unsigned n)
{
	return (unsigned)(next_chance(living) % n);
}

static bool look(struct sim_drive *drive, void *context)
{
	struct living *living = context;

	(void)drive;
	return eye_look(living->eye);
}

/* False when a promise was broken or the day is over. */
static bool live(struct living *living, usec_t duration)
{
	usec_t left = living->ends - sim_now(living->sim).boot;

	(void)sim_drive_until(living->drive, look, living, duration < left ? duration : left);
	return eye_violation(living->eye) == NULL && duration < left;
}

static void say(const struct living *living, const char *what, const char *whom)
{
	if (living->trace)
		(void)fprintf(stderr, "%12.3f * %s %s\n",
			(double)(sim_now(living->sim).boot + DAY_LENGTH - living->ends) / 1e6, what,
			whom);
}

static const char *any_service(struct living *living)
{
	return living->services[choose(living, (unsigned)living->n_services)].name;
}

/* Any container of any service, or NULL. */
static const char *any_container(struct living *living, bool template_too)
{
	const char *service = any_service(living);
	size_t n = sim_containers(living->sim, service);
	const struct container *container;

	if (n == 0)
		return NULL;
	container = sim_container(living->sim, service, choose(living, (unsigned)n));
	return template_too || strcmp(container->name, service) != 0 ? container->name : NULL;
}

/* What may go wrong. */

static void harm_runtime(struct living *living)
{
	bool away = choose(living, 2) == 0;

	say(living, away ? "the engine is away" : "the engine is there", "");
	sim_runtime_away(living->sim, away);
	eye_runtime_away(living->eye, away);
}

static void harm_balancer(struct living *living)
{
	bool away = choose(living, 2) == 0;

	say(living, away ? "the balancer is away" : "the balancer is there", "");
	sim_balancer_away(living->sim, away);
	eye_balancer_away(living->eye, away);
}

static void reload_balancer(struct living *living)
{
	bool cold = choose(living, 3) == 0;

	say(living, cold ? "the balancer restarts" : "the balancer is reloaded", "");
	if (cold)
		sim_balancer_restart(living->sim);
	else
		sim_balancer_reload(living->sim);
	eye_excuse(living->eye);
}

static void restart_engine(struct living *living)
{
	bool live_restore = choose(living, 2) == 0;

	say(living, live_restore ? "the engine restarts, live" : "the engine restarts", "");
	sim_engine_restart(living->sim, live_restore);
	eye_runtime_away(living->eye, true);
	(void)live(living, 4 * SECOND);
	eye_runtime_away(living->eye, false);
	eye_excuse(living->eye);
}

static void fail_calls(struct living *living)
{
	static const enum fault faults[] = { FAULT_ENGINE_ERROR, FAULT_ENGINE_ERROR,
		FAULT_PORT_TAKEN, FAULT_DISK_FULL, FAULT_IMAGE_GONE, FAULT_CONFLICT,
		FAULT_ENGINE_DENIED };
	enum intent_kind kind = (enum intent_kind)choose(living, INTENT_WATCH);
	enum fault fault = faults[choose(living, countof(faults))];

	say(living, "calls fail of", intent_kind_name(kind));
	say(living, "    as", fault_key(fault));
	sim_fail_by(living->sim, kind, 1 + choose(living, 3), fault);
	eye_excuse(living->eye);
}

/* Nothing may come of it. */
static void jump_clock(struct living *living)
{
	usec_t by = ((usec_t)choose(living, 7200) - 3600) * SECOND;

	say(living, "somebody sets the clock", "");
	sim_jump_clock(living->sim, by);
}

static void spoil_calls(struct living *living)
{
	double share = choose(living, 2) == 0 ? 0.05 : 0.0;

	say(living, share > 0 ? "calls are spoiled" : "calls work", "");
	sim_set_chances(living->sim, &(struct sim_chances){ share, share, share, share });
	eye_excuse(living->eye);
}

static void kill_daemon(struct living *living)
{
	say(living, "the daemon is killed", "");
	sim_drive_kill(living->drive);
	(void)live(living, choose(living, 3) == 0 ? choose(living, 60) * SECOND : 0);
	sim_drive_start(living->drive, next_chance(living));
	eye_excuse(living->eye);
}

/* Whatever becomes of the journal: it helps and is never needed. */
static void harm_journal(struct living *living)
{
	switch (choose(living, 4)) {
	case 0:
		say(living, "the journal is away", "");
		sim_journal_away(living->sim, true);
		return;
	case 1:
		say(living, "the journal is there", "");
		sim_journal_away(living->sim, false);
		return;
	case 2:
		say(living, "the journal is lost", "");
		sim_journal_lose(living->sim);
		return;
	default:
		say(living, "the journal is damaged", "");
		sim_journal_damage(living->sim);
		return;
	}
}

/* The template stays: without it there is nothing to come back to. */
static void remove_clone(struct living *living)
{
	const char *name = any_container(living, false);

	if (name == NULL)
		return;
	say(living, "somebody removes", name);
	sim_remove(living->sim, name);
	eye_excuse(living->eye);
}

static void stop_clone(struct living *living)
{
	const char *name = any_container(living, false);

	if (name == NULL)
		return;
	say(living, "somebody stops", name);
	sim_stop(living->sim, name);
	eye_excuse(living->eye);
}

static void restart_container(struct living *living)
{
	const char *name = any_container(living, true);
	char kept[CONTAINER_NAME_MAX];

	if (name == NULL)
		return;
	(void)mem_strcpy(kept, sizeof(kept), name);
	say(living, "somebody restarts", kept);
	sim_stop(living->sim, kept);
	(void)live(living, choose(living, 1000) * USEC_PER_MSEC);
	if (sim_exists(living->sim, kept))
		sim_start(living->sim, kept);
	eye_excuse(living->eye);
}

/* One that serves, or one that is kept warm. It goes on before the count follows that hand (it would be
 * one more then, also beyond max), or is removed when it was paused for longer. */
static void pause_container(struct living *living)
{
	usec_t length = choose(living, 10000) * USEC_PER_MSEC;
	bool removed = length > 5 * SECOND / 2;
	const char *name = any_container(living, !removed);
	char kept[CONTAINER_NAME_MAX];

	if (name == NULL)
		return;
	(void)mem_strcpy(kept, sizeof(kept), name);
	say(living, "somebody pauses", kept);
	sim_pause(living->sim, kept);
	eye_excuse(living->eye);
	(void)live(living, length);
	say(living, removed ? "and removes" : "and lets go on", kept);
	if (sim_exists(living->sim, kept) && removed)
		sim_remove(living->sim, kept);
	else if (sim_exists(living->sim, kept))
		sim_unpause(living->sim, kept);
	eye_excuse(living->eye);
}

static void kill_program(struct living *living)
{
	const char *name = any_container(living, true);

	if (name == NULL)
		return;
	say(living, "the program dies of", name);
	sim_kill(living->sim, name);
	eye_excuse(living->eye);
}

static void break_health(struct living *living)
{
	const char *name = any_container(living, true);
	bool healthy = choose(living, 2) == 0;

	if (name == NULL)
		return;
	say(living, healthy ? "healthy is" : "sick is", name);
	sim_set_healthy(living->sim, name, healthy);
	eye_excuse(living->eye);
}

static void break_reading(struct living *living)
{
	const char *name = any_container(living, true);
	bool readable = choose(living, 2) == 0;

	if (name == NULL)
		return;
	say(living, readable ? "readable is" : "unreadable is", name);
	sim_set_readable(living->sim, name, readable);
}

static void break_clones(struct living *living)
{
	bool healthy = choose(living, 3) != 0;

	say(living, healthy ? "clones get healthy" : "clones never get healthy", "");
	sim_set_clones_healthy(living->sim, healthy);
	eye_excuse(living->eye);
}

/* A person's word. What is said while the engine is away and the daemon is killed then is lost, so a
 * calm begins with saying it again. */
static void command(struct living *living, size_t index, enum command_kind kind)
{
	struct command command = { .kind = kind };
	const char *name = living->services[index].name;

	(void)mem_strcpy(command.service, sizeof(command.service), name);
	say(living, kind == COMMAND_RELEASE ? "somebody releases" : "somebody resumes", name);
	sim_drive_command(living->drive, &command);
	living->released[index] = kind == COMMAND_RELEASE;
	living->said[index] = living->said[index] || living->released[index];
	eye_released(living->eye, name, living->released[index]);
}

static void release_or_resume(struct living *living)
{
	size_t index = choose(living, (unsigned)living->n_services);

	command(living, index, living->released[index] ? COMMAND_RESUME : COMMAND_RELEASE);
	eye_excuse(living->eye);
}

/* A person deploys: in place or anew, something else, the same, or what was before; what was deployed
 * does not always work. */
static void change_template(struct living *living)
{
	const char *name = any_service(living);
	enum sim_change change = (enum sim_change)choose(living, 4);
	bool good = choose(living, 4) > 0;

	if (!sim_exists(living->sim, name))
		return;
	say(living, good ? "another template of" : "a template that does not work of", name);
	sim_change_template(living->sim, name, change);
	if (!good)
		sim_set_clones_healthy(living->sim, false);
	eye_excuse(living->eye);
}

/* One of three or more turns sick, while everything else works. */
static void turn_sick(struct living *living)
{
	const char *service = any_service(living);
	size_t n = sim_containers(living->sim, service);
	const char *name;

	if (n < 3 || sim_running(living->sim, service) < n)
		return;
	name = sim_container(living->sim, service, choose(living, (unsigned)n))->name;
	say(living, "sick is", name);
	sim_set_healthy(living->sim, name, false);
	eye_excuse(living->eye);
}

static void run_stranger(struct living *living)
{
	const char *name = choose(living, 2) == 0 ? "stranger-1" : "stranger-2";

	say(living, "a stranger comes or goes", name);
	if (sim_run(living->sim, name, NULL, 0, 1.0) == NULL)
		sim_remove(living->sim, name);
}

static void change_load(struct living *living)
{
	const char *service = any_service(living);

	say(living, "another load for", service);
	sim_set_load(living->sim, service, choose(living, 60) / 10.0);
}

static void harm(struct living *living)
{
	static void (*const harms[])(struct living * living) = {
		harm_runtime,
		harm_balancer,
		reload_balancer,
		restart_engine,
		fail_calls,
		spoil_calls,
		kill_daemon,
		harm_journal,
		remove_clone,
		stop_clone,
		restart_container,
		pause_container,
		kill_program,
		break_health,
		break_reading,
		break_clones,
		run_stranger,
		release_or_resume,
		change_template,
		jump_clock,
		change_load,
		change_load,
		change_load,
	};

	living->day->harms++;
	harms[choose(living, countof(harms))](living);
}

/* Everything works again. */
static void heal(struct living *living)
{
	say(living, "everything works again", "");
	sim_runtime_away(living->sim, false);
	sim_balancer_away(living->sim, false);
	sim_journal_away(living->sim, false);
	sim_set_chances(living->sim, &(struct sim_chances){ 0 });
	sim_set_clones_healthy(living->sim, true);
	for (enum intent_kind kind = INTENT_CREATE; kind <= INTENT_NOTE; kind++)
		sim_fail(living->sim, kind, 0, 0, false);
	for (size_t i = 0; i < living->n_services; i++) {
		const char *service = living->services[i].name;

		for (size_t k = 0; k < sim_containers(living->sim, service); k++) {
			const char *name = sim_container(living->sim, service, k)->name;

			sim_set_healthy(living->sim, name, true);
			sim_set_readable(living->sim, name, true);
		}
	}
	for (size_t i = 0; i < living->n_services; i++) {
		if (living->said[i])
			command(living, i, COMMAND_RESUME);
		living->said[i] = false;
	}
	eye_runtime_away(living->eye, false);
	eye_balancer_away(living->eye, false);
	eye_excuse(living->eye);
}

/* The world before its day. */

static void add_label(struct day_service *service, const char *key, const char *value)
{
	char *text = service->text[service->n_labels];

	(void)snprintf(text, sizeof(service->text[0]), "%s=%s", key, value);
	service->labels[service->n_labels++] = text;
}

static void add_number(
	struct day_service *service, const char *key, unsigned number, const char *unit)
{
	char value[16];

	(void)snprintf(value, sizeof(value), "%u%s", number, unit);
	add_label(service, key, value);
}

static void plan_warm(struct living *living, struct day_service *service, struct eye_service *seen)
{
	if (choose(living, 2) == 0)
		return;
	seen->warm = 1 + choose(living, 3);
	seen->warm_created = choose(living, 3) == 0;
	add_number(service, "dockscale.warm", seen->warm, "");
	if (seen->warm_created)
		add_label(service, "dockscale.warm_state", "created");
}

static void plan_service(struct living *living, size_t index)
{
	static const char *const names[EYE_SERVICES_MAX] = { "web", "api", "work", "shop" };
	struct day_service *service = &living->services[index];
	struct eye_service *seen = &living->seen[index];

	(void)mem_strcpy(service->name, sizeof(service->name), names[index]);
	*seen = (struct eye_service){
		.name = service->name,
		.min = 1 + choose(living, 2),
		.drain_timeout = (10 + choose(living, 60)) * SECOND,
		.balanced = index != 1 || choose(living, 3) > 0,
	};
	seen->max = seen->min + 1 + choose(living, 4);
	add_label(service, "dockscale.service", service->name);
	add_number(service, "dockscale.min", seen->min, "");
	add_number(service, "dockscale.max", seen->max, "");
	if (seen->balanced) {
		add_label(service, "dockscale.haproxy.backend", service->name);
		add_label(service, "dockscale.haproxy.port", "8080");
		add_number(service, "dockscale.haproxy.drain_timeout",
			(unsigned)(seen->drain_timeout / SECOND), "s");
	} else {
		add_label(service, "dockscale.haproxy.balancer", "none");
	}
	plan_warm(living, service, seen);
	if (choose(living, 4) == 0)
		add_label(service, SIM_LABEL_HEALTH, "docker");
	if (choose(living, 4) == 0)
		add_label(service, SIM_LABEL_EXIT, "0");
	if (choose(living, 2) == 0)
		add_label(service, SIM_LABEL_RESTART, "always");
}

/* Most days go by the target policy, which wants what can be seen. On some, by the seed's number, so that
 * the other days stay as they are, services tune themselves: all, or every other one. (Thresholds are not
 * lived with: two replicas may be too few for them and one too many.) */
static void plan_policy(struct living *living)
{
	uint64_t seed = living->day->seed;
	bool some = seed % 6 == 2 || seed % 12 == 3 || (seed > 10000 && seed % 2 == 0);

	for (size_t i = 0; i < living->n_services; i++) {
		living->seen[i].tuned = some && (seed % 4 == 0 || i % 2 == 0);
		add_label(&living->services[i], "dockscale.policy.type",
			living->seen[i].tuned ? "auto" : "target");
	}
}

/* Every fourth day the machine is too small for what the services may wish for, and each has a
 * priority. By the seed's number, so that it leaves the other days as they are. */
static void plan_host(struct living *living)
{
	static const char *const priorities[] = { "-1", "0", "1" };
	unsigned least = 0;
	unsigned most = 0;
	char number[16];

	if (living->day->seed % 4 != 3)
		return;
	for (size_t i = 0; i < living->n_services; i++) {
		struct eye_service *seen = &living->seen[i];
		unsigned priority = choose(living, 3);

		seen->priority = (int)priority - 1;
		seen->memory_bytes = (uint64_t)(1 + choose(living, 3)) * 64 * MIB;
		least += seen->min * (unsigned)(seen->memory_bytes / MIB);
		most += seen->max * (unsigned)(seen->memory_bytes / MIB);
		(void)snprintf(number, sizeof(number), "%u", (unsigned)(seen->memory_bytes / MIB));
		add_label(&living->services[i], "dockscale.priority", priorities[priority]);
		add_label(&living->services[i], SIM_LABEL_MEMORY, number);
	}
	living->settings.host_memory_bytes =
		(least + choose(living, most - least) + 64) * 10 / 9 * MIB;
	living->settings.host_cores = 2 + choose(living, 8);
}

static void plan(struct living *living)
{
	struct sim_settings *settings = &living->settings;

	*settings = sim_settings_default();
	settings->seed = next_chance(living);
	settings->jitter = 0.5;
	settings->slots = 10;
	settings->dynamic = choose(living, 2) == 0;
	settings->create_delay = choose(living, 5) * 200 * USEC_PER_MSEC;
	settings->start_delay = choose(living, 7) * SECOND;
	settings->ready_delay = choose(living, 10) * SECOND;
	settings->stop_delay = choose(living, 3) * 5 * SECOND;
	settings->call_delay = choose(living, 5) * 100 * USEC_PER_MSEC;
	settings->session_seconds = 0.2 + choose(living, 30) / 5.0;
	living->n_services = choose(living, 8) == 0 ? EYE_SERVICES_MAX : 1 + choose(living, 2);
	for (size_t i = 0; i < living->n_services; i++)
		plan_service(living, i);
	plan_policy(living);
	plan_host(living);
}

static void begin(struct living *living)
{
	living->config = config_new();
	living->drive = sim_drive_new(&living->settings, living->config, next_chance(living));
	living->sim = sim_drive_sim(living->drive);
	living->ends = sim_now(living->sim).boot + DAY_LENGTH;
	living->eye = eye_new(living->drive, living->seen, living->n_services);
	if (living->trace)
		eye_trace(living->eye);
	for (size_t i = 0; i < living->n_services; i++) {
		struct day_service *service = &living->services[i];

		(void)sim_run(living->sim, service->name, service->labels, service->n_labels, 1.0);
		sim_set_load(living->sim, service->name, choose(living, 40) / 10.0);
	}
}

static bool storm(struct living *living)
{
	usec_t ends = sim_now(living->sim).boot + (usec_t)(2 + choose(living, 20)) * MINUTE;

	while (sim_now(living->sim).boot < ends) {
		harm(living);
		if (!live(living, (usec_t)choose(living, 20000) * USEC_PER_MSEC))
			return false;
	}
	return true;
}

static bool calm(struct living *living)
{
	usec_t ends = sim_now(living->sim).boot + (usec_t)(10 + choose(living, 50)) * MINUTE;
	unsigned sick = 0;

	heal(living);
	while (sim_now(living->sim).boot < ends) {
		if (choose(living, 8) == 0 && sick++ == 0)
			turn_sick(living);
		change_load(living);
		if (!live(living, (usec_t)choose(living, 600) * SECOND))
			return false;
	}
	return true;
}

/* What a person deploys at last works: whatever roll was given up, this one is to end. */
static void deploy_last(struct living *living)
{
	for (size_t i = 0; i < living->n_services; i++)
		if (sim_exists(living->sim, living->services[i].name))
			sim_change_template(
				living->sim, living->services[i].name, SIM_CHANGE_RECREATED);
	eye_excuse(living->eye);
}

static void live_last(struct living *living)
{
	heal(living);
	deploy_last(living);
	for (size_t i = 0; i < living->n_services; i++)
		sim_set_load(living->sim, living->services[i].name,
			0.3 + 0.8 * choose(living, 5)); /* not at the edge of a count */
	if (!live(living, LAST_CALM - QUIET))
		return;
	eye_expect_quiet(living->eye);
	(void)live(living, DAY_LENGTH);
	eye_look_at_end(living->eye);
}

struct day day_live(uint64_t seed, bool trace)
{
	struct day day = { .seed = seed };
	struct living living = {
		.chance = seed * 0x9e3779b97f4a7c15ULL, .day = &day, .trace = trace
	};
	usec_t storms_end;

	plan(&living);
	begin(&living);
	storms_end = living.ends - LAST_CALM - 90 * MINUTE;
	while (sim_now(living.sim).boot < storms_end && calm(&living) && storm(&living))
		continue;
	if (eye_violation(living.eye) == NULL)
		live_last(&living);
	if (eye_violation(living.eye) != NULL)
		day.violation = *eye_violation(living.eye);
	day.looks = eye_looks(living.eye);
	day.changes = sim_drive_count(living.drive, INTENT_START) +
		      sim_drive_count(living.drive, INTENT_STOP);
	day.cut = sim_sessions_cut(living.sim);
	eye_free(living.eye);
	sim_drive_free(living.drive);
	config_free(living.config);
	return day;
}
