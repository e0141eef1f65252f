/*
 * A journal that lives as long as the world. What is submitted is durable a little later, in the
 * order in which it came; what is not when the daemon is killed is lost. The world's hand may take
 * it away, so that nothing becomes durable, or damage it.
 */
#include "adapter/sim/sim_ports.h"

#include <dockscale/base/mem.h>

#include <stddef.h>
#include <string.h>

#define DURABLE_WITHIN (USEC_PER_SEC)

static struct sim *sim_of(struct journal *journal)
{
	return (struct sim *)((char *)journal - offsetof(struct sim, journal));
}

/* Knuth's MMIX: a chance of its own, so that the world goes its way whatever is written. */
static uint64_t next_chance(struct sim *sim)
{
	sim->journal_chance = sim->journal_chance * 6364136223846793005ULL + 1442695040888963407ULL;
	return sim->journal_chance >> 33;
}

static void free_row(struct sim_row *row)
{
	free((char *)row->record.text);
}

static struct sim_row *find(struct sim_rows *rows, const struct journal_record *record)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].record.kind == record->kind &&
			strcmp(rows->items[i].record.service, record->service) == 0)
			return &rows->items[i];
	return NULL;
}

static void add(struct sim_rows *rows, const struct sim_row *row)
{
	rows->items = mem_resize(rows->items, rows->count + 1, sizeof(*rows->items));
	rows->items[rows->count++] = *row;
}

static void drop(struct sim_rows *rows, struct sim_row *row)
{
	free_row(row);
	rows->count--;
	memmove(row, row + 1, (size_t)(&rows->items[rows->count] - row) * sizeof(*row));
}

static void clear(struct sim_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free_row(&rows->items[i]);
	free(rows->items);
	*rows = (struct sim_rows){ 0 };
}

/* What is durable by now. */
static void settle(struct sim *sim)
{
	struct sim_rows *waiting = &sim->journal_waiting;

	while (waiting->count > 0 && waiting->items[0].durable_at <= sim->now) {
		struct sim_row row = waiting->items[0];
		struct sim_row *before = find(&sim->journal_rows, &row.record);

		waiting->count--;
		memmove(waiting->items, waiting->items + 1, waiting->count * sizeof(row));
		if (before != NULL)
			drop(&sim->journal_rows, before);
		if (row.record.length > 0)
			add(&sim->journal_rows, &row);
		else
			free_row(&row);
	}
}

static void submit(struct journal *journal, const struct intent *intent, struct moment now)
{
	struct sim *sim = sim_of(journal);
	struct sim_row row = {
		.record = { .kind = intent->record.kind, .length = intent->record.length },
		.durable_at = now.boot + (usec_t)(next_chance(sim) % (uint64_t)DURABLE_WITHIN),
	};
	struct sim_rows *waiting = &sim->journal_waiting;

	if (intent->kind != INTENT_RECORD || sim->journal_away)
		return;
	settle(sim);
	if (waiting->count > 0 && row.durable_at < waiting->items[waiting->count - 1].durable_at)
		row.durable_at = waiting->items[waiting->count - 1].durable_at;
	if (row.record.length > RECORD_BYTES_MAX)
		row.record.length = 0;
	(void)mem_strcpy(row.record.service, sizeof(row.record.service), intent->service);
	row.record.text = mem_zero(row.record.length + 1, 1);
	memcpy((char *)row.record.text, intent->record.text, row.record.length);
	add(waiting, &row);
}

static void recall(struct journal *journal,
	void (*each)(void *context, const struct journal_record *record), void *context)
{
	struct sim *sim = sim_of(journal);

	if (sim->journal_away)
		return;
	for (size_t i = 0; i < sim->journal_rows.count; i++)
		each(context, &sim->journal_rows.items[i].record);
}

static void free_nothing(struct journal *journal)
{
	(void)journal; /* it is part of the world */
}

void sim_journal_init(struct sim *sim)
{
	static const struct journal_vtable vtable = { recall, submit, free_nothing };

	sim->journal.vtable = &vtable;
	sim->journal_chance = sim->settings.seed;
}

void sim_journal_finish(struct sim *sim)
{
	clear(&sim->journal_rows);
	clear(&sim->journal_waiting);
}

struct journal *sim_journal(struct sim *sim)
{
	return &sim->journal;
}

void sim_daemon_kill(struct sim *sim)
{
	settle(sim);
	clear(&sim->journal_waiting);
}

void sim_journal_away(struct sim *sim, bool away)
{
	struct event event = { .kind = EVENT_JOURNAL };

	if (sim->journal_away == away)
		return;
	sim->journal_away = away;
	clear(&sim->journal_waiting);
	if (away) {
		event.link.code = ERR_SYSTEM;
		(void)mem_strcpy(event.link.msg, sizeof(event.link.msg), "the disk is full");
	}
	event_push(&sim->sink, &event);
}

void sim_journal_damage(struct sim *sim)
{
	settle(sim);
	for (size_t i = 0; i < sim->journal_rows.count; i++) {
		struct sim_row *row = &sim->journal_rows.items[i];
		char *text = (char *)row->record.text; /* made by submit() */

		switch (next_chance(sim) % 8) {
		case 0: /* it is cut */
			row->record.length = next_chance(sim) % row->record.length;
			break;
		case 1: /* of a version to come */
			text[row->record.length > 18 ? 18 : 0] = '9';
			break;
		case 2: /* it was never written */
			row->record.length = 0;
			break;
		default: /* one byte of it is another one */
			text[next_chance(sim) % row->record.length] = (char)next_chance(sim);
			break;
		}
	}
	for (size_t i = sim->journal_rows.count; i > 0; i--)
		if (sim->journal_rows.items[i - 1].record.length == 0)
			drop(&sim->journal_rows, &sim->journal_rows.items[i - 1]);
}

void sim_journal_lose(struct sim *sim)
{
	clear(&sim->journal_rows);
	clear(&sim->journal_waiting);
}
