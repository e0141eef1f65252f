/*
 * Values of one member: numbers, times, choices, texts. What is accepted here goes on to HAProxy's
 * command line, to Docker and to file names, so texts are judged by what may be in them, not only
 * by their length. Values that fill several members are in value_compound.c.
 */
#include "value.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/conf/load.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void *member(const struct option *option, void *config)
{
	return (char *)config + option->offset;
}

int value_bool(const struct option *option, void *config, const char *text, struct err *err)
{
	return parse_bool(text, member(option, config), err);
}

int value_count(const struct option *option, void *config, const char *text, struct err *err)
{
	uint64_t value = 0;
	int r = parse_unsigned(text, (uint64_t)option->low, (uint64_t)option->high, &value, err);

	if (r < 0)
		return r;
	*(unsigned *)member(option, config) = (unsigned)value;
	return 0;
}

int value_integer(const struct option *option, void *config, const char *text, struct err *err)
{
	bool negative = text[0] == '-';
	uint64_t value = 0;
	double number;
	int r = parse_unsigned(negative ? text + 1 : text, 0, INT32_MAX, &value, err);

	if (r < 0)
		return r;
	number = negative ? -(double)value : (double)value;
	if (number < option->low || number > option->high)
		return err_set(err, ERR_INVALID, "%s is out of range: use %g to %g", text,
			option->low, option->high);
	*(int *)member(option, config) = (int)number;
	return 0;
}

int value_size(const struct option *option, void *config, const char *text, struct err *err)
{
	return parse_size(text, member(option, config), err);
}

int value_min(const struct option *option, void *config, const char *text, struct err *err)
{
	if (strcmp(text, "0") == 0)
		return err_set(err, ERR_INVALID,
			"0 replicas come with schedules: give min or max = 0 in [schedule "
			"\"NAME\"], and 1 or more here");
	return value_count(option, config, text, err);
}

static int duration(const struct option *option, void *config, const char *text, struct err *err)
{
	bool bare_seconds = option->parse == value_seconds;
	char low[32];
	char high[32];
	usec_t value = 0;
	int r = parse_duration(text, bare_seconds, &value, err);

	if (r < 0)
		return r;
	if ((double)value < option->low * USEC_PER_SEC ||
		(double)value > option->high * USEC_PER_SEC) {
		format_duration((usec_t)(option->low * USEC_PER_SEC), low);
		format_duration((usec_t)(option->high * USEC_PER_SEC), high);
		return err_set(
			err, ERR_INVALID, "%s is out of range: use %s to %s", text, low, high);
	}
	*(usec_t *)member(option, config) = value;
	return 0;
}

int value_duration(const struct option *option, void *config, const char *text, struct err *err)
{
	return duration(option, config, text, err);
}

int value_seconds(const struct option *option, void *config, const char *text, struct err *err)
{
	return duration(option, config, text, err);
}

static int percent(const struct option *option, void *config, const char *text, struct err *err)
{
	double value = 0;
	int r = parse_percent(text, option->parse == value_points, option->high, &value, err);

	if (r < 0)
		return r;
	if (value < option->low)
		return err_set(err, ERR_INVALID, "%s is out of range: use %g%% to %g%%", text,
			option->low * 100, option->high * 100);
	*(double *)member(option, config) = value;
	return 0;
}

int value_percent(const struct option *option, void *config, const char *text, struct err *err)
{
	return percent(option, config, text, err);
}

int value_points(const struct option *option, void *config, const char *text, struct err *err)
{
	return percent(option, config, text, err);
}

