/* The request that makes a clone of an inspected container. */
#pragma once

#include "jsontext.h"

#include <dockscale/base/str.h>
#include <dockscale/port/container.h>

#define CLONE_CONNECTS_MAX 32

struct clone {
	struct jsontext_span inspect; /* of the template; a text that was parsed before */
	const char *name; /* of the clone, also its LABEL_INTENT */
	const char *service;
	const char *instance;
	const char *spec; /* LABEL_SPEC; "": none */
	bool compose; /* it is Compose's too */
	bool bare; /* without what is one clone's own: the labels that mark it. The body is not sent */
	bool one_network; /* API before 1.44: the others are connected after the create */
	bool keep_ports; /* they are the engine's choice, one for each clone */
};

/* One network that the clone is connected to after its create. Texts are on the heap. */
struct clone_connect {
	char *network; /* id or name, percent-encoded */
	char *endpoint; /* its EndpointConfig */
};

/* The body of POST /containers/create. */
void clone_body(const struct clone *clone, struct str *body);

/* The networks beyond the first, when the create takes only one; at most
 * CLONE_CONNECTS_MAX. Returns how many. */
size_t clone_connects(const struct clone *clone, struct clone_connect connects[]);

/* Appends @text as one segment of a path or value of a query. */
void clone_escape(struct str *out, struct jsontext_span text);
