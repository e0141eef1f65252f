/* Weights by CPU: the busier of two replicas gets a smaller share, in bounded steps. */
#pragma once

#include <dockscale/base/time.h>
#include <dockscale/core/reading.h>

#include <stddef.h>

#define WEIGHT_BASE 100 /* equal share; HAProxy takes 0..256 and truncates percentages */
#define WEIGHT_MIN  10
#define WEIGHT_MAX  256

struct weight_state {
	usec_t changed_at; /* boot clock; 0: never */
};

/* The part of @weight that a replica gets @age after it joined, when it is to have all of it after
 * @length: a tenth at first, and a tenth more in each tenth of the time. Never 0 of more than 0. */
unsigned weight_ramp(unsigned weight, usec_t age, usec_t length);

/* New weights for @n serving replicas from their utilisations (share of what each may use, mean
 * over some seconds). Moves each weight by a bounded factor towards equal utilisations, at most
 * once in @interval; back towards WEIGHT_BASE when utilisations under equal weights would be equal;
 * nothing moves inside a dead band or while any utilisation is unknown.
 * Returns true when @weights changed. */
bool weight_balance(struct weight_state *state, const struct reading *utilisations,
	unsigned *weights, size_t n, usec_t now, usec_t interval);
