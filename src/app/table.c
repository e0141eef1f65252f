/*
 * A table for people. Cells come row by row; widths are known only when all are there, so they
 * are kept until then.
 */
#include <dockscale/app/table.h>

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <string.h>

void table_add(struct table *table, const char *format, ...)
{
	struct str cell = { 0 };
	va_list args;

	va_start(args, format);
	str_vappendf(&cell, format, args);
	va_end(args);
	table->cells = mem_resize(table->cells, table->n_cells + 1, sizeof(*table->cells));
	table->cells[table->n_cells++] = str_take(&cell);
}

/* Terminal columns: bytes that go on with a UTF-8 character take none. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xC0) != 0x80)
			width++;
	return width;
}

void table_print(const struct table *table, const char *indent, struct str *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < table->n_cells; i++) {
		size_t width = width_of(table->cells[i]);

		if (width > widths[i % table->n_columns])
			widths[i % table->n_columns] = width;
	}
	for (size_t i = 0; i < table->n_cells; i++) {
		size_t column = i % table->n_columns;
		size_t missing = widths[column] - width_of(table->cells[i]);

		if (column == 0)
			str_append(out, indent);
		str_append(out, table->cells[i]);
		if (column + 1 == table->n_columns)
			str_append_char(out, '\n');
		else
			str_appendf(out, "%*s", (int)missing + 2, "");
	}
}

void table_finish(struct table *table)
{
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->n_cells = 0;
}
