/*
 * What a person sees. It reads the same JSON that scripts get, so that nothing can be shown that
 * is not in the interface, and a daemon of another version is shown as far as it goes.
 */
#include <dockscale/app/show.h>

#include <dockscale/app/table.h>
#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>
#include <dockscale/port/fault.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *show_text(const cJSON *object, const char *key)
{
	const cJSON *item = get(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

void show_clean_text(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
		bool c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F;

		if (*at >= ' ' && *at != 0x7F && !c1)
			continue;
		*at = '?';
		if (c1)
			*++at = '?';
	}
}

void show_clean(cJSON *tree)
{
	for (cJSON *item = tree; item != NULL; item = item->next) {
		if (cJSON_IsString(item))
			show_clean_text(item->valuestring);
		show_clean(item->child);
	}
}

double show_number(const cJSON *object, const char *key)
{
	const cJSON *item = get(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

struct cell {
	char text[48];
};

static struct cell percent(const cJSON *item)
{
	struct cell cell = { "-" };

	if (cJSON_IsNumber(item))
		(void)snprintf(cell.text, sizeof(cell.text), "%.0f%%", item->valuedouble * 100);
	return cell;
}

static struct cell count(const cJSON *item)
{
	struct cell cell = { "-" };

	if (cJSON_IsNumber(item))
		(void)snprintf(cell.text, sizeof(cell.text), "%.0f", item->valuedouble);
	return cell;
}

/* "72%/80%", "72% in 30-80%", "?" when it should be known and is not, "-" when not used. */
static struct cell metric(const cJSON *service, const char *name)
{
	const cJSON *reading = get(get(service, "readings"), name);
	struct cell value = percent(get(reading, "value"));
	struct cell cell = { "-" };

	if (!cJSON_IsTrue(get(reading, "enabled")))
		return cell;
	if (strcmp(show_text(reading, "state"), "unknown") == 0)
		(void)mem_strcpy(value.text, sizeof(value.text), "?");
	if (get(reading, "target") != NULL)
		(void)snprintf(cell.text, sizeof(cell.text), "%s/%s", value.text,
			percent(get(reading, "target")).text);
	else
		(void)snprintf(cell.text, sizeof(cell.text), "%s in %.0f-%s", value.text,
			show_number(reading, "low") * 100, percent(get(reading, "high")).text);
	return cell;
}

static struct cell balancer(const cJSON *service)
{
	const cJSON *item = get(service, "balancer");
	struct cell cell = { "-" };

	if (show_number(item, "of") > 0)
		(void)snprintf(cell.text, sizeof(cell.text), "%s %.0f/%.0f",
			show_number(item, "reachable") > 0 ? show_text(item, "method") : "away",
			show_number(item, "reachable"), show_number(item, "of"));
	return cell;
}

static void show_head(const cJSON *status, struct str *out)
{
	const cJSON *runtime = get(status, "runtime");
	const cJSON *journal = get(status, "journal");
	const char *state = show_text(runtime, "state");

	str_appendf(out, "%s: dockscaled %s, Docker is %s%s\n",
		or_dash(show_text(status, "instance")), or_dash(show_text(status, "version")),
		strcmp(state, "up") == 0     ? "up"
		: strcmp(state, "away") == 0 ? "away: counts are held"
					     : "not listed yet",
		cJSON_IsTrue(get(status, "dry_run")) ? ", dry run: nothing is changed" : "");
	if (show_text(runtime, "problem")[0] != '\0')
		str_appendf(out, "  ! %s\n", show_text(runtime, "problem"));
	if (strcmp(show_text(journal, "state"), "away") == 0)
		str_appendf(out,
			"  ! the journal is away, pauses and counts by hand end with the daemon: "
			"%s\n",
			show_text(journal, "problem"));
}

static void add_service(struct table *table, const cJSON *service)
{
	table_add(table, "%s", or_dash(show_text(service, "name")));
	table_add(table, "%s%s", or_dash(show_text(service, "state")),
		cJSON_IsTrue(get(service, "dry_run")) ? " (dry run)" : "");
	table_add(table, "%.0f/%.0f", show_number(service, "serving"),
		show_number(service, "desired"));
	table_add(table, "%.0f", show_number(service, "starting"));
	table_add(table, "%.0f", show_number(service, "draining"));
	table_add(table, "%.0f-%.0f", show_number(service, "min"), show_number(service, "max"));
	table_add(table, "%s", metric(service, "cpu").text);
	table_add(table, "%s", metric(service, "memory").text);
	table_add(table, "%s", balancer(service).text);
	table_add(table, "%s", or_dash(show_text(service, "reason")));
}

/* "rolling: 2 of 5 replaced", or "". */
static struct cell roll(const cJSON *service)
{
	const cJSON *item = get(service, "roll");
	struct cell cell = { "" };

	if (cJSON_IsObject(item))
		(void)snprintf(cell.text, sizeof(cell.text), "%s: %.0f of %.0f replaced",
			strcmp(show_text(item, "state"), "rolling") == 0   ? "rolling"
			: strcmp(show_text(item, "state"), "stopped") == 0 ? "roll stopped"
									   : "roll waits",
			show_number(item, "replaced"), show_number(item, "of"));
	return cell;
}

void show_status(const cJSON *status, struct str *out)
{
	static const char *const heads[] = { "SERVICE", "STATE", "SERVING", "STARTING", "DRAINING",
		"LIMITS", "CPU", "MEMORY", "HAPROXY", "BECAUSE" };
	struct table table = { .n_columns = countof(heads) };
	const cJSON *services = get(status, "services");
	const cJSON *service;

	show_head(status, out);
	if (cJSON_GetArraySize(services) == 0) {
		str_append(out,
			"no service yet: label a container dockscale.service=NAME, or put a "
			"file into services.d and reload\n");
		return;
	}
	str_append_char(out, '\n');
	for (size_t i = 0; i < countof(heads); i++)
		table_add(&table, "%s", heads[i]);
	cJSON_ArrayForEach (service, services)
		add_service(&table, service);
	table_print(&table, "", out);
	table_finish(&table);
	cJSON_ArrayForEach (service, services) {
		if (roll(service).text[0] != '\0')
			str_appendf(
				out, "  %s: %s\n", show_text(service, "name"), roll(service).text);
		if (show_text(service, "problem")[0] != '\0')
			str_appendf(out, "  ! %s: %s\n", show_text(service, "name"),
				show_text(service, "problem"));
	}
}

static void line(struct str *out, const char *name, const char *text)
{
	if (text[0] != '\0')
		str_appendf(out, "  %-10s %s\n", name, text);
}

static struct cell bounds(const cJSON *reading)
{
	struct cell cell;

	if (get(reading, "target") != NULL)
		(void)snprintf(cell.text, sizeof(cell.text), "target %s",
			percent(get(reading, "target")).text);
	else
		(void)snprintf(cell.text, sizeof(cell.text), "up above %s, down below %.0f%%",
			percent(get(reading, "high")).text, show_number(reading, "low") * 100);
	return cell;
}

static void show_metric(const cJSON *service, const char *name, const char *title, struct str *out)
{
	const cJSON *reading = get(get(service, "readings"), name);
	char text[160];

	if (!cJSON_IsTrue(get(reading, "enabled"))) {
		line(out, title, "not used");
		return;
	}
	if (!cJSON_IsNumber(get(reading, "value"))) {
		bool missing = strcmp(show_text(reading, "state"), "unsupported") == 0;

		line(out, title,
			missing ? "this machine has no such controller: left out of every rule"
				: "no reading: the count is held, it never goes down on it");
		return;
	}
	(void)snprintf(text, sizeof(text),
		"%s of what the replicas may use, %s; %.2f replicas' worth%s",
		percent(get(reading, "value")).text, bounds(reading).text,
		show_number(reading, "demand"),
		cJSON_IsTrue(get(reading, "saturated")) ? "; at its limit, so demand is more" : "");
	line(out, title, text);
}

static struct cell duration(double seconds)
{
	struct cell cell = { "" };
	char text[32];

	format_duration((usec_t)llround(seconds) * USEC_PER_SEC, text);
	(void)mem_strcpy(cell.text, sizeof(cell.text), text);
	return cell;
}

/* "3.10 replicas' worth may come within 10m (only observed); so far it was off by 0.21 on average, and
 * more came in 3% of the cases" */
static void show_prediction(const cJSON *service, struct str *out)
{
	const cJSON *prediction = get(service, "prediction");
	cleanup_str struct str text = { 0 };

	if (!cJSON_IsObject(prediction))
		return;
	if (cJSON_IsNumber(get(prediction, "demand")))
		str_appendf(&text, "%.2f replicas' worth may come within %s",
			show_number(prediction, "demand"),
			duration(show_number(prediction, "horizon_s")).text);
	else
		str_append(&text, "none yet");
	if (strcmp(show_text(prediction, "mode"), "observe") == 0)
		str_append(&text, " (only observed)");
	if (cJSON_IsNumber(get(prediction, "error")))
		str_appendf(&text,
			"; so far it was off by %.2f on average, and more came in %.0f%% of the "
			"cases",
			show_number(prediction, "error"), show_number(prediction, "missed") * 100);
	line(out, "Prediction", str_text(&text));
}

static void show_manual(const cJSON *service, struct str *out)
{
	char text[96] = "";

	if (cJSON_IsNumber(get(service, "manual_for_s")))
		(void)snprintf(text, sizeof(text), "a person's count holds for %s",
			duration(show_number(service, "manual_for_s")).text);
	else if (cJSON_IsTrue(get(service, "manual")))
		(void)mem_strcpy(text, sizeof(text),
			"a person's count holds until the policy's next change");
	line(out, "By hand", text);
}

/* "at max: 42 wait in HAProxy's queue; each replica gets 4 requests at once (learnt)" */
static void show_queue(const cJSON *service, struct str *out)
{
	const cJSON *queue = get(service, "queue");
	bool at_max = show_number(service, "desired") >= show_number(service, "max");
	double waiting = show_number(queue, "waiting");
	double maxconn = show_number(queue, "maxconn");
	cleanup_str struct str text = { 0 };

	if (waiting > 0)
		str_appendf(
			&text, "%s%.0f wait in HAProxy's queue", at_max ? "at max: " : "", waiting);
	if (maxconn > 0)
		str_appendf(&text, "%seach replica gets %.0f request%s at once (%s)",
			waiting > 0 ? "; " : "", maxconn, maxconn > 1 ? "s" : "",
			cJSON_IsTrue(get(queue, "learnt")) ? "learnt" : "[haproxy] maxconn");
	line(out, "Queue", str_text(&text));
}

/* "learned: demand may grow by 42% while a replica starts (95% sure)" */
static void show_adaptive(const cJSON *service, struct str *out)
{
	const cJSON *adaptive = get(service, "adaptive");
	char text[160] = "";

	if (!cJSON_IsObject(adaptive))
		return;
	if (cJSON_IsTrue(get(adaptive, "ready")))
		(void)snprintf(text, sizeof(text),
			"learned: demand may grow by %.0f%% while a replica starts (%.0f%% sure)",
			(show_number(adaptive, "growth") - 1) * 100,
			show_number(adaptive, "sureness") * 100);
	else
		(void)mem_strcpy(text, sizeof(text),
			"being learned: those that are configured hold until more was seen");
	line(out, "Thresholds", text);
}

/* "night: at most 2, now; work: at least 4, not now" */
static void show_schedules(const cJSON *service, struct str *out)
{
	cleanup_str struct str text = { 0 };
	const cJSON *schedule;

	cJSON_ArrayForEach (schedule, get(service, "schedules")) {
		bool min = cJSON_IsNumber(get(schedule, "min"));
		bool max = cJSON_IsNumber(get(schedule, "max"));

		str_appendf(
			&text, "%s%s: ", text.length > 0 ? "; " : "", show_text(schedule, "name"));
		if (min)
			str_appendf(&text, "at least %.0f, ", show_number(schedule, "min"));
		if (max)
			str_appendf(&text, "at most %.0f, ", show_number(schedule, "max"));
		str_append(&text, cJSON_IsTrue(get(schedule, "in_force")) ? "now" : "not now");
	}
	line(out, "Schedules", str_text(&text));
}

static void show_waits(const cJSON *service, struct str *out)
{
	const cJSON *guard = get(service, "guard");
	char text[160] = "";

	if (show_number(service, "held_back") > 0)
		(void)snprintf(text, sizeof(text),
			"%.0f more until one of those that are starting is done: parallel_starts "
			"is %.0f",
			show_number(service, "held_back"), show_number(service, "parallel_starts"));
	line(out, "Waiting", text);
	text[0] = '\0';
	if (cJSON_IsTrue(get(guard, "open")))
		(void)snprintf(text, sizeof(text), "holds after %.0f failures in a row%s%s",
			show_number(guard, "failures"),
			cJSON_IsNumber(get(guard, "next_try_s")) ? "; the next try in " : "",
			cJSON_IsNumber(get(guard, "next_try_s"))
				? duration(show_number(guard, "next_try_s")).text
				: "");
	line(out, "Guard", text);
}

static void show_counters(const cJSON *service, struct str *out)
{
	const cJSON *counters = get(service, "counters");
	cleanup_str struct str text = { 0 };
	const cJSON *counter;

	cJSON_ArrayForEach (counter, counters) {
		if (!cJSON_IsNumber(counter) || counter->valuedouble <= 0)
			continue;
		str_appendf(&text, "%s%s %.0f", text.length > 0 ? ", " : "", counter->string,
			counter->valuedouble);
	}
	for (char *c = text.data; c != NULL && *c != '\0'; c++)
		if (*c == '_')
			*c = ' ';
	line(out, "So far", str_text(&text));
}

/* With what is done about each, as far as this version knows it. */
static void show_faults(const cJSON *service, struct str *out)
{
	struct table table = { .n_columns = 3 };
	const cJSON *fault;
	bool any = false;

	cJSON_ArrayForEach (fault, get(service, "faults")) {
		if (!cJSON_IsNumber(fault) || fault->valuedouble <= 0)
			continue;
		any = true;
		table_add(&table, "%s", fault->string);
		table_add(&table, "%.0f", fault->valuedouble);
		table_add(&table, "%s", fault_answer(fault_find(fault->string)));
	}
	if (any)
		str_append(out, "\nFaults so far, and what is done about each\n");
	table_print(&table, "  ", out);
	table_finish(&table);
}

static void add_replica(struct table *table, const cJSON *replica)
{
	table_add(table, "%s", or_dash(show_text(replica, "name")));
	table_add(table, "%s", or_dash(show_text(replica, "role")));
	table_add(table, "%s%s%s", or_dash(show_text(replica, "state")),
		cJSON_IsTrue(get(replica, "outdated")) ? ", outdated" : "",
		cJSON_IsString(get(replica, "unhealthy")) ? ", unhealthy" : "");
	table_add(table, "%s", duration(floor(show_number(replica, "since_s"))).text);
	table_add(table, "%s", percent(get(replica, "cpu")).text);
	table_add(table, "%s", percent(get(replica, "memory")).text);
	table_add(table, "%s", count(get(replica, "sessions")).text);
	table_add(table, "%.0f", show_number(replica, "weight"));
	table_add(table, "%s", or_dash(show_text(replica, "server")));
	table_add(table, "%s", or_dash(show_text(replica, "address")));
}

static void show_replicas(const cJSON *service, struct str *out)
{
	static const char *const heads[] = { "NAME", "ROLE", "STATE", "FOR", "CPU", "MEMORY",
		"SESSIONS", "WEIGHT", "SERVER", "ADDRESS" };
	struct table table = { .n_columns = countof(heads) };
	const cJSON *replicas = get(service, "replicas");
	const cJSON *replica;

	if (cJSON_GetArraySize(replicas) == 0)
		return;
	str_append(out, "\nReplicas\n");
	for (size_t i = 0; i < countof(heads); i++)
		table_add(&table, "%s", heads[i]);
	cJSON_ArrayForEach (replica, replicas)
		add_replica(&table, replica);
	table_print(&table, "  ", out);
	table_finish(&table);
}

static void show_history(const cJSON *service, struct str *out)
{
	struct table table = { .n_columns = 3 };
	const cJSON *entry;

	if (cJSON_GetArraySize(get(service, "history")) == 0)
		return;
	str_append(out, "\nLast decisions, newest first\n");
	cJSON_ArrayForEach (entry, get(service, "history")) {
		table_add(&table, "%s", show_text(entry, "at"));
		table_add(&table, "%.0f -> %.0f", show_number(entry, "from"),
			show_number(entry, "to"));
		table_add(&table, "%s", show_text(entry, "because"));
	}
	table_print(&table, "  ", out);
	table_finish(&table);
}

void show_explain(const cJSON *service, struct str *out)
{
	str_appendf(out, "%s is %s: %.0f of %.0f wanted replicas serve", show_text(service, "name"),
		show_text(service, "state"), show_number(service, "serving"),
		show_number(service, "desired"));
	if (show_number(service, "starting") > 0)
		str_appendf(out, ", %.0f on the way", show_number(service, "starting"));
	if (show_number(service, "draining") > 0)
		str_appendf(out, ", %.0f leaving", show_number(service, "draining"));
	str_appendf(out, " (min %.0f, max %.0f)\n", show_number(service, "min"),
		show_number(service, "max"));
	line(out, "Because", show_text(service, "reason"));
	line(out, "Problem", show_text(service, "problem"));
	line(out, "Template", roll(service).text);
	show_schedules(service, out);
	show_manual(service, out);
	show_waits(service, out);
	if (cJSON_IsTrue(get(service, "dry_run")))
		line(out, "Dry run", "decisions are made and told, nothing is changed");
	if (cJSON_IsTrue(get(service, "journal_away")))
		line(out, "Journal",
			"away: a pause or a count by hand ends with the daemon; see `dockscalectl "
			"status`");
	line(out, "Policy", show_text(service, "policy"));
	show_prediction(service, out);
	show_adaptive(service, out);
	show_metric(service, "cpu", "CPU", out);
	show_metric(service, "memory", "Memory", out);
	line(out, "HAProxy", balancer(service).text);
	show_queue(service, out);
	show_counters(service, out);
	show_faults(service, out);
	show_replicas(service, out);
	show_history(service, out);
}
