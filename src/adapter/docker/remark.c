/*
 * What the operator should hear, but not again and again.
 */
#include "parts.h"

#include <dockscale/base/mem.h>

#include <stdarg.h>

void docker_remark(struct docker *docker, enum remark remark, const char *format, ...)
{
	struct event event = { .kind = EVENT_RUNTIME };
	cleanup_str struct str text = { 0 };
	va_list args;

	if ((docker->remarked & (unsigned)remark) != 0)
		return;
	docker->remarked |= (unsigned)remark;
	va_start(args, format);
	str_vappendf(&text, format, args);
	va_end(args);
	(void)mem_strcpy(event.link.msg, sizeof(event.link.msg), str_text(&text));
	event_push(&docker->sink, &event);
}
