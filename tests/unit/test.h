/* What every unit test needs: cmocka's includes in the order that it wants, and doubles. */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Equal but for rounding. Prints both when they are not. */
static inline void assert_near_at(double value, double expected, const char *file, int line)
{
	if (fabs(value - expected) > 1e-9 * fmax(1, fabs(expected)))
		print_error("%.17g != %.17g\n", value, expected);
	_assert_true(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected)), "near", file, line);
}
#define assert_near(value, expected) assert_near_at((value), (expected), __FILE__, __LINE__)
