/*
 * One request to the engine: the negotiated version before its path, and what an answer that is no
 * success means. Who asks, and what for, is the other rooms' affair.
 */
#include "inspect.h"
#include "parts.h"

#include <dockscale/base/mem.h>

#include <string.h>

struct http_request *request_send(struct docker *docker, const struct http_call *call)
{
	cleanup_str struct str path = { 0 };
	struct http_call versioned = *call;

	str_appendf(&path, "/v1.%u%s", docker->api, call->path);
	versioned.path = str_text(&path);
	return http_submit(docker->http, &versioned);
}

/* Podman answers 500 to nearly everything; what Docker's 409 says is in its "cause". */
static bool is_conflict(const struct http_answer *answer)
{
	static const char *const causes[] = { "container state improper",
		"that name is already in use" };
	cleanup_json cJSON *tree = NULL;
	struct err err = { 0 };

	if (answer->status != 500 || jsontext_parse(answer->body, answer->length, &tree, &err) < 0)
		return false;
	for (size_t i = 0; i < countof(causes); i++)
		if (strcmp(jsontext_string(tree, "cause"), causes[i]) == 0)
			return true;
	return false;
}

int request_error(const struct http_answer *answer, struct err *err)
{
	static const struct {
		long status;
		int code;
	} codes[] = {
		{ 401, ERR_DENIED },
		{ 403, ERR_DENIED },
		{ 404, ERR_NOT_FOUND },
		{ 409, ERR_CONFLICT },
	};
	char message[300];
	int code = is_conflict(answer) ? ERR_CONFLICT : ERR_REMOTE;

	if (answer->err.code != 0) {
		*err = answer->err;
		if (err->code == ERR_DENIED)
			(void)err_wrap(err, "no right to use Docker: `adduser dockscale docker` "
					    "gives it");
		return err->code;
	}
	for (size_t i = 0; i < countof(codes); i++)
		if (codes[i].status == answer->status)
			code = codes[i].code;
	inspect_message(answer->body, answer->length, message, sizeof(message));
	return err_set(err, code, "docker answers %ld: %s", answer->status, message);
}
