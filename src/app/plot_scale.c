/*
 * Scales of a plot. A stretch of time is shown by its largest values: shortages are what one looks
 * for, and a mean would hide them.
 */
#include "app/plot_scale.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <math.h>

#define LIMIT_FAR 2.0 /* a limit that is so many times higher than all else is not drawn */

struct plot_part plot_part(const struct plot *plot, size_t index, size_t n)
{
	struct plot_part part = {
		.from = plot->seconds * index / n,
		.to = plot->seconds * (index + 1) / n,
	};

	if (part.from >= plot->seconds)
		part.from = plot->seconds - 1;
	if (part.to <= part.from)
		part.to = part.from + 1;
	return part;
}

double plot_load(const struct plot *plot, struct plot_part part)
{
	float largest = 0;

	for (size_t t = part.from; t < part.to; t++)
		largest = fmaxf(largest, plot->load[t]);
	return (double)largest * plot->load_scale;
}

double plot_count(const struct plot_line *line, struct plot_part part)
{
	uint16_t largest = 0;

	for (size_t t = part.from; t < part.to; t++)
		if (line->values[t] > largest)
			largest = line->values[t];
	return largest;
}

double plot_top(const struct plot *plot)
{
	struct plot_part all = { 0, plot->seconds };
	double top = fmax(1, plot_load(plot, all));
	double with_limits;

	for (size_t i = 0; i < plot->n_lines; i++)
		top = fmax(top, plot_count(&plot->lines[i], all));
	with_limits = top;
	for (size_t i = 0; i < plot->n_lines; i++)
		if (plot->lines[i].limit <= LIMIT_FAR * top)
			with_limits = fmax(with_limits, plot->lines[i].limit);
	return with_limits;
}

double plot_step(double top, unsigned n)
{
	double step = 1;

	while (top / step > n) {
		if (top / (2 * step) <= n)
			return 2 * step;
		if (top / (5 * step) <= n)
			return 5 * step;
		step *= 10;
	}
	return step;
}

size_t plot_time_step(size_t seconds, unsigned n)
{
	static const size_t steps[] = { 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600,
		43200, 86400 };

	for (size_t i = 0; i < countof(steps); i++)
		if (seconds / steps[i] <= n)
			return steps[i];
	return 86400 * (seconds / ((size_t)86400 * n) + 1);
}

void plot_time(size_t seconds, char text[static 32])
{
	if (seconds == 0)
		(void)mem_strcpy(text, 32, "0");
	else
		format_duration((usec_t)seconds * USEC_PER_SEC, text);
}
