/* Does HAProxy look the names of its servers up by DNS while it runs? */
#pragma once

#include "view.h"

#include <dockscale/base/str.h>

/* The question about @server, which has a name, of @backend: a command that changes nothing. */
void names_ask(const char *backend, const struct view_server *server, struct str *text);
/* What was answered. A text that is not known says no: nobody is shut out by a guess. */
bool names_are_looked_up(const char *answer);
