/* What came of trials, side by side: for people, as JSON, and as a plot. Pure. */
#pragma once

#include <dockscale/app/plot.h>
#include <dockscale/app/trial.h>

struct trials {
	struct trial items[PLOT_LINES_MAX];
	size_t count;
};

/* The figures as a table, a column each and one for the oracle; below it what went wrong. */
void trials_show(const struct trials *trials, const struct trial_load *load, struct str *out);
/* One object and a line's end. */
void trials_json(const struct trials *trials, const struct trial_load *load, struct str *out);
/* What is to be drawn; it points into the others. */
struct plot trials_plot(const struct trials *trials, const struct trial_load *load);
