/*
 * What doctor asks for somebody else: it runs as root or as a person, the daemon as a user of its
 * own, and whether that one may use a socket is what matters.
 */
#include "doctor_parts.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 64

static bool in_group(const struct passwd *user, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		n = GROUPS_MAX; /* more than we can hold: look at the first ones */
	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

void doctor_check_user(struct doctor *doctor, const char *what, const char *path)
{
	const struct passwd *user = getpwnam(DAEMON_USER);
	const struct group *group;
	struct stat there;
	char cure[160];

	if (user == NULL || stat(path, &there) < 0 || there.st_uid == user->pw_uid ||
		(there.st_mode & S_IWOTH) != 0)
		return;
	if ((there.st_mode & S_IWGRP) != 0 && in_group(user, there.st_gid))
		return;
	group = getgrgid(there.st_gid);
	if (group != NULL && (there.st_mode & S_IWGRP) != 0)
		(void)snprintf(cure, sizeof(cure),
			"adduser " DAEMON_USER " %s, then systemctl restart dockscaled",
			group->gr_name);
	else
		(void)snprintf(cure, sizeof(cure),
			"give %s a group and mode 0660, and put " DAEMON_USER " into that group",
			path);
	doctor_add(doctor, VERDICT_FAIL, what, cure, "user " DAEMON_USER " may not use %s", path);
}
