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

static struct reading find_kibibytes(const char *text, const char *key)
{
	const char *value = find_line(text, key);
	const char *end = NULL;
	uint64_t kibibytes = 0;

	if (value != NULL)
		end = scan_digits(value + strspn(value, " "), &kibibytes);
	if (end == NULL || strncmp(end, " kB\n", 4) != 0)
		return reading_unknown();
	return reading_known((double)kibibytes * 1024);
}

struct reading cgroup_text_memory_total(const char *text)
{
	return find_kibibytes(text, "MemTotal:");
}

struct reading cgroup_text_memory_available(const char *text)
{
	return find_kibibytes(text, "MemAvailable:");
}

/* proc(5): user nice system idle iowait irq softirq steal; guests are in user already. What the
 * hypervisor stole is not there to be had either. */
struct reading cgroup_text_busy_ticks(const char *text)
{
	static const bool busy[] = { true, true, true, false, false, true, true, true };
	const char *s = find_line(text, "cpu");
	uint64_t sum = 0;
	size_t n = 0;

	for (; s != NULL && n < sizeof(busy) / sizeof(busy[0]); n++) {
		uint64_t value = 0;

		s = scan_digits(s + strspn(s, " "), &value);
		if (s == NULL || (*s != ' ' && *s != '\n'))
			return reading_unknown();
		sum += busy[n] ? value : 0;
		if (*s == '\n')
			break;
	}
	if (s == NULL || n < 3)
		return reading_unknown();
	return reading_known((double)sum);
}

struct reading cgroup_text_cores(const char *text)
{
	unsigned count = 0;
	const char *line = text;

	while (strncmp(line, "cpu", 3) == 0) {
		count += line[3] >= '0' && line[3] <= '9' ? 1 : 0;
		line = strchr(line, '\n');
		if (line == NULL) /* cut: there may be more */
			return reading_unknown();
		line++;
	}
	return count > 0 && *line != '\0' ? reading_known(count) : reading_unknown();
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
