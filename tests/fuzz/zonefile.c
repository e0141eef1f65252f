/* Whatever a time zone's file may say: it is refused, or its spans are in order and it has as many as it
 * says. */
#include <dockscale/io/zonefile.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool right)
{
	if (!right)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const usec_t from = 1767225600 * USEC_PER_SEC; /* 2026-01-01 */
	const usec_t until = 1798761600 * USEC_PER_SEC;
	struct zone zone = { .n_spans = 0 };
	struct err err = { 0 };

	if (zonefile_parse(data, size, from, until, &zone, &err) < 0) {
		require(err.msg[0] != '\0' && zone.n_spans == 0);
		return 0;
	}
	require(zone.n_spans >= 1 && zone.n_spans <= ZONE_SPANS_MAX);
	for (size_t i = 1; i < zone.n_spans; i++)
		require(zone.spans[i].from > zone.spans[i - 1].from && zone.spans[i].from < until);
	(void)zone_ahead(&zone, until);
	return 0;
}
