/*
 * Everything the daemon has, in the order in which it is made: files, control socket (so that a
 * second daemon stops before it touches anything), engine, adapters, driver. It is taken down the
 * other way round. Replicas and HAProxy stay as they are: the daemon is a driver, not a parent.
 */
#include <dockscale/app/daemon.h>

#include <dockscale/adapter/cgroup.h>
#include <dockscale/adapter/docker.h>
#include <dockscale/adapter/haproxy.h>
#include <dockscale/adapter/prober.h>
#include <dockscale/adapter/sqlite.h>
#include <dockscale/adapter/tzdata.h>
#include <dockscale/app/control.h>
#include <dockscale/app/driver.h>
#include <dockscale/app/files.h>
#include <dockscale/app/note.h>
#include <dockscale/app/source_none.h>
#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>
#include <dockscale/io/notify.h>
#include <dockscale/io/unixsock.h>

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL_CONNECTIONS_MAX 32
#define CONTROL_TIMEOUT_S       5 /* less than dockscalectl waits: idle peers may hold all places */

struct daemon {
	struct files_options files;
	struct config *config;
	uv_loop_t loop;
	struct unixsock socket;
	struct httpd *httpd;
	struct control control;
	struct engine *engine;
	struct driver *driver;
	struct driver_ports ports;
	struct journal *journal; /* NULL: never opened, as in a dry run */
	struct journal *no_journal;
	uv_signal_t signals[3];
	struct notify *notify;
};

static void log_problems(const struct config_problems *problems, const char *message)
{
	char more[32];

	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++) {
		const struct config_problem *problem = &problems->items[i];

		log_error(message,
			{ "service", problem->service[0] != '\0' ? problem->service : NULL },
			{ "because", problem->text });
	}
	if (problems->count <= CONFIG_PROBLEMS_MAX)
		return;
	(void)snprintf(more, sizeof(more), "%zu", problems->count - CONFIG_PROBLEMS_MAX);
	log_error("more problems in the configuration", { "count", more });
}

static void setup_log(const struct daemon_config *config)
{
	log_setup(STDERR_FILENO, config->log_level, config->log);
}

static int load(struct daemon *daemon, struct err *err)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	int r = files_load(&daemon->files, &daemon->config, problems, err);

	if (r < 0) {
		log_problems(problems, "configuration is wrong");
		return r;
	}
	setup_log(&daemon->config->daemon);
	log_problems(problems, "service is disabled");
	return 0;
}

/* A missing group is no reason not to run: root can still reach the socket. */
static void share_socket(const struct daemon *daemon)
{
	const char *name = daemon->config->daemon.control_group;
	const struct group *group = name[0] != '\0' ? getgrnam(name) : NULL;
	struct err err;
	int r = 0;

	if (name[0] == '\0')
		return;
	if (group == NULL)
		r = err_set(&err, ERR_NOT_FOUND, "there is no group %s: groupadd --system %s", name,
			name);
	else if (group->gr_gid != getegid())
		r = unixsock_set_group(&daemon->socket, group->gr_gid, &err);
	if (r < 0)
		log_warning("only the daemon's own user may use the control socket",
			{ "group", name }, { "because", err.msg });
}

/* Below /run directories are gone after a boot; a service manager makes ours, a person who runs
 * the daemon by hand should not have to. */
static void make_directory(const char *socket)
{
	char path[CONFIG_TEXT_MAX];

	(void)mem_strcpy(path, sizeof(path), socket);
	(void)mkdir(dirname(path), 0755); /* there already, or listening tells what is wrong */
}

static int open_control(struct daemon *daemon, struct err *err)
{
	int r;

	make_directory(daemon->config->daemon.control);
	r = unixsock_listen(daemon->config->daemon.control, 0660, &daemon->socket, err);
	if (r == ERR_CONFLICT)
		return err_wrap(err, "another daemon has the control socket ([daemon] control)");
	if (r < 0)
		return err_wrap(err, "control socket ([daemon] control)");
	share_socket(daemon);
	r = httpd_new(&daemon->loop,
		&(struct httpd_options){
			.listen_fd = daemon->socket.fd,
			.body_max = CONTROL_BODY_MAX,
			.connections_max = CONTROL_CONNECTIONS_MAX,
			.timeout_s = CONTROL_TIMEOUT_S,
			.handle = control_handle,
			.context = &daemon->control,
		},
		&daemon->httpd, err);
	if (r == 0)
		daemon->socket.fd = -1; /* the server's now */
	return r;
}

