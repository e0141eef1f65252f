/*
 * The runtime's contract on a real Docker Engine, and what only Docker has: labels of images,
 * volumes, networks, an engine that goes down slowly. One private engine serves the whole
 * program; a person's hand is the docker command. With DOCKER_ENGINE=podman it is Podman's service;
 * what that does otherwise is said where it matters.
 */
#include "suite_runtime_fixture.h"

#include <dockscale/adapter/docker.h>
#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	char directory[64];
	char endpoint[128];
	char programs[256]; /* where this program and the demonstration service lie */
	uv_loop_t loop;
	bool podman;
} world;

/* Runs a script with the private engine's functions at hand; its output is the test's. */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...)
{
	cleanup_str struct str script = { 0 };
	int status = -1;
	va_list args;
	pid_t pid;

	str_appendf(&script,
		"set -u; D=%s; export DOCKER_HOST=unix://$D/docker.sock; . "
		"%s/tests/lib/docker.sh\n",
		world.directory, SOURCE_DIR);
	va_start(args, format);
	str_vappendf(&script, format, args);
	va_end(args);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)execl("/bin/bash", "bash", "-c", str_text(&script), (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct runtime *open_world(
	void *context, const char *instance, const struct config *config, struct event_sink sink)
{
	(void)context;
	assert_int_equal(uv_loop_init(&world.loop), 0);
	return docker_runtime_new(&world.loop, world.endpoint, instance, config, sink);
}

static void close_world(void *context, struct runtime *runtime)
{
	(void)context;
	runtime->vtable->free(runtime);
	(void)uv_run(&world.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world.loop), 0); /* nothing is left open */
	/* A test that failed may have left the engine stopped or hanging. */
	assert_int_equal(shell("kill -CONT $(cat $D/dockerd.pid) 2>/dev/null\n"
			       "docker_engine_up() { docker version >/dev/null 2>&1; }\n"
			       "docker_engine_up || docker_engine_start $D\n"
			       "docker_remove_all $D; docker volume prune -f >/dev/null"),
		0);
}

static void on_poll(uv_timer_t *timer)
{
	(void)timer; /* only wakes the loop, so that the condition is looked at */
}

static bool run_until(void *context, bool (*done)(void *argument), void *argument, usec_t timeout)
{
	usec_t end = clock_now().boot + timeout;
	uv_timer_t timer;

	(void)context;
	(void)uv_timer_init(&world.loop, &timer);
	(void)uv_timer_start(&timer, on_poll, 20, 20);
	while (!done(argument) && clock_now().boot < end)
		(void)uv_run(&world.loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	return done(argument);
}

static struct moment now(void *context)
{
	(void)context;
	return clock_now();
}

static void person_runs(void *context, const char *name, const char *const *labels, size_t n_labels,
	double cpu_limit_cores)
{
	cleanup_str struct str flags = { 0 };

	(void)context;
	for (size_t i = 0; i < n_labels; i++)
		str_appendf(&flags, " --label '%s'", labels[i]);
	if (cpu_limit_cores > 0)
		str_appendf(&flags, " --cpus %g", cpu_limit_cores);
	assert_int_equal(shell("docker run -d --name %s%s dockscale-demo >/dev/null", name,
				 str_text(&flags)),
		0);
}

static void person_kills(void *context, const char *name)
{
	(void)context;
	/* Not by the engine, which would be a person's word. */
	assert_int_equal(shell("kill -s KILL $(docker inspect -f '{{.State.Pid}}' %s)", name), 0);
}

static void person_stops(void *context, const char *name)
{
	(void)context;
	assert_int_equal(shell("docker stop %s >/dev/null", name), 0);
}

static void person_removes(void *context, const char *name)
{
	(void)context;
	assert_int_equal(shell("docker rm -f -v %s >/dev/null", name), 0);
}

static void set_away(void *context, bool away)
{
	(void)context;
	assert_int_equal(shell(away ? "docker_engine_stop $D" : "docker_engine_start $D"), 0);
}

static struct suite_runtime_world docker_world = {
	.name = "runtime: docker",
	.open = open_world,
	.close = close_world,
	.run_until = run_until,
	.now = now,
	.run = person_runs,
	.kill = person_kills,
	.stop = person_stops,
	.remove = person_removes,
	.set_away = set_away,
};

/* Runs `docker run` with arguments of its own, waits until it is announced, and gives its id. */
static void run_template(
	struct fixture *fixture, const char *arguments, char id[static CONTAINER_ID_MAX])
{
	assert_int_equal(
		shell("docker run -d --name web_1 --label " WEB " %s >/dev/null", arguments), 0);
	(void)mem_strcpy(
		id, CONTAINER_ID_MAX, await_container(fixture, "web_1", CONTAINER_RUNNING)->id);
	forget(fixture);
}

static const struct event *create(struct fixture *fixture, const char *template)
{
	return &await_result(fixture, submit_create(fixture, template, "web-ds-1"))->event;
}

static void assert_created(struct fixture *fixture, const char *template)
{
	const struct event *event = create(fixture, template);

	if (event->result.code != 0)
		fail_msg("%s", event->result.msg);
}

static void what_ran_before_is_in_the_first_listing(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct record *listing;

	run_template(fixture, "dockscale-demo", id);
	fixture->runtime->vtable->free(fixture->runtime);
	fixture->runtime = docker_runtime_new(&world.loop, world.endpoint, INSTANCE,
		fixture->config, (struct event_sink){ take_event, fixture });
	forget(fixture);
	listing = await_listing(fixture);
	assert_int_equal(listing->n_containers, 1);
	assert_string_equal(listing->containers[0].id, id);
}

static void a_label_of_the_image_opts_nothing_in(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(shell("docker run -d --name image_1 dockscale-labelled >/dev/null"), 0);
	let_pass(500 * USEC_PER_MSEC);
	fixture->runtime->vtable->list(fixture->runtime);
	assert_int_equal(await_listing(fixture)->n_containers, 0);
}

static void a_label_that_the_image_has_too_is_marked(void **state)
{
	struct fixture *fixture = *state;
	const struct container *container;

	assert_int_equal(
		shell("docker run -d --name web_1 --label dockscale.service=own --label colour=red "
		      "dockscale-labelled >/dev/null"),
		0);
	container = await_container(fixture, "web_1", CONTAINER_RUNNING);
	assert_string_equal(container_label(container, "dockscale.service"), "own");
	for (size_t i = 0; i < container->n_labels; i++)
		assert_int_equal(container->labels[i].from_image,
			strcmp(container->labels[i].key, "dockscale.max") == 0);
}

static void a_container_of_an_image_made_of_a_clone_is_no_clone(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct container *container;

	run_template(fixture, "dockscale-demo", id);
	assert_created(fixture, id);
	assert_int_equal(
		shell("docker_commit_image $D web-ds-1 dockscale-committed && docker "
		      "run -d --name copied --label " WEB " dockscale-committed >/dev/null; R=$?\n"
		      "docker rm -f -v copied >/dev/null; docker run -d --name copied "
		      "--label dockscale.service=other dockscale-committed >/dev/null; "
		      "exit $R"),
		0);
	container = await_container(fixture, "copied", CONTAINER_RUNNING);
	assert_null(container_label(container, LABEL_OWNER));
	assert_null(container_label(container, LABEL_ROLE));
}

static void a_writable_volume_is_refused_with_its_cure(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct event *event;

	run_template(fixture, "-v database:/data dockscale-demo", id);
	event = create(fixture, id);
	assert_int_equal(event->result.code, ERR_REFUSED);
	assert_non_null(strstr(event->result.msg, "web_1"));
	assert_non_null(strstr(event->result.msg, "database"));
	assert_non_null(strstr(event->result.msg, "shared_volumes"));
	assert_int_not_equal(shell("docker inspect web-ds-1 >/dev/null 2>&1"), 0);
}

static void volumes_that_cannot_be_written_or_have_no_name_are_cloned(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_template(fixture,
		"-v database:/data:ro -v /scratch --tmpfs /tmp --mount "
		"type=bind,src=/etc/hostname,dst=/host,readonly dockscale-demo",
		id);
	/* Podman gives it a name that looks chosen: rather refused than shared. */
	if (world.podman) {
		assert_int_equal(create(fixture, id)->result.code, ERR_REFUSED);
		return;
	}
	assert_created(fixture, id);
	assert_int_equal(
		shell("of() { docker inspect -f '{{range .Mounts}}{{if eq .Destination "
		      "\"'$2'\"}}{{.Name}}{{end}}{{end}}' $1; }\n"
		      "[ $(of web_1 /data) = database ] && [ $(of web-ds-1 /data) = database ] && "
		      "[ -n \"$(of web-ds-1 /scratch)\" ] && "
		      "[ $(of web_1 /scratch) != $(of web-ds-1 /scratch) ]"),
		0);
}

static void volumes_that_cannot_be_written_are_cloned(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_template(fixture,
		"-v database:/data:ro --tmpfs /tmp --mount "
		"type=bind,src=/etc/hostname,dst=/host,readonly dockscale-demo",
		id);
	assert_created(fixture, id);
	assert_int_equal(
		shell("docker inspect -f '{{range .Mounts}}{{.Destination}} {{.RW}} {{end}}' "
		      "web-ds-1 | grep '/data false' | grep -q '/host false'"),
		0);
}

static void a_clone_is_as_its_template_but_for_what_is_its_own(void **state)
{
	/* Podman sorts them anew, and each container's name is one. */
	static const char others_variables[] = "tr ',[]' '\\n\\n\\n' | grep -v HOSTNAME= | sort";
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_template(fixture,
		"--cpus 0.5 --memory 9007199254740993 --shm-size 67108865 --ulimit "
		"nofile=1000:1024 --ulimit nproc=900:1000 "
		"-e GREETING='h\"ello\\n' --restart always -p 127.0.0.1::8080 --rm=false "
		"--cap-drop ALL --label com.docker.compose.project=p --label dockscale.max=7 "
		"--label quote='a\"b' dockscale-demo /demo_httpd CPU_USEC=100",
		id);
	assert_created(fixture, id);
	assert_int_equal(
		shell("of() { docker inspect -f \"$2\" $1 | %s; }\n"
		      "for f in '{{.Image}}' '{{json .Config.Env}}' '{{json .Config.Cmd}}' "
		      "'{{.HostConfig.Memory}}' '{{.HostConfig.ShmSize}}' "
		      "'{{json .HostConfig.Ulimits}}' '{{.HostConfig.NanoCpus}}' "
		      "'{{json .HostConfig.CapDrop}}' '{{.HostConfig.NetworkMode}}' "
		      "'{{index .Config.Labels \"quote\"}}'; do\n"
		      "  [ \"$(of web_1 \"$f\")\" = \"$(of web-ds-1 \"$f\")\" ] || "
		      "{ echo \"$f differs\"; exit 1; }\n"
		      "done\n"
		      "[ \"$(of web-ds-1 '{{.HostConfig.RestartPolicy}}')\" = '{on-failure 3}' ] "
		      "&& "
		      "[ \"$(of web-ds-1 '{{json .HostConfig.PortBindings}}')\" = '%s' ] && "
		      "[ \"$(of web-ds-1 '{{.Config.Hostname}}')\" != "
		      "\"$(of web_1 '{{.Config.Hostname}}')\" ] && "
		      "! of web-ds-1 '{{json .Config.Labels}}' | grep -E 'compose|max'",
			world.podman ? others_variables : "cat",
			world.podman ? "{\"8080/tcp\":null}" : "{}"),
		0);
}

static void a_clone_is_in_every_network_of_its_template_without_its_names(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	assert_int_equal(shell("docker network create front >/dev/null && "
			       "docker network create back >/dev/null && "
			       "docker create --name web_1 --network front --network-alias web "
			       "--label " WEB " dockscale-demo >/dev/null && "
			       "docker network connect --alias web back web_1 && "
			       "docker start web_1 >/dev/null"),
		0);
	(void)mem_strcpy(id, sizeof(id), await_container(fixture, "web_1", CONTAINER_RUNNING)->id);
	forget(fixture);
	assert_created(fixture, id);
	assert_int_equal(result_of(fixture, INTENT_START,
				 await_container(fixture, "web-ds-1", CONTAINER_CREATED)->id),
		0);
	assert_int_equal(await_container(fixture, "web-ds-1", CONTAINER_RUNNING)->n_endpoints, 2);
	if (!world.podman) /* which does not say that it is the first */
		assert_string_equal(await_container(fixture, "web-ds-1", CONTAINER_RUNNING)
					    ->endpoints[0]
					    .network,
			"front");
	assert_int_equal(
		shell("! docker inspect -f '{{range .NetworkSettings.Networks}}{{.Aliases}} "
		      "{{end}}' web-ds-1 | tr -d '[]' | grep -w web"),
		0);
}

static void a_clone_can_be_made_when_its_template_was_removed(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_template(fixture, "dockscale-demo", id);
	assert_int_equal(shell("docker rm -f web_1 >/dev/null"), 0);
	(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = id });
	assert_created(fixture, id);
}

/* Compose makes the next one before it removes the former, image updaters after it. */
static void a_clone_can_be_made_when_the_successor_of_its_template_was_removed(void **state)
{
	static const char *const ways[] = {
		"docker rename web_1 former && docker run -d --name web_1 --label " WEB
		" dockscale-demo >/dev/null && docker rm -f former >/dev/null",
		"docker rm -f web_1 >/dev/null && docker run -d --name web_1 --label " WEB
		" dockscale-demo >/dev/null",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < countof(ways); i++) {
		char former[CONTAINER_ID_MAX];
		char id[CONTAINER_ID_MAX];

		run_template(fixture, "dockscale-demo", former);
		let_pass(300 * USEC_PER_MSEC); /* what is still told of its start */
		forget(fixture);
		assert_int_equal(shell("%s", ways[i]), 0);
		(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = former });
		(void)mem_strcpy(
			id, sizeof(id), await_container(fixture, "web_1", CONTAINER_RUNNING)->id);
		let_pass(300 * USEC_PER_MSEC);
		forget(fixture);
		assert_int_equal(shell("docker rm -f web_1 >/dev/null"), 0);
		(void)await(fixture, (struct expectation){ .kind = EVENT_GONE, .id = id });
		assert_created(fixture, id);
		assert_int_equal(shell("docker rm -f web-ds-1 >/dev/null"), 0);
		let_pass(300 * USEC_PER_MSEC);
		forget(fixture);
	}
}

