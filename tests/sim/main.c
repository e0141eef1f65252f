/*
 * sim_day FROM COUNT [trace]: lives so many days of seeds that follow each other. A day on which a
 * promise was broken is printed with its seed, and the exit status is 1.
 */
#include "day.h"

#include <dockscale/base/err.h>
#include <dockscale/base/parse.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct err err = { 0 };
	uint64_t from = 0;
	uint64_t count = 0;
	uint64_t broken = 0;
	uint64_t harms = 0;
	uint64_t changes = 0;

	if (argc < 3 || parse_unsigned(argv[1], 0, UINT32_MAX, &from, &err) < 0 ||
		parse_unsigned(argv[2], 1, UINT32_MAX, &count, &err) < 0) {
		(void)fprintf(stderr, "usage: sim_day FROM COUNT [trace]\n");
		return 2;
	}
	for (uint64_t seed = from; seed < from + count; seed++) {
		struct day day = day_live(seed, argc > 3 && strcmp(argv[3], "trace") == 0);

		harms += day.harms;
		changes += day.changes;
		if (day.violation.text[0] == '\0')
			continue;
		broken++;
		(void)printf("seed %llu, second %.3f: %s\n", (unsigned long long)seed,
			(double)day.violation.at / (double)USEC_PER_SEC, day.violation.text);
	}
	(void)printf("%llu days, %llu harms, %llu starts and stops, %llu broken promises\n",
		(unsigned long long)count, (unsigned long long)harms, (unsigned long long)changes,
		(unsigned long long)broken);
	return broken > 0 ? 1 : 0;
}
