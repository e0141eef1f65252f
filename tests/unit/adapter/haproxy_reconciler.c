/* Cycles against an HAProxy that answers from a list: reloads at every moment, and nonsense. */
#include "haproxy_world.h"

#include <adapter/haproxy/reconciler.h>
#include <adapter/haproxy/statefile.h>

#include <unistd.h>

#define QUESTIONS_MAX 16
#define EMPTY         "4 web 1 ds-t-1 127.0.0.1 0 1 100 localhost 80"
#define LED           "4 web 1 ds-t-1 10.0.0.1 0 1 100 localhost 80"
#define OPEN          "4 web 1 ds-t-1 10.0.0.1 2 0 100 localhost 80"

/* Its own memory, for libuv closes it after the scene has ended. */
struct visitor {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
	} peer;
	struct scene *scene;
	uv_write_t write;
	struct str question;
	char buffer[4096];
};

struct scene {
	uv_loop_t loop;
	uv_pipe_t listener;
	char directory[64];
	char path[96];
	char answers[QUESTIONS_MAX][1024];
	size_t n_answers;
	char questions[QUESTIONS_MAX][1024];
	size_t n_questions;
	struct haproxy_config config;
	struct plan_options options;
	struct member member;
	struct plan_wish wish;
	struct reconciler reconciler;
	bool done;
};

static void on_visitor_closed(uv_handle_t *handle)
{
	struct visitor *visitor = handle->data;

	str_finish(&visitor->question);
	free(visitor);
}

static void on_answered(uv_write_t *write, int status)
{
	struct visitor *visitor = write->data;

	(void)status;
	uv_close(&visitor->peer.handle, on_visitor_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct visitor *visitor = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(visitor->buffer, sizeof(visitor->buffer));
}

static void on_question(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct visitor *visitor = stream->data;
	struct scene *scene = visitor->scene;
	size_t at = scene->n_questions;
	uv_buf_t answer;

	assert_true(length > 0);
	str_append_bytes(&visitor->question, buffer->base, (size_t)length);
	if (strchr(str_text(&visitor->question), '\n') == NULL)
		return;
	(void)uv_read_stop(stream);
	assert_true(at < scene->n_answers);
	(void)mem_strcpy(
		scene->questions[at], sizeof(scene->questions[at]), str_text(&visitor->question));
	scene->n_questions++;
	answer = uv_buf_init(scene->answers[at], (unsigned)strlen(scene->answers[at]));
	visitor->write.data = visitor;
	assert_int_equal(uv_write(&visitor->write, stream, &answer, 1, on_answered), 0);
}

static void on_visit(uv_stream_t *listener, int status)
{
	struct visitor *visitor = mem_zero(1, sizeof(*visitor));

	assert_int_equal(status, 0);
	visitor->scene = listener->data;
	(void)uv_pipe_init(listener->loop, &visitor->peer.pipe, 0);
	visitor->peer.handle.data = visitor;
	assert_int_equal(uv_accept(listener, &visitor->peer.stream), 0);
	assert_int_equal(uv_read_start(&visitor->peer.stream, on_alloc, on_question), 0);
}

static void on_done(void *context)
{
	((struct scene *)context)->done = true;
}

static int set_up(void **state)
{
	struct scene *scene = mem_zero(1, sizeof(*scene));

	(void)snprintf(scene->directory, sizeof(scene->directory), "/tmp/reconciler.XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	(void)snprintf(scene->path, sizeof(scene->path), "%s/sock", scene->directory);
	assert_int_equal(uv_loop_init(&scene->loop), 0);
	(void)uv_pipe_init(&scene->loop, &scene->listener, 0);
	scene->listener.data = scene;
	assert_int_equal(uv_pipe_bind(&scene->listener, scene->path), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&scene->listener, 8, on_visit), 0);
	(void)mem_strcpy(scene->config.backend, sizeof(scene->config.backend), "web");
	scene->options = (struct plan_options){ .config = &scene->config, .instance = "t" };
	scene->member = (struct member){
		.id = "123456789abc", .address = "10.0.0.1", .port = 80, .weight = 100, .ours = true
	};
	scene->wish = (struct plan_wish){ &scene->member, 1 };
	reconciler_init(&scene->reconciler, &scene->loop, scene->path);
	scene->reconciler.done = on_done;
	scene->reconciler.context = scene;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	reconciler_finish(&scene->reconciler);
	uv_close((uv_handle_t *)&scene->listener, NULL);
	(void)uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
	assert_int_equal(rmdir(scene->directory), 0);
	free(scene);
	return 0;
}

static void answer_text(struct scene *scene, const char *text)
{
	size_t at = scene->n_answers++;

	assert_true(at < QUESTIONS_MAX);
	(void)mem_strcpy(scene->answers[at], sizeof(scene->answers[at]), text);
}

/* The next question finds process @pid with this @server. */
static void answer_as(struct scene *scene, int pid, bool stopping, const char *server)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
		"srv_uweight srv_fqdn srv_port\n%s\n\n"
		"# pxname,svname,qcur,scur\nweb,ds-t-1,0,0\n\n"
		"Pid: %d\nUptime_sec: 1\nStopping: %d\n\n",
		server, pid, stopping);
	answer_text(scene, text);
}

