/*
 * The connection to the engine: which version it speaks, whether it is there, and its events.
 *
 * Connecting is: ask for the version on a new connection, subscribe to events from that time on,
 * list. It is up when the first listing is complete; before that nothing is told. An engine that
 * goes down keeps its event stream open until the last container has ended, but refuses new
 * connections: so each death is a reason to ask whether it is still there, and when it is not,
 * that is told while the deaths go on being told too. The stream is left to its end.
 *
 * One that hangs says nothing at all: its stream is as silent as in a quiet hour, and new connections
 * wait in its queue. Therefore it is asked now and then, and given more time for that answer than
 * after a death, since a busy machine is no reason to call it away.
 */
#include "link.h"

#include "clone.h"
#include "sole.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/io/clock.h>

#include <stdio.h>
#include <string.h>

#define PING_TIMEOUT    USEC_PER_SEC
#define PULSE_TIMEOUT   (5 * USEC_PER_SEC)
#define PULSE_INTERVAL  (5 * USEC_PER_SEC)
#define RESYNC_PULSES   6 /* it is listed anew each so many */
#define RETRY_FIRST     (100 * USEC_PER_MSEC)
#define RETRY_LAST      (2 * USEC_PER_SEC)
#define EVENT_BYTES_MAX ((size_t)256 * 1024)
#define TIME_NANO_MAX   0x1p62 /* the year 2116 */

struct link {
	struct docker *docker;
	struct link_listener listener;
	struct sole sole;
	uv_timer_t retry;
	uv_timer_t pulse;
	unsigned pulses;
	unsigned open_timers;
	bool up;
	bool told_away;
	bool pinged_by_get; /* HEAD was refused, GET is being tried */
	usec_t patience; /* of the ping under way */
	usec_t backoff;
	struct http_request *ping;
	struct http_request *stream;
	struct str line; /* the beginning of an event whose end has not come yet */
};

/* Reads "1.41"; 0 when it is no version. */
static unsigned parse_version(const char *text)
{
	struct err err = { 0 };
	uint64_t minor = 0;

	if (strncmp(text, "1.", 2) != 0 || parse_unsigned(text + 2, 1, 9999, &minor, &err) < 0)
		return 0;
	return (unsigned)minor;
}

int link_choose_version(const char *theirs, unsigned *ret_api, struct err *err)
{
	unsigned newest = parse_version(theirs);

	if (newest == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"it tells no API version that we can read ('%.32s'): is that a Docker "
			"engine's socket?",
			theirs);
	if (newest < API_OLDEST)
		return err_set(err, ERR_UNSUPPORTED,
			"its newest API version is 1.%u, 1.%u is the least that is needed: a newer "
			"Docker engine cures it",
			newest, API_OLDEST);
	*ret_api = newest < API_NEWEST ? newest : API_NEWEST;
	return 0;
}

bool link_is_up(const struct link *link)
{
	return link->up;
}

/* One that answers what we cannot use is as good as away. Of conflicts only that of sole_take() comes
 * here. */
static enum fault fault_of(const struct err *err)
{
	switch (err->code) {
	case 0:
		return FAULT_NONE;
	case ERR_DENIED:
		return FAULT_ENGINE_DENIED;
	case ERR_CONFLICT:
		return FAULT_ENGINE_TAKEN;
	default:
		return FAULT_ENGINE_AWAY;
	}
}

static void tell(struct link *link, const struct err *err)
{
	struct event event = { .kind = EVENT_RUNTIME };

	event.link.code = err->code;
	event.link.fault = fault_of(err);
	(void)mem_strcpy(event.link.msg, sizeof(event.link.msg), err->msg);
	event_push(&link->docker->sink, &event);
}

static void on_retry(uv_timer_t *timer);

/* Half to one and a half of the wait, so that many daemons do not come back at once. */
static void schedule_retry(struct link *link)
{
	usec_t wait = link->backoff;
	uint32_t random = 0;

	(void)uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
	wait = wait / 2 + (usec_t)((double)wait * random / UINT32_MAX);
	link->backoff = link->backoff * 2 > RETRY_LAST ? RETRY_LAST : link->backoff * 2;
	(void)uv_timer_start(&link->retry, on_retry, (uint64_t)(wait / USEC_PER_MSEC), 0);
}

void link_lost(struct link *link, const struct err *err)
{
	bool told = link->told_away;

	link->up = false;
	link->told_away = true;
	(void)uv_timer_stop(&link->pulse);
	if (!told)
		tell(link, err);
	link->listener.lost(link->listener.context, err);
	if (link->ping == NULL && !uv_is_active((uv_handle_t *)&link->retry))
		schedule_retry(link);
}

