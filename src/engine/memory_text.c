/*
 * What is remembered, as lines "key=value" below a line with the format's version. It is read
 * strictly: a text that is not wholly understood is not believed at all, but for keys that a later
 * version may have added. The text comes from a disk, so whatever it holds, reading it is safe and
 * bounded.
 */
#include "memory.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define HEAD "dockscale-service 1"

#define LABEL_PREFIX     "dockscale."
#define LABELS_BYTES_MAX ((size_t)16 * 1024)
/* A century: no time that we write lies further off. */
#define TIME_MAX ((uint64_t)4102444800 * 1000000)

/* Writing. */

static void write_time(struct str *out, const char *key, usec_t time)
{
	str_appendf(out, "%s=%" PRId64 "\n", key, time);
}

/* Words of others: what would end the line is left out. */
static void write_words(struct str *out, const char *key, const char *words)
{
	str_appendf(out, "%s=", key);
	for (; *words != '\0'; words++)
		str_append_char(out, iscntrl((unsigned char)*words) ? ' ' : *words);
	str_append_char(out, '\n');
}

static void write_guard(const struct guard *guard, usec_t shift, struct str *out)
{
	if (!guard->open)
		return;
	str_appendf(out, "guard=%u\n",
		guard->failures < CONFIG_REPLICAS_MAX ? guard->failures : CONFIG_REPLICAS_MAX);
	write_time(out, "guard_try_at", guard->try_at + shift);
	write_words(out, "guard_cause", guard->cause);
	if (guard->template_id[0] != '\0')
		str_appendf(out, "guard_template=%s\n", guard->template_id);
	if (guard->spec[0] != '\0')
		str_appendf(out, "guard_spec=%s\n", guard->spec);
}

static void write_failed_roll(const struct replacement *replacement, struct str *out)
{
	if (replacement->failed_spec[0] == '\0')
		return;
	str_appendf(out, "failed_spec=%s\n", replacement->failed_spec);
	write_words(out, "failure", replacement->failure);
}

static void write_mark(
	struct str *out, const char *key, const struct replica *replica, usec_t since)
{
	str_appendf(out, "%s=%s %" PRId64 " %" PRId64 "\n", key, replica->id,
		replica->facts.started_at, since);
}

static bool is_younger(const struct replica *one, const struct replica *other)
{
	bool one_exists = one->id[0] != '\0';
	bool other_exists = other->id[0] != '\0';

	if (one_exists != other_exists)
		return !one_exists;
	return one->facts.created_at > other->facts.created_at;
}

const struct replica *memory_extra(const struct service *service)
{
	const struct replica *youngest = NULL;

	if (service->replacement.extra == 0 || fleet_count(service) <= service->desired)
		return NULL;
	for (size_t i = 0; i < service->n_replicas; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->role == ROLE_CLONE && replica_counts(replica) &&
			(youngest == NULL || is_younger(replica, youngest)))
			youngest = replica;
	}
	return youngest;
}

/* What is being made: whether it counts is what the next daemon has to know. */
static void write_making(
	const struct replica *replica, const struct replica *extra, struct str *out)
{
	const char *key = NULL;

	if (replica_is_warming(replica))
		key = "warming";
	else if (replica == extra)
		key = "extra";
	else if (replica->state == REPLICA_CREATING && replica->id[0] == '\0')
		key = "creating";
	if (key != NULL)
		str_appendf(out, "%s=%s 0 0\n", key, replica->name);
}

static void write_replicas(const struct service *service, usec_t shift, struct str *out)
{
	const struct replica *extra = memory_extra(service);

	for (size_t i = 0; i < service->n_replicas && i < MEMORY_MARKS_MAX; i++) {
		const struct replica *replica = service->replicas[i];

		if (replica->state == REPLICA_DRAINING && replica->leave == LEAVE_SURPLUS)
			write_mark(out, "draining", replica, replica->since + shift);
		if (replica->by_hand)
			write_mark(out, "by_hand", replica, 0);
		write_making(replica, extra, out);
	}
}

static bool is_one_line(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static void write_labels(const struct container *template, struct str *out)
{
	size_t before = out->length;

	for (size_t i = 0; i < template->n_labels; i++) {
		const struct label *label = &template->labels[i];

		if (strncmp(label->key, LABEL_PREFIX, strlen(LABEL_PREFIX)) == 0 &&
			!label->from_image && is_one_line(label->key) &&
			is_one_line(label->value) &&
			strlen(label->key) + strlen(label->value) < 900 &&
			out->length - before < LABELS_BYTES_MAX)
			str_appendf(out, "label=%s=%s\n", label->key, label->value);
	}
}

/* Of a template that is gone. */
static void write_kept(const struct str *labels, struct str *out)
{
	const char *line = str_text(labels);
	const char *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		str_append(out, "label=");
		str_append_bytes(out, line, (size_t)(end + 1 - line));
	}
}

