/*
 * Two daemons on one engine would each make the replicas that the other one counts as a stranger's.
 * The engine cannot be asked who else is there, but its socket is one file for all, whatever path
 * or link leads to it: so a name made of its device and inode is held. Who runs in another network
 * namespace (a container of its own) is not seen: there the owner's labels are what is left, see
 * create.c.
 */
#include "sole.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/io/claim.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void sole_release(struct sole *sole)
{
	if (sole->fd >= 0)
		(void)close(sole->fd); /* nothing was written through it */
	sole->fd = -1;
}

int sole_take(struct sole *sole, const char *socket, struct err *err)
{
	struct stat there;
	char name[100];
	int fd = -1;
	int r;

	if (stat(socket, &there) < 0)
		return 0;
	if (sole->fd >= 0 && sole->device == there.st_dev && sole->inode == there.st_ino)
		return 0;
	(void)snprintf(name, sizeof(name), "dockscale-engine-%llx-%llx",
		(unsigned long long)there.st_dev, (unsigned long long)there.st_ino);
	r = claim_take(name, &fd, err);
	if (r < 0)
		return err_wrap(err,
			"another dockscale daemon looks after the Docker engine at %s, and two "
			"would "
			"work against each other: stop it, whatever its instance is called",
			socket);
	sole_release(sole);
	*sole = (struct sole){ .fd = fd, .device = there.st_dev, .inode = there.st_ino };
	return 0;
}
