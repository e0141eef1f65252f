/*
 * The commands that change something: scale, pause, resume, release, reload. The daemon judges
 * them; here a mistake of the command line is caught, and the answer is said in a sentence.
 */
#include "client.h"

#include <dockscale/app/json.h>
#include <dockscale/app/show.h>
#include <dockscale/base/parse.h>

#include <stdio.h>

int act_scale(const struct ctl *ctl)
{
	const char *service = ctl->words.items[0];
	cleanup_str struct str body = { 0 };
	cJSON *answer = NULL;
	char path[256];
	uint64_t count;
	usec_t duration;
	struct err err;
	int exit_status;

	if (parse_unsigned(ctl->words.items[1], 0, CONFIG_REPLICAS_MAX, &count, &err) < 0)
		return ctl_fail(CTL_USAGE, "replicas: %s", err.msg);
	if (ctl->duration != NULL && parse_duration(ctl->duration, false, &duration, &err) < 0)
		return ctl_fail(CTL_USAGE, "--for: %s", err.msg);
	json_begin(&body, NULL, '{');
	json_integer(&body, "replicas", (int64_t)count);
	if (ctl->duration != NULL)
		json_text(&body, "for", ctl->duration);
	json_end(&body, '}');
	(void)snprintf(path, sizeof(path), "/services/%s/scale", service);
	exit_status =
		client_run(ctl, &(struct client_request){ "POST", path, str_text(&body) }, &answer);
	if (answer != NULL)
		(void)printf("%s: %llu replicas wanted, %s%s\n", service, (unsigned long long)count,
			ctl->duration != NULL ? "for " : "until the policy's next change",
			ctl->duration != NULL ? ctl->duration : "");
	cJSON_Delete(answer);
	return exit_status;
}

static int say_word(const struct ctl *ctl, const char *verb, const char *done)
{
	const char *service = ctl->words.count > 0 ? ctl->words.items[0] : NULL;
	cJSON *answer = NULL;
	char path[256];
	int exit_status;

	if (ctl->all == (service != NULL))
		return ctl_fail(CTL_USAGE, "%s: name a service, or --all, not both", verb);
	if (service != NULL)
		(void)snprintf(path, sizeof(path), "/services/%s/%s", service, verb);
	else
		(void)snprintf(path, sizeof(path), "/%s", verb);
	exit_status = client_run(ctl, &(struct client_request){ "POST", path, NULL }, &answer);
	if (answer != NULL)
		(void)printf("%s: %s\n", service != NULL ? service : "all services", done);
	cJSON_Delete(answer);
	return exit_status;
}

int act_pause(const struct ctl *ctl)
{
	return say_word(ctl, "pause", "paused; nothing is scaled until `resume`");
}

int act_resume(const struct ctl *ctl)
{
	return say_word(ctl, "resume", "scaled again");
}

int act_release(const struct ctl *ctl)
{
	return say_word(ctl, "release",
		"released; its clones drain and go, what you started stays, until `resume`");
}

int act_reload(const struct ctl *ctl)
{
	cJSON *answer = NULL;
	int exit_status =
		client_run(ctl, &(struct client_request){ "POST", "/reload", NULL }, &answer);
	const cJSON *remark;

	if (answer == NULL)
		return exit_status;
	(void)puts("reloaded");
	cJSON_ArrayForEach (remark, cJSON_GetObjectItemCaseSensitive(answer, "remarks")) {
		if (cJSON_IsString(remark))
			(void)printf("  %s\n", remark->valuestring);
	}
	cJSON_Delete(answer);
	return exit_status;
}
