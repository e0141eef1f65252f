/* What a person sees of the daemon's JSON. */
#include <dockscale/app/show.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_comes_from_outside_cannot_steer_a_terminal(void **state)
{
	cJSON *tree = cJSON_Parse("{\"runtime\":{\"problem\":\"a\\u001b[31mb\\nc\\u009bd\\u007f\"},"
				  "\"services\":[\"d\\re\",\"caf\\u00e9\"]}");
	const cJSON *services = cJSON_GetObjectItem(tree, "services");

	(void)state;
	assert_non_null(tree);
	show_clean(tree);
	assert_string_equal(
		show_text(cJSON_GetObjectItem(tree, "runtime"), "problem"), "a?[31mb?c??d?");
	assert_string_equal(cJSON_GetArrayItem(services, 0)->valuestring, "d?e");
	assert_string_equal(cJSON_GetArrayItem(services, 1)->valuestring, "caf\xc3\xa9");
	cJSON_Delete(tree);
}

static void explain_says_who_waits_at_max(void **state)
{
	cJSON *tree = cJSON_Parse("{\"name\":\"web\",\"desired\":3,\"max\":3,"
				  "\"queue\":{\"waiting\":42,\"maxconn\":4,\"learnt\":true}}");
	cleanup_str struct str text = { 0 };

	(void)state;
	show_explain(tree, &text);
	assert_non_null(strstr(str_text(&text),
		"at max: 42 wait in HAProxy's queue; each replica gets 4 requests at once "
		"(learnt)"));
	cJSON_Delete(tree);
}

static void explain_is_silent_where_nobody_waits(void **state)
{
	cJSON *tree = cJSON_Parse("{\"name\":\"web\",\"desired\":3,\"max\":3,"
				  "\"queue\":{\"waiting\":0,\"maxconn\":null}}");
	cleanup_str struct str text = { 0 };

	(void)state;
	show_explain(tree, &text);
	assert_null(strstr(str_text(&text), "Queue"));
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_from_outside_cannot_steer_a_terminal),
		cmocka_unit_test(explain_says_who_waits_at_max),
		cmocka_unit_test(explain_is_silent_where_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
