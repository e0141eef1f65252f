/*
 * What stands for the journal where nothing may be written.
 */
#include <dockscale/adapter/sqlite.h>

#include <dockscale/base/mem.h>

static void recall(struct journal *journal,
	void (*each)(void *context, const struct journal_record *record), void *context)
{
	(void)journal;
	(void)each;
	(void)context;
}

static void submit(struct journal *journal, const struct intent *intent, struct moment now)
{
	(void)journal;
	(void)intent;
	(void)now;
}

static void finish(struct journal *journal)
{
	free(journal);
}

struct journal *journal_none_new(void)
{
	static const struct journal_vtable vtable = { recall, submit, finish };
	struct journal *journal = mem_zero(1, sizeof(*journal));

	journal->vtable = &vtable;
	return journal;
}
