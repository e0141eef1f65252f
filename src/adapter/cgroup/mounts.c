/*
 * Which cgroup trees are mounted where, from mountinfo. This is the way for machines on which
 * libcgroup does not see the v2 tree: it knows mounts only by their controllers, and on a hybrid
 * machine the v2 tree may have none.
 */
#include "mounts.h"

#include <string.h>

/* proc(5), /proc/PID/mountinfo:
 * 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
 * (1)(2)(3)(4)(5)                     (6)         (7)     (8)(9)     (10)    (11) */
struct line {
	char root[8]; /* of the mount inside its file system, cut: only "/" matters */
	char target[CONFIG_TEXT_MAX]; /* mount point */
	char type[16];
	char options[CONFIG_TEXT_MAX]; /* of the superblock */
};

/* Takes one field up to a blank, with \040 and the like turned back into bytes. Gives what follows,
 * or NULL at the line's end. Fields that do not fit @size are cut. */
static const char *take_field(const char *s, char *field, size_t size)
{
	size_t used = 0;

	while (*s != '\0' && *s != '\n' && *s != ' ') {
		unsigned char c = (unsigned char)*s;

		if (*s == '\\' && strspn(s + 1, "01234567") >= 3) {
			c = (unsigned char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		}
		if (used + 1 < size)
			field[used++] = (char)c;
		s++;
	}
	field[used] = '\0';
	return *s == ' ' ? s + 1 : NULL;
}

static bool parse_line(const char *s, struct line *ret_line)
{
	char skipped[CONFIG_TEXT_MAX];

	for (int i = 0; i < 3 && s != NULL; i++)
		s = take_field(s, skipped, sizeof(skipped));
	if (s != NULL)
		s = take_field(s, ret_line->root, sizeof(ret_line->root));
	if (s != NULL)
		s = take_field(s, ret_line->target, sizeof(ret_line->target));
	do { /* mount options and any number of optional fields end with a lone dash */
		if (s != NULL)
			s = take_field(s, skipped, sizeof(skipped));
	} while (s != NULL && strcmp(skipped, "-") != 0);
	if (s != NULL)
		s = take_field(s, ret_line->type, sizeof(ret_line->type));
	if (s != NULL)
		s = take_field(s, skipped, sizeof(skipped));
	if (s == NULL)
		return false;
	(void)take_field(s, ret_line->options, sizeof(ret_line->options));
	return true;
}

void cgroup_mounts_parse(const char *text, struct cgroup_mounts *ret_mounts)
{
	struct cgroup_mounts mounts = { 0 };
	bool whole = false;
	struct line line;

	for (const char *s = text; s != NULL && *s != '\0'; s = strchr(s, '\n')) {
		if (*s == '\n')
			s++;
		if (!parse_line(s, &line))
			continue;
		/* systemd's own name=systemd hierarchy has no controller: it makes no hybrid */
		if (strcmp(line.type, "cgroup") == 0 && strstr(line.options, "name=") == NULL)
			mounts.legacy = true;
		if (strcmp(line.type, "cgroup2") != 0 || whole)
			continue;
		if (strcmp(line.root, "/") == 0 || mounts.root[0] == '\0')
			memcpy(mounts.root, line.target, sizeof(mounts.root));
		whole = strcmp(line.root, "/") == 0;
	}
	*ret_mounts = mounts;
}
