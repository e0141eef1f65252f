/*
 * From HAProxy's answers to facts. Two tables are read: "show servers state" (format 1, HAProxy
 * 1.7 to 3.2: blanks between the columns, headings behind "# ") tells the address and the
 * administrative state; "show stat" (CSV) tells sessions and queue. New versions append columns,
 * therefore only headings count. Nothing is decided here.
 *
 * srv_admin_state is a set of bits (include/haproxy/server-t.h of HAProxy 2.4 to 3.0):
 * 0x01 maintenance by the runtime API, 0x02 inherited from a tracked server, 0x04 "disabled" in
 * the configuration (a mark that outlives `state ready`, and says nothing about now), 0x08 drain,
 * 0x10 inherited drain, 0x20 no address from DNS, 0x40 by a name that does not resolve.
 * srv_op_state: 0 stopped, 1 starting (slow start), 2 running, 3 stopping.
 */
#include "view.h"

#include "replies.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <stdio.h>
#include <string.h>

#define ADMIN_MAINT 0x63u
#define ADMIN_DRAIN 0x18u

#define COLUMNS_MAX 192 /* 3.0 has 130 in "show stat" */
#define FIELD_MAX   256

/* A piece of the answer; it is never copied as a whole. */
struct span {
	const char *data;
	size_t length;
};

static struct span next_line(const char **cursor)
{
	const char *end = strchr(*cursor, '\n');
	struct span line = { *cursor, end != NULL ? (size_t)(end - *cursor) : strlen(*cursor) };

	*cursor = end != NULL ? end + 1 : line.data + line.length;
	if (line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	return line;
}

static bool starts_with(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && memcmp(span.data, text, length) == 0;
}

static bool equals(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.data, text, span.length) == 0;
}

/* Splits at every @separator; gives the number of fields, at most COLUMNS_MAX. Check descriptions in
 * the CSV may be quoted; they stand behind all columns of interest, so quotes are not undone. */
static size_t split(struct span line, char separator, struct span *ret_fields)
{
	size_t n = 0;
	size_t start = 0;

	for (size_t i = 0; i <= line.length && n < COLUMNS_MAX; i++) {
		if (i < line.length && line.data[i] != separator)
			continue;
		ret_fields[n++] = (struct span){ line.data + start, i - start };
		start = i + 1;
	}
	return n;
}

/* The field under a heading; empty when this version has none. */
struct table {
	struct span headings[COLUMNS_MAX];
	size_t n_headings;
	struct span fields[COLUMNS_MAX];
	size_t n_fields;
};

static struct span field(const struct table *table, const char *heading)
{
	for (size_t i = 0; i < table->n_headings && i < table->n_fields; i++)
		if (equals(table->headings[i], heading))
			return table->fields[i];
	return (struct span){ "", 0 };
}

static void copy_field(const struct table *table, const char *heading, char *buffer, size_t size)
{
	struct span span = field(table, heading);
	size_t length = span.length < size ? span.length : size - 1;

	memcpy(buffer, span.data, length);
	buffer[length] = '\0';
}

static bool number_field(const struct table *table, const char *heading, uint64_t *ret_number)
{
	char text[FIELD_MAX];
	struct err err;

	copy_field(table, heading, text, sizeof(text));
	return parse_unsigned(text, 0, UINT32_MAX, ret_number, &err) == 0;
}

static struct reading reading_field(const struct table *table, const char *heading)
{
	uint64_t number = 0;

	return number_field(table, heading, &number) ? reading_known((double)number)
						     : reading_unknown();
}

/* Requests are counted in more digits than ports and weights have. */
static struct reading total_field(const struct table *table, const char *heading)
{
	char text[FIELD_MAX];
	uint64_t total = 0;
	struct err err;

	copy_field(table, heading, text, sizeof(text));
	return parse_unsigned(text, 0, INT64_MAX, &total, &err) == 0 ? reading_known((double)total)
								     : reading_unknown();
}

/* Both tables have the same order, so the search begins behind the last one found. */
static struct view_server *find_server(struct view *view, size_t *at, struct span name)
{
	for (size_t i = 0; i < view->n_servers; i++, (*at)++) {
		if (*at >= view->n_servers)
			*at = 0;
		if (equals(name, view->servers[*at].name))
			return &view->servers[(*at)++];
	}
	return NULL;
}

