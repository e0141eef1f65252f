/*
 * The knee. A replica that is full answers no more requests when it is given more of them at once:
 * each one takes longer (Little 1961: sessions = rate x time), until clients give up and the work
 * for them was in vain. One request less than fills it is capacity lost. Between them lies the
 * number that fills it and no more (Kleinrock 1979, "Power and deterministic rules of thumb"), and
 * it is searched from above: what is answered in a second first, then less while the replicas stay
 * full, and one step back when they do not.
 *
 * TCP Vegas (Brakmo 1994) and Netflix's concurrency-limits find it by times of answers. Here the
 * balancer's times are means over what is long past, and CPU is measured each second: so room on
 * the CPU while requests wait is the sign that a limit is too low, and so is a rate that fell, for
 * requests that wait for something else than the CPU.
 *
 * A step is judged only when it has taken effect: sessions that were there before are not cut.
 * Sessions that last (WebSockets) are therefore never pressed below their number, and those that
 * would not end within two minutes are not limited at all. Nobody is limited who has few sessions,
 * or while help is on its way: an ordinary surge is better served slowly than kept waiting. What is
 * unknown changes nothing.
 */
#include <dockscale/core/concurrency.h>

#include <math.h>

#define FULL 0.95 /* as demand.h's saturation: more is not seen */
#define ROOM 0.90

#define FEW_SESSIONS 4 /* a replica; below it nothing is worth a limit */
#define LONG_SECONDS 120 /* sessions that last longer are no requests */

/* Full for so long, with nobody on the way, is an overload: at the first tick that shows it a service
 * that can grow has somebody on the way. */
#define BEGIN_AFTER (2 * USEC_PER_SEC)
/* A step is seen in utilisation and rate after so long. */
#define STEP_AFTER (3 * USEC_PER_SEC)
/* Sessions that were there before it are gone by then, or they last. */
#define LASTS_AFTER (12 * USEC_PER_SEC)
#define LIFT_AFTER  (15 * USEC_PER_SEC)
/* What was too low once may do after a while: requests change. */
#define LOW_HOLDS     (300 * USEC_PER_SEC)
#define LASTING_HOLDS (600 * USEC_PER_SEC)

#define STEP_UP   1.5
#define STEP_DOWN 0.7

#define FALLEN 0.8 /* of the rate before a step */

static double a_replica(const struct concurrency_input *input, struct reading reading)
{
	return reading.value / input->replicas;
}

static unsigned bounded(double limit)
{
	return (unsigned)fmin(fmax(ceil(limit), CONCURRENCY_MIN), CONCURRENCY_MAX);
}

static bool is_usable(struct reading reading)
{
	return reading_is_known(reading) && isfinite(reading.value) && reading.value >= 0;
}

static bool set_limit(struct concurrency *concurrency, unsigned limit, usec_t now)
{
	bool changed = limit != concurrency->limit;

	concurrency->limit = limit;
	concurrency->moved_at = now;
	return changed;
}

/* Since when something has been so without a break. */
static usec_t since(usec_t before, bool is_so, usec_t now)
{
	if (!is_so)
		return 0;
	return before != 0 ? before : now;
}

/* Do they come and go? */
static bool are_short(const struct concurrency_input *input)
{
	return input->sessions.value <= input->rate.value * LONG_SECONDS;
}

/* What is answered in a second spends a second there, which clients bear; more of it would not fill a
 * replica better. */
static double first_guess(const struct concurrency_input *input)
{
	return fmin(a_replica(input, input->sessions) / 2,
		fmax(a_replica(input, input->rate), FEW_SESSIONS));
}

