/*
 * `dockscalectl doctor`: what this machine is missing. It looks with its own eyes, so that it
 * helps before the daemon has ever run, and asks the daemon where it knows more. A warning is
 * something that costs comfort or safety; a failure keeps services from being scaled.
 */
#include "doctor_parts.h"

#include "client.h"

#include <dockscale/adapter/cgroup.h>
#include <dockscale/adapter/docker.h>
#include <dockscale/adapter/sqlite.h>
#include <dockscale/app/files.h>
#include <dockscale/app/show.h>
#include <dockscale/base/mem.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT (5 * USEC_PER_SEC)

static void check_files(struct doctor *doctor)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	char directory[CONFIG_TEXT_MAX];
	struct files_options options = { .directory = directory };
	struct err err;
	int r;

	client_config(doctor->ctl, directory);
	r = files_load(&options, &doctor->config, problems, &err);
	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++)
		doctor_add(doctor, VERDICT_FAIL, "configuration",
			"correct it, then dockscalectl reload", "%s", problems->items[i].text);
	if (r == 0 && problems->count == 0)
		doctor_add(doctor, VERDICT_OK, "configuration", NULL,
			"%s is right, %zu service file%s", directory, doctor->config->n_files,
			doctor->config->n_files == 1 ? "" : "s");
	if (r < 0 && problems->count == 0)
		doctor_add(doctor, VERDICT_FAIL, "configuration",
			"install the package's files, or name the directory with --config", "%s",
			err.msg);
	if (r < 0)
		doctor->config = config_new(); /* the rest is looked at with the defaults */
}

static void check_daemon(struct doctor *doctor)
{
	struct client_reply reply = { .status = 0 };
	char socket[CONFIG_TEXT_MAX];
	struct err err;
	int r = client_ask(
		doctor->ctl, &(struct client_request){ "GET", "/status", NULL }, &reply, &err);

	client_socket(doctor->ctl, socket);
	if (r < 0) {
		doctor_add(doctor, r == ERR_DENIED ? VERDICT_FAIL : VERDICT_WARN, "daemon",
			r == ERR_TIMEOUT ? "systemctl restart dockscaled (replicas stay)"
					 : "systemctl enable --now dockscaled",
			"%s", err.msg);
		return;
	}
	doctor->status = cJSON_ParseWithLength(str_text(&reply.body), reply.body.length);
	str_finish(&reply.body);
	doctor_add(doctor, VERDICT_OK, "daemon", NULL, "dockscaled %s, instance %s, answers at %s",
		show_text(doctor->status, "version"), show_text(doctor->status, "instance"),
		socket);
}

static cJSON *fetch(const struct doctor *doctor, const char *path, struct err *err)
{
	cleanup_str struct str body = { 0 };

	if (docker_fetch(doctor->config->daemon.docker, path, TIMEOUT, &body, err) < 0)
		return NULL;
	return cJSON_ParseWithLength(str_text(&body), body.length);
}

static const char *docker_cure(int code)
{
	if (code == ERR_DENIED)
		return "adduser " DAEMON_USER
		       " docker (and your own user, to run doctor), then log "
		       "in anew";
	if (code == ERR_NOT_FOUND || code == ERR_UNREACHABLE)
		return "install and start the engine (apt install docker.io; systemctl start "
		       "docker), or set [daemon] docker";
	return "see `docker version` and the engine's log";
}

static bool check_docker_version(struct doctor *doctor)
{
	struct err err = { 0 };
	cJSON *version = fetch(doctor, "/version", &err);

	if (version == NULL) {
		doctor_add(doctor, VERDICT_FAIL, "docker", docker_cure(err.code), "%s", err.msg);
		return false;
	}
	doctor_add(doctor, VERDICT_OK, "docker", NULL, "engine %s, API %s, at %s",
		show_text(version, "Version"), show_text(version, "ApiVersion"),
		doctor->config->daemon.docker);
	cJSON_Delete(version);
	return true;
}

static void check_docker_info(struct doctor *doctor)
{
	struct err err = { 0 };
	cJSON *info = fetch(doctor, "/info", &err);
	const cJSON *live = cJSON_GetObjectItemCaseSensitive(info, "LiveRestoreEnabled");

	if (info == NULL)
		doctor_add(doctor, VERDICT_WARN, "docker live-restore", docker_cure(err.code), "%s",
			err.msg);
	else if (cJSON_IsTrue(live))
		doctor_add(doctor, VERDICT_OK, "docker live-restore", NULL,
			"on: containers outlive a restart of the engine");
	else
		doctor_add(doctor, VERDICT_WARN, "docker live-restore",
			"put \"live-restore\": true into /etc/docker/daemon.json, then systemctl "
			"reload docker",
			"off: a restart of the engine stops every container");
	cJSON_Delete(info);
}

