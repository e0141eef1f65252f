/* Thresholds that are learned: how much demand grows while a replica starts says how full those that
 * serve may get before the next one is begun. Pure. */
#pragma once

#include <dockscale/core/lookout.h>

#include <stdbool.h>

/* Zero at first. May be copied. */
struct adaptive {
	struct lookout lookout;
	unsigned learned; /* from so many start-ups' time, up to a limit */
	double size; /* mean growth, as a logarithm */
	double growth; /* quantile of it */
};

struct adaptive_settings {
	bool learn;
	double sureness; /* 0..1: so often demand grows by no more */
	double margin; /* utilisation, 0..1: between the thresholds after a step down */
};

/* Demand at @now, on replicas that were all read; @startup: from a decision to serving. What is not
 * pushed for a while was not seen, and nothing is compared across it. */
void adaptive_push(struct adaptive *adaptive, const struct adaptive_settings *settings, usec_t now,
	usec_t startup, double demand);

/* Was enough seen? */
bool adaptive_is_ready(const struct adaptive *adaptive);

/* By so much demand may grow within a start-up: 1 is not at all. For small services, of which a single
 * request is a large part, it is counted on so much more demand. */
double adaptive_growth(const struct adaptive *adaptive);

/* The utilisation of @count replicas up to which they could serve what may come while another one
 * starts. */
double adaptive_high(const struct adaptive *adaptive, unsigned count);

/* The utilisation below which @step replicas fewer would still be the margin below @high; 0: none is
 * to go. */
double adaptive_low(
	const struct adaptive_settings *settings, double high, unsigned count, unsigned step);
