/* What both drawings need: the largest of a stretch of time, and steps of an axis. */
#pragma once

#include <dockscale/app/plot.h>

/* Part @index of @n equal parts of the time; it has a second at least. */
struct plot_part {
	size_t from;
	size_t to; /* not in it */
};
struct plot_part plot_part(const struct plot *plot, size_t index, size_t n);

/* The largest in a part. */
double plot_load(const struct plot *plot, struct plot_part part);
double plot_count(const struct plot_line *line, struct plot_part part);

/* What has to fit under the top: load, counts, and the limits that are not far above both. */
double plot_top(const struct plot *plot);

/* A round step of at most @n steps to @top. */
double plot_step(double top, unsigned n);
/* The same in seconds: of minutes, hours and days. */
size_t plot_time_step(size_t seconds, unsigned n);
/* "6h", "1d12h"; "0" */
void plot_time(size_t seconds, char text[static 32]);
