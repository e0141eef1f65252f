/*
 * Options of both programs. getopt_long() would do the splitting, but keeps the help text, the
 * place of the value and the list of letters in three places; here an option is one row.
 */
#include <dockscale/app/arguments.h>

#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>

/* Where parsing is. */
struct cursor {
	const struct argument *table;
	size_t n;
	void *target;
	char **next;
	struct err *err;
};

static int store_more(struct cursor *cursor, const struct argument *argument, const char *value)
{
	struct arguments_rest *list =
		(struct arguments_rest *)((char *)cursor->target + argument->offset);

	if (list->count == ARGUMENTS_REST_MAX)
		return err_set(cursor->err, ERR_LIMIT, "--%s is given more than %d times",
			argument->name, ARGUMENTS_REST_MAX);
	list->items[list->count++] = value;
	return 0;
}

static int store(struct cursor *cursor, const struct argument *argument, const char *value)
{
	char *place = (char *)cursor->target + argument->offset;

	if (argument->value == NULL) {
		if (value != NULL)
			return err_set(
				cursor->err, ERR_INVALID, "--%s takes no value", argument->name);
		*(bool *)place = true;
		return 0;
	}
	if (value == NULL)
		value = *cursor->next != NULL ? *cursor->next++ : NULL;
	if (value == NULL)
		return err_set(cursor->err, ERR_INVALID, "--%s needs a value: --%s %s",
			argument->name, argument->name, argument->value);
	if (argument->many)
		return store_more(cursor, argument, value);
	*(const char **)place = value;
	return 0;
}

/* The option that @name (of @length bytes) begins with or is the beginning of: what was meant. */
static const struct argument *nearest(const struct cursor *cursor, const char *name, size_t length)
{
	for (size_t i = 0; i < cursor->n; i++) {
		size_t known = strlen(cursor->table[i].name);
		size_t common = known < length ? known : length;

		if (common >= 2 && strncmp(cursor->table[i].name, name, common) == 0)
			return &cursor->table[i];
	}
	return NULL;
}

static int take_long(struct cursor *cursor, const char *text)
{
	size_t length = strcspn(text, "=");
	const struct argument *meant;

	for (size_t i = 0; i < cursor->n; i++) {
		const struct argument *argument = &cursor->table[i];

		if (strlen(argument->name) == length && strncmp(argument->name, text, length) == 0)
			return store(
				cursor, argument, text[length] == '=' ? text + length + 1 : NULL);
	}
	meant = nearest(cursor, text, length);
	return err_set(cursor->err, ERR_INVALID, "--%.*s is no option%s%s: see --help",
		(int)(length < 64 ? length : 64), text, meant != NULL ? "; did you mean --" : "",
		meant != NULL ? meant->name : "");
}

/* A bundle of letters: -jw is -j -w; the first one that takes a value takes the rest. */
static int take_letters(struct cursor *cursor, const char *text)
{
	while (*text != '\0') {
		const struct argument *argument = NULL;
		const char *value = NULL;
		int r;

		for (size_t i = 0; i < cursor->n && argument == NULL; i++)
			if (cursor->table[i].letter == *text)
				argument = &cursor->table[i];
		if (argument == NULL)
			return err_set(
				cursor->err, ERR_INVALID, "-%c is no option: see --help", *text);
		text++;
		if (argument->value != NULL && *text != '\0') {
			value = text;
			text = "";
		}
		r = store(cursor, argument, value);
		if (r < 0)
			return r;
	}
	return 0;
}

int arguments_parse(const struct argument *table, size_t n, void *target, char **argv,
	struct arguments_rest *ret_rest, struct err *err)
{
	struct cursor cursor = { .table = table, .n = n, .target = target, .err = err };
	struct arguments_rest rest = { .count = 0 };
	bool options = true;

	cursor.next = argv;
	while (*cursor.next != NULL) {
		const char *word = *cursor.next++;
		int r = 0;

		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && strncmp(word, "--", 2) == 0)
			r = take_long(&cursor, word + 2);
		else if (options && word[0] == '-' && word[1] != '\0')
			r = take_letters(&cursor, word + 1);
		else if (rest.count < ARGUMENTS_REST_MAX)
			rest.items[rest.count++] = word;
		else
			r = err_set(err, ERR_LIMIT, "more than %d words", ARGUMENTS_REST_MAX);
		if (r < 0)
			return r;
	}
	*ret_rest = rest;
	return 0;
}

void arguments_print(const struct argument *table, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++) {
		char left[64];
		char letter[5] = "    ";

		if (table[i].letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ", table[i].letter);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, table[i].name,
			table[i].value != NULL ? " " : "",
			table[i].value != NULL ? table[i].value : "");
		str_appendf(out, "  %-24s %s\n", left, table[i].help);
	}
}
