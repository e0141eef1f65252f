/* One daemon an engine. */
#pragma once

#include <dockscale/base/err.h>

#include <sys/types.h>

struct sole {
	int fd; /* -1: nothing is held */
	dev_t device;
	ino_t inode;
};

/* Holds the engine behind this socket for us; again and again, since an engine that restarts makes
 * another socket. 0 also when there is no such path: then there is no engine to share. ERR_CONFLICT
 * with the cure when another daemon holds it. */
int sole_take(struct sole *sole, const char *socket, struct err *err);
void sole_release(struct sole *sole);
