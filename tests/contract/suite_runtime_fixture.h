/* What the tests of suite_runtime.c stand on: every event kept with copies of what it points to,
 * waiting for one of them, and intents that are numbered and have a deadline. */
#pragma once

#include "suite_runtime.h"

#define INSTANCE "contract"
#define WEB      "dockscale.service=web"
/* An id that no container has. */
#define NOBODY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* One event with a copy of everything that it points to. */
struct record {
	struct event event;
	struct container *containers;
	size_t n_containers;
};

struct fixture {
	struct config *config;
	struct service_config service;
	struct runtime *runtime;
	struct record *records;
	size_t n_records;
	size_t from; /* waiting looks at records from here on */
	uint64_t last_intent;
};

/* What is waited for. Texts are compared where they are given. */
struct expectation {
	struct fixture *fixture;
	enum event_kind kind;
	const char *name; /* EVENT_CONTAINER: its name */
	const char *id; /* EVENT_CONTAINER, EVENT_GONE */
	int state; /* EVENT_CONTAINER: enum container_state, or -1 */
	uint64_t intent; /* EVENT_RESULT */
	bool away; /* EVENT_RUNTIME: the code is negative */
	size_t found; /* index of the first record that fits */
	size_t container; /* index in it of the container that fits */
};

extern const struct suite_runtime_world *tested;

/* The sink of every fixture; its context is the fixture. */
void take_event(void *context, const struct event *event);
int set_up(void **state);
int tear_down(void **state);

/* What comes from now on is all that counts. */
void forget(struct fixture *fixture);
/* Each waits for the first event that fits, and fails the test when none comes. Records are valid
 * until the next wait, containers for the whole test. */
const struct record *await(struct fixture *fixture, struct expectation expectation);
const struct container *await_container(
	struct fixture *fixture, const char *name, enum container_state state);
const struct record *await_listing(struct fixture *fixture);
const struct record *await_result(struct fixture *fixture, uint64_t intent);
/* Gives its code; with one there must be a message. */
int result_code(struct fixture *fixture, uint64_t intent);
/* Nothing is waited for: time passes. */
void let_pass(usec_t duration);

/* A person runs one replica of the service; then forget(). */
void run_web(struct fixture *fixture, const char *name, char id[static CONTAINER_ID_MAX]);
uint64_t submit_for(struct fixture *fixture, enum intent_kind kind, const char *id);
uint64_t submit_create(struct fixture *fixture, const char *template, const char *name);
/* submit_for() and result_code() */
int result_of(struct fixture *fixture, enum intent_kind kind, const char *id);
