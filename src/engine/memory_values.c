/* What is remembered, as memory: it is given back here. */
#include "memory.h"

#include <dockscale/base/mem.h>

#include <stdlib.h>

void memory_values_finish(struct memory_values *values)
{
	free(values->draining.items);
	free(values->by_hand.items);
	free(values->creating.items);
	free(values->warming.items);
	free(values->extra.items);
	str_finish(&values->labels);
	*values = (struct memory_values){ 0 };
}

void memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	memory_values_finish(&memory->values);
	free(memory->learned);
	str_finish(&memory->text);
	str_finish(&memory->learned_text);
	str_finish(&memory->template_text);
	free(memory);
}
