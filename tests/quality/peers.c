/*
 * Peers, written from their published rules: the classic threshold, Kubernetes' horizontal pod
 * autoscaler (its algorithm's page, 1.29), Knative's KPA (its autoscaling pages, 1.12), Nomad's
 * target-value strategy, AWS target tracking (its user guide), and an oracle that knows the future.
 */
#include "rules.h"

#include <dockscale/base/mem.h>

#include <math.h>
#include <string.h>

#define PERIOD   5 /* seconds of a sample of the CPU */
#define RING     128 /* samples */
#define ROUNDING 1e-9

/* Samples of five seconds: utilisation of what was ready, and use. */
struct ring {
	double used[RING];
	double ready[RING];
	double concurrency[RING];
	double used_now;
	double ready_now;
	double concurrency_now;
	size_t count;
};

static void ring_push(struct ring *ring, const struct view *view)
{
	ring->used_now += view->used / PERIOD;
	ring->ready_now += (double)view->ready / PERIOD;
	ring->concurrency_now += (view->used + 10 * view->queue) / PERIOD;
	if (view->second % PERIOD != PERIOD - 1)
		return;
	ring->used[ring->count % RING] = ring->used_now;
	ring->ready[ring->count % RING] = ring->ready_now;
	ring->concurrency[ring->count % RING] = ring->concurrency_now;
	ring->used_now = ring->ready_now = ring->concurrency_now = 0;
	ring->count++;
}

/* Of the @n samples before the newest @lag; fewer where there are not so many. */
static double mean_of(
	const struct ring *ring, const double values[static RING], size_t n, size_t lag)
{
	double sum = 0;
	size_t found = 0;

	for (size_t age = lag; age < lag + n && age < ring->count; age++, found++)
		sum += values[(ring->count - 1 - age) % RING];
	return found > 0 ? sum / (double)found : 0;
}

static double utilisation(const struct ring *ring, size_t n, size_t lag)
{
	double ready = mean_of(ring, ring->ready, n, lag);

	return ready > 0 ? mean_of(ring, ring->used, n, lag) / ready : 0;
}

static bool is_time(const struct view *view, size_t every)
{
	return (view->second + 1) % every == 0;
}

/* What was recommended lately. */
#define RECOMMENDATIONS 256

struct peer {
	struct ring ring;
	const struct rule *rule;
	const struct trace *trace;
	unsigned startup;
	unsigned count;
	size_t changed_at;
	bool changed;
	bool panics;
	size_t panicked_at;
	unsigned panic_count;
	unsigned above;
	unsigned below;
	unsigned recommendations[RECOMMENDATIONS];
	size_t n_recommendations;
};

static void *begin(const struct rule *rule, const struct trace *trace, unsigned startup)
{
	struct peer *peer = mem_zero(1, sizeof(*peer));

	peer->rule = rule;
	peer->trace = trace;
	peer->startup = startup;
	return peer;
}

static bool rests(const struct peer *peer, const struct view *view, double seconds)
{
	return peer->changed && (double)(view->second - peer->changed_at) < seconds;
}

static unsigned change(struct peer *peer, const struct view *view, unsigned from, unsigned to)
{
	if (to < 1)
		to = 1;
	if (to != from) {
		peer->changed = true;
		peer->changed_at = view->second;
	}
	return to;
}

/* a: high, b: low, c: cooldown. */
static unsigned decide_threshold(void *state, const struct view *view)
{
	struct peer *peer = state;
	unsigned count = view->ready + view->starting;
	double now;

	ring_push(&peer->ring, view);
	if (!is_time(view, 5) || rests(peer, view, peer->rule->c))
		return count;
	now = utilisation(&peer->ring, 3, 0);
	if (now > peer->rule->a)
		return change(peer, view, count, count + 1);
	if (now < peer->rule->b)
		return change(peer, view, count, count - 1);
	return count;
}

static unsigned largest_since(struct peer *peer, unsigned wish, double seconds, size_t every)
{
	size_t n = (size_t)(seconds / (double)every);
	unsigned largest = wish;

	peer->recommendations[peer->n_recommendations++ % RECOMMENDATIONS] = wish;
	for (size_t age = 0; age <= n && age < peer->n_recommendations && age < RECOMMENDATIONS;
		age++) {
		unsigned earlier = peer->recommendations[(peer->n_recommendations - 1 - age) %
							 RECOMMENDATIONS];

		largest = earlier > largest ? earlier : largest;
	}
	return largest;
}

/* Unready ones count as idle when it would go up: the change may turn or vanish then. */
static unsigned hpa_wish(const struct view *view, double used, double target, double tolerance)
{
	unsigned count = view->ready + view->starting;
	double ratio = used / target;
	double with_all;

	if (fabs(ratio - 1) <= tolerance)
		return count;
	if (view->starting == 0 || ratio < 1)
		return (unsigned)ceil(ratio * view->ready - ROUNDING);
	with_all = ratio * view->ready / count;
	if (with_all < 1 || fabs(with_all - 1) <= tolerance)
		return count;
	return (unsigned)ceil(with_all * count - ROUNDING);
}

