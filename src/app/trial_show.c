/*
 * Trials side by side. A figure is a row here: its name for people, its key in JSON, its unit, and
 * where it comes from.
 */
#include <dockscale/app/trial_show.h>

#include <dockscale/app/json.h>
#include <dockscale/app/status_json.h>
#include <dockscale/app/table.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <math.h>
#include <stdio.h>

#define HOUR        3600.0
#define JSON_POINTS 720

static double replica_hours(const struct trial *trial)
{
	return trial->score.paid / HOUR;
}

static double cost(const struct trial *trial)
{
	return trial->score.cost;
}

static double under(const struct trial *trial)
{
	return trial->score.under;
}

static double missing(const struct trial *trial)
{
	return trial->score.theta_under;
}

static double late(const struct trial *trial)
{
	return trial->score.late;
}

static double lost(const struct trial *trial)
{
	return trial->score.lost;
}

static double actions(const struct trial *trial)
{
	return trial->score.actions;
}

static double actions_per_hour(const struct trial *trial)
{
	return trial->score.actions_per_hour;
}

static double most(const struct trial *trial)
{
	uint16_t largest = 0;

	for (size_t t = 0; t < trial->seconds; t++)
		if (trial->serving[t] > largest)
			largest = trial->serving[t];
	return largest;
}

static double w20(const struct trial *trial)
{
	return trial->score.w20;
}

static double failed(const struct trial *trial)
{
	return (double)trial->failed;
}

static const struct figure {
	const char *name;
	const char *key;
	int decimals;
	const char *unit;
	double (*of)(const struct trial *trial);
} figures[] = {
	{ "replica-hours", "replica_hours", 1, "", replica_hours },
	{ "  by the oracle's", "cost", 3, "", cost },
	{ "time with too few", "under_percent", 2, " %", under },
	{ "  missing on average", "missing_percent", 2, " %", missing },
	{ "late requests", "late_percent", 2, " %", late },
	{ "  lost", "lost_percent", 2, " %", lost },
	{ "changes of the count", "actions", 0, "", actions },
	{ "  an hour", "actions_per_hour", 1, "", actions_per_hour },
	{ "most replicas", "most_replicas", 0, "", most },
	{ "failed replicas", "failed_replicas", 0, "", failed },
	{ "W20", "w20", 1, " %", w20 },
};

static double oracle_hours(const struct trials *trials)
{
	const struct score *score = &trials->items[0].score;

	return score->cost > 0 ? score->paid / score->cost / HOUR : 0;
}

static double peak_of(const struct trace *trace)
{
	float largest = 0;

	for (size_t t = 0; t < trace->seconds; t++)
		largest = fmaxf(largest, trace->demand[t]);
	return (double)largest / TRACE_TARGET;
}

static void show_load(const struct trial_load *load, struct str *out)
{
	const struct trace *trace = load->trace;
	char text[32];

	format_duration((usec_t)trace->seconds * USEC_PER_SEC, text);
	str_appendf(out, "%s: %s", trace->name, text);
	if ((double)trace->seconds + 1 < trace->recorded_seconds) {
		format_duration((usec_t)trace->recorded_seconds * USEC_PER_SEC, text);
		str_appendf(out, " of %s", text);
	}
	format_duration(load->startup, text);
	str_appendf(out, ", up to %.1f replicas at %.0f%% each, which take %s to start\n\n",
		peak_of(trace), 100 * TRACE_TARGET, text);
}

static void add_figure(
	struct table *table, const struct trials *trials, const struct figure *figure)
{
	table_add(table, "%s", figure->name);
	for (size_t i = 0; i < trials->count; i++)
		table_add(table, "%.*f%s", figure->decimals, figure->of(&trials->items[i]),
			figure->unit);
}

static void add_oracle(struct table *table, const struct trials *trials, size_t figure)
{
	if (figure == 0)
		table_add(table, "%.1f", oracle_hours(trials));
	else if (figure == 1)
		table_add(table, "1");
	else
		table_add(table, "-");
}

