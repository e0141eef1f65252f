/* A load over time and the counts that met it, drawn for a terminal or as SVG. Pure: numbers in, text
 * out. */
#pragma once

#include <dockscale/base/str.h>

#include <stdbool.h>
#include <stdint.h>

#define PLOT_LINES_MAX 4

/* Counts of replicas, one a second. */
struct plot_line {
	const char *name;
	const uint16_t *values;
	unsigned limit; /* more may not be; 0: unknown */
};

struct plot {
	const char *title;
	const float *load; /* each second, times @load_scale: in replicas */
	double load_scale;
	size_t seconds; /* at least 1 */
	struct plot_line lines[PLOT_LINES_MAX];
	size_t n_lines;
};

/* A panel for each line, at most @columns wide; @plain: in ASCII. */
void plot_text(const struct plot *plot, size_t columns, bool plain, struct str *out);
/* A document with everything in one picture. */
void plot_svg(const struct plot *plot, struct str *out);
