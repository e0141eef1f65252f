/*
 * What the engine wants people to know, as the log's stable keys. The engine words it and sees
 * to it that the same trouble is said once; this only lays it out.
 */
#include <dockscale/app/note.h>

#include <stdio.h>

static void add(struct note_line *line, const char *key, const char *value)
{
	if (value[0] != '\0')
		line->fields[line->n_fields++] = (struct log_field){ key, value };
}

void note_fields(const struct intent *intent, struct note_line *ret_line)
{
	struct note_line *line = ret_line;

	line->n_fields = 0;
	line->from[0] = '\0';
	line->to[0] = '\0';
	if (intent->note.from >= 0) {
		(void)snprintf(line->from, sizeof(line->from), "%d", intent->note.from);
		(void)snprintf(line->to, sizeof(line->to), "%d", intent->note.to);
	}
	add(line, "service", intent->service);
	add(line, "replica", intent->note.replica);
	add(line, "from", line->from);
	add(line, "to", line->to);
	add(line, "because", intent->note.because);
}

void note_log(const struct intent *intent)
{
	struct note_line line;

	note_fields(intent, &line);
	log_write(intent->note.level, intent->note.what, line.fields, line.n_fields);
}
