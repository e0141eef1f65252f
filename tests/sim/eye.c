/*
 * The eye holds what the daemon says and what the world is against the promises: never above max,
 * never below min for long, no server without its replica and no replica without its server, no
 * session cut before its deadline, no step down on what cannot be read, and quiet when nothing
 * happens. It asks the engine nothing: what it believes is not evidence.
 */
#include "eye_parts.h"

#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECOND       USEC_PER_SEC
#define LONGEST_WAIT (10 * 60 * SECOND) /* before the next try */
#define GRACE_MAX    (15 * SECOND) /* an announcement, a drain's beginning, a stop */
#define GRACE_WARM   (30 * SECOND) /* one that is too much is stopped */
#define GRACE_ROLL   (1800 * SECOND) /* all of them, each with its start and its drain */
#define GRACE_SICK   (900 * SECOND) /* a wait before the next try, a start, a drain */
#define GRACE_RELEASED                                                                             \
	(5 * 60 * SECOND) /* the longest wait before a stop or remove is tried again */
#define RECOVERED  (5 * SECOND) /* who was sick until then may be given up for it */
#define UNREADABLE (2 * SECOND) /* so long that a tick must have met it */

/* Of a service that tunes itself, while nothing happens: so many changes, and so long until the last step. */
#define SCALED_MOST   3
#define SCALED_LATELY (30 * USEC_PER_SEC)

