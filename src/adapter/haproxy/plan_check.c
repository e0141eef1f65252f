/*
 * What becomes part of a command line must not end it: asked of the settings once, before anything
 * is planned with them.
 */
#include "plan.h"

int plan_check(const struct plan_options *options, struct err *err)
{
	const struct haproxy_config *config = options->config;

	if (!view_is_name(config->backend))
		return err_set(err, ERR_INVALID,
			"[haproxy] backend '%s' is no name: use letters, digits, '-', '_', '.' and "
			"':'",
			config->backend);
	if ((config->slot_prefix[0] != '\0' && !view_is_name(config->slot_prefix)) ||
		!view_is_name(options->instance))
		return err_set(err, ERR_INVALID,
			"[haproxy] slots and [daemon] instance become server names: use letters, "
			"digits, '-', '_', '.' and ':'");
	for (const char *c = config->server_options; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == ';' || *c == '\\')
			return err_set(err, ERR_INVALID,
				"[haproxy] server_options has a ';', a '\\' or a control "
				"character: "
				"HAProxy would take it as the end of a command");
	return 0;
}
