/* What a clone would be made with, as a number: two containers whose numbers are equal have equal
 * clones. */
#pragma once

#include "jsontext.h"

#include <dockscale/port/container.h>

/* Of an inspect that was parsed before. "" when its image is not told. Neither the order in which
 * members and unordered lists are written counts, nor members that say nothing (null, false, 0,
 * "", [], {}: a newer engine tells more of them), nor what a client changes at each run though
 * nothing changed: Compose's labels, the volumes that it hands on, how a terminal was attached. */
void spec_of_inspect(struct jsontext_span inspect, char ret_spec[static CONTAINER_SPEC_BYTES]);

/* Fills @container->spec: ours bear it as a label, others' is computed from @inspect. */
void spec_fill(struct container *container, struct jsontext_span inspect);
