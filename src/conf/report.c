/*
 * Problems are collected, not thrown: a person who corrects a file wants to hear of all mistakes
 * at once. What does not fit is counted.
 */
#include "report.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_add(struct report *report, const char *format, ...)
{
	char text[sizeof(((struct config_problem *)NULL)->text)];
	struct config_problems *problems = report->problems;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (report->count++ == 0 && report->err != NULL)
		(void)err_set(report->err, ERR_INVALID, "%s", text);
	if (problems == NULL)
		return;
	if (problems->count < CONFIG_PROBLEMS_MAX) {
		struct config_problem *problem = &problems->items[problems->count];

		(void)mem_strcpy(problem->service, sizeof(problem->service), report->service);
		(void)mem_strcpy(problem->text, sizeof(problem->text), text);
	}
	problems->count++;
}

int report_result(struct report *report)
{
	size_t used;

	if (report->count == 0)
		return 0;
	if (report->count > 1 && report->err != NULL) {
		used = strlen(report->err->msg);
		(void)snprintf(report->err->msg + used, sizeof(report->err->msg) - used,
			" (and %zu more)", report->count - 1);
	}
	return ERR_INVALID;
}