void memory_write(const struct service *service, usec_t shift, struct str *out)
{
	str_append(out, HEAD "\n");
	if (service->paused)
		str_appendf(out, "paused=1\ndesired=%u\n", service->desired);
	if (service->released)
		str_append(out, "released=1\n");
	if (service->stopped_by_hand)
		str_append(out, "stopped_by_hand=1\n");
	if (service->manual) {
		str_appendf(out, "manual=%u\n", service->desired);
		if (service->manual_until > 0) {
			write_time(out, "manual_until", service->manual_until + shift);
			write_time(out, "manual_left", service->manual_for);
		}
	}
	if (service->policy.changed_at != USEC_NEVER && service->policy.changed_to != 0) {
		write_time(out, "changed_at", service->policy.changed_at + shift);
		str_appendf(out, "changed_to=%s\n", service->policy.changed_to > 0 ? "up" : "down");
	}
	if (service->concurrency.limit > 0)
		str_appendf(out, "limit=%u\n", service->concurrency.limit);
	if (service->orphaned_at > 0)
		write_time(out, "orphaned_at", service->orphaned_at + shift);
	if (service->template_id[0] != '\0')
		str_appendf(out, "template=%s\n", service->template_id);
	if (service->template != NULL) {
		if (service->template->facts.spec[0] != '\0')
			str_appendf(out, "spec=%s\n", service->template->facts.spec);
		write_labels(&service->template->facts, out);
	} else if (service->memory != NULL) {
		write_kept(&service->memory->values.labels, out);
	}
	write_guard(&service->guard, shift, out);
	write_failed_roll(&service->replacement, out);
	write_replicas(service, shift, out);
}

/* Reading. */

int memory_next_line(struct lines *lines, struct err *err)
{
	const char *end;
	size_t length;

	if (lines->length == 0)
		return 1;
	end = memchr(lines->text, '\n', lines->length);
	if (end == NULL)
		return err_set(err, ERR_INVALID, "it ends within a line");
	length = (size_t)(end - lines->text);
	if (length >= sizeof(lines->line) || memchr(lines->text, '\0', length) != NULL)
		return err_set(err, ERR_INVALID, "a line of %zu bytes is none of ours", length);
	memcpy(lines->line, lines->text, length);
	lines->line[length] = '\0';
	lines->text += length + 1;
	lines->length -= length + 1;
	return 0;
}

/* What a line's value becomes. */
struct reading_of {
	struct memory_values *values;
	usec_t shift;
};

static int read_flag(const char *value, bool *ret_flag, struct err *err)
{
	uint64_t number = 0;
	int r = parse_unsigned(value, 1, 1, &number, err);

	*ret_flag = r == 0;
	return r;
}

static int read_words(const char *value, char *words, size_t size, struct err *err)
{
	if (!is_one_line(value) || strlen(value) >= size)
		return err_set(err, ERR_INVALID, "%zu letters are not ours", strlen(value));
	(void)mem_strcpy(words, size, value);
	return 0;
}

static int read_count(const char *value, unsigned *ret_count, struct err *err)
{
	uint64_t number = 0;
	int r = parse_unsigned(value, 0, CONFIG_REPLICAS_MAX, &number, err);

	*ret_count = (unsigned)number;
	return r;
}

static int read_usec(const char *value, usec_t shift, usec_t *ret_time, struct err *err)
{
	uint64_t number = 0;
	int r = parse_unsigned(value, 0, TIME_MAX, &number, err);

	*ret_time = (usec_t)number - shift;
	return r;
}

/* Anything that names a container, and nothing that does not. */
static int read_name(const char *value, char *name, size_t size, struct err *err)
{
	for (const char *at = value; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && strchr("_.-", *at) == NULL)
			return err_set(err, ERR_INVALID, "a name with such letters is none");
	if (value[0] == '\0' || strlen(value) >= size)
		return err_set(err, ERR_INVALID, "a name of %zu letters is none", strlen(value));
	(void)mem_strcpy(name, size, value);
	return 0;
}

/* "ID LIFE SINCE" */
static int read_mark(char *value, usec_t shift, struct marks *marks, struct err *err)
{
	char *rest = value;
	const char *words[3];
	struct mark mark;
	usec_t times[2] = { 0 };
	int r;

	for (size_t i = 0; i < countof(words); i++)
		words[i] = strsep(&rest, " ");
	if (words[2] == NULL || rest != NULL || marks->count == MEMORY_MARKS_MAX)
		return err_set(err, ERR_INVALID, "such a list of replicas is none of ours");
	r = read_name(words[0], mark.id, sizeof(mark.id), err);
	if (r == 0)
		r = read_usec(words[1], 0, &times[0], err);
	if (r == 0)
		r = read_usec(words[2], shift, &times[1], err);
	if (r < 0)
		return r;
	mark.life = times[0];
	mark.at = times[1];
	marks->items = mem_resize(marks->items, marks->count + 1, sizeof(*marks->items));
	marks->items[marks->count++] = mark;
	return 0;
}

static int read_direction(const char *value, int *ret_direction, struct err *err)
{
	bool up = strcmp(value, "up") == 0;

	if (!up && strcmp(value, "down") != 0)
		return err_set(err, ERR_INVALID, "a direction is up or down");
	*ret_direction = up ? 1 : -1;
	return 0;
}

