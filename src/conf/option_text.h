/* What the default files and the man pages say of an option, in the same words. */
#pragma once

#include <dockscale/conf/option.h>

/* "Works with [policy] type = auto; and with [service] mode = clone."; nothing where it always does. */
void option_append_when(const struct option *option, struct str *out);

/* ", 1 to 256"; nothing where its values have no bounds. */
void option_append_range(const struct option *option, struct str *out);
