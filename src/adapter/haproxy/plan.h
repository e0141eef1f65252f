/* From who should be served and what HAProxy has to the commands that make it so. Pure. */
#pragma once

#include "limits.h"
#include "view.h"

#include <dockscale/base/str.h>
#include <dockscale/conf/config.h>
#include <dockscale/port/intent.h>

#define PLAN_NOWHERE SIZE_MAX /* a member without a server */

/* What is ours in a backend, and how it is used. Texts live as long as the plan is made. */
struct plan_options {
	const struct haproxy_config *config;
	const char *instance;
	bool withdrawn; /* the service is gone: nothing of ours stays */
	bool resolved; /* HAProxy looks the names of slots up by DNS while it runs */
	/* Is it an address of this machine? NULL: only loopback is. */
	bool (*is_local)(const char *address);
	struct limits *limits; /* of this HAProxy: the only thing that is remembered; may be NULL */
};

/* What is wished: the membership. */
struct plan_wish {
	const struct member *members;
	size_t n_members;
};

struct plan {
	/* Commands in their order, each ended by ';'. */
	struct str commands;
	bool again; /* not all: plan again on what is then */
	bool slots; /* the method in use */
	unsigned capacity; /* members it can hold; UINT32_MAX: any */
	char problem[256]; /* what cannot be done, with its cure; "" : nothing */
	fault_set faults;
};

/* Whose server is whose: fills @ret_places[i] with the index of member i's server in the view, or
 * PLAN_NOWHERE. Also the report asks this, so that both mean the same server. */
void plan_places(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, size_t *ret_places);

/* Sets ret_strangers[s] for each open server of ours in the view that leads to no member. Returns how
 * many there are. */
size_t plan_strangers(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, bool *ret_strangers);

/* What is to be done now. Order: close what leads to nobody; drain; open; weigh; delete. Nothing to
 * do: no commands. */
void plan_make(const struct plan_options *options, const struct plan_wish *wish,
	const struct view *view, struct plan *ret_plan);

void plan_finish(struct plan *plan);

/* How many slots of ours a backend has, and how many of them are written with an address instead of
 * a name. */
void plan_count_slots(const struct plan_options *options, const struct view *view,
	size_t *ret_slots, size_t *ret_literal);

/* An open server of ours that its check finds down; PLAN_NOWHERE: there is none from @from on. */
size_t plan_next_down(const struct plan_options *options, const struct view *view, size_t from);

/* A slot of ours that nobody uses and that is written with a name, so that HAProxy can be asked whether
 * it looks that name up; PLAN_NOWHERE: there is none. */
size_t plan_named_slot(
	const struct plan_options *options, const struct plan_wish *wish, const struct view *view);

/* The name of a member's server under the dynamic method. */
void plan_server_name(const char *instance, const char *id, char name[static SERVER_NAME_MAX]);

/* The prefix of the slots' names. */
void plan_slot_prefix(const struct plan_options *options, char prefix[static SERVER_NAME_MAX]);

/* Would the names of @options break out of a command line? Then ERR_INVALID with the cure. */
int plan_check(const struct plan_options *options, struct err *err);
