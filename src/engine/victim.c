/*
 * Who goes next, when one has to: what should be replaced before what should not, what does not serve
 * yet before what does, and of those the one with the fewest sessions. The template goes last of all, and
 * only where nobody is wanted; else the only one that is well does not go either.
 */
#include "judge.h"

static double session_count(const struct replica *replica)
{
	return reading_is_known(replica->sessions) ? replica->sessions.value : 1e9;
}

/* Is @one a better victim than @other? */
static bool goes_before(
	const struct service *service, const struct replica *one, const struct replica *other)
{
	bool one_due = replacement_is_due(service, one);
	bool other_due = replacement_is_due(service, other);
	bool one_up = replica_is_up(one);
	bool other_up = replica_is_up(other);

	if (one_due != other_due)
		return one_due;
	if (one_due && (one->sick != SICK_NOT) != (other->sick != SICK_NOT))
		return one->sick != SICK_NOT;
	if (one_up != other_up)
		return !one_up;
	if (one->stuck != other->stuck)
		return one->stuck;
	if ((one->leaves_until != 0) != (other->leaves_until != 0))
		return one->leaves_until != 0;
	if (one_up && session_count(one) < session_count(other))
		return true;
	if (one_up && session_count(one) > session_count(other))
		return false;
	return one->facts.created_at > other->facts.created_at;
}

/* Is it the last one that serves and is well? Others that count may be sick, or not there yet. */
static bool is_last_well(const struct service *service, const struct replica *replica)
{
	return replica->state == REPLICA_SERVING && replica->sick == SICK_NOT &&
	       !replacement_has_well(service, replica);
}

/* With nobody wanted the template goes too, when no other one is left to choose. */
static struct replica *find_template(const struct service *service)
{
	struct replica *template = service->template;

	if (template == NULL || !replica_counts(template) || template->pending != 0 ||
		template->uncertain)
		return NULL;
	return template;
}

static struct replica *find(const struct service *service, bool up)
{
	struct replica *victim = NULL;
	bool all = replacement_wanted(service) == 0;

	for (size_t i = 0; i < service->n_replicas; i++) {
		struct replica *replica = service->replicas[i];

		if (!replica_counts(replica) || replica->pending != 0 || replica->uncertain ||
			(up && !replica_is_up(replica)) || replica == service->template ||
			(!all && is_last_well(service, replica)) ||
			(replica->role == ROLE_FOREIGN && service->config.manual != MANUAL_ENFORCE))
			continue;
		if (victim == NULL || goes_before(service, replica, victim))
			victim = replica;
	}
	return victim == NULL && all ? find_template(service) : victim;
}

struct replica *victim_find(const struct service *service)
{
	return find(service, false);
}

struct replica *victim_find_up(const struct service *service)
{
	return find(service, true);
}
