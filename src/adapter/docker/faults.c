/*
 * What stands behind an answer of the engine. Its codes are few: most of what goes wrong is a 500
 * whose text alone tells a full disk from a port that is taken. The texts are those of engines 20.10
 * to 28; one that is new is an engine_error, and is told in the engine's own words all the same.
 */
#include "parts.h"

#include <dockscale/base/mem.h>

#include <string.h>

enum fault docker_fault(const struct err *err)
{
	static const struct {
		const char *text;
		enum fault fault;
	} rows[] = {
		{ "port is already allocated", FAULT_PORT_TAKEN },
		{ "all ports are allocated", FAULT_PORT_TAKEN }, /* of a range */
		{ "address already in use", FAULT_PORT_TAKEN },
		{ "no space left on device", FAULT_DISK_FULL },
		{ "disk quota exceeded", FAULT_DISK_FULL },
		{ "o such image", FAULT_IMAGE_GONE }, /* "No such image: NAME", "no such image" */
		{ "layer does not exist", FAULT_IMAGE_GONE },
		{ "does not provide the specified platform", FAULT_IMAGE_GONE },
	};

	if (err->code != ERR_REMOTE && err->code != ERR_NOT_FOUND)
		return fault_of_code(err->code);
	for (size_t i = 0; i < countof(rows); i++)
		if (strstr(err->msg, rows[i].text) != NULL)
			return rows[i].fault;
	return fault_of_code(err->code);
}

const char *docker_cure(enum fault fault)
{
	switch (fault) {
	case FAULT_PORT_TAKEN:
		return "a host port that it publishes is in use: free it, or publish none and let "
		       "HAProxy reach it by its address";
	case FAULT_IMAGE_GONE:
		return "the image that it is made of was removed: pull or load it again, or run "
		       "the template anew from one that is there";
	case FAULT_DISK_FULL:
		return "Docker's disk is full: `docker system df` tells what takes it, `docker "
		       "system prune` makes room";
	default:
		return NULL;
	}
}
