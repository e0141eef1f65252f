/*
 * Questions to the option table: is there such a key, what may have been meant, is it one of the
 * product that is not built yet. The rows are in option_table.c.
 */
#include <dockscale/conf/option.h>

#include <dockscale/base/mem.h>

#include <stdint.h>
#include <string.h>

/* Longer words than this are no misspelt keys. */
#define WORD_MAX 48

const struct option *option_find(enum option_scope scope, const char *section, const char *key)
{
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++)
		if (options[i].scope == scope && strcmp(options[i].key, key) == 0 &&
			strcmp(options[i].section, section) == 0)
			return &options[i];
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, left out, changed or swapped with their neighbour (optimal string
 * alignment; Damerau 1964). */
static size_t edit_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, WORD_MAX + 1);
	size_t m = strnlen(b, WORD_MAX + 1);
	uint8_t rows[3][WORD_MAX + 1]; /* by i % 3: swaps look two rows back */

	if (n > WORD_MAX || m > WORD_MAX)
		return SIZE_MAX / 4;
	for (size_t i = 0; i <= n; i++) {
		uint8_t *row = rows[i % 3];
		const uint8_t *above = rows[(i + 2) % 3];

		for (size_t j = 0; j <= m; j++) {
			size_t cost;

			if (i == 0 || j == 0) {
				row[j] = (uint8_t)(i + j);
				continue;
			}
			cost = above[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U);
			cost = least(cost, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = least(cost, rows[(i + 1) % 3][j - 2] + 1U);
			row[j] = (uint8_t)cost;
		}
	}
	return rows[n % 3][m];
}

/* A word that one begins with the other ("cooldown") is as near as one wrong letter. */
static size_t word_distance(const char *text, const char *known)
{
	size_t length = strlen(text);

	if (length >= 4 && strncmp(text, known, length) == 0 && known[length] != '\0')
		return 1;
	return edit_distance(text, known);
}

const char *option_nearest(enum option_scope scope, const char *section, const char *key)
{
	size_t limit = 1 + strlen(key) / 3;
	size_t best = SIZE_MAX;
	const char *name = NULL;
	size_t n = 0;
	const struct option *options = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		size_t distance;

		if (options[i].scope != scope)
			continue;
		/* A key in the wrong section is more likely than two wrong letters. */
		distance = 2 * word_distance(key, options[i].key);
		distance += least(3, word_distance(section, options[i].section));
		if (distance < best && distance <= 2 * limit + 1) {
			best = distance;
			name = options[i].name;
		}
	}
	return name;
}

/* What the product has and this version does not; a key of NULL is the whole section. */
static const struct planned {
	enum option_scope scope;
	const char *section;
	const char *key;
} planned[] = {
	{ OPTION_SERVICE, "requests", NULL },
	{ OPTION_SERVICE, "sessions", NULL },
	{ OPTION_SERVICE, "latency", NULL },
	{ OPTION_SERVICE, "queue", NULL },
	{ OPTION_SERVICE, "prometheus", NULL },
	{ OPTION_SERVICE, "pressure", NULL },
	{ OPTION_SERVICE, "lua", NULL },
};

bool option_is_planned(enum option_scope scope, const char *section, const char *key)
{
	/* [schedule "night"]: the first word is the section, the other its name. */
	size_t length = strcspn(section, " \t\"");

	for (size_t i = 0; i < countof(planned); i++) {
		if (planned[i].scope != scope || strlen(planned[i].section) != length ||
			strncmp(planned[i].section, section, length) != 0)
			continue;
		if (planned[i].key == NULL || strcmp(planned[i].key, key) == 0)
			return true;
	}
	return false;
}

const char *option_word(const struct option *option, const void *config)
{
	unsigned value = 0;
	unsigned i = 0;

	if (option->words == NULL || option->size != sizeof(value))
		return "";
	memcpy(&value, (const char *)config + option->offset, sizeof(value));
	while (option->words[i] != NULL && i < value)
		i++;
	return option->words[i] != NULL ? option->words[i] : "";
}

const char *option_when_text(unsigned bit)
{
	static const struct {
		unsigned bit;
		const char *text;
	} texts[] = {
		{ WHEN_TARGET, "[policy] type = target" },
		{ WHEN_THRESHOLD, "[policy] type = threshold" },
		{ WHEN_CLONE, "[service] mode = clone" },
		{ WHEN_HAPROXY, "[haproxy] balancer = haproxy" },
		{ WHEN_HTTP_PROBE, "[health] probe = http" },
		{ WHEN_PROBE, "[health] probe = tcp or http" },
		{ WHEN_SLOTS, "[haproxy] method = auto or slots" },
		{ WHEN_DYNAMIC, "[haproxy] method = auto or dynamic" },
		{ WHEN_CPU_WEIGHTS, "[haproxy] weights = cpu" },
		{ WHEN_MEMORY, "[memory] target given, or [policy] type = threshold" },
		{ WHEN_AIM, "[policy] type = target or auto" },
		{ WHEN_AUTO, "[policy] type = auto" },
		{ WHEN_PREDICT, "[predict] mode = observe or floor" },
		{ WHEN_ADDRESS, "[haproxy] balancer = haproxy, or [health] probe = tcp or http" },
	};

	for (size_t i = 0; i < countof(texts); i++)
		if (texts[i].bit == bit)
			return texts[i].text;
	return "";
}