static int read_label(const char *value, struct str *labels, struct err *err)
{
	if (strncmp(value, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0 || strchr(value, '=') == NULL ||
		!is_one_line(value) || labels->length >= LABELS_BYTES_MAX)
		return err_set(err, ERR_INVALID, "such a label is none of ours");
	str_appendf(labels, "%s\n", value);
	return 0;
}

static int read_limit(const char *value, unsigned *ret_limit, struct err *err)
{
	uint64_t number = 0;
	int r = parse_unsigned(value, CONCURRENCY_MIN, CONCURRENCY_MAX, &number, err);

	*ret_limit = (unsigned)number;
	return r;
}

enum value_type { FLAG, COUNT, LIMIT, TIME, LENGTH, NAME, WORDS, DIRECTION, MARK, LABEL };

#define VALUE(key, type, member)                                                                   \
	{                                                                                          \
		key, type, offsetof(struct memory_values, member),                                 \
			sizeof(((struct memory_values *)NULL)->member)                             \
	}

static const struct {
	const char *key;
	enum value_type type;
	size_t offset;
	size_t size;
} keys[] = {
	VALUE("paused", FLAG, paused),
	VALUE("desired", COUNT, desired),
	VALUE("released", FLAG, released),
	VALUE("stopped_by_hand", FLAG, stopped_by_hand),
	VALUE("manual", COUNT, manual_count),
	VALUE("manual_until", TIME, manual_until),
	VALUE("manual_left", LENGTH, manual_left),
	VALUE("changed_at", TIME, changed_at),
	VALUE("changed_to", DIRECTION, changed_to),
	VALUE("limit", LIMIT, limit),
	VALUE("orphaned_at", TIME, orphaned_at),
	VALUE("template", NAME, template),
	VALUE("spec", NAME, spec),
	VALUE("guard", COUNT, guard.failures),
	VALUE("guard_try_at", TIME, guard.try_at),
	VALUE("guard_cause", WORDS, guard.cause),
	VALUE("guard_template", NAME, guard.template_id),
	VALUE("guard_spec", NAME, guard.spec),
	VALUE("failed_spec", NAME, failed_spec),
	VALUE("failure", WORDS, failure),
	VALUE("draining", MARK, draining),
	VALUE("by_hand", MARK, by_hand),
	VALUE("creating", MARK, creating),
	VALUE("warming", MARK, warming),
	VALUE("extra", MARK, extra),
	VALUE("label", LABEL, labels),
};

static int read_value(struct reading_of *reading, size_t index, char *value, struct err *err)
{
	char *at = (char *)reading->values + keys[index].offset;

	switch (keys[index].type) {
	case FLAG:
		return read_flag(value, (bool *)at, err);
	case COUNT:
		return read_count(value, (unsigned *)at, err);
	case LIMIT:
		return read_limit(value, (unsigned *)at, err);
	case TIME:
		return read_usec(value, reading->shift, (usec_t *)at, err);
	case LENGTH:
		return read_usec(value, 0, (usec_t *)at, err);
	case NAME:
		return read_name(value, at, keys[index].size, err);
	case WORDS:
		return read_words(value, at, keys[index].size, err);
	case DIRECTION:
		return read_direction(value, (int *)at, err);
	case MARK:
		return read_mark(value, reading->shift, (struct marks *)at, err);
	case LABEL:
		return read_label(value, (struct str *)at, err);
	}
	return 0;
}

static int read_line(struct reading_of *reading, char *line, struct err *err)
{
	char *value = strchr(line, '=');

	if (value == NULL)
		return err_set(err, ERR_INVALID, "a line without a key");
	*value++ = '\0';
	if (strcmp(line, "manual") == 0)
		reading->values->manual = true;
	if (strcmp(line, "guard") == 0)
		reading->values->guard.open = true;
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(keys[i].key, line) == 0)
			return read_value(reading, i, value, err);
	return 0; /* of a later version */
}

int memory_read_head(struct lines *lines, const char *head, struct err *err)
{
	int r = memory_next_line(lines, err);

	if (r == 1)
		return err_set(err, ERR_INVALID, "it is empty");
	if (r < 0)
		return r;
	return strcmp(lines->line, head) == 0
		       ? 0
		       : err_set(err, ERR_UNSUPPORTED, "'%.40s' is of another version than '%s'",
				 lines->line, head);
}

int memory_read(const char *text, size_t length, usec_t shift, struct memory_values *ret_values,
	struct err *err)
{
	struct memory_values values = { .changed_at = USEC_NEVER };
	struct reading_of reading = { .values = &values, .shift = shift };
	struct lines lines = { .text = text, .length = length };
	int r = memory_read_head(&lines, HEAD, err);

	while (r == 0 && (r = memory_next_line(&lines, err)) == 0)
		r = read_line(&reading, lines.line, err);
	if (r < 0) {
		memory_values_finish(&values);
		return r;
	}
	*ret_values = values;
	return 0;
}
