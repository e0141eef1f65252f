/*
 * The table. Means are over the traces but the violent two, which would drown the others: they have
 * columns of their own.
 */
#include "table.h"

#include <dockscale/base/str.h>
#include <dockscale/core/auto.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const violent[] = { "azure_llm2023_code", "cc_cluster39" };

#define VIOLENT (sizeof(violent) / sizeof(violent[0]))

static bool is_violent(const struct trace *trace)
{
	for (size_t i = 0; i < VIOLENT; i++)
		if (strncmp(trace->name, violent[i], strlen(violent[i])) == 0)
			return true;
	return false;
}

static void add(struct score *sum, const struct score *score)
{
	sum->theta_under += score->theta_under;
	sum->theta_over += score->theta_over;
	sum->under += score->under;
	sum->over += score->over;
	sum->late += score->late;
	sum->lost += score->lost;
	sum->actions_per_hour += score->actions_per_hour;
	sum->w20 += score->w20;
	sum->cost += score->cost;
}

static struct score scaled(struct score sum, double by)
{
	sum.theta_under *= by;
	sum.theta_over *= by;
	sum.under *= by;
	sum.over *= by;
	sum.late *= by;
	sum.lost *= by;
	sum.actions_per_hour *= by;
	sum.w20 *= by;
	sum.cost *= by;
	return sum;
}

static struct score score_of(const struct bench *bench, size_t rule, size_t trace)
{
	struct score score = bench->scores[rule][trace];

	score.cost = score.paid / bench->scores[0][trace].paid;
	return score;
}

/* Over all, where all are violent. */
static struct score mean_of(const struct bench *bench, size_t rule)
{
	struct score sum = { 0 };
	size_t n = 0;

	for (int pass = 0; pass < 2 && n == 0; pass++)
		for (size_t i = 0; i < bench->n_traces; i++) {
			struct score score = score_of(bench, rule, i);

			if (pass == 0 && is_violent(bench->traces[i]))
				continue;
			add(&sum, &score);
			n++;
		}
	return scaled(sum, 1 / (double)n);
}

static void print_row(const char *name, const struct score *score)
{
	(void)printf("%-28.28s %7.2f %7.2f %7.2f %7.2f %7.3f %7.2f %7.2f %8.1f %8.2f", name,
		score->theta_under, score->theta_over, score->under, score->over, score->cost,
		score->lost, score->late, score->actions_per_hour, score->w20);
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a second of our policy costs, the plant's share with it. */
static void print_speed(const struct bench *bench)
{
	size_t rule = bench->n_rules - 1;
	double began = seconds();

	(void)plant_run(bench->traces[0], &bench->rules[rule], bench->startup);
	(void)printf("\na second of %s costs %.2f microseconds\n", bench->rules[rule].name,
		(seconds() - began) * 1e6 / (double)bench->traces[0]->seconds);
}

static bool beats(const struct score *ours, const struct score *peer)
{
	return ours->cost < peer->cost && ours->under < peer->under && ours->late < peer->late;
}

/* Those of ours that are cheaper than a peer and miss less and are late less, all at once. Peers that cost
 * less than this buy it with what is missing. */
#define COST_HONEST 1.06

static void print_beaten(const struct bench *bench)
{
	(void)printf("\ncheaper, with less missing and less late, all at once, than\n");
	for (size_t peer = 2; peer < quality_peers_count; peer++) {
		struct score theirs = mean_of(bench, peer);
		bool beaten = false;

		if (theirs.cost < COST_HONEST)
			continue;
		(void)printf("  %-28s", bench->rules[peer].name);
		for (size_t i = quality_peers_count; i < bench->n_rules; i++) {
			struct score ours = mean_of(bench, i);

			if (beats(&ours, &theirs))
				(void)printf("%s%s", beaten ? ", " : "", bench->rules[i].name);
			beaten = beaten || beats(&ours, &theirs);
		}
		(void)printf("%s\n", beaten ? "" : "none");
	}
}

void table_print(const struct bench *bench, bool detail)
{
	(void)printf("%-28s %7s %7s %7s %7s %7s %7s %7s %8s %8s", "rule", "thU%", "thO%", "tauU%",
		"tauO%", "cost", "lost%", "late%", "act/h", "W20%");
	for (size_t i = 0; i < bench->n_traces; i++)
		if (is_violent(bench->traces[i]))
			(void)printf(" %20.20s", bench->traces[i]->name);
	(void)printf("\n");
	for (size_t rule = 0; rule < bench->n_rules; rule++) {
		struct score mean = mean_of(bench, rule);

		print_row(bench->rules[rule].name, &mean);
		for (size_t i = 0; i < bench->n_traces; i++)
			if (is_violent(bench->traces[i]))
				(void)printf(" %20.1f", bench->scores[rule][i].w20);
		(void)printf("\n");
		for (size_t i = 0; detail && i < bench->n_traces; i++) {
			struct score score = score_of(bench, rule, i);
			char name[64];

			(void)snprintf(name, sizeof(name), "  %.60s", bench->traces[i]->name);
			print_row(name, &score);
			(void)printf("\n");
		}
	}
	print_beaten(bench);
	print_speed(bench);
}

static void append_score(const struct score *score, struct str *out)
{
	str_appendf(out,
		"\"w20\":%.4f,\"cost\":%.5f,\"tau_u\":%.4f,\"tau_o\":%.4f,\"late\":%.4f,"
		"\"lost\":%.4f,\"actions_per_hour\":%.3f",
		score->w20, score->cost, score->under, score->over, score->late, score->lost,
		score->actions_per_hour);
}

void table_print_json(const struct bench *bench)
{
	struct str out = { 0 };

	for (size_t rule = 0; rule < bench->n_rules; rule++) {
		struct score mean = mean_of(bench, rule);

		str_append(&out, rule == 0 ? "[" : ",\n");
		str_append(&out, "{\"policy\":");
		str_append_json(&out, bench->rules[rule].name);
		str_appendf(
			&out, ",\"default\":%s,", bench->rules[rule].shipped ? "true" : "false");
		append_score(&mean, &out);
		str_append(&out, ",\"traces\":{");
		for (size_t i = 0; i < bench->n_traces; i++) {
			struct score score = score_of(bench, rule, i);

			str_append(&out, i == 0 ? "" : ",");
			str_append_json(&out, bench->traces[i]->name);
			str_append(&out, ":{");
			append_score(&score, &out);
			str_append(&out, "}");
		}
		str_append(&out, "}}");
	}
	str_append(&out, "]\n");
	(void)fputs(str_text(&out), stdout);
	str_finish(&out);
}