void link_listed(struct link *link)
{
	struct err none = { 0 };

	if (link->up)
		return;
	link->up = true;
	link->told_away = false;
	link->backoff = RETRY_FIRST;
	tell(link, &none);
}

/* The actions that change a fact. "health_status: healthy" has its word behind the name. Podman
 * wants to be asked for "died", of which it tells as "die", and tells a removal as "remove". */
static const struct {
	const char *action;
	enum happening_kind kind;
} actions[] = {
	{ "create", HAPPENING_CHANGED },
	{ "start", HAPPENING_CHANGED },
	{ "kill", HAPPENING_SIGNALLED },
	{ "die", HAPPENING_DIED },
	{ "died", HAPPENING_DIED },
	{ "stop", HAPPENING_CHANGED },
	{ "oom", HAPPENING_CHANGED },
	{ "pause", HAPPENING_CHANGED },
	{ "unpause", HAPPENING_CHANGED },
	{ "health_status", HAPPENING_CHANGED },
	{ "rename", HAPPENING_CHANGED },
	{ "update", HAPPENING_CHANGED },
	{ "destroy", HAPPENING_GONE },
	{ "remove", HAPPENING_GONE },
};

/* Wall time; 0: not told. */
static usec_t time_of(const cJSON *event)
{
	double nano = jsontext_number(event, "timeNano");

	return nano > 0 && nano < TIME_NANO_MAX ? (usec_t)(nano / 1000) : 0;
}

/* 0 when it is not told, or no number that a process could have. */
static int number_of(const cJSON *event, const char *attribute)
{
	const cJSON *attributes = jsontext_path(event, "Actor", "Attributes");
	struct err err = { 0 };
	uint64_t number = 0;

	(void)parse_unsigned(jsontext_string(attributes, attribute), 0, 255, &number, &err);
	return (int)number;
}

/* Without a time or a number an inspect tells. */
static void tell_happening(struct link *link, enum happening_kind kind, const cJSON *event)
{
	const struct happening happening = {
		.kind = kind,
		.id = jsontext_string(jsontext_get(event, "Actor"), "ID"),
		.attributes = jsontext_path(event, "Actor", "Attributes"),
		.number = number_of(event, kind == HAPPENING_DIED ? "exitCode" : "signal"),
		.at_wall = time_of(event),
	};

	if (happening.id[0] == '\0')
		return;
	link->listener.happened(link->listener.context, &happening);
	if (kind == HAPPENING_DIED)
		link_doubt(link);
}

static void take_event(struct link *link, const cJSON *event)
{
	const char *action = jsontext_string(event, "Action");
	size_t length = strcspn(action, ":");

	for (size_t i = 0; i < countof(actions); i++)
		if (strncmp(actions[i].action, action, length) == 0 &&
			actions[i].action[length] == '\0')
			tell_happening(link, actions[i].kind, event);
}

static void take_line(struct link *link, const char *line, size_t length)
{
	cleanup_json cJSON *event = NULL;
	struct err err = { 0 };

	if (length > 0 && jsontext_parse(line, length, &event, &err) == 0)
		take_event(link, event);
}

static void drop_stream(struct link *link)
{
	if (link->stream != NULL)
		http_cancel(link->stream);
	link->stream = NULL;
	str_finish(&link->line);
}

static void on_events(void *context, const char *bytes, size_t length)
{
	struct link *link = context;
	cleanup_str struct str text = link->line;
	const char *line;
	const char *end;

	link->line = (struct str){ 0 };
	str_append_bytes(&text, bytes, length);
	line = str_text(&text);
	while ((end = strchr(line, '\n')) != NULL) {
		take_line(link, line, (size_t)(end - line));
		line = end + 1;
	}
	str_append(&link->line, line);
	if (link->line.length > EVENT_BYTES_MAX) {
		struct err err = { 0 };

		(void)err_set(&err, ERR_LIMIT, "docker at %s: an event longer than %zu bytes",
			link->docker->endpoint, EVENT_BYTES_MAX);
		drop_stream(link);
		link_lost(link, &err);
	}
}

static void on_stream_end(void *context, const struct http_answer *answer)
{
	struct link *link = context;
	struct err err = { 0 };

	link->stream = NULL;
	str_finish(&link->line);
	if (answer->err.code == 0 && answer->status == 200)
		(void)err_set(&err, ERR_UNREACHABLE, "docker at %s ended its stream of events",
			link->docker->endpoint);
	else
		(void)request_error(answer, &err);
	link_lost(link, &err);
}