/* The next test finds that what the first one held is free again. */
static void a_second_daemon_on_the_same_engine_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct runtime *second;
	char pid[32];

	(void)snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	assert_int_equal(docker_check_alone(world.endpoint, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, pid));
	second = docker_runtime_new(&world.loop, world.endpoint, "second", fixture->config,
		(struct event_sink){ take_event, fixture });
	assert_non_null(
		strstr(await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true })
				->event.link.msg,
			"another dockscale daemon"));
	second->vtable->free(second);
}

/* So that who stops several at once is seen to be at it until the last one has ended. */
static void one_that_is_stopped_is_told_to_end_before_it_has_ended(void **state)
{
	struct fixture *fixture = *state;
	const struct container *told;

	assert_int_equal(shell("docker run -d --name slow --label dockscale.service=slow "
			       "dockscale-demo /demo_httpd LINGER=1000 >/dev/null"),
		0);
	(void)await_container(fixture, "slow", CONTAINER_RUNNING);
	let_pass(300 * USEC_PER_MSEC); /* what is still told of its start */
	forget(fixture);
	assert_int_equal(shell("docker stop slow >/dev/null"), 0);
	told = await(fixture,
		(struct expectation){ .kind = EVENT_CONTAINER, .name = "slow", .state = -1 })
		       ->containers;
	assert_int_equal(told->state, CONTAINER_RUNNING);
	assert_true(told->end_was_asked);
	assert_true(await_container(fixture, "slow", CONTAINER_EXITED)->end_was_asked);
	assert_int_equal(shell("docker rm -f slow >/dev/null"), 0);
}

