/*
 * An option's row in words.
 */
#include "option_text.h"
#include "value.h"

#include <dockscale/base/parse.h>

void option_append_when(const struct option *option, struct str *out)
{
	const char *join = "Works with ";

	for (unsigned bit = 1; bit != 0 && bit <= option->when; bit <<= 1) {
		if ((option->when & bit) == 0)
			continue;
		str_appendf(out, "%s%s", join, option_when_text(bit));
		join = "; and with ";
	}
	if (option->when != 0)
		str_append_char(out, '.');
}

void option_append_range(const struct option *option, struct str *out)
{
	char low[32];
	char high[32];

	if (option->parse == value_count || option->parse == value_min ||
		option->parse == value_integer) {
		str_appendf(out, ", %g to %g", option->low, option->high);
	} else if (option->parse == value_percent) {
		str_appendf(out, ", %g%% to %g%%", option->low * 100, option->high * 100);
	} else if (option->parse == value_points) {
		str_appendf(out, ", %g to %g", option->low * 100, option->high * 100);
	} else if (option->parse == value_duration || option->parse == value_seconds) {
		format_duration((usec_t)(option->low * USEC_PER_SEC), low);
		format_duration((usec_t)(option->high * USEC_PER_SEC), high);
		str_appendf(out, ", %s to %s", low, high);
	}
}
