/*
 * Whoever finds a damaged file wants to look at it, but not at hundreds. The write-ahead log goes
 * with its file: left behind, it would be taken for the new one's.
 */
#include "store_aside.h"

#include <dockscale/base/mem.h>
#include <dockscale/io/store.h>

#include <dirent.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 640

static void move(const char *path, const char *suffix, const char *to)
{
	char from[PATH_BYTES];
	char name[PATH_BYTES];

	(void)snprintf(from, sizeof(from), "%s%s", path, suffix);
	(void)snprintf(name, sizeof(name), "%s%s", to, suffix);
	if (rename(from, name) < 0)
		(void)unlink(from); /* not there, or nothing can be done: opening it tells */
}

/* Times in their names have one length, so that names are in the order of time. */
static bool is_older(const char *name, const char *oldest)
{
	return oldest[0] == '\0' || strcmp(name, oldest) < 0;
}

/* Damaged files of @prefix in @directory; the oldest one's name in @oldest. */
static size_t count_damaged(
	const char *directory, const char *prefix, char *oldest, size_t oldest_size)
{
	DIR *list = opendir(directory);
	const struct dirent *entry;
	size_t count = 0;

	oldest[0] = '\0';
	while (list != NULL && (entry = readdir(list)) != NULL) {
		const char *end = strrchr(entry->d_name, '-');

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || end == NULL ||
			strcmp(end, "-wal") == 0)
			continue;
		count++;
		if (is_older(entry->d_name, oldest))
			(void)mem_strcpy(oldest, oldest_size, entry->d_name);
	}
	if (list != NULL)
		(void)closedir(list);
	return count;
}

static void remove_oldest(const char *path)
{
	char copy[PATH_BYTES];
	char prefix[PATH_BYTES];
	char oldest[256];
	const char *directory;

	(void)mem_strcpy(copy, sizeof(copy), path);
	(void)snprintf(prefix, sizeof(prefix), "%s.damaged-", basename(copy));
	(void)mem_strcpy(copy, sizeof(copy), path);
	directory = dirname(copy);
	while (count_damaged(directory, prefix, oldest, sizeof(oldest)) > STORE_DAMAGED_MAX) {
		char name[2 * PATH_BYTES];

		(void)snprintf(name, sizeof(name), "%s/%s", directory, oldest);
		if (unlink(name) < 0)
			return;
		(void)snprintf(name, sizeof(name), "%s/%s-wal", directory, oldest);
		(void)unlink(name); /* it may have had none */
	}
}

void store_aside(const char *path)
{
	struct timespec now;
	char to[PATH_BYTES];
	char index[PATH_BYTES];

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for a clock that Linux has */
	(void)snprintf(to, sizeof(to), "%s.damaged-%010lld.%06ld", path, (long long)now.tv_sec,
		now.tv_nsec / 1000);
	move(path, "-wal", to);
	move(path, "", to);
	(void)snprintf(index, sizeof(index), "%s-shm", path);
	(void)unlink(index); /* the dead process's: it may be gone */
	remove_oldest(path);
}
