/* What the engine knows as the JSON of /api/v1. Pure: a snapshot in, text out. */
#pragma once

#include <dockscale/base/str.h>
#include <dockscale/engine/snapshot.h>

/* {"instance", "version", "dry_run", "runtime", "services": [...]} and a line's end. */
void status_json(const struct snapshot *snapshot, bool dry_run, struct str *out);

/* One service with what `explain` adds: policy, history, manual, and, unless @config is NULL, the
 * resolved "haproxy" settings. */
void status_json_explain(const struct service_snapshot *service,
	const struct service_config *config, struct moment now, struct str *out);

/* The word for a policy, as in the files. */
const char *status_json_policy(enum policy_type type);

/* The settings of [haproxy] as an object named @key. */
void status_json_haproxy(const struct haproxy_config *config, const char *key, struct str *out);
