/*
 * Values that fill several members: lists and those with a shape of their own.
 */
#include "value.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/conf/load.h>

#include <ctype.h>
#include <string.h>

/* More than a file table holds is no limit any more. */
#define MAXCONN_MAX 100000

/* Copies the next element of a comma list without the blanks around it; gives where the rest
 * begins, NULL at the end of the list. */
static const char *next_element(const char *list, char *element, size_t size)
{
	size_t length;
	const char *rest;

	list += strspn(list, " \t");
	length = strcspn(list, ",");
	rest = list[length] == ',' ? list + length + 1 : NULL;
	while (length > 0 && isspace((unsigned char)list[length - 1]))
		length--;
	if (length >= size)
		length = size - 1;
	memcpy(element, list, length);
	element[length] = '\0';
	return rest;
}

static int add_section(struct daemon_config *daemon, const char *section, struct err *err)
{
	size_t n_options = 0;
	const struct option *options = option_table(&n_options);

	if (option_is_planned(OPTION_SERVICE, section, ""))
		return err_set(err, ERR_INVALID, "section %s is not in this version", section);
	for (size_t i = 0; i < n_options; i++) {
		if (options[i].scope == OPTION_DAEMON || strcmp(options[i].section, section) != 0)
			continue;
		if (daemon->n_allowed_sections == CONFIG_SECTIONS_MAX)
			return err_set(
				err, ERR_LIMIT, "more than %d sections", CONFIG_SECTIONS_MAX);
		(void)mem_strcpy(daemon->allowed_sections[daemon->n_allowed_sections++],
			CONFIG_NAME_MAX, section);
		return 0;
	}
	return err_set(err, ERR_INVALID,
		"'%s' is no section of services: use all, none, or a list such as service, cpu",
		section);
}

int value_permission(const struct option *option, void *config, const char *text, struct err *err)
{
	struct daemon_config *daemon = config;
	char section[CONFIG_NAME_MAX];

	(void)option; /* the only one of its kind */
	daemon->n_allowed_sections = 0;
	daemon->allow_labels = LABELS_LISTED;
	if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0) {
		daemon->allow_labels = text[0] == 'a' ? LABELS_ALL : LABELS_NONE;
		return 0;
	}
	while (text != NULL) {
		text = next_element(text, section, sizeof(section));
		if (add_section(daemon, section, err) < 0)
			return err->code;
	}
	return 0;
}

/* "2 cores", "2cores", "1 core", "0.5 cores". */
static int parse_cores(const char *text, double *ret_cores, struct err *err)
{
	char number[32];
	size_t length = strspn(text, "0123456789.");
	const char *unit = text + length + strspn(text + length, " \t");

	if (length == 0 || length >= sizeof(number) ||
		(strcmp(unit, "core") != 0 && strcmp(unit, "cores") != 0))
		return err_set(err, ERR_INVALID,
			"'%s' is not known: use limit, host, or a number of cores such as 2 cores",
			text);
	memcpy(number, text, length);
	number[length] = '\0';
	return parse_number(number, 0.01, 4096, ret_cores, err);
}

int value_cores(const struct option *option, void *config, const char *text, struct err *err)
{
	double *cores = (double *)((char *)config + option->offset);

	if (parse_cores(text, cores, err) < 0)
		return err_set(
			err, ERR_INVALID, "'%s' is not a number of cores such as 2 cores", text);
	return 0;
}

int value_capacity(const struct option *option, void *config, const char *text, struct err *err)
{
	struct metric_config *metric = &((struct service_config *)config)->metric[METRIC_CPU];
	double cores = 0;

	(void)option; /* the only one of its kind */
	if (strcmp(text, "limit") == 0 || strcmp(text, "host") == 0) {
		metric->capacity = text[0] == 'l' ? CAPACITY_LIMIT : CAPACITY_HOST;
		metric->capacity_cores = 0;
		return 0;
	}
	if (parse_cores(text, &cores, err) < 0)
		return err->code;
	metric->capacity = CAPACITY_CORES;
	metric->capacity_cores = cores;
	return 0;
}

/* "hold", "last", "4". */
int value_missing(const struct option *option, void *config, const char *text, struct err *err)
{
	struct missing_rule *rule = (struct missing_rule *)((char *)config + option->offset);
	uint64_t count = 0;

	if (strcmp(text, "hold") == 0 || strcmp(text, "last") == 0) {
		rule->what = text[0] == 'h' ? MISSING_HOLD : MISSING_LAST;
		rule->count = 0;
		return 0;
	}
	if (text[strspn(text, "0123456789")] != '\0')
		return err_set(err, ERR_INVALID,
			"'%s' is not known: use hold, last, or a number of replicas", text);
	if (parse_unsigned(text, 1, CONFIG_REPLICAS_MAX, &count, err) < 0)
		return err->code;
	rule->what = MISSING_COUNT;
	rule->count = (unsigned)count;
	return 0;
}

