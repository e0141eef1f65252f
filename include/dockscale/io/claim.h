/* A name that one process of this machine holds. */
#pragma once

#include <dockscale/base/err.h>

/* Holds @name (at most 100 bytes, shared by all programs of this network namespace) until *ret_fd is
 * closed or the process ends, however it ends. ERR_CONFLICT tells who holds it. */
int claim_take(const char *name, int *ret_fd, struct err *err);