bool view_is_name(const char *text)
{
	return text[0] != '\0' &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_.:")] == '\0';
}

static int take_state(const struct table *table, struct view *view, struct err *err)
{
	struct view_server *server;
	char name[SERVER_NAME_MAX];
	uint64_t port = 0;
	uint64_t weight = 0;
	uint64_t admin = 0;
	uint64_t operation = 0;

	if (view->n_servers == VIEW_SERVERS_MAX)
		return err_set(err, ERR_LIMIT,
			"the backend has more than %d servers: give the service a backend of its "
			"own",
			VIEW_SERVERS_MAX);
	/* Names that do not fit are nobody's of ours, and could not be told apart. */
	if (field(table, "srv_name").length >= sizeof(name))
		return 0;
	copy_field(table, "srv_name", name, sizeof(name));
	if (!view_is_name(name))
		return err_set(
			err, ERR_REMOTE, "`show servers state` names a server as HAProxy does not");
	if (!number_field(table, "srv_admin_state", &admin) ||
		!number_field(table, "srv_op_state", &operation) ||
		!number_field(table, "srv_uweight", &weight))
		return err_set(err, ERR_REMOTE, "a line of `show servers state` is incomplete");
	(void)number_field(table, "srv_port", &port); /* "-" : none */
	(void)number_field(table, "be_id", &view->id);
	if (view->n_servers % 64 == 0)
		view->servers =
			mem_resize(view->servers, view->n_servers + 64, sizeof(*view->servers));
	server = &view->servers[view->n_servers++];
	*server = (struct view_server){
		.port = (unsigned)port,
		.weight = (unsigned)weight,
		.maint = (admin & ADMIN_MAINT) != 0,
		.drain = (admin & ADMIN_DRAIN) != 0,
		.up = operation == 1 || operation == 2,
		.literal = field(table, "srv_fqdn").length <= 1,
		.by_service = field(table, "srvrecord").length > 1,
	};
	(void)mem_strcpy(server->name, sizeof(server->name), name);
	copy_field(table, "srv_addr", server->address, sizeof(server->address));
	if (!server->literal && field(table, "srv_fqdn").length < sizeof(server->fqdn))
		copy_field(table, "srv_fqdn", server->fqdn, sizeof(server->fqdn));
	if (!view_is_name(server->fqdn))
		server->fqdn[0] = '\0';
	return 0;
}

static void take_statistics(const struct table *table, struct view *view, size_t *at)
{
	struct span name = field(table, "svname");
	struct view_server *server;

	view->counted = true;
	if (equals(name, "BACKEND")) {
		copy_field(table, "algo", view->algorithm, sizeof(view->algorithm));
		view->queued = reading_field(table, "qcur");
		view->unconnected = total_field(table, "econ");
		view->retried = total_field(table, "wretr");
		view->redispatched = total_field(table, "wredis");
		return;
	}
	server = find_server(view, at, name);
	if (server == NULL)
		return;
	server->sessions = reading_field(table, "scur");
	server->queued = reading_field(table, "qcur");
	server->total = total_field(table, "stot");
	server->maxconn = field(table, "slim").length > 0 ? reading_field(table, "slim")
							  : reading_known(0); /* no limit */
}

static void take_info(struct span line, struct view *view)
{
	char text[64];
	uint64_t number = 0;
	struct err err;
	const char *colon = memchr(line.data, ':', line.length);
	size_t length;

	if (colon == NULL || colon + 2 > line.data + line.length)
		return;
	length = (size_t)(line.data + line.length - (colon + 2));
	if (length >= sizeof(text))
		return;
	memcpy(text, colon + 2, length);
	text[length] = '\0';
	if (starts_with(line, "Version: "))
		(void)mem_strcpy(view->version, sizeof(view->version), text);
	else if (starts_with(line, "Stopping: "))
		view->stopping = strcmp(text, "0") != 0;
	else if (starts_with(line, "Pid: ") &&
		 parse_unsigned(text, 0, INT32_MAX, &number, &err) == 0)
		view->pid = (int64_t)number;
	else if (starts_with(line, "Uptime_sec: ") &&
		 parse_unsigned(text, 0, UINT32_MAX, &number, &err) == 0)
		view->uptime = (usec_t)number * USEC_PER_SEC;
}

