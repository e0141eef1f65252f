/*
 * Strict parsing. Configuration that is almost right is wrong: "80 %" for a size, "1o" for a
 * number or "5" where minutes were meant must be told, not guessed. Nothing here allocates,
 * depends on the locale or knows where the text came from.
 */
#include <dockscale/base/parse.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parse_unsigned(
	const char *text, uint64_t low, uint64_t high, uint64_t *ret_value, struct err *err)
{
	uint64_t value = 0;
	const char *s = text;

	if (*s == '\0')
		return err_set(err, ERR_INVALID, "a whole number is missing");
	for (; *s != '\0'; s++) {
		uint64_t digit = (uint64_t)(*s - '0');

		if (*s < '0' || *s > '9')
			return err_set(err, ERR_INVALID, "'%s' is not a whole number", text);
		if (value > (UINT64_MAX - digit) / 10)
			return err_set(err, ERR_INVALID, "'%s' is too large", text);
		value = value * 10 + digit;
	}
	if (value < low || value > high)
		return err_set(err, ERR_INVALID, "%s is out of range: use %llu to %llu", text,
			(unsigned long long)low, (unsigned long long)high);
	*ret_value = value;
	return 0;
}

/* Longer ones are no numbers that a person would write. */
#define NUMBER_LENGTH 32

/* Reads a decimal number at the beginning of @text; gives where it ends, or NULL. strtod is
 * not used because it follows the locale and takes hex, inf and nan. Digits are gathered as a
 * whole number and divided once, so that 0.7 is the 0.7 of a C constant. */
static const char *scan_number(const char *text, double *ret_value)
{
	const char *s = text;
	double value = 0;
	double scale = 1;
	bool digits = false;

	for (; isdigit((unsigned char)*s) && s - text < NUMBER_LENGTH; s++, digits = true)
		value = value * 10 + (*s - '0');
	if (*s == '.') {
		digits = false;
		for (s++; isdigit((unsigned char)*s) && s - text < NUMBER_LENGTH;
			s++, digits = true) {
			value = value * 10 + (*s - '0');
			scale *= 10;
		}
	}
	if (!digits || s - text >= NUMBER_LENGTH)
		return NULL;
	*ret_value = value / scale;
	return s;
}

/* "e3", "E-2" behind a number: scales *value and gives where it ends, or NULL. */
static const char *scan_exponent(const char *text, double *value)
{
	const char *s = text + 1;
	bool negative = *s == '-';
	double scale = 1;
	int exponent = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s) && exponent <= NUMBER_LENGTH; s++)
		exponent = exponent * 10 + (*s - '0');
	if (exponent > NUMBER_LENGTH)
		return NULL;
	for (int i = 0; i < exponent; i++)
		scale *= 10;
	*value = negative ? *value / scale : *value * scale;
	return s;
}

int parse_number(const char *text, double low, double high, double *ret_value, struct err *err)
{
	double value = 0;
	const char *end = scan_number(text, &value);

	if (end != NULL && (*end == 'e' || *end == 'E'))
		end = scan_exponent(end, &value);
	if (end == NULL || *end != '\0')
		return err_set(err, ERR_INVALID, "'%s' is not a number such as 1.5", text);
	if (value < low || value > high)
		return err_set(
			err, ERR_INVALID, "%s is out of range: use %g to %g", text, low, high);
	*ret_value = value;
	return 0;
}

static const char *scan_unit(const char *text, usec_t *ret_unit)
{
	static const struct {
		const char *name;
		usec_t unit;
	} units[] = { { "ms", USEC_PER_MSEC }, { "s", USEC_PER_SEC }, { "m", 60 * USEC_PER_SEC },
		{ "h", 3600 * USEC_PER_SEC }, { "d", 86400 * USEC_PER_SEC } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) != 0 ||
			isalpha((unsigned char)text[length]))
			continue;
		*ret_unit = units[i].unit;
		return text + length;
	}
	return NULL;
}

int parse_duration(const char *text, bool bare_seconds, usec_t *ret_duration, struct err *err)
{
	const double most = 366.0 * 86400 * USEC_PER_SEC;
	double total = 0;
	const char *s = text;

	do {
		double number = 0;
		usec_t unit = 0;
		const char *end = scan_number(s, &number);

		if (end == NULL)
			return err_set(err, ERR_INVALID,
				"'%s' is not a duration such as 30s, 5m or 1h", text);
		if (*end == '\0' && s == text && (bare_seconds || number == 0)) {
			unit = USEC_PER_SEC;
			s = end;
		} else {
			s = scan_unit(end, &unit);
		}
		if (s == NULL)
			return err_set(err, ERR_INVALID,
				"'%s' is not a duration: use a number with ms, s, m, h or d, such "
				"as 30s",
				text);
		total += number * (double)unit;
	} while (*s != '\0');
	if (total > most)
		return err_set(err, ERR_INVALID, "'%s' is longer than 366 days", text);
	*ret_duration = (usec_t)llround(total);
	return 0;
}

int parse_percent(
	const char *text, bool bare_percent, double high, double *ret_ratio, struct err *err)
{
	double value = 0;
	const char *end = scan_number(text, &value);

	if (end != NULL && *end == '%')
		end++;
	else if (!bare_percent)
		end = NULL;
	if (end == NULL || *end != '\0')
		return err_set(err, ERR_INVALID, "'%s' is not a percentage such as 70%%", text);
	if (value / 100 > high)
		return err_set(err, ERR_INVALID, "'%s' is out of range: use 0%% to %g%%", text,
			high * 100);
	*ret_ratio = value / 100;
	return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes, struct err *err)
{
	static const struct {
		const char *name;
		double factor;
	} units[] = { { "B", 1 }, { "kB", 1e3 }, { "KB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 },
		{ "TB", 1e12 }, { "KiB", 1024.0 }, { "MiB", 1048576.0 }, { "GiB", 1073741824.0 },
		{ "TiB", 1099511627776.0 } };
	double value = 0;
	const char *end = scan_number(text, &value);

	if (end != NULL && *end == '\0' && value == 0) {
		*ret_bytes = 0;
		return 0;
	}
	for (size_t i = 0; end != NULL && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (value * units[i].factor > 0x1p62)
			return err_set(err, ERR_INVALID, "'%s' is too large", text);
		*ret_bytes = (uint64_t)llround(value * units[i].factor);
		return 0;
	}
	return err_set(err, ERR_INVALID, "'%s' is not a size such as 512MiB or 2GiB", text);
}

int parse_bool(const char *text, bool *ret_value, struct err *err)
{
	static const struct {
		const char *name;
		bool value;
	} words[] = { { "yes", true }, { "no", false }, { "true", true }, { "false", false },
		{ "on", true }, { "off", false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].name) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "'%s' is neither yes nor no", text);
}

void format_duration(usec_t duration, char text[static 32])
{
	static const struct {
		const char *name;
		usec_t unit;
	} units[] = { { "d", 86400 * USEC_PER_SEC }, { "h", 3600 * USEC_PER_SEC },
		{ "m", 60 * USEC_PER_SEC }, { "s", USEC_PER_SEC }, { "ms", USEC_PER_MSEC } };
	size_t used = 0;

	(void)snprintf(text, 32, "0s");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && used < 32; i++) {
		long long count = (long long)(duration / units[i].unit);

		if (count <= 0)
			continue;
		duration -= count * units[i].unit;
		used += (size_t)snprintf(text + used, 32 - used, "%lld%s", count, units[i].name);
	}
}
