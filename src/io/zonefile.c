/*
 * Zones from tzdata's files (RFC 8536, "TZif"): a list of moments at which the clocks change, and
 * behind it the rule that goes on for ever, as POSIX writes TZ. The C library reads them too, but gives
 * one zone a process: localtime_r() and mktime() follow TZ of the environment, and setting that for a
 * moment is seen by all threads. Of the libraries that Debian has, GLib (GTimeZone) and ICU know more
 * than one zone: either is far more than this format, and neither lists the changes. So it is read here,
 * with everything that a file says about its own lengths checked.
 */
#include <dockscale/io/zonefile.h>

#include <dockscale/base/date.h>
#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCAL_FILE  "/etc/localtime"
#define FILE_MOST   ((size_t)64 * 1024) /* the largest has 4 KiB */
#define HEADER_SIZE 44
#define TYPE_SIZE   6
#define DAY_SECONDS 86400
#define NEVER       INT64_MAX

/* One half of the year's rule: on which day, at which second of it by the clocks until then. */
struct change {
	enum { CHANGE_NONE, CHANGE_WEEKDAY, CHANGE_JULIAN, CHANGE_DAY } kind;
	unsigned month; /* weekday: 1 to 12 */
	unsigned week; /* 1 to 5, 5 is the last one */
	unsigned day; /* weekday 0 to 6; julian 1 to 365, never 29 February; day 0 to 365 */
	int64_t second;
};

struct rule {
	bool given;
	int64_t standard; /* seconds ahead of UTC */
	int64_t summer;
	struct change begin; /* of summer time; none: there is no such time */
	struct change end;
};

/* One block of a file, as places in its bytes. */
struct block {
	const uint8_t *times; /* when the clocks change */
	const uint8_t *kinds; /* to which type */
	const uint8_t *types;
	size_t n_times;
	size_t n_types;
	size_t time_size; /* 4 or 8 bytes */
	const uint8_t *end;
	struct rule rule;
};

static uint32_t number_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static int64_t signed_at(const uint8_t *bytes, size_t size)
{
	if (size == 4)
		return (int32_t)number_at(bytes);
	return (int64_t)((uint64_t)number_at(bytes) << 32 | number_at(bytes + 4));
}

/* The footer: POSIX TZ, of the form "CET-1CEST,M3.5.0,M10.5.0/3". */

static bool skip_name(const char **text)
{
	const char *end = *text;

	if (*end == '<') {
		end = strchr(end, '>');
		if (end == NULL)
			return false;
		end++;
	} else {
		end += strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	}
	if (end - *text < 3)
		return false;
	*text = end;
	return true;
}