enum part { PART_NONE, PART_STATE, PART_STATISTICS };

/* What the parser remembers from line to line. */
struct reader {
	struct view *view;
	const char *backend;
	enum part part;
	bool has_state;
	bool has_statistics;
	struct span strange; /* first line that means nothing here */
	size_t at; /* behind the server whose statistics came last */
	struct table table;
};

static bool heading_line(struct reader *reader, struct span line)
{
	bool state = starts_with(line, "# be_id ");
	bool statistics = starts_with(line, "# pxname,");

	if (!state && !statistics)
		return false;
	reader->part = state ? PART_STATE : PART_STATISTICS;
	reader->has_state = reader->has_state || state;
	reader->has_statistics = reader->has_statistics || statistics;
	line.data += 2;
	line.length -= 2;
	reader->table.n_headings = split(line, state ? ' ' : ',', reader->table.headings);
	return true;
}

static int take_line(struct reader *reader, struct span line, struct err *err)
{
	struct table *table = &reader->table;

	if (line.length == 0) {
		reader->part = PART_NONE;
		return 0;
	}
	if (heading_line(reader, line))
		return 0;
	if (reader->part == PART_STATE) {
		table->n_fields = split(line, ' ', table->fields);
		if (equals(field(table, "be_name"), reader->backend))
			return take_state(table, reader->view, err);
		return 0;
	}
	if (reader->part == PART_STATISTICS) {
		table->n_fields = split(line, ',', table->fields);
		if (equals(field(table, "pxname"), reader->backend))
			take_statistics(table, reader->view, &reader->at);
		return 0;
	}
	take_info(line, reader->view);
	if (reader->strange.length == 0 && memchr(line.data, ':', line.length) == NULL)
		reader->strange = line;
	return 0;
}

static int judge(const struct reader *reader, const char *answer, struct err *err)
{
	char strange[81];

	if (reader->has_state && reader->has_statistics)
		return 0;
	if (strstr(answer, "Can't find backend") != NULL || strstr(answer, "No such proxy") != NULL)
		return err_set(err, ERR_NOT_FOUND,
			"HAProxy has no backend '%s': add it to its configuration "
			"(`dockscalectl haproxy` prints the lines), or correct [haproxy] backend",
			reader->backend);
	if (strstr(answer, "Permission denied") != NULL)
		return err_set(err, ERR_DENIED,
			"HAProxy denies it: the line of its socket needs `level admin`");
	if (answer[0] == '\0')
		return err_set(err, ERR_REMOTE, "HAProxy closed the connection without an answer");
	replies_quote(reader->strange.data, reader->strange.length, strange, sizeof(strange));
	return err_set(
		err, ERR_REMOTE, "this is not what HAProxy's runtime API says: '%s'", strange);
}

int view_parse(const char *answer, const char *backend, struct view *ret_view, struct err *err)
{
	struct view view = { 0 };
	cleanup_free struct reader *reader = mem_zero(1, sizeof(*reader)); /* tables are large */
	const char *cursor = answer;
	int r = 0;

	reader->view = &view;
	reader->backend = backend;
	while (r == 0 && *cursor != '\0')
		r = take_line(reader, next_line(&cursor), err);
	if (r == 0)
		r = judge(reader, answer, err);
	if (r < 0) {
		view_finish(&view);
		return r;
	}
	*ret_view = view;
	return 0;
}

void view_finish(struct view *view)
{
	free(view->servers);
	*view = (struct view){ 0 };
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

uint64_t view_fingerprint(const struct view *view)
{
	uint64_t hash = mix(0xcbf29ce484222325u, &view->pid, sizeof(view->pid));

	for (size_t i = 0; i < view->n_servers; i++) {
		const struct view_server *server = &view->servers[i];
		unsigned facts[] = { server->port, server->weight, server->maint, server->drain };

		hash = mix(hash, server->name, strlen(server->name));
		hash = mix(hash, server->address, strlen(server->address));
		hash = mix(hash, facts, sizeof(facts));
	}
	return hash != 0 ? hash : 1;
}
