/* What several HAProxies say of the same members, as one report. */
#pragma once

#include "reconciler.h"

/* Fills @ret_report from @n_reconcilers that have ended their cycle; its servers are @ret_servers,
 * one a member. The service's name is the caller's. */
void report_make(const struct reconciler *reconcilers, size_t n_reconcilers,
	const struct plan_options *options, const struct plan_wish *wish,
	struct server_report *ret_servers, struct balancer_report *ret_report);