static bool contains(const char *const *words, const char *text)
{
	for (; words != NULL && *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return true;
	return false;
}

static int wrong_word(const struct option *option, const char *text, bool planned, struct err *err)
{
	char known[256] = "";
	size_t used = 0;

	for (const char *const *word = option->words; *word != NULL; word++) {
		const char *join = word == option->words ? "" : word[1] == NULL ? " or " : ", ";

		if (used < sizeof(known)) /* cut, should the words of a row be that many */
			used += (size_t)snprintf(
				known + used, sizeof(known) - used, "%s%s", join, *word);
	}
	return err_set(err, ERR_INVALID, "'%s' is not %s: use %s", text,
		planned ? "in this version" : "known", known);
}

int value_word(const struct option *option, void *config, const char *text, struct err *err)
{
	for (unsigned i = 0; option->words[i] != NULL; i++) {
		if (strcmp(option->words[i], text) != 0)
			continue;
		memcpy(member(option, config), &i, sizeof(i)); /* an enum of ours is unsigned */
		return 0;
	}
	return wrong_word(option, text, contains(option->planned, text), err);
}

int value_only_word(const struct option *option, void *config, const char *text, struct err *err)
{
	(void)config; /* there is nothing to choose from yet */
	return contains(option->words, text) ? 0 : wrong_word(option, text, true, err);
}

static int set_text(const struct option *option, void *config, const char *text, struct err *err)
{
	if (strlen(text) >= option->size)
		return err_set(err, ERR_LIMIT, "it has %zu bytes: %zu is the most", strlen(text),
			option->size - 1);
	memset(member(option, config), 0, option->size);
	memcpy(member(option, config), text, strlen(text));
	return 0;
}

/* Nothing may be written where nothing is the default: it means "none" or "found out". */
static bool is_allowed_empty(const struct option *option, const char *text)
{
	return text[0] == '\0' && (option->fallback == NULL || option->fallback[0] == '\0');
}

int value_name(const struct option *option, void *config, const char *text, struct err *err)
{
	if (!is_allowed_empty(option, text) && !config_name_valid(text))
		return err_set(err, ERR_INVALID,
			"'%s' is not a name: use letters, digits, '_', '.' and '-', a letter or "
			"digit first, at most %d",
			text, CONFIG_NAME_MAX - 1);
	return set_text(option, config, text, err);
}

/* The letters that HAProxy takes in a proxy's name (its manual, section 4: proxies). */
int value_backend(const struct option *option, void *config, const char *text, struct err *err)
{
	for (const char *s = text; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_.:-", *s) == NULL)
			return err_set(err, ERR_INVALID,
				"'%s' is not a backend's name: HAProxy takes letters, digits, '_', "
				"'.', ':' and '-'",
				text);
	return set_text(option, config, text, err);
}

int value_path(const struct option *option, void *config, const char *text, struct err *err)
{
	if (is_allowed_empty(option, text))
		return set_text(option, config, text, err);
	if (text[0] != '/')
		return err_set(err, ERR_INVALID, "'%s' is not a path: begin it with '/'", text);
	if (option->high > 0 && (double)strlen(text) > option->high)
		return err_set(err, ERR_LIMIT,
			"the path has %zu bytes: %g is the most for a Unix socket", strlen(text),
			option->high);
	return set_text(option, config, text, err);
}

int value_docker(const struct option *option, void *config, const char *text, struct err *err)
{
	if (strncmp(text, "tcp://", 6) == 0 || strncmp(text, "ssh://", 6) == 0)
		return err_set(err, ERR_INVALID,
			"an engine over the network is not in this version: use unix:///PATH");
	if (strncmp(text, "unix:///", 8) != 0)
		return err_set(err, ERR_INVALID,
			"'%s' is not an engine's address such as unix:///run/docker.sock", text);
	if (strlen(text) - 7 > VALUE_SOCKET_PATH_MAX)
		return err_set(err, ERR_LIMIT,
			"the path has %zu bytes: %d is the most for a Unix socket",
			strlen(text) - 7, VALUE_SOCKET_PATH_MAX);
	return set_text(option, config, text, err);
}

int value_match(const struct option *option, void *config, const char *text, struct err *err)
{
	if (text[0] == '=')
		return err_set(err, ERR_INVALID,
			"a label's name is missing before '=': use LABEL=VALUE, or a container's "
			"name");
	if (strchr(text, '=') == NULL && strpbrk(text, " \t/*?") != NULL)
		return err_set(err, ERR_INVALID,
			"'%s' is not a container's name: patterns and a leading '/' do not work",
			text);
	return set_text(option, config, text, err);
}

int value_url_path(const struct option *option, void *config, const char *text, struct err *err)
{
	if (text[0] != '/')
		return err_set(err, ERR_INVALID, "'%s' does not begin with '/'", text);
	for (const char *s = text; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return err_set(err, ERR_INVALID,
				"blanks and letters outside ASCII need %%XX in a path");
	return set_text(option, config, text, err);
}

/* They are put into a command of HAProxy's runtime API, where ';' begins another command, '\'
 * escapes, '<<' begins a payload, and quotes, '#' and '$' have a meaning in some versions. */
int value_server_options(
	const struct option *option, void *config, const char *text, struct err *err)
{
	for (const char *s = text; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || strchr(";\\<\"'#$`", *s) != NULL)
			return err_set(err, ERR_INVALID,
				"options of a server may not hold ; \\ < \" ' # $ ` nor letters "
				"outside ASCII");
	return set_text(option, config, text, err);
}