static bool take_number(const char **text, unsigned most, unsigned *ret_number)
{
	unsigned number = 0;
	const char *s = *text;

	for (; *s >= '0' && *s <= '9' && number <= most; s++)
		number = number * 10 + (unsigned)(*s - '0');
	if (s == *text || number > most)
		return false;
	*text = s;
	*ret_number = number;
	return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(const char **text, int64_t *ret_seconds)
{
	int64_t sign = **text == '-' ? -1 : 1;
	unsigned parts[3] = { 0, 0, 0 };

	if (**text == '-' || **text == '+')
		(*text)++;
	if (!take_number(text, 167, &parts[0]))
		return false;
	for (size_t i = 1; i < 3 && **text == ':'; i++) {
		(*text)++;
		if (!take_number(text, 59, &parts[i]))
			return false;
	}
	*ret_seconds = sign * ((int64_t)parts[0] * 3600 + (int64_t)parts[1] * 60 + parts[2]);
	return true;
}

static bool take_dot(const char **text)
{
	return *(*text)++ == '.';
}

static bool take_day(const char **text, struct change *change)
{
	if (**text == 'M') {
		(*text)++;
		change->kind = CHANGE_WEEKDAY;
		return take_number(text, 12, &change->month) && change->month >= 1 &&
		       take_dot(text) && take_number(text, 5, &change->week) && change->week >= 1 &&
		       take_dot(text) && take_number(text, 6, &change->day);
	}
	if (**text == 'J') {
		(*text)++;
		change->kind = CHANGE_JULIAN;
		return take_number(text, 365, &change->day) && change->day >= 1;
	}
	change->kind = CHANGE_DAY;
	return take_number(text, 365, &change->day);
}

static bool take_change(const char **text, struct change *change)
{
	change->second = (int64_t)2 * 3600;
	if (*(*text)++ != ',' || !take_day(text, change))
		return false;
	if (**text != '/')
		return true;
	(*text)++;
	return take_time(text, &change->second);
}

/* POSIX counts westwards. */
static bool parse_rule(const char *text, struct rule *rule)
{
	int64_t west = 0;

	if (!skip_name(&text) || !take_time(&text, &west))
		return false;
	rule->given = true;
	rule->standard = -west;
	if (*text == '\0')
		return true;
	if (!skip_name(&text))
		return false;
	rule->summer = rule->standard + 3600;
	if (*text != ',') {
		if (!take_time(&text, &west))
			return false;
		rule->summer = -west;
	}
	return take_change(&text, &rule->begin) && take_change(&text, &rule->end) && *text == '\0';
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The day on which @change is in @year. */
static int64_t day_of_change(const struct change *change, int64_t year)
{
	int64_t first = date_to_days((struct date){ year, 1, 1 });
	int64_t day;
	int64_t next;

	if (change->kind == CHANGE_DAY)
		return first + change->day;
	if (change->kind == CHANGE_JULIAN)
		return first + change->day - (is_leap(year) && change->day >= 60 ? 0 : 1);
	day = date_to_days((struct date){ year, change->month, 1 });
	next = change->month == 12 ? date_to_days((struct date){ year + 1, 1, 1 })
				   : date_to_days((struct date){ year, change->month + 1, 1 });
	day += ((int64_t)change->day + 7 - date_weekday(day)) % 7 + 7 * ((int64_t)change->week - 1);
	return day < next ? day : day - 7;
}

/* By the rule: what holds at @at, and the next change after it. */
static int64_t ahead_by_rule(const struct rule *rule, int64_t at, int64_t *ret_next)
{
	int64_t year = date_from_days(at / DAY_SECONDS).year;
	int64_t newest = INT64_MIN;
	int64_t ahead = rule->standard;

	*ret_next = NEVER;
	if (rule->begin.kind == CHANGE_NONE)
		return ahead;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		const int64_t changes[2] = {
			day_of_change(&rule->begin, y) * DAY_SECONDS + rule->begin.second -
				rule->standard,
			day_of_change(&rule->end, y) * DAY_SECONDS + rule->end.second -
				rule->summer,
		};

		for (size_t i = 0; i < 2; i++) {
			if (changes[i] <= at && changes[i] >= newest) {
				newest = changes[i];
				ahead = i == 0 ? rule->summer : rule->standard;
			} else if (changes[i] > at && changes[i] < *ret_next) {
				*ret_next = changes[i];
			}
		}
	}
	return ahead;
}

static int64_t time_of(const struct block *block, size_t index)
{
	return signed_at(block->times + index * block->time_size, block->time_size);
}

/* What holds at @at, and the next change after it. */
static int64_t ahead_at(const struct block *block, int64_t at, int64_t *ret_next)
{
	size_t type = 0; /* before the first change: RFC 8536, 3.2 */
	size_t i = 0;

	while (i < block->n_times && time_of(block, i) <= at)
		i++;
	if (i == block->n_times && block->rule.given)
		return ahead_by_rule(&block->rule, at, ret_next);
	*ret_next = i < block->n_times ? time_of(block, i) : NEVER;
	if (i > 0)
		type = block->kinds[i - 1];
	return signed_at(block->types + type * TYPE_SIZE, 4);
}

static void fill_zone(const struct block *block, usec_t from, usec_t until, struct zone *ret_zone)
{
	int64_t at = from / USEC_PER_SEC;
	int64_t next = NEVER;

	*ret_zone = (struct zone){ .n_spans = 1 };
	ret_zone->spans[0] = (struct zone_span){ from, ahead_at(block, at, &next) * USEC_PER_SEC };
	while (next < until / USEC_PER_SEC && ret_zone->n_spans < ZONE_SPANS_MAX) {
		usec_t ahead;

		at = next;
		ahead = ahead_at(block, at, &next) * USEC_PER_SEC;
		if (ahead != ret_zone->spans[ret_zone->n_spans - 1].ahead)
			ret_zone->spans[ret_zone->n_spans++] =
				(struct zone_span){ at * USEC_PER_SEC, ahead };
	}
}

/* Where the block behind the header at @bytes ends; NULL when it does not fit. */
static const uint8_t *find_block(
	const uint8_t *bytes, const uint8_t *end, size_t time_size, struct block *block)
{
	const uint8_t *counts = bytes + 20;
	size_t sizes[6];
	size_t total = HEADER_SIZE;

	if ((size_t)(end - bytes) < HEADER_SIZE || memcmp(bytes, "TZif", 4) != 0)
		return NULL;
	for (size_t i = 0; i < 6; i++) {
		sizes[i] = number_at(counts + i * 4);
		if (sizes[i] > FILE_MOST)
			return NULL;
	}
	*block = (struct block){
		.n_times = sizes[3],
		.n_types = sizes[4],
		.time_size = time_size,
		.times = bytes + HEADER_SIZE,
	};
	total += sizes[3] * time_size + sizes[3] + sizes[4] * TYPE_SIZE + sizes[5] +
		 sizes[2] * (time_size + 4) + sizes[1] + sizes[0];
	if (total > (size_t)(end - bytes))
		return NULL;
	block->kinds = block->times + block->n_times * time_size;
	block->types = block->kinds + block->n_times;
	block->end = bytes + total;
	return block->end;
}

static bool is_sound(const struct block *block)
{
	if (block->n_types == 0)
		return false;
	for (size_t i = 0; i < block->n_times; i++)
		if (block->kinds[i] >= block->n_types ||
			(i > 0 && time_of(block, i) <= time_of(block, i - 1)))
			return false;
	return true;
}

/* Between two line ends behind the second block. */
static bool take_footer(struct block *block, const uint8_t *end)
{
	char text[128];
	const uint8_t *at = block->end;
	const uint8_t *stop;

	if (at == end || *at++ != '\n')
		return false;
	stop = memchr(at, '\n', (size_t)(end - at));
	if (stop == NULL || (size_t)(stop - at) >= sizeof(text))
		return false;
	memcpy(text, at, (size_t)(stop - at));
	text[stop - at] = '\0';
	return text[0] == '\0' || parse_rule(text, &block->rule);
}

int zonefile_parse(const void *bytes, size_t size, usec_t from, usec_t until, struct zone *ret_zone,
	struct err *err)
{
	const uint8_t *begin = bytes;
	const uint8_t *end = begin + size;
	const uint8_t *second;
	struct block block;

	second = find_block(begin, end, 4, &block);
	if (second != NULL && begin[4] >= '2' &&
		(find_block(second, end, 8, &block) == NULL || !take_footer(&block, end)))
		second = NULL;
	if (second == NULL || !is_sound(&block))
		return err_set(err, ERR_INVALID, "it is no time zone file, or a damaged one");
	fill_zone(&block, from, until, ret_zone);
	return 0;
}

static int read_file(int fd, uint8_t *bytes, size_t *ret_size, struct err *err)
{
	size_t size = 0;

	for (;;) {
		ssize_t n = read(fd, bytes + size, FILE_MOST - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "it cannot be read");
		if (n == 0)
			break;
		size += (size_t)n;
	}
	*ret_size = size;
	return 0;
}

static int read_open(int fd, usec_t from, usec_t until, struct zone *ret_zone, struct err *err)
{
	cleanup_free uint8_t *bytes = NULL;
	struct stat facts;
	size_t size = 0;
	int r;

	if (fstat(fd, &facts) < 0)
		return err_errno(err, errno, "it cannot be read");
	if (!S_ISREG(facts.st_mode) || facts.st_size >= (off_t)FILE_MOST)
		return err_set(err, ERR_INVALID, "it is no time zone file");
	bytes = mem_zero(FILE_MOST, 1);
	r = read_file(fd, bytes, &size, err);
	return r < 0 ? r : zonefile_parse(bytes, size, from, until, ret_zone, err);
}

int zonefile_read(const char *directory, const char *name, usec_t from, usec_t until,
	struct zone *ret_zone, struct err *err)
{
	char path[512];
	int fd;
	int r;

	if (name[0] == '\0')
		(void)snprintf(path, sizeof(path), "%s", LOCAL_FILE);
	else if (strstr(name, "..") != NULL || name[0] == '/' ||
		 snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return err_set(err, ERR_NOT_FOUND, "there is no time zone '%.64s'", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && name[0] == '\0') {
		*ret_zone = (struct zone){ .n_spans = 1 };
		return 0;
	}
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(
			err, ERR_NOT_FOUND, "there is no time zone '%.64s' in %s", name, directory);
	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	r = read_open(fd, from, until, ret_zone, err);
	(void)close(fd);
	return r < 0 ? err_wrap(err, "%s", path) : 0;
}
