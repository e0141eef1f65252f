/*
 * A ring of demand in replica units. Everything the policy sees of the past is asked here.
 */
#include "samples.h"

#include <math.h>

void samples_push(struct samples *samples, double value)
{
	samples->values[samples->count++ % SAMPLES_MAX] = (float)value;
}

size_t samples_known(const struct samples *samples, size_t n)
{
	if (n > SAMPLES_MAX)
		n = SAMPLES_MAX;
	return samples->count < n ? (size_t)samples->count : n;
}

double samples_at(const struct samples *samples, size_t age)
{
	return (double)samples->values[(samples->count - 1 - age) % SAMPLES_MAX];
}

double samples_mean(const struct samples *samples, size_t n)
{
	double sum = 0;

	n = samples_known(samples, n);
	for (size_t age = 0; age < n; age++)
		sum += samples_at(samples, age);
	return sum / (double)n;
}

double samples_max(const struct samples *samples, size_t n)
{
	double largest = samples_at(samples, 0);

	n = samples_known(samples, n);
	for (size_t age = 1; age < n; age++)
		largest = fmax(largest, samples_at(samples, age));
	return largest;
}

double samples_min(const struct samples *samples, size_t n)
{
	double smallest = samples_at(samples, 0);

	n = samples_known(samples, n);
	for (size_t age = 1; age < n; age++)
		smallest = fmin(smallest, samples_at(samples, age));
	return smallest;
}

double samples_slope(const struct samples *samples, size_t n)
{
	double middle;
	double sum = 0;
	double spread = 0;

	n = samples_known(samples, n);
	if (n < 3)
		return 0;
	middle = ((double)n - 1) / 2;
	for (size_t age = 0; age < n; age++) {
		double at = middle - (double)age; /* later is larger */

		sum += at * samples_at(samples, age);
		spread += at * at;
	}
	return sum / spread;
}