static void subscribe(struct link *link, struct moment since)
{
	cleanup_str struct str filters = { 0 };
	cleanup_str struct str path = { 0 };

	str_append(&filters, "{\"type\":[\"container\"],\"event\":[");
	for (size_t i = 0; i < countof(actions); i++)
		str_appendf(&filters, "%s\"%s\"", i > 0 ? "," : "", actions[i].action);
	str_append(&filters, "]}");
	str_appendf(&path,
		"/events?since=%lld.%06lld000&filters=", (long long)(since.wall / USEC_PER_SEC),
		(long long)(since.wall % USEC_PER_SEC));
	clone_escape(&path, jsontext_span(str_text(&filters)));
	link->stream = request_send(link->docker, &(struct http_call){
							  .method = "GET",
							  .path = str_text(&path),
							  .body_max = EVENT_BYTES_MAX,
							  .fresh = true,
							  .on_done = on_stream_end,
							  .on_data = on_events,
							  .context = link,
						  });
}

static void ping(struct link *link, const char *method);

static void ask(struct link *link, usec_t patience)
{
	link->patience = patience;
	ping(link, "HEAD");
}

static void on_pulse(uv_timer_t *timer)
{
	struct link *link = timer->data;

	if (link->ping == NULL)
		ask(link, PULSE_TIMEOUT);
	if (++link->pulses % RESYNC_PULSES == 0)
		link->listener.list(link->listener.context);
}

/* The engine answers. Events from now on, then the list: what happens in between is in both. */
static void connect_anew(struct link *link)
{
	drop_stream(link);
	(void)uv_timer_stop(&link->retry);
	subscribe(link, clock_now());
	link->listener.list(link->listener.context);
	link->pulses = 0;
	(void)uv_timer_start(&link->pulse, on_pulse, PULSE_INTERVAL / USEC_PER_MSEC,
		PULSE_INTERVAL / USEC_PER_MSEC);
}

static int read_ping(struct link *link, const struct http_answer *answer, struct err *err)
{
	if (answer->err.code != 0 || answer->status != 200)
		return request_error(answer, err);
	if (link_choose_version(answer->header, &link->docker->api, err) < 0)
		return err_wrap(err, "docker at %s", link->docker->endpoint);
	return 0;
}

static void on_ping(void *context, const struct http_answer *answer)
{
	struct link *link = context;
	bool refused = answer->err.code == 0 && answer->status != 200;
	struct err err = { 0 };

	link->ping = NULL;
	if (refused && !link->pinged_by_get) {
		ping(link, "GET"); /* engines before 18.09 know no HEAD there */
		return;
	}
	if (read_ping(link, answer, &err) < 0 ||
		(!link->up && sole_take(&link->sole, link->docker->socket, &err) < 0))
		link_lost(link, &err);
	else if (!link->up)
		connect_anew(link);
}

static void ping(struct link *link, const char *method)
{
	link->pinged_by_get = strcmp(method, "GET") == 0;
	link->ping = http_submit(link->docker->http, &(struct http_call){
							     .method = method,
							     .path = "/_ping",
							     .header = "Api-Version",
							     .timeout = link->patience,
							     .body_max = ANSWER_BYTES_MAX,
							     .fresh = true,
							     .on_done = on_ping,
							     .context = link,
						     });
}

void link_doubt(struct link *link)
{
	if (!link->up)
		return;
	if (link->ping != NULL && link->patience > PING_TIMEOUT)
		http_cancel(take_ptr(link->ping)); /* there is a reason to hurry now */
	if (link->ping == NULL)
		ask(link, PING_TIMEOUT);
}

static void on_retry(uv_timer_t *timer)
{
	struct link *link = timer->data;

	if (link->ping == NULL)
		ask(link, PING_TIMEOUT);
}

static void on_no_endpoint(uv_timer_t *timer)
{
	struct link *link = timer->data;
	struct err err = { 0 };

	(void)err_set(&err, ERR_UNSUPPORTED,
		"[daemon] docker = %.120s is no endpoint that this version knows: use "
		"unix:///run/docker.sock",
		link->docker->endpoint);
	tell(link, &err);
}

struct link *link_new(struct docker *docker, const struct link_listener *listener)
{
	struct link *link = mem_zero(1, sizeof(*link));

	link->docker = docker;
	link->listener = *listener;
	link->sole.fd = -1;
	link->backoff = RETRY_FIRST;
	(void)uv_timer_init(docker->loop, &link->retry);
	(void)uv_timer_init(docker->loop, &link->pulse);
	link->retry.data = link;
	link->pulse.data = link;
	link->open_timers = 2;
	(void)uv_timer_start(&link->retry, docker->http != NULL ? on_retry : on_no_endpoint, 0, 0);
	return link;
}

static void on_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;

	if (--link->open_timers == 0)
		free(link);
}

void link_free(struct link *link)
{
	if (link->ping != NULL)
		http_cancel(link->ping);
	drop_stream(link);
	sole_release(&link->sole);
	uv_close((uv_handle_t *)&link->retry, on_closed);
	uv_close((uv_handle_t *)&link->pulse, on_closed);
}
