/*
 * Loads from files: what is right is read and scaled, what is almost right is refused with its line
 * and the cure, and what all are measured by can be reckoned by hand.
 */
#include "unit/test.h"

#include <dockscale/adapter/sim/trace.h>
#include <dockscale/base/mem.h>

#include <stdlib.h>
#include <unistd.h>

static const struct trace_options ten_a_replica = { .per_replica = 10, .seed = 1 };

struct file {
	char path[32];
};

static struct file file_of(const void *text, size_t length)
{
	struct file file = { "/tmp/trace-XXXXXX" };
	int fd = mkstemp(file.path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
	assert_int_equal(close(fd), 0);
	return file;
}

static struct trace *read_text(const char *text, const struct trace_options *options)
{
	struct file file = file_of(text, strlen(text));
	struct trace *trace = NULL;
	struct err err = { 0 };

	if (trace_read(file.path, options, &trace, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(unlink(file.path), 0);
	return trace;
}

/* The file's text is refused with a message that names @place behind the path, and has @word in it. */
static void refuse(const char *text, size_t length, const struct trace_options *options,
	const char *place, const char *word)
{
	struct file file = file_of(text, length);
	struct trace *trace = NULL;
	struct err err = { 0 };

	assert_true(trace_read(file.path, options, &trace, &err) < 0);
	assert_null(trace);
	assert_int_equal(strncmp(err.msg, file.path, strlen(file.path)), 0);
	if (strncmp(err.msg + strlen(file.path), place, strlen(place)) != 0 ||
		strstr(err.msg, word) == NULL)
		fail_msg("%s", err.msg);
	assert_int_equal(unlink(file.path), 0);
}

static void lines_become_a_demand_each_second(void **state)
{
	struct trace *trace =
		read_text("seconds,rate\r\n100,10\r\n104 , 50\r\n105,0\r\n\r\n", &ten_a_replica);
	const float demand[] = { 1, 2, 3, 4, 5, 0 };
	const unsigned wanted[] = { 2, 3, 4, 5, 7, 1 };

	(void)state;
	assert_int_equal(trace->seconds, 6);
	assert_near(trace->recorded_seconds, 6);
	for (size_t t = 0; t < trace->seconds; t++) {
		assert_near((double)trace->demand[t], (double)demand[t]);
		assert_int_equal(trace->wanted[t], wanted[t]);
		assert_true(trace->arrivals[t] >= 0);
	}
	assert_int_equal(trace_wanted_between(trace, 1, 4), 5);
	assert_int_equal(trace_wanted_between(trace, 5, 100), 1);
	assert_int_equal(trace_first_count(trace, 64), 4); /* a mean of 2.5 */
	assert_int_equal(trace_first_count(trace, 3), 3);
	trace_free(trace);
}

static void the_peak_is_scaled_to_so_many_replicas(void **state)
{
	const struct trace_options options = { .peak = 8, .seed = 1 };
	struct trace *trace = read_text("0,0\n1000,2000\n", &options);

	(void)state;
	assert_true(fabs((double)trace->demand[995] - 8 * TRACE_TARGET) < 1e-3);
	assert_int_equal(trace->wanted[990], 8);
	trace_free(trace);
}

static void it_may_be_played_faster_and_cut(void **state)
{
	const struct trace_options options = {
		.per_replica = 10, .speed = 10, .seconds_max = 20, .seed = 1
	};
	struct trace *trace = read_text("0,0\n1000,1000\n", &options);

	(void)state;
	assert_int_equal(trace->seconds, 20);
	assert_near(trace->recorded_seconds, 101);
	assert_near((double)trace->demand[10], 10);
	trace_free(trace);
}

static void noise_is_that_of_chance_and_of_the_seed(void **state)
{
	struct trace *one = trace_constant(4, 20000, 1);
	struct trace *same = trace_constant(4, 20000, 1);
	struct trace *other = trace_constant(4, 20000, 2);
	double sum = 0;
	double squares = 0;

	(void)state;
	for (size_t t = 0; t < one->seconds; t++) {
		double off = (double)one->arrivals[t] - 4;

		sum += off;
		squares += off * off;
	}
	assert_true(fabs(sum / 20000) < 0.01);
	assert_true(fabs(sqrt(squares / 20000) - sqrt(4 / TRACE_REQUESTS)) < 0.01);
	assert_memory_equal(one->arrivals, same->arrivals, 20000 * sizeof(float));
	assert_memory_not_equal(one->arrivals, other->arrivals, 20000 * sizeof(float));
	trace_free(one);
	trace_free(same);
	trace_free(other);
}

static void what_is_almost_right_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *place;
		const char *word;
	} rows[] = {
		{ "", ":", "two lines" },
		{ "seconds,rate\n0,1\n", ":", "two lines" },
		{ "0,1\nhello\n", ":2:", "no \"seconds,rate\"" },
		{ "0,1\n1,2,3\n", ":2:", "no \"seconds,rate\"" },
		{ "0,1\n1,-2\n", ":2:", "rate: '-2'" },
		{ "0,1\n1,nan\n", ":2:", "rate: 'nan'" },
		{ "0,1\n1,inf\n", ":2:", "rate: 'inf'" },
		{ "0,1\n1,0x10\n", ":2:", "rate: '0x10'" },
		{ "0,1\n1,\n", ":2:", "rate: ''" },
		{ "0,1\n1,1e30\n", ":2:", "out of range" },
		{ "0,1\n-1,1\n", ":2:", "seconds: '-1'" },
		{ "0,1\nseconds,rate\n1,1\n", ":2:", "seconds: 'seconds'" },
		{ "0,1\n5,1\n5,2\n", ":3:", "comes behind 5: sort" },
		{ "0,1\n5,1\n4,2\n", ":3:", "comes behind 5: sort" },
		{ "0,1\n60000,1\n160000,1\n", ":3:", "nothing is known of the 100000 seconds" },
		{ "0,1\n1,1000000\n", ":", "is the most: is the rate" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		refuse(rows[i].text, strlen(rows[i].text), &ten_a_replica, rows[i].place,
			rows[i].word);
}

static void a_line_without_end_is_refused(void **state)
{
	char text[1024];

	(void)state;
	memset(text, '1', sizeof(text));
	refuse(text, sizeof(text), &ten_a_replica, ":1:", "too long");
	refuse("0,1\n1,\0001\n2,1\n", 12, &ten_a_replica, ":2:", "no text");
}

static void a_load_without_a_peak_says_what_to_do(void **state)
{
	const struct trace_options options = { .peak = 8, .seed = 1 };

	(void)state;
	refuse("0,0\n1000,0\n", 11, &options, ":", "say what a replica bears");
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct trace *trace = NULL;
	struct err err;

	(void)state;
	assert_int_equal(trace_read("/nowhere/x.csv", &ten_a_replica, &trace, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "/nowhere/x.csv"));
	assert_true(trace_read("/tmp", &ten_a_replica, &trace, &err) < 0);
	assert_non_null(strstr(err.msg, "/tmp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_a_demand_each_second),
		cmocka_unit_test(the_peak_is_scaled_to_so_many_replicas),
		cmocka_unit_test(it_may_be_played_faster_and_cut),
		cmocka_unit_test(noise_is_that_of_chance_and_of_the_seed),
		cmocka_unit_test(what_is_almost_right_is_refused_with_its_line),
		cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(a_load_without_a_peak_says_what_to_do),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
