/*
 * Our own health probe, so that a replica gets traffic when it answers and not a check interval
 * later. TCP: somebody accepts. HTTP: the status line says 2xx or 3xx; the rest of the answer is
 * not waited for. It keeps no history: how often to ask and what to make of it is the engine's.
 */
#include <dockscale/adapter/prober.h>

#include <dockscale/base/mem.h>
#include <dockscale/base/str.h>
#include <dockscale/io/exchange.h>

#include <stdio.h>
#include <string.h>

#define ANSWER_MAX ((size_t)64 * 1024) /* a status line within the first reads */

struct network_prober {
	struct prober prober;
	uv_loop_t *loop;
	struct event_sink sink;
	struct probe *probes; /* under way */
};

struct probe {
	struct network_prober *owner;
	struct probe *next;
	struct exchange *exchange;
	enum probe_kind kind;
	char id[CONTAINER_ID_MAX];
};

static void forget(struct probe *probe)
{
	struct probe **link = &probe->owner->probes;

	while (*link != probe)
		link = &(*link)->next;
	*link = probe->next;
	free(probe);
}

static void answer(const struct event_sink *sink, const char *id, bool healthy, const char *message)
{
	struct event event = { .kind = EVENT_PROBE };

	(void)mem_strcpy(event.probe.id, sizeof(event.probe.id), id);
	event.probe.healthy = healthy;
	(void)mem_strcpy(event.probe.msg, sizeof(event.probe.msg), message);
	event_push(sink, &event);
}

static bool has_line(const char *text, size_t length)
{
	return memchr(text, '\n', length) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 204 No Content": gives 204; 0 when it is no such line. */
static unsigned http_status(const char *text)
{
	const char *code = text + strlen("HTTP/1.1 ");

	if (strncmp(text, "HTTP/1.", 7) != 0 || !is_digit(text[7]) || text[8] != ' ' ||
		!is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]))
		return 0;
	return (unsigned)((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
}

static bool judge(enum probe_kind kind, const struct err *err, const char *text, char message[128])
{
	unsigned status;

	if (err->code != 0) {
		(void)mem_strcpy(message, 128, err->msg);
		return false;
	}
	if (kind != PROBE_HTTP)
		return true;
	status = http_status(text);
	if (status == 0)
		(void)mem_strcpy(message, 128,
			text[0] == '\0' ? "it closed the connection without an answer"
					: "its answer is not HTTP/1");
	else if (status < 200 || status > 399)
		(void)snprintf(message, 128, "HTTP status %u", status);
	else
		return true;
	return false;
}

static void on_done(void *context, const struct err *err, const char *text, size_t length)
{
	struct probe *probe = context;
	struct event_sink sink = probe->owner->sink;
	char id[CONTAINER_ID_MAX];
	char message[128] = "";
	bool healthy = judge(probe->kind, err, text, message);

	(void)length;
	(void)mem_strcpy(id, sizeof(id), probe->id);
	forget(probe); /* before the event: its handler may probe again */
	answer(&sink, id, healthy, message);
}

/* A path goes into the request line as it is. */
static bool is_path(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path <= ' ' || *path == 0x7f)
			return false;
	return true;
}

static void begin(struct network_prober *network, const struct intent *intent)
{
	struct probe *probe = mem_zero(1, sizeof(*probe));
	bool v6 = strchr(intent->probe.address, ':') != NULL;
	const char *path = intent->config->health.path;
	cleanup_str struct str request = { 0 };
	cleanup_str struct str address = { 0 };

	str_appendf(&address, "%s%s%s:%u", v6 ? "[" : "", intent->probe.address, v6 ? "]" : "",
		intent->probe.port);
	str_appendf(&request,
		"GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: dockscale\r\nConnection: "
		"close\r\n\r\n",
		path[0] == '/' ? "" : "/", path, str_text(&address));
	probe->owner = network;
	probe->next = network->probes;
	network->probes = probe;
	probe->kind = intent->probe.kind;
	(void)mem_strcpy(probe->id, sizeof(probe->id), intent->container);
	probe->exchange = exchange_start(network->loop,
		&(struct exchange_options){
			.address = str_text(&address),
			.text = probe->kind == PROBE_HTTP ? str_text(&request) : NULL,
			.limit_bytes = ANSWER_MAX,
			.timeout = intent->probe.timeout,
			.enough = has_line,
			.done = on_done,
			.context = probe,
		});
}

static void submit(struct prober *prober, const struct intent *intent)
{
	struct network_prober *network = (struct network_prober *)prober;

	if (intent->probe.kind == PROBE_NONE)
		answer(&network->sink, intent->container, true, "");
	else if (intent->probe.kind == PROBE_HTTP && !is_path(intent->config->health.path))
		answer(&network->sink, intent->container, false,
			"[health] path has a blank or a control character");
	else
		begin(network, intent);
}

static void free_prober(struct prober *prober)
{
	struct network_prober *network = (struct network_prober *)prober;

	while (network->probes != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on */
		exchange_cancel(network->probes->exchange);
		forget(network->probes);
	}
	free(network);
}

struct prober *prober_new(uv_loop_t *loop, struct event_sink sink)
{
	static const struct prober_vtable vtable = { submit, free_prober };
	struct network_prober *network = mem_zero(1, sizeof(*network));

	network->prober.vtable = &vtable;
	network->loop = loop;
	network->sink = sink;
	return &network->prober;
}
