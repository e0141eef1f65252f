/*
 * From requests to work. What a request costs and how long it stays is measured on the service
 * itself, slowly, because requests differ; what waits is counted now.
 */
#include <dockscale/core/backlog.h>

#include <math.h>

#define MEMORY_SECONDS 30.0
#define GAP            (60 * USEC_PER_SEC) /* longer, and a push tells nothing of the time before it */
#define SECONDS_LEAST  5.0
#define RATE_LEAST     0.01 /* requests a second: fewer tell nothing of what one costs */
#define ROOM           0.8 /* below this utilisation nobody waits inside */
#define FULL           0.95

static void average(double *mean, double value, double share)
{
	*mean += share * (value - *mean);
}

/* Exact means at first, then those of the last half minute. */
static double share_of(double *seconds, double span)
{
	*seconds += span;
	return fmax(span / *seconds, 1 - exp(-span / MEMORY_SECONDS));
}

static void learn(struct backlog *backlog, const struct backlog_input *input, double span)
{
	double share = share_of(&backlog->seconds, span);

	average(&backlog->used, input->used.value, share);
	average(&backlog->rate, input->rate.value, share);
	if (!reading_is_known(input->sessions) || input->utilisation.value > ROOM)
		return;
	share = share_of(&backlog->calm_seconds, span);
	average(&backlog->calm_rate, input->rate.value, share);
	average(&backlog->calm_sessions, input->sessions.value, share);
}

/* Seconds that a request stays while there is room; 0: not known. */
static double usual_stay(const struct backlog *backlog)
{
	if (backlog->calm_seconds < SECONDS_LEAST || backlog->calm_rate < RATE_LEAST)
		return 0;
	return backlog->calm_sessions / backlog->calm_rate;
}

/* Requests that wait inside of replicas that are full. */
static double waiting_inside(
	const struct backlog *backlog, const struct backlog_input *input, double stay)
{
	double rate = backlog->rate;

	if (stay <= 0 || !reading_is_known(input->sessions) ||
		!reading_is_known(input->utilisation) || input->utilisation.value < FULL)
		return 0;
	if (reading_is_known(input->rate))
		rate = fmax(rate, input->rate.value);
	return fmax(0, input->sessions.value - rate * stay);
}

/* A replica that has just joined has no rate for a moment: what was learned before it holds on. */
struct reading backlog_push(struct backlog *backlog, const struct backlog_input *input)
{
	bool recent = backlog->at > 0 && input->now - backlog->at <= GAP;
	double horizon = (double)BACKLOG_STAY / (double)USEC_PER_SEC;
	double requests;
	double stay;

	if (reading_is_known(input->used) && reading_is_known(input->utilisation) &&
		reading_is_known(input->rate)) {
		if (recent && input->now > backlog->at)
			learn(backlog, input,
				(double)(input->now - backlog->at) / (double)USEC_PER_SEC);
		backlog->at = input->now;
	}
	if (!reading_is_known(input->queued) || !recent || backlog->seconds < SECONDS_LEAST ||
		backlog->rate < RATE_LEAST)
		return reading_unknown();
	stay = usual_stay(backlog);
	requests = input->queued.value + waiting_inside(backlog, input, stay);
	return reading_known(
		requests * backlog->used / backlog->rate * horizon / fmax(stay, horizon));
}