static void an_engine_that_goes_down_is_away_while_its_last_container_ends(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];
	const struct record *record;
	size_t died;

	run_template(fixture, "dockscale-demo", id);
	assert_int_equal(shell("docker run -d --name slow --label dockscale.service=slow "
			       "dockscale-demo /demo_httpd LINGER=5000 >/dev/null"),
		0);
	(void)await_container(fixture, "slow", CONTAINER_RUNNING);
	forget(fixture);
	assert_int_equal(shell("kill -TERM $(cat $D/dockerd.pid)"), 0);
	record = await(fixture,
		(struct expectation){
			.kind = EVENT_CONTAINER, .name = "web_1", .state = CONTAINER_EXITED });
	died = (size_t)(record - fixture->records);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true });
	for (size_t i = died; i < fixture->n_records; i++)
		assert_false(fixture->records[i].event.kind == EVENT_CONTAINER &&
			     strcmp(fixture->records[i].containers[0].name, "slow") == 0);
	assert_false(await_container(fixture, "slow", CONTAINER_EXITED)->end_was_asked);
	forget(fixture);
	assert_int_equal(shell("docker_engine_stop $D && docker_engine_start $D"), 0);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = false });
	record = await_listing(fixture);
	for (size_t i = 0; i < record->n_containers; i++)
		assert_true(strcmp(record->containers[i].name, "slow") != 0 ||
			    !record->containers[i].end_was_asked);
}

