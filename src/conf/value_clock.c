/*
 * Values by the clock: times of day, days of the week, cron lines, zones.
 */
#include "value.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/base/zone.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define DAY_MINUTES 1440
#define EVERY_DAY   0x7F
#define WORD_MAX    64

static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };

/* One field of a cron line, or a list of days. */
struct field {
	const char *name;
	unsigned low;
	unsigned high;
	const char *const *words; /* of the values from @low on */
	unsigned n_words;
};

static void *member(const struct option *option, void *config)
{
	return (char *)config + option->offset;
}

/* "8:00", "08:00", "24:00" as minutes of the day. */
int value_time_of_day(const struct option *option, void *config, const char *text, struct err *err)
{
	char hours[8] = "";
	const char *colon = strchr(text, ':');
	uint64_t hour = 0;
	uint64_t minute = 0;
	struct err ignored;

	if (colon != NULL && colon - text <= 2)
		memcpy(hours, text, (size_t)(colon - text));
	if (colon == NULL || strlen(colon + 1) != 2 ||
		parse_unsigned(hours, 0, 24, &hour, &ignored) < 0 ||
		parse_unsigned(colon + 1, 0, 59, &minute, &ignored) < 0 ||
		hour * 60 + minute > DAY_MINUTES)
		return err_set(err, ERR_INVALID,
			"'%s' is not a time of day: use HH:MM, 00:00 to 24:00", text);
	*(unsigned *)member(option, config) = (unsigned)(hour * 60 + minute);
	return 0;
}

/* A number, or a word of the field. */
static bool parse_one(
	const struct field *field, const char *text, size_t length, unsigned *ret_value)
{
	char word[WORD_MAX];
	struct err ignored;
	uint64_t number = 0;

	if (length == 0 || length >= sizeof(word))
		return false;
	memcpy(word, text, length);
	word[length] = '\0';
	for (unsigned i = 0; i < field->n_words; i++) {
		if (strcasecmp(word, field->words[i]) != 0)
			continue;
		*ret_value = field->low + i;
		return true;
	}
	if (parse_unsigned(word, field->low, field->high, &number, &ignored) < 0)
		return false;
	*ret_value = (unsigned)number;
	return true;
}

/* "5", "1-5", "*", each with "/2" behind it. */
static bool parse_range(const struct field *field, const char *text, size_t length, uint64_t *bits)
{
	const char *slash = memchr(text, '/', length);
	size_t head = slash != NULL ? (size_t)(slash - text) : length;
	const char *dash = memchr(text, '-', head);
	const struct field steps = { .low = 1, .high = field->high };
	unsigned first = field->low;
	unsigned last = field->high;
	unsigned step = 1;

	if (slash != NULL && !parse_one(&steps, slash + 1, length - head - 1, &step))
		return false;
	if (dash != NULL) {
		if (!parse_one(field, text, (size_t)(dash - text), &first) ||
			!parse_one(field, dash + 1, head - (size_t)(dash - text) - 1, &last) ||
			first > last)
			return false;
	} else if (head != 1 || text[0] != '*') {
		if (!parse_one(field, text, head, &first))
			return false;
		last = slash != NULL ? field->high : first;
	}
	for (unsigned value = first; value <= last; value += step)
		*bits |= (uint64_t)1 << value;
	return true;
}

/* A list with ',' between. */
static bool parse_field(const struct field *field, const char *text, size_t length, uint64_t *bits)
{
	*bits = 0;
	for (;;) {
		const char *comma = memchr(text, ',', length);
		size_t part = comma != NULL ? (size_t)(comma - text) : length;

		if (!parse_range(field, text, part, bits))
			return false;
		if (comma == NULL)
			return true;
		text = comma + 1;
		length -= part + 1;
	}
}

