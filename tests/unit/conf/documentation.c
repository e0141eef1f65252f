/* What the guide shows can be pasted: each INI block of docs/configuration.md is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define FENCE "```\n"

static char *read_guide(void)
{
	char *text = mem_zero(262144, 1);
	FILE *file = fopen(SOURCE_DIR "/docs/configuration.md", "re");

	assert_non_null(file);
	assert_true(fread(text, 1, 262143, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void every_block_of_the_guide_is_right(void **state)
{
	struct world *world = world_new();
	cleanup_free char *guide = read_guide();
	unsigned n_blocks = 0;

	(void)state;
	for (char *block = strstr(guide, FENCE); block != NULL; block = strstr(block, FENCE)) {
		char *end;

		block += strlen(FENCE);
		end = strstr(block, FENCE);
		assert_non_null(end);
		*end = '\0';
		if (strchr(block, '[') != NULL && strncmp(block, "dockscalectl", 12) != 0) {
			world_write(world, "services.d/web.ini", block);
			assert_int_equal(world_load(world), 0);
			if (world->problems.count > 0)
				fail_msg("%s\n%s", world->problems.items[0].text, block);
			n_blocks++;
		}
		block = end + strlen(FENCE);
	}
	assert_true(n_blocks >= 5);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_block_of_the_guide_is_right) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