static void blame(struct eye *eye, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void blame(struct eye *eye, const char *format, ...)
{
	va_list args;

	if (eye->violation.text[0] != '\0')
		return;
	eye->violation.at = sim_now(eye->sim).boot - eye->began;
	va_start(args, format);
	(void)vsnprintf(eye->violation.text, sizeof(eye->violation.text), format, args);
	va_end(args);
}

static struct service_eye *find_service(struct eye *eye, const char *name)
{
	for (size_t i = 0; i < eye->n_services; i++)
		if (text_same(eye->services[i].is.name, name))
			return &eye->services[i];
	return NULL;
}

/* What it hears. */

static bool is_same(const struct service_eye *service, const struct intent *intent)
{
	if (!service->spoken || intent->membership.count != service->n_members)
		return false;
	for (size_t i = 0; i < service->n_members; i++) {
		const struct member *member = &intent->membership.members[i];
		const struct member_eye *known = &service->members[i];

		if (member->state != known->state || strcmp(member->id, known->id) != 0 ||
			strcmp(member->address, known->address) != 0)
			return false;
	}
	return true;
}

static void hear_membership(
	struct eye *eye, struct service_eye *service, usec_t now, const struct intent *intent)
{
	struct member_eye members[MEMBERS_MAX];
	struct member_eye before[MEMBERS_MAX];
	size_t n_before = service->n_members;
	size_t n = intent->membership.count < MEMBERS_MAX ? intent->membership.count : MEMBERS_MAX;
	size_t serving = 0;

	if (is_same(service, intent))
		return;
	eye->stale = true;
	memset(members, 0, sizeof(members));
	for (size_t i = 0; i < n; i++) {
		const struct member *member = &intent->membership.members[i];
		const struct member_eye *old = eye_find_member(service, member->id);

		(void)mem_strcpy(members[i].id, sizeof(members[i].id), member->id);
		(void)mem_strcpy(members[i].address, sizeof(members[i].address), member->address);
		members[i].state = member->state;
		members[i].draining_since =
			old != NULL && old->state == MEMBER_DRAINING ? old->draining_since : now;
		serving += member->state == MEMBER_SERVING;
	}
	memcpy(before, service->members, sizeof(before));
	memcpy(service->members, members, sizeof(members));
	service->n_members = n;
	eye_keep_left(service, before, n_before);
	service->spoken = true;
	if (serving > service->is.max)
		blame(eye, "%s: %zu replicas are to be served, max is %u", service->is.name,
			serving, service->is.max);
}

static const struct patient *find_patient(const struct eye *eye, uint64_t serial)
{
	static const struct patient none = { .unreadable_since = USEC_NEVER };

	for (size_t i = 0; i < eye->n_patients; i++)
		if (eye->patients[i].serial == serial)
			return &eye->patients[i];
	return &none;
}

/* A second attempt is judged no more, also where another daemon makes it. */
static bool was_told(struct eye *eye, uint64_t serial)
{
	for (size_t i = 0; i < eye->n_patients; i++) {
		struct patient *patient = &eye->patients[i];
		bool told = patient->told;

		if (patient->serial != serial)
			continue;
		patient->told = true;
		return told;
	}
	return false;
}

static void hear_stop(
	struct eye *eye, struct service_eye *service, usec_t now, const struct intent *intent)
{
	const struct sim_container *container = sim_world_by_id(eye->sim, intent->container);
	usec_t since = eye_draining_since(service, intent->container);
	uint64_t sessions;

	if (since == USEC_NEVER) { /* whatever follows, it was asked to go */
		struct member_eye *left = &service->left[service->n_left++ % MEMBERS_MAX];

		(void)mem_strcpy(left->id, sizeof(left->id), intent->container);
		eye->stale = true;
		left->draining_since = 0; /* a second attempt is judged no more */
	}
	/* After a blind time traffic may go anywhere, until the servers are right again. */
	if (eye->able_since == USEC_NEVER || now - eye->able_since < eye_servers_grace(eye))
		return;
	if (container == NULL || !service->is.balanced || !sim_world_answers(container) ||
		now - find_patient(eye, container->serial)->sick_last < RECOVERED)
		return;
	/* A server that was left open may have led clients to one that took its address: nobody counts
	 * them once it is closed. */
	if (!find_patient(eye, container->serial)->led || container->rested ||
		find_patient(eye, container->serial)->strayed || was_told(eye, container->serial))
		return;
	sim_traffic_settle(eye->sim);
	/* What the old process of a reload still serves nobody counts; how long a drain waits for it
	 * is the balancer's adapter's to know, and its tests' to show. */
	sessions = sim_traffic_reported(container);
	if (sessions == 0)
		return;
	if (since == USEC_NEVER)
		blame(eye, "%s: %s is stopped with %u sessions, and did not drain",
			service->is.name, intent->name, (unsigned)sessions);
	else if (now - since < service->is.drain_timeout)
		blame(eye, "%s: %s is stopped with %u sessions, %u s before its deadline",
			service->is.name, intent->name, (unsigned)sessions,
			(unsigned)((since + service->is.drain_timeout - now) / SECOND));
}

static void hear_down(struct eye *eye, struct service_eye *service, usec_t now)
{
	for (size_t i = 0; i < service->n_members; i++) {
		const struct sim_container *container =
			sim_world_by_id(eye->sim, service->members[i].id);
		usec_t since;

		if (container == NULL || service->members[i].state != MEMBER_SERVING ||
			!sim_world_answers(container) ||
			!eye_has_server(eye, service, service->members[i].address))
			continue;
		since = find_patient(eye, container->serial)->unreadable_since;
		if (since != USEC_NEVER && now - since > UNREADABLE)
			blame(eye, "%s: scaled down while %s could not be read", service->is.name,
				container->facts.name);
	}
}

static void see_templates(struct eye *eye)
{
	for (size_t i = 0; i < eye->n_services; i++)
		eye_see_template(eye, &eye->services[i]);
}

/* It is not tried again before the template changes. */
static void hear_stopped_roll(struct eye *eye, struct service_eye *service)
{
	const struct sim_container *template = sim_world_by_name(eye->sim, service->is.name);

	eye->stale = true;
	if (eye->runtime_away)
		(void)mem_strcpy(service->stopped, sizeof(service->stopped), service->seen);
	else if (template != NULL)
		(void)mem_strcpy(service->stopped, sizeof(service->stopped), template->facts.spec);
}

/* One line of the trace. */
static void tell(const struct eye *eye, usec_t now, const struct intent *intent)
{
	double at = (double)(now - eye->began) / (double)USEC_PER_SEC;

	if (intent->kind == INTENT_NOTE)
		(void)fprintf(stderr, "%12.3f %s: %s %s %d>%d: %s\n", at, intent->service,
			intent->note.what, intent->note.replica, intent->note.from, intent->note.to,
			intent->note.because);
	else if (intent->kind <= INTENT_REMOVE)
		(void)fprintf(stderr, "%12.3f   %s: %s %s %.8s\n", at, intent->service,
			intent_kind_name(intent->kind), intent->name, intent->container);
}

static void hear_scaling(struct eye *eye, struct service_eye *service, usec_t now)
{
	service->scaled_at = now;
	if (eye->quiet && service->is.tuned && !eye_is_contended(eye, now) &&
		++service->scaled > SCALED_MOST)
		blame(eye,
			"%s: its count changes again and again, though nothing happened for long",
			service->is.name);
}

/* What a service that tunes itself changes at a level load, and what follows from that. */
static bool is_own(const struct service_eye *service, usec_t now)
{
	return service->is.tuned && service->scaled_at > 0 &&
	       now - service->scaled_at < service->is.drain_timeout + SCALED_LATELY;
}

static void hear(void *context, struct moment now, const struct intent *intent)
{
	struct eye *eye = context;
	struct service_eye *service = find_service(eye, intent->service);
	char text[256];

	if (eye->trace)
		tell(eye, now.boot, intent);

	/* what it lists then is what it goes by, and not what was before the engine went */
	if (intent->kind == INTENT_NOTE && strcmp(intent->note.what, "runtime answers") == 0)
		see_templates(eye);
	if (service == NULL)
		return;
	if (intent->kind == INTENT_NOTE && strncmp(intent->note.what, "scaling ", 8) == 0)
		hear_scaling(eye, service, now.boot);
	if (eye->quiet && intent->kind <= INTENT_REMOVE && !eye_is_contended(eye, now.boot) &&
		!is_own(service, now.boot))
		blame(eye, "%s: %s of %s, though nothing happened for long", service->is.name,
			intent_kind_name(intent->kind), intent->name);
	if (!eye_host_judge(eye, intent, text, sizeof(text)))
		blame(eye, "%s", text);
	if (intent->kind == INTENT_MEMBERSHIP)
		hear_membership(eye, service, now.boot, intent);
	else if (intent->kind == INTENT_STOP)
		hear_stop(eye, service, now.boot, intent);
	else if (intent->kind == INTENT_PAUSE)
		eye_forget_left(eye, service, intent->container);
	else if (intent->kind == INTENT_NOTE && strcmp(intent->note.what, "scaling down") == 0)
		hear_down(eye, service, now.boot);
	else if (intent->kind == INTENT_NOTE && strcmp(intent->note.what, "roll stopped") == 0)
		hear_stopped_roll(eye, service);
}

/* What it sees. */

/* Broken for longer than its grace, in which nothing kept the daemon from knowing? */
static bool is_broken(
	struct eye *eye, struct service_eye *service, enum rule rule, bool broken, usec_t grace)
{
	usec_t now = sim_now(eye->sim).boot;
	usec_t since = service->broken_since[rule];

	if (!broken) {
		service->broken_since[rule] = 0;
		return false;
	}
	if (since == 0)
		since = service->broken_since[rule] = now;
	if (since < eye->able_since)
		since = eye->able_since;
	return since != USEC_NEVER && now - since > grace;
}

static void count(const struct eye *eye, struct service_eye *service)
{
	service->staying = eye_count_staying(eye, service);
	service->spare = eye_has_to_replace(eye, service);
	service->kept = eye_count_kept(eye, service);
	service->outdated = eye_count_outdated(eye, service);
	service->one_sick = eye_has_one_sick(eye, service);
	if (!service->is.balanced)
		return;
	service->serving = (unsigned)sim_serving(eye->sim, service->is.name);
	service->unserved = service->spoken ? eye_count_unserved(eye, service) : 0;
	service->wrong = eye_find_wrong(eye, service);
}

static bool has_clones(const struct eye *eye, const struct service_eye *service)
{
	for (size_t i = 0; i < sim_containers(eye->sim, service->is.name); i++)
		if (container_label(sim_container(eye->sim, service->is.name, i), LABEL_OWNER))
			return true;
	return false;
}

/* What was made in bad times may fail as well: those that were only created are tried first. */
static usec_t grace_of_tries(const struct service_eye *service)
{
	return (3 + (service->is.warm_created ? service->is.warm : 0)) * LONGEST_WAIT;
}

static void look_at(struct eye *eye, struct service_eye *service)
{
	const char *name = service->is.name;
	const struct wrong *wrong = &service->wrong;
	usec_t grace = eye_servers_grace(eye);

	/* One that is made ready for later may run too, beside those that count. */
	if (is_broken(eye, service, RULE_MAX,
		    service->staying > service->is.max + service->spare + (service->is.warm > 0),
		    GRACE_MAX))
		blame(eye, "%s: %u run and do not leave, max is %u", name, service->staying,
			service->is.max);
	if (is_broken(
		    eye, service, RULE_WARM_MOST, service->kept > service->is.warm + 1, GRACE_WARM))
		blame(eye, "%s: %u are kept warm, and %u are wanted", name, service->kept,
			service->is.warm);
	/* a small machine has no room for them */
	if (!service->released && service->is.memory_bytes == 0 &&
		is_broken(eye, service, RULE_WARM_LEAST, service->kept < service->is.warm,
			grace_of_tries(service)) &&
		sim_now(eye->sim).boot - eye->excused_at > grace_of_tries(service))
		blame(eye, "%s: only %u are kept warm, and %u are wanted", name, service->kept,
			service->is.warm);
	if (is_broken(eye, service, RULE_RELEASED,
		    service->knows_released && has_clones(eye, service),
		    GRACE_RELEASED + service->is.drain_timeout))
		blame(eye, "%s: it was released, and has clones", name);
	/* without room for a successor it waits */
	if (is_broken(eye, service, RULE_ROLL,
		    service->outdated > 0 && eye_host_has_room(eye, &service->is), GRACE_ROLL))
		blame(eye, "%s: %u clones are not what their template is, for long", name,
			service->outdated);
	if (is_broken(eye, service, RULE_SICK, service->one_sick, GRACE_SICK))
		blame(eye, "%s: a clone is sick for long, and is not replaced", name);
	if (!service->is.balanced)
		return;
	if (!service->released &&
		is_broken(eye, service, RULE_MIN, service->serving < service->is.min,
			grace_of_tries(service)) &&
		sim_now(eye->sim).boot - eye->excused_at > grace_of_tries(service))
		blame(eye, "%s: %u serve, min is %u", name, service->serving, service->is.min);
	if (is_broken(eye, service, RULE_MEMBERS, service->unserved > 0, grace))
		blame(eye, "%s: the balancer does not know %u that serve", name, service->unserved);
	if (is_broken(eye, service, RULE_DEAD, wrong->dead > 0, grace))
		blame(eye, "%s: %u enabled servers at whose address nobody runs, as %s at %s", name,
			wrong->dead, wrong->last->name, wrong->last->address);
	if (is_broken(eye, service, RULE_PAUSED, wrong->paused > 0, grace))
		blame(eye,
			"%s: %u enabled servers at whose address somebody is paused, as %s at %s",
			name, wrong->paused, wrong->last->name, wrong->last->address);
	if (is_broken(eye, service, RULE_STRANGER, wrong->stranger > 0, grace))
		blame(eye, "%s: %u enabled servers at a stranger's address, as %s at %s", name,
			wrong->stranger, wrong->last->name, wrong->last->address);
}

static bool is_led(struct eye *eye, const struct sim_container *container)
{
	const char *address = container->facts.endpoints[0].address;

	for (size_t i = 0; i < eye->n_services; i++) {
		const struct member_eye *member =
			eye_find_member(&eye->services[i], container->facts.id);

		if (member != NULL && member->state == MEMBER_SERVING)
			return text_same(member->address, address);
	}
	return false;
}

/* Does a server of its service lead to where it is? */
static bool is_met(const struct eye *eye, const struct sim_container *container)
{
	for (size_t i = 0; i < eye->n_services; i++)
		if (text_same(container->service, eye->services[i].is.name))
			return eye_has_server(
				eye, &eye->services[i], container->facts.endpoints[0].address);
	return false;
}

static void look_at_patients(struct eye *eye)
{
	struct patient seen[MEMBERS_MAX];
	usec_t now = sim_now(eye->sim).boot;
	size_t n = 0;

	for (size_t i = 0; i < eye->sim->n_containers && n < MEMBERS_MAX; i++) {
		const struct sim_container *container = eye->sim->containers[i];
		struct patient patient = *find_patient(eye, container->serial);

		patient.serial = container->serial;
		if (container->readable)
			patient.unreadable_since = USEC_NEVER;
		else if (patient.unreadable_since == USEC_NEVER)
			patient.unreadable_since = now;
		if (patient.sick)
			patient.sick_last = now;
		patient.sick = !container->healthy;
		patient.told = patient.told && patient.life == container->life;
		patient.led =
			(patient.led && patient.life == container->life) || is_led(eye, container);
		patient.strayed = (patient.strayed && patient.life == container->life) ||
				  (!patient.led && is_met(eye, container));
		patient.life = container->life;
		if (patient.unreadable_since != USEC_NEVER || patient.sick ||
			patient.sick_last > 0 || patient.led || patient.strayed)
			seen[n++] = patient;
	}
	memcpy(eye->patients, seen, n * sizeof(seen[0]));
	eye->n_patients = n;
}

bool eye_look(struct eye *eye)
{
	usec_t now = sim_now(eye->sim).boot;
	bool able =
		!eye->runtime_away && !eye->balancer_away && sim_drive_engine(eye->drive) != NULL;

	eye->looks++;
	if (eye->sim->host_saturated)
		eye_contended(eye, now);
	for (size_t i = 0; i < eye->n_services && sim_drive_engine(eye->drive) == NULL; i++) {
		eye->services[i].n_left = 0;
		eye->services[i].n_members = 0; /* the next daemon has said nothing yet */
		eye->services[i].spoken = false;
		eye->services[i].knows_released = false;
		eye->stale = true;
	}
	if (!able)
		eye->able_since = USEC_NEVER;
	else if (eye->able_since == USEC_NEVER)
		eye->able_since = now;
	if (eye->stale || eye->changes != eye->sim->changes) {
		eye->changes = eye->sim->changes;
		eye->stale = false;
		look_at_patients(eye);
		for (size_t i = 0; i < eye->n_services; i++)
			count(eye, &eye->services[i]);
	}
	for (size_t i = 0; i < eye->n_services; i++)
		look_at(eye, &eye->services[i]);
	return eye->violation.text[0] != '\0';
}

/* A limit that was learnt in an overload and outlives it keeps requests waiting for nothing. */
static void look_at_limits(struct eye *eye)
{
	for (size_t i = 0; i < eye->sim->n_servers; i++) {
		const struct sim_server *server = &eye->sim->servers[i];
		const struct sim_container *container =
			sim_world_by_address(eye->sim, server->address);

		if (server->maxconn > 0 && !eye->sim->host_saturated &&
			server->state == SERVER_UP && container != NULL &&
			eye_has_room(eye, server->service))
			blame(eye, "%s: %s has room, and a limit of %u", server->service,
				container->facts.name, server->maxconn);
	}
}

void eye_look_at_end(struct eye *eye)
{
	look_at_limits(eye);
	for (size_t i = 0; i < eye->n_services; i++) {
		const char *name = eye->services[i].is.name;
		size_t running = sim_running(eye->sim, name);
		const struct sim_container *template = sim_world_by_name(eye->sim, name);
		const char *spec = template != NULL ? template->facts.spec : "";
		enum container_state warm =
			eye->services[i].is.warm_created ? CONTAINER_CREATED : CONTAINER_PAUSED;

		for (size_t k = 0; k < sim_containers(eye->sim, name); k++) {
			const struct container *one = sim_container(eye->sim, name, k);

			if (eye_is_clone(sim_world_by_id(eye->sim, one->id)) &&
				strcmp(one->spec, spec) != 0 &&
				eye_host_has_room(eye, &eye->services[i].is))
				blame(eye, "%s: %s is not what its template is", name, one->name);
			/* The template is never removed, and may rest while a clone of it serves. */
			if (one->state != CONTAINER_RUNNING && one->state != warm &&
				strcmp(one->name, name) != 0)
				blame(eye, "%s: %s is left over", name, one->name);
		}
		if (eye->services[i].is.memory_bytes == 0 && /* a small machine may have no room */
			eye_count_kept(eye, &eye->services[i]) != eye->services[i].is.warm)
			blame(eye, "%s: %u are warm at the end, and %u are wanted", name,
				eye_count_kept(eye, &eye->services[i]), eye->services[i].is.warm);
		if (running < eye->services[i].is.min || running > eye->services[i].is.max)
			blame(eye, "%s: %zu run at the end, of %u to %u", name, running,
				eye->services[i].is.min, eye->services[i].is.max);
		if (eye->services[i].is.balanced && sim_serving(eye->sim, name) != running)
			blame(eye, "%s: %zu run at the end, and %zu serve", name, running,
				sim_serving(eye->sim, name));
	}
}

/* What it is told. */

void eye_excuse(struct eye *eye)
{
	eye->excused_at = sim_now(eye->sim).boot;
	if (eye->able_since != USEC_NEVER)
		eye->able_since = eye->excused_at;
}

void eye_runtime_away(struct eye *eye, bool away)
{
	if (away && !eye->runtime_away)
		see_templates(eye);
	eye->runtime_away = away;
}

void eye_balancer_away(struct eye *eye, bool away)
{
	eye->balancer_away = away;
}

void eye_released(struct eye *eye, const char *service, bool released)
{
	struct service_eye *seen = find_service(eye, service);

	seen->released = released;
	seen->knows_released = released && sim_drive_engine(eye->drive) != NULL;
}

void eye_expect_quiet(struct eye *eye)
{
	eye->quiet = true;
}

const struct violation *eye_violation(const struct eye *eye)
{
	return eye->violation.text[0] != '\0' ? &eye->violation : NULL;
}

uint64_t eye_looks(const struct eye *eye)
{
	return eye->looks;
}

void eye_trace(struct eye *eye)
{
	eye->trace = true;
}

struct eye *eye_new(struct sim_drive *drive, const struct eye_service *services, size_t n_services)
{
	struct eye *eye = mem_zero(1, sizeof(*eye));

	eye->drive = drive;
	eye->sim = sim_drive_sim(drive);
	eye->began = sim_now(eye->sim).boot;
	eye->able_since = eye->began;
	eye->n_services = n_services < EYE_SERVICES_MAX ? n_services : EYE_SERVICES_MAX;
	for (size_t i = 0; i < eye->n_services; i++)
		eye->services[i].is = services[i];
	sim_drive_listen(drive, hear, eye);
	return eye;
}

void eye_free(struct eye *eye)
{
	free(eye);
}
