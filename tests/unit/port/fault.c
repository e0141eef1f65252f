/* The table of faults: each has its key, its answer and its line in the guide. */
#include "unit/test.h"

#include <dockscale/base/err.h>
#include <dockscale/base/mem.h>
#include <dockscale/port/fault.h>

#include <stdlib.h>

static void each_fault_has_a_key_of_its_own_and_an_answer(void **state)
{
	(void)state;
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		assert_non_null(fault_key(fault));
		assert_int_equal(fault_find(fault_key(fault)), fault);
		assert_true(strlen(fault_answer(fault)) > 10);
		assert_int_equal(strspn(fault_key(fault), "abcdefghijklmnopqrstuvwxyz_"),
			strlen(fault_key(fault)));
	}
}

static void a_key_of_another_version_is_no_fault(void **state)
{
	(void)state;
	assert_int_equal(fault_find("moon_full"), FAULT_NONE);
	assert_string_equal(fault_answer(FAULT_NONE), "");
}

static void all_fit_into_a_set(void **state)
{
	(void)state;
	assert_true(FAULT_COUNT <= 8 * sizeof(fault_set));
	assert_int_not_equal(FAULT_BIT(FAULT_COUNT - 1), 0);
}

static void a_code_names_its_fault_and_success_none(void **state)
{
	(void)state;
	assert_int_equal(fault_of_code(0), FAULT_NONE);
	assert_int_equal(fault_of_code(ERR_TIMEOUT), FAULT_ENGINE_SLOW);
	assert_int_equal(fault_of_code(ERR_REFUSED), FAULT_CREATE_REFUSED);
	assert_int_equal(fault_of_code(ERR_REMOTE), FAULT_ENGINE_ERROR);
	assert_int_equal(fault_of_code(ERR_LIMIT), FAULT_ENGINE_ERROR);
}

static void the_guide_has_a_row_for_each(void **state)
{
	cleanup_free char *guide = mem_zero(65536, 1);
	FILE *file = fopen(SOURCE_DIR "/docs/faults.md", "re");

	(void)state;
	assert_non_null(file);
	assert_true(fread(guide, 1, 65535, file) > 0);
	assert_int_equal(fclose(file), 0);
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		char row[64];

		(void)snprintf(row, sizeof(row), "\n| `%s` |", fault_key(fault));
		if (strstr(guide, row) == NULL)
			fail_msg("docs/faults.md has no row for %s", fault_key(fault));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_a_key_of_its_own_and_an_answer),
		cmocka_unit_test(a_key_of_another_version_is_no_fault),
		cmocka_unit_test(all_fit_into_a_set),
		cmocka_unit_test(a_code_names_its_fault_and_success_none),
		cmocka_unit_test(the_guide_has_a_row_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