static bool begin(struct concurrency *concurrency, const struct concurrency_input *input)
{
	double sessions = a_replica(input, input->sessions);
	bool full = input->fixed && input->utilisation.value >= FULL && sessions >= FEW_SESSIONS &&
		    are_short(input);

	concurrency->full_since = since(concurrency->full_since, full, input->now);
	if (!full || input->now - concurrency->full_since < BEGIN_AFTER)
		return false;
	concurrency->full_since = 0;
	concurrency->calm_since = 0;
	concurrency->low = 0;
	concurrency->before = bounded(sessions);
	concurrency->rate_before = input->rate.value;
	return set_limit(concurrency, bounded(first_guess(input)), input->now);
}

static bool lift(struct concurrency *concurrency, const struct concurrency_input *input)
{
	bool calm = input->queued.value == 0 && input->utilisation.value < ROOM;

	concurrency->calm_since = since(concurrency->calm_since, calm, input->now);
	if (!calm || input->now - concurrency->calm_since < LIFT_AFTER)
		return false;
	concurrency_forget(concurrency);
	return true;
}

/* Those that are more than the limit and do not end are no requests: it begins above them. */
static bool raise(struct concurrency *concurrency, const struct concurrency_input *input)
{
	double there = a_replica(input, input->sessions);
	bool lasting = there > concurrency->limit + 0.5;
	double limit = lasting ? there + concurrency->limit
			       : fmax(concurrency->limit * STEP_UP, concurrency->before);

	concurrency->low = lasting ? bounded(there) : concurrency->limit;
	concurrency->low_until = input->now + (lasting ? LASTING_HOLDS : LOW_HOLDS);
	concurrency->before = 0;
	return set_limit(concurrency, bounded(limit), input->now);
}

/* In small steps: the last one, which goes too far, is to cost little. */
static bool lower(struct concurrency *concurrency, const struct concurrency_input *input)
{
	unsigned limit = bounded(floor(concurrency->limit * STEP_DOWN));

	if (limit >= concurrency->limit || limit <= concurrency->low) {
		concurrency->before = 0;
		return false;
	}
	concurrency->before = concurrency->limit;
	concurrency->rate_before = input->rate.value;
	return set_limit(concurrency, limit, input->now);
}

/* The step before went too far, when its replicas are not full any more, or answer fewer than before it:
 * then requests wait for something else than the CPU. While those that were there before it still go, fewer
 * are let in, and that tells nothing of answers. */
static bool went_too_far(const struct concurrency *concurrency,
	const struct concurrency_input *input, bool in_effect)
{
	bool fallen = input->rate.value < concurrency->rate_before * FALLEN;
	bool settled = in_effect || input->now - concurrency->moved_at >= LASTS_AFTER;

	return concurrency->before > 0 && (input->utilisation.value < FULL || (settled && fallen));
}

static bool step(struct concurrency *concurrency, const struct concurrency_input *input)
{
	bool in_effect = a_replica(input, input->sessions) <= concurrency->limit + 0.5;

	/* Who does not make anybody wait teaches nothing. */
	if (input->now - concurrency->moved_at < STEP_AFTER || input->queued.value == 0)
		return false;
	if (input->now >= concurrency->low_until) {
		concurrency->low /= 2;
		concurrency->low_until = input->now + LOW_HOLDS;
	}
	if (input->utilisation.value < ROOM || went_too_far(concurrency, input, in_effect))
		return raise(concurrency, input);
	if (in_effect && input->utilisation.value >= FULL)
		return lower(concurrency, input);
	return false;
}

void concurrency_forget(struct concurrency *concurrency)
{
	*concurrency = (struct concurrency){ 0 };
}

bool concurrency_learn(struct concurrency *concurrency, const struct concurrency_input *input)
{
	if (input->replicas == 0 || !is_usable(input->utilisation) || !is_usable(input->sessions) ||
		!is_usable(input->queued) || !is_usable(input->rate)) {
		concurrency->full_since = 0;
		concurrency->calm_since = 0;
		return false;
	}
	if (concurrency->limit == 0)
		return begin(concurrency, input);
	return lift(concurrency, input) || step(concurrency, input);
}
