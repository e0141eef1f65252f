/*
 * What every command of dockscalectl may need.
 */
#include "ctl.h"

#include <stdarg.h>
#include <stdio.h>

int ctl_fail(int status, const char *format, ...)
{
	va_list args;

	(void)fputs("dockscalectl: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return status;
}

int ctl_version(const struct ctl *ctl)
{
	(void)printf(ctl->json ? "{\"version\":\"%s\"}\n" : "dockscalectl %s\n", DOCKSCALE_VERSION);
	return CTL_DONE;
}
