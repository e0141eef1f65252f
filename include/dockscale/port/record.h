/* What is remembered of a service over the life of a daemon. It helps and is never needed. */
#pragma once

#include <dockscale/conf/config.h>

#include <stddef.h>

/* A longer text is not remembered. */
#define RECORD_BYTES_MAX ((size_t)64 * 1024)

enum record_kind {
	RECORD_SERVICE, /* the engine's: what people and it itself decided */
	RECORD_LEARNED, /* the engine's: what the policy learned */
	RECORD_TEMPLATE, /* the runtime's: the template's specification */
	RECORD_KINDS,
};

/* One of each kind a service. The text begins with its format and version, which its owner knows; it
 * may hold any bytes. */
struct journal_record {
	enum record_kind kind;
	char service[CONFIG_NAME_MAX];
	const char *text;
	size_t length; /* 0: there is none any more */
};

/* The stable word of a kind, by which it is stored. */
const char *record_kind_name(enum record_kind kind);
