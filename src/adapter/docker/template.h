/* May this container be cloned, and what does its clone lose? */
#pragma once

#include "jsontext.h"

#include <dockscale/base/str.h>
#include <dockscale/conf/config.h>

/* As docker_judge_template(), of a parsed inspect. */
int template_judge(const cJSON *inspect, const struct service_config *config, struct str *findings,
	struct err *err);

/* Are there files below /run/secrets that no mount explains? Only Compose makes such; only then is
 * the engine's list of changes (GET /containers/ID/changes) worth asking for. */
bool template_wants_changes(const cJSON *inspect);
/* Appends a finding and returns ERR_REFUSED when there are. @changes may be NULL: not known. */
int template_judge_changes(
	const cJSON *inspect, const cJSON *changes, struct str *findings, struct err *err);

/* Has it published ports, all of them with a host port of the engine's choice? Then every clone may
 * have its own. */
bool template_ports_are_free(const cJSON *inspect);
