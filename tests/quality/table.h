/* What came of a comparison, for people and for programs. */
#pragma once

#include "rules.h"

#define BENCH_RULES_MAX  64
#define BENCH_TRACES_MAX 256

struct bench {
	struct rule rules[BENCH_RULES_MAX];
	size_t n_rules; /* the first one is the oracle that all are measured by */
	struct trace *traces[BENCH_TRACES_MAX];
	size_t n_traces;
	struct score scores[BENCH_RULES_MAX][BENCH_TRACES_MAX];
	unsigned startup;
	size_t next; /* job */
};

void table_print(const struct bench *bench, bool detail);
void table_print_json(const struct bench *bench);
