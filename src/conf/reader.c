/*
 * INI files through inih, with a line reader of our own in front of it. inih 55 splits a line that
 * is longer than its buffer in two without a word, cuts names at 49 letters so that two of them
 * become one, takes an indented line as the rest of the value above, and tells its handler no
 * line number. So every line is looked at here first: one that inih would misread is reported
 * and replaced by an empty one, and the number of the line is known when the handler is called.
 */
#include "reader.h"

#include <dockscale/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* inih keeps so many letters of a section or key (MAX_SECTION, MAX_NAME less the NUL). */
#define NAME_LETTERS_MAX 49

struct reader {
	const char *path;
	const char *rest; /* what was not read yet */
	const char *end;
	unsigned line; /* of the line that inih has, from 1 */
	bool skip; /* the section's line is wrong: its keys cannot be placed */
	bool full; /* too many assignments: said once */
	struct assignments *assignments;
	struct report *report;
};

static int read_whole(int fd, char *text, size_t size, size_t *ret_length)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	*ret_length = length;
	return 0;
}

static int load_open(int fd, const char *path, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_free char *text = NULL;
	struct stat facts;
	size_t length = 0;
	int r;

	if (fstat(fd, &facts) < 0)
		return err_errno(err, errno, "%s", path);
	if (!S_ISREG(facts.st_mode))
		return err_set(err, ERR_INVALID,
			"%s is %s, not a file: remove it, or give it a name that does not end in "
			".ini",
			path, S_ISDIR(facts.st_mode) ? "a directory" : "a device or pipe");
	text = mem_zero(READER_FILE_MAX + 2, 1);
	r = read_whole(fd, text, READER_FILE_MAX + 1, &length);
	if (r < 0)
		return err_errno(err, -r, "%s", path);
	if (length > READER_FILE_MAX)
		return err_set(err, ERR_LIMIT, "%s is larger than %zu KiB: is it the right file?",
			path, READER_FILE_MAX / 1024);
	text[length] = '\0';
	*ret_text = take_ptr(text);
	*ret_length = length;
	return 0;
}

int reader_load(const char *path, char **ret_text, size_t *ret_length, struct err *err)
{
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
	int errnum = errno;
	int r;

	if (fd < 0 && errnum == ENOENT && lstat(path, &facts) == 0)
		return err_set(
			err, ERR_INVALID, "%s is a link to nothing: correct or remove it", path);
	if (fd < 0 && errnum == EACCES)
		return err_errno(
			err, errnum, "%s: give the daemon's user the right to read it", path);
	if (fd < 0)
		return err_errno(err, errnum, "%s", path);
	r = load_open(fd, path, ret_text, ret_length, err);
	(void)close(fd);
	return r;
}

__attribute__((format(printf, 2, 3))) static void complain(
	struct reader *reader, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report_add(reader->report, "%s:%u: %s", reader->path, reader->line, text);
}

/* Where an inline comment begins, as inih sees it: a ';' behind a blank; else the end. */
static size_t comment_start(const char *line)
{
	size_t i = 0;

	for (; line[i] != '\0'; i++)
		if (line[i] == ';' && i > 0 && line[i - 1] == ' ')
			break;
	return i;
}

static size_t trimmed_length(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return length;
}

static bool is_section_right(struct reader *reader, const char *line)
{
	size_t end = strcspn(line, "]");
	const char *rest;

	if (line[end] != ']' || comment_start(line) < end) {
		complain(reader, "the section's name does not end: write [NAME]");
		return false;
	}
	rest = line + end + 1;
	rest += strspn(rest, " ");
	if (*rest != '\0' && *rest != ';') {
		complain(reader, "there is more behind ']': begin a new line for it");
		return false;
	}
	if (end - 1 > NAME_LETTERS_MAX) {
		complain(reader, "no section has a name of %zu letters", end - 1);
		return false;
	}
	return true;
}

static bool is_assignment_right(struct reader *reader, const char *line)
{
	size_t sign = strcspn(line, "=:");
	size_t name = trimmed_length(line, sign);

	if (line[sign] != '=' || comment_start(line) < sign) {
		complain(reader, "there is no '=': write KEY = VALUE, or '#' before a comment");
		return false;
	}
	if (name == 0) {
		complain(reader, "there is no key before '=': write KEY = VALUE");
		return false;
	}
	if (name > NAME_LETTERS_MAX) {
		complain(reader, "no key has %zu letters", name);
		return false;
	}
	return true;
}

