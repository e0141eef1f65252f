/* The service manager hears what it asked to hear, and a daemon that nobody watches says nothing. */
#include <dockscale/io/notify.h>

#include <dockscale/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct manager {
	char directory[64];
	char path[96];
	int fd;
	uv_loop_t loop;
	struct notify *notify;
};

static int set_up(void **state)
{
	struct manager *manager = mem_zero(1, sizeof(*manager));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(manager->directory, sizeof(manager->directory), "/tmp/notify.XXXXXX");
	assert_non_null(mkdtemp(manager->directory));
	(void)snprintf(manager->path, sizeof(manager->path), "%s/sock", manager->directory);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", manager->path);
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(uv_loop_init(&manager->loop), 0);
	*state = manager;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *manager = *state;

	notify_free(manager->notify);
	(void)uv_run(&manager->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&manager->loop), 0);
	(void)close(manager->fd);
	(void)unlink(manager->path);
	(void)rmdir(manager->directory);
	free(manager);
	return 0;
}

/* The next datagram; "" when there is none. */
static const char *heard(const struct manager *manager)
{
	static char text[256];
	ssize_t n = recv(manager->fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void what_is_said_arrives_and_the_environment_is_clean(void **state)
{
	struct manager *manager = *state;

	assert_int_equal(setenv("NOTIFY_SOCKET", manager->path, 1), 0);
	manager->notify = notify_new(&manager->loop);
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_send(manager->notify, "READY=1\nSTATUS=well");
	assert_string_equal(heard(manager), "READY=1\nSTATUS=well");
	notify_send(manager->notify, "STOPPING=1");
	assert_string_equal(heard(manager), "STOPPING=1");
	assert_int_equal(uv_loop_alive(&manager->loop), 0); /* no watchdog was asked for */
}

static void a_sign_of_life_comes_twice_in_the_time_from_ready_on(void **state)
{
	struct manager *manager = *state;
	uint64_t before;

	assert_int_equal(setenv("NOTIFY_SOCKET", manager->path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "40000", 1), 0);
	manager->notify = notify_new(&manager->loop);
	notify_send(manager->notify, "STATUS=not yet");
	assert_string_equal(heard(manager), "STATUS=not yet");
	assert_int_equal(uv_loop_alive(&manager->loop), 0);
	notify_send(manager->notify, "READY=1");
	assert_string_equal(heard(manager), "READY=1");
	before = uv_now(&manager->loop);
	for (int i = 0; i < 3; i++) {
		(void)uv_run(&manager->loop, UV_RUN_ONCE);
		assert_string_equal(heard(manager), "WATCHDOG=1");
	}
	assert_true(uv_now(&manager->loop) - before >= 60);
}

static void the_watchdog_of_another_process_is_not_ours(void **state)
{
	struct manager *manager = *state;

	assert_int_equal(setenv("NOTIFY_SOCKET", manager->path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "40000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	manager->notify = notify_new(&manager->loop);
	notify_send(manager->notify, "READY=1");
	assert_int_equal(uv_loop_alive(&manager->loop), 0);
}

static void nobody_who_listens_is_no_error(void **state)
{
	static const char *const names[] = { NULL, "", "/", "@", "relative", "/nowhere/at/all" };
	struct manager *manager = *state;

	for (size_t i = 0; i < countof(names); i++) {
		if (names[i] != NULL)
			assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		notify_free(manager->notify);
		manager->notify = notify_new(&manager->loop);
		notify_send(manager->notify, "READY=1");
		assert_string_equal(heard(manager), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_said_arrives_and_the_environment_is_clean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_sign_of_life_comes_twice_in_the_time_from_ready_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_watchdog_of_another_process_is_not_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_who_listens_is_no_error, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