/* "learn", "off", "40". */
int value_maxconn(const struct option *option, void *config, const char *text, struct err *err)
{
	struct haproxy_config *haproxy = &((struct service_config *)config)->haproxy;
	uint64_t count = 0;

	(void)option; /* the only one of its kind */
	if (strcmp(text, "learn") == 0 || strcmp(text, "off") == 0) {
		haproxy->maxconn = text[0] == 'l' ? BALANCER_MAXCONN_LEARN : BALANCER_MAXCONN_OFF;
		haproxy->maxconn_count = 0;
		return 0;
	}
	if (text[strspn(text, "0123456789")] != '\0')
		return err_set(err, ERR_INVALID,
			"'%s' is not known: use learn, off, or a number of requests at once such "
			"as 40",
			text);
	if (parse_unsigned(text, 1, MAXCONN_MAX, &count, err) < 0)
		return err->code;
	haproxy->maxconn = BALANCER_MAXCONN_COUNT;
	haproxy->maxconn_count = (unsigned)count;
	return 0;
}

/* host:port, [v6]:port. Blanks, '/' and control characters are in no host's name. */
static int check_host_port(const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (colon == NULL || colon == text || strpbrk(text, " \t/@") != NULL)
		return err_set(err, ERR_INVALID,
			"'%s' is neither a socket's path (begin it with '/') nor HOST:PORT", text);
	if (text[0] != '[' && strchr(text, ':') != colon)
		return err_set(err, ERR_INVALID,
			"'%s': write an IPv6 address in brackets, as in [::1]:9999", text);
	if (text[0] == '[' && (colon <= text + 2 || colon[-1] != ']'))
		return err_set(err, ERR_INVALID, "'%s': use [ADDRESS]:PORT", text);
	if (parse_unsigned(colon + 1, 1, 65535, &port, err) < 0)
		return err_wrap(err, "the port of '%s'", text);
	return 0;
}

static int check_socket(const char *text, struct err *err)
{
	if (text[0] == '\0')
		return err_set(err, ERR_INVALID,
			"a socket is missing: use a path, HOST:PORT, or several with ',' between");
	if (text[0] != '/')
		return check_host_port(text, err);
	if (strlen(text) > VALUE_SOCKET_PATH_MAX)
		return err_set(err, ERR_LIMIT,
			"the path has %zu bytes: %d is the most for a Unix socket", strlen(text),
			VALUE_SOCKET_PATH_MAX);
	return 0;
}

int value_sockets(const struct option *option, void *config, const char *text, struct err *err)
{
	struct haproxy_config *haproxy = &((struct service_config *)config)->haproxy;
	char socket[CONFIG_TEXT_MAX];

	(void)option; /* the only one of its kind */
	haproxy->n_sockets = 0;
	memset(haproxy->sockets, 0, sizeof(haproxy->sockets));
	while (text != NULL) {
		text = next_element(text, socket, sizeof(socket));
		if (check_socket(socket, err) < 0)
			return err->code;
		for (size_t i = 0; i < haproxy->n_sockets; i++)
			if (strcmp(haproxy->sockets[i], socket) == 0)
				return err_set(err, ERR_INVALID, "'%s' is there twice: remove one",
					socket);
		if (haproxy->n_sockets == CONFIG_SOCKETS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d sockets", CONFIG_SOCKETS_MAX);
		(void)mem_strcpy(haproxy->sockets[haproxy->n_sockets++], CONFIG_TEXT_MAX, socket);
	}
	return 0;
}

static int parse_range(const char *range, unsigned *ret_first, unsigned *ret_last, struct err *err)
{
	char first[16];
	const char *dash = strchr(range, '-');
	uint64_t low = 0;
	uint64_t high = 0;

	if (dash == NULL || (size_t)(dash - range) >= sizeof(first))
		return err_set(err, ERR_INVALID,
			"'%s' is not a range: use PREFIX FROM-TO such as web 1-20", range);
	memcpy(first, range, (size_t)(dash - range));
	first[dash - range] = '\0';
	if (parse_unsigned(first, 1, 100000, &low, err) < 0 ||
		parse_unsigned(dash + 1, 1, 100000, &high, err) < 0)
		return err_wrap(err, "the range '%s'", range);
	if (low > high)
		return err_set(err, ERR_INVALID, "the range '%s' goes down: use FROM-TO", range);
	*ret_first = (unsigned)low;
	*ret_last = (unsigned)high;
	return 0;
}

/* "web", "web 1-20", "". */
int value_slots(const struct option *option, void *config, const char *text, struct err *err)
{
	struct haproxy_config *haproxy = &((struct service_config *)config)->haproxy;
	size_t length = strcspn(text, " \t");
	const char *range = text + length + strspn(text + length, " \t");
	unsigned first = 0;
	unsigned last = 0;

	(void)option; /* the only one of its kind */
	if (length >= sizeof(haproxy->slot_prefix))
		return err_set(err, ERR_LIMIT, "the prefix has %zu bytes: %zu is the most", length,
			sizeof(haproxy->slot_prefix) - 1);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("_.:-", text[i]) == NULL)
			return err_set(err, ERR_INVALID,
				"'%s': a server's name has letters, digits, '_', '.', ':' and '-'",
				text);
	if (*range != '\0' && parse_range(range, &first, &last, err) < 0)
		return err->code;
	memset(haproxy->slot_prefix, 0, sizeof(haproxy->slot_prefix));
	memcpy(haproxy->slot_prefix, text, length);
	haproxy->slot_first = first;
	haproxy->slot_last = last;
	return 0;
}