static bool is_line_right(struct reader *reader, const char *line, size_t size)
{
	size_t length = strlen(line);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] >= ' ' && line[i] != 0x7F)
			continue;
		complain(reader, "a control character (0x%02x): remove it", (unsigned char)line[i]);
		return false;
	}
	if (length >= size) {
		complain(reader, "the line has %zu bytes: %zu is the most, shorten it", length,
			size - 1);
		return false;
	}
	if (line[0] == '[') {
		reader->skip = !is_section_right(reader, line);
		return !reader->skip;
	}
	return !reader->skip && is_assignment_right(reader, line);
}

/* As fgets(), for inih: a line that means something and that it will not misread, or "". */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reader *reader = stream;
	cleanup_free char *line = NULL;
	const char *text;
	const char *end;

	if (reader->rest == reader->end)
		return NULL;
	end = memchr(reader->rest, '\n', (size_t)(reader->end - reader->rest));
	if (end == NULL)
		end = reader->end;
	line = mem_strndup(reader->rest, (size_t)(end - reader->rest));
	for (char *tab = strchr(line, '\t'); tab != NULL; tab = strchr(tab, '\t'))
		*tab = ' '; /* a blank like others: it has no place in messages */
	line[trimmed_length(line, strlen(line))] = '\0';
	reader->rest = end < reader->end ? end + 1 : end;
	reader->line++;
	text = line + strspn(line, " "); /* indented lines would go on the one above */
	if (*text == '\0' || *text == '#' || *text == ';' ||
		!is_line_right(reader, text, (size_t)size))
		text = "";
	(void)mem_strcpy(buffer, (size_t)size, text);
	return buffer;
}

static int take(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;
	struct assignments *list = reader->assignments;
	struct assignment *item;

	if (list->count >= READER_ASSIGNMENTS_MAX) {
		if (!reader->full)
			complain(reader, "more than %d keys: is it the right file?",
				READER_ASSIGNMENTS_MAX);
		reader->full = true;
		return 1;
	}
	list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
	item = &list->items[list->count++];
	memset(item, 0, sizeof(*item));
	/* Sections and keys are shorter (NAME_LETTERS_MAX). */
	(void)mem_strcpy(item->section, sizeof(item->section), section);
	(void)mem_strcpy(item->key, sizeof(item->key), key);
	if (mem_strcpy(item->value, sizeof(item->value), value) != 0)
		complain(reader, "the value of %s has %zu bytes: %d is the most", key,
			strlen(value), CONFIG_TEXT_MAX - 1);
	(void)snprintf(item->place, sizeof(item->place), "%s:%u", reader->path, reader->line);
	return 1;
}

static unsigned line_of(const char *text, const char *where)
{
	unsigned line = 1;

	for (; text < where; text++)
		line += *text == '\n';
	return line;
}

/* Files that came from another world are told by their first sign, not by each line. */
static bool is_plain_text(const char *path, const char *text, size_t length, struct report *report)
{
	const char *nul = memchr(text, '\0', length);
	const char *cr = memchr(text, '\r', length);

	if (nul != NULL) {
		report_add(report,
			"%s:%u: a NUL byte: this is no text, or it is UTF-16; save it as "
			"UTF-8",
			path, line_of(text, nul));
		return false;
	}
	if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		report_add(report,
			"%s:1: the file begins with a byte order mark: save it as UTF-8 without "
			"one",
			path);
		return false;
	}
	if (cr != NULL) {
		report_add(report,
			"%s:%u: the line ends as on Windows (CR LF): convert the file, as with "
			"sed -i 's/\\r$//'",
			path, line_of(text, cr));
		return false;
	}
	return true;
}

void reader_parse(const char *path, const char *text, size_t length,
	struct assignments *assignments, struct report *report)
{
	struct reader reader = {
		.path = path,
		.rest = text,
		.end = text + length,
		.assignments = assignments,
		.report = report,
	};
	size_t before = report->count;
	int r;

	if (!is_plain_text(path, text, length, report))
		return;
	r = ini_parse_stream(next_line, &reader, take, &reader);
	if (r > 0 && report->count == before) /* a quirk that is not known here yet */
		report_add(report, "%s:%d: the line cannot be read: write KEY = VALUE", path, r);
}
