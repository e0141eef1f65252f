/* Trials: a service's file is tried as it stands, and what came of it is shown side by side. */
#include "unit/test.h"

#include <dockscale/app/trial_show.h>
#include <dockscale/base/mem.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND USEC_PER_SEC

/* A directory as the daemon's, with the service web. */
struct place {
	char directory[64];
	char file[128];
	struct config_problems problems;
	struct err err;
};

static struct place *place_new(const char *text)
{
	struct place *place = mem_zero(1, sizeof(*place));
	char services[128];
	FILE *file;

	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/dockscale-trial-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(services, sizeof(services), "%s/services.d", place->directory);
	assert_int_equal(mkdir(services, 0700), 0);
	(void)snprintf(place->file, sizeof(place->file), "%s/web.ini", services);
	file = fopen(place->file, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return place;
}

static void place_free(struct place *place)
{
	char services[128];

	(void)snprintf(services, sizeof(services), "%s/services.d", place->directory);
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(rmdir(services), 0);
	assert_int_equal(rmdir(place->directory), 0);
	free(place);
}

static int load_file(struct place *place, struct trial *trial)
{
	struct config *defaults = config_new();
	int r = trial_load_file(
		trial, place->file, &defaults->daemon, &place->problems, &place->err);

	config_free(defaults);
	return r;
}

/* All that a file says of the machine around it, and what it says of scaling. */
#define EVERYTHING                                                                                 \
	"[service]\nname = shop\nmatch = web_1\nmin = 2\nmax = 6\ndry_run = yes\n"                 \
	"[health]\nprobe = http\npath = /up\nport = 9000\n"                                        \
	"[haproxy]\nsocket = /run/a.sock\nbackend = b\nport = 8080\nmethod = slots\n"              \
	"slots = srv 1-3\nnetwork = n\nstate_file = /var/lib/x\ndrain_idle = 1s\n"

static void a_file_is_tried_as_it_stands(void **state)
{
	struct place *place = place_new(EVERYTHING);
	struct trace *trace = trace_constant(3, 300, 1);
	struct trial_load load = { .trace = trace, .startup = SECOND, .seed = 1 };
	struct trial trial = { .config = NULL };

	(void)state;
	if (load_file(place, &trial) < 0)
		fail_msg("%s", place->err.msg);
	assert_string_equal(trial.service, "shop");
	assert_int_equal(trial.settings->min, 2);
	assert_int_equal(trial.settings->haproxy.drain_idle, SECOND);
	if (trial_run(&trial, &load, &place->err) < 0)
		fail_msg("%s", place->err.msg);
	assert_int_equal(trial.seconds, 300);
	assert_in_range(trial.serving[299], 4, 5); /* it scales: nobody runs dry here */
	assert_true(trial.score.paid >= 300 * 4);
	assert_int_equal(trial.failed, 0);
	assert_string_equal(trial.problem, "");
	trial_finish(&trial);
	trace_free(trace);
	place_free(place);
}

static void workers_without_a_balancer_are_tried_too(void **state)
{
	struct place *place = place_new("[haproxy]\nbalancer = none\n");
	struct trace *trace = trace_constant(2.2, 200, 1);
	struct trial_load load = { .trace = trace, .startup = SECOND, .seed = 1 };
	struct trial trial = { .config = NULL };

	(void)state;
	if (load_file(place, &trial) < 0 || trial_run(&trial, &load, &place->err) < 0)
		fail_msg("%s", place->err.msg);
	assert_in_range(trial.serving[199], 3, 5);
	trial_finish(&trial);
	trace_free(trace);
	place_free(place);
}

static void the_service_as_it_is_now_is_found_in_the_directory(void **state)
{
	struct place *place = place_new("[service]\nmax = 7\n[haproxy]\nport = 80\n");
	struct trial trial = { .config = NULL };

	(void)state;
	assert_int_equal(
		trial_load_service(&trial, place->directory, "web", &place->problems, &place->err),
		0);
	assert_string_equal(trial.name, "web (now)");
	assert_int_equal(trial.settings->max, 7);
	trial_finish(&trial);
	assert_int_equal(
		trial_load_service(&trial, place->directory, "shop", &place->problems, &place->err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(place->err.msg, "service 'shop' has no file in"));
	assert_non_null(strstr(place->err.msg, "--config FILE.ini"));
	trial_finish(&trial);
	place_free(place);
}

static void a_wrong_file_is_not_tried(void **state)
{
	struct place *place = place_new("[service]\nmax = many\n");
	struct trial trial = { .config = NULL };

	(void)state;
	assert_int_equal(load_file(place, &trial), ERR_INVALID);
	assert_true(place->problems.count > 0);
	assert_non_null(strstr(place->problems.items[0].text, "web.ini:2"));
	trial_finish(&trial);
	assert_int_equal(
		trial_load_service(&trial, place->directory, "web", &place->problems, &place->err),
		ERR_INVALID);
	trial_finish(&trial);
	place_free(place);
}

struct seen {
	unsigned calls;
	double last;
};

static void look(void *context, double share)
{
	struct seen *seen = context;

	assert_true(share >= seen->last && share <= 1);
	seen->last = share;
	seen->calls++;
}

static void who_waits_is_told_how_far_it_is(void **state)
{
	struct place *place = place_new("[haproxy]\nport = 80\n");
	struct trace *trace = trace_constant(0.5, 5000, 1);
	struct seen seen = { 0 };
	struct trial_load load = {
		.trace = trace, .startup = SECOND, .seed = 1, .progress = look, .context = &seen
	};
	struct trial trial = { .config = NULL };

	(void)state;
	if (load_file(place, &trial) < 0 || trial_run(&trial, &load, &place->err) < 0)
		fail_msg("%s", place->err.msg);
	assert_int_equal(seen.calls, 5);
	assert_near(seen.last, 1);
	trial_finish(&trial);
	trace_free(trace);
	place_free(place);
}

/* Two trials that were over an hour ago: one paid 10 replica-hours, the oracle 8. */
static struct trials two_trials(uint16_t *serving, struct service_config *settings)
{
	struct trials trials = { .count = 2 };

	for (size_t i = 0; i < trials.count; i++) {
		struct trial *trial = &trials.items[i];

		(void)snprintf(trial->name, sizeof(trial->name), "%s", i == 0 ? "now" : "new");
		trial->score = (struct score){ .paid = 36000, .cost = 1.25, .late = 0.5 };
		trial->serving = serving;
		trial->settings = settings;
		trial->seconds = 2000;
	}
	(void)snprintf(trials.items[1].problem, sizeof(trials.items[1].problem), "it hurts");
	return trials;
}

static void trials_stand_side_by_side(void **state)
{
	struct trace *trace = trace_constant(2, 2000, 1);
	struct trial_load load = { .trace = trace, .startup = 10 * SECOND, .seed = 1 };
	struct service_config *settings = mem_zero(1, sizeof(*settings));
	uint16_t serving[2000] = { [1000] = 5 };
	struct trials trials = two_trials(serving, settings);
	cleanup_str struct str text = { 0 };

	(void)state;
	trials_show(&trials, &load, &text);
	assert_non_null(strstr(str_text(&text), "constant 2.00: 33m20s, up to 2.5 replicas"));
	assert_non_null(strstr(str_text(&text), "replica-hours         10.0    10.0    8.0\n"));
	assert_non_null(strstr(str_text(&text), "late requests         0.50 %  0.50 %  -\n"));
	assert_non_null(strstr(str_text(&text), "most replicas         5       5       -\n"));
	assert_non_null(strstr(str_text(&text), "new: it ends with a problem: it hurts\n"));
	trace_free(trace);
	free(settings);
}

static void as_json_they_have_every_figure_and_the_course(void **state)
{
	struct trace *trace = trace_constant(2, 2000, 1);
	struct trial_load load = { .trace = trace, .startup = 10 * SECOND, .seed = 7 };
	struct service_config *settings = mem_zero(1, sizeof(*settings));
	uint16_t serving[2000] = { [1000] = 5 };
	struct trials trials = two_trials(serving, settings);
	cleanup_str struct str text = { 0 };
	const cJSON *one;
	const cJSON *replicas;
	cJSON *tree;
	double largest = 0;

	(void)state;
	trials_json(&trials, &load, &text);
	tree = cJSON_Parse(str_text(&text));
	assert_non_null(tree);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "configurations")), 2);
	one = cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "configurations"), 1);
	assert_string_equal(cJSON_GetObjectItem(one, "name")->valuestring, "new");
	assert_near(cJSON_GetObjectItem(one, "replica_hours")->valuedouble, 10);
	assert_near(cJSON_GetObjectItem(one, "late_percent")->valuedouble, 0.5);
	assert_string_equal(cJSON_GetObjectItem(one, "problem")->valuestring, "it hurts");
	assert_near(cJSON_GetObjectItem(tree, "oracle_replica_hours")->valuedouble, 8);
	assert_near(cJSON_GetObjectItem(tree, "seed")->valuedouble, 7);
	one = cJSON_GetObjectItem(tree, "series");
	assert_near(cJSON_GetObjectItem(one, "step_seconds")->valuedouble, 3);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(one, "load")), 667);
	replicas = cJSON_GetArrayItem(cJSON_GetObjectItem(one, "replicas"), 0);
	assert_int_equal(cJSON_GetArraySize(replicas), 667);
	cJSON_ArrayForEach (one, replicas)
		largest = fmax(largest, one->valuedouble);
	assert_near(largest, 5); /* no peak is lost between two points */
	cJSON_Delete(tree);
	trace_free(trace);
	free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_tried_as_it_stands),
		cmocka_unit_test(workers_without_a_balancer_are_tried_too),
		cmocka_unit_test(the_service_as_it_is_now_is_found_in_the_directory),
		cmocka_unit_test(a_wrong_file_is_not_tried),
		cmocka_unit_test(who_waits_is_told_how_far_it_is),
		cmocka_unit_test(trials_stand_side_by_side),
		cmocka_unit_test(as_json_they_have_every_figure_and_the_course),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
