/*
 * The faults that have a name, and what is done about each. Who meets one (an adapter, a room of
 * the engine) names it; the engine counts it. The answers are sentences for a person: what they
 * promise is done where the fault is met, and docs/faults.md says more of each.
 */
#include <dockscale/port/fault.h>

#include <dockscale/base/err.h>
#include <dockscale/base/mem.h>

#include <stddef.h>
#include <string.h>

static const struct {
	const char *key;
	const char *answer;
	bool lasts;
} faults[FAULT_COUNT] = {
	[FAULT_NONE] = { "none", "", false },
	[FAULT_ENGINE_AWAY] = { "engine_away",
		"counts are held; everything is listed anew when Docker answers", false },
	[FAULT_ENGINE_SLOW] = { "engine_slow",
		"a call got no answer in time: a listing tells whether it worked, before another "
		"is made",
		false },
	[FAULT_ENGINE_ERROR] = { "engine_error", "the call is made again, later each time", false },
	[FAULT_ENGINE_DENIED] = { "engine_denied",
		"the call is made again, later each time: a right is missing", false },
	[FAULT_ENGINE_TAKEN] = { "engine_taken",
		"nothing is done while another daemon looks after this Docker engine", false },
	[FAULT_CONFLICT] = { "conflict",
		"the container is in a state that forbids the call: it is looked at, and asked "
		"again",
		false },
	[FAULT_PORT_TAKEN] = { "port_taken",
		"the replica is removed, and another one is tried, later each time", false },
	[FAULT_IMAGE_GONE] = { "image_gone",
		"no replica can be made until the image is back: it is tried, later each time",
		false },
	[FAULT_CONTAINER_GONE] = { "container_gone",
		"it is forgotten, and made up for where it is wanted", false },
	[FAULT_DISK_FULL] = { "disk_full",
		"the create is tried again, later each time; what runs is left alone", false },
	[FAULT_BALANCER_AWAY] = { "balancer_away",
		"counts are held and drains wait; its servers are compared anew when it answers",
		true },
	[FAULT_BALANCER_RELOADED] = { "balancer_reloaded",
		"its servers are written again at once; sessions of the old process get their time",
		false },
	[FAULT_NO_BACKEND] = { "no_backend",
		"nobody can be served there: it is asked again each tick", true },
	[FAULT_NO_SLOT] = { "no_slot",
		"the replica runs and waits for a free slot; it counts as not serving", true },
	[FAULT_SLOT_UNUSABLE] = { "slot_unusable", "the slot is left out", true },
	[FAULT_SERVER_REFUSED] = { "server_refused",
		"HAProxy's words are told, and the command is tried again each tick", true },
	[FAULT_SERVER_DOWN] = { "server_down",
		"the replica waits and gets no traffic; no more are made", false },
	[FAULT_STATE_FILE] = { "state_file",
		"the last good file stays, and it is written again each tick", true },
	[FAULT_CGROUP_GONE] = { "cgroup_gone",
		"the reading is unknown: nothing goes down on it; the cgroup is looked for again",
		false },
	[FAULT_CLOCK_JUMP] = { "clock_jump",
		"nothing waits or is measured by the wall clock: only times that are shown differ",
		false },
	[FAULT_JOURNAL_AWAY] = { "journal_away",
		"all goes on; pauses, counts by hand and cooldowns do not outlive the daemon until "
		"it is written again",
		false },
	[FAULT_CREATE_REFUSED] = { "create_refused",
		"no clone is made until the template or the configuration changes", false },
	[FAULT_NEVER_HEALTHY] = { "never_healthy",
		"it gets no traffic and is removed; the next try waits longer", false },
	[FAULT_DIED] = { "died", "its server is closed, and it is made up for after a moment",
		false },
};

const char *fault_key(enum fault fault)
{
	return faults[fault].key;
}

const char *fault_answer(enum fault fault)
{
	return faults[fault].answer;
}

enum fault fault_find(const char *key)
{
	for (size_t i = 0; i < countof(faults); i++)
		if (strcmp(faults[i].key, key) == 0)
			return (enum fault)i;
	return FAULT_NONE;
}

bool fault_lasts(enum fault fault)
{
	return faults[fault].lasts;
}

enum fault fault_of_code(int code)
{
	static const struct {
		int code;
		enum fault fault;
	} rows[] = {
		{ 0, FAULT_NONE },
		{ ERR_TIMEOUT, FAULT_ENGINE_SLOW },
		{ ERR_UNREACHABLE, FAULT_ENGINE_AWAY },
		{ ERR_CONFLICT, FAULT_CONFLICT },
		{ ERR_NOT_FOUND, FAULT_CONTAINER_GONE },
		{ ERR_DENIED, FAULT_ENGINE_DENIED },
		{ ERR_REFUSED, FAULT_CREATE_REFUSED },
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].code == code)
			return rows[i].fault;
	return FAULT_ENGINE_ERROR;
}
