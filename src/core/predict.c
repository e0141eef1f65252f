/*
 * A forecast is the largest demand that is expected within the horizon, and it is judged when that time is
 * over: by how far it was off, and whether more came. So it can be looked at for days before it may do
 * anything, and what it may do then is to keep replicas or to ask for more: one that is wrong costs
 * idle replicas, and no request.
 */
#include <dockscale/core/predict.h>

#include <math.h>

#define ROUNDING     1e-9
#define JUDGED_LEAST 20
#define JUDGED_MOST  500 /* those before it are forgotten, bit by bit */
#define MISSED_BY    0.05 /* of it: nobody is short of a replica for less */
#define COUNT_MOST   1000000.0

static void judge(struct predictor *predictor, const struct lookout_moment *due)
{
	bool missed = due->peak > due->value * (1 + MISSED_BY);
	double share;

	if (predictor->judged < JUDGED_MOST)
		predictor->judged++;
	share = 1.0 / predictor->judged;
	predictor->error += share * (fabs(due->peak - due->value) - predictor->error);
	predictor->missed += share * ((missed ? 1 : 0) - predictor->missed);
}

void predict_push(struct predictor *predictor, const struct predict_settings *settings, usec_t now,
	double demand, double forecast)
{
	struct lookout *lookout = &predictor->lookout;
	struct lookout_moment due;

	predictor->forecast = forecast;
	predictor->known = true;
	lookout_see(lookout, now, demand);
	while (lookout_take(lookout, now, settings->horizon, &due))
		judge(predictor, &due);
	if (lookout_wants(lookout, now, settings->horizon))
		lookout_add(lookout, now, forecast, demand);
}

void predict_skip(struct predictor *predictor)
{
	predictor->known = false;
}

bool predict_is_judged(const struct predictor *predictor)
{
	return predictor->judged >= JUDGED_LEAST;
}

unsigned predict_count(const struct predictor *predictor, double target)
{
	double count = ceil(predictor->forecast / target - ROUNDING);

	if (!predictor->known || count < 1)
		return 0;
	return (unsigned)fmin(count, COUNT_MOST);
}
