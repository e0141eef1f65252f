/*
 * A plot of characters: the load as a field, the replicas as a line over it, the limit above. Where the
 * line runs inside the field, replicas are missing.
 */
#include "app/plot_scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS     10
#define LEFT     6 /* columns of the axis */
#define COLUMNS  400 /* more than any terminal shows */
#define NARROW   20
#define TICKS    6
#define TICK_GAP 10 /* columns that a time takes at least */

struct signs {
	const char *load;
	const char *replicas;
	const char *missing; /* the line, where it runs inside the field */
	const char *limit;
	const char *axis;
	const char *corner;
	const char *floor;
};

static const struct signs plain_signs = { ":", "=", "#", "-", "|", "+", "-" };
static const struct signs signs = { "░", "━", "█", "╌", "│", "└", "─" };

/* What is drawn of one line, column by column. */
struct panel {
	const struct signs *signs;
	double top;
	double limit; /* 0: none, or too far above */
	size_t columns;
	double load[COLUMNS];
	double count[COLUMNS];
};

static void measure(const struct plot *plot, const struct plot_line *line, struct panel *panel)
{
	panel->limit = line->limit <= panel->top ? line->limit : 0;
	for (size_t i = 0; i < panel->columns; i++) {
		struct plot_part part = plot_part(plot, i, panel->columns);

		panel->load[i] = plot_load(plot, part);
		panel->count[i] = plot_count(line, part);
	}
}

/* Which row a value is in, 0 at the bottom. */
static size_t row_of(const struct panel *panel, double value)
{
	double row = ceil(value / panel->top * ROWS) - 1;

	return row < 0 ? 0 : (size_t)row;
}

static const char *sign_at(const struct panel *panel, size_t row, size_t column)
{
	double load = panel->load[column];
	double count = panel->count[column];

	if (row_of(panel, count) == row)
		return load > count + 1 ? panel->signs->missing : panel->signs->replicas;
	if (load / panel->top * ROWS >= (double)row + 0.5)
		return panel->signs->load;
	if (panel->limit > 0 && row_of(panel, panel->limit) == row)
		return panel->signs->limit;
	return " ";
}

static void append_row(const struct panel *panel, size_t row, struct str *out)
{
	size_t blanks = 0;

	if (row % 3 == 0 || row + 1 == ROWS)
		str_appendf(out, "%*.0f ", LEFT - 2, panel->top * (double)(row + 1) / ROWS);
	else
		str_appendf(out, "%*s", LEFT - 1, "");
	str_append(out, panel->signs->axis);
	for (size_t i = 0; i < panel->columns; i++) {
		const char *sign = sign_at(panel, row, i);

		if (sign[0] == ' ') {
			blanks++;
			continue;
		}
		str_appendf(out, "%*s%s", (int)blanks, "", sign);
		blanks = 0;
	}
	str_append_char(out, '\n');
}

static void append_times(const struct plot *plot, const struct panel *panel, struct str *out)
{
	size_t columns = panel->columns;
	unsigned most = columns / TICK_GAP > TICKS ? TICKS : (unsigned)(columns / TICK_GAP);
	size_t step = plot_time_step(plot->seconds, most > 0 ? most : 1);
	size_t used = 0;

	str_appendf(out, "%*s%s", LEFT - 1, "", panel->signs->corner);
	for (size_t i = 0; i < columns; i++)
		str_append(out, panel->signs->floor);
	str_appendf(out, "\n%*s", LEFT, "");
	for (size_t at = 0; at < plot->seconds; at += step) {
		size_t column = at * columns / plot->seconds;
		char text[32];

		plot_time(at, text);
		if (column < used || column + strlen(text) > columns)
			continue;
		str_appendf(out, "%*s%s", (int)(column - used), "", text);
		used = column + strlen(text) + 1;
		str_append_char(out, ' ');
	}
	while (out->length > 0 && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	str_append_char(out, '\n');
}

void plot_text(const struct plot *plot, size_t columns, bool plain, struct str *out)
{
	struct panel panel = { .signs = plain ? &plain_signs : &signs, .top = plot_top(plot) };
	const struct signs *with = panel.signs;

	panel.columns = columns > NARROW + LEFT ? columns - LEFT : NARROW;
	if (panel.columns > COLUMNS)
		panel.columns = COLUMNS;
	if (panel.columns > plot->seconds)
		panel.columns = plot->seconds;
	for (size_t i = 0; i < plot->n_lines; i++) {
		const struct plot_line *line = &plot->lines[i];

		measure(plot, line, &panel);
		str_appendf(out,
			"\n%s: replicas %s, load in replicas %s, too few %s, limit %u %s\n",
			line->name, with->replicas, with->load, with->missing, line->limit,
			with->limit);
		for (size_t row = ROWS; row > 0; row--)
			append_row(&panel, row - 1, out);
		append_times(plot, &panel, out);
	}
}