/* a: target, b: seconds between decisions and of its metric, c: stabilisation, d: tolerance. */
static unsigned decide_hpa(void *state, const struct view *view)
{
	struct peer *peer = state;
	const struct rule *rule = peer->rule;
	size_t every = (size_t)rule->b;
	unsigned count = view->ready + view->starting;
	unsigned most = 2 * count > count + 4 ? 2 * count : count + 4;
	double used; /* share of what those that are ready now may use */
	unsigned wish;

	ring_push(&peer->ring, view);
	if (!is_time(view, every))
		return count;
	used = mean_of(&peer->ring, peer->ring.used, every > 5 ? 3 : 2, every > 5) / view->ready;
	wish = hpa_wish(view, used, rule->a, rule->d);
	wish = wish < 1 ? 1 : wish > most ? most : wish;
	if (largest_since(peer, wish, rule->c, every) < count)
		return largest_since(peer, wish, rule->c, every);
	return wish > count ? wish : count;
}

/* a: target; stable window 60 s, panic from twice the ready ones, down to a half at most. */
static unsigned decide_kpa(void *state, const struct view *view)
{
	struct peer *peer = state;
	unsigned count = view->ready + view->starting;
	double stable;
	double panic;
	unsigned stable_count;
	unsigned panic_count;

	ring_push(&peer->ring, view);
	if (!is_time(view, 5))
		return count;
	stable = mean_of(&peer->ring, peer->ring.concurrency, 12, 0);
	panic = (5 * mean_of(&peer->ring, peer->ring.concurrency, 1, 0) +
			mean_of(&peer->ring, peer->ring.concurrency, 1, 1)) /
		6;
	stable_count = (unsigned)ceil(stable / peer->rule->a - ROUNDING);
	panic_count = (unsigned)ceil(panic / peer->rule->a - ROUNDING);
	if (stable_count < view->ready / 2)
		stable_count = view->ready / 2;
	if (panic_count >= 2 * view->ready) {
		if (!peer->panics)
			peer->panic_count = 0;
		peer->panics = true;
		peer->panicked_at = view->second;
	} else if (peer->panics && view->second - peer->panicked_at >= 60) {
		peer->panics = false;
	}
	if (!peer->panics)
		return stable_count < 1 ? 1 : stable_count;
	if (panic_count > peer->panic_count)
		peer->panic_count = panic_count;
	if (count > peer->panic_count)
		peer->panic_count = count;
	return peer->panic_count < 1 ? 1 : peer->panic_count;
}

/* a: target, b: cooldown. */
static unsigned decide_nomad(void *state, const struct view *view)
{
	struct peer *peer = state;
	unsigned count = view->ready + view->starting;
	double factor;

	ring_push(&peer->ring, view);
	if (!is_time(view, 10) || rests(peer, view, peer->rule->b))
		return count;
	factor = utilisation(&peer->ring, 12, 0) / peer->rule->a;
	if (fabs(factor - 1) <= 0.01)
		return count;
	return change(peer, view, count, (unsigned)ceil(count * factor - ROUNDING));
}

/* a: target; one-minute alarms, three above, fifteen below nine tenths. */
static unsigned decide_aws(void *state, const struct view *view)
{
	struct peer *peer = state;
	unsigned count = view->ready + view->starting;
	double now;
	unsigned wish;

	ring_push(&peer->ring, view);
	if (!is_time(view, 60))
		return count;
	now = utilisation(&peer->ring, 12, 0);
	peer->above = now > peer->rule->a ? peer->above + 1 : 0;
	peer->below = now < 0.9 * peer->rule->a ? peer->below + 1 : 0;
	wish = (unsigned)ceil(view->ready * now / peer->rule->a - ROUNDING);
	if (peer->above >= 3)
		return wish > count ? wish : count;
	if (peer->below >= 15) {
		peer->below = 0;
		return wish < 1 ? 1 : wish < count ? wish : count;
	}
	return count;
}

/* a: seconds that it holds. */
static unsigned decide_oracle(void *state, const struct view *view)
{
	const struct peer *peer = state;
	unsigned count =
		score_oracle(peer->trace, view->second, peer->startup, (size_t)peer->rule->a);

	return count > 0 ? count : view->ready + view->starting;
}

static void end(void *state)
{
	free(state);
}

const struct rule quality_peers[] = {
	{ "oracle", begin, decide_oracle, end, .a = 0 },
	{ "oracle, holds 60 s", begin, decide_oracle, end, .a = 60 },
	{ "threshold 80/70, 300 s", begin, decide_threshold, end, .a = 0.8, .b = 0.7, .c = 300 },
	{ "HPA 50", begin, decide_hpa, end, .a = 0.5, .b = 15, .c = 300, .d = 0.1 },
	{ "HPA 60", begin, decide_hpa, end, .a = 0.6, .b = 15, .c = 300, .d = 0.1 },
	{ "HPA 70", begin, decide_hpa, end, .a = 0.7, .b = 15, .c = 300, .d = 0.1 },
	{ "HPA 80", begin, decide_hpa, end, .a = 0.8, .b = 15, .c = 300, .d = 0.1 },
	{ "HPA hand-tuned 70", begin, decide_hpa, end, .a = 0.7, .b = 5, .c = 60, .d = 0.01 },
	{ "HPA hand-tuned 60", begin, decide_hpa, end, .a = 0.6, .b = 5, .c = 60, .d = 0.01 },
	{ "KPA", begin, decide_kpa, end, .a = 0.7 },
	{ "Nomad 70, 300 s", begin, decide_nomad, end, .a = 0.7, .b = 300 },
	{ "Nomad 70, 60 s", begin, decide_nomad, end, .a = 0.7, .b = 60 },
	{ "AWS target tracking 50", begin, decide_aws, end, .a = 0.5 },
	{ "AWS target tracking 70", begin, decide_aws, end, .a = 0.7 },
};
const size_t quality_peers_count = countof(quality_peers);
