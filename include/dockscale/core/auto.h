/* The self-tuning policy: forecasts that are learned while it runs, and many ways to turn them into
 * a count, of which the one that would have been cheapest lately decides. No clock, no
 * allocation, no I/O. */
#pragma once

#include <dockscale/base/time.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Demand is learned from in means of so long. All constants of the method are times of it. */
#define AUTO_PERIOD (5 * USEC_PER_SEC)
/* Between them it is glanced at so often. */
#define AUTO_PART (1 * USEC_PER_SEC)

/* How dear a missing replica is. */
enum caution { CAUTION_NORMAL, CAUTION_CAREFUL, CAUTION_WARY };

struct auto_settings {
	double target; /* utilisation that is meant, over 0 to 1 */
	double caution; /* price of a missing replica against an idle one */
	double change_price; /* of one change of the count, in idle replica-periods */
	double glance; /* a rise between periods counts from so many times the usual noise */
	unsigned min;
	unsigned max;
	bool lean; /* the lean policy alone decides, always: to compare with */
};

/* What was seen since the push before. */
struct auto_input {
	usec_t now; /* boot clock */
	usec_t local; /* local time: since the midnight of some day, counted on */
	double usage; /* replicas' worth of CPU that was used */
	double capacity; /* replicas that serve */
	double backlog; /* replica-seconds of work that waits; below 0: not known */
	usec_t startup; /* from a decision to serving, as measured lately; at most a minute counts */
};

/* Who decided, for people. */
struct auto_verdict {
	unsigned count;
	bool lean; /* the lean policy: too little was seen to forecast from */
	double demand; /* replicas' worth of the newest period */
	double expected; /* that may come within a start-up, as sure as @sureness */
	double sureness; /* 0 to 1 */
	bool by_direction; /* learned from rising, falling or level load apart */
	double kept; /* replicas' worth that it does not go below; 0: see @kept_seconds */
	unsigned kept_seconds; /* of what is expected to come back within; 0: of what is usual */
	double budget; /* surplus that it bears before it goes down, replica-seconds */
};

/* What the knobs mean: the prices and @glance; the caller adds the rest. Chosen on real loads, see
 * docs/quality.md. */
struct auto_settings auto_settings_of(bool calm, enum caution caution);

struct auto_policy;

/* The memory that one service's learning takes, 64 KiB at most: the caller's. */
size_t auto_size(void);
void auto_init(struct auto_policy *policy);

/* Learns, and gives the count within min and max: 1 when there is one, 0 while less than a period was
 * seen. What was not seen (a gap, unknown readings) is not pushed: after more than two periods without a
 * push nothing is compared across the gap. */
int auto_push(struct auto_policy *policy, const struct auto_settings *settings,
	const struct auto_input *input, struct auto_verdict *ret_verdict);

/* The largest demand that is expected by the clock within @ahead of the newest push, replica units; 0:
 * nothing above what there is. */
double auto_burst(const struct auto_policy *policy, usec_t local, usec_t ahead);

/* What was learned, as bytes of this version and this machine: @ret_bytes takes auto_saved_size() of
 * them. */
#define AUTO_SAVED_MAX ((size_t)32 * 1024)
size_t auto_saved_size(void);
void auto_save(const struct auto_policy *policy, void *ret_bytes);
/* Periods that were learned from, ever. */
uint64_t auto_age(const struct auto_policy *policy);
/* False when these are no such bytes; @policy is as it was then. */
bool auto_restore(struct auto_policy *policy, const void *bytes, size_t size);
