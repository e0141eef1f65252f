/*
 * What a person says with dockscalectl: another count, a pause, its end, a release. Each room of the
 * engine has its own part in what a `resume` ends.
 */
#include "take.h"

static void resume(struct engine *engine, struct service *service)
{
	struct note note = { LOG_LEVEL_INFO, "resumed", NULL, -1, -1 };

	service->paused = false;
	if (service->released) /* the policy's past is of another time */
		policy_state_init(&service->policy, &service->config.policy);
	release_resumed(service);
	hand_resumed(service);
	decide_clamp(service);
	replacement_resumed(service);
	guard_end(engine, service, "by hand");
	note_add(engine, service, &note, "by hand");
}

void command_take(struct engine *engine, struct service *service, const struct command *command)
{
	struct note note = { LOG_LEVEL_INFO, "paused", NULL, -1, -1 };

	service->spoken = true;
	switch (command->kind) {
	case COMMAND_SCALE:
		decide_manual(engine, service, command);
		return;
	case COMMAND_PAUSE:
		service->paused = true;
		hand_meant(engine, service);
		note_add(engine, service, &note, "by hand, until resume");
		return;
	case COMMAND_RELEASE:
		if (service->released)
			return;
		service->released = true;
		note.what = "released";
		note_add(engine, service, &note, "by hand: its clones go, until resume");
		return;
	case COMMAND_RESUME:
		resume(engine, service);
		return;
	}
}
