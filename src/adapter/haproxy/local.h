/* Which addresses are this machine's. */
#pragma once

#include <stdbool.h>

/* Has an interface of this machine the address (as text)? False also when nobody can tell. */
bool local_has(const char *address);
