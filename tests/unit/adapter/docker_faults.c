/* Answers of Docker engines as they came, and the fault that each is. */
#include "unit/test.h"

#include <adapter/docker/parts.h>

static const struct {
	long status;
	const char *body;
	enum fault fault;
} answers[] = {
	{ 500,
		"{\"message\":\"driver failed programming external connectivity on endpoint "
		"ds-host1-web-0a1b2c (5f0c): Bind for 0.0.0.0:8080 failed: port is already "
		"allocated\"}\n",
		FAULT_PORT_TAKEN },
	{ 500,
		"{\"message\":\"driver failed programming external connectivity on endpoint web "
		"(5f0c): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address "
		"already in use\"}\n",
		FAULT_PORT_TAKEN },
	{ 500,
		"{\"message\":\"driver failed programming external connectivity on endpoint r3 "
		"(a2c9a0ac409fa1758801f6f8fb65e5963d9812449d07d787594798ad6df43b7e): all ports are "
		"allocated\"}\n",
		FAULT_PORT_TAKEN },
	{ 404, "{\"message\":\"No such image: shop:1.4\"}\n", FAULT_IMAGE_GONE },
	{ 404,
		"{\"message\":\"No such image: "
		"sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6\"}\n",
		FAULT_IMAGE_GONE },
	{ 500, "{\"message\":\"layer does not exist\"}\n", FAULT_IMAGE_GONE },
	{ 500,
		"{\"message\":\"error creating overlay mount to "
		"/var/lib/docker/overlay2/1f/merged: "
		"no space left on device\"}\n",
		FAULT_DISK_FULL },
	{ 500,
		"{\"message\":\"write "
		"/var/lib/docker/overlay2/52e902e9db41ccb184f899b82299b3457a5f59"
		"89c5e673efde66d89c3d69bf44-init/link: no space left on device\"}\n",
		FAULT_DISK_FULL },
	{ 500,
		"{\"message\":\"write "
		"/var/lib/docker/containers/461896e30d994d7109db56c8b4c90a6b8884"
		"5e6d499ea80595fafd31aed574c7/hosts: no space left on device\"}\n",
		FAULT_DISK_FULL },
	{ 500, "{\"message\":\"mkdir /var/lib/docker/overlay2/1f-init: disk quota exceeded\"}\n",
		FAULT_DISK_FULL },
	{ 409,
		"{\"message\":\"Conflict. The container name \\\"/ds-host1-web-0a1b2c\\\" is "
		"already in use by container \\\"4f\\\". You have to remove (or rename) that "
		"container to be able to reuse that name.\"}\n",
		FAULT_CONFLICT },
	{ 409,
		"{\"message\":\"You cannot remove a running container 4f. Stop the container "
		"before attempting removal or force remove\"}\n",
		FAULT_CONFLICT },
	{ 409,
		"{\"message\":\"You cannot remove a paused container 4f. Unpause and then stop the "
		"container before attempting removal or force remove\"}\n",
		FAULT_CONFLICT },
	{ 409, "{\"message\":\"cannot start a paused container, try unpause instead\"}\n",
		FAULT_CONFLICT },
	{ 404, "{\"message\":\"No such container: 4f\"}\n", FAULT_CONTAINER_GONE },
	{ 403, "<html><body><h1>403 Forbidden</h1></body></html>", FAULT_ENGINE_DENIED },
	{ 500, "{\"message\":\"server error\"}\n", FAULT_ENGINE_ERROR },
	{ 500, "", FAULT_ENGINE_ERROR },
	{ 503, "{\"message\":\"server is shutting down\"}\n", FAULT_ENGINE_ERROR },
	{ 400, "{\"message\":\"invalid reference format\"}\n", FAULT_ENGINE_ERROR },
};

static void an_answer_is_told_by_its_status_and_its_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct http_answer answer = { .status = answers[i].status,
			.body = answers[i].body,
			.length = strlen(answers[i].body) };
		struct err err = { 0 };

		(void)request_error(&answer, &err);
		if (docker_fault(&err) != answers[i].fault)
			fail_msg("%s is %s", err.msg, fault_key(docker_fault(&err)));
	}
}

/* What a scale-up meets and a person can mend comes with the cure, on one line. */
static void what_a_person_can_mend_has_a_cure(void **state)
{
	static const enum fault mended[] = { FAULT_PORT_TAKEN, FAULT_IMAGE_GONE, FAULT_DISK_FULL };

	(void)state;
	for (size_t i = 0; i < sizeof(mended) / sizeof(mended[0]); i++) {
		assert_non_null(docker_cure(mended[i]));
		assert_null(strchr(docker_cure(mended[i]), '\n'));
		/* With the engine's words behind it there is room enough. */
		assert_in_range(strlen(docker_cure(mended[i])), 1, 150);
	}
	assert_null(docker_cure(FAULT_NONE));
	assert_null(docker_cure(FAULT_ENGINE_ERROR));
}

static void no_answer_is_an_engine_that_is_away_or_slow(void **state)
{
	struct http_answer answer = { .err = { .code = ERR_UNREACHABLE } };
	struct err err = { 0 };

	(void)state;
	(void)request_error(&answer, &err);
	assert_int_equal(docker_fault(&err), FAULT_ENGINE_AWAY);
	answer.err.code = ERR_TIMEOUT;
	(void)request_error(&answer, &err);
	assert_int_equal(docker_fault(&err), FAULT_ENGINE_SLOW);
}

static void podman_says_a_conflict_in_its_cause(void **state)
{
	static const struct {
		const char *body;
		int code;
	} told[] = {
		{ "{\"cause\":\"container state improper\",\"message\":\"it is paused\"}",
			ERR_CONFLICT },
		{ "{\"cause\":\"that name is already in use\",\"message\":\"create\"}",
			ERR_CONFLICT },
		{ "{\"cause\":\"no space left\",\"message\":\"container state improper\"}",
			ERR_REMOTE },
		{ "not JSON", ERR_REMOTE },
		{ "", ERR_REMOTE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct http_answer answer = {
			.status = 500, .body = told[i].body, .length = strlen(told[i].body)
		};
		struct err err = { 0 };

		assert_int_equal(request_error(&answer, &err), told[i].code);
	}
}

static void success_is_no_fault_whatever_it_says(void **state)
{
	struct err err = { .code = 0, .msg = "no space left on device" };

	(void)state;
	assert_int_equal(docker_fault(&err), FAULT_NONE);
}

/* A template of this name is refused by us: its words are no engine's. */
static void our_own_refusal_is_none_of_the_engines(void **state)
{
	struct err err = { .code = ERR_REFUSED, .msg = "container no such image is a service" };

	(void)state;
	assert_int_equal(docker_fault(&err), FAULT_CREATE_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_told_by_its_status_and_its_text),
		cmocka_unit_test(what_a_person_can_mend_has_a_cure),
		cmocka_unit_test(no_answer_is_an_engine_that_is_away_or_slow),
		cmocka_unit_test(podman_says_a_conflict_in_its_cause),
		cmocka_unit_test(success_is_no_fault_whatever_it_says),
		cmocka_unit_test(our_own_refusal_is_none_of_the_engines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
