/* Strict text to value: the whole text, with its range and unit, or an error that says the cure.
 * All are pure. Messages name no place; the caller wraps them with file:line or label. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/time.h>

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only, @low..@high. */
int parse_unsigned(
	const char *text, uint64_t low, uint64_t high, uint64_t *ret_value, struct err *err);

/* A decimal number such as 0.2 or 1e3; no hex, no inf, no nan. */
int parse_number(const char *text, double low, double high, double *ret_value, struct err *err);

/* "500ms", "2s", "5m", "1h", "7d", or a sum such as "1h30m". "0" needs no unit. With
 * @bare_seconds a bare number means seconds (the classic keys only). At most 366 days. */
int parse_duration(const char *text, bool bare_seconds, usec_t *ret_duration, struct err *err);

/* "70%" to 0.7, 0 %..@high. With @bare_percent a bare number means percent. */
int parse_percent(
	const char *text, bool bare_percent, double high, double *ret_ratio, struct err *err);

/* "512MiB", "1.5GiB", "100MB", "4096B"; "0" needs no unit. */
int parse_size(const char *text, uint64_t *ret_bytes, struct err *err);

/* yes/no, true/false, on/off. */
int parse_bool(const char *text, bool *ret_value, struct err *err);

/* The opposite of parse_duration(): "1h30m", "2s", "200ms", at most 32 bytes with NUL. */
void format_duration(usec_t duration, char text[static 32]);
