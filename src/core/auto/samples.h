/* The demand of the last minutes, one sample every AUTO_PERIOD, newest first. */
#pragma once

#include <dockscale/core/auto.h>

#include <stddef.h>
#include <stdint.h>

/* The longest horizon (start-up and 48 samples) and the one behind it must fit. */
#define SAMPLES_MAX 80

struct samples {
	float values[SAMPLES_MAX];
	uint64_t count; /* ever */
};

void samples_push(struct samples *samples, double value);

/* How many of the last @n there are. */
size_t samples_known(const struct samples *samples, size_t n);

/* @age 0 is the newest; it must be there. */
double samples_at(const struct samples *samples, size_t age);

/* Over those of the last @n that are there, at least one. */
double samples_mean(const struct samples *samples, size_t n);
double samples_max(const struct samples *samples, size_t n);
double samples_min(const struct samples *samples, size_t n);

/* The least-squares slope a sample; 0 of fewer than three. */
double samples_slope(const struct samples *samples, size_t n);