static void on_command(void *context, const struct command *command)
{
	struct daemon *daemon = context;
	struct event_sink sink = driver_sink(daemon->driver);

	event_push(&sink, &(struct event){ .kind = EVENT_COMMAND, .command = *command });
	driver_flush(daemon->driver);
}

/* A dry run writes nothing, and what it only thinks is not worth remembering. */
static struct journal *choose_journal(struct daemon *daemon, const struct daemon_config *config)
{
	if (config->dry_run)
		return daemon->no_journal;
	if (daemon->journal == NULL)
		daemon->journal = sqlite_journal_new(&daemon->loop, config->state, config->instance,
			driver_sink(daemon->driver));
	return daemon->journal;
}

static void adopt(struct daemon *daemon, struct config *config)
{
	struct config *old = daemon->config;
	struct event_sink sink = driver_sink(daemon->driver);

	engine_configure(daemon->engine, config, clock_now());
	daemon->ports.runtime->vtable->configure(daemon->ports.runtime, config);
	driver_set_journal(daemon->driver, choose_journal(daemon, &config->daemon));
	/* services take their new files up in the next step: the old ones are needed until then */
	event_push(&sink, &(struct event){ .kind = EVENT_TICK });
	driver_flush(daemon->driver);
	driver_set_interval(daemon->driver, config->daemon.interval);
	setup_log(&config->daemon);
	daemon->config = config;
	daemon->control.dry_run = config->daemon.dry_run;
	daemon->control.instance = config->daemon.instance;
	daemon->control.docker = config->daemon.docker;
	config_free(old);
}

static int on_reload(
	void *context, struct config_problems *problems, struct str *remarks, struct err *err)
{
	struct daemon *daemon = context;
	struct config *config = NULL;
	struct files_reload reload = {
		.options = &daemon->files,
		.running = &daemon->config->daemon,
		.engine = daemon->engine,
		.problems = problems,
		.remarks = remarks,
	};
	int r;

	notify_send(daemon->notify, "RELOADING=1");
	r = files_reload(&reload, &config, err);
	if (r < 0) {
		notify_send(daemon->notify, "READY=1");
		log_error("reload refused", { "because", err->msg });
		log_problems(problems, "configuration is wrong");
		return r;
	}
	adopt(daemon, config);
	notify_send(daemon->notify, "READY=1");
	log_info("reloaded", { "config", daemon->files.directory },
		{ "remarks", remarks->length > 0 ? str_text(remarks) : NULL });
	return 0;
}

static void stop(struct daemon *daemon)
{
	driver_stop(daemon->driver);
	uv_stop(&daemon->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	if (number == SIGHUP) {
		cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
		cleanup_str struct str remarks = { 0 };
		struct err err;

		(void)on_reload(daemon, problems, &remarks, &err); /* it logs what is wrong */
		return;
	}
	notify_send(daemon->notify, "STOPPING=1");
	log_info("stopping", { "signal", strsignal(number) },
		{ "because", "replicas stay as they are" });
	stop(daemon);
}

static int watch_signals(struct daemon *daemon, struct err *err)
{
	static const int numbers[countof(daemon->signals)] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < countof(numbers); i++) {
		int r = uv_signal_init(&daemon->loop, &daemon->signals[i]);

		daemon->signals[i].data = daemon;
		if (r == 0)
			r = uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
		if (r < 0)
			return err_set(err, ERR_SYSTEM, "signals: %s", uv_strerror(r));
	}
	return 0;
}

static struct source *make_source(const struct daemon_config *config, struct event_sink sink)
{
	struct cgroup_options options = { .root = config->cgroup };
	struct source *source = NULL;
	struct err err;

	if (cgroup_source_new(&options, sink, &source, &err) == 0)
		return source;
	log_warning("no readings: services keep their count between min and max",
		{ "because", err.msg });
	return source_none_new();
}

static void make_ports(struct daemon *daemon)
{
	const struct daemon_config *config = &daemon->config->daemon;
	struct event_sink sink = driver_sink(daemon->driver);

	daemon->ports = (struct driver_ports){
		.runtime = docker_runtime_new(
			&daemon->loop, config->docker, config->instance, daemon->config, sink),
		.haproxy = haproxy_balancer_new(&daemon->loop, config->instance, sink),
		.none = balancer_none_new(sink),
		.source = make_source(config, sink),
		.host = cgroup_host_new(&(struct cgroup_options){ .root = config->cgroup }, sink),
		.prober = prober_new(&daemon->loop, sink),
		.zones = tzdata_new(ZONE_DIRECTORY, sink),
		.note = note_log,
	};
	daemon->no_journal = journal_none_new();
	daemon->ports.journal = choose_journal(daemon, config);
}

