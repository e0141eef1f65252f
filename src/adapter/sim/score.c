/*
 * The accounts of a comparison: each second is entered once, shares and rates come at the end. And the
 * one that all are measured by: it knows the future, and starts each replica just in time.
 */
#include <dockscale/adapter/sim/score.h>

#include <math.h>

#define LATE_SECONDS  0.5
#define MISSING_PRICE 20.0
#define ORACLE_EVERY  5 /* seconds between its decisions */
#define ORACLE_MARGIN 6 /* seconds that it is early, up to the end of a block of ORACLE_EVERY */
#define HOUR_SECONDS  3600.0

static void count_replicas(struct score *score, const struct score_second *second)
{
	double supply = second->serving;
	double need = second->wanted;

	score->wanted += need;
	score->paid += supply + second->idle;
	score->idle += second->idle;
	if (supply > need) {
		score->idle += supply - need;
		score->theta_over += (supply - need) / need;
		score->over++;
	} else if (supply < need) {
		score->missing += need - supply;
		score->theta_under += (need - supply) / need;
		score->under++;
	}
}

void score_push(struct score *score, const struct score_second *second)
{
	bool late = second->waiting > LATE_SECONDS * second->capacity;

	count_replicas(score, second);
	score->seconds++;
	score->arrived += second->arrived;
	score->lost += second->lost;
	score->late += late ? fmax(second->arrived, second->lost) : second->lost;
	score->actions += second->acted;
}

void score_finish(struct score *score)
{
	double to_percent = score->seconds > 0 ? 100 / score->seconds : 0;
	double arrived_to_percent = score->arrived > 0 ? 100 / score->arrived : 0;

	if (score->wanted > 0)
		score->w20 = 100 * (score->idle + MISSING_PRICE * score->missing) / score->wanted;
	score->under *= to_percent;
	score->over *= to_percent;
	score->theta_under *= to_percent;
	score->theta_over *= to_percent;
	score->late *= arrived_to_percent;
	score->lost *= arrived_to_percent;
	if (score->seconds > 0)
		score->actions_per_hour = score->actions * HOUR_SECONDS / score->seconds;
}

unsigned score_oracle(const struct trace *trace, size_t second, unsigned startup, size_t held)
{
	size_t now = second + 1;
	size_t blocks = ((size_t)startup + ORACLE_MARGIN + ORACLE_EVERY - 1) / ORACLE_EVERY;

	if (now % ORACLE_EVERY != 0)
		return 0;
	return trace_wanted_between(
		trace, now > held ? now - held : 0, now + ORACLE_EVERY * blocks);
}

double score_oracle_paid(const struct trace *trace, unsigned startup, unsigned most)
{
	unsigned count = trace_first_count(trace, most);
	double paid = 0;

	for (size_t t = 0; t < trace->seconds; t++) {
		unsigned next = score_oracle(trace, t, startup, 0);

		paid += count;
		if (next > 0)
			count = next < most ? next : most;
	}
	return paid;
}
