/* Columns of text for a terminal, as wide as their widest cell. */
#pragma once

#include <dockscale/base/str.h>

#define TABLE_COLUMNS_MAX 16

/* Empty at declaration but for n_columns. */
struct table {
	size_t n_columns;
	char **cells; /* row by row */
	size_t n_cells;
};

void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends all rows to @out, each behind @indent; the last column is not padded. */
void table_print(const struct table *table, const char *indent, struct str *out);
void table_finish(struct table *table);
