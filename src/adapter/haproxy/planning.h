/* What planning has at hand, and whose server is whose (places.c). Private to it. */
#pragma once

#include "plan.h"

enum owner {
	OWNER_OTHER, /* a person wrote it */
	OWNER_INSTANCE, /* bears the name of another instance of ours: its own affair */
	OWNER_SLOT,
	OWNER_DYNAMIC,
};

/* Everything that one planning needs at hand. */
struct planning {
	const struct plan_options *options;
	const struct plan_wish *wish;
	const struct view *view;
	char slot_prefix[SERVER_NAME_MAX];
	char dynamic_prefix[SERVER_NAME_MAX];
	enum owner *owners; /* by server */
	size_t *places; /* by member */
	bool *claimed; /* by server */
	size_t n_slots; /* that can be used */
	size_t n_broken; /* without an address: nothing can be set */
	size_t n_resolved; /* whose address is DNS's affair: nothing is led to them */
	bool slots;
	struct plan *plan;
};

/* Everything is nobody's until planning_claim(). */
void planning_begin(struct planning *planning, const struct plan_options *options,
	const struct plan_wish *wish, const struct view *view);
void planning_end(struct planning *planning);
/* Finds the server of each member, the surest ways first. */
void planning_claim(struct planning *planning);

/* Does what is sent to the server arrive at the member? Ours are led to its address alone. */
bool planning_leads_to(const struct planning *planning, size_t at, const struct member *member);
bool planning_is_ours(const struct planning *planning, size_t at);
/* A slot that can never be led anywhere. */
bool planning_is_broken(const struct planning *planning, size_t at);
/* A slot whose name HAProxy looks up by DNS: what is written into it is not kept. */
bool planning_is_resolved(const struct planning *planning, size_t at);
/* An added server that bears the member's name. */
bool planning_is_named(const struct planning *planning, size_t at, const struct member *member);
/* Ours, open, and nobody's. */
bool planning_is_stranger(const struct planning *planning, size_t at);
bool planning_is_address(const char *text);
