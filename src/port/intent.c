/*
 * The list of intents that a step fills. It keeps its memory from step to step.
 */
#include <dockscale/port/intent.h>

#include <dockscale/base/mem.h>

#include <string.h>

void intents_finish(struct intents *intents)
{
	free(intents->items);
	*intents = (struct intents){ 0 };
}

void intents_clear(struct intents *intents)
{
	intents->count = 0;
}

struct intent *intents_add(struct intents *intents, enum intent_kind kind)
{
	struct intent *intent;

	if (intents->count == intents->capacity) {
		intents->capacity = intents->capacity > 0 ? intents->capacity * 2 : 16;
		intents->items =
			mem_resize(intents->items, intents->capacity, sizeof(*intents->items));
	}
	intent = &intents->items[intents->count++];
	memset(intent, 0, sizeof(*intent));
	intent->kind = kind;
	return intent;
}

const char *intent_kind_name(enum intent_kind kind)
{
	static const char *const names[] = { "create", "start", "stop", "pause", "unpause",
		"remove", "probe", "watch", "unwatch", "membership", "list", "zone", "record",
		"note" };

	return names[kind];
}
