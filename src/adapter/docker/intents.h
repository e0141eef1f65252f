/* What is wanted of Docker. */
#pragma once

#include "jobs.h"

/* Begins it; its one result comes as an event. What is no runtime's affair is passed over. */
void intents_submit(struct jobs *jobs, const struct intent *intent);
