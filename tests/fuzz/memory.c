/* Whatever a journal may hold of a service: it is read or refused, and an engine that was given it
 * lives. The first byte says which record it is. */
#include "service.h"

#include "engine/memory.h"

#include <dockscale/base/mem.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void step(struct engine *engine, const struct config *config)
{
	const struct event events[] = { { .kind = EVENT_LISTING }, { .kind = EVENT_TICK } };
	struct moment now = { .boot = 1000 * USEC_PER_SEC, .wall = 1800000000 * USEC_PER_SEC };
	struct intents intents = { 0 };

	engine_configure(engine, config, now);
	engine_step(engine, events, countof(events), now, &intents);
	intents_finish(&intents);
}

static void read_tuned(const char *text, size_t length)
{
	struct auto_policy *policy = mem_zero(1, auto_size());

	auto_init(policy);
	if (!memory_read_tuned(text, length, policy))
		require(auto_age(policy) == 0);
	free(policy);
}

static void read_learned(const char *text, size_t length)
{
	struct policy_settings settings = { .min = 1, .max = 8 };
	struct moment now = { .boot = 1000 * USEC_PER_SEC, .wall = 1800000000 * USEC_PER_SEC };
	struct policy_state policy;
	struct err err = { 0 };

	settings.metric[METRIC_CPU].stabilization_down = 300 * USEC_PER_SEC;
	policy_state_init(&policy, &settings);
	if (memory_read_learned(text, length, now, &policy, &err) < 0)
		require(err.msg[0] != '\0');
	require(policy.down[METRIC_CPU].window.count <= POLICY_WISHES);
	read_tuned(text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config;
	struct engine *engine;
	struct journal_record record = { .service = "web" };
	struct moment now = { .boot = 1000 * USEC_PER_SEC, .wall = 1800000000 * USEC_PER_SEC };
	struct err err = { 0 };

	if (size == 0)
		return 0;
	record.kind = data[0] % RECORD_KINDS;
	record.text = (const char *)data + 1;
	record.length = size - 1;
	config = config_new();
	engine = engine_new("here", 1);
	if (engine_restore(engine, &record, now, &err) < 0)
		require(err.msg[0] != '\0');
	step(engine, config);
	read_learned(record.text, record.length);
	engine_free(engine);
	config_free(config);
	return 0;
}