/* "all", "mon-fri", "sat, sun". */
int value_weekdays(const struct option *option, void *config, const char *text, struct err *err)
{
	static const struct field field = { "day", 0, 6, weekdays, countof(weekdays) };
	char list[WORD_MAX];
	size_t length = 0;
	uint64_t bits = EVERY_DAY;

	for (const char *s = text; *s != '\0' && length + 1 < sizeof(list); s++)
		if (*s != ' ')
			list[length++] = *s;
	list[length] = '\0';
	if (strcmp(list, "all") != 0 && (strpbrk(list, "0123456789*/") != NULL ||
						!parse_field(&field, list, length, &bits)))
		return err_set(err, ERR_INVALID,
			"'%s' are no days of the week: use all, or a list such as mon-fri, sun "
			"(sun is the first day)",
			text);
	*(uint8_t *)member(option, config) = (uint8_t)bits;
	return 0;
}

static int wrong_cron(
	const char *text, const char *name, const char *field, size_t length, struct err *err)
{
	return err_set(err, ERR_INVALID,
		"'%s': the %s '%.*s' is wrong: a cron line is MINUTE HOUR DAY MONTH WEEKDAY, each "
		"of them *, numbers, ranges, lists or steps such as 0 8 * * mon-fri",
		text, name, (int)length, field);
}

/* Five fields as crontab(5) has them. Sunday may be 7. */
int value_cron(const struct option *option, void *config, const char *text, struct err *err)
{
	static const struct field fields[5] = {
		{ "minute", 0, 59, NULL, 0 },
		{ "hour", 0, 23, NULL, 0 },
		{ "day of the month", 1, 31, NULL, 0 },
		{ "month", 1, 12, months, countof(months) },
		{ "day of the week", 0, 7, weekdays, countof(weekdays) },
	};
	struct schedule_rule *rule = member(option, config);
	const char *at = text + strspn(text, " ");
	bool any[5] = { false };
	uint64_t bits[5];

	for (size_t i = 0; i < countof(fields); i++) {
		size_t length = strcspn(at, " ");

		if (length == 0 || !parse_field(&fields[i], at, length, &bits[i]))
			return wrong_cron(text, fields[i].name, at, length, err);
		any[i] = at[0] == '*';
		at += length + strspn(at + length, " ");
	}
	if (*at != '\0')
		return err_set(err, ERR_INVALID, "'%s' has more than five fields", text);
	rule->form = SCHEDULE_CRON;
	rule->cron = (struct schedule_cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & EVERY_DAY),
		.any_day = any[2],
		.any_weekday = any[4],
	};
	return 0;
}

/* A name that may be a file below tzdata's directory; whether there is one is asked where files are. */
int value_zone(const struct option *option, void *config, const char *text, struct err *err)
{
	bool right = text[0] != '/' && strstr(text, "..") == NULL && strlen(text) < option->size;

	for (const char *s = text; *s != '\0'; s++)
		right = right && (isalnum((unsigned char)*s) || strchr("_+-/.", *s) != NULL);
	if (!right)
		return err_set(err, ERR_INVALID,
			"'%s' is not a time zone's name such as Europe/Berlin", text);
	memset(member(option, config), 0, option->size);
	memcpy(member(option, config), text, strlen(text));
	return 0;
}

int value_zone_check(const char *name, struct err *err)
{
	char path[sizeof(ZONE_DIRECTORY) + ZONE_NAME_MAX];
	struct stat facts;

	if (name[0] == '\0')
		return 0;
	if (stat(ZONE_DIRECTORY, &facts) < 0)
		return err_set(err, ERR_NOT_FOUND,
			"'%s' is not known, since this machine has no time zones in %s: install "
			"tzdata",
			name, ZONE_DIRECTORY);
	(void)snprintf(path, sizeof(path), "%s/%s", ZONE_DIRECTORY, name);
	if (stat(path, &facts) < 0 || !S_ISREG(facts.st_mode))
		return err_set(err, ERR_NOT_FOUND,
			"there is no time zone '%s' in %s: use a name such as Europe/Berlin, or "
			"nothing for the daemon's own",
			name, ZONE_DIRECTORY);
	return 0;
}
