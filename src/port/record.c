/*
 * The words by which what is remembered is filed. They are on disks: they stay.
 */
#include <dockscale/port/record.h>

const char *record_kind_name(enum record_kind kind)
{
	static const char *const names[RECORD_KINDS] = {
		[RECORD_SERVICE] = "service",
		[RECORD_LEARNED] = "learned",
		[RECORD_TEMPLATE] = "template",
	};

	return names[kind];
}