static void an_engine_that_hangs_is_away_within_seconds(void **state)
{
	struct fixture *fixture = *state;
	char id[CONTAINER_ID_MAX];

	run_template(fixture, "dockscale-demo", id);
	assert_int_equal(
		shell("stopped() { ! grep -hs ^State: /proc/$P/task/*/status | grep -qv T; }\n"
		      "P=$(cat $D/dockerd.pid); kill -STOP $P; docker_wait 5 stopped"),
		0);
	fixture->runtime->vtable->list(fixture->runtime);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = true });
	assert_int_equal(shell("kill -CONT $(cat $D/dockerd.pid)"), 0);
	(void)await(fixture, (struct expectation){ .kind = EVENT_RUNTIME, .away = false });
}

static void a_path_is_fetched_in_the_version_of_the_engine(void **state)
{
	cleanup_str struct str body = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		docker_fetch(world.endpoint, "/version", 5 * USEC_PER_SEC, &body, &err), 0);
	assert_non_null(strstr(str_text(&body), "ApiVersion"));
	assert_int_equal(docker_fetch(world.endpoint, "/containers/nobody/json", 5 * USEC_PER_SEC,
				 &body, &err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, world.podman ? "no such container" : "No such container"));
}

static void an_endpoint_without_an_engine_is_unreachable(void **state)
{
	cleanup_str struct str body = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		docker_fetch("unix:///nowhere/docker.sock", "/version", USEC_PER_SEC, &body, &err),
		ERR_UNREACHABLE);
	assert_non_null(strstr(err.msg, "/nowhere/docker.sock"));
	assert_int_equal(
		docker_fetch("tcp://127.0.0.1:2375", "/version", USEC_PER_SEC, &body, &err),
		ERR_UNSUPPORTED);
}

