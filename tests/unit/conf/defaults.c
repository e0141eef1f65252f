/* etc/dockscale ships what the option table says, byte for byte. DOCKSCALE_WRITE_DEFAULTS=1 in the
 * environment writes the files anew instead of comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <dockscale/conf/option.h>

static char *read_shipped(const char *path)
{
	char *text = mem_zero(65536, 1);
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void write_shipped(const char *path, const struct str *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text->data, 1, text->length, file), text->length);
	assert_int_equal(fclose(file), 0);
}

static void compare(enum option_scope scope, const char *path)
{
	cleanup_str struct str text = { 0 };
	cleanup_free char *shipped = NULL;

	option_print_defaults(scope, &text);
	if (getenv("DOCKSCALE_WRITE_DEFAULTS") != NULL)
		write_shipped(path, &text);
	shipped = read_shipped(path);
	assert_string_equal(shipped, str_text(&text));
}

static void the_daemons_file_is_the_table(void **state)
{
	(void)state;
	compare(OPTION_DAEMON, SOURCE_DIR "/etc/dockscale/dockscale.ini");
}

static void the_example_of_a_service_is_the_table(void **state)
{
	(void)state;
	compare(OPTION_SERVICE, SOURCE_DIR "/etc/dockscale/service.ini.example");
}

static void what_is_shipped_loads_and_changes_nothing(void **state)
{
	struct config_problems problems = { .count = 0 };
	struct config *shipped = NULL;
	struct config *defaults = config_new();
	struct err err;

	(void)state;
	assert_int_equal(config_load(SOURCE_DIR "/etc/dockscale", &shipped, &problems, &err), 0);
	assert_int_equal(problems.count, 0);
	assert_int_equal(shipped->n_files, 0);
	assert_memory_equal(&shipped->daemon, &defaults->daemon, sizeof(defaults->daemon));
	config_free(shipped);
	config_free(defaults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_daemons_file_is_the_table),
		cmocka_unit_test(the_example_of_a_service_is_the_table),
		cmocka_unit_test(what_is_shipped_loads_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
