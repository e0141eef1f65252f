/* The way to a clone. */
#pragma once

#include "jobs.h"

void create_begin(struct job *job, const struct intent *intent);
