/*
 * What the policy learned: the wishes in its stabilisation windows. Without them a service that went
 * through a restart of the daemon would wait a whole window before it goes down again. They hold for
 * the settings that they were made with only, and the time in which nobody looked stays a gap.
 */
#include "memory.h"

#include <dockscale/base/mem.h>
#include <dockscale/base/parse.h>

#include <inttypes.h>
#include <string.h>

#define HEAD "dockscale-learned 1"

#define WORDS_MAX 4
#define WISH_MOST 1000000 /* a larger one is no other wish */
#define TIME_MAX  ((uint64_t)4102444800 * 1000000)

static const char *const metric_words[METRIC_COUNT] = { "none", "cpu", "memory" };

/* Writing. */

static const struct window_span *span_at(const struct wish_window *wishes, size_t index)
{
	return &wishes->spans[(wishes->window.first + index) % POLICY_WISHES];
}

/* Wishes that are alike and adjoin are one line. */
static void write_window(const struct wish_window *wishes, const char *direction,
	enum metric metric, usec_t shift, struct str *out)
{
	size_t count = wishes->window.count;

	if (!wishes->primed || count == 0)
		return;
	str_appendf(out, "window=%s %s %" PRId64 " %" PRId64 "\n", direction, metric_words[metric],
		wishes->window.length, wishes->began + shift);
	for (size_t i = 0; i < count; i++) {
		usec_t from = span_at(wishes, i)->from;
		double wish = span_at(wishes, i)->value;

		while (i + 1 < count && span_at(wishes, i + 1)->value == wish &&
			span_at(wishes, i + 1)->from == span_at(wishes, i)->to)
			i++;
		str_appendf(out, "wish=%" PRId64 " %" PRId64 " %u\n", from + shift,
			span_at(wishes, i)->to + shift,
			(unsigned)(wish < WISH_MOST ? wish : WISH_MOST));
	}
}

void memory_write_learned(const struct policy_state *policy, usec_t shift, struct str *out)
{
	str_append(out, HEAD "\n");
	for (enum metric metric = METRIC_CPU; metric < METRIC_COUNT; metric++) {
		write_window(&policy->down[metric], "down", metric, shift, out);
		write_window(&policy->up[metric], "up", metric, shift, out);
	}
}

/* Reading. */

struct learner {
	struct policy_state *policy;
	struct moment now;
	struct wish_window *window; /* that is being read; NULL: it is not believed */
	usec_t last; /* end of the wish before, wall clock */
};

static size_t split(char *text, const char **words)
{
	size_t n = 0;
	char *word;

	while ((word = strsep(&text, " ")) != NULL) {
		if (n < WORDS_MAX)
			words[n] = word;
		n++;
	}
	return n;
}

static int read_number(const char *word, uint64_t most, usec_t *ret_number, struct err *err)
{
	uint64_t number = 0;
	int r = parse_unsigned(word, 0, most, &number, err);

	*ret_number = (usec_t)number;
	return r;
}

static struct wish_window *find_window(
	struct policy_state *policy, const char *direction, const char *metric)
{
	bool up = strcmp(direction, "up") == 0;

	if (!up && strcmp(direction, "down") != 0)
		return NULL;
	for (enum metric m = METRIC_CPU; m < METRIC_COUNT; m++)
		if (strcmp(metric_words[m], metric) == 0)
			return up ? &policy->up[m] : &policy->down[m];
	return NULL;
}

/* "DIRECTION METRIC LENGTH BEGAN" */
static int read_window(struct learner *learner, char *value, struct err *err)
{
	const char *words[WORDS_MAX];
	struct wish_window *window;
	usec_t length = 0;
	usec_t began = 0;
	int r;

	if (split(value, words) != WORDS_MAX)
		return err_set(err, ERR_INVALID, "such a window is none of ours");
	window = find_window(learner->policy, words[0], words[1]);
	r = read_number(words[2], TIME_MAX, &length, err);
	if (r == 0)
		r = read_number(words[3], TIME_MAX, &began, err);
	if (r < 0)
		return r;
	if (window == NULL || window->primed)
		return err_set(err, ERR_INVALID, "such a window is none of ours");
	learner->window = NULL;
	learner->last = 0;
	if (window->window.length != length || began >= learner->now.wall)
		return 0;
	window->began = began - learner->now.wall + learner->now.boot;
	window->primed = true;
	window->blind = true; /* since then */
	learner->window = window;
	return 0;
}

/* "FROM TO WISH" */
static int read_wish(struct learner *learner, char *value, struct err *err)
{
	const char *words[WORDS_MAX];
	struct wish_window *window = learner->window;
	usec_t shift = learner->now.wall - learner->now.boot;
	usec_t numbers[3] = { 0 };
	int r = 0;

	if (split(value, words) != countof(numbers))
		return err_set(err, ERR_INVALID, "such a wish is none of ours");
	for (size_t i = 0; r == 0 && i < countof(numbers); i++)
		r = read_number(words[i], i < 2 ? TIME_MAX : WISH_MOST, &numbers[i], err);
	if (r < 0)
		return r;
	if (numbers[0] < learner->last || numbers[1] <= numbers[0])
		return err_set(err, ERR_INVALID, "wishes that are in no order are none of ours");
	learner->last = numbers[1];
	if (window == NULL || numbers[1] > learner->now.wall)
		return 0; /* of other settings, or the clock was set back */
	window->window.spans = window->spans;
	window_push(&window->window, numbers[0] - shift, numbers[1] - shift, (double)numbers[2]);
	return 0;
}

static int read_line(struct learner *learner, char *line, struct err *err)
{
	char *value = strchr(line, '=');

	if (value == NULL)
		return err_set(err, ERR_INVALID, "a line without a key");
	*value++ = '\0';
	if (strcmp(line, "window") == 0)
		return read_window(learner, value, err);
	return strcmp(line, "wish") == 0 ? read_wish(learner, value, err) : 0;
}

int memory_read_learned(const char *text, size_t length, struct moment now,
	struct policy_state *policy, struct err *err)
{
	struct policy_state learned = *policy;
	struct learner learner = { .policy = &learned, .now = now };
	struct lines lines = { .text = text, .length = length };
	int r = memory_read_head(&lines, HEAD, err);

	while (r == 0 && (r = memory_next_line(&lines, err)) == 0)
		r = read_line(&learner, lines.line, err);
	if (r < 0)
		return r;
	*policy = learned;
	return 0;
}
