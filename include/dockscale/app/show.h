/* The daemon's JSON for a person at a terminal. Pure: a tree in, text out. What is missing in the
 * tree is shown as "-". */
#pragma once

#include <dockscale/base/str.h>

#include <cjson/cJSON.h>

/* GET /status as a table of services. */
void show_status(const cJSON *status, struct str *out);
/* GET /services/NAME: why the count is what it is. */
void show_explain(const cJSON *service, struct str *out);

/* Control characters become '?': what a container or an engine says must not steer a terminal, nor
 * look like a line of ours. */
void show_clean_text(char *text);
/* The same for all values of a tree. */
void show_clean(cJSON *tree);

/* Text of a key, "" where it is none. */
const char *show_text(const cJSON *object, const char *key);
/* Number of a key, 0 where it is none. */
double show_number(const cJSON *object, const char *key);
