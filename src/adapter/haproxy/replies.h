/* What HAProxy says about commands. */
#pragma once

#include <dockscale/port/fault.h>

#include <stddef.h>

/* Copies @length bytes of what was answered into @buffer, cut where they do not fit, as a message for
 * a terminal can hold them: who answers need not be HAProxy. */
void replies_quote(const char *answer, size_t length, char *buffer, size_t size);

/* Puts the first complaint that matters into @problem with its cure; leaves it as it is when there
 * is none. Complaints that the next cycle settles by itself do not matter. Returns the fault that the
 * complaint is of. */
enum fault replies_judge(const char *answer, char *problem, size_t size);
