/*
 * What cgroup v2 files say, as numbers. The formats are those of the kernel's
 * Documentation/admin-guide/cgroup-v2.rst ("Conventions"): single values, flat keyed lines, and
 * nested keyed lines for pressure. Keys are looked up by name, since kernels add and reorder
 * them. What does not parse is unknown, never 0: a policy must not take a format that changed
 * for an idle container.
 */
#include "text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Reads digits at @text; gives where they end, or NULL when there are none or too many. */
static const char *scan_digits(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *s = text;

	for (; *s >= '0' && *s <= '9'; s++) {
		uint64_t digit = (uint64_t)(*s - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (s == text)
		return NULL;
	*ret_value = value;
	return s;
}

struct reading cgroup_text_number(const char *text)
{
	uint64_t value = 0;
	const char *end = scan_digits(text, &value);

	if (end == NULL || *end != '\n')
		return reading_unknown();
	return reading_known((double)value);
}

struct reading cgroup_text_limit(const char *text)
{
	if (strcmp(text, "max\n") == 0)
		return reading_known(INFINITY);
	return cgroup_text_number(text);
}

struct reading cgroup_text_cpu_max(const char *text)
{
	uint64_t quota = 0;
	uint64_t period = 0;
	bool unlimited = strncmp(text, "max ", 4) == 0;
	const char *end = unlimited ? text + 3 : scan_digits(text, &quota);

	if (end == NULL || *end != ' ')
		return reading_unknown();
	end = scan_digits(end + 1, &period);
	if (end == NULL || *end != '\n' || period == 0)
		return reading_unknown();
	if (unlimited)
		return reading_known(INFINITY);
	if (quota == 0) /* the kernel accepts none below 1 ms, and a share of 0 cores is no share */
		return reading_unknown();
	return reading_known((double)quota / (double)period);
}

/* What stands behind "@key " at the beginning of one of the lines, or NULL. */
static const char *find_line(const char *text, const char *key)
{
	size_t length = strlen(key);
	const char *line = text;

	while (line != NULL && *line != '\0') {
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return line + length + 1;
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return NULL;
}

struct reading cgroup_text_key(const char *text, const char *key)
{
	const char *value = find_line(text, key);

	return value != NULL ? cgroup_text_number(value) : reading_unsupported();
}

struct reading cgroup_text_pressure(const char *text)
{
	static const char key[] = " total=";
	const char *line = find_line(text, "some");
	const char *end = line != NULL ? strchr(line, '\n') : NULL;
	const char *total = end != NULL ? strstr(line, key) : NULL;

	if (total == NULL || total > end)
		return reading_unknown();
	return cgroup_text_number(total + sizeof(key) - 1);
}

struct reading cgroup_text_memory_total(const char *text)
{
	const char *value = find_line(text, "MemTotal:");
	const char *end = NULL;
	uint64_t kibibytes = 0;

	if (value != NULL)
		end = scan_digits(value + strspn(value, " "), &kibibytes);
	if (end == NULL || strncmp(end, " kB\n", 4) != 0)
		return reading_unknown();
	return reading_known((double)kibibytes * 1024);
}

bool cgroup_text_has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *s = text + strspn(text, " \n");

	while (*s != '\0') {
		size_t n = strcspn(s, " \n");

		if (n == length && memcmp(s, word, length) == 0)
			return true;
		s += n;
		s += strspn(s, " \n");
	}
	return false;
}
