/* Where problems go: all of them into a list (load), or the first one into an error (resolve). */
#pragma once

#include <dockscale/conf/load.h>

struct report {
	const char *service; /* the service it is about; "" : the daemon's file */
	struct config_problems *problems; /* may be NULL */
	struct err *err; /* may be NULL; gets the first one */
	size_t count;
};

void report_add(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says behind the first problem in report->err how many more there are. Gives 0 or ERR_INVALID. */
int report_result(struct report *report);
