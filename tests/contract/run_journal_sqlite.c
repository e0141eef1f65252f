/*
 * The journal in a file of SQLite keeps the promises of its port. A kill is what it leaves behind: the
 * files as they are while the daemon still has them open.
 */
#include "suite_journal.h"

#include <dockscale/adapter/sqlite.h>
#include <dockscale/base/mem.h>
#include <dockscale/io/clock.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE (10 * USEC_PER_SEC)

struct world {
	char base[32]; /* all is below it */
	char directory[64];
	unsigned lives;
	uv_loop_t loop;
	bool looping;
};

static void shell(const char *format, const char *one, const char *other)
{
	char command[256];

	(void)snprintf(command, sizeof(command), format, one, other);
	assert_int_equal(system(command), 0);
}

static struct journal *open_world(void *context, struct event_sink sink)
{
	struct world *world = context;

	if (world->base[0] == '\0') {
		(void)mem_strcpy(world->base, sizeof(world->base), "/tmp/journal.XXXXXX");
		assert_non_null(mkdtemp(world->base));
		(void)snprintf(world->directory, sizeof(world->directory), "%s/0", world->base);
	}
	assert_int_equal(uv_loop_init(&world->loop), 0);
	world->looping = true;
	return sqlite_journal_new(&world->loop, world->directory, "here", sink);
}

static void end_loop(struct world *world)
{
	(void)uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	world->looping = false;
}

static void close_world(void *context, struct journal *journal)
{
	journal->vtable->free(journal);
	end_loop(context);
}

static void settle(void *context, struct journal *journal)
{
	struct world *world = context;

	sqlite_journal_flush(journal, DEADLINE);
	(void)uv_run(&world->loop, UV_RUN_NOWAIT);
}

static void kill_world(void *context, struct journal *journal)
{
	struct world *world = context;
	char left[64];

	settle(context, journal);
	(void)snprintf(left, sizeof(left), "%s/%u", world->base, ++world->lives);
	shell("cp -r %s %s", world->directory, left);
	close_world(context, journal);
	(void)mem_strcpy(world->directory, sizeof(world->directory), left);
}

static struct moment now(void *context)
{
	(void)context;
	return clock_now();
}

static void damage(void *context, uint64_t chance)
{
	const struct world *world = context;
	char path[128];
	char rubbish[512];
	struct stat there;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/here.sqlite", world->directory);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &there), 0);
	for (size_t i = 0; i < sizeof(rubbish); i++)
		rubbish[i] = (char)(chance >> (i % 57));
	assert_true(pwrite(fd, rubbish, sizeof(rubbish),
			    (off_t)((chance >> 20) % (uint64_t)there.st_size)) > 0);
	(void)close(fd);
}

/* Away: a file lies where the directory was. */
static void set_away(void *context, bool away)
{
	const struct world *world = context;

	if (away)
		shell("rm -r %s && touch %s", world->directory, world->directory);
	else
		assert_int_equal(unlink(world->directory), 0);
}

static void clear(void *context)
{
	struct world *world = context;

	if (world->looping)
		(void)uv_loop_close(&world->loop);
	if (world->base[0] != '\0')
		shell("rm -rf %s%s", world->base, "");
	*world = (struct world){ .lives = 0 };
}

int main(void)
{
	struct world world = { .lives = 0 };

	return suite_journal(&(struct suite_journal_world){
		.name = "journal of SQLite",
		.context = &world,
		.open = open_world,
		.close = close_world,
		.kill = kill_world,
		.settle = settle,
		.now = now,
		.damage = damage,
		.set_away = set_away,
		.clear = clear,
	});
}