static void answer(struct scene *scene, int pid, const char *server)
{
	answer_as(scene, pid, false, server);
}

/* The next question is whether the name of a free slot is looked up. */
static void answer_named(struct scene *scene, bool resolved)
{
	answer_text(scene, resolved ? "no need to change the FDQN by 'stats socket command'\n\n"
				    : "set server <b>/<s> fqdn failed because no resolution is "
				      "configured.\n\n");
}

static void cycle(struct scene *scene)
{
	scene->done = false;
	reconciler_start(&scene->reconciler, &scene->options, &scene->wish, NULL);
	while (!scene->done)
		(void)uv_run(&scene->loop, UV_RUN_ONCE);
	assert_int_equal(scene->n_questions, scene->n_answers);
}

static void what_is_as_wished_is_read_once(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, OPEN);
	cycle(scene);
	assert_true(scene->reconciler.reachable);
	assert_string_equal(
		scene->questions[0], "show servers state web;show stat web 6 -1;show info\n");
}

static void a_slot_is_led_in_one_round_and_opened_in_the_next(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, EMPTY);
	answer_named(scene, false);
	answer(scene, 1, LED);
	answer(scene, 1, OPEN);
	cycle(scene);
	assert_contains(scene->questions[2], "set server web/ds-t-1 addr 10.0.0.1 port 80;show");
	assert_contains(scene->questions[3], "set server web/ds-t-1 state ready;show");
	assert_false(scene->reconciler.view.servers[0].maint);
}

static void an_address_that_is_not_there_yet_is_waited_for(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, EMPTY);
	answer_named(scene, false);
	answer(scene, 1, EMPTY);
	answer(scene, 1, LED);
	answer(scene, 1, OPEN);
	cycle(scene);
	assert_contains(scene->questions[2], "addr");
	assert_lacks(scene->questions[3], "set server web");
	assert_contains(scene->questions[4], "state ready");
}

static void a_reload_between_reading_and_acting_begins_again(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, EMPTY);
	answer_named(scene, false);
	answer(scene, 2, EMPTY);
	answer(scene, 2, EMPTY);
	answer_named(scene, false);
	answer(scene, 2, LED);
	answer(scene, 2, OPEN);
	cycle(scene);
	assert_contains(scene->questions[2], "addr");
	assert_lacks(scene->questions[3], "set server web");
	assert_contains(scene->questions[4], "fqdn");
	assert_contains(scene->questions[5], "addr");
	assert_contains(scene->questions[6], "state ready");
	assert_true(scene->reconciler.reachable);
}

static void slots_that_dns_leads_are_told_and_nothing_is_led_to_them(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, EMPTY);
	answer_named(scene, true);
	cycle(scene);
	assert_string_equal(scene->questions[1], "set server web/ds-t-1 fqdn localhost\n");
	assert_contains(scene->reconciler.problem, "take `resolvers` off");
	assert_int_equal(scene->reconciler.faults,
		FAULT_BIT(FAULT_SLOT_UNUSABLE) | FAULT_BIT(FAULT_NO_SLOT));
	answer(scene, 1, EMPTY); /* the same process is not asked again */
	cycle(scene);
	assert_contains(scene->reconciler.problem, "take `resolvers` off");
	answer(scene, 2, EMPTY); /* the line was mended, and HAProxy reloaded */
	answer_named(scene, false);
	answer(scene, 2, LED);
	answer(scene, 2, OPEN);
	cycle(scene);
	assert_string_equal(scene->reconciler.problem, "");
	assert_false(scene->reconciler.view.servers[0].maint);
}

static void no_answer_about_names_is_no_verdict_and_is_asked_for_again(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, EMPTY);
	answer_text(scene, "");
	answer(scene, 1, LED);
	answer(scene, 1, OPEN);
	cycle(scene);
	assert_string_equal(scene->reconciler.problem, "");
	assert_false(scene->reconciler.view.servers[0].maint);
}

static void a_slot_in_use_is_not_asked_about(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, LED); /* the member's own, which is closed */
	answer(scene, 1, OPEN);
	cycle(scene);
	assert_lacks(scene->questions[0], "fqdn");
	assert_lacks(scene->questions[1], "fqdn");
}

static void commands_that_the_old_process_took_are_sent_to_the_new_one(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, LED);
	answer_as(scene, 1, true, OPEN);
	answer(scene, 2, LED);
	answer(scene, 2, OPEN);
	cycle(scene);
	assert_contains(scene->questions[3], "state ready");
	assert_string_equal(scene->reconciler.problem, "");
}