static void check_docker(struct doctor *doctor)
{
	const char *endpoint = doctor->config->daemon.docker;

	if (strncmp(endpoint, "unix://", 7) == 0)
		doctor_check_user(doctor, "docker socket", endpoint + 7);
	if (check_docker_version(doctor))
		check_docker_info(doctor);
}

#define UNIFIED_CURE                                                                               \
	"boot with the unified hierarchy: systemd.unified_cgroup_hierarchy=1 on the kernel's "     \
	"command line"

static void check_controllers(struct doctor *doctor, const struct cgroup_facts *facts)
{
	const struct {
		const char *name;
		bool there;
		const char *lost;
		const char *cure;
	} rows[] = {
		{ "cgroup cpu", facts->cpu,
			"CPU time is read all the same; limits come from Docker, throttling is not "
			"seen",
			"see that cpu stands in cgroup.subtree_control" },
		{ "cgroup memory", facts->memory, "[memory] is left out of every rule",
			"boot with cgroup_enable=memory on the kernel's command line" },
		{ "cgroup pressure", facts->pressure, "stalls are not seen",
			"boot with psi=1 on the kernel's command line" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		if (rows[i].there)
			doctor_add(doctor, VERDICT_OK, rows[i].name, NULL, "available");
		else /* on a hybrid machine the cure is above */
			doctor_add(doctor, VERDICT_WARN, rows[i].name,
				facts->hybrid ? NULL : rows[i].cure, "not available: %s",
				rows[i].lost);
	}
}

static void check_cgroup(struct doctor *doctor)
{
	struct cgroup_options options = { .root = doctor->config->daemon.cgroup };
	struct cgroup_facts facts;
	struct err err;

	if (cgroup_discover(&options, &facts, &err) < 0) {
		doctor_add(doctor, VERDICT_FAIL, "cgroup", NULL, "%s", err.msg);
		return;
	}
	if (facts.root[0] == '\0') {
		doctor_add(doctor, VERDICT_FAIL, "cgroup", UNIFIED_CURE,
			"no cgroup v2 tree: there are no readings to scale by");
		return;
	}
	doctor_add(doctor, facts.hybrid ? VERDICT_WARN : VERDICT_OK, "cgroup",
		facts.hybrid ? UNIFIED_CURE : NULL, "v2 at %s%s", facts.root,
		facts.hybrid ? ", beside v1 (hybrid)" : "");
	check_controllers(doctor, &facts);
}

/* What the daemon itself found out counts; before it runs, whether its user could. */
static void check_state(struct doctor *doctor)
{
	const char *directory = doctor->config->daemon.state;
	const cJSON *journal = cJSON_GetObjectItemCaseSensitive(doctor->status, "journal");
	static const char cure[] = "make it for the daemon's user: install -d -o " DAEMON_USER
				   " -m 0700, or set [daemon] state";
	struct err err;

	if (strcmp(show_text(journal, "state"), "away") == 0)
		doctor_add(doctor, VERDICT_WARN, "state", cure,
			"pauses and counts by hand end with the daemon: %s",
			show_text(journal, "problem"));
	else if (strcmp(show_text(journal, "state"), "up") == 0)
		doctor_add(
			doctor, VERDICT_OK, "state", NULL, "the journal is kept in %s", directory);
	else if (sqlite_journal_check(directory, &err) == 0)
		doctor_add(doctor, VERDICT_OK, "state", NULL, "%s can be written", directory);
	else
		doctor_add(doctor, VERDICT_WARN, "state", cure, "%s", err.msg);
}

int doctor_run(const struct ctl *ctl)
{
	struct doctor doctor = { .ctl = ctl };
	int exit_status;

	check_files(&doctor);
	check_daemon(&doctor);
	check_docker(&doctor);
	check_cgroup(&doctor);
	check_state(&doctor);
	doctor_host(&doctor);
	doctor_haproxy(&doctor);
	exit_status = findings_print(&doctor.findings, ctl->json);
	findings_finish(&doctor.findings);
	cJSON_Delete(doctor.status);
	config_free(doctor.config);
	return exit_status;
}