static void restore_record(void *context, const struct journal_record *record)
{
	struct daemon *daemon = context;
	struct err err = { 0 };

	if (record->kind == RECORD_TEMPLATE)
		daemon->ports.runtime->vtable->recall(daemon->ports.runtime, record);
	if (engine_restore(daemon->engine, record, clock_now(), &err) < 0)
		log_warning("what was remembered is left alone", { "service", record->service },
			{ "kind", record_kind_name(record->kind) }, { "because", err.msg });
}

static void free_ports(struct daemon *daemon)
{
	struct driver_ports *ports = &daemon->ports;

	if (ports->runtime == NULL)
		return; /* all or none */
	if (daemon->journal != NULL)
		daemon->journal->vtable->free(daemon->journal);
	daemon->no_journal->vtable->free(daemon->no_journal);
	ports->zones->vtable->free(ports->zones);
	ports->prober->vtable->free(ports->prober);
	ports->host->vtable->free(ports->host);
	ports->source->vtable->free(ports->source);
	ports->none->vtable->free(ports->none);
	ports->haproxy->vtable->free(ports->haproxy);
	ports->runtime->vtable->free(ports->runtime);
}

static uint64_t make_seed(void)
{
	struct moment now = clock_now();
	uint64_t seed = (uint64_t)now.wall ^ ((uint64_t)getpid() << 40);

	/* short or failed: names are then only as random as the clock */
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	return seed;
}

static void log_started(const struct daemon *daemon)
{
	const struct daemon_config *config = &daemon->config->daemon;

	log_info("started", { "version", DOCKSCALE_VERSION }, { "instance", config->instance },
		{ "config", daemon->files.directory }, { "control", config->control },
		{ "docker", config->docker }, { "dry_run", config->dry_run ? "yes" : NULL });
}

static int begin(struct daemon *daemon, struct err *err)
{
	const struct daemon_config *config;
	int r = load(daemon, err);

	if (r == 0)
		r = docker_check_alone(daemon->config->daemon.docker, err);
	if (r == 0)
		r = open_control(daemon, err);
	if (r == 0)
		r = watch_signals(daemon, err);
	if (r < 0)
		return r;
	config = &daemon->config->daemon;
	daemon->engine = engine_new(config->instance, make_seed());
	engine_set_host_cores(daemon->engine, (double)sysconf(_SC_NPROCESSORS_ONLN));
	engine_configure(daemon->engine, daemon->config, clock_now());
	daemon->driver = driver_new(&daemon->loop, daemon->engine);
	make_ports(daemon);
	daemon->ports.journal->vtable->recall(daemon->ports.journal, restore_record, daemon);
	daemon->control = (struct control){
		.engine = daemon->engine,
		.instance = config->instance,
		.config_directory = daemon->files.directory,
		.docker = config->docker,
		.dry_run = config->dry_run,
		.command = on_command,
		.reload = on_reload,
		.context = daemon,
	};
	driver_start(daemon->driver, &daemon->ports, config->interval);
	log_started(daemon);
	notify_send(daemon->notify, "READY=1");
	return 0;
}

static void end(struct daemon *daemon)
{
	httpd_free(daemon->httpd);
	unixsock_finish(&daemon->socket);
	free_ports(daemon);
	driver_free(daemon->driver);
	notify_free(daemon->notify);
	for (size_t i = 0; i < countof(daemon->signals); i++)
		if (daemon->signals[i].data != NULL)
			uv_close((uv_handle_t *)&daemon->signals[i], NULL);
	(void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&daemon->loop);
	engine_free(daemon->engine);
	config_free(daemon->config);
}

int daemon_run(const struct daemon_options *options, struct err *err)
{
	struct daemon daemon = {
		.files = { options->config_directory, options->dry_run },
		.socket = { .fd = -1 },
	};
	int r = uv_loop_init(&daemon.loop);

	if (r < 0)
		return err_set(err, ERR_SYSTEM, "event loop: %s", uv_strerror(r));
	daemon.notify = notify_new(&daemon.loop);
	(void)signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is an error of its request */
	r = begin(&daemon, err);
	if (r == 0)
		(void)uv_run(&daemon.loop, UV_RUN_DEFAULT);
	end(&daemon);
	return r;
}