#define promise(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		promise(what_ran_before_is_in_the_first_listing),
		promise(a_label_of_the_image_opts_nothing_in),
		promise(a_label_that_the_image_has_too_is_marked),
		promise(a_container_of_an_image_made_of_a_clone_is_no_clone),
		promise(a_writable_volume_is_refused_with_its_cure),
		promise(volumes_that_cannot_be_written_or_have_no_name_are_cloned),
		promise(volumes_that_cannot_be_written_are_cloned),
		promise(a_clone_is_as_its_template_but_for_what_is_its_own),
		promise(a_clone_is_in_every_network_of_its_template_without_its_names),
		promise(a_clone_can_be_made_when_its_template_was_removed),
		promise(a_clone_can_be_made_when_the_successor_of_its_template_was_removed),
		promise(a_second_daemon_on_the_same_engine_is_refused),
		promise(an_engine_that_hangs_is_away_within_seconds),
		cmocka_unit_test(a_path_is_fetched_in_the_version_of_the_engine),
		cmocka_unit_test(an_endpoint_without_an_engine_is_unreachable),
	};
	/* Podman says nothing of a stop, and its containers go on when its service ends. */
	const struct CMUnitTest ends[] = {
		promise(one_that_is_stopped_is_told_to_end_before_it_has_ended),
		promise(an_engine_that_goes_down_is_away_while_its_last_container_ends),
	};
	int failed = suite_runtime(&docker_world) +
		     cmocka_run_group_tests_name("docker alone", tests, NULL, NULL);

	if (!world.podman)
		failed += cmocka_run_group_tests_name("ends", ends, NULL, NULL);
	return failed;
}

int main(void)
{
	ssize_t length = readlink("/proc/self/exe", world.programs, sizeof(world.programs) - 1);
	const char *engine = getenv("DOCKER_ENGINE");
	int failed = 1;

	world.podman = engine != NULL && strcmp(engine, "podman") == 0;
	docker_world.silent_stops = world.podman;
	if (length > 0)
		*strrchr(world.programs, '/') = '\0';
	(void)mem_strcpy(world.directory, sizeof(world.directory), "/tmp/dsr.XXXXXX");
	if (mkdtemp(world.directory) == NULL)
		return 1;
	(void)snprintf(
		world.endpoint, sizeof(world.endpoint), "unix://%s/docker.sock", world.directory);
	if (shell("start_docker $D && docker_demo_image %s/demo_httpd && "
		  "tar -C %s -c demo_httpd | docker import --change 'CMD [\"/demo_httpd\"]' "
		  "--change 'LABEL dockscale.service=web dockscale.max=5' - dockscale-labelled "
		  ">/dev/null",
		    world.programs, world.programs) == 0)
		failed = run_all();
	(void)shell("stop_docker $D; rm -rf $D");
	return failed;
}