static void a_process_that_replaced_one_is_known_as_such_in_later_cycles(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, OPEN);
	cycle(scene);
	assert_false(scene->reconciler.reloaded);
	answer(scene, 1, OPEN);
	cycle(scene);
	assert_false(scene->reconciler.reloaded);
	assert_int_equal(scene->reconciler.faults, 0);
	answer(scene, 2, OPEN);
	cycle(scene);
	assert_true(scene->reconciler.reloaded);
	assert_int_equal(scene->reconciler.faults, FAULT_BIT(FAULT_BALANCER_RELOADED));
	answer(scene, 2, OPEN);
	cycle(scene);
	assert_true(scene->reconciler.reloaded);
	assert_int_equal(scene->reconciler.faults, 0); /* once */
}

static void an_old_process_that_answers_on_and_on_is_told(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 3; i++)
		answer_as(scene, 1, true, OPEN);
	cycle(scene);
	assert_false(scene->reconciler.reachable);
	assert_contains(scene->reconciler.problem, "the old process of a reload");
}

static void nonsense_is_told_and_nothing_is_done(void **state)
{
	struct scene *scene = *state;

	answer_text(scene, "220 mail ESMTP\r\n");
	cycle(scene);
	assert_false(scene->reconciler.reachable);
	assert_contains(scene->reconciler.problem, "220 mail ESMTP");
	assert_int_equal(scene->reconciler.faults, FAULT_BIT(FAULT_BALANCER_AWAY));
}

static void a_refusal_is_told_and_not_repeated_without_end(void **state)
{
	struct scene *scene = *state;

	answer(scene, 1, LED);
	answer_text(scene, "[3]: Permission denied\n\n");
	(void)mem_strcpy(scene->answers[1] + strlen(scene->answers[1]), 900, scene->answers[0]);
	cycle(scene);
	assert_contains(scene->reconciler.problem, "level admin");
	assert_true(scene->reconciler.reachable);
	assert_int_equal(scene->reconciler.faults, FAULT_BIT(FAULT_SERVER_REFUSED));
}

/* The state file as HAProxy left it, in the scene's directory. */
static void leave_file(struct scene *scene, char path[static 128])
{
	cleanup_free char *text = recorded("haproxy", "state_file");
	struct err err = { 0 };

	(void)snprintf(path, 128, "%s/state", scene->directory);
	assert_int_equal(statefile_write(path, text, strlen(text), &err), 0);
}

static void cycle_without_haproxy(struct scene *scene, const char *file)
{
	reconciler_finish(&scene->reconciler);
	reconciler_init(&scene->reconciler, &scene->loop, "/nowhere/haproxy.sock");
	scene->reconciler.done = on_done;
	scene->reconciler.context = scene;
	scene->done = false;
	reconciler_start(&scene->reconciler, &scene->options, &scene->wish, file);
	while (!scene->done)
		(void)uv_run(&scene->loop, UV_RUN_ONCE);
	assert_false(scene->reconciler.reachable);
}

static void servers_that_lead_to_nobody_are_closed_in_the_file_of_an_haproxy_that_is_away(
	void **state)
{
	struct scene *scene = *state;
	cleanup_str struct str text = { 0 };
	struct err err = { 0 };
	char path[128];

	leave_file(scene, path);
	(void)mem_strcpy(scene->member.address, sizeof(scene->member.address), "127.0.0.12");
	scene->member.port = 8080;
	cycle_without_haproxy(scene, path);
	assert_int_equal(statefile_read(path, &text, &err), 0);
	assert_true(statefile_is_whole(str_text(&text), text.length));
	assert_contains(str_text(&text), " ds-t-1 127.0.0.11 0 5 ");
	assert_contains(str_text(&text), " ds-t-2 127.0.0.12 2 12 "); /* the member's */
	assert_contains(str_text(&text), " theirs 127.0.0.9 2 0 ");
	assert_contains(str_text(&text), " ds-other-1 127.0.0.21 2 0 ");
	assert_int_equal(unlink(path), 0);
}

static void a_file_that_is_right_or_not_there_stays_so(void **state)
{
	struct scene *scene = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/state", scene->directory);
	cycle_without_haproxy(scene, path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(scene->reconciler.faults, FAULT_BIT(FAULT_BALANCER_AWAY));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_as_wished_is_read_once),
		TEST(a_slot_is_led_in_one_round_and_opened_in_the_next),
		TEST(an_address_that_is_not_there_yet_is_waited_for),
		TEST(a_reload_between_reading_and_acting_begins_again),
		TEST(slots_that_dns_leads_are_told_and_nothing_is_led_to_them),
		TEST(no_answer_about_names_is_no_verdict_and_is_asked_for_again),
		TEST(a_slot_in_use_is_not_asked_about),
		TEST(commands_that_the_old_process_took_are_sent_to_the_new_one),
		TEST(a_process_that_replaced_one_is_known_as_such_in_later_cycles),
		TEST(an_old_process_that_answers_on_and_on_is_told),
		TEST(nonsense_is_told_and_nothing_is_done),
		TEST(a_refusal_is_told_and_not_repeated_without_end),
		TEST(servers_that_lead_to_nobody_are_closed_in_the_file_of_an_haproxy_that_is_away),
		TEST(a_file_that_is_right_or_not_there_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
