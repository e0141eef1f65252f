/* Time zones from the system's database (tzdata). */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/zone.h>

/* What the clocks of zone @name ("Europe/Berlin", a file of @directory; "": the machine's own) show
 * from @from to @until, both wall clock. Where more changes fall into that time than a struct zone
 * holds, the last ones are left out. A machine without /etc/localtime has UTC, as tzset(3) says.
 * Returns 0, ERR_NOT_FOUND where there is no such zone, or ERR_INVALID where the file is none. */
int zonefile_read(const char *directory, const char *name, usec_t from, usec_t until,
	struct zone *ret_zone, struct err *err);

/* The same from the bytes of such a file. */
int zonefile_parse(const void *bytes, size_t size, usec_t from, usec_t until, struct zone *ret_zone,
	struct err *err);
