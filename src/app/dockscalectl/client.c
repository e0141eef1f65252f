/*
 * One request, one answer, over the daemon's Unix socket. A daemon that cannot be reached is the
 * most common trouble that people have with this program, so that message carries the cure for
 * each of its causes.
 */
#include "client.h"

#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS ((long)10000)
#define READY_MS   3000 /* so long a daemon that has just begun may say "not yet" */
#define RETRY_MS   100
#define BODY_MAX   ((size_t)16 * 1024 * 1024) /* the status of very many replicas */

void client_socket(const struct ctl *ctl, char path[static CONFIG_TEXT_MAX])
{
	cleanup_free struct config_problems *problems = NULL;
	struct config *config = NULL;
	struct err err;

	if (ctl->socket != NULL) {
		(void)mem_strcpy(path, CONFIG_TEXT_MAX, ctl->socket);
		return;
	}
	problems = mem_zero(1, sizeof(*problems));
	if (config_load(ctl->config != NULL ? ctl->config : DOCKSCALE_SYSCONFDIR, &config, problems,
		    &err) < 0)
		config = config_new(); /* not readable for us, or wrong: the default place */
	(void)mem_strcpy(path, CONFIG_TEXT_MAX, config->daemon.control);
	config_free(config);
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct str *body = context;

	if (body->length + size * n > BODY_MAX)
		return 0; /* ends the transfer with an error */
	str_append_bytes(body, data, size * n);
	return size * n;
}

static int explain_failure(const char *socket, CURLcode code, struct err *err)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		return err_set(err, ERR_TIMEOUT, "the daemon at %s does not answer", socket);
	if (access(socket, F_OK) < 0 && errno == EACCES)
		return err_set(err, ERR_DENIED,
			"no right to look for %s: use sudo, or join the group of the socket",
			socket);
	if (access(socket, F_OK) < 0)
		return err_set(err, ERR_UNREACHABLE,
			"there is no control socket at %s: is dockscaled running (systemctl status "
			"dockscaled)? If it has another --config or control path, say so with "
			"--config or --socket",
			socket);
	if (access(socket, W_OK) < 0)
		return err_set(err, ERR_DENIED,
			"no right to use %s: use sudo, or `adduser USER dockscale` and log in anew",
			socket);
	return err_set(err, ERR_UNREACHABLE,
		"nobody answers at %s: is dockscaled running (systemctl status dockscaled)?",
		socket);
}

static CURLcode perform(CURL *handle, const char *socket, const struct client_request *request,
	struct client_reply *reply)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	char url[512];
	CURLcode code;

	(void)snprintf(url, sizeof(url), "http://dockscaled/api/v1%s", request->path);
	(void)curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket);
	(void)curl_easy_setopt(handle, CURLOPT_URL, url);
	(void)curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
	(void)curl_easy_setopt(handle, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	(void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, &reply->body);
	if (strcmp(request->method, "POST") == 0) {
		(void)curl_easy_setopt(
			handle, CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
		(void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	}
	code = curl_easy_perform(handle);
	(void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_slist_free_all(headers);
	return code;
}

int client_ask(const struct ctl *ctl, const struct client_request *request,
	struct client_reply *ret_reply, struct err *err)
{
	struct client_reply reply = { .status = 0 };
	char socket[CONFIG_TEXT_MAX];
	CURL *handle = curl_easy_init();
	CURLcode code;

	if (handle == NULL)
		return err_set(err, ERR_SYSTEM, "cannot start a request");
	client_socket(ctl, socket);
	code = perform(handle, socket, request, &reply);
	curl_easy_cleanup(handle);
	if (code != CURLE_OK) {
		str_finish(&reply.body);
		return explain_failure(socket, code, err);
	}
	*ret_reply = reply;
	return 0;
}

void client_config(const struct ctl *ctl, char directory[static CONFIG_TEXT_MAX])
{
	struct client_reply reply = { .status = 0 };
	const char *found = "";
	cJSON *version = NULL;
	struct err err;

	if (ctl->config == NULL &&
		client_ask(ctl, &(struct client_request){ "GET", "/version", NULL }, &reply,
			&err) == 0) {
		version = cJSON_ParseWithLength(str_text(&reply.body), reply.body.length);
		found = show_text(version, "config");
	}
	if (ctl->config != NULL)
		found = ctl->config;
	(void)mem_strcpy(
		directory, CONFIG_TEXT_MAX, found[0] != '\0' ? found : DOCKSCALE_SYSCONFDIR);
	cJSON_Delete(version);
	str_finish(&reply.body);
}

static void print_refusal(const struct client_reply *reply, const cJSON *tree)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(tree, "error");
	const cJSON *problem;
	const char *message = show_text(error, "message");

	if (message[0] == '\0')
		(void)ctl_fail(CTL_PROBLEM, "the daemon answers HTTP %ld", reply->status);
	else
		(void)ctl_fail(CTL_PROBLEM, "%s", message);
	cJSON_ArrayForEach (problem, cJSON_GetObjectItemCaseSensitive(error, "problems"))
		(void)fprintf(stderr, "  %s\n", show_text(problem, "text"));
}

/* As client_ask(); a daemon that has just begun and knows no containers yet is asked again. */
static int ask_until_ready(const struct ctl *ctl, const struct client_request *request,
	struct client_reply *ret_reply, struct err *err)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	for (int waited = 0;; waited += RETRY_MS) {
		int r = client_ask(ctl, request, ret_reply, err);

		if (r < 0 || ret_reply->status != 503 || waited >= READY_MS)
			return r;
		str_finish(&ret_reply->body);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

int client_run(const struct ctl *ctl, const struct client_request *request, cJSON **ret_tree)
{
	struct client_reply reply = { .status = 0 };
	cJSON *tree;
	bool refused;
	struct err err;

	*ret_tree = NULL;
	if (ask_until_ready(ctl, request, &reply, &err) < 0)
		return ctl_fail(CTL_UNREACHABLE, "%s", err.msg);
	refused = reply.status >= 400;
	tree = cJSON_ParseWithLength(str_text(&reply.body), reply.body.length);
	show_clean(tree);
	if (ctl->json) {
		(void)fputs(str_text(&reply.body), stdout);
		(void)fflush(stdout);
	} else if (refused) {
		print_refusal(&reply, tree);
	} else if (tree == NULL) {
		(void)ctl_fail(CTL_PROBLEM, "the daemon's answer is not JSON");
		refused = true;
	}
	str_finish(&reply.body);
	if (refused || ctl->json)
		cJSON_Delete(tree);
	else
		*ret_tree = tree;
	return refused ? CTL_PROBLEM : CTL_DONE;
}
