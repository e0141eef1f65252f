/*
 * Written by us and not by a reload's own hook, since a hook that runs a moment too early gives
 * the new process addresses of yesterday. It lies below /run: a boot begins with empty slots. A
 * write of some kilobytes into memory does not block, and nothing is synchronised to a disk,
 * because nothing of it is worth keeping over a crash of the machine.
 *
 * While HAProxy is away nobody can ask it for a new text, and the next start would open what the last
 * one has: servers that lead to nobody any more are closed in the text itself.
 */
#include "statefile.h"

#include <dockscale/base/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As much as an answer of HAProxy may have. */
#define STATEFILE_MAX ((size_t)8 * 1024 * 1024)

/* Version of the format, headings, lines; an empty line ends every answer. */
bool statefile_is_whole(const char *text, size_t length)
{
	static const char head[] = "1\n# be_id ";

	return length > sizeof(head) && strncmp(text, head, strlen(head)) == 0 &&
	       strcmp(text + length - 2, "\n\n") == 0;
}

/* Where a column stands in the headings, which begin with "# "; SIZE_MAX: nowhere. */
static size_t column(const char *headings, const char *name)
{
	size_t length = strlen(name);
	size_t at = 0;

	for (const char *word = headings + 2; *word != '\n' && *word != '\0'; at++) {
		size_t n = strcspn(word, " \n");

		if (n == length && strncmp(word, name, n) == 0)
			return at;
		word += n;
		word += *word == ' ';
	}
	return SIZE_MAX;
}

struct columns {
	size_t backend;
	size_t server;
	size_t state;
	size_t admin;
};

static void copy_word(const char *line, size_t at, char *buffer, size_t size)
{
	size_t n;

	for (; at > 0 && *line != '\n' && *line != '\0'; at--) {
		line += strcspn(line, " \n");
		line += *line == ' ';
	}
	n = strcspn(line, " \n");
	n = n < size ? n : size - 1;
	memcpy(buffer, line, n);
	buffer[n] = '\0';
}

static bool is_closed_here(
	const char *line, const struct columns *columns, const struct statefile_edit *edit)
{
	char word[256];

	copy_word(line, columns->backend, word, sizeof(word));
	if (strcmp(word, edit->backend) != 0)
		return false;
	copy_word(line, columns->server, word, sizeof(word));
	return word[0] != '\0' && edit->closes(edit->context, word);
}

/* Stopped, and in maintenance by the runtime API beside what the configuration says. */
static void append_closed(
	const char *line, size_t length, const struct columns *columns, struct str *out)
{
	char word[32];
	uint64_t admin = 0;
	struct err err;
	const char *end = line + length;

	copy_word(line, columns->admin, word, sizeof(word));
	(void)parse_unsigned(word, 0, UINT32_MAX, &admin, &err);
	for (size_t at = 0; line < end; at++) {
		size_t n = strcspn(line, " \n");

		if (at == columns->state)
			str_append(out, "0");
		else if (at == columns->admin)
			str_appendf(out, "%llu", (unsigned long long)(admin | 1));
		else
			str_append_bytes(out, line, n);
		line += n;
		if (line < end)
			str_append_bytes(out, line++, 1);
	}
}

size_t statefile_close(const char *text, const struct statefile_edit *edit, struct str *ret_text)
{
	struct columns columns = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };
	size_t count = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, "\n") + 1;

		if (text[length - 1] == '\0')
			length--; /* the last line without an end */
		if (strncmp(text, "# be_id ", 8) == 0)
			columns = (struct columns){ column(text, "be_name"),
				column(text, "srv_name"), column(text, "srv_op_state"),
				column(text, "srv_admin_state") };
		if (columns.admin != SIZE_MAX && is_closed_here(text, &columns, edit)) {
			append_closed(text, length, &columns, ret_text);
			count++;
		} else {
			str_append_bytes(ret_text, text, length);
		}
		text += length;
	}
	return count;
}

static int read_all(int fd, struct str *ret_text)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (ret_text->length + (size_t)n > STATEFILE_MAX)
			return -EFBIG;
		str_append_bytes(ret_text, buffer, (size_t)n);
	}
	return 0;
}

int statefile_read(const char *path, struct str *ret_text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	r = read_all(fd, ret_text);
	(void)close(fd); /* it was only read */
	return r < 0 ? err_errno(err, -r, "%s", path) : 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int fill(const char *path, const char *text, size_t length)
{
	/* HAProxy may be another user; there is nothing secret in it. A file that is left of a
	 * process that was killed is written over. */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, length);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int statefile_write(const char *path, const char *text, size_t length, struct err *err)
{
	char temporary[PATH_MAX];
	int r;

	/* In the same directory, so that the rename is atomic. */
	if (snprintf(temporary, sizeof(temporary), "%s.%ld.new", path, (long)getpid()) >=
		(int)sizeof(temporary))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", path);
	r = fill(temporary, text, length);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlink(temporary); /* it may not be there */
	return err_errno(err, -r,
		"cannot write HAProxy's state file %s (see [haproxy] state_file: its directory "
		"must "
		"be there and ours to write)",
		path);
}
