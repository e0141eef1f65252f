/* What the rooms of the eye share. */
#pragma once

#include "eye.h"

#include "adapter/sim/sim_world.h"

#define MEMBERS_MAX 64

enum rule {
	RULE_MAX,
	RULE_MIN,
	RULE_MEMBERS,
	RULE_DEAD,
	RULE_STRANGER,
	RULE_PAUSED,
	RULE_RELEASED,
	RULE_WARM_MOST,
	RULE_WARM_LEAST,
	RULE_ROLL,
	RULE_SICK,
	RULE_COUNT
};

/* A member as the daemon last spoke of it. */
struct member_eye {
	char id[CONTAINER_ID_MAX];
	char address[CONTAINER_ADDRESS_MAX];
	enum member_state state;
	usec_t draining_since;
};

/* Enabled servers of ours that send traffic to nobody, to somebody else's container, or to one that is
 * paused. */
struct wrong {
	unsigned dead;
	unsigned stranger;
	unsigned paused;
	const struct sim_server *last; /* one of them */
};

struct service_eye {
	struct eye_service is;
	struct member_eye members[MEMBERS_MAX];
	size_t n_members;
	struct member_eye left[MEMBERS_MAX]; /* ring: drained, and is no member any more */
	size_t n_left; /* ever */
	bool spoken; /* a membership came in this life of the daemon */
	usec_t scaled_at; /* the daemon changed the count; 0: it never did */
	unsigned scaled; /* so often since it has to be quiet */
	bool released;
	bool knows_released; /* the daemon that lives was told so itself */
	usec_t broken_since[RULE_COUNT]; /* 0: kept */
	/* What was counted when something had changed last. */
	unsigned staying;
	unsigned outdated; /* clones that are not what their template is, and it answers */
	bool one_sick; /* a clone, and most are well */
	char seen[CONTAINER_SPEC_BYTES]; /* of the template, when the runtime went away */
	char stopped[CONTAINER_SPEC_BYTES]; /* the roll to it was given up, as it was told */
	unsigned spare; /* one more may run beside max, while something is to be replaced */
	unsigned kept; /* warm */
	unsigned serving;
	unsigned unserved;
	struct wrong wrong;
};

/* What the world's hand has done to a container. */
struct patient {
	uint64_t serial;
	usec_t unreadable_since; /* USEC_NEVER: it can be read */
	bool sick;
	usec_t sick_last; /* when it was, at last; 0: never */
	uint64_t life;
	bool led; /* the daemon had clients led to it, in this life of it */
	bool strayed; /* clients were led to it, in this life, by a server that was not told to */
	bool told; /* and told it to stop: whatever daemon follows, it was asked to go */
};

struct eye {
	struct sim_drive *drive;
	struct sim *sim;
	usec_t began;
	usec_t able_since; /* nothing is away, and the daemon lives */
	usec_t excused_at;
	bool runtime_away;
	bool balancer_away;
	bool quiet;
	usec_t contended_until; /* somebody lacks processors */
	bool trace;
	struct service_eye services[EYE_SERVICES_MAX];
	size_t n_services;
	struct patient patients[MEMBERS_MAX];
	size_t n_patients;
	struct violation violation;
	uint64_t changes; /* of the world, when it was counted last */
	bool stale; /* the daemon said something else since */
	uint64_t looks;
};

/* eye_count.c */
/* Until the servers are right: two ticks, and what the calls take. */
usec_t eye_servers_grace(const struct eye *eye);
struct member_eye *eye_find_member(struct service_eye *service, const char *id);
/* When the daemon told it to drain, in its present life; USEC_NEVER: it did not. */
usec_t eye_draining_since(struct service_eye *service, const char *id);
/* Those of @before that drain and are no members any more: they go. */
void eye_keep_left(struct service_eye *service, const struct member_eye *before, size_t n);
/* It is kept ready from now on, whatever was said of it before. */
void eye_forget_left(struct eye *eye, struct service_eye *service, const char *id);
/* What its template is, for as long as the daemon cannot see it change. */
void eye_see_template(const struct eye *eye, struct service_eye *service);
bool eye_has_server(const struct eye *eye, const struct service_eye *service, const char *address);
/* Those that run and do not leave. */
unsigned eye_count_staying(const struct eye *eye, struct service_eye *service);
/* Is there one that is sick, or that is not what its template is? Its successor runs beside it. */
bool eye_has_to_replace(const struct eye *eye, const struct service_eye *service);
bool eye_is_clone(const struct sim_container *container);
/* Clones that are not what their template is, though it answers and the roll was not given up. */
unsigned eye_count_outdated(const struct eye *eye, const struct service_eye *service);
/* Is a clone sick, and could another one take its place? */
bool eye_has_one_sick(const struct eye *eye, const struct service_eye *service);
/* Warm ones. The template, and what somebody has just paused, are among them for a moment. */
unsigned eye_count_kept(const struct eye *eye, struct service_eye *service);
/* Members that are to be served and have no server. */
unsigned eye_count_unserved(const struct eye *eye, const struct service_eye *service);
struct wrong eye_find_wrong(const struct eye *eye, struct service_eye *service);

/* eye_host.c: false when a decision breaks a promise about the machine, with what it is in @text. */
bool eye_host_judge(const struct eye *eye, const struct intent *intent, char *text, size_t size);
/* Has the machine memory for one more of it? */
bool eye_host_has_room(const struct eye *eye, const struct eye_service *service);
/* Do its replicas bear its load with some to spare? */
bool eye_has_room(const struct eye *eye, const char *service);
/* The processors are all in use, or somebody lacks some. */
void eye_contended(struct eye *eye, usec_t now);
/* Were they lately? */
bool eye_is_contended(struct eye *eye, usec_t now);