void trials_show(const struct trials *trials, const struct trial_load *load, struct str *out)
{
	struct table table = { .n_columns = trials->count + 2 };

	show_load(load, out);
	table_add(&table, "%s", "");
	for (size_t i = 0; i < trials->count; i++)
		table_add(&table, "%s", trials->items[i].name);
	table_add(&table, "oracle");
	for (size_t i = 0; i < countof(figures); i++) {
		add_figure(&table, trials, &figures[i]);
		add_oracle(&table, trials, i);
	}
	table_print(&table, "", out);
	table_finish(&table);
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].problem[0] != '\0')
			str_appendf(out, "\n%s: it ends with a problem: %s\n",
				trials->items[i].name, trials->items[i].problem);
}

static void append_trial(const struct trial *trial, struct str *out)
{
	json_begin(out, NULL, '{');
	json_text(out, "name", trial->name);
	json_text(out, "policy", status_json_policy(trial->settings->policy_type));
	json_integer(out, "min", trial->settings->min);
	json_integer(out, "max", trial->settings->max);
	for (size_t i = 0; i < countof(figures); i++)
		json_number(out, figures[i].key, figures[i].of(trial));
	json_text_or_null(out, "problem", trial->problem);
	json_end(out, '}');
}

/* The largest of each stretch, as in a plot. */
static void append_series(
	const struct trials *trials, const struct trial_load *load, struct str *out)
{
	size_t seconds = load->trace->seconds;
	size_t step = (seconds + JSON_POINTS - 1) / JSON_POINTS;

	json_begin(out, "series", '{');
	json_integer(out, "step_seconds", (int64_t)step);
	json_begin(out, "load", '[');
	for (size_t from = 0; from < seconds; from += step) {
		float largest = 0;

		for (size_t t = from; t < from + step && t < seconds; t++)
			largest = fmaxf(largest, load->trace->demand[t]);
		json_number(out, NULL, round((double)largest / TRACE_TARGET * 1000) / 1000);
	}
	json_end(out, ']');
	json_begin(out, "replicas", '[');
	for (size_t i = 0; i < trials->count; i++) {
		json_begin(out, NULL, '[');
		for (size_t from = 0; from < seconds; from += step) {
			uint16_t largest = 0;

			for (size_t t = from; t < from + step && t < seconds; t++)
				if (trials->items[i].serving[t] > largest)
					largest = trials->items[i].serving[t];
			json_integer(out, NULL, largest);
		}
		json_end(out, ']');
	}
	json_end(out, ']');
	json_end(out, '}');
}

void trials_json(const struct trials *trials, const struct trial_load *load, struct str *out)
{
	json_begin(out, NULL, '{');
	json_begin(out, "load", '{');
	json_text(out, "name", load->trace->name);
	json_integer(out, "seconds", (int64_t)load->trace->seconds);
	json_number(out, "recorded_seconds", load->trace->recorded_seconds);
	json_number(out, "most_replicas", peak_of(load->trace));
	json_end(out, '}');
	json_number(out, "start_up_seconds", (double)load->startup / (double)USEC_PER_SEC);
	json_integer(out, "seed", (int64_t)load->seed);
	json_number(out, "oracle_replica_hours", oracle_hours(trials));
	json_begin(out, "configurations", '[');
	for (size_t i = 0; i < trials->count; i++)
		append_trial(&trials->items[i], out);
	json_end(out, ']');
	append_series(trials, load, out);
	json_end(out, '}');
	str_append_char(out, '\n');
}

struct plot trials_plot(const struct trials *trials, const struct trial_load *load)
{
	struct plot plot = {
		.title = load->trace->name,
		.load = load->trace->demand,
		.load_scale = 1 / TRACE_TARGET,
		.seconds = load->trace->seconds,
		.n_lines = trials->count,
	};

	for (size_t i = 0; i < trials->count; i++)
		plot.lines[i] = (struct plot_line){
			.name = trials->items[i].name,
			.values = trials->items[i].serving,
			.limit = trials->items[i].settings->max,
		};
	return plot;
}
