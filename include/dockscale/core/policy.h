/* Scaling policies behind one table: inputs, state, decision. No clock, no memory, no I/O. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/adaptive.h>
#include <dockscale/core/auto.h>
#include <dockscale/core/decision.h>
#include <dockscale/core/demand.h>
#include <dockscale/core/predict.h>
#include <dockscale/core/window.h>

#include <stddef.h>

/* What is done without readings of a metric. Nothing goes down on it, whatever is said here. */
enum missing {
	MISSING_HOLD, /* the count is held */
	MISSING_LAST, /* the last reading may still be a reason to go up */
	MISSING_COUNT, /* after a while so many replicas at least */
};

struct missing_rule {
	enum missing what;
	unsigned count;
};

/* Before that a reading is late, and not missing: a replica joined, the machine was busy. */
#define MISSING_PATIENCE (30 * USEC_PER_SEC)

/* What one metric asks for. */
struct metric_settings {
	bool enabled;
	double target; /* over 0, target policy */
	double high; /* 0..1, threshold policy: up above it */
	double low; /* 0..1, threshold policy: down below it */
	bool scale_down; /* may this metric be a reason to go down? If not, it only has
				    * to agree: memory rarely shrinks */
	usec_t stabilization_down; /* the largest wish of that time counts downwards */
	usec_t stabilization_up; /* the smallest wish of that time counts upwards */
	struct missing_rule missing;
};

struct policy_settings {
	struct metric_settings metric[METRIC_COUNT]; /* by enum metric */
	double tolerance; /* target: no change within it, 0..1 */
	unsigned scale_up_amount; /* threshold */
	unsigned scale_down_amount; /* threshold */
	usec_t cooldown; /* threshold: after any change */
	usec_t cooldown_up; /* all: upwards, after any change but one down: a wrong step down
			     * is put right at once */
	usec_t cooldown_down; /* all: after any change, downwards */
	unsigned min; /* as they hold now: 0 is for schedules */
	unsigned max;
	unsigned min_by; /* 0: the service's own; else the number of the schedule that sets it */
	unsigned max_by;
	unsigned flap_budget; /* turns downwards within an hour; 0: no limit */
	unsigned max_step_up; /* 0: no limit */
	unsigned max_step_down; /* 0: no limit */
	struct auto_settings self_tuning; /* auto */
	struct adaptive_settings adaptive; /* threshold */
	struct predict_settings predict; /* all */
};

struct policy_input {
	usec_t now; /* boot clock */
	unsigned count; /* replicas that are or will soon be serving: the count to change */
	unsigned ready; /* replicas that serve */
	usec_t local; /* local time of day and date, see struct auto_input */
	usec_t startup; /* from a decision to serving, as measured lately */
	struct reading backlog; /* work that waits, replica-seconds; auto alone looks at it */
	struct auto_policy
		*self_tuning; /* what auto has learned; it learns on. Where a prediction is
					  * made it is learned with other policies as well */
	struct predictor *predictor; /* NULL: nothing is predicted */
	struct adaptive *adaptive; /* threshold, the same; NULL: nothing is learned */
	struct demand demand[METRIC_COUNT];
};

/* The largest (or smallest) wish of a window, in slots of 1/(POLICY_WISHES - 1) of it, so that hours
 * need no more memory than seconds. May be copied and moved as a value. */
#define POLICY_WISHES 64

struct wish_window {
	struct window_span spans[POLICY_WISHES];
	struct window window;
	usec_t began; /* first push; before began + length the window is not filled */
	bool primed;
	bool smallest; /* the smallest wish counts, not the largest */
	bool blind; /* since the newest wish there was a tick without one */
};

/* The last turns downwards. */
#define FLAPS_MAX 32

struct flaps {
	usec_t at[FLAPS_MAX]; /* boot clock; ring */
	unsigned count; /* ever */
};

struct policy_state {
	usec_t changed_at; /* last change of the count, boot clock; USEC_NEVER: none yet */
	int changed_to; /* direction of it: -1, 0, 1 */
	bool settled; /* auto: the window downwards was full since the state began */
	struct flaps flaps;
	usec_t missing_since[METRIC_COUNT]; /* boot clock; 0: it was read */
	struct demand last[METRIC_COUNT]; /* as it was read last */
	struct wish_window down[METRIC_COUNT];
	struct wish_window up[METRIC_COUNT];
};

struct policy {
	const char *name;
	/* Mandatory. Gives the wish, and the count after the policy's own limits; may write only
	 * @state and what @input has of its learning. Same input and state, same decision. */
	struct decision (*decide)(const struct policy_settings *settings,
		struct policy_state *state, const struct policy_input *input);
};

extern const struct policy policy_target;
extern const struct policy policy_threshold;
extern const struct policy policy_auto;

void policy_state_init(struct policy_state *state, const struct policy_settings *settings);

/* The policy's wish, then the limits that hold for all, in this order: nothing goes down without
 * readings, on_missing, prediction, min and max, step limits, cooldowns, flap budget, and min and max again, which nothing overrides
 * (max before min). decision.count is final, decision.wish what the policy wanted, decision.limit
 * the last limit that changed it. A decision whose count differs from input->count is taken as
 * carried out: it starts the cooldowns. What nobody read is first taken as on_missing says. */
struct decision policy_decide(const struct policy *policy, const struct policy_settings *settings,
	struct policy_state *state, const struct policy_input *input);
