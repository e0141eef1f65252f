/* The hash is that of the paper, on every machine: it is compared across releases. */
#include "unit/test.h"

#include <dockscale/base/hash.h>

#include <string.h>

/* Landon Noll's published values of FNV-1a, 64 bits. */
static void published_values_are_met(void **state)
{
	(void)state;
	assert_true(hash_bytes(HASH_BEGIN, "", 0) == 0xcbf29ce484222325ULL);
	assert_true(hash_bytes(HASH_BEGIN, "a", 1) == 0xaf63dc4c8601ec8cULL);
	assert_true(hash_bytes(HASH_BEGIN, "foobar", 6) == 0x85944171f73967e8ULL);
}

static void where_a_text_ends_counts(void **state)
{
	(void)state;
	assert_true(hash_text(hash_text(HASH_BEGIN, "a"), "bc") !=
		    hash_text(hash_text(HASH_BEGIN, "ab"), "c"));
}

static void it_is_written_as_sixteen_digits(void **state)
{
	char text[HASH_TEXT_BYTES];

	(void)state;
	hash_format(0xabc, text);
	assert_string_equal(text, "0000000000000abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values_are_met),
		cmocka_unit_test(where_a_text_ends_counts),
		cmocka_unit_test(it_is_written_as_sixteen_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
