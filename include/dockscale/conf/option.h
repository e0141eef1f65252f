/* ONE table of options: it drives INI keys, container labels, `check`, the defaults in etc/ and the
 * reference page. A new option is one row. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>
#include <dockscale/conf/config.h>

/* Schedules are of a service; each has a name, [schedule "NAME"]. */
enum option_scope { OPTION_DAEMON, OPTION_SERVICE, OPTION_SCHEDULE };

/* For which settings of other keys an option has an effect: a bit each; 0 = always. */
enum option_when {
	WHEN_TARGET = 1 << 0, /* policy.type = target */
	WHEN_THRESHOLD = 1 << 1, /* policy.type = threshold */
	WHEN_CLONE = 1 << 2, /* service.mode = clone */
	WHEN_HAPROXY = 1 << 3, /* haproxy.balancer = haproxy */
	WHEN_HTTP_PROBE = 1 << 4, /* health.probe = http */
	WHEN_PROBE = 1 << 5, /* health.probe = tcp or http */
	WHEN_SLOTS = 1 << 6, /* haproxy.method is not dynamic */
	WHEN_DYNAMIC = 1 << 7, /* haproxy.method is not slots */
	WHEN_CPU_WEIGHTS = 1 << 8, /* haproxy.weights = cpu */
	WHEN_MEMORY =
		1 << 9, /* memory counts: memory.target is given, or policy.type = threshold */
	WHEN_ADDRESS = 1 << 10, /* somebody needs an address: a balancer or a probe */
	WHEN_AIM = 1 << 11, /* policy.type = target or auto */
	WHEN_AUTO = 1 << 12, /* policy.type = auto */
	WHEN_PREDICT = 1 << 13, /* predict.mode is not off */
};

struct option {
	enum option_scope scope;
	const char *section; /* "cpu" */
	const char *key; /* "target" */
	const char *name; /* "cpu.target" */
	const char *placeholder; /* what a value looks like: "PERCENT", "clone | pool" */
	const char *fallback; /* the default as text, through the same parser; NULL: none */
	unsigned when; /* bits of enum option_when; all must hold */
	bool label; /* may be given as label dockscale.<section>.<key> (section service:
				  * dockscale.<key>) */
	const char *help; /* one sentence */
	/* Parses @text into @config (struct daemon_config, service_config or schedule_config) at
	 * @offset. */
	int (*parse)(const struct option *option, void *config, const char *text, struct err *err);
	size_t offset; /* where parse writes */
	size_t size; /* of what it writes */
	double low; /* smallest value: seconds, 0..1, or a count, as parse needs it */
	double high; /* largest value */
	const char *const *words; /* of a choice, by the value of its enum; NULL ends them */
	const char *const *planned; /* words of the product that this version does not know yet */
};

/* All options, the daemon's first, in the order of the reference. */
const struct option *option_table(size_t *ret_count);

/* NULL when there is none. */
const struct option *option_find(enum option_scope scope, const char *section, const char *key);

/* The nearest known "section.key" by edit distance, for messages; NULL when nothing is near. */
const char *option_nearest(enum option_scope scope, const char *section, const char *key);

/* "not in this version" keys and values of the product that this version does not build yet. */
bool option_is_planned(enum option_scope scope, const char *section, const char *key);

/* The word that @config has for a choice; "" when @option is none. */
const char *option_word(const struct option *option, const void *config);

/* For which settings of other keys a bit of enum option_when stands, as a person would write them:
 * "[policy] type = threshold". */
const char *option_when_text(unsigned bit);

/* The commented default file of a scope, as etc/dockscale/ ships it; a service's has its schedules'. */
void option_print_defaults(enum option_scope scope, struct str *out);

/* The same as the body of a man page, in roff: a section a heading, a key a paragraph. */
void option_print_reference(enum option_scope scope, struct str *out);

/* What may be said on a container, as the body of a man page. */
void option_print_labels(struct str *out);
