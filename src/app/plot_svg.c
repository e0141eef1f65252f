/*
 * A plot as SVG: the load as a grey field, a line of replicas for each configuration in its colour, its
 * limit dashed. It needs nothing from outside and shows on white.
 */
#include "app/plot_scale.h"

#define WIDTH       960
#define HEIGHT      400
#define LEFT        56
#define RIGHT       16
#define TOP         56
#define BOTTOM      40
#define PARTS       800 /* more than pixels show */
#define TICKS       8
#define Y_TICKS     6
#define PLOT_WIDTH  ((double)(WIDTH - LEFT - RIGHT))
#define PLOT_HEIGHT ((double)(HEIGHT - TOP - BOTTOM))

static const char *const colours[PLOT_LINES_MAX] = { "#1f5fbf", "#c2410c", "#15803d", "#7e22ce" };

static double x_of(const struct plot *plot, size_t second)
{
	return LEFT + PLOT_WIDTH * (double)second / (double)plot->seconds;
}

static double y_of(double top, double value)
{
	return TOP + PLOT_HEIGHT * (1 - value / top);
}

static size_t parts_of(const struct plot *plot)
{
	return plot->seconds < PARTS ? plot->seconds : PARTS;
}

static void append_axes(const struct plot *plot, double top, struct str *out)
{
	double step = plot_step(top, Y_TICKS);
	size_t time_step = plot_time_step(plot->seconds, TICKS);

	for (unsigned i = 0; i * step <= top; i++) {
		double y = y_of(top, i * step);

		str_appendf(out,
			"<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#e5e5e5'/>"
			"<text x='%d' y='%.1f' text-anchor='end'>%.0f</text>\n",
			LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, i * step);
	}
	for (size_t at = 0; at < plot->seconds; at += time_step) {
		char text[32];

		plot_time(at, text);
		str_appendf(out, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n",
			x_of(plot, at), HEIGHT - BOTTOM + 18, text);
	}
}

static void append_load(const struct plot *plot, double top, struct str *out)
{
	size_t n = parts_of(plot);

	str_appendf(out, "<path fill='#d4d4d8' d='M%d,%.1f", LEFT, y_of(top, 0));
	for (size_t i = 0; i < n; i++) {
		struct plot_part part = plot_part(plot, i, n);
		double y = y_of(top, plot_load(plot, part));

		str_appendf(out, " L%.1f,%.1f L%.1f,%.1f", x_of(plot, part.from), y,
			x_of(plot, part.to), y);
	}
	str_appendf(out, " L%d,%.1f Z'/>\n", WIDTH - RIGHT, y_of(top, 0));
}

static void append_line(const struct plot *plot, size_t index, double top, struct str *out)
{
	const struct plot_line *line = &plot->lines[index];
	size_t n = parts_of(plot);

	if (line->limit > 0 && line->limit <= top)
		str_appendf(out,
			"<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='%s' "
			"stroke-dasharray='6 4'/>\n",
			LEFT, WIDTH - RIGHT, y_of(top, line->limit), y_of(top, line->limit),
			colours[index]);
	str_appendf(out, "<path fill='none' stroke='%s' stroke-width='1.5' d='", colours[index]);
	for (size_t i = 0; i < n; i++) {
		struct plot_part part = plot_part(plot, i, n);
		double y = y_of(top, plot_count(line, part));

		str_appendf(out, "%c%.1f,%.1f L%.1f,%.1f ", i == 0 ? 'M' : 'L',
			x_of(plot, part.from), y, x_of(plot, part.to), y);
	}
	str_append(out, "'/>\n");
}

static void append_legend(const struct plot *plot, struct str *out)
{
	int x = LEFT + 150;

	str_appendf(out,
		"<rect x='%d' y='34' width='18' height='10' fill='#d4d4d8'/>"
		"<text x='%d' y='44'>load, in replicas</text>\n",
		LEFT, LEFT + 24);
	for (size_t i = 0; i < plot->n_lines; i++, x += (WIDTH - LEFT - 150) / PLOT_LINES_MAX) {
		str_appendf(out,
			"<line x1='%d' x2='%d' y1='40' y2='40' stroke='%s' stroke-width='3'/>"
			"<text x='%d' y='44'>",
			x, x + 18, colours[i], x + 24);
		str_append_xml(out, plot->lines[i].name);
		if (plot->lines[i].limit > 0)
			str_appendf(out, ", limit %u", plot->lines[i].limit);
		str_append(out, "</text>\n");
	}
}

void plot_svg(const struct plot *plot, struct str *out)
{
	double top = plot_top(plot) * 1.05;

	str_appendf(out,
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' "
		"font-family='sans-serif' font-size='12' fill='#333333'>\n"
		"<rect width='%d' height='%d' fill='#ffffff'/>\n"
		"<text x='%d' y='20' font-size='15' font-weight='bold'>",
		WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT);
	str_append_xml(out, plot->title);
	str_append(out, "</text>\n");
	append_axes(plot, top, out);
	append_load(plot, top, out);
	for (size_t i = 0; i < plot->n_lines; i++)
		append_line(plot, i, top, out);
	append_legend(plot, out);
	str_append(out, "</svg>\n");
}
