/* What HAProxy says about commands. */
#pragma once

#include <stddef.h>

/* Puts the first complaint that matters into @problem with its cure; leaves it as it is when there
 * is none. Complaints that the next cycle settles by itself do not matter. */
void replies_judge(const char *answer, char *problem, size_t size);
