/* The rules that are compared. */
#pragma once

#include "plant.h"

/* The first one is the oracle. */
extern const struct rule quality_peers[];
extern const size_t quality_peers_count;

extern const struct rule quality_ours[];
extern const size_t quality_ours_count;
