/* Contents of cgroup files: what is as the kernel writes it counts, all else is unknown. */
#include <adapter/cgroup/text.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_known(struct reading reading, double value)
{
	assert_int_equal(reading.state, READING_KNOWN);
	assert_true(reading.value == value);
}

static void a_counter_is_found_by_its_key_wherever_it_stands(void **state)
{
	static const char text[] = "user_usec 7\nusage_usec 42\nthrottled_usec 9\n";

	(void)state;
	assert_known(cgroup_text_key(text, "user_usec"), 7);
	assert_known(cgroup_text_key(text, "usage_usec"), 42);
	assert_known(cgroup_text_key(text, "throttled_usec"), 9);
}

static void a_key_is_not_taken_for_a_longer_one(void **state)
{
	static const char text[] = "oom_group_kill 5\noom 4\noom_kill 3\n";

	(void)state;
	assert_known(cgroup_text_key(text, "oom"), 4);
	assert_known(cgroup_text_key(text, "oom_kill"), 3);
	assert_int_equal(cgroup_text_key(text, "kill").state, READING_UNSUPPORTED);
}

static void a_key_that_no_line_has_is_unsupported(void **state)
{
	(void)state;
	assert_int_equal(
		cgroup_text_key("usage_usec 1\n", "throttled_usec").state, READING_UNSUPPORTED);
	assert_int_equal(cgroup_text_key("", "usage_usec").state, READING_UNSUPPORTED);
}

static void a_number_that_is_not_one_is_unknown_and_never_zero(void **state)
{
	static const char *const bad[] = { "", "\n", "x\n", "-1\n", " 1\n", "1.5\n", "0x10\n",
		"12", /* cut: 12 may be the head of 1234 */
		"1 2\n", "18446744073709551616\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[64];

		assert_int_equal(cgroup_text_number(bad[i]).state, READING_UNKNOWN);
		(void)snprintf(line, sizeof(line), "usage_usec %s", bad[i]);
		assert_int_equal(cgroup_text_key(line, "usage_usec").state, READING_UNKNOWN);
	}
}

static void the_largest_number_is_known(void **state)
{
	(void)state;
	assert_known(cgroup_text_number("18446744073709551615\n"), (double)UINT64_MAX);
}

static void a_memory_limit_of_max_is_known_to_be_none(void **state)
{
	(void)state;
	assert_known(cgroup_text_limit("max\n"), INFINITY);
	assert_known(cgroup_text_limit("134217728\n"), 134217728);
	assert_int_equal(cgroup_text_limit("maximum\n").state, READING_UNKNOWN);
	assert_int_equal(cgroup_text_limit("max").state, READING_UNKNOWN);
}

static void a_cpu_limit_is_quota_by_period(void **state)
{
	(void)state;
	assert_known(cgroup_text_cpu_max("20000 100000\n"), 0.2);
	assert_known(cgroup_text_cpu_max("300000 100000\n"), 3);
	assert_known(cgroup_text_cpu_max("5000 10000\n"), 0.5);
	assert_known(cgroup_text_cpu_max("max 100000\n"), INFINITY);
}

static void a_cpu_limit_that_makes_no_sense_is_unknown(void **state)
{
	static const char *const bad[] = { "", "max\n", "max \n", "max 0\n", "0 100000\n",
		"20000 0\n", "20000\n", "20000 100000", "20000  100000\n", "-1 100000\n",
		"20000 100000 1\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cgroup_text_cpu_max(bad[i]).state, READING_UNKNOWN);
}

static void pressure_is_the_total_of_the_some_line(void **state)
{
	(void)state;
	assert_known(cgroup_text_pressure("some avg10=0.43 avg60=1.20 avg300=0.94 total=2290174\n"
					  "full avg10=0.00 avg60=0.00 avg300=0.00 total=11\n"),
		2290174);
	/* before Linux 5.13 cpu.pressure had no line "full" */
	assert_known(cgroup_text_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"), 5);
}

static void the_total_of_another_line_is_not_taken(void **state)
{
	static const char *const bad[] = { "", "full avg10=0.00 total=11\n",
		"some avg10=0.00\nfull avg10=0.00 total=11\n", "some avg10=0.00 total=\n",
		"some avg10=0.00 total=12", "some avg10=0.00 total=1x\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cgroup_text_pressure(bad[i]).state, READING_UNKNOWN);
}

static void the_machines_memory_is_in_kibibytes(void **state)
{
	(void)state;
	assert_known(cgroup_text_memory_total("MemTotal:        8134212 kB\nMemFree: 1 kB\n"),
		8134212.0 * 1024);
	assert_int_equal(cgroup_text_memory_total("MemFree: 1 kB\n").state, READING_UNKNOWN);
	assert_int_equal(cgroup_text_memory_total("MemTotal: 1 MB\n").state, READING_UNKNOWN);
}

static void a_controller_is_found_as_a_whole_word(void **state)
{
	(void)state;
	assert_true(cgroup_text_has_word("cpuset cpu io memory\n", "cpu"));
	assert_true(cgroup_text_has_word("cpuset cpu io memory\n", "memory"));
	assert_true(cgroup_text_has_word("memory", "memory"));
	assert_false(cgroup_text_has_word("cpuset io\n", "cpu"));
	assert_false(cgroup_text_has_word("\n", "cpu"));
	assert_false(cgroup_text_has_word("", "cpu"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_is_found_by_its_key_wherever_it_stands),
		cmocka_unit_test(a_key_is_not_taken_for_a_longer_one),
		cmocka_unit_test(a_key_that_no_line_has_is_unsupported),
		cmocka_unit_test(a_number_that_is_not_one_is_unknown_and_never_zero),
		cmocka_unit_test(the_largest_number_is_known),
		cmocka_unit_test(a_memory_limit_of_max_is_known_to_be_none),
		cmocka_unit_test(a_cpu_limit_is_quota_by_period),
		cmocka_unit_test(a_cpu_limit_that_makes_no_sense_is_unknown),
		cmocka_unit_test(pressure_is_the_total_of_the_some_line),
		cmocka_unit_test(the_total_of_another_line_is_not_taken),
		cmocka_unit_test(the_machines_memory_is_in_kibibytes),
		cmocka_unit_test(a_controller_is_found_as_a_whole_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
